//! CSV: encodings, separators, headings, records.

use std::io::Cursor;

use encoding_rs::GB18030;
use jixiao::import::table::{Format, Limits, Options, Table, TableKind};
use serde_json::json;

use super::{faults, inputs, of, refused, rows};

const CSV: Format = Format::Csv;
const UNITS: &str = "单位编码,单位名称\n450001,甲单位\n450002,乙单位\n";

#[test]
fn encodings_separators_and_line_ends_make_no_difference() {
    let expected = [
        json!({ "key": { "code": "450001" }, "set": { "name": "甲单位" } }),
        json!({ "key": { "code": "450002" }, "set": { "name": "乙单位" } }),
    ];
    let gb18030 = GB18030.encode(UNITS).0.into_owned();
    let files = [
        UNITS.as_bytes().to_vec(),
        format!("\u{FEFF}{UNITS}").into_bytes(),
        UNITS.replace(',', ";").into_bytes(),
        UNITS.replace(',', "\t").into_bytes(),
        UNITS.replace('\n', "\r\n").into_bytes(),
        "\"单位编码\",\"单位名称\"\n450001,\"甲单位\"\n\"450002\",\"乙单位\"".as_bytes().to_vec(),
        "单位名称 ,单位编码\n 甲单位\u{3000},=\"450001\"\n乙单位,'450002".as_bytes().to_vec(),
        gb18030.clone(),
        GB18030.encode(&UNITS.replace("单位编码,单位名称", "unitCode,name")).0.into_owned(),
        UNITS.replace("单位编码,单位名称", "UnitCode, Name").into_bytes(),
        UNITS
            .replace("单位编码,单位名称", "预算单位编码　,单位 名称,校验结果")
            .replace("单位\n", "单位,失败\n")
            .into_bytes(),
        format!("\n\n{UNITS},\n").into_bytes(),
    ];
    assert_ne!(gb18030, UNITS.as_bytes());
    for file in files {
        let read = inputs(CSV, &file, &of(TableKind::Units));
        assert_eq!(read, expected, "{}", String::from_utf8_lossy(&file));
    }
}

#[test]
fn the_headings_tell_the_kind_when_they_fit_one() {
    assert_eq!(rows(CSV, UNITS.as_bytes(), &Options::default())[0].kind, TableKind::Units);
    let unknown = refused(CSV, "甲,乙\n1,2\n".as_bytes(), &Options::default());
    assert!(unknown.contains("fit no kind"), "{unknown}");
}

#[test]
fn all_that_is_wrong_with_the_headings_is_told_at_once() {
    let told =
        refused(CSV, "项目名称,备注,年份,预算数,财政资金(元),财政资金(万元)\n".as_bytes(), &of(TableKind::Projects));
    for part in [
        "line 1",
        "unknown: 备注 (B)、年份 (C)",
        "missing: 预算年度",
        "more than once: 财政资金",
        "without its unit, as in 预算数(万元) or 预算数(元): 预算数",
        "The columns are 财政区划、预算年度、单位编码、项目编码",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let neither = refused(CSV, "预算年度,资金用途\n".as_bytes(), &of(TableKind::Projects));
    assert!(neither.contains("missing: 项目编码/项目名称."), "{neither}");
    assert!(refused(CSV, b"\n\n", &of(TableKind::Units)).contains("first line"));
}

#[test]
fn the_heading_says_the_unit_of_money() {
    let text = "预算年度,项目编码,预算数（元）,财政资金 (万元),其他资金(单位：元)\n2026,A1,\"1,234.50\",１２．５,无\n";
    let expected = json!({
        "key": { "fiscalYear": 2026, "code": "A1" },
        "set": { "budget": { "yuan": "1234.50" }, "fiscalFunds": { "wanYuan": "12.5" } },
    });
    assert_eq!(inputs(CSV, text.as_bytes(), &of(TableKind::Projects)), [expected]);
}

#[test]
fn records_are_counted_by_lines_and_misfits_are_named() {
    let text = "单位编码,单位名称\n\n450001,\"甲\n单位\"\n450002\n450003,丙,多\n450004,丁,\n,\n450005,戊\n";
    let read = rows(CSV, text.as_bytes(), &of(TableKind::Units));
    let places: Vec<String> = read.iter().map(|row| row.place.to_string()).collect();
    assert_eq!(places, ["line 3", "line 5", "line 6", "line 7", "line 9"]);
    assert_eq!(faults(&read), ["line 5 ROW_CELL_COUNT", "line 6 ROW_CELL_COUNT"]);
    assert_eq!(read[0].json["set"]["name"], "甲\n单位");
}

#[test]
fn cells_are_named_by_their_heading() {
    let text = "单位编码,预算年度,项目编码,预算数(万元)\n450001,二〇二六,1.30E+05,约20\n";
    let read = rows(CSV, text.as_bytes(), &of(TableKind::Projects));
    let expected = [
        "line 2, column 预算年度 CELL_NOT_WHOLE",
        "line 2, column 项目编码 CELL_CODE_AS_NUMBER",
        "line 2, column 预算数(万元) CELL_NOT_A_NUMBER",
    ];
    assert_eq!(faults(&read), expected);
}

#[test]
fn a_record_without_end_is_one_fault() {
    let mut options = of(TableKind::Units);
    options.limits = Limits { record: 1000, columns: 8, ..Limits::default() };
    let open = format!("单位编码,单位名称\n450001,\"{}\n", "x,\n".repeat(10_000));
    assert_eq!(faults(&rows(CSV, open.as_bytes(), &options)), ["line 2 ROW_TOO_LONG"]);
    let wide = format!("单位编码,单位名称\n450001,{}\n450002,乙\n", ",".repeat(500));
    let read = rows(CSV, wide.as_bytes(), &options);
    assert_eq!((faults(&read), read.len()), (vec!["line 2 ROW_CELL_COUNT".to_owned()], 2));
    let headings = refused(CSV, ",".repeat(500).as_bytes(), &options);
    assert!(headings.contains("more than 8 columns"), "{headings}");
}

#[test]
fn bytes_of_no_encoding_are_a_fault_of_their_row() {
    let mut bytes = UNITS.as_bytes().to_vec();
    bytes.extend(b"450003,\xFF\xFF\n450004,d\n");
    let read = rows(CSV, &bytes, &of(TableKind::Units));
    assert_eq!((faults(&read), read.len()), (vec!["line 4 ROW_NOT_TEXT".to_owned()], 4));
}

#[test]
fn other_formats_are_told_by_their_first_bytes() {
    for (bytes, said) in [
        (&b"PK\x03\x04..."[..], "not text"),
        (b"\xD0\xCF\x11\xE0...", "password"),
        (b"%PDF-1.7", "PDF"),
        (b"\xFF\xFEa\0", "UTF-16"),
        (b"", "empty"),
    ] {
        let told = refused(CSV, bytes, &of(TableKind::Units));
        assert!(told.contains(said), "{said} in {told}");
    }
}

#[test]
fn reading_goes_on_where_it_was_left() {
    let mut text =
        "\u{FEFF}单位编码;单位名称\r\n450001;甲\r\n\r\n450002;\"乙\r\n二\"\r\n450003\r\n450004;丁".to_owned();
    for encoded in [text.clone().into_bytes(), GB18030.encode(&text.split_off(3)).0.into_owned()] {
        let options = of(TableKind::Units);
        let all = rows(CSV, &encoded, &options);
        assert_eq!(all.len(), 4);
        for taken in 0..=all.len() {
            let mut table = Table::open(CSV, Cursor::new(&encoded), &options).unwrap();
            let before: Vec<_> = table.by_ref().take(taken).map(Result::unwrap).collect();
            let rest = Table::resume(CSV, Cursor::new(&encoded), &options, &table.position()).unwrap();
            assert_eq!([before, rest.map(Result::unwrap).collect()].concat(), all, "after {taken} rows");
        }
    }
}

#[test]
fn a_target_is_text_in_parts_and_cleared_as_a_whole() {
    let text = "预算年度,项目编码,序号,指标值\n2026,A,1,≥95%\n2026,A,2,\n";
    let mut read = rows(CSV, text.as_bytes(), &of(TableKind::Indicators));
    for row in &mut read {
        row.clear_blanks();
    }
    assert_eq!(read[0].json["set"], json!({ "target": { "text": "≥95%" } }));
    assert_eq!(read[1].json["set"], json!({ "target": null }));
}
