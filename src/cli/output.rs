//! Standard output of the commands.

use std::fmt;
use std::io::{self, Write};

use super::failure::Failure;

/// Prints a line.
///
/// # Errors
/// When standard output is closed or full; `println!` would panic.
pub fn line(text: impl fmt::Display) -> Result<(), Failure> {
    writeln!(io::stdout(), "{text}").map_err(Failure::Output)
}

/// Prints rows of cells in columns of equal width, which are counted in characters as a terminal shows them: Chinese
/// ones are two wide.
///
/// # Errors
/// As [`line()`].
pub fn table<const N: usize>(rows: &[[String; N]]) -> Result<(), Failure> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = columns(cell).max(*width);
        }
    }
    for row in rows {
        let mut text = String::new();
        for (width, cell) in widths.iter().zip(row) {
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', width - columns(cell) + 2));
        }
        line(text.trim_end())?;
    }
    Ok(())
}

/// Columns of a terminal that a text takes.
fn columns(text: &str) -> usize {
    let wide = |c: char| matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3fffd}');
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn chinese_characters_are_two_columns_wide() {
        assert_eq!(columns("130304"), 6);
        assert_eq!(columns("绩效 a（一）"), 4 + 1 + 1 + 6);
    }
}
