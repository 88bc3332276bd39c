//! `jixiao import --kind` on a database that has nothing yet: what is loaded at once is what comes row by row.

use std::fs;

use jixiao::db::Db;
use jixiao::service::division;
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::{Value, json};

use super::program::{self, Program, Said};
use crate::support::database::{self, TestDatabase, number};
use crate::support::facts;

/// Units of two departments, and projects with everything that a project can have.
fn province() -> String {
    let mut lines = Vec::new();
    for code in ["301", "301001", "301002", "302", "302001"] {
        let key = json!({ "divisionCode": "130304", "code": code });
        lines.push(json!({ "type": "unit", "key": key, "set": { "name": format!("第{code}单位") } }));
    }
    for number in 0..700 {
        let unit = ["301001", "301002", "302001"][number % 3];
        let mut key = json!({ "divisionCode": "130304", "fiscalYear": 2031, "unitCode": unit });
        let name = format!("道路\t养护\\项目\"{number}\"");
        match number % 5 {
            0 => key["name"] = json!(name),
            _ => key["code"] = json!(format!("K{number:04}")),
        }
        let indicators: Vec<Value> = (1..=3)
            .map(|ordinal| {
                let level = if ordinal == 3 { json!({ "level2": "本地指标" }) } else { json!({ "level2": "R2015-11" }) };
                let mut indicator = json!({ "level1": "R2015-1", "name": format!("完成数量{ordinal}"), "weight": "10",
                    "description": "按台账\n逐项统计", "target": { "quantity": { "comparison": "GE", "value": number.to_string(), "unit": "项" } } });
                indicator["level2"] = level["level2"].clone();
                indicator
            })
            .collect();
        // Every seventh says nothing of objectives, which the rules notice.
        let objectives =
            if number % 7 == 0 { json!([]) } else { json!(["围绕道路养护，年内完成全部任务。"]) };
        let set = json!({
            "name": name, "purpose": "用于材料、人工", "budget": { "yuan": "120000" }, "fiscalFunds": { "yuan": "120000" },
            "otherFunds": { "yuan": "0" }, "objectives": objectives, "indicators": indicators,
            "plan": [{ "month": 3, "percent": "25" }, { "month": 6, "percent": "50" },
                     { "month": 10, "percent": "75" }, { "month": 12, "percent": "100" }],
        });
        lines.push(json!({ "type": "project", "key": key, "set": set }));
    }
    // A row about a project that an earlier one made, far enough from it and of another kind.
    let key = json!({ "project": { "divisionCode": "130304", "fiscalYear": 2031, "code": "K0001" }, "ordinal": 9 });
    lines.push(json!({ "type": "indicator", "key": key, "set": {
        "level1": "R2015-3", "name": "群众满意度", "target": { "text": "满意" } } }));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A program whose database has one division, and the files.
async fn empty(files: &[(&str, &str)]) -> (TestDatabase, Program, Db) {
    let (database, program) = program::with_database().await;
    let db = Db::connect(&database.settings).await.unwrap();
    let held = database::work(&db, async |work| division::hold(work, "130304", Some("北戴河区")).await);
    held.await.unwrap();
    for (name, text) in files {
        fs::write(program.folder().join(name), text).unwrap();
    }
    (database, program, db)
}

fn import(program: &Program, files: &[&str], options: &[&str]) -> Said {
    program.run(&[&["import", "--kind", "mixed"], files, options].concat())
}

#[tokio::test]
async fn what_is_loaded_at_once_is_what_comes_row_by_row() {
    let text = province();
    let (_one, program, loaded) = empty(&[("province.jsonl", &text)]).await;
    let said = import(&program, &["province.jsonl"], &["--apply"]);
    assert!(said.code == 0 && said.stdout.contains("created 706"), "{said:?}");
    let checked = program.run(&["admin", "check"]);
    assert_eq!(checked.code, 0, "{}", checked.stdout);
    for command in [&["admin", "audit", "verify"][..], &["admin", "reindex", "--check"]] {
        assert_eq!(program.run(command).code, 0, "{command:?}");
    }

    let (_two, program, written) = empty(&[("province.jsonl", &text)]).await;
    let said = import(&program, &["province.jsonl"], &["--apply", "--row-by-row"]);
    assert!(said.code == 0 && said.stdout.contains("created 706"), "{said:?}");
    assert_eq!(number(written.read(), "SELECT COUNT(*) FROM bulk_operation").await, 1);
    assert_eq!(number(loaded.read(), "SELECT COUNT(*) FROM bulk_operation").await, 0);

    let (loaded, written) = (facts::of(loaded.read()).await, facts::of(written.read()).await);
    assert!(written["indicator"].len() == 2_101 && written["finding"].len() > 50, "{:?}", written["finding"].len());
    for (table, rows) in &written {
        assert_eq!(loaded[table].len(), rows.len(), "{table}");
        let differs = loaded[table].iter().zip(rows).find(|(loaded, written)| loaded != written);
        assert_eq!(differs, None, "{table}");
    }
    assert_eq!(loaded.len(), written.len());
}

#[tokio::test]
async fn a_refused_row_leaves_nothing_of_any_file() {
    let good = province();
    let bad = "{\"type\":\"unit\",\"key\":{\"divisionCode\":\"130304\",\"code\":\"303\"},\"set\":{\"name\":\"丙\"}}\n\
               {\"type\":\"project\",\"key\":{\"divisionCode\":\"130304\",\"fiscalYear\":2031,\"unitCode\":\"999\",\"code\":\"X\"},\"set\":{\"name\":\"丁\"}}\n\
               {\"type\":\"project\",\n";
    let (_database, program, db) = empty(&[("good.jsonl", &good), ("bad.jsonl", bad)]).await;
    let before = facts::of(db.read()).await;
    let said = import(&program, &["good.jsonl", "bad.jsonl"], &["--apply"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stdout.contains("created 0") && said.stdout.contains("skipped 706"), "{}", said.stdout);
    assert!(said.stdout.contains("failed 2, skipped 1 (FAILED)"), "{}", said.stdout);
    for place in ["line 2", "line 3"] {
        assert!(said.stdout.contains(place), "{place}: {}", said.stdout);
    }
    assert_eq!(facts::of(db.read()).await, before);

    // A try keeps nothing either, and says what would be.
    let said = import(&program, &["good.jsonl"], &[]);
    assert!(said.code == 0 && said.stdout.contains("created 706") && said.stdout.contains("dry run"), "{said:?}");
    assert_eq!(facts::of(db.read()).await, before);

    // Who wants the rest gets it.
    let said = import(&program, &["bad.jsonl"], &["--apply", "--row-by-row"]);
    assert!(said.code == 1 && said.stdout.contains("created 1"), "{said:?}");
    // And where something is stored already, rows come one by one.
    let said = import(&program, &["bad.jsonl"], &["--apply"]);
    assert!(said.stdout.contains("unchanged 1") && said.stdout.contains("failed 2"), "{said:?}");
}

#[tokio::test]
async fn indicators_are_counted_in_a_load_and_after_it() {
    let (_database, program, db) = empty(&[("province.jsonl", &province())]).await;
    assert_eq!(import(&program, &["province.jsonl"], &["--apply"]).code, 0);
    let counted = "SELECT CAST(SUM(number) AS BIGINT) FROM indicator_count";
    assert_eq!(number(db.read(), counted).await, 2_101);
    let write = async |tx: &DatabaseTransaction| {
        tx.execute_unprepared("DELETE FROM indicator WHERE name = '群众满意度'").await?;
        let copy = "INSERT INTO indicator (id, division_code, unit_id, fiscal_year, project_id, ordinal, level1_id, level2_id, name, \
                    target_kind, target_raw, version, created_at, updated_at) \
                    SELECT project_id, division_code, unit_id, fiscal_year, project_id, 50 + ordinal, level1_id, level2_id, name, \
                    target_kind, target_raw, 1, 0, 0 FROM indicator WHERE ordinal = 1";
        tx.execute_unprepared(copy).await?;
        Ok(())
    };
    db.write(write).await.unwrap();
    assert_eq!(number(db.read(), counted).await, 2_100 + 700);
}
