//! Workbooks as Excel and WPS write them: sheets, headings, texts, and where the reading goes on.

use std::io::Cursor;

use jixiao::import::table::{Format, Options, Table, TableKind};
use rust_xlsxwriter::{Format as Style, Workbook};
use serde_json::json;

use super::book::{Sheet, book};
use super::{faults, inputs, of, refused, rows};

const XLSX: Format = Format::Xlsx;

#[test]
fn a_workbook_of_a_library_is_read() {
    let mut book = Workbook::new();
    let page = book.add_worksheet().set_name("项目").unwrap();
    let headings = [
        "预算年度",
        "单位编码",
        "项目编码",
        "项目名称",
        "预算数(万元)",
        "绩效目标",
        "3月底支出进度(%)",
        "12月底支出进度(%)",
    ];
    page.write_row(0, 0, headings).unwrap();
    page.write_row(1, 0, ["2026", "450002", "A1", "甲"]).unwrap();
    page.write_number(1, 4, 20.1).unwrap();
    page.write_string(1, 5, "目标一\n目标二").unwrap();
    page.write_number_with_format(1, 6, 0.255, &Style::new().set_num_format("0.0%")).unwrap();
    page.write_string(1, 7, "100%").unwrap();
    page.write_row(2, 0, ["2026", "450002", "", "乙"]).unwrap();
    let read = rows(XLSX, &book.save_to_buffer().unwrap(), &Options::default());
    let expected = [
        json!({
            "key": { "fiscalYear": 2026, "unitCode": "450002", "code": "A1" },
            "set": {
                "name": "甲",
                "budget": { "wanYuan": "20.1" },
                "objectives": ["目标一", "目标二"],
                "plan": [{ "month": 3, "percent": "25.5" }, { "month": 12, "percent": "100" }],
            },
        }),
        json!({ "key": { "fiscalYear": 2026, "unitCode": "450002", "name": "乙" }, "set": {} }),
    ];
    assert_eq!(read.iter().map(|row| row.json.clone()).collect::<Vec<_>>(), expected);
    assert_eq!(read[0].place.to_string(), "项目!2");
    let path = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<String>>();
    for (path_of, place) in [
        ("set.budget.wanYuan", "项目!E2"),
        ("set.plan.1.percent", "项目!H2"),
        ("set.plan", "项目!G2"),
        ("set.objectives.1", "项目!F2"),
        ("key.fiscalYear", "项目!A2"),
        ("key", "项目!A2"),
        ("expectedVersion", "项目!2"),
    ] {
        assert_eq!(read[0].place_of(&path(path_of)).to_string(), place, "{path_of}");
    }
    assert_eq!(read[1].place_of(&path("key.name")).to_string(), "项目!D3");
    let blank = |row: usize| read[row].blanks().map(|path| path.join(".")).collect::<Vec<_>>();
    assert_eq!((blank(0), blank(1)), (vec![], vec!["set.budget".into(), "set.objectives".into(), "set.plan".into()]));
    let mut cleared = read[1].clone();
    cleared.clear_blanks();
    assert_eq!(cleared.json["set"], json!({ "budget": null, "objectives": null, "plan": null }));
}

#[test]
fn shared_texts_come_without_readings_and_with_their_pieces() {
    let texts = r#"<si><t>单位编码</t></si><si><r><t>单位</t></r><r><t xml:space="preserve">名称 </t></r></si>
        <si><t>甲</t><rPh sb="0" eb="1"><t>jiǎ</t></rPh></si><si><t>一_x000D_
二</t></si>"#;
    let text = |number: u32| format!(r#"<c r="@" t="s"><v>{number}</v></c>"#);
    let sheet = Sheet::new("单位").row(1, &[&text(0), &text(1)]).row(2, &["1", &text(2)]).row(3, &["2", &text(3)]);
    let expected = [
        json!({ "key": { "code": "1" }, "set": { "name": "甲" } }),
        json!({ "key": { "code": "2" }, "set": { "name": "一\n二" } }),
    ];
    assert_eq!(inputs(XLSX, &book(&[sheet], texts), &Options::default()), expected);
}

#[test]
fn sheets_are_found_by_name_or_by_kind() {
    let units = Sheet::new("单位").row(1, &["单位编码", "单位名称"]).row(2, &["1", "甲"]);
    let other = Sheet { name: "Sheet1", hidden: true, ..units.clone() };
    let points = Sheet::new("资金支出计划").row(1, &["预算年度", "项目编码", "月份"]).row(2, &["2026", "A", "3月"]);
    let both = book(&[Sheet::new("说明"), points.clone(), units.clone()], "");
    let kinds: Vec<TableKind> = rows(XLSX, &both, &Options::default()).iter().map(|row| row.kind).collect();
    assert_eq!(kinds, [TableKind::Units, TableKind::PlanPoints], "in the order of dependence");
    assert_eq!(rows(XLSX, &both, &of(TableKind::PlanPoints)).len(), 1);
    let first = book(&[other], "");
    assert_eq!(rows(XLSX, &first, &of(TableKind::Units))[0].place.to_string(), "Sheet1!2");
    let none = refused(XLSX, &first, &Options::default());
    assert!(none.contains("单位、项目、指标、资金支出计划"), "{none}");
    let empty = refused(XLSX, &book(&[Sheet::new("单位")], ""), &of(TableKind::Units));
    assert!(empty.contains("no sheet 单位"), "{empty}");
    let hidden = Sheet { rows: units.rows.replace(r#"<row r="2""#, r#"<row r="2" hidden="1""#), ..units };
    assert_eq!(rows(XLSX, &book(&[hidden], ""), &Options::default()).len(), 1, "hidden rows are rows");
}

#[test]
fn titles_may_stand_above_the_headings_and_blank_rows_anywhere() {
    let blank = r#"<c r="@" s="1"/>"#;
    let sheet = Sheet::new("单位")
        .row(1, &["2026年单位表"])
        .row(3, &["单位编码", "单位名称", "", "校验结果"])
        .row(5, &["1", "甲"])
        .row(6, &["", "", "", "失败"])
        .row(9, &["2", "乙", "", "失败：旧"])
        .row(1_048_575, &[blank, " \u{3000}"])
        .row(1_048_576, &[blank])
        .merged("A1:D1");
    let read = rows(XLSX, &book(&[sheet], ""), &Options::default());
    assert_eq!(read.iter().map(|row| row.place.to_string()).collect::<Vec<_>>(), ["单位!5", "单位!9"]);
    assert_eq!(faults(&read), [] as [&str; 0]);
    let stray = Sheet::new("单位").row(1, &["单位编码", "", "单位名称"]).row(2, &["1", "x", "甲", "", "y"]);
    assert_eq!(
        faults(&rows(XLSX, &book(&[stray], ""), &Options::default())),
        ["单位!B2 CELL_NO_HEADING", "单位!E2 CELL_NO_HEADING"]
    );
    let no_table = refused(XLSX, &book(&[Sheet::new("单位").row(1, &["单位编码"])], ""), &Options::default());
    assert!(no_table.contains("no row with the headings"), "{no_table}");
}

#[test]
fn a_sheet_that_declares_all_its_rows_has_those_that_hold_something() {
    let mut sheet = Sheet::new("单位").row(1, &["单位编码", "单位名称"]).row(2, &["1", "甲"]);
    // Every tenth of them is declared, up to the last one.
    for number in (16..=1_048_576).step_by(10) {
        sheet.rows.push_str(&format!(r#"<row r="{number}" s="3"/>"#));
    }
    assert_eq!(rows(XLSX, &book(&[sheet], ""), &Options::default()).len(), 1);
}

#[test]
fn reading_goes_on_where_it_was_left_also_inside_a_merged_cell() {
    let headings = ["预算年度", "项目编码", "序号", "三级指标"];
    let indicators = Sheet::new("指标")
        .row(1, &headings)
        .row(2, &["2026", "A", "1", "甲"])
        .row(3, &["", "", "2", "乙"])
        .row(4, &["", "", "3", "丙"])
        .row(5, &["2026", "B", "1", "丁"])
        .merged("A2:A4")
        .merged("B2:B4");
    let units = Sheet::new("单位").row(1, &["单位编码", "单位名称"]).row(2, &["1", "甲"]);
    let bytes = book(&[indicators, units], "");
    let all = rows(XLSX, &bytes, &Options::default());
    assert_eq!(all.len(), 5);
    let third = json!({ "project": { "fiscalYear": 2026, "code": "A" }, "ordinal": 3 });
    assert_eq!(all[3].json["key"], third);
    for taken in 0..=all.len() {
        let mut table = Table::open(XLSX, Cursor::new(&bytes), &Options::default()).unwrap();
        let before: Vec<_> = table.by_ref().take(taken).map(Result::unwrap).collect();
        let position = table.position();
        let rest = Table::resume(XLSX, Cursor::new(&bytes), &Options::default(), &position).unwrap();
        assert_eq!([before, rest.map(Result::unwrap).collect()].concat(), all, "after {taken} rows");
    }
}
