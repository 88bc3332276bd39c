//! The same content gives the same facts: in every encoding, with other blank lines and spaces, and as a Word document.

use entity::value::DocumentFormat;
use jixiao::import::{self, Limits};
use jixiao::rules::quality::Rule;
use proptest::prelude::*;

use crate::support::compare::facts;
use crate::support::disclosures::ALL;
use crate::support::docx;

#[test]
fn a_word_document_says_the_same_as_the_text() {
    for disclosure in ALL {
        let limits = Limits::default();
        let text = import::read(&disclosure.bytes(), &limits).expect("a text");
        let word = import::read(&docx::from_document(&text), &limits).expect("a Word document");
        assert_eq!(word.format, DocumentFormat::Docx);
        let checked = |document| import::check(document, &disclosure.options()).expect("a complete document");
        // Bookmarks of a Word document are no printed text.
        let without = [Rule::TextBookmark];
        assert_eq!(facts(checked(&word), &without), facts(checked(&text), &without), "{}", disclosure.file);
        assert_eq!(word.bookmark, None);
    }
}

/// How one line of a disclosure is written differently.
#[derive(Clone, Copy, Debug)]
enum Change {
    Nothing,
    BlankBefore(&'static str),
    Spaces(char),
    Bookmark,
    Break,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        12 => Just(Change::Nothing),
        2 => prop::sample::select(vec!["", " ", "\u{A0}", "\u{3000} ", "[bookmark: _x]"]).prop_map(Change::BlankBefore),
        2 => prop::sample::select(vec!['\u{A0}', '\u{3000}']).prop_map(Change::Spaces),
        1 => Just(Change::Bookmark),
        2 => Just(Change::Break),
    ]
}

/// Writes the text with a change for each line. Lines are only broken inside indicator cells, where one value stands in
/// a cell, and not beside a space.
fn rewritten(text: &str, changes: &[Change], end: &str) -> String {
    let mut in_indicators = false;
    let mut lines = Vec::new();
    for (line, change) in text.lines().zip(changes.iter().cycle()) {
        in_indicators = (in_indicators || line.trim() == "指标值确定依据") && !line.contains("绩效目标表");
        let line = line.to_owned();
        match change {
            Change::Nothing => lines.push(line),
            Change::BlankBefore(blank) => lines.extend([(*blank).to_owned(), line]),
            Change::Spaces(space) => lines.push(line.replace(' ', &space.to_string())),
            Change::Bookmark => lines.push(format!("[bookmark: _y]{line}")),
            Change::Break => {
                let middle = line.char_indices().nth(line.chars().count() / 2).map_or(0, |(at, _)| at);
                let (first, second) = line.split_at(middle);
                let is_inside = first.trim().chars().count() > 1 && !first.ends_with(' ') && !second.starts_with(' ');
                if in_indicators && line.starts_with('\t') && is_inside {
                    lines.extend([first.to_owned(), second.to_owned()]);
                } else {
                    lines.push(line);
                }
            }
        }
    }
    lines.join(end)
}

fn encoded(text: &str, encoding: usize) -> Vec<u8> {
    match encoding {
        0 => text.as_bytes().to_vec(),
        1 => format!("\u{FEFF}{text}").into_bytes(),
        2 => encoding_rs::GB18030.encode(text).0.into_owned(),
        _ => [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn blank_lines_spaces_breaks_and_encodings_make_no_difference(
        number in 0..ALL.len(),
        changes in prop::collection::vec(change(), 200..400),
        end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        encoding in 0..4usize,
    ) {
        let disclosure = ALL[number];
        let text = disclosure.text();
        let rewritten = encoded(&rewritten(&text, &changes, end), encoding);
        let without = [Rule::TextBreakInCell];
        let expected = facts(disclosure.check(text.as_bytes()), &without);
        prop_assert_eq!(facts(disclosure.check(&rewritten), &without), expected);
    }
}
