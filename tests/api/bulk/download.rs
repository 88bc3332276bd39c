//! Fetching results: whole, compressed, from a place on, and only by who may see them.

use entity::value::{AccountKind, Role};
use jixiao::auth::{Grant, Scope};
use serde_json::Value;

use super::scene::{ONE, Scene, Workers, file};
use super::server::Server;

#[tokio::test]
async fn lines_are_fetched_whole_or_from_a_place_on() {
    let scene = Scene::new().await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let server = Server::of(&scene, &bulk, &[&ann]).await;
    let workers = Workers::of(&bulk);
    let ended = scene.ended(&scene.start(&bulk, &ann, &file(700, 10), false).await).await;
    workers.stop().await;
    let [results, errors] = scene.files(&ended);
    let target = format!("/v1/operations/{}/results", ended.id.public());
    let get = async |headers: &[(&str, &str)]| server.send("ann", "GET", &target, headers, b"").await;

    let whole = get(&[]).await;
    assert_eq!((whole.status, whole.text()), (200, results.as_str()));
    assert_eq!(whole.header("content-type"), Some("application/jsonl"));
    assert_eq!(whole.header("content-length"), Some(results.len().to_string().as_str()));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let tag = whole.header("etag").unwrap().to_owned();
    assert!(tag.starts_with('"'), "{tag}");
    let refused = server.send("ann", "GET", &target.replace("results", "errors"), &[], b"").await;
    assert_eq!(refused.text(), errors);
    let head = server.send("ann", "HEAD", &target, &[], b"").await;
    assert_eq!((head.status, head.body.len(), head.header("etag")), (200, 0, Some(tag.as_str())));

    let packed = get(&[("accept-encoding", "gzip")]).await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.header("etag"), Some(format!("W/{tag}").as_str()));
    assert!(packed.body.len() < results.len() / 2);

    let part = get(&[("range", "bytes=100-199"), ("accept-encoding", "gzip"), ("if-range", &tag)]).await;
    assert_eq!((part.status, part.text()), (206, &results[100..200]));
    assert_eq!(part.header("content-range"), Some(format!("bytes 100-199/{}", results.len()).as_str()));
    assert_eq!(part.header("content-encoding"), None);
    let rest = get(&[("range", "bytes=-50")]).await;
    assert_eq!((rest.status, rest.text()), (206, &results[results.len() - 50..]));
    for other in ["\"other\"", &format!("W/{tag}")] {
        let changed = get(&[("range", "bytes=100-199"), ("if-range", other)]).await;
        assert_eq!((changed.status, changed.text()), (200, results.as_str()));
    }
    let nowhere = get(&[("range", "bytes=99999999-")]).await;
    assert_eq!(nowhere.status, 416);
    assert_eq!(nowhere.header("content-range"), Some(format!("bytes */{}", results.len()).as_str()));
    assert_eq!(nowhere.refusal().0, "BAD_USER_INPUT");
}

#[tokio::test]
async fn lines_of_a_running_operation_are_those_of_its_checkpoint() {
    let scene = Scene::stopping_at(500).await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let server = Server::of(&scene, &bulk, &[&ann]).await;
    let workers = Workers::of(&bulk);
    let running = scene.start(&bulk, &ann, &file(1_000, 10), false).await;
    let target = format!("/v1/operations/{}/results", running.id.public());
    let early = server.send("ann", "GET", &target, &[], b"").await;
    assert_eq!(early.status, 200);
    scene.until(&running, |row| row.rows_done == 500).await;
    let results = scene.folder.path().join("operations").join(running.id.public()).join("results.jsonl");
    let mut lines = std::fs::read(&results).unwrap();
    lines.extend_from_slice(b"{\"line\":501,");
    std::fs::write(&results, lines).unwrap();
    let half = server.send("ann", "GET", &target, &[], b"").await;
    assert_eq!(half.text().lines().count(), 500);
    assert!(half.text().ends_with("}\n"));

    scene.gate.open();
    scene.ended(&running).await;
    workers.stop().await;
    // The rest alone makes the whole.
    let from = format!("bytes={}-", half.body.len());
    let rest = server.send("ann", "GET", &target, &[("range", &from)], b"").await;
    let whole = [half.text(), rest.text()].concat();
    assert_eq!(whole, scene.files(&running)[0]);
    assert_eq!(serde_json::from_str::<Value>(whole.lines().last().unwrap()).unwrap()["line"], 1_000);
}

#[tokio::test]
async fn results_are_for_their_account_and_for_who_looks_after_the_service() {
    let scene = Scene::new().await;
    let bulk = scene.bulk(ONE);
    let ann = scene.account("ann", AccountKind::Service).await;
    let all = Grant::new(Role::SysAdmin, Scope::Everything);
    let all = scene.account_with("all", all).await;
    let workers = Workers::of(&bulk);
    let ended = scene.ended(&scene.start(&bulk, &ann, &file(10, 10), false).await).await;
    workers.stop().await;
    let some = Grant::new(Role::Service, Scope::Division("000001".to_owned()));
    let some = scene.account_with("some", some).await;
    let server = Server::of(&scene, &bulk, &[&ann, &all, &some]).await;
    for which in ["results", "errors"] {
        let target = format!("/v1/operations/{}/{which}", ended.id.public());
        assert_eq!(server.send("all", "GET", &target, &[], b"").await.status, 200);
        let foreign = server.send("some", "GET", &target, &[], b"").await;
        assert_eq!((foreign.status, foreign.refusal().0.as_str()), (404, "NOT_FOUND"));
        for absent in ["blk_00000000000000000000000000", "x"] {
            let absent = server.send("some", "GET", &format!("/v1/operations/{absent}/{which}"), &[], b"").await;
            assert_eq!((absent.status, absent.refusal()), (404, foreign.refusal()));
        }
        let anonymous = crate::toy::read(server.open("GET", &target, &[], b"").await).await;
        assert_eq!(anonymous.status, 401);
    }
}
