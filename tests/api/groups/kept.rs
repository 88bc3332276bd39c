//! The numbers of indicators that the database keeps: they answer what they can, and always as counting does.

use entity::id::IndicatorId;
use entity::value::{Publication, Role};
use entity::{indicator, project};
use futures_util::future::join_all;
use jixiao::auth::{Caller, Grant, Scope};
use jixiao::graphql::public_schema;
use jixiao::lang::Lang;
use jixiao::limits::ProfileLimits;
use jixiao::service::invariants::{self, Outcome};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::{callers, stage};
use crate::mutation::{editor, write, write_as};
use crate::support::conformance;
use crate::support::data::{Data, Shape, insert};
use crate::support::dice::Dice;
use crate::support::world::{World, person, reader};

/// Asks for groups that the kept numbers answer, and for the same with a filter that they do not know and everything passes.
fn query(keys: &str, counting: bool) -> String {
    let filter = if counting { "ordinal: {gte: -2147483648}" } else { "" };
    format!(
        "{{ indicatorGroups(groupBy: [{keys}], first: 50, filter: {{not: {{fiscalYear: {{lt: 0}}}}, {filter}}}) {{ totalCount nodes {{
            count fiscalYear division {{ code }} level1 {{ id }} level2 {{ id }} }} }} }}"
    )
}

const KEYS: [&str; 5] = [
    "LEVEL2",
    "LEVEL1",
    "DIVISION, FISCAL_YEAR",
    "FISCAL_YEAR, LEVEL2, LEVEL1",
    "DIVISION, LEVEL1, LEVEL2, FISCAL_YEAR",
];

/// Fails where the kept numbers and counting do not agree, for everybody.
async fn agree(world: &World, data: &Data) {
    let public = public_schema(Some(world.db.clone()), Lang::En);
    for keys in KEYS {
        for (caller, _) in callers(data) {
            let [kept, counted] = [false, true].map(|counting| query(keys, counting));
            let kept = world.ask_as(&caller, &kept, json!({})).await;
            assert_eq!(kept.get("errors"), None, "{kept:#}");
            assert_eq!(kept, world.ask_as(&caller, &counted, json!({})).await, "{keys}");
        }
        let ask = async |counting: bool| {
            let request = async_graphql::Request::new(query(keys, counting)).data(Caller::public()).data(Lang::En);
            let answer = public.execute(request.data(ProfileLimits::PUBLIC)).await;
            assert_eq!(answer.errors, []);
            answer.data
        };
        assert_eq!(ask(false).await, ask(true).await, "{keys}");
    }
    let all = invariants::of(world.db.read());
    let invariant = all.iter().find(|invariant| invariant.name == "kept_numbers_are_counted").expect("an invariant");
    let outcome = invariants::check(world.db.read(), &Caller::operator(), invariant).await;
    assert_eq!(outcome.expect("a check"), Outcome::Holds);
}

/// One change of some row, whichever comes; what cannot be is refused by the database and changes nothing.
async fn change(world: &World, data: &Data, dice: &mut Dice) {
    let projects = project::Entity::find().all(world.db.read()).await.expect("projects");
    let indicators = indicator::Entity::find().all(world.db.read()).await.expect("indicators");
    let (which, of) = (dice.below(7), &projects[dice.below(projects.len())]);
    let some: Vec<_> = (0..5).map(|_| indicators[dice.below(indicators.len())].clone()).collect();
    let firsts: Vec<_> = data.levels.iter().filter(|level| level.rank == 1).collect();
    let level = firsts[dice.below(firsts.len())].id;
    let division = data.divisions[dice.below(data.divisions.len())].code.clone();
    let ids: Vec<IndicatorId> = some.iter().map(|row| row.id).collect();
    let to_ids = indicator::Column::Id.is_in(ids);
    let done = world.db.write(async |tx| {
        let update = indicator::Entity::update_many();
        match which {
            0 => {
                project::Entity::delete_by_id(of.id).exec(tx).await?;
            }
            1 => {
                indicator::Entity::delete_many().filter(to_ids.clone()).exec(tx).await?;
            }
            2 => {
                let new = some.iter().zip(10_000..).map(|(row, ordinal)| indicator::Model {
                    id: IndicatorId::new(),
                    project_id: of.id,
                    ordinal: ordinal + i32::try_from(indicators.len()).expect("few"),
                    level2_id: row.level2_id.filter(|_| ordinal % 2 == 0),
                    ..row.clone()
                });
                insert(tx, &new.collect::<Vec<_>>()).await;
            }
            3 => {
                let other = match of.publication {
                    Publication::Draft => Publication::Published,
                    Publication::Published => Publication::Draft,
                };
                let update = project::Entity::update_many().filter(project::Column::UnitId.eq(of.unit_id));
                update.col_expr(project::Column::Publication, Expr::value(other)).exec(tx).await?;
            }
            4 => {
                let update = update.col_expr(indicator::Column::Level1Id, Expr::value(level));
                update.filter(to_ids.clone()).exec(tx).await?;
            }
            5 => {
                let update = update.col_expr(indicator::Column::Level2Id, Expr::value(None::<uuid::Uuid>));
                let update = update.col_expr(indicator::Column::Weight, Expr::value(7));
                update.filter(to_ids.clone()).exec(tx).await?;
            }
            _ => {
                let update = update.col_expr(indicator::Column::DivisionCode, Expr::value(division.as_str()));
                let update = update.col_expr(indicator::Column::FiscalYear, Expr::value(2019));
                update.filter(indicator::Column::ProjectId.eq(of.id)).exec(tx).await?;
            }
        }
        Ok(())
    });
    done.await.expect("a change that can be");
}

#[tokio::test]
async fn kept_numbers_are_what_counting_gives_after_any_write() {
    let (world, data) = stage(Shape { projects: 6, ..Shape::SMALL }).await;
    let mut dice = Dice(5);
    agree(&world, &data).await;
    for round in 0..60 {
        change(&world, &data, &mut dice).await;
        if round % 10 == 9 {
            agree(&world, &data).await;
        }
    }
}

#[tokio::test]
async fn kept_numbers_answer_what_they_can() {
    let (world, data) = stage(Shape::SMALL).await;
    let stored = world.db.write(async |tx| {
        tx.execute_unprepared("UPDATE indicator_count SET number = number + 1000").await?;
        Ok(())
    });
    stored.await.expect("an update");
    let total = async |caller: &Caller, arguments: &str, selection: &str| {
        let query = format!("{{ indicatorGroups({arguments}) {{ nodes {{ count {selection} }} }} }}");
        let answer = world.ask_as(caller, &query, json!({})).await;
        let groups = answer["data"]["indicatorGroups"]["nodes"].as_array().expect("groups").clone();
        groups.iter().map(|group| group["count"].as_i64().expect("a count")).sum::<i64>()
    };
    let by_unit = person(vec![
        Grant::view(Role::Finance, Scope::Everything),
        Grant::view(Role::Department, Scope::Unit(data.units[0].id)),
    ]);
    let division = person(vec![Grant::view(Role::Finance, Scope::Division(data.divisions[0].code.clone()))]);
    for (caller, arguments, selection, kept) in [
        (&reader(), "groupBy: [LEVEL2]", "level2 { id }", true),
        (
            &reader(),
            "groupBy: [LEVEL1, DIVISION, FISCAL_YEAR], having: {count: {gt: 0}}, orderBy: [{field: COUNT}]",
            "",
            true,
        ),
        (
            &division,
            "groupBy: [LEVEL2], filter: {or: [{fiscalYear: {gt: 1}}, {not: {divisionCode: {eq: \"1\"}}}]}",
            "",
            true,
        ),
        (&reader(), "groupBy: [LEVEL2], filter: {or: [{fiscalYear: {gt: 1}}, {not: {name: {eq: \"1\"}}}]}", "", false),
        (&reader(), "groupBy: [LEVEL2, UNIT]", "", false),
        (&reader(), "groupBy: [LEVEL2]", "weight { max }", false),
        (&reader(), "groupBy: [LEVEL2], having: {weight: {sum: {isNull: false}}}", "", false),
        (&reader(), "groupBy: [LEVEL2], orderBy: [{field: WEIGHT}]", "", false),
    ] {
        assert_eq!(total(caller, arguments, selection).await > 1000, kept, "{arguments} {selection}");
    }
    // Everything without a limit of years sees the same through any further grant.
    assert!(total(&by_unit, "groupBy: [LEVEL2]", "").await > 1000);
    let unit = person(vec![Grant::view(Role::Department, Scope::Unit(data.units[0].id))]);
    assert!(total(&unit, "groupBy: [LEVEL2]", "").await < 1000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_at_the_same_time_leave_the_right_numbers() {
    const DIVISIONS: [&str; 2] = ["130304", "130916"];
    let first = World::empty().await;
    for division in DIVISIONS {
        write(&first, "divisionUpsert", json!({"key": {"code": division}, "set": {}}), "outcome").await;
        let key = json!({"divisionCode": division, "code": "450"});
        write(&first, "unitUpsert", json!({"key": key, "set": {"name": "局"}}), "outcome").await;
    }
    let worlds = [first.beside().await, first.beside().await, first];
    let finance = person(vec![Grant::new(Role::Finance, Scope::Everything)]);
    join_all(worlds.iter().zip(1..).map(async |(world, seed)| {
        let mut dice = Dice(seed);
        for _ in 0..25 {
            let division = dice.one(&DIVISIONS);
            let key = json!({"divisionCode": division, "fiscalYear": 2020 + dice.below(2), "unitCode": "450",
                "code": dice.one(&["A", "B", "C"])});
            let levels: &[(&str, &str)] =
                &[("产出指标", "数量指标"), ("产出指标", "质量指标"), ("效益指标", "经济效益指标")];
            let indicators: Vec<Value> = (0..dice.below(5))
                .map(|n| {
                    let (level1, level2) = dice.one(levels);
                    json!({"level1": level1, "level2": level2, "name": format!("指标{n}"), "target": {"text": "≥3人"}})
                })
                .collect();
            let selection = "outcome userErrors { code }";
            match dice.below(5) {
                0 => write(world, "projectDelete", json!({"by": {"key": key}}), selection).await,
                1 => write_as(world, &finance, "projectPublish", json!({"by": {"key": key}}), selection).await,
                2 => write_as(world, &finance, "projectUnpublish", json!({"by": {"key": key}}), selection).await,
                _ => {
                    let set = json!({"name": "项目", "indicators": indicators});
                    write_as(world, &editor(), "projectUpsert", json!({"key": key, "set": set}), selection).await
                }
            };
        }
    }))
    .await;
    let kept = worlds[0].ask("{ indicatorGroups(groupBy: [DIVISION]) { nodes { count } } }", json!({})).await;
    assert_eq!(kept["indicatorGroups"]["nodes"].as_array().map(Vec::len), Some(2));
    conformance::holds(worlds[0].db.read()).await;
}
