//! What is done with rows: the modes, dry runs and their confirmation, blank cells, the replacement of a scope.

use serde_json::{Value, json};

use super::scene::{Files, project};

fn of_projects(mode: &str) -> Value {
    json!({ "kind": "PROJECTS", "mode": mode, "dryRun": false })
}

async fn codes(files: &Files) -> Vec<String> {
    let projects = files.projects().await;
    projects.as_array().unwrap().iter().map(|project| project["code"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_mode_does_what_it_says() {
    let files = Files::new().await;
    let one = project("A1", "甲");
    let both = format!("{one}{}", project("A2", "乙"));
    for (mode, text, outcomes) in [
        ("UPDATE", &one, vec!["FAILED"]),
        ("CREATE", &one, vec!["CREATED"]),
        ("CREATE", &both, vec!["FAILED", "CREATED"]),
        ("UPSERT", &both, vec!["UNCHANGED", "UNCHANGED"]),
        ("UPDATE", &project("A1", "丙"), vec!["UPDATED"]),
        ("DELETE", &both, vec!["DELETED", "DELETED"]),
        ("DELETE", &one, vec!["FAILED"]),
    ] {
        let ended = files.import("rows.jsonl", text.as_bytes(), of_projects(mode)).await;
        assert_eq!(ended.outcomes(), outcomes, "{mode}: {:?}", ended.lines);
    }
    assert!(codes(&files).await.is_empty());
}

#[tokio::test]
async fn blank_cells_keep_or_clear() {
    let files = Files::new().await;
    let row = |purpose: &str| format!("预算年度,单位编码,项目编码,项目名称,资金用途\n2026,450002,A1,甲,{purpose}\n");
    let with = |blank: &str| json!({ "kind": "PROJECTS", "blankCells": blank, "dryRun": false });
    files.import("a.csv", row("修路").as_bytes(), with("KEEP")).await;
    let kept = files.import("a.csv", row("").as_bytes(), with("KEEP")).await;
    assert_eq!((kept.outcomes(), &files.projects().await[0]["purpose"]), (vec!["UNCHANGED"], &json!("修路")));
    let cleared = files.import("a.csv", row("").as_bytes(), with("CLEAR")).await;
    assert_eq!((cleared.outcomes(), &files.projects().await[0]["purpose"]), (vec!["UPDATED"], &json!(null)));
}

#[tokio::test]
async fn a_dry_run_tells_what_the_run_then_does() {
    let files = Files::new().await;
    files.import("rows.jsonl", project("A0", "甲").as_bytes(), of_projects("UPSERT")).await;
    // Several chunks, with rows of all outcomes; the last names a project of the first.
    let mut text: String =
        (0..1_200).map(|n| project(&format!("A{n}"), if n % 100 == 7 { "" } else { "甲" })).collect();
    text.push_str(&project("A3", "乙"));
    let dry = files.import("rows.jsonl", text.as_bytes(), json!({ "kind": "PROJECTS" })).await;
    assert_eq!(codes(&files).await, ["A0"]);
    let real = files.import("rows.jsonl", text.as_bytes(), of_projects("UPSERT")).await;
    assert_eq!(real.lines, dry.lines);
    assert_eq!(real.operation["progress"], dry.operation["progress"]);
    assert_eq!(real.operation["errorSummary"], dry.operation["errorSummary"]);
    assert_eq!(real.operation["progress"]["rowsFailed"], 12);
    assert_eq!(real.operation["progress"]["rowsUpdated"], 1);
}

#[tokio::test]
async fn a_preview_is_applied_as_it_was_or_not_at_all() {
    let files = Files::new().await;
    let text = format!("{}{}", project("A1", "甲"), project("A2", "乙"));
    let preview = files.import("rows.jsonl", text.as_bytes(), json!({ "kind": "PROJECTS" })).await;
    let confirm = json!({ "confirmPreview": preview.operation["id"] });
    let applied = files.ended(&files.start(confirm.clone()).await).await;
    assert_eq!(applied.lines, preview.lines);
    assert_eq!(codes(&files).await, ["A1", "A2"]);
    // Now both are there: what the preview showed holds no more.
    let stale = files.ended(&files.start(confirm).await).await;
    assert_eq!(
        (&stale.operation["status"], &stale.operation["failure"]["code"]),
        (&json!("FAILED"), &json!("PREVIEW_STALE"))
    );

    let delete = json!({ "kind": "PROJECTS", "mode": "DELETE" });
    let preview = files.import("rows.jsonl", text.as_bytes(), delete).await;
    assert_eq!(preview.outcomes(), ["DELETED", "DELETED"]);
    files.import("rows.jsonl", project("A2", "丙").as_bytes(), of_projects("UPSERT")).await;
    let stale = files.ended(&files.start(json!({ "confirmPreview": preview.operation["id"] })).await).await;
    assert_eq!(stale.operation["failure"]["code"], "PREVIEW_STALE", "{:#}", stale.operation);
    assert_eq!(codes(&files).await, ["A1", "A2"]);
}

#[tokio::test]
async fn a_scope_is_replaced_only_by_who_knows_what_it_holds() {
    let files = Files::new().await;
    let stored: String = ["A1", "A2", "A3"].into_iter().map(|code| project(code, "甲")).collect();
    files.import("rows.jsonl", stored.as_bytes(), of_projects("UPSERT")).await;
    let scope = json!({ "fiscalYear": 2026, "unitCode": "450002" });
    let with = |more: Value| {
        let mut options = json!({ "kind": "PROJECTS", "mode": "REPLACE_SCOPE", "dryRun": false, "scope": scope });
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        options
    };
    let text = format!("{}{}", project("A1", "甲"), project("A4", "丁"));

    // Neither a count nor a preview; a count that is not right.
    let mut blind = with(json!({}));
    blind["uploadId"] = files.upload("rows.jsonl", text.as_bytes()).await.into();
    assert_eq!(files.start(blind).await["outcome"], "FAILED");
    let wrong = files.import("rows.jsonl", text.as_bytes(), with(json!({ "expectedScopeRows": 2 }))).await;
    assert_eq!((&wrong.operation["status"], wrong.lines.len()), (&json!("FAILED"), 0), "{:#}", wrong.operation);
    // A refused row may have named anything, and rows of another unit are refused.
    let other = text.replacen("450002", "450003", 1);
    let kept = files.import("rows.jsonl", other.as_bytes(), with(json!({ "expectedScopeRows": 3 }))).await;
    assert_eq!(kept.outcomes(), ["FAILED", "CREATED", "SKIPPED", "SKIPPED", "SKIPPED"], "{:?}", kept.lines);
    assert_eq!(codes(&files).await, ["A1", "A2", "A3", "A4"]);

    let right = files.import("rows.jsonl", text.as_bytes(), with(json!({ "expectedScopeRows": 4 }))).await;
    assert_eq!(right.outcomes(), ["UNCHANGED", "UNCHANGED", "DELETED", "DELETED"], "{:?}", right.lines);
    assert_eq!(codes(&files).await, ["A1", "A4"]);

    // By a preview, which is stale when the scope has changed.
    let one = project("A1", "甲");
    let preview = files.import("rows.jsonl", one.as_bytes(), with(json!({ "dryRun": true }))).await;
    assert_eq!(preview.outcomes(), ["UNCHANGED", "DELETED"], "{:?}", preview.lines);
    files.import("rows.jsonl", project("A5", "戊").as_bytes(), of_projects("UPSERT")).await;
    let confirm = json!({ "confirmPreview": preview.operation["id"] });
    let stale = files.ended(&files.start(confirm).await).await;
    assert_eq!(stale.operation["failure"]["code"], "PREVIEW_STALE", "{:#}", stale.operation);
    assert_eq!(codes(&files).await, ["A1", "A4", "A5"]);
}
