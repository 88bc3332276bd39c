//! A fresh, migrated database for each test: a SQLite file, or a database of the PostgreSQL server that
//! `JIXIAO_TEST_DATABASE_URL` names. There each database belongs to a role that is no superuser; with
//! `JIXIAO_TEST_ROW_SECURITY=on` row-level security holds, too.

use jixiao::auth::Caller;
use jixiao::clock;
use jixiao::db::{DatabaseSettings, Db};
use jixiao::error::AppResult;
use jixiao::service::search::index;
use jixiao::service::work::{Origin, Work};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, QueryResult, Statement, TryGetableMany,
};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// A database that lives as long as this value.
pub struct TestDatabase {
    /// How to connect.
    pub settings: DatabaseSettings,
    _folder: Option<TempDir>,
}

/// The URL of the server under test, if it is PostgreSQL.
pub fn postgres() -> Option<String> {
    std::env::var("JIXIAO_TEST_DATABASE_URL").ok().filter(|url| !url.is_empty())
}

/// Whether row-level security holds in the databases of this run.
pub fn row_security() -> bool {
    postgres().is_some() && std::env::var("JIXIAO_TEST_ROW_SECURITY").is_ok_and(|wanted| wanted == "on")
}

/// Owner of the databases of tests, and the password.
const ROLE: &str = "jixiao_test";

/// The URL of another database on the same server, for the role of the tests.
fn on_server(url: &str, name: &str) -> String {
    let (server, rest) = url.rsplit_once('/').expect("the URL names a database");
    let query = rest.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
    let host = server.rsplit(['@', '/']).next().expect("the URL names a server");
    format!("postgres://{ROLE}:{ROLE}@{host}/{name}{query}")
}

/// The same database for the role of `JIXIAO_TEST_DATABASE_URL`, which may do everything.
fn for_superuser(url: &str) -> String {
    match postgres() {
        Some(admin) => {
            let name = url.rsplit_once('/').expect("the URL names a database").1;
            format!("{}/{name}", admin.rsplit_once('/').expect("the URL names a database").0)
        }
        None => url.to_owned(),
    }
}

/// How the service connects to a database.
fn settings(url: String) -> DatabaseSettings {
    DatabaseSettings { row_security: row_security(), ..DatabaseSettings::at(url) }
}

/// Makes a database on the server, and the role it belongs to.
async fn create(url: &str, name: &str, template: &str) {
    static OWNER: OnceCell<()> = OnceCell::const_new();
    let role = format!(
        "DO $$ BEGIN CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'; \
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    );
    OWNER.get_or_init(|| async { execute(url, &role).await }).await;
    execute(url, &format!("CREATE DATABASE {name} OWNER {ROLE} {template}")).await;
}

impl TestDatabase {
    /// A database that is somebody else's to make and to delete.
    pub fn of(settings: DatabaseSettings) -> Self {
        Self { settings, _folder: None }
    }

    /// What a process on this database needs to know.
    pub fn variables(&self) -> [(&'static str, &str); 2] {
        let row_security = if self.settings.row_security { "on" } else { "off" };
        [("JIXIAO_DATABASE_URL", &self.settings.url), ("JIXIAO_DATABASE_ROW_SECURITY", row_security)]
    }
}

/// Connections past the service.
pub async fn direct(url: &str) -> DatabaseConnection {
    Database::connect(for_superuser(url)).await.expect("the test database answers")
}

/// Runs a task of a test in one unit of work of the operator.
pub async fn work<T>(db: &Db, task: impl AsyncFn(&mut Work<'_>) -> AppResult<T>) -> AppResult<T> {
    work_as(db, &Caller::operator(), task).await
}

/// Runs a task of a test in one unit of work of a caller.
pub async fn work_as<T>(db: &Db, caller: &Caller, task: impl AsyncFn(&mut Work<'_>) -> AppResult<T>) -> AppResult<T> {
    let origin = Origin::of("test");
    db.write(async |tx| Work::within(tx, caller, &origin, clock::system, &task).await).await
}

/// The rows that a statement of a test gives.
pub async fn rows<T: TryGetableMany>(db: &DatabaseConnection, sql: &str) -> Vec<T> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows: Vec<QueryResult> = db.query_all_raw(statement).await.expect("a statement that runs");
    rows.iter().map(|row| T::try_get_many_by_index(row).expect("a row of this form")).collect()
}

/// The first column of the rows that a statement gives, as text.
pub async fn names(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    rows::<(String,)>(db, sql).await.into_iter().map(|(name,)| name).collect()
}

/// The number that a statement gives.
pub async fn number(db: &DatabaseConnection, sql: &str) -> i64 {
    rows::<(i64,)>(db, sql).await[0].0
}

async fn execute(url: &str, sql: &str) {
    let server = Database::connect(url).await.expect("the test server answers");
    server.execute_unprepared(sql).await.expect("a database can be made");
    server.close().await.expect("the connection closes");
}

/// An empty SQLite database, whatever server is under test.
pub fn empty_file() -> TestDatabase {
    let folder = TempDir::new().expect("a temporary folder");
    let url = format!("sqlite://{}/test.sqlite", folder.path().display());
    TestDatabase { settings: DatabaseSettings::at(url), _folder: Some(folder) }
}

/// An empty database without tables.
pub async fn empty() -> TestDatabase {
    match postgres() {
        None => empty_file(),
        Some(url) => {
            let name = format!("test_{}", Uuid::now_v7().simple());
            create(&url, &name, "").await;
            TestDatabase { settings: settings(on_server(&url, &name)), _folder: None }
        }
    }
}

/// A migrated database with nothing in it.
pub async fn migrated() -> (TestDatabase, Db) {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let database = match postgres() {
        None => empty().await,
        Some(url) => {
            let template = TEMPLATE.get_or_init(|| async {
                let name = format!("template_{}", Uuid::now_v7().simple());
                create(&url, &name, "").await;
                let db = Db::connect(&settings(on_server(&url, &name))).await.expect("a safe server");
                db.migrate().await.expect("the migrations run");
                index::bring_up_to_date(&db).await.expect("the index of search is made");
                db.close().await.expect("the connections close");
                name
            });
            let name = format!("test_{}", Uuid::now_v7().simple());
            create(&url, &name, &format!("TEMPLATE {}", template.await)).await;
            TestDatabase { settings: settings(on_server(&url, &name)), _folder: None }
        }
    };
    let db = Db::connect(&database.settings).await.expect("a safe database");
    if postgres().is_none() {
        db.migrate().await.expect("the migrations run");
        index::bring_up_to_date(&db).await.expect("the index of search is made");
    }
    (database, db)
}

/// One connection that no constraint between tables holds back, and no trigger.
pub async fn vandal(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(for_superuser(url));
    options.max_connections(1);
    let db = Database::connect(options).await.expect("the test database answers");
    let unleash = match db.get_database_backend() {
        DbBackend::Sqlite => {
            let triggers = names(&db, "SELECT name FROM sqlite_master WHERE type = 'trigger'").await;
            let drop: String = triggers.iter().map(|name| format!("DROP TRIGGER {name};")).collect();
            format!("PRAGMA foreign_keys = OFF; {drop}")
        }
        _ => "SET session_replication_role = replica".to_owned(),
    };
    db.execute_unprepared(&unleash).await.expect("who owns a database can do this");
    db
}
