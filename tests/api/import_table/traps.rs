//! The traps of real workbooks, each by the cell that holds it.

use jixiao::import::table::{Format, Options, TableKind};
use serde_json::{Value, json};

use super::book::{Sheet, book};
use super::{faults, inputs, of, refused, rows};

const XLSX: Format = Format::Xlsx;

/// A table of projects with one row: code, budget in 万元, percent in March, purpose.
fn projects(code: &str, budget: &str, percent: &str, purpose: &str) -> Vec<u8> {
    let sheet = Sheet::new("项目")
        .row(1, &["预算年度", "项目编码", "预算数(万元)", "3月底支出进度(%)", "资金用途"])
        .row(2, &["2026", code, budget, percent, purpose]);
    book(&[sheet], "")
}

fn number(stored: &str) -> String {
    format!(r#"<c r="@"><v>{stored}</v></c>"#)
}

fn budget_of(cell: &str) -> Value {
    inputs(XLSX, &projects("A", cell, "", ""), &Options::default())[0]["set"]["budget"].clone()
}

fn faults_of(code: &str, budget: &str, percent: &str, purpose: &str) -> Vec<String> {
    faults(&rows(XLSX, &projects(code, budget, percent, purpose), &Options::default()))
}

#[test]
fn numbers_are_what_the_spreadsheet_shows() {
    for (cell, amount) in [
        (number("20.100000000000001"), "20.1"),
        (number("0.30000000000000004"), "0.3"),
        (number("1.0415E2"), "104.15"),
        ("１０４．１５".to_owned(), "104.15"),
        ("1,234.50\u{A0}\u{3000}".to_owned(), "1234.50"),
        (r#"<c r="@" t="str"><f>A1</f><v>12.50</v></c>"#.to_owned(), "12.50"),
        (r#"<c r="@"><f>SUM(A1:A9)</f><v>12.5</v></c>"#.to_owned(), "12.5"),
    ] {
        assert_eq!(budget_of(&cell), json!({ "wanYuan": amount }), "{cell}");
    }
    assert_eq!(budget_of("300元"), json!({ "yuan": "300" }));
    for blank in ["-", "无", "\u{3000}", r#"<c r="@" t="str"><f>""</f><v></v></c>"#] {
        assert_eq!(budget_of(blank), Value::Null, "{blank}");
    }
    assert_eq!(faults_of("A", &number("0.33333333333333331"), "", ""), ["项目!C2 CELL_NOT_EXACT"]);
}

#[test]
fn codes_come_back_exactly_or_are_refused() {
    for (cell, code) in
        [(number("1.30304E+05"), "130304"), (number("450002"), "450002"), ("'0450002".into(), "0450002")]
    {
        let read = inputs(XLSX, &projects(&cell, "", "", ""), &Options::default());
        assert_eq!(read[0]["key"]["code"], code, "{cell}");
    }
    for lost in [number("1.3030426E+20"), number("13030426000000001"), number("450002.5"), "1.30304E+05".to_owned()] {
        assert_eq!(faults_of(&lost, "", "", ""), ["项目!B2 CELL_CODE_AS_NUMBER"], "{lost}");
    }
}

#[test]
fn formulas_without_result_and_errors_are_named() {
    let no_result = r#"<c r="@"><f>SUM(A1:A9)</f></c>"#;
    let empty_result = r#"<c r="@"><f>SUM(A1:A9)</f><v></v></c>"#;
    let error = r##"<c r="@" t="e"><f>X1</f><v>#REF!</v></c>"##;
    let found = faults_of(error, no_result, empty_result, error);
    let expected =
        ["项目!B2 CELL_ERROR_VALUE", "项目!C2 CELL_NO_RESULT", "项目!D2 CELL_NO_RESULT", "项目!E2 CELL_ERROR_VALUE"];
    assert_eq!(found, expected);
}

#[test]
fn dates_percentages_and_booleans_are_not_taken_for_numbers() {
    let date = r#"<c r="@" s="2"><v>45000</v></c>"#;
    let built_in = r#"<c r="@" s="3"><v>45000</v></c>"#;
    let percent = r#"<c r="@" s="1"><v>0.25</v></c>"#;
    let boolean = r#"<c r="@" t="b"><v>1</v></c>"#;
    let found = faults_of(boolean, percent, built_in, date);
    let expected = ["项目!B2 CELL_BOOLEAN", "项目!C2 CELL_PERCENT", "项目!D2 CELL_DATE", "项目!E2 CELL_DATE"];
    assert_eq!(found, expected);
    let read = inputs(XLSX, &projects("A", "", percent, percent), &Options::default());
    assert_eq!(read[0]["set"], json!({ "plan": [{ "month": 3, "percent": "25" }], "purpose": "25%" }));
}

#[test]
fn a_merged_key_holds_for_each_of_its_rows() {
    let sheet = Sheet::new("指标")
        .row(1, &["预算年度", "项目编码", "一级指标", "二级指标", "序号", "三级指标"])
        .row(2, &["2026", "A", "产出指标", "数量指标", "1", "甲"])
        .row(3, &["2099", "", "", "质量指标", "2", "乙"])
        .row(4, &["2026", "B", "效益指标", "", "1", "丙"])
        .row(10, &["2026", "B", "", "", "2", "丁"])
        .row(11, &["2026", "B", "藏", "", "3", "戊"])
        .merged("A2:A3")
        .merged("B2:B3")
        .merged("C2:C3")
        // Below the rows the forms go on being merged: without other cells these are no rows.
        .merged("A4:A9")
        .merged("C10:C11");
    let read = inputs(XLSX, &book(&[sheet], ""), &Options::default());
    let project = |code: &str| json!({ "fiscalYear": 2026, "code": code });
    let expected = [
        json!({ "key": { "project": project("A"), "ordinal": 1 }, "set": { "level1": "产出指标", "level2": "数量指标", "name": "甲" } }),
        json!({ "key": { "project": project("A"), "ordinal": 2 }, "set": { "level1": "产出指标", "level2": "质量指标", "name": "乙" } }),
        json!({ "key": { "project": project("B"), "ordinal": 1 }, "set": { "level1": "效益指标", "name": "丙" } }),
        json!({ "key": { "project": project("B"), "ordinal": 2 }, "set": { "name": "丁" } }),
        json!({ "key": { "project": project("B"), "ordinal": 3 }, "set": { "name": "戊" } }),
    ];
    assert_eq!(read, expected, "what a merged cell covers is not seen");
}

#[test]
fn other_merged_cells_are_faults_with_their_range() {
    let sheet = Sheet::new("项目")
        .row(1, &["预算年度", "项目编码", "项目名称", "预算数(万元)", "资金用途"])
        .row(2, &["2026", "A", "甲", "10", "共同"])
        .row(3, &["2026", "B", "乙", "20", ""])
        .row(4, &["2026", "C", "丙", "30", ""])
        .merged("E2:E3")
        .merged("C4:D4");
    let read = rows(XLSX, &book(&[sheet], ""), &of(TableKind::Projects));
    assert_eq!(faults(&read), ["项目!E2 CELL_MERGED", "项目!E3 CELL_MERGED", "项目!C4 CELL_MERGED"]);
    let message = read[1].faults[0].message(jixiao::lang::Lang::Zh);
    assert!(message.contains("项目!E3") && message.contains("E2:E3"), "{message}");
}

#[test]
fn a_plan_is_whole_or_not_there() {
    let sheet = Sheet::new("项目")
        .row(1, &["预算年度", "项目编码", "3月底支出进度(%)", "6月底支出进度(%)", "12月底支出进度(%)"])
        .row(2, &["2026", "A", "", "-", ""])
        .row(3, &["2026", "B", "10", "", "100"]);
    let read = rows(XLSX, &book(&[sheet], ""), &Options::default());
    assert_eq!(read[0].json["set"], json!({}));
    assert_eq!(faults(&read), ["项目!D3 CELL_PLAN_PARTLY_BLANK"]);
}

#[test]
fn money_without_its_unit_is_refused_with_both_forms() {
    let sheet = Sheet::new("项目").row(1, &["预算年度", "项目编码", "预算数"]).row(2, &["2026", "A", "1"]);
    let told = refused(XLSX, &book(&[sheet], ""), &Options::default());
    assert!(told.contains("项目!1") && told.contains("预算数(万元) or 预算数(元)"), "{told}");
    let yuan = Sheet::new("项目").row(1, &["预算年度", "项目编码", "预算数（元）"]).row(2, &["2026", "A", "1234.5"]);
    let read = inputs(XLSX, &book(&[yuan], ""), &Options::default());
    assert_eq!(read[0]["set"]["budget"], json!({ "yuan": "1234.5" }));
}
