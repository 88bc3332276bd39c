//! The submitted workbook with what became of its rows.

use std::io::{Cursor, Read};

use jixiao::import::table::{Format, Options, ResultError, Row, RowResult, TableKind, result_workbook};
use jixiao::service::write::Outcome;
use zip::ZipArchive;

use super::book::{Sheet, book};
use super::{of, rows};

/// The text of a part.
pub fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

fn written(submitted: &[u8], results: Vec<RowResult>) -> Result<Vec<u8>, ResultError> {
    let mut bytes = Vec::new();
    result_workbook(Cursor::new(submitted), &Options::default(), results, &mut bytes).map(|()| bytes)
}

fn result(row: &Row, outcome: Outcome, messages: &[&str]) -> RowResult {
    RowResult {
        place: row.place.clone(),
        outcome,
        messages: messages.iter().map(|message| (*message).to_owned()).collect(),
    }
}

/// Sheets with a title, notes beside the table, and texts that look like formulas.
fn submitted() -> Vec<u8> {
    let evil = "=HYPERLINK(1)";
    let units = Sheet::new("单位")
        .row(2, &["单位编码", "单位名称", "校验结果"])
        .row(3, &["1", evil, "失败：旧"])
        .row(4, &["2", "乙", "失败：旧"])
        .row(6, &["3", r#"<c r="@"><f>1+1</f><v>2</v></c>"#]);
    let points = Sheet::new("资金支出计划")
        .row(1, &["预算年度", "项目编码", "月份", "支出进度(%)"])
        .row(2, &["2026", "＠A", "3", r#"<c r="@" s="1"><v>0.25</v></c>"#]);
    let notes =
        Sheet::new("说明").row(1, &["+1", r#"<c r="@" s="2"><v>45000</v></c>"#, r#"<c r="@" t="b"><v>1</v></c>"#]);
    book(&[points, notes, units], "")
}

#[test]
fn each_row_gets_its_result_and_everything_else_stays() {
    let submitted = submitted();
    let before = rows(Format::Xlsx, &submitted, &Options::default());
    assert_eq!(before.len(), 4);
    let results = vec![
        result(&before[0], Outcome::Created, &[]),
        result(&before[1], Outcome::Failed, &["单位名称为空", "=1+1"]),
        result(&before[3], Outcome::Skipped, &[]),
    ];
    let bytes = written(&submitted, results).unwrap();
    let after = rows(Format::Xlsx, &bytes, &Options::default());
    assert_eq!(after, before, "the workbook can be sent again");

    let sheets: Vec<String> = (1..=3).map(|number| part(&bytes, &format!("xl/worksheets/sheet{number}.xml"))).collect();
    for sheet in &sheets {
        assert!(!sheet.contains("<f>"), "no formula: {sheet}");
    }
    let [points, notes, units] = [&sheets[0], &sheets[1], &sheets[2]];
    for (cell, text) in
        [("C2", "校验结果"), ("C3", "新增"), ("C4", "失败：单位名称为空；=1+1"), ("B3", "=HYPERLINK(1)")]
    {
        let cell = units.split(&format!(r#"r="{cell}""#)).nth(1).expect(cell);
        assert!(cell.split("</c>").next().unwrap().contains(&format!(">{text}<")), "{text}: {cell}");
    }
    assert!(!units.contains("旧"), "old results are gone: {units}");
    assert!(points.contains("E1") && points.contains("校验结果") && points.contains("未写入"), "{points}");
    assert!(notes.contains("45000") && notes.contains(r#"t="b""#), "{notes}");
}

#[test]
fn texts_that_begin_like_formulas_stay_texts() {
    for start in ["=", "+", "-", "@", "＝", "＋", "－", "＠", " ="] {
        let text = format!("{start}1+cmd");
        let sheet = Sheet::new("单位").row(1, &["单位编码", "单位名称"]).row(2, &["1", &text]);
        let submitted = book(&[sheet], "");
        let before = rows(Format::Xlsx, &submitted, &of(TableKind::Units));
        let failed = result(&before[0], Outcome::Failed, &[&text]);
        let bytes = written(&submitted, vec![RowResult { outcome: Outcome::Failed, ..failed }]).unwrap();
        let page = part(&bytes, "xl/worksheets/sheet1.xml");
        assert!(!page.contains("<f") && page.contains(&text), "{page}");
        assert!(part(&bytes, "xl/styles.xml").contains("quotePrefix"), "{start}");
    }
}

#[test]
fn results_that_do_not_fit_are_refused() {
    let submitted = submitted();
    let before = rows(Format::Xlsx, &submitted, &Options::default());
    let swapped = vec![result(&before[1], Outcome::Created, &[]), result(&before[0], Outcome::Created, &[])];
    assert!(matches!(written(&submitted, swapped), Err(ResultError::Order(place)) if place == before[0].place));
    assert!(matches!(written(b"no workbook", Vec::new()), Err(ResultError::File(_))));
}

#[test]
fn sheets_whose_names_no_library_writes_get_others() {
    let units = Sheet::new("单位").row(1, &["单位编码", "单位名称"]).row(2, &["1", "甲"]);
    let long = Sheet {
        name: "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二", ..units.clone()
    };
    let bytes = written(&book(&[units, Sheet::new("a/b"), long, Sheet::new("Sheet2")], ""), Vec::new()).unwrap();
    let listed = part(&bytes, "xl/workbook.xml");
    for name in ["单位", "Sheet2", "Sheet3", "Sheet4"] {
        assert!(listed.contains(&format!(r#"name="{name}""#)), "{name} in {listed}");
    }
}
