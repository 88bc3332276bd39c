//! A database under whose settings an acknowledged write could be lost is refused at the start.

use std::error::Error;

use jixiao::db::{DatabaseSettings, Db};
use jixiao::error::{AppError, ErrorCode};
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use tempfile::TempDir;

use crate::support::cluster::{Cluster, PASSWORD};
use crate::support::database;

async fn refusal(settings: &DatabaseSettings) -> AppError {
    Db::connect(settings).await.map(drop).expect_err("a database that must be refused")
}

async fn assert_unsafe(settings: &DatabaseSettings, what: &str) {
    let error = refusal(settings).await;
    assert_eq!(error.code(), ErrorCode::Unavailable);
    assert_eq!(error.message(), format!("Refusing to start on this database: {what}."));
}

/// The sentence of an error and all causes that the log gets.
fn whole_chain(error: &AppError) -> String {
    let mut text = format!("{error:?}\n{error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!("\n{error:?}\n{error}");
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn sqlite_in_memory_is_refused() {
    assert_unsafe(&DatabaseSettings::at("sqlite::memory:"), "journal_mode is `memory`; it must be `wal`").await;
}

#[tokio::test]
async fn a_sqlite_file_that_cannot_get_a_log_is_refused() {
    let folder = TempDir::new().expect("a temporary folder");
    let url = format!("sqlite://{}/old.sqlite", folder.path().display());
    let old = Database::connect(format!("{url}?mode=rwc")).await.expect("a new file");
    old.execute_unprepared("PRAGMA journal_mode = DELETE; CREATE TABLE t (x)").await.expect("a table");
    old.close().await.expect("the connection closes");

    let error = refusal(&DatabaseSettings::at(format!("{url}?mode=ro"))).await;
    assert_eq!(error.code(), ErrorCode::Unavailable);
    assert_eq!(error.message(), "The database cannot be opened: attempt to write a readonly database.");

    let db = Db::connect(&DatabaseSettings::at(&url)).await.expect("with the right to write it gets its log");
    db.close().await.expect("the connections close");
}

/// Without it, statements are planned anew each time they run: `.cargo/config.toml` is where it is asked for.
#[tokio::test]
async fn sqlite_keeps_plans_whatever_is_bound() {
    let folder = TempDir::new().expect("a temporary folder");
    let url = format!("sqlite://{}/any.sqlite?mode=rwc", folder.path().display());
    let db = Database::connect(url).await.expect("a new file");
    let rows =
        db.query_all_raw(Statement::from_string(DbBackend::Sqlite, "PRAGMA compile_options")).await.expect("rows");
    let options: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect();
    assert!(options.iter().any(|option| option == "ENABLE_QPSG"), "{options:?}");
}

#[tokio::test]
async fn a_sqlite_file_that_is_none_is_refused() {
    let folder = TempDir::new().expect("a temporary folder");
    std::fs::write(folder.path().join("text.sqlite"), "预算绩效".repeat(500)).expect("a file");
    let url = format!("sqlite://{}/text.sqlite", folder.path().display());
    let error = refusal(&DatabaseSettings::at(url)).await;
    assert_eq!(error.message(), "The database cannot be opened: file is not a database.");

    let url = format!("sqlite://{}/no/folder/new.sqlite", folder.path().display());
    let error = refusal(&DatabaseSettings::at(url)).await;
    assert_eq!(error.message(), "The database cannot be opened: unable to open database file.");
    assert!(!error.message().contains(&folder.path().display().to_string()));
}

#[tokio::test]
async fn a_url_that_cannot_be_used_is_refused_without_its_password() {
    for (url, sentence) in [
        ("mysql://me:geheim@host/db", "The database URL must start with `sqlite://` or `postgres://`"),
        ("geheim", "The database URL must start with `sqlite://` or `postgres://`"),
        ("postgres://me:geheim@host:port/db", "The PostgreSQL URL cannot be read."),
        ("postgres://me:geheim@127.0.0.1:1/db", "The database cannot be opened: "),
        ("sqlite://geheim?mode=geheim", "The SQLite URL cannot be read."),
    ] {
        let settings =
            DatabaseSettings { acquire_timeout: std::time::Duration::from_millis(300), ..DatabaseSettings::at(url) };
        let error = refusal(&settings).await;
        assert!(error.message().starts_with(sentence), "{url}: {error}");
        assert!(!error.message().contains("geheim"), "{url}: {error}");
        if url.starts_with("postgres") {
            assert!(!whole_chain(&error).contains("geheim"), "{url}: {}", whole_chain(&error));
        }
    }
}

#[tokio::test]
async fn unsafe_settings_of_postgres_are_refused() {
    // The same suite runs against PostgreSQL, and does this then.
    if database::postgres().is_none() {
        return;
    }
    let cluster = Cluster::start();
    let settings = cluster.settings(PASSWORD, "postgres");
    Db::connect(&settings).await.expect("the settings of a new server are safe");

    for (name, needed) in [
        ("fsync", "`on`"),
        ("full_page_writes", "`on`"),
        ("synchronous_commit", "`on` or `remote_apply` or `remote_write` or `local`"),
    ] {
        cluster.set(name, "off").await;
        assert_unsafe(&settings, &format!("{name} is `off`; it must be {needed}")).await;
        cluster.set(name, "on").await;
        Db::connect(&settings).await.expect("a safe server");
    }

    let admin = cluster.admin().await;
    let ascii = "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0";
    admin.execute_unprepared(ascii).await.expect("a database");
    admin.execute_unprepared("CREATE DATABASE lax").await.expect("a database");
    admin.execute_unprepared("ALTER DATABASE lax SET synchronous_commit = off").await.expect("a setting");
    let ascii = cluster.settings(PASSWORD, "ascii");
    assert_unsafe(&ascii, "server_encoding is `SQL_ASCII`; it must be `UTF8`").await;
    let needed = "`on` or `remote_apply` or `remote_write` or `local`";
    let lax = cluster.settings(PASSWORD, "lax");
    assert_unsafe(&lax, &format!("synchronous_commit is `off`; it must be {needed}")).await;

    let error = refusal(&cluster.settings("wrong-horse-1537", "postgres")).await;
    let sentence = "The database cannot be opened: password authentication failed for user \"postgres\".";
    assert_eq!(error.message(), sentence);
    assert!(!whole_chain(&error).contains("wrong-horse"), "{}", whole_chain(&error));
    let error = refusal(&cluster.settings(PASSWORD, "nowhere")).await;
    assert_eq!(error.message(), "The database cannot be opened: database \"nowhere\" does not exist.");
    assert!(!whole_chain(&error).contains(PASSWORD), "{}", whole_chain(&error));
}
