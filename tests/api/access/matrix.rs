//! Every field of every record, for every role, from every relation to the grant, as draft and as published.
//!
//! What is expected stands in `matrix.txt`, written from `reliability.md` 4 and not from the code.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{Request, Variables};
use entity::id::UnitId;
use entity::value::{Duty, Publication, Role, Timestamp};
use entity::{department_goal, project};
use jixiao::auth::policy::Permission;
use jixiao::auth::{Caller, Grant, Scope};
use jixiao::clock;
use jixiao::graphql::{PublicSchema, public_schema};
use jixiao::lang::Lang;
use jixiao::limits::ProfileLimits;
use jixiao::service::account;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::support::data::{Data, Shape};
use crate::support::database;
use crate::support::introspection::{Introspection, named, text};
use crate::support::world::{World, person};

/// Units of a division.
const UNITS: usize = 12;

const MATRIX: &str = include_str!("matrix.txt");

/// In the order of the columns.
const ROLES: [Role; 9] = [
    Role::Public,
    Role::UnitEditor,
    Role::UnitApprover,
    Role::Department,
    Role::Finance,
    Role::Service,
    Role::SysAdmin,
    Role::SecAdmin,
    Role::Auditor,
];

/// How the unit of a record lies to the unit of the grant, or what the grant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Own,
    Child,
    Sibling,
    Parent,
    Other,
    /// The record is the own one, but there is no grant.
    NoGrant,
    /// The record is the own one, but the grant has expired.
    Expired,
}

const RELATIONS: [Relation; 7] = [
    Relation::Own,
    Relation::Child,
    Relation::Sibling,
    Relation::Parent,
    Relation::Other,
    Relation::NoGrant,
    Relation::Expired,
];

/// The rows of the committed table: field, and who sees it in the order of [`ROLES`].
fn expected() -> Vec<(String, [bool; 9])> {
    let rows = MATRIX.lines().filter(|line| !line.starts_with('#') && line.contains('.'));
    rows.map(|line| {
        let mut words = line.split_whitespace();
        let field = words.next().expect("a field").to_owned();
        let marks: Vec<bool> = words.map(|mark| mark == "v").collect();
        (field, marks.try_into().expect("nine roles"))
    })
    .collect()
}

/// How a type is reached: the root field by the key of a record, and the path from there to the type.
fn path(type_name: &str) -> (&'static str, &'static str) {
    match type_name {
        "Division" => ("division", ""),
        "Unit" => ("unit", ""),
        "UnitAlias" => ("unit", "aliases"),
        "UnitSummary" => ("unit", "summary(fiscalYear:2020)"),
        "PlannedSpending" => ("unit", "summary(fiscalYear:2020) plan"),
        "SeverityCount" => ("unit", "summary(fiscalYear:2020) findings"),
        "DepartmentGoal" => ("departmentGoal", ""),
        "GoalItem" => ("departmentGoal", "items"),
        "SafeguardMeasure" => ("departmentGoal", "measures"),
        "Project" => ("project", ""),
        "Objective" => ("project", "objectives"),
        "SpendingPlan" => ("project", "plan"),
        "PlanPoint" => ("project", "plan points"),
        "Money" => ("project", "budget"),
        "SourceRef" => ("project", "source"),
        "Finding" => ("project", "findings"),
        "Change" => ("project", "history nodes"),
        "FieldChange" => ("project", "history nodes diff"),
        "Indicator" => ("indicator", ""),
        "IndicatorLevel" => ("indicator", "level1"),
        "QuantityTarget" | "RangeTarget" | "QualitativeTarget" => ("indicator", "target"),
        "SourceDocument" => ("sourceDocument", ""),
        other => panic!("say how {other} is reached"),
    }
}

/// A field, how it is selected from its root on, and who sees it.
type Asked<'a> = (&'a str, String, &'a [bool; 9]);

struct Scene {
    world: World,
    public: PublicSchema,
    data: Data,
    schema: Introspection,
    /// Whether the schema of the public has a selection.
    known_to_public: Mutex<BTreeMap<String, bool>>,
}

impl Scene {
    async fn new() -> Self {
        let world = World::empty().await;
        let shape = Shape { divisions: 2, units: UNITS, projects: 2, indicators: 2, varied: false, canaries: true };
        let data = Data::stored(&world.db, shape).await;
        let first = project::Column::Ordinal.eq(1);
        let year = project::Column::FiscalYear.eq(2020);
        let published = || Expr::val(Publication::Published);
        world
            .db
            .write(async |tx| {
                let projects = project::Entity::update_many().col_expr(project::Column::Publication, published());
                projects.filter(first.clone()).filter(year.clone()).exec(tx).await?;
                let goals = department_goal::Entity::update_many();
                let goals = goals.col_expr(department_goal::Column::Publication, published());
                goals.filter(department_goal::Column::FiscalYear.eq(2020)).exec(tx).await?;
                Ok(())
            })
            .await
            .unwrap();
        let public = public_schema(Some(world.db.clone()), Lang::En);
        let schema = Introspection::of(&world.schema).await;
        Self { world, public, data, schema, known_to_public: Mutex::default() }
    }

    /// The unit of the grant has one above, one below and one beside it.
    fn own(&self) -> UnitId {
        let in_first_division = self.data.units.iter().take(UNITS);
        let mut with_parent = in_first_division.filter(|unit| unit.parent_id.is_some());
        let own = with_parent.find(|unit| self.child_of(unit.id).is_some() && self.aside_of(unit.id).is_some());
        own.expect("a unit in the middle").id
    }

    fn child_of(&self, own: UnitId) -> Option<UnitId> {
        self.data.units.iter().find(|unit| unit.parent_id == Some(own)).map(|unit| unit.id)
    }

    fn aside_of(&self, own: UnitId) -> Option<UnitId> {
        let below = self.data.subtree(own);
        let mut in_first_division = self.data.units.iter().take(UNITS).map(|unit| unit.id);
        in_first_division.find(|id| !below.contains(id) && !self.data.subtree(*id).contains(&own))
    }

    fn unit(&self, relation: Relation) -> UnitId {
        let own = self.own();
        let found = match relation {
            Relation::Own | Relation::NoGrant | Relation::Expired => Some(own),
            Relation::Child => self.child_of(own),
            Relation::Parent => self.data.units.iter().find(|unit| unit.id == own).and_then(|unit| unit.parent_id),
            Relation::Sibling => self.aside_of(own),
            Relation::Other => Some(self.data.units[UNITS].id),
        };
        found.expect("a unit of this relation")
    }

    /// The key of the record at a root field.
    fn record(&self, root: &str, unit: UnitId, is_published: bool) -> String {
        let data = &self.data;
        let (year, ordinal) = if is_published { (2020, 1) } else { (2021, 2) };
        let project = data
            .projects
            .iter()
            .find(|row| row.unit_id == unit && row.fiscal_year == year && row.ordinal == ordinal)
            .expect("a project");
        match root {
            "division" => {
                let unit = data.units.iter().find(|row| row.id == unit).expect("a unit");
                let division = data.divisions.iter().find(|row| row.code == unit.division_code);
                division.expect("a division").id.public()
            }
            "unit" => unit.public(),
            "departmentGoal" => {
                let goal = data.goals.iter().find(|row| row.unit_id == unit && row.fiscal_year == year);
                goal.expect("a goal").id.public()
            }
            "project" => project.id.public(),
            "indicator" => {
                let indicator = data.indicators.iter().find(|row| row.project_id == project.id);
                indicator.expect("an indicator").id.public()
            }
            "sourceDocument" => {
                let document = data.documents.iter().find(|row| row.unit_id == unit && row.fiscal_year == year);
                document.expect("a document").id.public()
            }
            other => panic!("say which record {other} is about"),
        }
    }

    /// The selection of a field from its root on: arguments that must be there, and something of an object.
    fn selection(&self, type_name: &str, field: &str) -> String {
        let (_, path) = path(type_name);
        let fields = self.schema.ty(type_name)["fields"].as_array().expect("fields");
        let described = fields.iter().find(|known| known["name"] == field).expect("a field of the schema");
        let arguments: Vec<String> = described["args"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|argument| argument["type"]["kind"] == "NON_NULL" && argument["defaultValue"].is_null())
            .map(|argument| format!("{}: 2020", text(&argument["name"])))
            .collect();
        let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        let kind = text(&self.schema.ty(&named(&described["type"]))["kind"]);
        let below = if ["OBJECT", "INTERFACE"].contains(&kind.as_str()) { " { __typename }" } else { "" };
        let mut selection = format!("{field}{arguments}{below}");
        if type_name.ends_with("Target") {
            selection = format!("... on {type_name} {{ {selection} }}");
        }
        for step in path.split_whitespace().rev() {
            selection = format!("{step} {{ {selection} }}");
        }
        selection
    }

    /// Which of the fields of one record a caller gets, all asked in one request; those that are refused are null.
    async fn got(&self, caller: &Caller, root: &str, id: &str, selections: &[&str]) -> Vec<bool> {
        let asked = selections.iter().enumerate();
        let fields: Vec<String> =
            asked.map(|(n, selection)| format!("f{n}: {root}(by: {{id: {id:?}}}) {{ {selection} }}")).collect();
        let query = format!("{{ {} }}", fields.join(" "));
        let answer = self.world.ask_as(caller, &query, Value::Null).await;
        for error in answer["errors"].as_array().into_iter().flatten() {
            let message = text(&error["message"]);
            let refuses = ["No grant of this account", "no role of this account", "This needs a token"];
            assert!(refuses.iter().any(|refusal| message.contains(refusal)), "{message}\n{query}");
        }
        (0..selections.len()).map(|n| !answer["data"][format!("f{n}")].is_null()).collect()
    }

    /// The same of the public; what its schema does not have at all would refuse the whole request, and is not asked.
    async fn got_by_public(&self, root: &str, id: &str, selections: &[&str]) -> Vec<bool> {
        let ask = async |fields: String| {
            let request = Request::new(format!("{{ {fields} }}")).variables(Variables::default());
            let request = request.data(Caller::public()).data(ProfileLimits::PUBLIC).data(Lang::En);
            serde_json::to_value(self.public.execute(request).await).expect("an answer is JSON")
        };
        let field = |n: usize, selection: &str| format!("f{n}: {root}(by: {{id: {id:?}}}) {{ {selection} }}");
        let named = |selection: &str| format!("{root} {selection}");
        let mut known = self.known_to_public.lock().await;
        for selection in selections {
            if let Entry::Vacant(unknown) = known.entry(named(selection)) {
                let answer = ask(field(0, selection)).await;
                unknown.insert(!answer["data"].is_null());
            }
        }
        let asked = selections.iter().enumerate().filter(|(_, selection)| known[&named(selection)]);
        let fields: Vec<String> = asked.map(|(n, selection)| field(n, selection)).collect();
        let answer = ask(fields.join(" ")).await;
        (0..selections.len()).map(|n| answer["data"].get(format!("f{n}")).is_some_and(|it| !it.is_null())).collect()
    }

    /// The caller of a role at a relation.
    async fn caller(&self, role: Role, relation: Relation) -> Caller {
        let grant = Grant::new(role, Scope::Unit(self.own()));
        match relation {
            Relation::NoGrant => person(Vec::new()),
            Relation::Expired => {
                let duty: Duty = account::duty_of(role).expect("a role of an account");
                let name = format!("expired-{}", role.code().to_lowercase().replace('_', "-"));
                let made = database::work(&self.world.db, async |work| {
                    let made = account::add(work, &name, duty).await?;
                    let yesterday = Timestamp(work.now.0 - 86_400_000_000);
                    account::grant(work, made.id, &grant, Some(yesterday)).await?;
                    account::by_subject(work.tx, &made.id.public(), clock::system()).await
                });
                made.await.unwrap().expect("the account")
            }
            _ => person(vec![grant]),
        }
    }
}

#[tokio::test]
async fn every_field_is_seen_by_those_who_may_and_by_nobody_else() {
    let scene = Scene::new().await;
    let expected = expected();
    let mut of_root: BTreeMap<&str, Vec<Asked<'_>>> = BTreeMap::new();
    for (name, sees) in &expected {
        let (type_name, field) = name.split_once('.').expect("Type.field");
        let selection = scene.selection(type_name, field);
        of_root.entry(path(type_name).0).or_default().push((name, selection, sees));
    }
    let mut cells = 0;
    let mut wrong = BTreeSet::new();
    for (column, role) in ROLES.into_iter().enumerate() {
        for relation in RELATIONS {
            let caller = if role == Role::Public { None } else { Some(scene.caller(role, relation).await) };
            for is_published in [false, true] {
                for (root, fields) in &of_root {
                    let id = scene.record(root, scene.unit(relation), is_published);
                    let selections: Vec<&str> = fields.iter().map(|(_, selection, _)| selection.as_str()).collect();
                    let got = match &caller {
                        Some(caller) => scene.got(caller, root, &id, &selections).await,
                        None => scene.got_by_public(root, &id, &selections).await,
                    };
                    let reaches = match (role, relation) {
                        (Role::Public, _) => is_published || ["division", "unit"].contains(root),
                        (_, Relation::NoGrant | Relation::Expired) => false,
                        (_, Relation::Own | Relation::Child) => true,
                        (_, Relation::Sibling | Relation::Parent) => *root == "division",
                        (_, Relation::Other) => false,
                    };
                    for ((name, _, sees), got) in fields.iter().zip(got) {
                        cells += 1;
                        if got != (sees[column] && reaches) {
                            let what = if got { "leaks" } else { "is kept back" };
                            wrong.insert(format!("{name} {what}: {role:?} {relation:?} published {is_published}"));
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cells}: {:#?}", wrong.len(), wrong.iter().take(40).collect::<Vec<_>>());
    assert!(cells >= 20_000, "{cells} cells");
}

#[tokio::test]
async fn every_field_of_a_record_stands_in_the_matrix() {
    let scene = Scene::new().await;
    let known: BTreeSet<String> = expected().into_iter().map(|(name, _)| name).collect();
    let types: BTreeSet<&str> = known.iter().filter_map(|name| Some(name.split_once('.')?.0)).collect();
    let of_records = types.iter().flat_map(|name| {
        let fields = scene.schema.ty(name)["fields"].as_array().into_iter().flatten();
        fields.map(|field| format!("{name}.{}", text(&field["name"]))).collect::<Vec<_>>()
    });
    assert_eq!(of_records.collect::<BTreeSet<_>>(), known);
    // What has a permission of the field is a record; the rest belongs to operations and to accounts (`account_api`).
    let classified = scene.schema.types().filter(|(name, ty)| {
        ty["kind"] == "OBJECT"
            && jixiao::graphql::access::of_type(name)
                .and_then(|access| access.permission)
                .is_some_and(|permission| ![Permission::OperationRead, Permission::AccountRead].contains(&permission))
    });
    let missing: Vec<_> = classified.map(|(name, _)| name).filter(|name| !types.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
