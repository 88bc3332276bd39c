//! JSONL: one object a line.

use std::io::{Cursor, Read, Seek, SeekFrom};

use jixiao::import::table::{Format, Options, Table, TableKind};
use serde_json::json;

use super::{faults, inputs, of, refused, rows};

const JSONL: Format = Format::Jsonl;

#[test]
fn every_line_is_a_row_whatever_ends_it() {
    let text =
        "\u{FEFF}{\"key\": {\"code\": \"甲\"}, \"set\": {\"purpose\": null}}\r\n\n   \n{\"key\": {\"code\": \"乙\"}}";
    let options = of(TableKind::Projects);
    let read = rows(JSONL, text.as_bytes(), &options);
    assert_eq!(read.iter().map(|row| row.place.to_string()).collect::<Vec<_>>(), ["line 1", "line 4"]);
    let expected = [json!({ "key": { "code": "甲" }, "set": { "purpose": null } }), json!({ "key": { "code": "乙" } })];
    assert_eq!(inputs(JSONL, text.as_bytes(), &options), expected);
    assert_eq!(read[1].place_of(&["key".to_owned()]).to_string(), "line 4");
    assert_eq!(refused(JSONL, b"", &options), "The file is empty.");
    assert_eq!(rows(JSONL, b"\n\n", &options), []);
}

#[test]
fn each_bad_line_is_named_and_the_others_are_read() {
    let mut text = b"{\"key\": {}}\n".to_vec();
    text.extend(b"{\"key\": \"\xFF\"}\n[]\n{\"key\": }\n{\"key\": 1, \"key\": 2}\n");
    text.extend(format!("{{\"key\": {}1{}}}\n", "[".repeat(40), "]".repeat(40)).bytes());
    text.extend(format!("{{\"key\": \"{}\"}}\n", "长".repeat(400_000)).bytes());
    text.extend(b"{\"type\": \"unit\"}\n{\"type\": \"other\"}\n{\"type\": \"project\", \"key\": {}}\n");
    let read = rows(JSONL, &text, &of(TableKind::Projects));
    assert_eq!(
        faults(&read),
        [
            "line 2 ROW_NOT_TEXT",
            "line 3 ROW_NOT_AN_OBJECT",
            "line 4 ROW_NOT_JSON",
            "line 5 ROW_DUPLICATE_MEMBER",
            "line 6 ROW_TOO_DEEP",
            "line 7 ROW_TOO_LONG",
            "line 8 ROW_OTHER_TYPE",
            "line 9 ROW_UNKNOWN_TYPE",
        ]
    );
    assert_eq!(read.len(), 10);
    assert_eq!(read[9].json, json!({ "key": {} }), "the type is no member of the input");
}

#[test]
fn lines_may_tell_what_they_are() {
    let text = r#"{"type": "unit"}
{"type": "indicator"}
{"key": {}}
"#;
    let read = rows(JSONL, text.as_bytes(), &Options::default());
    assert_eq!([read[0].kind, read[1].kind], [TableKind::Units, TableKind::Indicators]);
    assert_eq!(faults(&read), ["line 3 ROW_NO_TYPE"]);
}

/// One line over and over, made while it is read.
struct Endless {
    line: &'static [u8],
    length: u64,
    at: u64,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.length - self.at).unwrap();
        let count = buffer.len().min(left);
        for byte in &mut buffer[..count] {
            *byte = self.line[usize::try_from(self.at % self.line.len() as u64).unwrap()];
            self.at += 1;
        }
        Ok(count)
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(back) => self.length.checked_add_signed(back).unwrap(),
            SeekFrom::Current(by) => self.at.checked_add_signed(by).unwrap(),
        };
        Ok(self.at)
    }
}

#[test]
fn a_line_without_end_is_passed_over_in_pieces() {
    // 100 MB without a line end: the whole is one fault, and no more than the limit is held.
    let source = Endless { line: b"x", length: 100_000_000, at: 0 };
    let read: Vec<_> = Table::open(JSONL, source, &of(TableKind::Units)).unwrap().map(Result::unwrap).collect();
    assert_eq!(faults(&read), ["line 1 ROW_TOO_LONG"]);
}

#[test]
fn a_hundred_thousand_lines_are_read_one_by_one() {
    let line = b"{\"key\":{\"code\":\"450002\"},\"set\":{\"name\":\"\xE7\x94\xB2\"}}\n";
    let source = Endless { line, length: 100_000 * line.len() as u64, at: 0 };
    let mut table = Table::open(JSONL, source, &of(TableKind::Units)).unwrap();
    assert_eq!(table.by_ref().map(Result::unwrap).filter(|row| row.faults.is_empty()).count(), 100_000);
    let progress = table.progress();
    assert_eq!((progress.done, progress.of), (100_000 * line.len() as u64, 100_000 * line.len() as u64));
}

#[test]
fn reading_goes_on_where_it_was_left() {
    let text = "\u{FEFF}{\"key\": 1}\r\n\nbad\n{\"key\": 2}\n{\"key\": 3}";
    let options = of(TableKind::Units);
    let all = rows(JSONL, text.as_bytes(), &options);
    for taken in 0..=all.len() {
        let mut table = Table::open(JSONL, Cursor::new(text), &options).unwrap();
        let before: Vec<_> = table.by_ref().take(taken).map(Result::unwrap).collect();
        let position = serde_json::to_string(&table.position()).unwrap();
        let position = serde_json::from_str(&position).unwrap();
        let rest = Table::resume(JSONL, Cursor::new(text), &options, &position).unwrap();
        assert_eq!([before, rest.map(Result::unwrap).collect()].concat(), all, "after {taken} rows: {position:?}");
    }
}
