//! Imports at the same time: no error for the callers, nothing twice, and readers see whole documents.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use jixiao::auth::Caller;
use jixiao::db::Db;
use jixiao::import::{self, FileStore, Options, Report, Source};
use jixiao::service::stored::Tally;
use serde_json::json;
use tempfile::TempDir;

use crate::support::database;
use crate::support::generated;
use crate::support::sample;
use crate::support::world::World;

/// Runs imports at the same time, each with connections of its own as if it were another process.
async fn together(database: &database::TestDatabase, imports: Vec<(Source, Options)>) -> Vec<Report> {
    let folder = TempDir::new().expect("a temporary folder");
    let files = FileStore::new(folder.path());
    join_all(imports.into_iter().map(async |(source, options)| {
        let db = Db::connect(&database.settings).await.expect("a safe database");
        let report = import::run(&db, &files, &Caller::operator(), &source, &options).await;
        db.close().await.expect("the connections close");
        report.expect("an accepted document")
    }))
    .await
}

#[tokio::test]
async fn the_same_new_document_twice_is_stored_once() {
    for round in 0..6 {
        let (database, db) = database::migrated().await;
        // A new division makes the second wait at its key, a known one at its lock.
        let mut expected = BTreeSet::from([7]);
        if round % 2 == 1 {
            together(&database, vec![(generated::source(1), generated::options())]).await;
            expected.insert(1);
        }
        let import = (generated::source(7), generated::options());
        let mut reports = together(&database, vec![import.clone(), import]).await;
        reports.sort_by_key(|report| report.parts.projects.created);
        let [second, first] = &reports[..] else { panic!("two reports") };
        for (first, second) in [
            (first.units, second.units),
            (first.goals, second.goals),
            (first.parts.projects, second.parts.projects),
            (first.parts.plans, second.parts.plans),
            (first.parts.objectives, second.parts.objectives),
            (first.parts.indicators, second.parts.indicators),
        ] {
            assert!(first.created > 0, "round {round}");
            assert_eq!(first, Tally { created: first.created, ..Tally::default() }, "round {round}");
            assert_eq!(second, Tally { unchanged: first.created, ..Tally::default() }, "round {round}");
        }
        assert_eq!(generated::present(&db).await, expected);
    }
}

#[tokio::test]
async fn documents_of_one_division_are_stored_side_by_side() {
    let (database, db) = database::migrated().await;
    let imports = (1..=6).map(|number| (generated::source(number), generated::options()));
    for report in together(&database, imports.collect()).await {
        assert_eq!(report.parts.projects, Tally { created: 6, ..Tally::default() });
    }
    assert_eq!(generated::present(&db).await, (1..=6).collect());
}

/// Local wording becomes rows of a table that all divisions share.
#[tokio::test]
async fn the_same_new_wording_in_two_divisions_is_stored_once() {
    for _ in 0..5 {
        let (database, db) = database::migrated().await;
        let import = |division: &str, wordings: [&str; 3]| {
            let mut text = sample::part_one().to_owned();
            for (number, wording) in (1..).zip(wordings) {
                text += &sample::project(number, &format!("项目{number}")).replace("数量指标", wording);
            }
            let options = Options { division: division.to_owned(), ..generated::options() };
            (Source { name: format!("{division}.txt"), bytes: text.into_bytes() }, options)
        };
        // In opposite orders, so that each waits for the other.
        let imports = vec![
            import("130304", ["甲类特色", "乙类特色", "丙类特色"]),
            import("130305", ["丙类特色", "乙类特色", "甲类特色"]),
        ];
        for report in together(&database, imports).await {
            assert_eq!(report.parts.projects, Tally { created: 3, ..Tally::default() });
        }
        let local = "SELECT name_zh FROM indicator_level WHERE regime = 'LOCAL' ORDER BY name_zh";
        assert_eq!(database::names(db.read(), local).await, ["丙类特色", "乙类特色", "甲类特色"]);
        let used =
            "SELECT count(*) FROM indicator i JOIN indicator_level l ON l.id = i.level2_id WHERE l.regime = 'LOCAL'";
        assert_eq!(database::number(db.read(), used).await, 6);
    }
}

#[tokio::test]
async fn readers_see_whole_documents_while_others_import() {
    let world = World::empty().await;
    // Each document waits for a round of the reader that ended after the one before began, so that the two run beside
    // each other on a slow machine as well.
    let (ended, mut rounds) = tokio::sync::watch::channel(0);
    let world = &world;
    let importing = async move {
        for number in 1..=15 {
            let before = *rounds.borrow_and_update();
            let source = generated::source(number);
            world.import(&source.name, source.bytes, &generated::options()).await;
            rounds.wait_for(|rounds| *rounds > before).await.expect("the reader goes on to the end");
        }
    };
    let reading = async move {
        let mut seen = BTreeSet::new();
        loop {
            let list = "{ projects(first: 500) { totalCount nodes { unit { code } plan { points { raw } }
                objectives { text } indicators { totalCount } findings { rule } } } }";
            let data = world.ask(list, json!({})).await;
            let mut units = BTreeMap::new();
            for project in data["projects"]["nodes"].as_array().expect("a list") {
                *units.entry(project["unit"]["code"].to_string()).or_insert(0) += 1;
                assert_eq!(project["plan"]["points"].as_array().map(Vec::len), Some(4), "{project}");
                assert_eq!(project["objectives"].as_array().map(Vec::len), Some(2), "{project}");
                assert_eq!(project["indicators"]["totalCount"], json!(3), "{project}");
                assert_ne!(project["findings"], json!([]), "{project}");
            }
            assert!(units.values().all(|projects| *projects == 6), "{units:?}");
            seen.insert(units.len());

            let (mut after, mut ids) = (json!(null), BTreeSet::new());
            loop {
                let page = "query ($after: String) { projects(first: 7, after: $after, orderBy: [{field: NAME}]) {
                    nodes { id } pageInfo { endCursor hasNextPage } } }";
                let page = world.ask(page, json!({"after": after})).await;
                for project in page["projects"]["nodes"].as_array().expect("a list") {
                    assert!(ids.insert(project["id"].to_string()), "twice on the pages");
                }
                after = page["projects"]["pageInfo"]["endCursor"].clone();
                if page["projects"]["pageInfo"]["hasNextPage"] == json!(false) {
                    break;
                }
            }
            assert!(ids.len() >= units.len() * 6, "{} of {} on the pages", ids.len(), units.len() * 6);
            ended.send_modify(|rounds| *rounds += 1);
            if units.len() == 15 {
                break;
            }
        }
        seen.len()
    };
    let ((), stages) = tokio::join!(importing, reading);
    assert!(stages > 2, "the reader ran beside the imports, and saw only {stages} stages");
}
