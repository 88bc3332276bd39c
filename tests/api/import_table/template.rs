//! Templates and documentation come from the same columns as the reading.

use std::process::Command;

use jixiao::import::table::template::template;
use jixiao::import::table::{Format, Options, TableKind, guide};
use rust_xlsxwriter::Workbook;

use super::{inputs, of};

#[test]
fn the_templates_of_all_formats_hold_the_same_good_row() {
    for kind in TableKind::ALL {
        let read = |format: Format, options: &Options| inputs(format, &template(kind, format).unwrap(), options);
        let [csv, xlsx, jsonl] = [Format::Csv, Format::Xlsx, Format::Jsonl].map(|format| read(format, &of(kind)));
        assert_eq!(csv.len(), 1);
        assert_eq!((&csv, &csv), (&xlsx, &jsonl), "{kind:?}");
        assert_eq!(read(Format::Csv, &Options::default()), csv, "the headings tell the kind");
        let filled = kind.columns().iter().filter(|column| !column.example.is_empty()).count();
        assert!(filled + 1 >= kind.columns().len(), "all but the version have an example");
    }
}

#[test]
fn the_templates_hold_every_column_and_explain_it() {
    for kind in TableKind::ALL {
        let bytes = template(kind, Format::Xlsx).unwrap();
        let texts = super::result::part(&bytes, "xl/sharedStrings.xml");
        let page = super::result::part(&bytes, "xl/worksheets/sheet1.xml");
        for column in kind.columns() {
            assert!(texts.contains(&format!(">{}<", column.printed())), "{}", column.heading);
            assert!(!column.meaning.zh.is_empty() && texts.contains(column.meaning.zh), "{}", column.heading);
        }
        let ranges = kind.columns().iter().filter(|column| column.range.is_some()).count();
        assert_eq!(page.matches("<dataValidation ").count(), ranges);
    }
}

#[test]
fn the_documentation_names_every_column() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bulk-columns.md");
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(kept == guide::markdown(), "cargo run -- import --template guide > docs/bulk-columns.md");
    for kind in TableKind::ALL {
        for column in kind.columns() {
            for name in [column.heading, column.name].into_iter().chain(column.synonyms.iter().copied()) {
                assert!(kept.contains(name), "{name}");
            }
        }
    }
}

#[test]
fn every_name_of_a_column_is_read() {
    for kind in TableKind::ALL {
        let main: Vec<String> = kind.columns().iter().map(|column| column.printed()).collect();
        for (at, column) in kind.columns().iter().enumerate() {
            let suffix = column.printed().replacen(column.heading, "", 1);
            for name in std::iter::once(&column.name).chain(column.synonyms) {
                let mut headings = main.clone();
                headings[at] = format!("{name}{suffix}");
                let mut book = Workbook::new();
                book.add_worksheet().write_row(0, 0, headings).unwrap();
                assert_eq!(inputs(Format::Xlsx, &book.save_to_buffer().unwrap(), &of(kind)).len(), 0, "{name}");
            }
        }
    }
}

#[test]
fn the_command_writes_templates_without_a_database() {
    let folder = tempfile::TempDir::new().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jixiao"));
        command.current_dir(folder.path()).env_clear().arg("import").args(arguments).output().unwrap()
    };
    let written = run(&["--template", "xlsx", "--kind", "plan-points", "-o", "points.xlsx"]);
    assert!(written.status.success(), "{written:?}");
    let bytes = std::fs::read(folder.path().join("points.xlsx")).unwrap();
    assert_eq!(inputs(Format::Xlsx, &bytes, &Options::default()).len(), 1);
    let printed = run(&["--template", "csv"]);
    assert_eq!(printed.stdout, template(TableKind::Projects, Format::Csv).unwrap());
    assert_eq!(run(&["--template", "guide"]).stdout, guide::markdown().into_bytes());
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "nothing but the template was made");
    for wrong in [&["--kind", "units"][..], &["--template", "xlsx", "file.txt"], &["file.txt"]] {
        assert_eq!(run(wrong).status.code(), Some(2), "{wrong:?}");
    }
}
