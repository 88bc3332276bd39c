//! The second wall: what PostgreSQL shows when the service forgets to ask for less. SQLite has no such wall; the same suite
//! runs against PostgreSQL, and does this then.

mod reuse;
mod start;

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{AccountId, BulkOperationId, UnitId, UploadId};
use entity::value::{AccountKind, BulkKind, BulkMode, BulkPhase, BulkStatus, Duty, Role, Timestamp, UploadStatus};
use entity::{
    audit_entry, bulk_operation, department_goal, division, finding, goal_item, indicator, objective, plan_point,
    project, source_document, spending_plan, unit, unit_alias, upload,
};
use jixiao::auth::policy::Permission;
use jixiao::auth::{Account, Caller, Grant, Scope, Years};
use jixiao::db::{Db, Executor};
use jixiao::service::scope::{self, Scoped};
use jixiao::service::{account, history};
use sea_orm::sea_query::{Alias, Expr, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryTrait, Statement};
use uuid::Uuid;

use crate::support::data::{Data, Shape, insert};
use crate::support::database::{self, TestDatabase};
use crate::support::world::person;

/// A database in which every table of the field has rows of today and of the past, some published, and an account that has
/// sent a file.
pub struct Scene {
    pub database: TestDatabase,
    pub db: Db,
    pub data: Data,
    sender: Account,
}

/// The tables of former states, with the table of today whose columns they have.
fn past() -> BTreeMap<&'static str, &'static str> {
    history::tables().into_iter().collect()
}

impl Scene {
    /// `None` where row-level security is not on.
    pub async fn new() -> Option<Self> {
        if !database::row_security() {
            eprintln!("row-level security is not on in this run: nothing to try here");
            return None;
        }
        let (database, db) = database::migrated().await;
        let data = Data::stored(&db, Shape::SMALL).await;
        let sender = database::work(&db, async |work| account::add(work, "sender", Duty::Service).await).await;
        let sender = sender.expect("an account");
        let (units, goals, projects) = (
            data.units.iter().map(|row| row.id.0).collect::<Vec<_>>(),
            data.goals.iter().map(|row| row.id.0).collect::<Vec<_>>(),
            data.projects.iter().map(|row| row.id.0).collect::<Vec<_>>(),
        );
        db.write(async |tx| {
            for table in ["project", "department_goal"] {
                let publish = format!(
                    "UPDATE {table} SET publication = 'PUBLISHED', published_at = 1 WHERE id IN \
                     (SELECT id FROM {table} ORDER BY id LIMIT (SELECT count(*) / 2 FROM {table}))"
                );
                tx.execute_unprepared(&publish).await?;
            }
            let now = Timestamp(1);
            for copy in history::UNIT.keeping_changed(&units, now) {
                tx.execute(&copy?).await?;
            }
            history::DEPARTMENT_GOAL.keep_going(tx, &goals, now).await?;
            history::PROJECT.keep_going(tx, &projects, now).await?;
            operations(tx, sender.id).await;
            Ok(())
        })
        .await
        .expect("the rows are stored");
        Some(Self { database, db, data, sender })
    }

    /// Callers of all kinds: own, child, sibling and other unit or division, years, the public, and who may look at nothing.
    pub fn callers(&self) -> Vec<(&'static str, Caller)> {
        let units = &self.data.units;
        let unit = |n: usize| Scope::Unit(units[n].id);
        let division = |n: usize| Scope::Division(self.data.divisions[n].code.clone());
        let leaf = units.iter().find(|unit| self.data.subtree(unit.id).len() == 1).expect("a unit without children");
        let years: Vec<i32> =
            BTreeSet::from_iter(self.data.projects.iter().map(|row| row.fiscal_year)).into_iter().collect();
        let (first, last) = (years[0], years[years.len() - 1]);
        assert!(first < last);
        let until = Years { first: None, last: Some(first) };
        let from = Years { first: Some(last), last: None };
        let view = |scope: Scope| Grant::view(Role::Department, scope);
        let limited = |names: &[Permission], caller: Caller| {
            caller.limited_to(Some(names.iter().map(|name| name.name().to_owned()).collect()))
        };
        let system = |account: Account| Caller::account(account, vec![Grant::new(Role::Service, Scope::Everything)]);
        vec![
            ("unit and below", person(vec![view(unit(1))])),
            ("top of a tree", person(vec![view(unit(0))])),
            ("leaf", person(vec![view(Scope::Unit(leaf.id))])),
            ("division", person(vec![view(division(1))])),
            ("division as bureau", person(vec![Grant::new(Role::Finance, division(0))])),
            (
                "several",
                person(vec![view(division(2)), view(unit(1)), Grant::new(Role::UnitEditor, Scope::Unit(leaf.id))]),
            ),
            ("a unit that is gone", person(vec![view(Scope::Unit(UnitId::new()))])),
            ("a division that is gone", person(vec![view(Scope::Division("999999".to_owned()))])),
            ("everything", person(vec![view(Scope::Everything)])),
            ("everything until a year", person(vec![view(Scope::Everything).of_years(until)])),
            ("a division until a year", person(vec![view(division(0)).of_years(until)])),
            ("a unit from a year", person(vec![view(unit(1)).of_years(from)])),
            (
                "years here and there",
                person(vec![
                    view(division(1)).of_years(until),
                    view(unit(0)).of_years(from),
                    view(Scope::Unit(leaf.id)),
                ]),
            ),
            ("the public", Caller::public()),
            ("nobody", Caller::anonymous()),
            ("no grant", person(Vec::new())),
            ("the operator", Caller::operator()),
            ("who gives grants", person(vec![Grant::new(Role::SecAdmin, Scope::Everything)])),
            ("who looks after the service", person(vec![Grant::new(Role::SysAdmin, Scope::Everything)])),
            ("who reads the audit", person(vec![Grant::new(Role::Auditor, Scope::Everything)])),
            ("a sender", system(self.sender.clone())),
            (
                "another system",
                system(Account { id: AccountId::new(), name: "x".to_owned(), kind: AccountKind::Service }),
            ),
            ("a token for projects", limited(&[Permission::ProjectRead], person(vec![view(division(1))]))),
            (
                "a token for indicators",
                limited(&[Permission::IndicatorRead], person(vec![view(Scope::Everything).of_years(until)])),
            ),
            ("a token for nothing", limited(&[], person(vec![view(Scope::Everything)]))),
        ]
    }
}

/// An upload and an operation of an account, and of nobody.
async fn operations(tx: &DatabaseTransaction, account: AccountId) {
    let now = Timestamp(1);
    for account_id in [Some(account), None] {
        let file = upload::Model {
            id: UploadId::new(),
            account_id,
            file_name: "rows.jsonl".to_owned(),
            size: 1,
            sha256: None,
            actual_sha256: None,
            received: 0,
            status: UploadStatus::Receiving,
            expires_at: now,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let operation = bulk_operation::Model {
            id: BulkOperationId::new(),
            account_id,
            request_id: None,
            client_identifier: None,
            kind: BulkKind::Projects,
            mode: BulkMode::Upsert,
            options: "{}".to_owned(),
            upload_id: file.id,
            preview_id: None,
            dry_run: false,
            status: BulkStatus::Queued,
            phase: BulkPhase::Waiting,
            failure: None,
            rows_total: None,
            rows_done: 0,
            rows_created: 0,
            rows_updated: 0,
            rows_unchanged: 0,
            rows_deleted: 0,
            rows_failed: 0,
            rows_skipped: 0,
            bytes_total: 1,
            bytes_done: 0,
            checkpoint: None,
            results_length: 0,
            errors_length: 0,
            error_summary: "[]".to_owned(),
            lease_owner: None,
            lease_until: None,
            served_at: None,
            started_at: None,
            finished_at: None,
            expires_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        insert(tx, &[file]).await;
        insert(tx, &[operation]).await;
    }
}

/// The rows of a statement that gives one text.
async fn texts(executor: Executor<'_>, select: &SelectStatement) -> BTreeSet<String> {
    let rows = executor.query_all(select).await.expect("a statement that runs");
    rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
}

/// All of a table, each row as text, without any condition.
pub fn all_of(table: &str) -> SelectStatement {
    let row = Expr::cust(format!("CAST(ROW(\"{table}\".*) AS text)"));
    Query::select().expr(row).from(Alias::new(table)).take()
}

/// What the first wall shows of a table, or of its past.
fn shown<E: Scoped>(caller: &Caller, past: Option<&'static str>) -> Option<SelectStatement> {
    let table = E::default().table_name().to_owned();
    let mut select = scope::find::<E>(caller).ok()?.into_query();
    if let Some(past) = past {
        select.from_clear();
        select.from_as(Alias::new(past), Alias::new(&table));
    }
    select.clear_selects().expr(Expr::cust(format!("CAST(ROW(\"{table}\".*) AS text)")));
    Some(select)
}

/// Both walls show the same of a table and its past; how many rows there are, and how many are shown.
async fn compare<E: Scoped>(scene: &Scene, name: &str, caller: &Caller, counts: &mut BTreeMap<String, (usize, usize)>) {
    let service = Service;
    let today = E::default().table_name().to_owned();
    let former = past().into_iter().find(|(table, _)| *table == today).map(|(_, past)| past);
    for past in [None, former].into_iter().take(1 + usize::from(former.is_some())) {
        let table = past.unwrap_or(&today);
        let expected = match shown::<E>(caller, past) {
            Some(select) => texts(scene.db.asked_by(&service), &select).await,
            None => BTreeSet::new(),
        };
        let found = texts(scene.db.asked_by(caller), &all_of(table)).await;
        assert_eq!(found, expected, "{name}: {table}");
        let all = texts(scene.db.asked_by(&service), &all_of(table)).await;
        let count = counts.entry(table.to_owned()).or_default();
        *count = (all.len(), count.1 + usize::from(!found.is_empty() && found.len() < all.len()));
    }
}

/// The service itself.
pub struct Service;

impl jixiao::db::Asker for Service {
    fn who(&self) -> Option<Uuid> {
        None
    }

    fn reach(&self) -> String {
        "service".to_owned()
    }
}

#[tokio::test]
async fn without_the_first_wall_each_caller_sees_what_it_shows() {
    let Some(scene) = Scene::new().await else { return };
    let mut counts = BTreeMap::new();
    for (name, caller) in scene.callers() {
        compare::<division::Entity>(&scene, name, &caller, &mut counts).await;
        compare::<unit::Entity>(&scene, name, &caller, &mut counts).await;
        compare::<unit_alias::Entity>(&scene, name, &caller, &mut counts).await;
        compare::<source_document::Entity>(&scene, name, &caller, &mut counts).await;
        compare::<department_goal::Entity>(&scene, name, &caller, &mut counts).await;
        compare::<goal_item::Entity>(&scene, name, &caller, &mut counts).await;
        compare::<project::Entity>(&scene, name, &caller, &mut counts).await;
        compare::<objective::Entity>(&scene, name, &caller, &mut counts).await;
        compare::<spending_plan::Entity>(&scene, name, &caller, &mut counts).await;
        compare::<plan_point::Entity>(&scene, name, &caller, &mut counts).await;
        compare::<indicator::Entity>(&scene, name, &caller, &mut counts).await;
        compare::<finding::Entity>(&scene, name, &caller, &mut counts).await;
        compare::<upload::Entity>(&scene, name, &caller, &mut counts).await;
        compare::<bulk_operation::Entity>(&scene, name, &caller, &mut counts).await;
        compare::<audit_entry::Entity>(&scene, name, &caller, &mut counts).await;
    }
    for (table, (rows, partly)) in counts {
        assert!(rows > 0, "{table} has rows");
        assert!(partly > 0 || table == "audit_entry", "of {table} somebody sees a part");
    }
}

/// The tables of the database that are not open to everybody.
pub async fn closed_tables(db: &Db) -> Vec<String> {
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename";
    let tables = database::names(db.read(), tables).await;
    tables.into_iter().filter(|table| !migration::row_security::OPEN.contains(&table.as_str())).collect()
}

#[tokio::test]
async fn who_does_not_say_who_asks_sees_nothing() {
    let Some(scene) = Scene::new().await else { return };
    let silent = sea_orm::Database::connect(&scene.database.settings.url).await.expect("a connection");
    let service = Service;
    let mut with_rows = 0;
    for table in closed_tables(&scene.db).await {
        let there = texts(scene.db.asked_by(&service), &all_of(&table)).await.len();
        assert_eq!(database::number(&silent, &format!("SELECT count(*) FROM \"{table}\"")).await, 0, "{table}");
        with_rows += usize::from(there > 0);
    }
    assert!(with_rows > 20, "{with_rows}");
    silent.close().await.expect("the connection closes");
}

/// What is no JSON object, and what names nothing.
#[tokio::test]
async fn a_reach_that_says_nothing_shows_nothing() {
    let Some(scene) = Scene::new().await else { return };
    struct Odd(&'static str);
    impl jixiao::db::Asker for Odd {
        fn who(&self) -> Option<Uuid> {
            None
        }

        fn reach(&self) -> String {
            self.0.to_owned()
        }
    }
    for odd in [
        "",
        "{}",
        "\"all\"",
        "[]",
        "null",
        "all",
        "Service",
        "{\"project:read\": null}",
        "{\"project:read\": {}}",
        "{\"project:read\": \"ALL\"}",
    ] {
        let odd = Odd(odd);
        match scene.db.asked_by(&odd).query_all(&all_of("project")).await {
            Ok(rows) => assert_eq!(rows.len(), 0, "{}", odd.0),
            Err(refused) => assert!(refused.to_string().contains("json"), "{}: {refused}", odd.0),
        }
    }
}

#[tokio::test]
async fn in_a_write_rows_are_shown_to_the_caller_until_the_service_goes_on() {
    let Some(scene) = Scene::new().await else { return };
    let caller = person(vec![Grant::new(Role::Service, Scope::Division(scene.data.divisions[1].code.clone()))]);
    let expected = texts(scene.db.asked_by(&caller), &all_of("project")).await;
    let count = async |tx: &DatabaseTransaction| {
        let count = Statement::from_string(tx.get_database_backend(), "SELECT count(*) FROM project");
        let row = tx.query_one_raw(count).await.expect("a count").expect("a row");
        row.try_get_by_index::<i64>(0).expect("a number") as usize
    };
    let all = scene.data.projects.len();
    let rename = "UPDATE project SET version = version + 1";
    let outcome = scene
        .db
        .write(async |tx| {
            assert_eq!(count(tx).await, all);
            let executor = scene.db.shown_to(tx, &caller).await?;
            assert_eq!(texts(executor, &all_of("project")).await, expected);
            assert!(!expected.is_empty() && expected.len() < all);
            // Who is shown rows changes none, also not the own ones.
            assert_eq!(tx.execute_unprepared(rename).await?.rows_affected(), 0);
            assert_eq!(tx.execute_unprepared("DELETE FROM finding").await?.rows_affected(), 0);
            scene.db.resume(tx).await?;
            assert_eq!(tx.execute_unprepared(rename).await?.rows_affected(), all as u64);
            scene.db.shown_to(tx, &caller).await.map(drop)
        })
        .await;
    outcome.expect("a write");
    let next = scene.db.write(async |tx| Ok(count(tx).await)).await.expect("the next one is the service's again");
    assert_eq!(next, all);
}
