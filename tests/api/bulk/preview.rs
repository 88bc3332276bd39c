//! Confirming a dry run: exactly what it showed, or nothing.

use entity::bulk_operation::Model;
use entity::value::{AccountKind, BulkStatus};
use jixiao::auth::Caller;
use jixiao::bulk::{self, Bulk};
use jixiao::error::{AppResult, ErrorCode};
use jixiao::service::division;
use serde_json::Value;

use super::scene::{ONE, Scene, Workers, code, file, is_complete, marks_of};
use crate::support::database::work;

async fn confirm(scene: &Scene, bulk: &Bulk, caller: &Caller, preview: &Model) -> AppResult<Model> {
    let id = preview.id.public();
    scene.as_caller(caller, async |work| bulk::confirm_preview(work, bulk, &id, None).await).await
}

#[tokio::test]
async fn what_a_dry_run_showed_is_applied() {
    let scene = Scene::new().await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    // More than one group of chunks.
    let bytes = file(5_200, 40);
    let workers = Workers::of(&bulk);
    let preview = scene.ended(&scene.start(&bulk, &ann, &bytes, true).await).await;
    assert!(is_complete(&preview) && scene.marks().await.is_empty());
    let real = confirm(&scene, &bulk, &ann, &preview).await.unwrap();
    assert_eq!((real.preview_id, real.dry_run, real.upload_id), (Some(preview.id), false, preview.upload_id));
    let real = scene.ended(&real).await;
    workers.stop().await;
    assert_eq!(real.status, BulkStatus::CompletedWithErrors, "{:?}", real.failure);
    assert_eq!(scene.marks().await, marks_of(&bytes));
}

#[tokio::test]
async fn a_preview_of_other_data_is_stale_and_nothing_is_written() {
    let scene = Scene::new().await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let bytes = file(600, 40);
    let workers = Workers::of(&bulk);
    let first = scene.start(&bulk, &ann, &bytes, false).await;
    assert!(is_complete(&scene.ended(&first).await));
    let preview = scene.ended(&scene.start(&bulk, &ann, &bytes, true).await).await;
    let before = scene.marks().await;
    // One of forty divisions changes; the outcome of every row stays the same.
    work(&scene.db, async |work| division::hold(work, "000007", Some("changed")).await.map(drop)).await.unwrap();
    let confirmed = scene.ended(&confirm(&scene, &bulk, &ann, &preview).await.unwrap()).await;
    workers.stop().await;
    assert_eq!((confirmed.status, confirmed.rows_done), (BulkStatus::Failed, 0));
    let failure: Value = serde_json::from_str(confirmed.failure.as_ref().unwrap()).unwrap();
    assert_eq!(failure["code"], "PREVIEW_STALE");
    let mut expected = before;
    expected.insert("000007".to_owned(), "changed".len());
    assert_eq!(scene.marks().await, expected);
}

#[tokio::test]
async fn a_preview_is_stale_before_anything_is_written_wherever_the_change_is() {
    let scene = Scene::new().await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    // Rows of a mebibyte: four of them fill a group, so the last row stands in the second one.
    let padding = "x".repeat(1 << 20);
    let row = |n: usize| format!("{}\n", serde_json::json!({ "code": format!("00000{n}"), "padding": padding }));
    let rows: Vec<String> = (1..=5).map(row).collect();
    let workers = Workers::of(&bulk);
    let preview = scene.ended(&scene.start(&bulk, &ann, rows.concat().as_bytes(), true).await).await;
    assert_eq!((preview.status, preview.rows_created), (BulkStatus::Completed, 5));
    work(&scene.db, async |work| division::hold(work, "000005", Some("new")).await.map(drop)).await.unwrap();
    let confirmed = scene.ended(&confirm(&scene, &bulk, &ann, &preview).await.unwrap()).await;
    workers.stop().await;
    assert_eq!((confirmed.status, confirmed.rows_done), (BulkStatus::Failed, 0));
    assert_eq!(scene.marks().await.len(), 1);
}

#[tokio::test]
async fn only_a_completed_dry_run_of_ones_own_is_confirmed() {
    let scene = Scene::new().await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let bob = scene.account("bob", AccountKind::Service).await;
    let waiting = scene.start(&bulk, &ann, &file(5, 5), true).await;
    assert_eq!(code(confirm(&scene, &bulk, &ann, &waiting).await), ErrorCode::Conflict);
    let real = scene.start(&bulk, &ann, &file(5, 5), false).await;
    let workers = Workers::of(&bulk);
    assert!(is_complete(&scene.ended(&waiting).await) && is_complete(&scene.ended(&real).await));
    workers.stop().await;
    assert_eq!(code(confirm(&scene, &bulk, &ann, &real).await), ErrorCode::Conflict);
    assert_eq!(code(confirm(&scene, &bulk, &bob, &waiting).await), ErrorCode::NotFound);
    assert!(confirm(&scene, &bulk, &ann, &waiting).await.is_ok());
}
