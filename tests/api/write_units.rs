//! Writes of units: the tree and its closure, codes, rights, merging and deleting.

mod delete;
mod merge;
mod races;
mod tree;

use std::collections::BTreeMap;

use entity::value::{Role, UnitLevel};
use entity::{unit, unit_alias};
use jixiao::auth::{Caller, Grant, Scope};
use jixiao::input::Detail;
use jixiao::input::unit::{alias_add, upsert};
use jixiao::service::write::unit::{add_alias, apply};
use jixiao::service::write::{Atomicity, Mode, RowResult};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use crate::support::database::{self, work_as};
use crate::support::world::{World, person};
use crate::support::write::{DIVISION, rows, shown};

/// A world with one division and these units, each under the one behind it.
async fn world(units: &[(&str, Option<&str>)]) -> World {
    let world = World::empty().await;
    let done = database::work(&world.db, async |work| {
        jixiao::service::division::hold(work, DIVISION, Some("北戴河区")).await?;
        Ok(())
    });
    done.await.expect("a division");
    let sent: Vec<Value> =
        units.iter().map(|(code, parent)| row(code, json!({"name": "甲", "parentCode": parent}))).collect();
    let made = write(&world, &sent).await;
    assert!(made.iter().all(|made| made == "CREATED"), "{made:?}");
    world
}

fn key(code: &str) -> Value {
    json!({"divisionCode": DIVISION, "code": code})
}

fn row(code: &str, set: Value) -> Value {
    json!({"key": key(code), "set": set})
}

fn under(code: &str, parent: Option<&str>) -> Value {
    row(code, json!({"parentCode": parent}))
}

fn editor_of(scope: Scope) -> Caller {
    person(vec![Grant::new(Role::Service, scope)])
}

async fn write_as(world: &World, caller: &Caller, sent: &[Value], mode: Mode, atomicity: Atomicity) -> Vec<RowResult> {
    let rows = rows(upsert(), sent);
    let done = work_as(&world.db, caller, async |work| apply(work, &rows, mode, atomicity).await);
    done.await.expect("a write that is answered")
}

async fn write(world: &World, sent: &[Value]) -> Vec<String> {
    shown(&write_as(world, &Caller::operator(), sent, Mode::Upsert, Atomicity::All).await)
}

async fn write_each(world: &World, sent: &[Value]) -> Vec<String> {
    shown(&write_as(world, &Caller::operator(), sent, Mode::Upsert, Atomicity::PerRow).await)
}

async fn units(world: &World) -> BTreeMap<String, unit::Model> {
    let units = unit::Entity::find().all(world.db.read()).await.expect("the units");
    units.into_iter().map(|unit| (unit.code.clone(), unit)).collect()
}

/// The code above each unit.
async fn tree(world: &World) -> Vec<(String, Option<String>)> {
    let units = units(world).await;
    let code = |id| units.values().find(|unit| unit.id == id).expect("a unit").code.clone();
    units.values().map(|unit| (unit.code.clone(), unit.parent_id.map(code))).collect()
}

fn tree_of(units: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
    units.iter().map(|(code, parent)| ((*code).to_owned(), parent.map(str::to_owned))).collect()
}

#[tokio::test]
async fn a_unit_is_made_changed_and_left_alone() {
    let world = world(&[]).await;
    let made = [row("450", json!({"name": "卫健局"})), row("450002", json!({"name": "医院"}))];
    assert_eq!(write(&world, &made).await, ["CREATED", "CREATED"]);
    assert_eq!(tree(&world).await, tree_of(&[("450", None), ("450002", Some("450"))]), "by its code");
    let before = units(&world).await;
    assert_eq!((before["450"].level, before["450002"].level), (Some(UnitLevel::Department), Some(UnitLevel::Unit)));
    assert_eq!(write(&world, &made).await, ["UNCHANGED", "UNCHANGED"]);
    assert_eq!(write(&world, &[row("450", json!({}))]).await, ["UNCHANGED"]);
    assert_eq!(units(&world).await, before, "not even versions");
    assert_eq!(write(&world, &[row("450002", json!({"name": "中医院", "parentCode": null}))]).await, ["UPDATED"]);
    let after = units(&world).await;
    assert_eq!(
        (after["450002"].version, after["450002"].name.as_str(), after["450002"].parent_id),
        (2, "中医院", None)
    );
    assert_eq!(after["450"], before["450"]);
}

#[tokio::test]
async fn modes_and_versions_are_kept_to() {
    let world = world(&[("450", None)]).await;
    let caller = Caller::operator();
    let as_mode = async |sent: Value, mode| shown(&write_as(&world, &caller, &[sent], mode, Atomicity::All).await);
    assert_eq!(as_mode(row("450", json!({"name": "乙"})), Mode::Create).await, ["FAILED DUPLICATE 0.key"]);
    assert_eq!(as_mode(row("451", json!({"name": "乙"})), Mode::Update).await, ["FAILED NOT_FOUND 0.key"]);
    let expecting = |code: &str, version: i32| json!({"key": key(code), "expectedVersion": version, "set": {"name": "乙", "parentCode": null}});
    assert_eq!(write(&world, &[expecting("450", 0)]).await, ["FAILED CONFLICT 0.expectedVersion"]);
    assert_eq!(write(&world, &[expecting("451", 1)]).await, ["FAILED NOT_FOUND 0.expectedVersion"]);
    assert_eq!(write(&world, &[expecting("450", 1), expecting("451", 0)]).await, ["UPDATED", "CREATED"]);
    let stale = write_as(&world, &caller, &[expecting("450", 1)], Mode::Upsert, Atomicity::All).await;
    let Detail::Conflict { expected, current, node, changed } = &*stale[0].errors[0].detail else {
        panic!("{stale:?}")
    };
    assert_eq!((*expected, *current, node.as_str()), (1, 2, units(&world).await["450"].id.public().as_str()));
    assert_eq!(*changed, ["parentCode"], "the name is as sent already");
}

#[tokio::test]
async fn every_mistake_of_every_row_is_named_and_nothing_is_written() {
    let world = world(&[("450", None), ("451", None)]).await;
    let before = units(&world).await;
    let sent = [
        row("450", json!({"name": "乙"})),
        row("450", json!({"name": "丙"})),
        row("452", json!({})),
        row("453", json!({"name": "丁", "parentCode": "999"})),
        row("454", json!({"name": null, "code": "455"})),
        row("451", json!({"code": "450"})),
        json!({"key": {"divisionCode": "9", "code": "1"}, "expectedVersion": -1, "set": {"name": "戊"}}),
    ];
    let expected = [
        "SKIPPED",
        "FAILED DUPLICATE_IN_REQUEST 1.key",
        "FAILED REQUIRED 2.set.name",
        "FAILED NOT_FOUND 3.set.parentCode",
        "FAILED REQUIRED 4.set.name INVALID_FORMAT 4.set.code",
        "FAILED DUPLICATE 5.set.code",
        "FAILED OUT_OF_RANGE 6.expectedVersion NOT_FOUND 6.key.divisionCode",
    ];
    assert_eq!(write(&world, &sent).await, expected);
    assert_eq!(units(&world).await, before);
    let mut each = expected.map(str::to_owned);
    each[0] = "UPDATED".to_owned();
    assert_eq!(write_each(&world, &sent).await, each);
    assert_eq!(units(&world).await["450"].name, "乙");
}

#[tokio::test]
async fn a_code_changes_to_a_free_one_and_the_former_stays_as_an_alias() {
    let world = world(&[("450", None), ("450001", Some("450")), ("451", None)]).await;
    let swapped = [row("450", json!({"code": "451"})), row("451", json!({"code": "450"}))];
    assert_eq!(write(&world, &swapped).await, ["FAILED DUPLICATE 0.set.code", "FAILED DUPLICATE 1.set.code"]);
    let same = [row("450", json!({"code": "460"})), row("451", json!({"code": "460"}))];
    assert_eq!(write(&world, &same).await, ["SKIPPED", "FAILED DUPLICATE_IN_REQUEST 1.set.code"]);
    let sent = [
        row("450", json!({"code": "460000"})),
        under("451", Some("460000")),
        row("461", json!({"name": "乙", "parentCode": "450"})),
    ];
    assert_eq!(write(&world, &sent).await, ["UPDATED", "UPDATED", "CREATED"]);
    let expected = [("450001", Some("460000")), ("451", Some("460000")), ("460000", None), ("461", Some("460000"))];
    assert_eq!(tree(&world).await, tree_of(&expected), "by the former code and by the new one");
    assert_eq!(units(&world).await["460000"].level, Some(UnitLevel::Unit));
    let aliases = unit_alias::Entity::find().all(world.db.read()).await.expect("the aliases");
    let aliases: Vec<_> = aliases.iter().map(|alias| (alias.code.as_str(), alias.name.as_str())).collect();
    assert_eq!(aliases, [("450", "甲")]);
    // A document that names the unit as it was called finds it.
    let named = jixiao::service::unit::Named {
        division_code: DIVISION,
        code: "450",
        name: "甲",
        aliases: &[],
        fiscal_year: 2020,
        parent: None,
    };
    let found = database::work(&world.db, async |work| {
        jixiao::service::unit::store(work, &named, &mut Default::default()).await
    });
    assert_eq!(found.await.expect("a unit").code, "460000");
}

#[tokio::test]
async fn a_unit_can_come_under_one_that_any_row_makes() {
    let world = world(&[("450", None)]).await;
    let sent = [
        row("450003", json!({"name": "丙", "parentCode": "450002"})),
        row("450002", json!({"name": "乙", "parentCode": "450001"})),
        row("450001", json!({"name": "甲", "parentCode": "450"})),
    ];
    assert_eq!(write(&world, &sent).await, ["CREATED", "CREATED", "CREATED"]);
    let expected = [("450", None), ("450001", Some("450")), ("450002", Some("450001")), ("450003", Some("450002"))];
    assert_eq!(tree(&world).await, tree_of(&expected));
    // What a failing row would make is not there for others.
    let sent = [
        row("460002", json!({"name": "丙", "parentCode": "460001"})),
        row("460001", json!({"name": "乙", "parentCode": "460"})),
        row("460", json!({"parentCode": null})),
        row("461", json!({"name": "丁"})),
    ];
    let expected = [
        "FAILED NOT_FOUND 0.set.parentCode",
        "FAILED NOT_FOUND 1.set.parentCode",
        "FAILED REQUIRED 2.set.name",
        "CREATED",
    ];
    assert_eq!(write_each(&world, &sent).await, expected);
}

#[tokio::test]
async fn who_may_write_a_unit_may_write_below_it_and_move_inside_it() {
    let tree_before =
        [("450", None), ("450001", Some("450")), ("450002", Some("450")), ("451", None), ("451001", Some("451"))];
    let world = world(&tree_before).await;
    let granted = units(&world).await["450"].id;
    let caller = editor_of(Scope::Unit(granted));
    let sent = [
        row("450003", json!({"name": "新"})),
        row("450004", json!({"name": "新", "parentCode": "450001"})),
        under("450002", Some("450001")),
        row("450", json!({"name": "新"})),
        // Out of its own.
        under("450001", None),
        under("450001", Some("451")),
        row("452", json!({"name": "新", "parentCode": null})),
        // Not seen at all.
        row("451001", json!({"name": "新"})),
    ];
    let each = write_as(&world, &caller, &sent, Mode::Upsert, Atomicity::PerRow).await;
    let expected = [
        "CREATED",
        "CREATED",
        "UPDATED",
        "UPDATED",
        "FAILED FORBIDDEN 4.set.parentCode",
        "FAILED DUPLICATE_IN_REQUEST 5.key",
        "FAILED FORBIDDEN 6.set.parentCode",
        "FAILED DUPLICATE 7.key.code",
    ];
    assert_eq!(shown(&each), expected);
    assert_eq!(*each[7].errors[0].detail, Detail::Duplicate { existing: None }, "nothing about what is not seen");
    let alone = write_as(&world, &caller, &[under("450001", Some("451"))], Mode::Upsert, Atomicity::All).await;
    assert_eq!(shown(&alone), ["FAILED NOT_FOUND 0.set.parentCode"]);
    // The other end must be the caller's too.
    let both = person(
        [granted, units(&world).await["451001"].id].map(|id| Grant::new(Role::Service, Scope::Unit(id))).to_vec(),
    );
    let moved = write_as(&world, &both, &[under("451001", Some("450"))], Mode::Upsert, Atomicity::All).await;
    assert_eq!(shown(&moved), ["FAILED FORBIDDEN 0.key"]);
    let inward = write_as(&world, &both, &[under("450002", Some("451001"))], Mode::Upsert, Atomicity::All).await;
    assert_eq!(shown(&inward), ["UPDATED"]);
}

#[tokio::test]
async fn a_reader_writes_nothing() {
    let world = world(&[("450", None)]).await;
    let (read, write) = (Scope::Everything, Scope::Unit(units(&world).await["450"].id));
    let caller = person(vec![Grant::view(Role::Finance, read), Grant::new(Role::Service, write)]);
    let done = write_as(&world, &caller, &[row("451", json!({"name": "乙"}))], Mode::Upsert, Atomicity::All).await;
    assert_eq!(shown(&done), ["FAILED FORBIDDEN 0.set.parentCode"]);
    let rows = rows(upsert(), &[row("450", json!({}))]);
    let reader = person(vec![Grant::view(Role::Finance, Scope::Everything)]);
    let refused = work_as(&world.db, &reader, async |work| apply(work, &rows, Mode::Upsert, Atomicity::All).await);
    assert_eq!(refused.await.expect_err("a refusal").code().as_str(), "FORBIDDEN");
}

#[tokio::test]
async fn five_thousand_units_take_a_few_statements() {
    let world = world(&[("450", None)]).await;
    let sent: Vec<Value> = (0..5_000)
        .map(|n| row(&format!("450{n:04}"), json!({"name": "新", "parentCode": if n < 10 { "450".to_owned() } else { format!("450{:04}", n / 10) }})))
        .collect();
    let (made, results) = world.count(write_as(&world, &Caller::operator(), &sent, Mode::Upsert, Atomicity::All)).await;
    assert!(results.iter().all(|result| result.errors.is_empty()), "{:?}", shown(&results).first());
    let (again, results) =
        world.count(write_as(&world, &Caller::operator(), &sent, Mode::Upsert, Atomicity::All)).await;
    assert!(shown(&results).iter().all(|outcome| outcome == "UNCHANGED"));
    // Ten inserts of 500 units each, as many of the record, a few of the index of search; nothing grows with the rows otherwise.
    assert!(made < 75 && again < 15, "{made} statements, then {again}");
    assert_eq!(database::number(world.db.read(), tree::DIFFERENCE).await, 0);
}

#[tokio::test]
async fn an_alias_is_added_once_and_never_to_two_units() {
    let world = world(&[("450", None), ("451", None)]).await;
    let add = async |sent: Value| {
        let rows = rows(alias_add(), &[sent]);
        let done = database::work(&world.db, async |work| add_alias(work, &rows, Atomicity::All).await);
        shown(&done.await.expect("an answer"))
    };
    let alias = |unit: &str| json!({"unit": key(unit), "code": "3450"});
    assert_eq!(add(alias("450")).await, ["CREATED"]);
    assert_eq!(add(alias("450")).await, ["UNCHANGED"]);
    assert_eq!(add(alias("451")).await, ["FAILED DUPLICATE 0"]);
    assert_eq!(add(json!({"unit": key("450")})).await, ["FAILED REQUIRED 0"]);
    assert_eq!(add(json!({"unit": key("452"), "name": "乙"})).await, ["FAILED NOT_FOUND 0.unit"]);
    let count = unit_alias::Entity::find().count(world.db.read()).await.expect("a count");
    assert_eq!(count, 1);
}
