//! Deleting units.

use entity::{goal_item, unit, unit_alias, unit_closure};
use jixiao::auth::Caller;
use jixiao::input::unit::delete as delete_input;
use jixiao::service::invariants;
use jixiao::service::write::Atomicity;
use jixiao::service::write::unit::delete;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{key, units, world};
use crate::support::database;
use crate::support::world::World;
use crate::support::write::{goal, project, rows, shown};

async fn gone(world: &World, sent: &[Value], atomicity: Atomicity) -> (Vec<String>, Vec<String>) {
    let rows = rows(delete_input(), sent);
    let done = database::work(&world.db, async |work| delete(work, &rows, atomicity).await).await.expect("an answer");
    let words = done.iter().flat_map(|result| &result.errors).map(|error| error.words.en.clone()).collect();
    (shown(&done), words)
}

/// Every invariant of the database.
pub(super) async fn assert_sound(world: &World) {
    for invariant in invariants::of(world.db.read()) {
        let outcome = invariants::check(world.db.read(), &Caller::operator(), &invariant).await.expect("an answer");
        assert!(matches!(outcome, invariants::Outcome::Holds), "{}: {outcome:?}", invariant.name);
    }
}

#[tokio::test]
async fn what_hangs_on_a_unit_is_listed_and_goes_only_with_cascade() {
    let world = world(&[("450", None), ("450001", Some("450")), ("450002", Some("450001")), ("451", None)]).await;
    project(&world.db, "450002", Some("P-1"), "培训").await;
    project(&world.db, "451", Some("P-2"), "培训").await;
    goal(&world.db, "450001").await;
    let before = units(&world).await;
    let (outcome, words) = gone(&world, &[json!({"key": key("450")})], Atomicity::All).await;
    assert_eq!(outcome, ["FAILED HAS_DEPENDANTS 0.cascade"]);
    assert!(words[0].contains(&format!("units: 1 ({})", before["450001"].id.public())), "{words:?}");
    let (outcome, words) = gone(&world, &[json!({"key": key("450001")})], Atomicity::All).await;
    assert_eq!(outcome, ["FAILED HAS_DEPENDANTS 0.cascade"]);
    assert!(words[0].contains("goals: 1 (dgl_") && words[0].contains("units: 1 (unt_"), "{words:?}");
    assert_eq!(units(&world).await, before);
    let stale = json!({"key": key("450"), "expectedVersion": 2, "cascade": true});
    assert_eq!(gone(&world, &[stale], Atomicity::All).await.0, ["FAILED CONFLICT 0.expectedVersion"]);
    let cascade = json!({"key": key("450"), "expectedVersion": 1, "cascade": true});
    assert_eq!(gone(&world, std::slice::from_ref(&cascade), Atomicity::All).await.0, ["DELETED"]);
    assert_eq!(units(&world).await.keys().collect::<Vec<_>>(), ["451"]);
    assert_eq!(entity::project::Entity::find().count(world.db.read()).await, Ok(1));
    assert_eq!(goal_item::Entity::find().count(world.db.read()).await, Ok(0));
    assert_eq!(unit_closure::Entity::find().count(world.db.read()).await, Ok(1));
    assert_eq!(gone(&world, &[cascade], Atomicity::All).await.0, ["FAILED NOT_FOUND 0.key"]);
    assert_sound(&world).await;
    let tombstones = "SELECT count(*) FROM unit_history WHERE deleted";
    assert_eq!(database::number(world.db.read(), tombstones).await, 3);
}

#[tokio::test]
async fn documents_stay_and_so_does_their_unit() {
    let world = World::with_disclosures().await;
    let document = database::names(
        world.db.read(),
        "SELECT u.code FROM unit u JOIN source_document d ON d.unit_id = u.id WHERE u.division_code = '130304'",
    );
    let code = document.await.first().expect("a unit with a document").clone();
    let before = unit::Entity::find().count(world.db.read()).await;
    let sent = json!({"key": {"divisionCode": "130304", "code": code}, "cascade": true});
    let (outcome, words) = gone(&world, &[sent], Atomicity::All).await;
    assert_eq!(outcome, ["FAILED HAS_DEPENDANTS 0.key"]);
    assert!(words[0].contains("documents: ") && words[0].contains("merge the unit"), "{words:?}");
    assert_eq!(unit::Entity::find().count(world.db.read()).await, before);
}

#[tokio::test]
async fn many_units_go_at_once_and_rows_with_mistakes_stay() {
    let world = world(&[("1", None), ("2", None), ("3", Some("2")), ("4", None)]).await;
    let sent = ["1", "2", "9", "1"].map(|code| json!({"key": key(code)}));
    let expected =
        ["SKIPPED", "FAILED HAS_DEPENDANTS 1.cascade", "FAILED NOT_FOUND 2.key", "FAILED DUPLICATE_IN_REQUEST 3.key"];
    assert_eq!(gone(&world, &sent, Atomicity::All).await.0, expected);
    assert_eq!(units(&world).await.len(), 4);
    assert_eq!(gone(&world, &sent, Atomicity::PerRow).await.0[0], "DELETED");
    assert_eq!(units(&world).await.keys().collect::<Vec<_>>(), ["2", "3", "4"]);
    assert_eq!(unit_alias::Entity::find().count(world.db.read()).await, Ok(0));
    assert_sound(&world).await;
}
