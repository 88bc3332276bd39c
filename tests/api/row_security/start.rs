//! The service starts with row-level security only where it holds, and nothing that answers callers goes round it.

use std::fs;
use std::path::{Path, PathBuf};

use jixiao::db::{DatabaseSettings, Db};
use sea_orm::ConnectionTrait;

use super::closed_tables;
use crate::support::database;

#[tokio::test]
async fn sqlite_with_row_security_is_refused() {
    let database = database::empty_file();
    let settings = DatabaseSettings { row_security: true, ..database.settings.clone() };
    let error = Db::connect(&settings).await.expect_err("SQLite has none");
    assert!(error.message().contains("SQLite has no row-level security"), "{}", error.message());
    assert!(settings.missing_file().is_some(), "nothing was made");
}

#[tokio::test]
async fn a_role_above_policies_is_refused() {
    let Some(url) = database::postgres() else { return };
    let settings = DatabaseSettings { row_security: true, ..DatabaseSettings::at(url) };
    let error = Db::connect(&settings).await.expect_err("a superuser sees all rows");
    assert!(error.message().contains("is a superuser, so no policy holds"), "{}", error.message());
}

#[tokio::test]
async fn every_table_is_open_by_decision_or_protected() {
    if !database::row_security() {
        return;
    }
    let (_database, db) = database::migrated().await;
    db.refuse_unprotected()
        .await
        .expect("the migrations protect every table; a new one needs policies in its migration");
    let policies = "SELECT DISTINCT tablename::text FROM pg_policies WHERE schemaname = current_schema() ORDER BY 1";
    assert_eq!(database::names(db.read(), policies).await, closed_tables(&db).await);
    let open = "SELECT tablename::text FROM pg_policies WHERE qual = 'true' OR with_check = 'true'";
    assert_eq!(database::names(db.read(), open).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_table_without_protection_is_refused() {
    if !database::row_security() {
        return;
    }
    let (database, db) = database::migrated().await;
    let refusal = async || match db.refuse_unprotected().await {
        Ok(()) => String::new(),
        Err(error) => error.message().to_owned(),
    };
    let change = async |sql: &str| {
        db.write(async |tx| Ok(tx.execute_unprepared(sql).await.map(drop)?)).await.expect("its owner may do this");
    };
    for (undo, table) in [
        ("ALTER TABLE project DISABLE ROW LEVEL SECURITY", "project"),
        ("ALTER TABLE finding NO FORCE ROW LEVEL SECURITY", "finding"),
    ] {
        change(undo).await;
        assert!(
            refusal().await.contains(&format!("not enabled and forced for {table}; run `jixiao migrate`")),
            "{undo}"
        );
        db.migrate().await.expect("it is enabled again");
        assert_eq!(refusal().await, "", "{undo}");
    }
    change("CREATE TABLE stray (x integer)").await;
    db.migrate().await.expect("what has no policy stays as it is");
    assert!(refusal().await.contains("for stray"), "{}", refusal().await);
    let plain = DatabaseSettings { row_security: false, ..database.settings.clone() };
    let plain = Db::connect(&plain).await.expect("a safe database");
    plain.refuse_unprotected().await.expect("nobody asked for it");
}

/// Rust files below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn what_answers_callers_reads_in_their_name() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&source.join("graphql"), &mut found);
    files(&source.join("http"), &mut found);
    assert!(found.len() > 50);
    for file in found {
        let text = fs::read_to_string(&file).expect("a source file");
        assert!(!text.contains("db.read()"), "{} reads as the service: use `Db::asked_by`", file.display());
    }
}
