//! The tree of units: its closure, the order in which its units become known, names and other names.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use entity::{unit, unit_alias};
use jixiao::db::Db;
use jixiao::import::Options;
use jixiao::service;
use jixiao::service::stored::Tally;
use jixiao::service::unit::Named;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, ProptestConfig, Strategy, any};
use proptest::sample::select;
use proptest::test_runner::{TestCaseError, TestRunner};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::support::database;
use crate::support::sample;
use crate::support::world::World;

const CODES: [&str; 9] = ["450", "450001", "450002", "45000201", "451", "451001", "4510", "12", "120001"];

/// One unit as some document names it; the parent is one of those stored before, by its place.
#[derive(Clone, Debug)]
struct Step {
    code: &'static str,
    name: &'static str,
    parent: Option<usize>,
    alias: Option<&'static str>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (
        select(&CODES[..]),
        select(&["甲", "乙"][..]),
        option::weighted(0.4, any::<usize>()),
        option::of(select(&["4500020", "3450"][..])),
    );
    vec(step.prop_map(|(code, name, parent, alias)| Step { code, name, parent, alias }), 1..14)
}

/// Rows of the closure that a walk up the tree does not give, and the other way round.
const DIFFERENCE: &str = "WITH RECURSIVE walk (ancestor_id, descendant_id, depth) AS (
        SELECT id, id, 0 FROM unit
        UNION ALL
        SELECT u.parent_id, walk.descendant_id, walk.depth + 1 FROM walk JOIN unit u ON u.id = walk.ancestor_id
        WHERE u.parent_id IS NOT NULL AND walk.depth < 20
    )
    SELECT (SELECT count(*) FROM (SELECT * FROM walk EXCEPT SELECT * FROM unit_closure) AS missing)
         + (SELECT count(*) FROM (SELECT * FROM unit_closure EXCEPT SELECT * FROM walk) AS stray)";

/// Stores the units one after the other in a division of their own; gives the code above each unit.
async fn store(db: &Db, steps: &[Step]) -> Result<BTreeMap<String, Option<String>>, TestCaseError> {
    static DIVISION: AtomicU32 = AtomicU32::new(100_000);
    let division = DIVISION.fetch_add(1, Ordering::Relaxed).to_string();
    let mut keys = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        let aliases: Vec<String> = step.alias.iter().map(|alias| (*alias).to_owned()).collect();
        let named = Named {
            division_code: &division,
            code: step.code,
            name: step.name,
            aliases: &aliases,
            fiscal_year: 2020,
            parent: step.parent.filter(|_| !keys.is_empty()).map(|parent| keys[parent % keys.len()]),
        };
        let stored = database::work(db, async |work| {
            service::division::hold(work, &division, None).await?;
            service::unit::store(work, &named, &mut Tally::default()).await
        })
        .await;
        let stored = stored.map_err(|error| TestCaseError::fail(format!("step {place}: {error:?}")))?;
        keys.push(stored.id);
        let different = database::number(db.read(), DIFFERENCE).await;
        if different != 0 {
            return Err(TestCaseError::fail(format!("step {place}: {different} rows of the closure are wrong")));
        }
    }
    let in_division = unit::Entity::find().filter(unit::Column::DivisionCode.eq(&division));
    let units = in_division.all(db.read()).await.expect("the units");
    let codes: BTreeMap<_, _> = units.iter().map(|unit| (unit.id, unit.code.clone())).collect();
    let above = |unit: &unit::Model| unit.parent_id.map(|parent| codes[&parent].clone());
    Ok(units.iter().map(|unit| (unit.code.clone(), above(unit))).collect())
}

/// Runs a property against one database.
fn check<S: Strategy>(strategy: S, property: impl AsyncFn(&Db, S::Value) -> Result<(), TestCaseError>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (_database, db) = runtime.block_on(database::migrated());
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() });
    let outcome = runner.run(&strategy, |value| runtime.block_on(property(&db, value)));
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_closure_is_the_walk_up_the_tree() {
    check(steps(), async |db, steps| store(db, &steps).await.map(drop));
}

#[test]
fn the_tree_does_not_depend_on_the_order_of_its_units() {
    let plain = |code| Step { code, name: "甲", parent: None, alias: None };
    let orders = Just(CODES.map(plain).to_vec()).prop_shuffle();
    check(orders, async |db, steps| {
        let tree = store(db, &steps).await?;
        for (code, above) in tree {
            // The department of a longer code, which no other unit of these stands for.
            let department = code.get(..3).filter(|department| *department != code && CODES.contains(department));
            if above.as_deref() != department {
                return Err(TestCaseError::fail(format!("{code} is under {above:?}, not {department:?}")));
            }
        }
        Ok(())
    });
}

#[tokio::test]
async fn the_same_unit_again_changes_nothing() {
    let (_database, db) = database::migrated().await;
    let aliases = ["3450".to_owned()];
    let codes = ["450001", "450", "450002"];
    let mut tallies = Vec::new();
    for _ in 0..2 {
        let mut tally = Tally::default();
        for code in codes {
            let named =
                Named {
                    division_code: "130304", code, name: "甲", aliases: &aliases, fiscal_year: 2020, parent: None
                };
            let stored = database::work(&db, async |work| {
                service::division::hold(work, "130304", None).await?;
                let mut of_unit = Tally::default();
                service::unit::store(work, &named, &mut of_unit).await?;
                Ok(of_unit)
            });
            tally += stored.await.expect("a stored unit");
        }
        tallies.push(tally);
    }
    // The department takes in the unit that was there before it.
    let first = Tally { created: 3, updated: 1, ..Tally::default() };
    assert_eq!(tallies, [first, Tally { unchanged: 3, ..Tally::default() }]);
    let aliases = unit_alias::Entity::find().all(db.read()).await.expect("the aliases");
    assert_eq!(aliases.len(), 1, "one code and name belongs to one unit: {aliases:?}");
}

/// A document of a department with one table of a unit.
fn document(year: u32, name: &str) -> Vec<u8> {
    let project =
        sample::project(year, "培训").replace(&sample::project_code(22, year), &sample::project_code(year % 100, year));
    let text = format!("{}{}", sample::part_one(), project);
    text.replace("2022年", &format!("{year}年")).replace("某区卫生健康局", name).into_bytes()
}

#[tokio::test]
async fn a_name_of_an_earlier_year_does_not_replace_a_later_one() {
    for department in [None, Some("450")] {
        let world = World::empty().await;
        let name = async |year: u32, name: &str| {
            let options = Options {
                division: "130304".to_owned(),
                fiscal_year: i32::try_from(year).ok(),
                unit_code: department.map(str::to_owned),
                unit_name: department.map(|_| "区卫生健康主管部门".to_owned()),
                ..Options::default()
            };
            world.import(&format!("{year}.txt"), document(year, name), &options).await;
            let query = r#"{ unit(by: {key: {divisionCode: "130304", code: "450002"}}) {
                name parent { code } aliases { code name } } }"#;
            let mut unit = world.ask(query, json!({})).await["unit"].clone();
            assert_eq!(unit["parent"]["code"].as_str(), department);
            unit["aliases"].as_array_mut().expect("a list").sort_by_key(|alias| alias["name"].to_string());
            (unit["name"].clone(), unit["aliases"].clone())
        };
        let alias = |name: &str| json!({"code": "450002", "name": name});
        assert_eq!(name(2021, "区卫生局").await, (json!("区卫生局"), json!([])), "{department:?}");
        let earlier = name(2020, "区卫生院").await;
        assert_eq!(earlier, (json!("区卫生局"), json!([alias("区卫生院")])), "{department:?}");
        let later = name(2022, "区卫健局").await;
        assert_eq!(later, (json!("区卫健局"), json!([alias("区卫生局"), alias("区卫生院")])), "{department:?}");
        assert_eq!(name(2020, "区卫生院").await, later, "{department:?}");
    }
}
