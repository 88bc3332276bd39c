//! The state at a time: for each moment of a random life the answer is what it was then.

use entity::project;
use entity::value::Timestamp;
use jixiao::graphql::text;
use jixiao::service::stored;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};

use crate::support::database::{number, rows, work};
use crate::support::dice::Dice;
use crate::support::generated;
use crate::support::sample;
use crate::support::world::World;

/// Everything whose past is kept, with filters and counts over it.
const STATE: &str = "query ($at: DateTime) {
    all: projects(asOf: $at, first: 100, orderBy: [{field: BUDGET, nulls: FIRST}, {field: NAME}]) { totalCount nodes {
        id version name code ordinal purpose updatedAt budget { amount }
        unit { code name version projects(first: 50) { totalCount nodes { name } }
            goal(fiscalYear: 2022) { overall version items { text } measures { text } } }
        plan { version printedBasis points { month raw percent } }
        objectives { number text version }
        indicators(first: 50) { totalCount nodes { name version target { raw } unit { name } project { name } } } } }
    strict: projects(asOf: $at, filter: {indicators: {some: {value: {gte: \"95\"}}}}) { totalCount nodes { name } }
    mild: projects(asOf: $at, filter: {indicators: {none: {value: {gte: \"96\"}}}}) { totalCount nodes { name } }
    few: projects(asOf: $at, filter: {indicators: {count: {lt: 3}}}) { totalCount nodes { name } }
    renamed: projects(asOf: $at, filter: {unit: {name: {contains: \"新\"}}}) { totalCount nodes { name } }
}";

/// A document of one unit in some year of its life.
fn document(dice: &mut Dice) -> String {
    let mut text = sample::part_one().to_owned();
    for number in 1..=3 {
        // A project that a document leaves out stays as it is.
        if dice.below(4) == 0 {
            continue;
        }
        let mut form = sample::project(number, &format!("项目{}", (number + 2) % 3));
        if dice.below(3) == 0 {
            form = form.replace(
                "\t资金支出计划（%）\n\t3月底\n\t6月底\n\t10月底\n\t12月底\n\t\n\t10\n\t40\n\t70\n\t100\n",
                "",
            );
        }
        if dice.below(3) == 0 {
            form = form.replace("1.完成全年培训\n2.提高诊疗水平", "1.完成全年培训");
        }
        form = form.replace("\t10\n\t40", &format!("\t{}\n\t40", dice.below(3) * 10));
        form = form.replace("≥95%", &format!("≥{}%", 94 + dice.below(4)));
        let other = dice.below(3);
        form =
            form.replace("\t20.00", &format!("\t{}.00", 20 + other)).replace("\t8.00", &format!("\t{}.00", 8 + other));
        if dice.below(3) == 0 {
            form = form.replace("某区卫生健康局", "新区卫生健康局");
        }
        text += &form;
    }
    if dice.below(3) == 0 { text.replace("办好人民满意的", "办好") } else { text }
}

/// Deletes some project with everything inside it.
async fn delete_one(world: &World, dice: &mut Dice) {
    let projects = project::Entity::find().order_by_asc(project::Column::Id).all(world.db.read()).await.expect("rows");
    if projects.is_empty() {
        return;
    }
    let gone = projects[dice.below(projects.len())].clone();
    work(&world.db, async |work| {
        jixiao::service::division::hold(work, "130304", None).await?;
        stored::delete(work, std::slice::from_ref(&gone)).await
    })
    .await
    .expect("a project can be deleted");
}

async fn newest(world: &World) -> i64 {
    number(world.db.read(), "SELECT COALESCE(MAX(at), 0) FROM audit_head").await
}

async fn state_at(world: &World, moment: i64) -> Value {
    let at = text::time(Timestamp(moment)).into_json().expect("a time is JSON");
    world.ask(STATE, json!({ "at": at })).await
}

#[tokio::test]
async fn each_moment_is_answered_as_it_was_then() {
    for seed in 0..6 {
        let world = World::empty().await;
        let mut dice = Dice(seed);
        let empty = world.ask(STATE, json!({})).await;
        let mut moments = Vec::new();
        let mut deletions = 0;
        for _ in 0..9 {
            if dice.below(4) == 0 {
                delete_one(&world, &mut dice).await;
                deletions += 1;
            } else {
                let text = document(&mut dice);
                let imported = world.try_import("a.txt", text.into_bytes(), &generated::options()).await;
                assert!(imported.is_ok() || moments.is_empty(), "{imported:?}");
            }
            moments.push((newest(&world).await, world.ask(STATE, json!({})).await));
        }
        moments.dedup_by_key(|(at, _)| *at);
        assert!(moments.len() > 3, "seed {seed} lives too quietly with {deletions} deletions");
        let answers: std::collections::HashSet<String> = moments.iter().map(|(_, state)| state.to_string()).collect();
        assert!(answers.len() > 3, "seed {seed}");
        let mut following = moments.iter().skip(1);
        for (at, state) in &moments {
            assert_eq!(state_at(&world, *at).await, *state, "seed {seed} at {at}");
            if let Some((next, _)) = following.next() {
                assert_eq!(state_at(&world, next - 1).await, *state, "seed {seed} just before {next}");
            }
        }
        assert_eq!(state_at(&world, moments[0].0 - 1).await, empty, "seed {seed} before everything");
        assert_eq!(state_at(&world, moments[moments.len() - 1].0 + 60_000_000).await, moments[moments.len() - 1].1);
    }
}

#[tokio::test]
async fn one_project_pages_and_statements_of_a_moment() {
    let world = World::empty().await;
    let forms: String = (1..=5).map(|number| sample::project(number, &format!("项目{number}"))).collect();
    let text = format!("{}{forms}", sample::part_one());
    world.import("a.txt", text.clone().into_bytes(), &generated::options()).await;
    let first = newest(&world).await;
    let before = world.ask(STATE, json!({})).await;
    let changed = text.replace("≥95%", "≥97%").replace("\t20.00", "\t22.00").replace("\t8.00", "\t10.00");
    world.import("a.txt", changed.into_bytes(), &generated::options()).await;
    let at = text::time(Timestamp(first)).into_json().expect("a time is JSON");

    // The order of the moment, by cursors that hold its values.
    let page = "query ($at: DateTime, $after: String) { projects(asOf: $at, first: 2, after: $after,
        orderBy: [{field: UPDATED_AT, direction: DESC}, {field: NAME}]) {
        nodes { name budget { amount } } pageInfo { hasNextPage endCursor } } }";
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = world.ask(page, json!({"at": at, "after": after})).await["projects"].clone();
        seen.extend(answer["nodes"].as_array().expect("a list").clone());
        after = answer["pageInfo"]["endCursor"].clone();
        if answer["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let expected = (1..=5).map(|number| json!({"name": format!("项目{number}"), "budget": {"amount": "20"}}));
    assert_eq!(seen, expected.collect::<Vec<_>>());

    let one = "query ($id: ID!, $at: DateTime) { project(by: {id: $id}, asOf: $at) { version budget { amount }
        history { nodes { kind } } } }";
    let id = before["all"]["nodes"][0]["id"].clone();
    let then = world.ask(one, json!({"id": id, "at": at})).await;
    let expected = json!({"version": 1, "budget": {"amount": "20"}, "history": {"nodes": [{"kind": "CREATED"}]}});
    assert_eq!(then["project"], expected);
    assert_eq!(world.ask(one, json!({"id": id})).await["project"]["version"], 2);
    let never = json!({"id": id, "at": "1999-12-31T23:59:59Z"});
    assert_eq!(world.ask(one, never).await["project"], Value::Null);

    let (now, _) = world.count(world.ask(STATE, json!({}))).await;
    let (past, state) = world.count(world.ask(STATE, json!({"at": at}))).await;
    assert_eq!((now, state), (past, before));
    let refused = world.refusals(one, json!({"id": id, "at": "yesterday"})).await;
    assert_eq!(refused[0].1, "BAD_USER_INPUT");
    assert!(refused[0].0.starts_with("`asOf` must be a time with offset"), "{refused:?}");
}

#[tokio::test]
async fn what_goes_with_its_whole_is_kept() {
    let world = World::empty().await;
    world.import("a.txt", sample::disclosure().into_bytes(), &generated::options()).await;
    let counts = async |suffix: &str| {
        let tables = ["project", "objective", "spending_plan", "plan_point", "indicator"];
        let sql = tables.map(|table| format!("SELECT '{table}', count(*) FROM {table}{suffix}")).join(" UNION ALL ");
        rows::<(String, i64)>(world.db.read(), &sql).await
    };
    let before = counts("").await;
    assert!(before.iter().all(|(_, count)| *count > 0), "{before:?}");
    delete_one(&world, &mut Dice(1)).await;
    assert_eq!(counts("").await.iter().map(|(_, count)| count).sum::<i64>(), 0);
    let kept = counts("_history WHERE deleted AND valid_to = (SELECT MAX(at) FROM audit_head)").await;
    assert_eq!(kept, before);
}
