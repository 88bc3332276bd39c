//! `viewer.can` says what mutations do.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::UnitId;
use entity::value::{Duty, Publication, Role};
use entity::{department_goal, project, unit};
use jixiao::auth::policy::Permission;
use jixiao::auth::{Caller, Grant, Scope, Years};
use jixiao::graphql::access;
use jixiao::service::permission::Action;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::{administrators, bare};
use crate::support::data::{Data, Shape};
use crate::support::introspection::{Introspection, text};
use crate::support::world::{World, person, reader};

const UNITS: usize = 8;

/// Asks whether actions are allowed.
async fn can(world: &World, caller: &Caller, checks: &[Value]) -> Vec<bool> {
    let query = "query($checks: [PermissionCheck!]!) { viewer { can(checks: $checks) { action allowed } } }";
    let mut answers = Vec::new();
    for checks in checks.chunks(200) {
        let answer = world.ask_as(caller, query, json!({ "checks": checks })).await;
        assert_eq!(answer.get("errors"), None, "{answer:#}");
        let given = answer["data"]["viewer"]["can"].as_array().expect("answers").clone();
        let named: Vec<&Value> = given.iter().map(|answer| &answer["action"]).collect();
        assert_eq!(named, checks.iter().map(|check| &check["action"]).collect::<Vec<_>>());
        answers.extend(given.iter().map(|answer| answer["allowed"] == true));
    }
    answers
}

struct Scene {
    world: World,
    data: Data,
}

/// A mutation, what `can` is asked about it, and an input that would go wrong for another reason than a missing right: so that
/// nothing changes.
type Case = (&'static str, Value, Value);

impl Scene {
    async fn new() -> Self {
        let world = World::empty().await;
        let shape = Shape { divisions: 2, units: UNITS, projects: 1, indicators: 1, varied: false, canaries: false };
        let data = Data::stored(&world.db, shape).await;
        let published = || Expr::val(Publication::Published);
        let publish = world.db.write(async |tx| {
            let projects = project::Entity::update_many().col_expr(project::Column::Publication, published());
            projects.filter(project::Column::FiscalYear.eq(2020)).exec(tx).await?;
            let goals =
                department_goal::Entity::update_many().col_expr(department_goal::Column::Publication, published());
            goals.filter(department_goal::Column::FiscalYear.eq(2020)).exec(tx).await?;
            Ok(())
        });
        publish.await.expect("published records");
        Self { world, data }
    }

    /// A unit that has one above and one below it.
    fn own(&self) -> &unit::Model {
        let of_first = || self.data.units.iter().take(UNITS);
        let has_child = |id: UnitId| of_first().any(|unit| unit.parent_id == Some(id));
        of_first().find(|unit| unit.parent_id.is_some() && has_child(unit.id)).expect("a unit in the middle")
    }

    fn relations(&self) -> Vec<(&'static str, &unit::Model)> {
        let own = self.own();
        let (units, below) = (&self.data.units, self.data.subtree(own.id));
        let above: Vec<UnitId> =
            units.iter().filter(|unit| self.data.subtree(unit.id).contains(&own.id)).map(|unit| unit.id).collect();
        let child = units.iter().find(|unit| unit.parent_id == Some(own.id));
        let parent = units.iter().find(|unit| own.parent_id == Some(unit.id));
        let beside = units.iter().take(UNITS).find(|unit| !below.contains(&unit.id) && !above.contains(&unit.id));
        let other = units.get(UNITS);
        [("own", Some(own)), ("child", child), ("parent", parent), ("sibling", beside), ("other", other)]
            .into_iter()
            .map(|(name, unit)| (name, unit.expect(name)))
            .collect()
    }

    fn cases(&self, unit: &unit::Model, year: i32) -> Vec<Case> {
        let data = &self.data;
        let project =
            data.projects.iter().find(|row| row.unit_id == unit.id && row.fiscal_year == year).expect("a project");
        let goal = data.goals.iter().find(|row| row.unit_id == unit.id && row.fiscal_year == year).expect("a goal");
        let finding = data.findings.iter().find(|row| row.unit_id == unit.id && row.fiscal_year == year);
        let indicator = data.indicators.iter().find(|row| row.project_id == project.id);
        let objective = data.objectives.iter().find(|row| row.project_id == project.id);
        let division = data.divisions.iter().find(|row| row.code == unit.division_code).expect("a division");
        let object = |id: String| json!({ "id": id });
        let on = |id: String| json!({ "id": id });
        let place = |unit_code: Option<&str>, year: Option<i32>| json!({"place": {"divisionCode": unit.division_code, "unitCode": unit_code, "fiscalYear": year}});
        let unit_key = json!({"divisionCode": unit.division_code, "code": unit.code});
        let mut project_key = json!({"divisionCode": unit.division_code, "fiscalYear": year, "unitCode": unit.code});
        match &project.code {
            Some(code) => project_key["code"] = json!(code),
            None => project_key["name"] = json!(project.name),
        }
        let new_key = json!({"divisionCode": unit.division_code, "fiscalYear": year, "unitCode": unit.code, "name": "something new"});
        let goal_key = json!({"unit": unit_key, "fiscalYear": year});
        // Another version than any that is stored.
        let version = 2_000_000_000;
        let by_project = || json!({"by": object(project.id.public()), "expectedVersion": version});
        let with_set = |mut input: Value, set: Value| {
            input["set"] = set;
            input
        };
        let mut cases = vec![
            ("projectUpdate", on(project.id.public()), with_set(by_project(), json!({}))),
            ("projectDelete", on(project.id.public()), by_project()),
            ("projectPublish", on(project.id.public()), by_project()),
            ("projectUnpublish", on(project.id.public()), by_project()),
            ("projectCreate", place(Some(&unit.code), Some(year)), json!({"key": new_key, "set": {"purpose": "  "}})),
            (
                "spendingPlanUpsert",
                on(project.id.public()),
                json!({"project": object(project.id.public()), "set": [{"month": 12, "percent": "many"}]}),
            ),
            (
                "indicatorUpsert",
                on(project.id.public()),
                json!({"key": {"project": project_key, "ordinal": 1}, "expectedVersion": version, "set": {}}),
            ),
            (
                "objectiveUpsert",
                on(project.id.public()),
                json!({"key": {"project": project_key, "ordinal": 1}, "expectedVersion": version, "set": {"text": "x"}}),
            ),
            (
                "departmentGoalUpdate",
                on(goal.id.public()),
                json!({"key": goal_key, "expectedVersion": version, "set": {}}),
            ),
            ("departmentGoalDelete", on(goal.id.public()), json!({"key": goal_key, "expectedVersion": version})),
            ("departmentGoalPublish", on(goal.id.public()), json!({"key": goal_key, "expectedVersion": version})),
            ("departmentGoalUnpublish", on(goal.id.public()), json!({"key": goal_key, "expectedVersion": version})),
            ("unitUpdate", on(unit.id.public()), json!({"key": unit_key, "expectedVersion": version, "set": {}})),
            ("unitDelete", on(unit.id.public()), json!({"key": unit_key, "expectedVersion": version})),
            (
                "unitUpdate",
                place(Some(&unit.code), None),
                json!({"key": unit_key, "expectedVersion": version, "set": {}}),
            ),
            (
                "divisionUpdate",
                on(division.id.public()),
                json!({"key": {"code": division.code}, "expectedVersion": version, "set": {}}),
            ),
            (
                "divisionUpdate",
                place(None, None),
                json!({"key": {"code": division.code}, "expectedVersion": version, "set": {}}),
            ),
        ];
        if let Some(finding) = finding {
            let input = json!({"id": finding.id.public(), "expectedVersion": version, "reason": "x"});
            cases.push(("findingAcknowledge", on(finding.id.public()), input));
        }
        if let Some(indicator) = indicator {
            let key = json!({"project": project_key, "ordinal": indicator.ordinal});
            let input = json!({"key": key, "expectedVersion": version, "set": {}});
            cases.push(("indicatorUpdate", on(indicator.id.public()), input.clone()));
            cases.push(("indicatorDelete", on(indicator.id.public()), json!({"key": key, "expectedVersion": version})));
        }
        if let Some(objective) = objective {
            let key = json!({"project": project_key, "ordinal": objective.ordinal});
            let input = json!({"key": key, "expectedVersion": version, "set": {"text": "x"}});
            cases.push(("objectiveUpdate", on(objective.id.public()), input));
        }
        cases
    }

    /// Whether a mutation is refused for a missing right: in this service that reads as forbidden or as not there.
    async fn is_refused(&self, caller: &Caller, field: &str, input: &Value) -> bool {
        let ty = format!("{}{}Input", field[..1].to_uppercase(), &field[1..]);
        let query = format!(
            "mutation($input: {ty}!) {{ it: {field}(input: $input) {{ outcome userErrors {{ code message path }} }} }}"
        );
        let answer = self.world.ask_as(caller, &query, json!({ "input": input })).await;
        if let Some(errors) = answer["errors"].as_array() {
            let message = text(&errors[0]["message"]);
            assert!(message.starts_with("No grant of this account"), "{field} {message}");
            return true;
        }
        let errors = answer["data"]["it"]["userErrors"].as_array().expect("mistakes").clone();
        assert!(!errors.is_empty(), "{field} was done: {answer}");
        errors.iter().any(|error| error["code"] == "FORBIDDEN" || error["code"] == "NOT_FOUND")
    }
}

#[tokio::test]
async fn what_can_be_done_is_what_mutations_do() {
    let scene = Scene::new().await;
    let own = scene.own().clone();
    let years = Years { first: Some(2021), last: None };
    let unit = || Scope::Unit(own.id);
    let division = || Scope::Division(own.division_code.clone());
    let mut callers: Vec<(String, Caller)> = Vec::new();
    for role in Role::ALL.iter().filter(|role| **role != Role::Public) {
        callers.push((format!("{role:?} unit"), person(vec![Grant::new(*role, unit())])));
    }
    for role in [Role::UnitEditor, Role::Finance, Role::Service] {
        for (name, grant) in [
            ("division", Grant::new(role, division())),
            ("view", Grant::view(role, unit())),
            ("years", Grant::new(role, unit()).of_years(years)),
        ] {
            callers.push((format!("{role:?} {name}"), person(vec![grant])));
        }
    }
    let editor = || Grant::new(Role::UnitEditor, unit());
    callers.extend([
        ("everything".to_owned(), person(vec![Grant::new(Role::Service, Scope::Everything)])),
        ("editor who publishes".to_owned(), person(vec![editor(), Grant::new(Role::Finance, unit())])),
        ("editor who publishes the division".to_owned(), person(vec![editor(), Grant::new(Role::Finance, division())])),
        ("editor who looks around".to_owned(), person(vec![editor(), Grant::view(Role::Finance, division())])),
        ("nobody".to_owned(), person(Vec::new())),
    ]);
    let mut wrong = Vec::new();
    let (mut cells, mut allowed) = (0, BTreeMap::<&str, (usize, usize)>::new());
    for (name, caller) in &callers {
        for (relation, unit) in scene.relations() {
            for year in [2020, 2021] {
                let cases = scene.cases(unit, year);
                let checks: Vec<Value> =
                    cases.iter().map(|(field, on, _)| json!({"action": field, "on": on})).collect();
                for ((field, on, input), said) in cases.iter().zip(can(&scene.world, caller, &checks).await) {
                    cells += 1;
                    let does = !scene.is_refused(caller, field, input).await;
                    let counts = allowed.entry(field).or_default();
                    *(if does { &mut counts.0 } else { &mut counts.1 }) += 1;
                    if said != does {
                        wrong.push(format!("{name}, {relation}, {year}: {field} {on} said {said}, does {does}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cells}: {:#?}", wrong.len(), wrong.iter().take(40).collect::<Vec<_>>());
    assert!(cells > 3_000, "{cells}");
    let one_sided: Vec<_> = allowed.iter().filter(|(_, (yes, no))| *yes == 0 || *no == 0).collect();
    assert!(one_sided.is_empty(), "each is done by somebody and refused to somebody: {one_sided:?}");
}

#[tokio::test]
async fn every_mutation_is_an_action_with_its_permission() {
    let world = World::empty().await;
    let schema = Introspection::of(&world.schema).await;
    let mutations: BTreeSet<String> = schema.ty("Mutation")["fields"]
        .as_array()
        .expect("mutations")
        .iter()
        .map(|field| text(&field["name"]))
        .collect();
    let permissions = Permission::ALL.iter().map(|permission| permission.name().to_owned());
    let actions: BTreeSet<String> = Action::all().map(|action| action.name().to_owned()).collect();
    assert_eq!(actions, mutations.iter().cloned().chain(permissions).collect());
    for mutation in &mutations {
        let action = Action::from_name(mutation).expect("an action");
        assert_eq!(action.needs().first().copied(), access::of_mutation(mutation), "{mutation}");
    }
    // Without a target it is what the request itself would say.
    for role in Role::ALL {
        let caller = person(vec![Grant::new(*role, Scope::Everything)]);
        let checks: Vec<Value> = mutations.iter().map(|name| json!({ "action": name })).collect();
        let said = can(&world, &caller, &checks).await;
        for (mutation, said) in mutations.iter().zip(said) {
            let needs = Action::from_name(mutation).expect("an action").needs();
            assert_eq!(said, needs.iter().all(|permission| caller.may(*permission).is_ok()), "{role:?} {mutation}");
        }
    }
}

#[tokio::test]
async fn accounts_are_asked_about_like_records() {
    let world = World::empty().await;
    let all = administrators(&world).await;
    let lin = bare(&world, "lin", Duty::Business).await.id.public();
    let own = |caller: &Caller| caller.identity().expect("an account").id.public();
    let check = |action: &str, id: &str| json!({"action": action, "on": {"id": id}});
    for (caller, action, id, expected) in [
        (&all.system, "accountUpdate", lin.clone(), true),
        (&all.system, "accountInvite", lin.clone(), true),
        (&all.system, "accountInvite", own(&all.security), false),
        (&all.system, "grantGive", lin.clone(), false),
        (&all.security, "grantGive", lin.clone(), true),
        (&all.security, "grantGive", own(&all.security), false),
        (&all.security, "accountUpdate", lin.clone(), false),
        (&all.security, "serviceClientCreate", lin.clone(), false),
        (&all.audit, "account:read", lin.clone(), true),
        (&all.audit, "accountUpdate", lin.clone(), false),
        (&all.system, "accountUpdate", "acc_00000000000000000000000000".to_owned(), false),
    ] {
        assert_eq!(can(&world, caller, &[check(action, &id)]).await, [expected], "{action} {id}");
    }
    let outsider = person(vec![Grant::new(Role::SysAdmin, Scope::Division("1".to_owned()))]);
    assert_eq!(can(&world, &outsider, &[check("accountUpdate", &lin)]).await, [false]);
}

#[tokio::test]
async fn a_batch_needs_as_many_statements_as_one_question_of_each_kind() {
    let scene = Scene::new().await;
    let caller = person(vec![Grant::new(Role::UnitEditor, Scope::Unit(scene.own().id))]);
    // Of the first one something is found of each kind.
    let own = scene.data.units.iter().filter(|unit| unit.id == scene.own().id);
    let units: Vec<_> = own.chain(&scene.data.units).collect();
    let checks = |number: usize| -> Vec<Value> {
        let cases = units.iter().take(number).flat_map(|unit| scene.cases(unit, 2021));
        cases.map(|(field, on, _)| json!({"action": field, "on": on})).collect()
    };
    let (one, many) = (checks(1), checks(9));
    assert!(many.len() > 150 && many.len() <= 200, "{}", many.len());
    let (few, _) = scene.world.count(can(&scene.world, &caller, &one)).await;
    let (all, _) = scene.world.count(can(&scene.world, &caller, &many)).await;
    assert_eq!(few, all);
    assert!(all <= 12, "{all}");
}

#[tokio::test]
async fn permissions_are_what_role_and_token_allow() {
    let world = World::empty().await;
    let permissions = async |caller: &Caller| {
        let answer = world.ask_as(caller, "{ viewer { permissions } }", json!({})).await;
        let named =
            answer["data"]["viewer"]["permissions"].as_array().expect("names").iter().map(text).collect::<Vec<_>>();
        named.join(" ")
    };
    let whole = permissions(&person(vec![Grant::new(Role::UnitApprover, Scope::Everything)])).await;
    assert_eq!(
        whole,
        "unit:read project:read indicator:read goal:read finding:read finding:acknowledge document:read history:read"
    );
    let limited = person(vec![Grant::new(Role::UnitApprover, Scope::Everything)])
        .limited_to(Some(["project:read".to_owned(), "project:write".to_owned()].into()));
    assert_eq!(permissions(&limited).await, "project:read");
    assert_eq!(permissions(&Caller::anonymous()).await, "");
    let asked = json!([{"action": "project:read"}, {"action": "projectUpdate"}]);
    assert_eq!(can(&world, &limited, asked.as_array().expect("checks")).await, [true, false]);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_its_place() {
    let world = World::empty().await;
    let refusal = async |checks: &str| {
        let query = format!("{{ viewer {{ can(checks: {checks}) {{ allowed }} }} }}");
        world.refusals_as(&reader(), &query, json!({})).await
    };
    let unknown = "`checks[0].action` is neither the name of a mutation nor of a permission.";
    assert_eq!(refusal("[{action: \"projectExplode\"}]").await, [(unknown.to_owned(), "BAD_USER_INPUT".to_owned())]);
    let many = format!("[{}]", "{action: \"projectUpdate\"} ".repeat(501));
    assert!(refusal(&many).await[0].0.starts_with("`checks` may have 500 entries"));
}
