//! Two units that are one.

use std::collections::BTreeSet;

use entity::value::Role;
use entity::{account_grant, unit_alias};
use jixiao::auth::{Caller, Grant, Scope};
use jixiao::import::Options;
use jixiao::input::unit::merge as merge_input;
use jixiao::service::account;
use jixiao::service::write::unit::{OWNED, merge};
use sea_orm::{DbBackend, EntityTrait};
use serde_json::{Value, json};

use super::delete::assert_sound;
use super::tree::DIFFERENCE;
use super::{editor_of, key, tree, tree_of, units, world};
use crate::support::database::{self, names, work_as};
use crate::support::world::World;
use crate::support::write::{DIVISION, goal, project, rows, shown};

async fn merge_as(world: &World, caller: &Caller, sent: Value) -> (Vec<String>, Vec<String>) {
    let rows = rows(merge_input(), &[sent]);
    let done = work_as(&world.db, caller, async |work| merge(work, &rows).await).await.expect("an answer");
    let words = done.iter().flat_map(|result| &result.errors).map(|error| error.words.en.clone()).collect();
    (shown(&done), words)
}

async fn merged(world: &World, into: &str, from: &str) -> (Vec<String>, Vec<String>) {
    merge_as(world, &Caller::operator(), json!({"into": key(into), "from": key(from)})).await
}

/// A table with a column `unit_id` that is not in the list would be left behind by a merge.
#[tokio::test]
async fn every_table_of_units_is_in_the_list() {
    let (_database, db) = database::migrated().await;
    let sql = match db.read().get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND c.name = 'unit_id'"
        }
        _ => {
            "SELECT table_name::text FROM information_schema.columns
              WHERE table_schema = 'public' AND column_name = 'unit_id'"
        }
    };
    // Records of the past say what was, and where.
    let is_record = |name: &String| name.ends_with("_history") || name == "audit_entry" || name == "change";
    let found: BTreeSet<String> = names(db.read(), sql).await.into_iter().filter(|name| !is_record(name)).collect();
    assert_eq!(found, OWNED.iter().map(|name| (*name).to_owned()).collect());
}

#[tokio::test]
async fn everything_goes_over_and_the_code_becomes_an_alias() {
    let world =
        world(&[("450", None), ("450001", Some("450")), ("4500010", None), ("45000101", Some("4500010"))]).await;
    project(&world.db, "450001", Some("P-1"), "培训").await;
    project(&world.db, "4500010", Some("P-2"), "培训").await;
    goal(&world.db, "4500010").await;
    let (into, from) = (units(&world).await["450001"].id, units(&world).await["4500010"].id);
    let mut stale = json!({"into": key("450001"), "from": key("4500010"), "expectedVersion": 2});
    assert_eq!(merge_as(&world, &Caller::operator(), stale.clone()).await.0, ["FAILED CONFLICT 0.expectedVersion"]);
    stale["expectedVersion"] = json!(1);
    assert_eq!(merge_as(&world, &Caller::operator(), stale).await.0, ["UPDATED"]);
    let expected = [("450", None), ("450001", Some("450")), ("45000101", Some("450001"))];
    assert_eq!(tree(&world).await, tree_of(&expected));
    assert_eq!(units(&world).await["450001"].version, 2);
    for table in OWNED {
        let left = format!("SELECT count(*) FROM {table} WHERE unit_id NOT IN (SELECT id FROM unit)");
        assert_eq!(database::number(world.db.read(), &left).await, 0, "{table} of {}", from.public());
    }
    let projects = entity::project::Entity::find().all(world.db.read()).await.expect("the projects");
    assert!(projects.len() == 2 && projects.iter().all(|project| project.unit_id == into));
    let aliases = unit_alias::Entity::find().all(world.db.read()).await.expect("the aliases");
    let aliases: Vec<_> =
        aliases.iter().map(|alias| (alias.unit_id, alias.code.as_str(), alias.name.as_str())).collect();
    assert_eq!(aliases, [(into, "4500010", "甲")]);
    assert_eq!(database::number(world.db.read(), DIFFERENCE).await, 0);
    assert_sound(&world).await;
}

#[tokio::test]
async fn what_both_have_is_listed_and_nothing_is_written() {
    let world = world(&[("450", None), ("451", None), ("452", Some("451"))]).await;
    for unit in ["450", "451"] {
        goal(&world.db, unit).await;
        project(&world.db, unit, None, "培训").await;
    }
    let before = units(&world).await;
    let (outcome, words) = merged(&world, "450", "451").await;
    assert_eq!(outcome, ["FAILED DUPLICATE 0.from DUPLICATE 0.from"]);
    assert!(words[0].contains("goal of 2020") && words[1].contains("project 培训 of 2020"), "{words:?}");
    assert_eq!(merged(&world, "450", "450").await.0, ["FAILED INVALID_FORMAT 0.from"]);
    assert_eq!(merged(&world, "452", "451").await.0, ["FAILED CYCLE 0.from"]);
    assert_eq!(merged(&world, "450", "459").await.0, ["FAILED NOT_FOUND 0.from"]);
    assert_eq!(units(&world).await, before);
}

#[tokio::test]
async fn a_merge_of_units_with_grants_is_an_administrators() {
    let world = world(&[("450", None), ("451", None)]).await;
    let ids = units(&world).await;
    let (into, from) = (ids["450"].id, ids["451"].id);
    let done = database::work(&world.db, async |work| {
        for (name, of) in [("both", vec![into, from]), ("one", vec![from])] {
            let made = account::add(work, name, entity::value::AccountKind::Service).await?;
            for unit in of {
                account::grant(work, made.id, &Grant { role: Role::Reader, scope: Scope::Unit(unit) }).await?;
            }
        }
        Ok(())
    });
    done.await.expect("two accounts");
    let editor = editor_of(Scope::Division(DIVISION.to_owned()));
    let sent = json!({"into": key("450"), "from": key("451")});
    assert_eq!(merge_as(&world, &editor, sent.clone()).await.0, ["FAILED FORBIDDEN 0.from"]);
    assert_eq!(merge_as(&world, &Caller::operator(), sent).await.0, ["UPDATED"]);
    let grants = account_grant::Entity::find().all(world.db.read()).await.expect("the grants");
    assert!(grants.len() == 2 && grants.iter().all(|grant| grant.unit_id == Some(into)), "{grants:?}");
    assert_sound(&world).await;
}

#[tokio::test]
async fn a_merged_unit_stays_merged_when_its_document_comes_again() {
    let world = World::with_disclosures().await;
    let unit = async |code: &str| {
        let by = json!({"divisionCode": "130304", "code": code});
        world
            .ask("query($k: UnitKeyInput!) { unit(by: {key: $k}) { projects { totalCount } } }", json!({"k": by}))
            .await["unit"]
            .clone()
    };
    let sql = "SELECT u.code FROM unit u JOIN project p ON p.unit_id = u.id WHERE u.division_code = '130304' GROUP BY u.code ORDER BY u.code";
    let from = names(world.db.read(), sql).await.first().expect("a unit with projects").clone();
    let before = unit(&from).await;
    let made = super::write(&world, &[super::row("999001", json!({"name": "新", "parentCode": null}))]).await;
    assert_eq!(made, ["CREATED"]);
    assert_eq!(merged(&world, "999001", &from).await.0, ["UPDATED"]);
    assert_eq!((unit(&from).await, unit("999001").await), (Value::Null, before.clone()));
    assert_sound(&world).await;
    for disclosure in crate::support::disclosures::ALL {
        let options: Options = disclosure.import_options();
        world.import(disclosure.file, disclosure.bytes(), &options).await;
    }
    assert_eq!((unit(&from).await, unit("999001").await), (Value::Null, before));
    assert_sound(&world).await;
}
