//! Row-level security of PostgreSQL: which rows of a table a connection shows, by the setting `jixiao.reach` of the
//! connection. The policies do nothing until row-level security of their table is enabled. SQLite has none of this.
//!
//! The setting is `service` for the service's own work. For work in somebody's name it is a JSON object: for each permission
//! to look `"all"`, `"published"`, or an object with `divisions`, `units` and, of grants for some fiscal years, `limited`;
//! and in `account` whose own files and operations are seen. Where it is not set no row is seen.

use sea_orm_migration::prelude::{DbErr, SchemaManager};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Tables that every connection reads: they hold no text and no figure of the field.
pub const OPEN: [&str; 3] = [
    // The keys of units above and below each other: what the policies themselves ask.
    "unit_closure",
    // The code table of indicator levels.
    "indicator_level",
    // Which migrations have run.
    "seaql_migrations",
];

/// What the policies call, with the name of a permission. They are called once a statement, not once a row: the policies
/// call them in uncorrelated sub-selects. Those with a query inside are not in SQL, so that it is planned once a connection.
/// Nothing in them may be looked up by the search path of who asks: programs that dump a database have none.
const FUNCTIONS: [(&str, &str, &str, &str); 7] = [
    (
        "reach_is_service()",
        "boolean",
        "sql",
        "RETURN COALESCE(current_setting('jixiao.reach', true) = 'service', false)",
    ),
    (
        "reach(permission text)",
        "jsonb",
        "sql",
        "RETURN CASE WHEN current_setting('jixiao.reach', true) IN ('', 'service') THEN NULL \
            ELSE current_setting('jixiao.reach', true)::jsonb -> permission END",
    ),
    ("reach_is_all(permission text)", "boolean", "sql", "RETURN COALESCE(reach(permission) = '\"all\"', false)"),
    (
        "reach_is_published(permission text)",
        "boolean",
        "sql",
        "RETURN COALESCE(reach(permission) = '\"published\"', false)",
    ),
    (
        "reach_divisions(permission text)",
        "text[]",
        "plpgsql",
        "BEGIN RETURN ARRAY(SELECT jsonb_array_elements_text(reach(permission) -> 'divisions')); END",
    ),
    (
        "reach_units(permission text)",
        "uuid[]",
        "plpgsql",
        "BEGIN RETURN ARRAY(SELECT jsonb_array_elements_text(reach(permission) -> 'units')::uuid); END",
    ),
    (
        "reach_limited(permission text)",
        "TABLE (first integer, last integer, division text, unit uuid)",
        "plpgsql ROWS 2",
        "BEGIN RETURN QUERY SELECT grants.* FROM jsonb_to_recordset(reach(permission) -> 'limited') \
            AS grants (first integer, last integer, division text, unit uuid); END",
    ),
];

/// How a row comes to its fiscal year, and to the record that is published or not.
pub enum Record {
    /// It has neither, and is there for everybody.
    None,
    /// It has a year, and is never published.
    Year,
    /// It is the record.
    Itself,
    /// It is a part of a record: the table of records, and the condition that joins the row to it.
    PartOf(&'static str, &'static str),
    /// As a part, but with a year of its own.
    YearAndPartOf(&'static str, &'static str),
}

impl Record {
    /// The condition that its year is one of a grant's.
    fn of_years(&self) -> String {
        let between = |year: &str| {
            format!("(years.first IS NULL OR {year} >= years.first) AND (years.last IS NULL OR {year} <= years.last)")
        };
        match self {
            Self::None => "true".to_owned(),
            Self::Year | Self::Itself | Self::YearAndPartOf(..) => between("fiscal_year"),
            Self::PartOf(records, joined) => {
                format!("EXISTS (SELECT FROM {records} WHERE {joined} AND {})", between("record.fiscal_year"))
            }
        }
    }

    fn published(&self) -> String {
        match self {
            Self::None => "true".to_owned(),
            Self::Year => "false".to_owned(),
            Self::Itself => "publication = 'PUBLISHED'".to_owned(),
            Self::PartOf(records, joined) | Self::YearAndPartOf(records, joined) => {
                format!("EXISTS (SELECT FROM {records} WHERE {joined} AND record.publication = 'PUBLISHED')")
            }
        }
    }
}

/// The condition that a row lies in the reach; where it has no column of its unit, grants on units do not reach it. What is
/// asked once a statement stands before what is asked for each row.
pub fn owned(table: &str, permission: &str, unit: Option<&str>, record: &Record) -> String {
    let (of_years, published) = (record.of_years(), record.published());
    let of_units = unit.map_or_else(String::new, |unit| {
        format!(
            "OR {unit} IN (SELECT below.descendant_id FROM unit_closure below \
                WHERE below.ancestor_id = ANY ((SELECT reach_units('{permission}'))::uuid[])) "
        )
    });
    let of_limited_units = unit.map_or_else(
        || "false".to_owned(),
        |unit| {
            format!(
                "EXISTS (SELECT FROM unit_closure below \
                    WHERE below.ancestor_id = years.unit AND below.descendant_id = {table}.{unit})"
            )
        },
    );
    format!(
        "(SELECT reach_is_all('{permission}')) \
         OR division_code = ANY ((SELECT reach_divisions('{permission}'))::text[]) \
         OR ((SELECT reach_is_published('{permission}')) AND {published}) \
         {of_units}\
         OR EXISTS (SELECT FROM reach_limited('{permission}') years WHERE {of_years} AND \
            CASE WHEN years.unit IS NULL THEN COALESCE(years.division = division_code, true) ELSE {of_limited_units} END)"
    )
}

/// What the service does with rows of a table besides reading them.
#[derive(Clone, Copy)]
pub enum Keeping {
    /// Rows come, change and go.
    Anything,
    /// Rows only come.
    Adding,
}

/// Makes the functions, before any table is protected, or makes them anew.
pub async fn prepare(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for (name, gives, language, body) in FUNCTIONS {
        // A body in SQL is read here and now, as it stands; one in PL/pgSQL is text that is read when it runs.
        let body = match language {
            "sql" => body.to_owned(),
            _ => format!("SET search_path FROM CURRENT AS $$ {body} $$"),
        };
        let function = format!(
            "CREATE OR REPLACE FUNCTION {name} RETURNS {gives} LANGUAGE {language} STABLE PARALLEL SAFE {body}"
        );
        on_postgres(manager, function).await?;
    }
    Ok(())
}

/// Drops them; after all tables are exposed.
pub async fn dismiss(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for (name, ..) in FUNCTIONS.iter().rev() {
        on_postgres(manager, format!("DROP FUNCTION {}", name.replace("permission ", ""))).await?;
    }
    Ok(())
}

/// Gives a table its policies: the service does what `keeping` says, others read the rows for which `visible` holds.
pub async fn protect(
    manager: &SchemaManager<'_>,
    table: &str,
    keeping: Keeping,
    visible: Option<&str>,
) -> Result<(), DbErr> {
    let service = "(SELECT reach_is_service())";
    let policies = match keeping {
        Keeping::Anything => vec![format!("service ON {table} USING ({service}) WITH CHECK ({service})")],
        Keeping::Adding => vec![
            format!("service ON {table} FOR SELECT USING ({service})"),
            format!("service_adds ON {table} FOR INSERT WITH CHECK ({service})"),
        ],
    };
    let reach = visible.map(|visible| format!("reach ON {table} FOR SELECT USING ({visible})"));
    for policy in policies.into_iter().chain(reach) {
        on_postgres(manager, format!("CREATE POLICY {policy}")).await?;
    }
    Ok(())
}

/// Takes a table's policies away again, and disables its row-level security.
pub async fn expose(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let off = format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY");
    on_postgres(manager, off).await?;
    for policy in ["service", "service_adds", "reach"] {
        on_postgres(manager, format!("DROP POLICY IF EXISTS {policy} ON {table}")).await?;
    }
    Ok(())
}

async fn on_postgres(manager: &SchemaManager<'_>, sql: String) -> Result<(), DbErr> {
    match manager.get_database_backend() {
        DbBackend::Postgres => manager.get_connection().execute_unprepared(&sql).await.map(drop),
        _ => Ok(()),
    }
}
