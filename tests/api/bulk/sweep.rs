//! Files go when their time has come, and not while something needs them.

use entity::upload;
use entity::value::{AccountKind, BulkStatus, Timestamp, UploadStatus};
use jixiao::bulk::uploads::NewUpload;
use jixiao::clock;
use jixiao::error::ErrorCode;
use sea_orm::EntityTrait;

use super::scene::{ONE, Scene, Workers, code, file, operation};
use super::server::Server;

const DAY: i64 = 24 * 3600 * 1_000_000;

fn in_days(days: i64) -> Timestamp {
    Timestamp(clock::system().0 + days * DAY + 60_000_000)
}

#[tokio::test]
async fn files_go_with_their_operations_or_after_a_day() {
    let scene = Scene::new().await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let server = Server::of(&scene, &bulk, &[&ann]).await;
    let ended = scene.start(&bulk, &ann, &file(10, 10), false).await;
    let workers = Workers::of(&bulk);
    scene.ended(&ended).await;
    workers.stop().await;
    let waiting = scene.start(&bulk, &ann, &file(10, 10), false).await;
    let unused = scene.upload(&bulk, &ann, b"{}").await;
    let new = NewUpload { file_name: "a".to_owned(), size: 5, sha256: None };
    scene.announce(&bulk, &ann, &new).await.unwrap();
    let uploads = scene.folder.path().join("uploads");
    let results = scene.folder.path().join("operations").join(ended.id.public());
    let kept = || std::fs::read_dir(&uploads).unwrap().count();

    assert_eq!(bulk.sweep(in_days(0)).await.unwrap(), (0, 0));
    assert_eq!(kept(), 3);
    // After a day: what nothing was done with. The file of the operation that waits stays, for as long as it does.
    assert_eq!(bulk.sweep(in_days(1)).await.unwrap(), (0, 2));
    assert!(!uploads.join(&unused).exists() && uploads.join(waiting.upload_id.public()).exists());
    assert_eq!(bulk.sweep(in_days(6)).await.unwrap(), (0, 0));
    assert!(results.exists());
    assert_eq!(bulk.sweep(in_days(7)).await.unwrap(), (1, 1));
    assert!(!results.exists() && kept() == 1);
    assert_eq!(scene.now(&ended).await.status, BulkStatus::Expired);
    assert_eq!(scene.now(&waiting).await.status, BulkStatus::Queued);
    assert_eq!(bulk.sweep(in_days(70)).await.unwrap(), (0, 0));

    let gone = server.send("ann", "GET", &format!("/v1/operations/{}/results", ended.id.public()), &[], b"").await;
    assert_eq!((gone.status, gone.refusal().0.as_str()), (404, "NOT_FOUND"));
    let gone = server.send("ann", "PUT", &format!("/v1/uploads/{unused}"), &[], b"{}").await;
    assert_eq!((gone.status, gone.refusal().0.as_str()), (404, "NOT_FOUND"));
    let start = scene.as_caller(&ann, async |work| jixiao::bulk::start(work, &bulk, operation(&unused, true)).await);
    assert_eq!(code(start.await), ErrorCode::Conflict);
    let rows = upload::Entity::find().all(scene.db.read()).await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.status == UploadStatus::Expired).count(), 3);
}
