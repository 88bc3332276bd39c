//! The migrations: up, down and up again, the tables against the entities, the seeded levels, and the indexes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::FindingId;
use entity::value::IndicatorRegime;
use entity::{
    account, account_grant, audit_entry, audit_head, bulk_operation, change, client, client_assertion, client_key,
    client_secret, credential, department_goal, division, finding, goal_item, idempotency, indicator, indicator_count,
    indicator_level, invitation, login_failure, objective, plan_point, project, refresh_token, revocation,
    search_entry, search_format, session, source_document, spending_plan, unit, unit_alias, unit_closure, upload,
};
use jixiao::db::Db;
use jixiao::graphql::bulk_operation::BulkOperation;
use jixiao::graphql::department_goal::DepartmentGoal;
use jixiao::graphql::division::Division;
use jixiao::graphql::engine::connection::Connected;
use jixiao::graphql::finding::Finding;
use jixiao::graphql::indicator::Indicator;
use jixiao::graphql::project::Project;
use jixiao::graphql::source_document::SourceDocument;
use jixiao::graphql::unit::Unit;
use jixiao::rules::taxonomy::LEVELS;
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ColumnType, DatabaseConnection, DbBackend, EntityName, EntityTrait, Iden,
    IntoActiveModel, Iterable, QueryOrder,
};

use crate::support::database::{self, names, number, rows};
use crate::support::world::World;

/// A column as a database or an entity describes it: kind of value, and whether it can be empty.
type Shape = (&'static str, bool);
/// The columns of tables.
type Tables = BTreeMap<String, BTreeMap<String, Shape>>;

fn described<E: EntityTrait>(backend: DbBackend) -> (String, BTreeMap<String, Shape>) {
    let columns = E::Column::iter().map(|column| {
        let definition = column.def();
        let kind = match definition.get_column_type() {
            ColumnType::Uuid => "uuid",
            ColumnType::Text | ColumnType::String(_) => "text",
            ColumnType::Integer => "int",
            // SQLite has one kind of whole number, of 64 bits.
            ColumnType::BigInteger if backend == DbBackend::Sqlite => "int",
            ColumnType::BigInteger => "long",
            ColumnType::Boolean => "truth",
            ColumnType::Binary(_) | ColumnType::Blob | ColumnType::VarBinary(_) => "bytes",
            other => panic!("no table has columns of {other:?} yet"),
        };
        (column.to_string(), (kind, definition.is_null()))
    });
    (E::default().table_name().to_owned(), columns.collect())
}

macro_rules! entities {
    ($($table:ident),* $(,)?) => {
        /// Every table as its entity describes it.
        fn entities(backend: DbBackend) -> Tables {
            Tables::from([$(described::<$table::Entity>(backend)),*])
        }
    };
}

entities!(
    account,
    account_grant,
    audit_entry,
    audit_head,
    bulk_operation,
    change,
    client,
    client_assertion,
    client_key,
    client_secret,
    credential,
    department_goal,
    division,
    finding,
    goal_item,
    idempotency,
    indicator,
    indicator_count,
    indicator_level,
    invitation,
    login_failure,
    objective,
    plan_point,
    project,
    refresh_token,
    revocation,
    search_entry,
    search_format,
    session,
    source_document,
    spending_plan,
    unit,
    unit_alias,
    unit_closure,
    upload,
);

/// Every table as the database has it.
async fn tables(db: &DatabaseConnection) -> Tables {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT m.name, c.name, c.type, CASE WHEN c.\"notnull\" = 1 THEN 'NO' ELSE 'YES' END
             FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
        }
        _ => {
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
             WHERE table_schema = 'public'"
        }
    };
    let mut tables = Tables::new();
    for row in rows::<(String, String, String, String)>(db, sql).await {
        let (table, column, kind, nullable) = row;
        // SQLite keeps the numbers of the outbox in a table of its own, which stays once it is there.
        if table == "seaql_migrations" || table == "sqlite_sequence" {
            continue;
        }
        // The pairs of search, which each database keeps in its own way.
        if table.starts_with("search_pair") || column == "pairs" {
            continue;
        }
        let kind = match kind.to_lowercase().as_str() {
            "uuid" | "uuid_text" => "uuid",
            "text" => "text",
            "integer" => "int",
            "bigint" => "long",
            "blob" | "bytea" => "bytes",
            "boolean" | "boolean_text" => "truth",
            other => panic!("{table}.{column} is {other}"),
        };
        tables.entry(table).or_default().insert(column, (kind, nullable == "YES"));
    }
    tables
}

/// The tables of former states: each has the columns of its table, and two more.
fn histories(tables: &Tables) -> Tables {
    let names =
        ["unit", "department_goal", "goal_item", "project", "objective", "spending_plan", "plan_point", "indicator"];
    let history = names.iter().map(|name| {
        let mut columns = tables[*name].clone();
        let long = if columns["updated_at"].0 == columns["version"].0 { "int" } else { "long" };
        columns.insert("valid_to".to_owned(), (long, false));
        columns.insert("deleted".to_owned(), ("truth", false));
        (format!("{name}_history"), columns)
    });
    history.collect()
}

/// The definition of everything in the database, for comparing two states of it.
async fn everything(db: &DatabaseConnection) -> Vec<String> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master
             WHERE name NOT LIKE '%seaql_migrations%' AND name <> 'sqlite_sequence' ORDER BY 1"
        }
        _ => {
            "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' ||
                 coalesce(collation_name, '') FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name <> 'seaql_migrations'
             UNION SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'seaql_migrations'
             UNION SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
             WHERE connamespace = 'public'::regnamespace AND conrelid <> 'seaql_migrations'::regclass
             UNION SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
             UNION SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1"
        }
    };
    names(db, sql).await
}

#[tokio::test]
async fn the_migrations_run_up_down_and_up_again() {
    let database = database::empty().await;
    let db = Db::connect(&database.settings).await.expect("a safe database");
    let pending = db.pending_migrations().await.expect("an answer");
    assert_eq!(pending.len(), Migrator::migrations().len());
    db.migrate().await.expect("the migrations run");
    assert_eq!(db.pending_migrations().await.expect("an answer"), Vec::<String>::new());
    db.migrate().await.expect("nothing is left to do");

    let admin = database::direct(&database.settings.url).await;
    let first = everything(&admin).await;
    Migrator::down(&admin, None).await.expect("the migrations run back");
    assert_eq!(tables(&admin).await, Tables::new(), "tables are left");
    assert_eq!(everything(&admin).await, Vec::<String>::new(), "something is left");
    Migrator::up(&admin, None).await.expect("the migrations run again");
    assert_eq!(everything(&admin).await, first);
    assert_eq!(admin.close().await, Ok(()));
}

#[tokio::test]
async fn each_step_can_be_taken_back_alone() {
    let database = database::empty().await;
    let db = Db::connect(&database.settings).await.expect("a safe database");
    let admin = database::direct(&database.settings.url).await;
    let mut states = Vec::new();
    for _ in Migrator::migrations() {
        states.push(if states.is_empty() { Vec::new() } else { everything(&admin).await });
        Migrator::up(&admin, Some(1)).await.expect("one step up");
    }
    while let Some(before) = states.pop() {
        Migrator::down(&admin, Some(1)).await.expect("one step down");
        assert_eq!(everything(&admin).await, before, "after {} steps", states.len());
    }
    db.close().await.expect("the connections close");
    assert_eq!(admin.close().await, Ok(()));
}

#[tokio::test]
async fn the_migrations_run_down_and_up_over_data() {
    let world = World::with_disclosures().await;
    let admin = database::direct(world.database_url()).await;
    assert_eq!(number(&admin, "SELECT count(*) FROM project").await, 23);
    Migrator::down(&admin, None).await.expect("the migrations run back over data");
    assert_eq!(tables(&admin).await, Tables::new());
    Migrator::up(&admin, None).await.expect("the migrations run again");
    assert_eq!(number(&admin, "SELECT count(*) FROM project").await, 0);
    assert_eq!(number(&admin, "SELECT count(*) FROM indicator_level").await, LEVELS.len() as i64);
    assert_eq!(admin.close().await, Ok(()));
}

#[tokio::test]
async fn a_table_that_is_built_anew_keeps_its_rows() {
    let world = World::with_disclosures().await;
    let admin = database::direct(world.database_url()).await;
    let findings =
        async || finding::Entity::find().order_by_asc(finding::Column::Id).all(&admin).await.expect("the findings");
    let before = findings().await;
    assert!(before.len() > 100, "{}", before.len());
    let without_document = finding::Model { id: FindingId::new(), source_id: None, ..before[0].clone() };
    let row = without_document.into_active_model().reset_all();
    finding::Entity::insert(row).exec_without_returning(&admin).await.expect("a finding without a document");
    let names = Migrator::migrations().into_iter().map(|migration| migration.name().to_owned());
    let names: Vec<String> = names.rev().collect();
    let steps = 1 + names.iter().position(|name| name.ends_with("_acknowledged_findings")).expect("the migration");
    let steps = Some(u32::try_from(steps).expect("a small number"));
    Migrator::down(&admin, steps).await.expect("the migration runs back");
    Migrator::up(&admin, None).await.expect("the migration runs again");
    assert_eq!(findings().await, before, "only what has no place in the former table is gone");
    assert_eq!(admin.close().await, Ok(()));
}

#[tokio::test]
async fn two_instances_can_migrate_at_the_same_time() {
    let database = database::empty().await;
    let (one, two) = tokio::join!(Db::connect(&database.settings), Db::connect(&database.settings));
    let (one, two) = (one.expect("a safe database"), two.expect("a safe database"));
    let (first, second) = tokio::join!(one.migrate(), two.migrate());
    assert_eq!(first.map_err(|error| error.to_string()), Ok(()));
    assert_eq!(second.map_err(|error| error.to_string()), Ok(()));
    assert_eq!(one.pending_migrations().await.expect("an answer"), Vec::<String>::new());
    assert_eq!(number(one.read(), "SELECT count(*) FROM indicator_level").await, LEVELS.len() as i64);
}

#[tokio::test]
async fn the_tables_are_those_of_the_entities() {
    let (_database, db) = database::migrated().await;
    let (found, mut expected) = (tables(db.read()).await, entities(db.read().get_database_backend()));
    let histories = histories(&expected);
    expected.extend(histories);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (table, columns) in expected {
        assert_eq!(found[&table], columns, "{table}");
    }
}

#[tokio::test]
async fn the_seeded_levels_are_those_of_the_rules() {
    let (_database, db) = database::migrated().await;
    let stored = indicator_level::Entity::find().order_by_asc(indicator_level::Column::Ordinal);
    let stored = stored.all(db.read()).await.expect("the code table");
    let codes: HashMap<_, _> = stored.iter().map(|level| (level.id, level.code.clone())).collect();
    type Seen<'a> = (IndicatorRegime, Option<&'a str>, Option<&'a str>, i32, Option<&'a str>, &'a str, Option<&'a str>);
    let found: Vec<Seen<'_>> = stored
        .iter()
        .map(|level| {
            let parent = level.parent_id.and_then(|parent| codes[&parent].as_deref());
            let (code, standard) = (level.code.as_deref(), level.standard_code.as_deref());
            (level.regime, code, standard, level.rank, parent, level.name_zh.as_str(), level.name_en.as_deref())
        })
        .collect();
    let expected: Vec<Seen<'_>> = LEVELS
        .iter()
        .map(|level| {
            let (code, rank) = (Some(level.code), i32::from(level.rank));
            (level.regime, code, level.standard_code, rank, level.parent, level.name, Some(level.name_en))
        })
        .collect();
    assert_eq!(found, expected);
    let ordinals: Vec<i32> = stored.iter().map(|level| level.ordinal).collect();
    assert_eq!(ordinals, (1..).take(LEVELS.len()).collect::<Vec<i32>>());
}

/// The columns of every index, by table, in the order of the index.
async fn indexes(db: &DatabaseConnection) -> BTreeMap<String, Vec<Vec<String>>> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT m.name, l.name, i.name FROM sqlite_master m JOIN pragma_index_list(m.name) l
             JOIN pragma_index_info(l.name) i WHERE m.type = 'table' ORDER BY m.name, l.name, i.seqno"
        }
        _ => {
            "SELECT t.relname::text, x.relname::text, a.attname::text FROM pg_index i
             JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
             CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, n)
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
             WHERE t.relnamespace = 'public'::regnamespace ORDER BY 1, 2, k.n"
        }
    };
    let mut indexes: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for (table, index, column) in rows::<(String, String, String)>(db, sql).await {
        indexes.entry(table).or_default().entry(index).or_default().push(column);
    }
    indexes.into_iter().map(|(table, indexes)| (table, indexes.into_values().collect())).collect()
}

fn is_first(indexes: &BTreeMap<String, Vec<Vec<String>>>, table: &str, column: &str) -> bool {
    indexes.get(table).is_some_and(|indexes| indexes.iter().any(|columns| columns[0] == column))
}

#[tokio::test]
async fn every_reference_has_an_index_or_a_reason() {
    /// References that no statement follows from the other side, and tables of a few rows.
    const REASONS: [(&str, &str); 2] = [
        // Grants are some rows for each account; nothing else that they point to is ever deleted.
        ("account_grant", "division_code"),
        ("account_grant", "unit_id"),
    ];
    let (_database, db) = database::migrated().await;
    let sql = match db.read().get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT m.name, f.\"from\" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
             WHERE m.type = 'table' AND f.seq = 0"
        }
        _ => {
            "SELECT c.conrelid::regclass::text, a.attname::text FROM pg_constraint c
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f'"
        }
    };
    let references = rows::<(String, String)>(db.read(), sql).await;
    assert!(references.len() > 20, "{references:?}");
    let indexes = indexes(db.read()).await;
    let without: BTreeSet<_> = references.iter().filter(|(table, column)| !is_first(&indexes, table, column)).collect();
    let without: Vec<_> = without.into_iter().map(|(table, column)| (table.as_str(), column.as_str())).collect();
    assert_eq!(without, REASONS);
}

/// The orders of a type of the API: its table, the keys that can be asked for, and the columns of the default order.
type Orders = (String, Vec<(&'static str, String)>, Vec<String>);

fn orders<T: Connected>() -> Orders {
    let keys = T::orders().iter().map(|key| (key.name, key.column.to_string()));
    let default = T::default_order().iter().map(|column| column.to_string());
    (T::Entity::default().table_name().to_owned(), keys.collect(), default.collect())
}

#[tokio::test]
async fn every_order_has_an_index() {
    /// Places in a list: they order the rows of one parent, with whose key their index starts.
    const PLACES: [(&str, &str, &str); 2] = [("project", "ordinal", "unit_id"), ("indicator", "ordinal", "project_id")];
    let types = [
        orders::<Division>(),
        orders::<Unit>(),
        orders::<DepartmentGoal>(),
        orders::<Project>(),
        orders::<Indicator>(),
        orders::<Finding>(),
        orders::<SourceDocument>(),
        orders::<BulkOperation>(),
    ];
    let (_database, db) = database::migrated().await;
    let indexes = indexes(db.read()).await;
    let mut missing = Vec::new();
    for (table, keys, default) in types {
        assert!(!keys.is_empty() && !default.is_empty(), "{table}");
        for (key, column) in keys {
            let place = PLACES.iter().find(|(of, name, _)| *of == table && *name == column);
            let found = indexes[&table].iter().any(|columns| match place {
                Some((.., parent)) => columns[0] == *parent && columns.contains(&column),
                None => columns[0] == column,
            });
            if !found {
                missing.push(format!("{table} by {key}"));
            }
        }
        if !indexes[&table].iter().any(|columns| columns.starts_with(&default)) {
            missing.push(format!("{table} by {}", default.join(", ")));
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}
