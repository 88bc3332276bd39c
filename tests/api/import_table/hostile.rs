//! Hostile workbooks are refused, whatever they hold.

use jixiao::import::table::{Format, Limits, TableKind};
use proptest::prelude::*;

use super::book::{Sheet, book, parts};
use super::{of, open, refused};
use crate::support::docx::package;

const XLSX: Format = Format::Xlsx;

fn units() -> Sheet {
    Sheet::new("单位").row(1, &["单位编码", "单位名称"]).row(2, &["1", "甲"])
}

fn told(bytes: &[u8]) -> String {
    refused(XLSX, bytes, &of(TableKind::Units))
}

/// A workbook with one of its parts changed.
fn with(part: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    let mut parts = parts(&[units()], "<si><t>x</t></si>");
    let found = parts.iter_mut().find(|(name, _)| name == part).expect("the part");
    found.1 = change(&found.1);
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    package(&parts)
}

#[test]
fn bombs_are_refused_before_they_are_unpacked() {
    let sheet = "xl/worksheets/sheet1.xml";
    let bomb = with(sheet, |text| text.replace("</sheetData>", &format!("{}</sheetData>", " ".repeat(30 << 20))));
    assert!(bomb.len() < 100 << 10);
    assert!(told(&bomb).contains("more than 100 times"), "{}", told(&bomb));
    let texts = with("xl/sharedStrings.xml", |text| text.replace('x', &" ".repeat(30 << 20)));
    assert!(told(&texts).contains("more than 100 times"));
}

#[test]
fn other_packages_macros_and_passwords_are_told_apart() {
    for (bytes, said) in [
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec(), "password"),
        (
            with("[Content_Types].xml", |text| {
                text.replace("spreadsheetml.sheet.main", "ms-excel.sheet.macroEnabled.main")
            }),
            "macros",
        ),
        (with("_rels/.rels", |text| text.replace("workbook.xml", "workbook.bin")), "xlsb"),
        (package(&[("word/document.xml", b"<a/>")]), "not a workbook"),
        (b"PK\x03\x04 and no more".to_vec(), "damaged"),
        (b"plain text".to_vec(), "not a workbook"),
        (Vec::new(), "empty"),
    ] {
        assert!(told(&bytes).contains(said), "{said} in {}", told(&bytes));
    }
}

#[test]
fn parts_that_make_no_sense_are_refused() {
    let sheet = "xl/worksheets/sheet1.xml";
    let changes: [(&str, &str, &str); 9] = [
        (sheet, r#"<row r="2">"#, r#"<row r="1">"#),
        (sheet, r#"<row r="2">"#, r#"<row r="9999999">"#),
        (sheet, r#"r="B2""#, r#"r="B3""#),
        (sheet, r#"r="B2""#, r#"r="XFE2""#),
        (sheet, r#"<c r="A2" t="inlineStr">"#, r#"<c r="A2" t="s"><v>7</v>"#),
        (sheet, "</sheetData>", r#"</sheetData><mergeCells><mergeCell ref="B9:A1"/></mergeCells>"#),
        (sheet, "<worksheet", "<!DOCTYPE x [<!ENTITY a \"b\">]><worksheet"),
        (sheet, "</worksheet>", ""),
        ("xl/sharedStrings.xml", "</sst>", ""),
    ];
    for (part, from, to) in changes {
        let bytes = with(part, |text| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        assert!(told(&bytes).contains("not sound"), "{from} → {to}: {}", told(&bytes));
    }
    let deep = with(sheet, |text| text.replace("</sheetData>", &format!("{}</sheetData>", "<x>".repeat(500))));
    assert!(told(&deep).contains("nested too deep"));
}

#[test]
fn overlapping_and_countless_merged_ranges_are_refused() {
    let overlapping = (0..4).fold(units(), |sheet, _| sheet.merged("A2:A900"));
    assert!(told(&book(&[overlapping], "")).contains("not sound"));
    let mut options = of(TableKind::Units);
    options.limits = Limits { merges: 2, ..Limits::default() };
    let many = units().merged("A2:A3").merged("A4:A5").merged("A6:A7");
    assert!(refused(XLSX, &book(&[many], ""), &options).contains("more than 2 merged ranges"));
}

#[test]
fn limits_hold_for_bytes_columns_and_texts() {
    let texts = "<si><t>x</t></si>".repeat(50);
    let bytes = book(&[units()], &texts);
    let mut options = of(TableKind::Units);
    options.limits.package.file = 100;
    assert!(refused(XLSX, &bytes, &options).contains("more than 100 bytes"));
    let mut options = of(TableKind::Units);
    options.limits.package.cells = 49;
    assert!(refused(XLSX, &bytes, &options).contains("more than 49 texts"));
    let mut options = of(TableKind::Units);
    options.limits.texts = 49;
    assert!(refused(XLSX, &bytes, &options).contains("more than 49 bytes of text"));
    let mut options = of(TableKind::Units);
    options.limits.columns = 1;
    assert!(refused(XLSX, &bytes, &options).contains("more than 1 columns"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn a_damaged_workbook_never_panics(at in 0_usize..4000, byte in any::<u8>(), length in 0_usize..4000) {
        let mut bytes = book(&[units().merged("A2:A3")], "<si><t>x</t></si>");
        let place = at % bytes.len();
        bytes[place] = byte;
        bytes.truncate(bytes.len() - length % 64);
        if let Ok(table) = open(XLSX, &bytes, &of(TableKind::Units)) {
            prop_assert!(table.take(100).count() <= 100);
        }
    }

    #[test]
    fn no_bytes_make_a_text_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "[a-z,;\"\\r\\n\\t{}\\[\\]:0-9单位编码]{0,200}") {
        for format in [Format::Csv, Format::Jsonl] {
            for bytes in [bytes.clone(), text.clone().into_bytes(), format!("单位编码,单位名称\n{text}").into_bytes()] {
                if let Ok(table) = open(format, &bytes, &of(TableKind::Units)) {
                    prop_assert!(table.count() <= bytes.len());
                }
            }
        }
    }
}
