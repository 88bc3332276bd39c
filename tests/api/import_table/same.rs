//! The same rows come back from each format, whatever they hold.

use std::fmt::Write as _;

use encoding_rs::GB18030;
use jixiao::import::table::{Format, TableKind};
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use super::{inputs, of};

/// A project with all its columns, as cells and as the input that they mean.
#[derive(Clone, Debug)]
struct Project {
    cells: [String; 9],
    input: Value,
}

fn text() -> impl Strategy<Value = String> {
    // No blanks at the ends, which are not kept.
    "[一-龥a-z0-9=+@,;\"'_<>&]{1,8}( [一-龥a-z,;\"\\t]{1,4}[一-龥]|\n[一-龥\",;x]{1,6})?".prop_map(|text| {
        text.lines().map(|line| line.replace('\t', " ").trim().to_owned()).collect::<Vec<String>>().join("\n")
    })
}

fn decimal(most: i64) -> impl Strategy<Value = String> {
    (0..most, 0_u32..=6, 0_i64..1_000_000).prop_map(|(whole, decimals, fraction)| {
        let fraction = format!("{fraction:06}");
        match decimals {
            0 => whole.to_string(),
            decimals => format!("{whole}.{}", &fraction[..decimals as usize]),
        }
    })
}

fn project() -> impl Strategy<Value = Project> {
    let code = prop_oneof!["", "[1-9][0-9]{20}", "0[0-9]{5}", "[0-9]{6}P[0-9]{3}"];
    let budget = prop_oneof![decimal(100_000_000).prop_map(Some), Just(None)];
    (2000_i32..2100, code, text(), budget, prop_oneof![text().prop_map(Some), Just(None)], decimal(100), decimal(100))
        .prop_map(|(year, code, name, budget, purpose, march, december)| {
            let mut key = json!({ "fiscalYear": year, "unitCode": "450002" });
            let mut set = json!({ "plan": [{ "month": 3, "percent": march }, { "month": 12, "percent": december }] });
            if code.is_empty() {
                key["name"] = name.clone().into();
            } else {
                (key["code"], set["name"]) = (code.clone().into(), name.clone().into());
            }
            if let Some(budget) = &budget {
                set["budget"] = json!({ "wanYuan": budget });
            }
            if let Some(purpose) = &purpose {
                set["purpose"] = purpose.clone().into();
                set["objectives"] = purpose.lines().map(Value::from).collect();
            }
            let (budget, purpose) = (budget.unwrap_or_default(), purpose.unwrap_or_default());
            let cells =
                [year.to_string(), "450002".to_owned(), code, name, budget, purpose.clone(), purpose, march, december];
            Project { cells, input: json!({ "key": key, "set": set }) }
        })
}

const HEADINGS: [&str; 9] = [
    "预算年度",
    "单位编码",
    "项目编码",
    "项目名称",
    "预算数(万元)",
    "资金用途",
    "绩效目标",
    "3月底支出进度(%)",
    "12月底支出进度(%)",
];

fn csv(projects: &[Project], separator: char) -> String {
    let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    let separator = separator.to_string();
    let mut text = HEADINGS.join(&separator);
    for project in projects {
        let cells: Vec<String> = project.cells.iter().map(|cell| quoted(cell)).collect();
        write!(text, "\r\n{}", cells.join(&separator)).unwrap();
    }
    text
}

fn workbook(projects: &[Project]) -> Vec<u8> {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.write_row(0, 0, HEADINGS).unwrap();
    for (row, project) in (1..).zip(projects) {
        for (column, cell) in (0..).zip(&project.cells) {
            page.write_string(row, column, cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn every_format_gives_the_rows_that_were_written(projects in proptest::collection::vec(project(), 1..6)) {
        let expected: Vec<Value> = projects.iter().map(|project| project.input.clone()).collect();
        let options = of(TableKind::Projects);
        let lines: String = expected.iter().map(|row| format!("{row}\n")).collect();
        prop_assert_eq!(&inputs(Format::Jsonl, lines.as_bytes(), &options), &expected);
        for separator in [',', ';', '\t'] {
            let text = csv(&projects, separator);
            prop_assert_eq!(&inputs(Format::Csv, text.as_bytes(), &options), &expected);
            let (encoded, _, _) = GB18030.encode(&text);
            prop_assert_eq!(&inputs(Format::Csv, &encoded, &options), &expected);
        }
        prop_assert_eq!(&inputs(Format::Xlsx, &workbook(&projects), &options), &expected);
    }

    #[test]
    fn a_number_written_as_number_comes_back_as_the_same_decimal(micro in 0_i64..100_000_000_000_000) {
        // 14 significant digits: what a spreadsheet keeps.
        let printed = format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
        let mut book = Workbook::new();
        let page = book.add_worksheet();
        page.write_row(0, 0, ["预算年度", "项目编码", "预算数(万元)"]).unwrap();
        page.write_row(1, 0, ["2026", "A"]).unwrap();
        page.write_number(1, 2, printed.parse::<f64>().unwrap()).unwrap();
        let read = inputs(Format::Xlsx, &book.save_to_buffer().unwrap(), &of(TableKind::Projects));
        let shown = printed.trim_end_matches('0').trim_end_matches('.');
        prop_assert_eq!(&read[0]["set"]["budget"]["wanYuan"], shown);
    }
}
