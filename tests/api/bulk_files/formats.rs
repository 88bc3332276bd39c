//! Every format gives the same rows, and names where a mistake stands.

use std::io::Cursor;

use jixiao::import::table::{Format, Options, Table, TableKind, template};
use rust_xlsxwriter::Workbook;
use serde_json::json;

use super::scene::{Files, project};

const HEADINGS: [&str; 6] = ["区划代码", "预算年度", "单位编码", "项目编码", "项目名称", "预算数(元)"];

fn workbook(sheets: &[(&str, &[&str], &[&[&str]])]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, headings, rows) in sheets {
        let page = book.add_worksheet().set_name(*name).unwrap();
        for (row, cells) in std::iter::once(headings).chain(rows.iter()).enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                page.write_string(u32::try_from(row).unwrap(), u16::try_from(column).unwrap(), *cell).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

#[tokio::test]
async fn the_three_formats_say_the_same_of_the_same_rows() {
    let files = Files::new().await;
    let rows: [&[&str]; 2] = [
        &["130304", "2026", "450002", "13030426P00001", "甲", "100"],
        &["130304", "2026", "450009", "13030426P00002", "乙", "200"],
    ];
    let csv = [HEADINGS.join(","), rows[0].join(","), rows[1].join(",")].join("\n");
    let book = workbook(&[("项目", &HEADINGS, &rows)]);
    let line = |cells: &[&str]| {
        let key = json!({ "divisionCode": cells[0], "fiscalYear": 2026, "unitCode": cells[2], "code": cells[3] });
        json!({ "key": key, "set": { "name": cells[4], "budget": { "yuan": cells[5] } } }).to_string()
    };
    let jsonl = rows.map(line).join("\n");
    let expected = [
        ("rows.jsonl", jsonl.into_bytes(), "line 2"),
        ("rows.csv", csv.into_bytes(), "line 3, column 单位编码"),
        ("rows.xlsx", book, "项目!C3"),
    ];
    for (name, bytes, place) in expected {
        let ended = files.import(name, &bytes, json!({ "kind": "PROJECTS" })).await;
        assert_eq!(ended.operation["status"], "COMPLETED_WITH_ERRORS", "{name}: {:#}", ended.operation);
        assert_eq!(ended.outcomes(), ["CREATED", "FAILED"], "{name}: {:?}", ended.lines);
        let fault = ("NOT_FOUND".to_owned(), "key.unitCode".to_owned(), place.to_owned());
        assert_eq!(ended.faults(), [fault], "{name}");
        assert_eq!(ended.operation["progress"]["percent"], 100, "{name}");
    }
    assert_eq!(files.projects().await, json!([]), "a dry run left something behind");
}

#[tokio::test]
async fn a_workbook_of_several_kinds_is_taken_in_order_and_given_back_with_its_results() {
    let files = Files::new().await;
    let project: [&[&str]; 1] = [&["130304", "2026", "450077", "13030426P00001", "甲", "100"]];
    let units: [&[&str]; 2] = [&["130304", "450077", "丙单位"], &["130304", "450078", ""]];
    let unit_headings = ["区划代码", "单位编码", "单位名称"];
    // The sheet of projects stands first and is read after that of units.
    let book = workbook(&[("项目", &HEADINGS, &project), ("单位", &unit_headings, &units)]);
    let ended = files.import("all.xlsx", &book, json!({ "dryRun": false })).await;
    assert_eq!(ended.outcomes(), ["CREATED", "FAILED", "CREATED"], "{:?}", ended.lines);
    let id = ended.operation["id"].as_str().unwrap();
    let back = files.fetch(&format!("/v1/operations/{id}/workbook")).await;
    let read = |kind| {
        let options = Options { kind: Some(kind), ..Options::default() };
        let table = Table::open(Format::Xlsx, Cursor::new(back.clone()), &options).unwrap();
        table.map(|row| row.unwrap().json).count()
    };
    assert_eq!((read(TableKind::Units), read(TableKind::Projects)), (2, 1));
    let mut texts = String::new();
    let mut package = zip::ZipArchive::new(Cursor::new(back)).unwrap();
    for at in 0..package.len() {
        let mut part = package.by_index(at).unwrap();
        if part.name().unwrap().ends_with(".xml") {
            std::io::Read::read_to_string(&mut part, &mut texts).unwrap();
        }
    }
    assert!(texts.contains("校验结果") && texts.contains("新增") && texts.contains("失败：单位!"), "{texts}");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_named_beside_the_good_ones() {
    let files = Files::new().await;
    let text = format!("{}{{\"key\":\n\n{}", project("A1", "甲"), project("A2", "乙"));
    let ended = files.import("rows.jsonl", text.as_bytes(), json!({ "kind": "PROJECTS", "dryRun": false })).await;
    assert_eq!(ended.outcomes(), ["CREATED", "FAILED", "CREATED"], "{:?}", ended.lines);
    assert_eq!(ended.faults(), [("ROW_NOT_JSON".to_owned(), String::new(), "line 2".to_owned())]);
    assert_eq!(ended.lines[2]["line"], 4);
    assert_eq!(ended.operation["progress"]["percent"], 100);
}

#[tokio::test]
async fn templates_are_downloaded_and_can_be_imported() {
    let files = Files::new().await;
    for format in ["csv", "xlsx", "jsonl"] {
        let bytes = files.fetch(&format!("/v1/templates/projects.{format}")).await;
        let known = match format {
            "csv" => Format::Csv,
            "xlsx" => Format::Xlsx,
            _ => Format::Jsonl,
        };
        if format != "xlsx" {
            assert_eq!(bytes, template::template(TableKind::Projects, known).unwrap());
        }
        let ended = files.import(&format!("projects.{format}"), &bytes, json!({ "kind": "PROJECTS" })).await;
        assert_eq!((ended.lines.len(), &ended.operation["failure"]), (1, &json!(null)), "{format}");
    }
}

#[tokio::test]
async fn a_document_is_taken_as_a_whole() {
    let files = Files::new().await;
    let path = format!("{}/samples/beidaihe-culture-2020.txt", env!("CARGO_MANIFEST_DIR"));
    let document = std::fs::read(path).unwrap();
    let options = |dry_run| json!({ "kind": "DISCLOSURE", "scope": { "divisionCode": "130304" }, "dryRun": dry_run });
    let dry = files.import("report.txt", &document, options(true)).await;
    assert_eq!((dry.outcomes(), files.projects().await), (vec!["CREATED"], json!([])), "{:?}", dry.lines);
    let real = files.import("report.txt", &document, options(false)).await;
    assert_eq!(real.lines, dry.lines);
    assert_eq!(files.projects().await.as_array().unwrap().len(), 8);
    let again = files.import("report.txt", &document, options(false)).await;
    assert_eq!(again.outcomes(), ["UNCHANGED"], "{:?}", again.lines);
}
