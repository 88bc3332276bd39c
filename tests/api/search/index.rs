//! The index is as the texts are after every kind of write, and can be made anew.

use jixiao::auth::Caller;
use jixiao::service::search::index::{self, Compared};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;

use super::scene::{fill, judge, shown, things, write, writer};
use crate::support::database::vandal;
use crate::support::world::World;

async fn compared(world: &World) -> Compared {
    world.db.snapshot(async |tx| index::compare(tx, &Caller::operator()).await).await.expect("an answer")
}

async fn found(world: &World, query: &str) -> Vec<(String, i64)> {
    let page = world
        .ask(
            "query($q: String!) { search(query: $q, first: 500) { nodes { score node { id } } } }",
            json!({ "q": query }),
        )
        .await;
    shown(&page["search"])
}

/// The index is that of the texts, and finds what the judge finds.
async fn is_right(world: &World, after: &str) {
    let compared = compared(world).await;
    assert_eq!(compared.wrong, 0, "after {after}");
    let things = things(world).await;
    assert_eq!(compared.objects, things.len() as u64, "after {after}");
    for query in ["国", "招商", "a", "45000", "单", "引资 国"] {
        assert_eq!(found(world, query).await, judge(&things, query, &[]), "{query} after {after}");
    }
}

#[tokio::test]
async fn every_write_keeps_the_index() {
    let world = World::empty().await;
    let writer = writer();
    fill(&world, 1).await;
    is_right(&world, "new rows").await;
    fill(&world, 9).await;
    is_right(&world, "changed rows").await;
    let unit = |code: &str| json!({"divisionCode": "130304", "code": code});
    let project = |code: &str| {
        let unit_code = format!("45000{}", &code[1..2]);
        json!({"key": {"divisionCode": "130304", "unitCode": unit_code, "fiscalYear": 2026, "code": code}})
    };
    for (mutation, input) in [
        ("projectDelete", json!({"by": project("P11"), "cascade": true})),
        ("projectUpdate", json!({"by": project("P12"), "set": {"objectives": ["国内", "新"]}})),
        ("projectUpdate", json!({"by": project("P13"), "set": {"name": "国内招商", "indicators": []}})),
        ("projectUpdate", json!({"by": project("P14"), "set": {"budget": {"wanYuan": "11"}}})),
        ("departmentGoalDelete", json!({"key": {"unit": unit("450001"), "fiscalYear": 2026}, "cascade": true})),
        ("unitMerge", json!({"from": unit("450001"), "into": unit("450002")})),
        ("unitUpdate", json!({"key": unit("450003"), "set": {"name": "单国"}})),
    ] {
        write(&world, &writer, mutation, input).await;
        is_right(&world, mutation).await;
    }
    let world = World::with_disclosures().await;
    is_right(&world, "an import").await;
}

#[tokio::test]
async fn an_index_that_is_not_as_the_texts_are_is_noticed_and_made_anew() {
    let world = World::empty().await;
    fill(&world, 1).await;
    let things = things(&world).await;
    let right = judge(&things, "国内", &[]);
    assert!(!right.is_empty());
    let db = vandal(world.database_url()).await;
    db.execute_unprepared("UPDATE unit SET name = '别的' WHERE code = '450001'").await.expect("a vandal can");
    db.execute_unprepared("DELETE FROM search_entry WHERE kind = 'DEPARTMENT_GOAL'").await.expect("a vandal can");
    assert_eq!(compared(&world).await.wrong, 7);
    let made = world.db.write(async |tx| index::rebuild(tx, &Caller::operator()).await).await.expect("it is made anew");
    assert_eq!(compared(&world).await, Compared { objects: made, wrong: 0 });
    assert!(index::is_current(world.db.read()).await.expect("an answer"));
    let ids = |found: Vec<(String, i64)>| {
        let mut ids: Vec<String> = found.into_iter().map(|(id, _)| id).collect();
        ids.sort_unstable();
        ids
    };
    let again = ids(judge(&super::scene::things(&world).await, "国内", &[]));
    assert_eq!(ids(found(&world, "国内").await), again);
}

#[tokio::test]
async fn an_index_that_was_never_made_is_made_once() {
    let world = World::empty().await;
    let forgotten =
        world.db.write(async |tx| Ok(tx.execute_unprepared("DELETE FROM search_format").await.map(drop)?));
    forgotten.await.expect("nothing says that it was made");
    assert!(!index::is_current(world.db.read()).await.expect("an answer"));
    index::bring_up_to_date(&world.db).await.expect("it is made");
    assert!(index::is_current(world.db.read()).await.expect("an answer"));
    let (statements, made) = world.count(index::bring_up_to_date(&world.db)).await;
    made.expect("nothing is left to do");
    assert_eq!(statements, 1);
}

/// PostgreSQL gathers what is written before it puts it in its place, and every search reads what is gathered.
#[tokio::test]
async fn what_was_gathered_is_put_in_its_place() {
    let world = World::empty().await;
    fill(&world, 1).await;
    index::settle(world.db.read()).await.expect("it is put in its place");
    if world.db.backend() == DbBackend::Postgres {
        let gathered = async || {
            let gathered = Statement::from_string(DbBackend::Postgres, "SELECT search_settle()");
            let row = world.db.read().query_one_raw(gathered).await.expect("an answer").expect("a row");
            row.try_get_by_index::<i64>(0).expect("a number of pages")
        };
        assert_eq!(gathered().await, 0);
        fill(&world, 2).await;
        assert!(gathered().await > 0);
    }
    is_right(&world, "settling").await;
}
