//! Where something stands in a table: a line, a row of a sheet, a cell.

use std::fmt;
use std::sync::Arc;

use crate::lang::Lang;

/// Where a row stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowPlace {
    /// A line of a text file, from 1; of a record that goes over several lines the first.
    Line(u64),
    /// A row of a workbook.
    Row {
        /// Name of the sheet.
        sheet: Arc<str>,
        /// Its number, from 1.
        row: u32,
    },
}

/// A column of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnPlace {
    /// By its heading, in a text file.
    Heading(Arc<str>),
    /// By its number from 0, in a workbook; printed as letters.
    Number(u32),
}

/// A row, or one cell of it. Prints as `line 17`, `line 17, column 预算数(万元)`, `项目!7` or `项目!B7`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The row.
    pub row: RowPlace,
    /// The column; none for the row as a whole.
    pub column: Option<ColumnPlace>,
}

impl Place {
    /// The place in words of a language.
    pub fn text(&self, lang: Lang) -> String {
        match (&self.row, &self.column, lang) {
            (RowPlace::Line(line), None, Lang::En) => format!("line {line}"),
            (RowPlace::Line(line), None, Lang::Zh) => format!("第{line}行"),
            (RowPlace::Line(line), Some(column), Lang::En) => format!("line {line}, column {column}"),
            (RowPlace::Line(line), Some(column), Lang::Zh) => format!("第{line}行“{column}”列"),
            (RowPlace::Row { sheet, row }, None, Lang::En | Lang::Zh) => format!("{sheet}!{row}"),
            (RowPlace::Row { sheet, row }, Some(column), Lang::En | Lang::Zh) => format!("{sheet}!{column}{row}"),
        }
    }
}

impl From<RowPlace> for Place {
    fn from(row: RowPlace) -> Self {
        Self { row, column: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl fmt::Display for RowPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Place::from(self.clone()).fmt(f)
    }
}

impl fmt::Display for ColumnPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Heading(heading) => f.write_str(heading),
            Self::Number(number) => f.write_str(&letters(*number)),
        }
    }
}

/// The letters of a column by its number from 0: `A`, …, `Z`, `AA`, …
pub fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = u64::from(column) + 1;
    while rest > 0 {
        // A remainder below 26 is a byte.
        letters.push(b'A' + u8::try_from((rest - 1) % 26).unwrap_or_default());
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::{ColumnPlace, Place, RowPlace, letters};
    use crate::lang::Lang;

    #[test]
    fn places_print_as_people_name_them() {
        let line = Place { row: RowPlace::Line(17), column: Some(ColumnPlace::Heading("预算数(万元)".into())) };
        assert_eq!(line.to_string(), "line 17, column 预算数(万元)");
        assert_eq!(line.text(Lang::Zh), "第17行“预算数(万元)”列");
        let row = RowPlace::Row { sheet: "项目".into(), row: 7 };
        assert_eq!(row.to_string(), "项目!7");
        assert_eq!(Place { row, column: Some(ColumnPlace::Number(1)) }.to_string(), "项目!B7");
    }

    #[test]
    fn columns_have_the_letters_of_spreadsheets() {
        let named: Vec<String> = [0, 25, 26, 51, 52, 701, 702, 16_383].into_iter().map(letters).collect();
        assert_eq!(named, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD"]);
    }
}
