//! Writes of projects and their parts: what is kept, cleared and set, what is refused and why, and what is written beside
//! what fails.

use entity::{finding, indicator, objective, plan_point, project};
use jixiao::auth::{Account, Caller, Grant, Scope};
use jixiao::input::indicator::write as indicator_input;
use jixiao::input::plan::write as point_input;
use jixiao::input::project::write as project_input;
use jixiao::input::{At, Detail, UserErrorCode};
use jixiao::service::write::project::{Edit, ProjectRow, Who, apply};
use jixiao::service::write::{Atomicity, Mode, Outcome, Row, RowResult};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::support::database::{self, work_as};
use crate::support::world::World;

const DIVISION: &str = "130304";
const UNIT: &str = "450002";

/// A world with one division and two units.
async fn world() -> World {
    let world = World::empty().await;
    let done = database::work(&world.db, async |work| {
        jixiao::service::division::hold(work, DIVISION, Some("北戴河区")).await?;
        for (code, name) in [(UNIT, "医疗保障局"), ("451001", "教育局")] {
            let named = jixiao::service::unit::Named {
                division_code: DIVISION,
                code,
                name,
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

fn key(code: &str) -> Value {
    json!({"divisionCode": DIVISION, "fiscalYear": 2020, "unitCode": UNIT, "code": code})
}

/// Rows as they are read from the input `rows`.
fn project_rows(rows: &[Value], mode: Mode) -> Vec<Row<ProjectRow>> {
    rows.iter()
        .enumerate()
        .map(|(index, row)| {
            let mut errors = Vec::new();
            let root = At::ROOT;
            let rows = root.field("rows");
            let at = rows.entry(index);
            let read = project_input().read(row, &at, &mut errors);
            Row { path: at.path(), input: ProjectRow::of_project(&read, mode), errors }
        })
        .collect()
}

fn indicator_rows(rows: &[Value]) -> Vec<Row<ProjectRow>> {
    rows.iter()
        .enumerate()
        .map(|(index, row)| {
            let (mut errors, root) = (Vec::new(), At::ROOT);
            let at = root.entry(index);
            let read = indicator_input().read(row, &at, &mut errors);
            Row { path: at.path(), input: ProjectRow::of_indicator(&read, Mode::Upsert), errors }
        })
        .collect()
}

fn point_rows(rows: &[Value]) -> Vec<Row<ProjectRow>> {
    rows.iter()
        .enumerate()
        .map(|(index, row)| {
            let (mut errors, root) = (Vec::new(), At::ROOT);
            let at = root.entry(index);
            let read = point_input().read(row, &at, &mut errors);
            Row { path: at.path(), input: ProjectRow::of_point(&read, Mode::Upsert), errors }
        })
        .collect()
}

async fn write(world: &World, rows: Vec<Row<ProjectRow>>, atomicity: Atomicity) -> Vec<RowResult> {
    write_as(world, &Caller::operator(), rows, atomicity).await
}

async fn write_as(world: &World, caller: &Caller, rows: Vec<Row<ProjectRow>>, atomicity: Atomicity) -> Vec<RowResult> {
    let written = work_as(&world.db, caller, async |work| apply(work, &rows, atomicity).await);
    written.await.expect("a write that is answered")
}

async fn upsert(world: &World, rows: &[Value]) -> Vec<RowResult> {
    write(world, project_rows(rows, Mode::Upsert), Atomicity::All).await
}

/// Outcomes, and the code and path of each mistake.
fn shown(results: &[RowResult]) -> Vec<String> {
    let line = |result: &RowResult| {
        let errors = result.errors.iter().map(|error| format!(" {} {}", error.code.as_str(), error.path.join(".")));
        format!("{}{}", result.outcome.as_str(), errors.collect::<String>())
    };
    results.iter().map(line).collect()
}

async fn stored(world: &World, code: &str) -> project::Model {
    let found = project::Entity::find().filter(project::Column::Code.eq(code)).one(world.db.read()).await;
    found.expect("a look-up").expect("a stored project")
}

async fn points(world: &World) -> Vec<(i32, i64, i64, String)> {
    let rows = plan_point::Entity::find().order_by_asc(plan_point::Column::Month).all(world.db.read()).await;
    let line = |row: plan_point::Model| (row.month, row.percent.unwrap().0, row.amount.unwrap().0, row.raw);
    rows.expect("points").into_iter().map(line).collect()
}

fn whole() -> Value {
    json!({
        "name": "医保信息系统维护",
        "budget": {"wanYuan": "20.00"}, "fiscalFunds": {"wanYuan": "20.00"},
        "purpose": "系统维护",
        "objectives": ["1.保障系统稳定运行", "2.提升服务水平"],
        "plan": [{"month": 3, "percent": "20"}, {"month": 12, "percent": "100"}],
        "indicators": [
            {"level1": "产出指标", "level2": "数量指标", "name": "维护次数", "target": {"text": "≥12次"}, "basis": "合同"},
            {"level1": "R2015-2", "level2": "R2015-22", "name": "系统可用率",
             "target": {"quantity": {"comparison": "GE", "value": "99.5", "unit": "%"}}},
        ],
    })
}

#[tokio::test]
async fn a_project_is_made_with_everything_inside_and_again_changes_nothing() {
    let world = world().await;
    let row = json!({"key": key("A"), "set": whole()});
    assert_eq!(shown(&upsert(&world, std::slice::from_ref(&row)).await), ["CREATED"]);
    let project = stored(&world, "A").await;
    assert_eq!((project.version, project.ordinal, project.budget.unwrap().0), (1, 1, 20_000_000));
    assert_eq!(
        points(&world).await,
        [(3, 20_000_000, 4_000_000, "20".to_owned()), (12, 100_000_000, 20_000_000, "100".to_owned())]
    );
    let indicators = indicator::Entity::find().order_by_asc(indicator::Column::Ordinal).all(world.db.read()).await;
    let targets: Vec<_> = indicators.unwrap().into_iter().map(|row| (row.name, row.target_raw, row.value)).collect();
    let micro = |value| Some(entity::value::Micro(value));
    assert_eq!(
        targets,
        [
            ("维护次数".to_owned(), "≥12次".to_owned(), micro(12_000_000)),
            ("系统可用率".to_owned(), "≥99.5%".to_owned(), micro(99_500_000)),
        ]
    );
    assert_eq!(shown(&upsert(&world, &[row]).await), ["UNCHANGED"]);
    assert_eq!(stored(&world, "A").await, project);
}

#[tokio::test]
async fn absent_keeps_null_clears_and_a_part_grows_the_version_of_the_project() {
    let world = world().await;
    upsert(&world, &[json!({"key": key("A"), "set": whole()})]).await;
    let set = json!({"purpose": null, "objectivesPatch": [{"ordinal": 2, "text": "2.改善服务"}]});
    assert_eq!(shown(&upsert(&world, &[json!({"key": key("A"), "set": set})]).await), ["UPDATED"]);
    let project = stored(&world, "A").await;
    assert_eq!((project.purpose.as_deref(), project.name.as_str(), project.version), (None, "医保信息系统维护", 2));
    let texts = objective::Entity::find().order_by_asc(objective::Column::Ordinal).all(world.db.read()).await.unwrap();
    let texts: Vec<_> = texts.iter().map(|row| (row.text.as_str(), row.version)).collect();
    assert_eq!(texts, [("保障系统稳定运行", 1), ("改善服务", 2)]);
    let set = json!({"indicatorsPatch": [{"ordinal": 1, "delete": true}]});
    upsert(&world, &[json!({"key": key("A"), "set": set})]).await;
    assert_eq!(stored(&world, "A").await.version, 3, "a part is part of the project");
    let set = json!({"plan": null, "objectives": [], "indicators": null});
    upsert(&world, &[json!({"key": key("A"), "set": set})]).await;
    assert_eq!(plan_point::Entity::find().count(world.db.read()).await.unwrap(), 0);
    assert_eq!(indicator::Entity::find().count(world.db.read()).await.unwrap(), 0);
}

#[tokio::test]
async fn every_mistake_of_every_row_is_named_and_nothing_is_written() {
    let world = world().await;
    let with = |code: &str, changes: Value| {
        let mut set = whole();
        for (name, value) in changes.as_object().unwrap() {
            set[name] = value.clone();
        }
        json!({"key": key(code), "set": set})
    };
    let mut elsewhere = key("K");
    elsewhere["unitCode"] = json!("999999");
    let rows = [
        with("A", json!({})),
        with("B", json!({"fiscalFunds": {"wanYuan": "19"}})),
        with("C", json!({"plan": [{"month": 3, "percent": "60"}, {"month": 6, "percent": "50"}]})),
        with("D", json!({"plan": [{"month": 3, "amount": {"wanYuan": "21"}}], "name": null})),
        with("E", json!({"plan": [{"month": 3, "percent": "1", "amount": {"yuan": "1"}}]})),
        with("F", json!({"indicators": [{"name": "甲"}], "objectives": [" "]})),
        with("A", json!({"name": "又一个"})),
        json!({"key": elsewhere, "set": whole()}),
        json!({"key": {"divisionCode": DIVISION, "fiscalYear": 2020, "unitCode": UNIT}, "set": {}}),
        json!({"key": key("G"), "set": {"budget": {"wanYuan": "1"}}}),
        with("H", json!({"plan": [], "planPatch": []})),
        json!({"key": key("J"), "expectedVersion": 3, "set": whole()}),
    ];
    let results = upsert(&world, &rows).await;
    assert_eq!(
        shown(&results),
        [
            "SKIPPED",
            "FAILED RULE_VIOLATED rows.1.set.budget",
            "FAILED RULE_VIOLATED rows.2.set.plan.1",
            "FAILED REQUIRED rows.3.set.name RULE_VIOLATED rows.3.set.plan.0",
            "FAILED INVALID_FORMAT rows.4.set.plan.0",
            "FAILED REQUIRED rows.5.set.objectives.0 REQUIRED rows.5.set.indicators.0.level1 REQUIRED \
             rows.5.set.indicators.0.target",
            "FAILED DUPLICATE_IN_REQUEST rows.6.key",
            "FAILED NOT_FOUND rows.7.key.unitCode",
            "FAILED INVALID_FORMAT rows.8.key",
            "FAILED REQUIRED rows.9.set.name",
            "FAILED INVALID_FORMAT rows.10.set.planPatch",
            "FAILED NOT_FOUND rows.11.expectedVersion",
        ]
    );
    assert_eq!(project::Entity::find().count(world.db.read()).await.unwrap(), 0);

    let results = write(&world, project_rows(&rows, Mode::Upsert), Atomicity::PerRow).await;
    assert_eq!(results[0].outcome, Outcome::Created);
    assert!(results[1..].iter().all(|result| result.outcome == Outcome::Failed));
    assert_eq!(project::Entity::find().count(world.db.read()).await.unwrap(), 1);
    assert_eq!(stored(&world, "A").await.name, "医保信息系统维护");
}

#[tokio::test]
async fn a_version_that_has_passed_is_a_conflict_with_what_differs() {
    let world = world().await;
    upsert(&world, &[json!({"key": key("A"), "set": whole()})]).await;
    upsert(&world, &[json!({"key": key("A"), "set": {"purpose": "另一用途"}})]).await;
    let row =
        json!({"key": key("A"), "expectedVersion": 1, "set": {"purpose": "系统维护", "name": "医保信息系统维护"}});
    let results = upsert(&world, &[row]).await;
    assert_eq!(shown(&results), ["FAILED CONFLICT rows.0.expectedVersion"]);
    let Detail::Conflict { expected, current, node, changed } = &*results[0].errors[0].detail else {
        panic!("{results:?}")
    };
    assert_eq!((*expected, *current, changed.as_slice()), (1, 2, ["purpose".to_owned()].as_slice()));
    assert_eq!(*node, stored(&world, "A").await.id.public());
    let row = json!({"key": key("A"), "expectedVersion": 0, "set": {}});
    assert_eq!(shown(&upsert(&world, &[row]).await), ["FAILED CONFLICT rows.0.expectedVersion"]);
    let row = json!({"key": key("A"), "expectedVersion": 2, "set": {"purpose": "系统维护"}});
    assert_eq!(shown(&upsert(&world, &[row]).await), ["UPDATED"]);
}

#[tokio::test]
async fn modes_want_new_or_known_projects() {
    let world = world().await;
    let row = json!({"key": key("A"), "set": whole()});
    let rows = |mode| project_rows(std::slice::from_ref(&row), mode);
    assert_eq!(shown(&write(&world, rows(Mode::Update), Atomicity::All).await), ["FAILED NOT_FOUND rows.0.key"]);
    assert_eq!(shown(&write(&world, rows(Mode::Create), Atomicity::All).await), ["CREATED"]);
    assert_eq!(shown(&write(&world, rows(Mode::Create), Atomicity::All).await), ["FAILED DUPLICATE rows.0.key"]);
    assert_eq!(shown(&write(&world, rows(Mode::Update), Atomicity::All).await), ["UNCHANGED"]);
    let rename = json!({"key": key("B"), "set": {"name": "乙", "code": "A"}});
    assert_eq!(shown(&upsert(&world, &[rename]).await), ["FAILED DUPLICATE rows.0.set.code"]);
}

#[tokio::test]
async fn points_of_a_plan_are_judged_together_and_the_one_that_breaks_it_fails() {
    let world = world().await;
    upsert(&world, &[json!({"key": key("A"), "set": whole()})]).await;
    let point =
        |month: i32, percent: &str| json!({"key": {"project": key("A"), "month": month}, "set": {"percent": percent}});
    // Each for itself would fall below the other; together they do not.
    let rows = [point(3, "70"), point(6, "80"), point(10, "90")];
    assert_eq!(shown(&write(&world, point_rows(&rows), Atomicity::All).await), ["UPDATED", "CREATED", "CREATED"]);
    let rows = [point(6, "75"), point(10, "60"), point(12, "95")];
    let results = write(&world, point_rows(&rows), Atomicity::PerRow).await;
    assert_eq!(shown(&results), ["UPDATED", "FAILED RULE_VIOLATED 1.set", "UPDATED"]);
    let percents: Vec<i64> = points(&world).await.into_iter().map(|(_, percent, _, _)| percent / 1_000_000).collect();
    assert_eq!(percents, [70, 75, 90, 95]);
    let rows = [point(6, "76"), json!({"key": {"project": key("A"), "month": 7}, "set": {"amount": {"yuan": "1"}}})];
    let results = write(&world, point_rows(&rows), Atomicity::PerProject).await;
    assert_eq!(shown(&results), ["SKIPPED", "FAILED INVALID_FORMAT 1.set"]);
    assert_eq!(points(&world).await.len(), 4);
}

#[tokio::test]
async fn another_budget_computes_the_plan_anew() {
    let world = world().await;
    upsert(&world, &[json!({"key": key("A"), "set": whole()})]).await;
    let set = json!({"budget": {"wanYuan": "40"}, "fiscalFunds": null, "otherFunds": {"wanYuan": "40"}});
    upsert(&world, &[json!({"key": key("A"), "set": set})]).await;
    let amounts: Vec<i64> = points(&world).await.into_iter().map(|(_, _, amount, _)| amount).collect();
    assert_eq!(amounts, [8_000_000, 40_000_000]);
}

#[tokio::test]
async fn indicators_are_written_by_their_own_keys() {
    let world = world().await;
    upsert(&world, &[json!({"key": key("A"), "set": whole()})]).await;
    let row = |ordinal: i32, set: Value| json!({"key": {"project": key("A"), "ordinal": ordinal}, "set": set});
    let rows = [
        row(1, json!({"target": {"text": "≥24次"}})),
        row(2, json!({"basis": "系统日志"})),
        row(3, json!({"level1": "满意度指标", "name": "参保人满意度", "target": {"text": "≥90%"}})),
        row(4, json!({"name": "没有指标值"})),
    ];
    let results = write(&world, indicator_rows(&rows), Atomicity::PerRow).await;
    assert_eq!(
        shown(&results),
        ["UPDATED", "UPDATED", "CREATED", "FAILED REQUIRED 3.set.level1 REQUIRED 3.set.target"]
    );
    let rows = [row(1, json!({"target": {"text": "≥24次"}}))];
    assert_eq!(shown(&write(&world, indicator_rows(&rows), Atomicity::PerRow).await), ["UNCHANGED"]);
    let names = indicator::Entity::find().order_by_asc(indicator::Column::Ordinal).all(world.db.read()).await.unwrap();
    let versions: Vec<_> = names.iter().map(|row| (row.name.as_str(), row.version)).collect();
    assert_eq!(versions, [("维护次数", 2), ("系统可用率", 2), ("参保人满意度", 1)]);
}

#[tokio::test]
async fn a_row_of_an_indicator_that_fails_leaves_nothing_beside_a_good_one() {
    let world = world().await;
    upsert(&world, &[json!({"key": key("A"), "set": whole()})]).await;
    let row = |ordinal: i32, version: Value, name: &str| {
        let set = json!({"name": name, "level1": "产出指标", "target": {"text": "3次"}});
        json!({"key": {"project": key("A"), "ordinal": ordinal}, "expectedVersion": version, "set": set})
    };
    let rows =
        [row(1, json!(7), "过时"), row(2, json!(1), "及时"), row(3, json!(1), "没有"), row(2, Value::Null, "重复")];
    let results = write(&world, indicator_rows(&rows), Atomicity::PerRow).await;
    assert_eq!(
        shown(&results),
        [
            "FAILED CONFLICT 0.expectedVersion",
            "UPDATED",
            "FAILED NOT_FOUND 2.expectedVersion",
            "FAILED DUPLICATE_IN_REQUEST 3.key",
        ]
    );
    let rows = indicator::Entity::find().order_by_asc(indicator::Column::Ordinal).all(world.db.read()).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["维护次数", "及时"]);
}

#[tokio::test]
async fn mistakes_that_only_follow_from_another_are_not_named() {
    let world = world().await;
    upsert(&world, &[json!({"key": key("A"), "set": whole()})]).await;
    let set = json!({
        "budget": {"yuan": "0.001"}, "fiscalFunds": {"yuan": "1"}, "plan": [{"month": 1, "amount": {"yuan": "5"}}],
        "name": " ", "indicators": [{"level1": "产出指标", "name": "次数", "target": {"quantity": {"value": "x"}}}],
    });
    let rows = [json!({"key": key("A"), "set": set}), json!({"key": key("B"), "set": set})];
    let named = |row: usize| {
        let path = format!("rows.{row}.set");
        let quantity = format!("{path}.indicators.0.target.quantity");
        format!(
            "FAILED INVALID_FORMAT {path}.budget.yuan INVALID_FORMAT {quantity}.value \
             REQUIRED {quantity}.comparison REQUIRED {path}.name"
        )
    };
    assert_eq!(shown(&upsert(&world, &rows).await), [named(0), named(1)]);
}

#[tokio::test]
async fn a_second_row_of_a_project_is_a_mistake_even_where_the_first_one_fails() {
    let world = world().await;
    let rows = [
        json!({"key": key("A"), "set": {"purpose": "没有名称"}}),
        json!({"key": key("A"), "set": whole()}),
        json!({"key": {"divisionCode": DIVISION, "fiscalYear": 2020, "unitCode": "451001", "code": "B"}, "set": whole()}),
        json!({"key": key("B"), "set": whole()}),
    ];
    let results = write(&world, project_rows(&rows, Mode::Upsert), Atomicity::PerRow).await;
    assert_eq!(
        shown(&results),
        [
            "FAILED REQUIRED rows.0.set.name",
            "FAILED DUPLICATE_IN_REQUEST rows.1.key",
            "CREATED",
            "FAILED DUPLICATE rows.3.key.code",
        ]
    );
}

#[tokio::test]
async fn a_project_with_parts_goes_only_when_told_to_take_them_along() {
    let world = world().await;
    upsert(&world, &[json!({"key": key("A"), "set": whole()})]).await;
    let delete = |cascade| {
        let key = project_rows(&[json!({"key": key("A"), "set": {}})], Mode::Update);
        key.into_iter()
            .map(move |row| Row { input: ProjectRow { edit: Edit::DeleteProject { cascade }, ..row.input }, ..row })
    };
    let results = write(&world, delete(false).collect(), Atomicity::All).await;
    assert_eq!(shown(&results), ["FAILED HAS_DEPENDANTS rows.0.cascade"]);
    let results = write(&world, delete(true).collect(), Atomicity::All).await;
    assert_eq!(shown(&results), ["DELETED"]);
    assert_eq!(project::Entity::find().count(world.db.read()).await.unwrap(), 0);
    assert_eq!(plan_point::Entity::find().count(world.db.read()).await.unwrap(), 0);
    assert_eq!(shown(&upsert(&world, &[json!({"key": key("A"), "set": whole()})]).await), ["CREATED"]);
}

#[tokio::test]
async fn what_the_rules_notice_is_found_again_after_each_write() {
    let world = world().await;
    let rules = async || {
        let found = finding::Entity::find().order_by_asc(finding::Column::Rule).all(world.db.read()).await.unwrap();
        found.into_iter().map(|row| row.rule).collect::<Vec<_>>()
    };
    let mut set = whole();
    set["purpose"] = Value::Null;
    upsert(&world, &[json!({"key": key("A"), "set": set})]).await;
    assert!(rules().await.contains(&"PURPOSE_MISSING".to_owned()), "{:?}", rules().await);
    upsert(&world, &[json!({"key": key("A"), "set": {"purpose": "系统维护"}})]).await;
    assert!(!rules().await.contains(&"PURPOSE_MISSING".to_owned()), "{:?}", rules().await);
}

#[tokio::test]
async fn who_may_only_read_or_not_even_see_is_told_no_more_than_that() {
    let world = world().await;
    upsert(&world, &[json!({"key": key("A"), "set": whole()})]).await;
    let unit = entity::unit::Entity::find()
        .filter(entity::unit::Column::Code.eq("451001"))
        .one(world.db.read())
        .await
        .unwrap()
        .unwrap();
    let account = Account {
        id: entity::id::AccountId::new(),
        name: "editor".to_owned(),
        kind: entity::value::AccountKind::Service,
    };
    let editor = entity::value::Role::Editor;
    let own = Grant { role: editor, scope: Scope::Unit(unit.id) };
    let reads = Grant { role: entity::value::Role::Reader, scope: Scope::Division(DIVISION.to_owned()) };
    let blind = Caller::account(account.clone(), vec![own.clone()]);
    let rows = |key: Value| project_rows(&[json!({"key": key, "set": whole()})], Mode::Upsert);
    let results = write_as(&world, &blind, rows(key("A")), Atomicity::All).await;
    assert_eq!(shown(&results), ["FAILED NOT_FOUND rows.0.key.unitCode"]);
    let mut mine = key("A");
    mine["unitCode"] = json!("451001");
    let results = write_as(&world, &blind, rows(mine.clone()), Atomicity::All).await;
    assert_eq!(shown(&results), ["FAILED DUPLICATE rows.0.key.code"]);
    assert_eq!(*results[0].errors[0].detail, Detail::Duplicate { existing: None });
    let reader = Caller::account(account, vec![own, reads]);
    let results = write_as(&world, &reader, rows(key("A")), Atomicity::All).await;
    assert_eq!(shown(&results), ["FAILED FORBIDDEN rows.0.key"]);
    mine["code"] = json!("M");
    assert_eq!(shown(&write_as(&world, &blind, rows(mine), Atomicity::All).await), ["CREATED"]);
}

#[tokio::test]
async fn statements_do_not_grow_with_the_rows() {
    let world = world().await;
    let mut counts = Vec::new();
    for size in [10, 100, 400] {
        let rows: Vec<Value> = (0..size).map(|n| json!({"key": key(&format!("{size}-{n}")), "set": whole()})).collect();
        let before = world.statements.load(std::sync::atomic::Ordering::Relaxed);
        let results = upsert(&world, &rows).await;
        assert!(results.iter().all(|result| result.outcome == Outcome::Created));
        counts.push(world.statements.load(std::sync::atomic::Ordering::Relaxed) - before);
    }
    // Some hundred rows are one statement more for each table, never one for each row.
    assert!(counts[1] <= counts[0] + 8 && counts[2] <= counts[0] + 24, "{counts:?}");
}

#[test]
fn a_row_names_its_project_by_id_too() {
    let id = entity::id::ProjectId::new();
    let row = ProjectRow {
        who: Who::Id(id.public(), &["by", "id"]),
        mode: Mode::Update,
        expected_version: None,
        edit: Edit::Indicator(3, None),
    };
    assert_eq!(row.to_string(), format!("{} #3", id.public()));
    assert_eq!(UserErrorCode::from_name("CONFLICT"), Some(UserErrorCode::Conflict));
}
