//! Writes of department goals with their sub-goals and measures.

use entity::value::GoalItemKind;
use entity::{department_goal, goal_item};
use jixiao::auth::{Caller, Grant, Scope};
use jixiao::input::goal::{delete as delete_input, upsert};
use jixiao::service::write::department_goal::{apply, delete};
use jixiao::service::write::{Atomicity, Mode};
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use serde_json::{Value, json};

use crate::support::database::{self, work_as};
use crate::support::world::{World, person};
use crate::support::write::{DIVISION, rows, shown};

async fn world() -> World {
    let world = World::empty().await;
    let done = database::work(&world.db, async |work| {
        jixiao::service::division::hold(work, DIVISION, None).await?;
        for code in ["450", "451"] {
            let named = jixiao::service::unit::Named {
                division_code: DIVISION,
                code,
                name: "甲",
                aliases: &[],
                fiscal_year: 2020,
                parent: None,
            };
            jixiao::service::unit::store(work, &named, &mut Default::default()).await?;
        }
        Ok(())
    });
    done.await.expect("two units");
    world
}

fn key(unit: &str, year: i32) -> Value {
    json!({"unit": {"divisionCode": DIVISION, "code": unit}, "fiscalYear": year})
}

fn row(unit: &str, set: Value) -> Value {
    json!({"key": key(unit, 2020), "set": set})
}

async fn write_as(world: &World, caller: &Caller, sent: &[Value], mode: Mode, atomicity: Atomicity) -> Vec<String> {
    let rows = rows(upsert(), sent);
    let done = work_as(&world.db, caller, async |work| apply(work, &rows, mode, atomicity).await);
    shown(&done.await.expect("a write that is answered"))
}

async fn write(world: &World, sent: &[Value]) -> Vec<String> {
    write_as(world, &Caller::operator(), sent, Mode::Upsert, Atomicity::All).await
}

/// The only goal, and its items in order: kind, ordinal, number, text, version.
async fn stored(world: &World) -> (department_goal::Model, Vec<(GoalItemKind, i32, Option<String>, String, i32)>) {
    let goal = department_goal::Entity::find().one(world.db.read()).await.expect("an answer").expect("a goal");
    let items =
        goal_item::Entity::find().order_by_desc(goal_item::Column::Kind).order_by_asc(goal_item::Column::Ordinal);
    let items = items.all(world.db.read()).await.expect("the items").into_iter();
    (goal, items.map(|item| (item.kind, item.ordinal, item.number, item.text, item.version)).collect())
}

#[tokio::test]
async fn absent_keeps_null_clears_lists_replace_and_patches_touch_one() {
    use GoalItemKind::{Measure, SubGoal};
    let world = world().await;
    let set = json!({"overall": "总体", "subGoals": ["1.甲", "乙"], "measures": ["（一）丙"]});
    assert_eq!(write(&world, &[row("450", set.clone())]).await, ["CREATED"]);
    let item = |kind, ordinal, number: Option<&str>, text: &str, version| {
        (kind, ordinal, number.map(str::to_owned), text.to_owned(), version)
    };
    let (first, items) = stored(&world).await;
    let expected = [
        item(SubGoal, 1, Some("1."), "甲", 1),
        item(SubGoal, 2, None, "乙", 1),
        item(Measure, 1, Some("（一）"), "丙", 1),
    ];
    assert_eq!((first.version, first.overall.as_deref(), items), (1, Some("总体"), expected.to_vec()));
    assert_eq!(write(&world, &[row("450", set)]).await, ["UNCHANGED"]);
    assert_eq!(write(&world, &[row("450", json!({}))]).await, ["UNCHANGED"]);
    assert_eq!(stored(&world).await.0, first);

    let patch = json!({"overall": null, "subGoalsPatch": [{"ordinal": 2, "text": "丁"}, {"ordinal": 1, "delete": true}, {"ordinal": 7, "text": "7、戊"}]});
    assert_eq!(write(&world, &[row("450", patch)]).await, ["UPDATED"]);
    let (goal, items) = stored(&world).await;
    let expected = [
        item(SubGoal, 2, None, "丁", 2),
        item(SubGoal, 7, Some("7、"), "戊", 1),
        item(Measure, 1, Some("（一）"), "丙", 1),
    ];
    assert_eq!((goal.version, goal.overall, items), (2, None, expected.to_vec()));

    // A change of an item alone is a change of the goal.
    assert_eq!(write(&world, &[row("450", json!({"measures": null}))]).await, ["UPDATED"]);
    let (goal, items) = stored(&world).await;
    assert_eq!((goal.version, items.len()), (3, 2));
    assert!(goal.updated_at > first.updated_at);
}

#[tokio::test]
async fn every_mistake_is_named() {
    let world = world().await;
    assert_eq!(write(&world, &[row("451", json!({"overall": "总体"}))]).await, ["CREATED"]);
    let sent = [
        row("450", json!({"overall": "总体"})),
        row("450", json!({"overall": "又"})),
        row("452", json!({})),
        json!({"key": {"unit": {"divisionCode": DIVISION, "code": "450"}}, "set": {}}),
        json!({"key": key("450", 2021), "expectedVersion": 3, "set": {"subGoals": [], "subGoalsPatch": [{"ordinal": 1}]}}),
        json!({"key": key("451", 2020), "expectedVersion": 0, "set": {"overall": "新"}}),
    ];
    let expected = [
        "SKIPPED",
        "FAILED DUPLICATE_IN_REQUEST 1.key",
        "FAILED NOT_FOUND 2.key.unit",
        "FAILED REQUIRED 3.key.fiscalYear",
        "FAILED NOT_FOUND 4.expectedVersion INVALID_FORMAT 4.set.subGoalsPatch INVALID_FORMAT 4.set.subGoalsPatch.0",
        "FAILED CONFLICT 5.expectedVersion",
    ];
    assert_eq!(write(&world, &sent).await, expected);
    assert_eq!(department_goal::Entity::find().count(world.db.read()).await, Ok(1));
    let mut each = expected;
    each[0] = "CREATED";
    assert_eq!(write_as(&world, &Caller::operator(), &sent, Mode::Upsert, Atomicity::PerRow).await, each);
    let caller = Caller::operator();
    let create = write_as(&world, &caller, &[row("450", json!({}))], Mode::Create, Atomicity::All).await;
    assert_eq!(create, ["FAILED DUPLICATE 0.key"]);
    let update = [json!({"key": key("450", 2030), "set": {}})];
    assert_eq!(write_as(&world, &caller, &update, Mode::Update, Atomicity::All).await, ["FAILED NOT_FOUND 0.key"]);
}

#[tokio::test]
async fn a_goal_with_items_goes_only_with_cascade() {
    let world = world().await;
    crate::support::write::goal(&world.db, "450").await;
    let gone = async |sent: Value| {
        let rows = rows(delete_input(), &[sent]);
        let done = database::work(&world.db, async |work| delete(work, &rows, Atomicity::All).await);
        shown(&done.await.expect("an answer"))
    };
    assert_eq!(gone(json!({"key": key("450", 2020)})).await, ["FAILED HAS_DEPENDANTS 0.cascade"]);
    let cascade = json!({"key": key("450", 2020), "expectedVersion": 1, "cascade": true});
    assert_eq!(gone(cascade.clone()).await, ["DELETED"]);
    assert_eq!(gone(cascade).await, ["FAILED NOT_FOUND 0.key"]);
    assert_eq!(goal_item::Entity::find().count(world.db.read()).await, Ok(0));
    let kept = database::number(world.db.read(), "SELECT count(*) FROM goal_item_history WHERE deleted").await;
    assert_eq!(kept, 2);
}

#[tokio::test]
async fn goals_are_written_where_the_caller_may() {
    let world = world().await;
    let units = entity::unit::Entity::find().order_by_asc(entity::unit::Column::Code).all(world.db.read()).await;
    let unit = units.expect("the units")[0].id;
    let editor = Grant { role: entity::value::Role::Editor, scope: Scope::Unit(unit) };
    let sent = [row("450", json!({"overall": "甲"})), row("451", json!({"overall": "乙"}))];
    let each = write_as(&world, &person(vec![editor.clone()]), &sent, Mode::Upsert, Atomicity::PerRow).await;
    assert_eq!(each, ["CREATED", "FAILED NOT_FOUND 1.key.unit"]);
    let reader = Grant { role: entity::value::Role::Reader, scope: Scope::Everything };
    let each = write_as(&world, &person(vec![editor, reader]), &sent, Mode::Upsert, Atomicity::PerRow).await;
    assert_eq!(each, ["UNCHANGED", "FAILED FORBIDDEN 1.key.unit"]);
}
