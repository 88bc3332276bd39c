//! The tree of units under any batches of rows: its closure, its cycles, and what failing rows leave as it was.

use std::collections::BTreeMap;

use entity::unit;
use jixiao::auth::Caller;
use jixiao::service::write::{Atomicity, Mode, Outcome};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{ProptestConfig, Strategy, any};
use proptest::sample::select;
use proptest::test_runner::{TestCaseError, TestRunner};
use serde_json::{Value, json};

use super::{row, tree, tree_of, under, units, world, write, write_as, write_each};
use crate::support::database;
use crate::support::world::World;

/// Rows of the closure that a walk up the tree does not give, and the other way round.
pub const DIFFERENCE: &str = "WITH RECURSIVE walk (ancestor_id, descendant_id, depth) AS (
        SELECT id, id, 0 FROM unit
        UNION ALL
        SELECT u.parent_id, walk.descendant_id, walk.depth + 1 FROM walk JOIN unit u ON u.id = walk.ancestor_id
        WHERE u.parent_id IS NOT NULL AND walk.depth < 40
    )
    SELECT (SELECT count(*) FROM (SELECT * FROM walk EXCEPT SELECT * FROM unit_closure) AS missing)
         + (SELECT count(*) FROM (SELECT * FROM unit_closure EXCEPT SELECT * FROM walk) AS stray)";

#[tokio::test]
async fn no_unit_comes_under_itself() {
    let world = world(&[("1", None), ("2", Some("1")), ("3", Some("2"))]).await;
    let before = units(&world).await;
    assert_eq!(write(&world, &[under("1", Some("1"))]).await, ["FAILED CYCLE 0.set.parentCode"]);
    assert_eq!(write(&world, &[under("1", Some("3"))]).await, ["FAILED CYCLE 0.set.parentCode"]);
    assert_eq!(units(&world).await, before);
    // Only together: the later row is told.
    let world = self::world(&[("1", None), ("2", None), ("3", None)]).await;
    let sent = [under("1", Some("2")), under("2", Some("3")), under("3", Some("1"))];
    assert_eq!(write(&world, &sent).await, ["SKIPPED", "SKIPPED", "FAILED CYCLE 2.set.parentCode"]);
    assert_eq!(write_each(&world, &sent).await, ["UPDATED", "UPDATED", "FAILED CYCLE 2.set.parentCode"]);
    assert_eq!(tree(&world).await, tree_of(&[("1", Some("2")), ("2", Some("3")), ("3", None)]));
    // Turning a branch round is none.
    let turned = [under("1", None), under("2", Some("1")), under("3", Some("2"))];
    assert_eq!(write(&world, &turned).await, ["UPDATED", "UPDATED", "UPDATED"]);
    assert_eq!(tree(&world).await, tree_of(&[("1", None), ("2", Some("1")), ("3", Some("2"))]));
    // Among new units too, and what would come under one that is not made fails with it.
    let new = |code: &str, parent: &str| row(code, json!({"name": "新", "parentCode": parent}));
    assert_eq!(
        write(&world, &[new("4", "5"), new("5", "4")]).await,
        ["FAILED NOT_FOUND 0.set.parentCode", "FAILED CYCLE 1.set.parentCode"]
    );
    assert_eq!(write(&world, &[new("4", "4")]).await, ["FAILED CYCLE 0.set.parentCode"]);
    assert_eq!(database::number(world.db.read(), DIFFERENCE).await, 0);
}

const CODES: [&str; 9] = ["1", "2", "3", "4", "5", "450", "450001", "450002", "6"];

/// A row: its unit, its parent if it says so, another code.
type Step = (&'static str, Option<Option<&'static str>>, Option<&'static str>);

fn batches() -> impl Strategy<Value = Vec<(bool, Vec<Step>)>> {
    let step = (
        select(&CODES[..]),
        option::weighted(0.8, option::weighted(0.8, select(&CODES[..]))),
        option::weighted(0.1, select(&CODES[..])),
    );
    vec((any::<bool>(), vec(step, 1..9)), 1..6)
}

fn sent(step: &Step) -> Value {
    let (code, parent, other) = step;
    let mut set = json!({"name": format!("单位{code}")});
    if let Some(parent) = parent {
        set["parentCode"] = json!(parent);
    }
    if let Some(other) = other {
        set["code"] = json!(other);
    }
    row(code, set)
}

async fn check(world: &World, (all, steps): &(bool, Vec<Step>)) -> Result<(), TestCaseError> {
    let before = units(world).await;
    let rows: Vec<Value> = steps.iter().map(sent).collect();
    let atomicity = if *all { Atomicity::All } else { Atomicity::PerRow };
    let results = write_as(world, &Caller::operator(), &rows, Mode::Upsert, atomicity).await;
    let after = units(world).await;
    let fail = |what: String| Err(TestCaseError::fail(format!("{what}\n{steps:?}\n{results:?}")));
    if database::number(world.db.read(), DIFFERENCE).await != 0 {
        return fail("the closure is not the tree".to_owned());
    }
    let failed = results.iter().any(|result| result.outcome == Outcome::Failed);
    if *all && failed && before != after {
        return fail("something was written beside a mistake".to_owned());
    }
    let by_id: BTreeMap<_, &unit::Model> = after.values().map(|unit| (unit.id.0, unit)).collect();
    let mut touched = Vec::new();
    for ((code, parent, other), result) in steps.iter().zip(&results) {
        if !matches!(result.outcome, Outcome::Created | Outcome::Updated | Outcome::Unchanged) {
            continue;
        }
        let Some(unit) = result.id.and_then(|id| by_id.get(&id)) else { return fail(format!("{code} is not there")) };
        touched.push(unit.id);
        if unit.code != other.unwrap_or(code) {
            return fail(format!("{code} has the code {}", unit.code));
        }
        let above = unit.parent_id.map(|id| by_id[&id.0]);
        let former = above.and_then(|above| before.values().find(|unit| unit.id == above.id));
        let named = |code: &str| {
            above.is_some_and(|above| above.code == code) || former.is_some_and(|former| former.code == code)
        };
        match parent {
            Some(Some(parent)) if !named(parent) => return fail(format!("{code} is under {above:?}")),
            Some(None) if above.is_some() => return fail(format!("{code} is under {above:?}")),
            _ => {}
        }
    }
    let untouched = before.values().filter(|unit| !touched.contains(&unit.id));
    for unit in untouched {
        if by_id.get(&unit.id.0) != Some(&unit) {
            return fail(format!("{} was not named by a good row, and changed", unit.code));
        }
    }
    Ok(())
}

#[test]
fn the_closure_is_the_tree_after_any_batches() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() });
    let outcome = runner.run(&batches(), |batches| {
        runtime.block_on(async {
            let world = world(&[("1", None), ("2", Some("1")), ("3", Some("2"))]).await;
            for batch in &batches {
                check(&world, batch).await?;
            }
            Ok(())
        })
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
