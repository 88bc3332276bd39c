//! How many indicators there are of each level in each division and year, published and not: counted by the database itself,
//! in the transaction that changes them, whichever way they change.
//!
//! Whoever writes a project holds the lock of its division (`service::division`), so two transactions never wait for each
//! other's numbers longer than they would anyway, and never in a circle. A number can be 0; its row stays.

use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::column::{drop_tables, int, key, long, text};
use crate::row_security::{Keeping, Record, owned, protect};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000430_indicator_count"
    }
}

/// Adds what a statement selects to the numbers. An indicator without a second level counts at its first.
fn add(rows: &str, number: &str, publication: &str, rest: &str) -> String {
    format!(
        "INSERT INTO indicator_count (division_code, fiscal_year, publication, level1_id, level_id, number)
         SELECT counted.division_code, counted.fiscal_year, {publication}, counted.level1_id,
             COALESCE(counted.level2_id, counted.level1_id), {number}
         FROM {rows} {rest}
         ON CONFLICT (division_code, fiscal_year, publication, level1_id, level_id)
             DO UPDATE SET number = indicator_count.number + excluded.number"
    )
}

const GROUPED: &str = "GROUP BY 1, 2, 3, 4, 5";
const CHANGED: &str = "GROUP BY 1, 2, 3, 4, 5 HAVING SUM(counted.change) <> 0 ORDER BY 1, 2, 3, 4, 5";
const OF_INDICATOR: &str = "division_code, fiscal_year, project_id, level1_id, level2_id";

/// The indicators of a project that is published, taken back or about to go with them.
fn of_project(number: &str, publication: &str) -> String {
    add("indicator AS counted", number, publication, &format!("WHERE counted.project_id = OLD.id {GROUPED}"))
}

/// The indicators of a project go with it, and then it can no longer be asked whether it is published.
fn on_deletion() -> (&'static str, String) {
    ("BEFORE DELETE ON project FOR EACH ROW", of_project("-COUNT(*)", "OLD.publication"))
}

/// SQLite calls a trigger for each row. Almost always the number is there: it is changed where it stands, and only else made.
fn of_row(row: &str, change: &str) -> String {
    format!(
        "UPDATE indicator_count SET number = number + {change}
         WHERE division_code = {row}.division_code AND fiscal_year = {row}.fiscal_year
             AND publication = (SELECT publication FROM project WHERE id = {row}.project_id)
             AND level1_id = {row}.level1_id AND level_id = COALESCE({row}.level2_id, {row}.level1_id);
         INSERT INTO indicator_count (division_code, fiscal_year, publication, level1_id, level_id, number)
         SELECT {row}.division_code, {row}.fiscal_year, publication, {row}.level1_id,
             COALESCE({row}.level2_id, {row}.level1_id), {change}
         FROM project WHERE changes() = 0 AND id = {row}.project_id"
    )
}

fn on_sqlite() -> Vec<(&'static str, String)> {
    let moved = [of_project("-COUNT(*)", "OLD.publication"), of_project("COUNT(*)", "NEW.publication")].join(";");
    vec![
        ("AFTER UPDATE OF publication ON project FOR EACH ROW WHEN OLD.publication <> NEW.publication", moved),
        ("AFTER INSERT ON indicator FOR EACH ROW", of_row("NEW", "1")),
        ("AFTER DELETE ON indicator FOR EACH ROW", of_row("OLD", "(-1)")),
        (
            "AFTER UPDATE OF division_code, fiscal_year, project_id, level1_id, level2_id ON indicator FOR EACH ROW",
            [of_row("OLD", "(-1)"), of_row("NEW", "1")].join(";"),
        ),
    ]
}

/// PostgreSQL calls one for each statement, with all rows: a number that one transaction writes over and over leaves as many
/// versions, each of which the next one has to walk past.
fn of_rows(rows: &[(&str, &str)]) -> String {
    let rows: Vec<String> =
        rows.iter().map(|(rows, change)| format!("SELECT {OF_INDICATOR}, {change} AS change FROM {rows}")).collect();
    let rows = format!("({}) AS counted JOIN project ON project.id = counted.project_id", rows.join(" UNION ALL "));
    add(&rows, "SUM(counted.change)", "project.publication", CHANGED)
}

fn on_postgres() -> Vec<(&'static str, String)> {
    const ADDED: (&str, &str) = ("added", "1");
    const GONE: (&str, &str) = ("gone", "-1");
    let changed = "SELECT gone.id, gone.publication AS before, added.publication AS after FROM gone JOIN added USING (id) \
                   WHERE gone.publication <> added.publication";
    let moved = |publication: &str, number: &str| {
        let rows = format!("({changed}) AS moved JOIN indicator AS counted ON counted.project_id = moved.id");
        add(&rows, number, publication, &format!("{GROUPED} ORDER BY 1, 2, 3, 4, 5"))
    };
    let published = format!(
        "IF EXISTS ({changed}) THEN {}; {}; END IF",
        moved("moved.before", "-COUNT(*)"),
        moved("moved.after", "COUNT(*)")
    );
    vec![
        ("AFTER UPDATE ON project REFERENCING OLD TABLE AS gone NEW TABLE AS added FOR EACH STATEMENT", published),
        ("AFTER INSERT ON indicator REFERENCING NEW TABLE AS added FOR EACH STATEMENT", of_rows(&[ADDED])),
        ("AFTER DELETE ON indicator REFERENCING OLD TABLE AS gone FOR EACH STATEMENT", of_rows(&[GONE])),
        (
            "AFTER UPDATE ON indicator REFERENCING OLD TABLE AS gone NEW TABLE AS added FOR EACH STATEMENT",
            of_rows(&[GONE, ADDED]),
        ),
    ]
}

fn triggers(backend: DbBackend) -> Vec<(&'static str, String)> {
    let mut triggers = if backend == DbBackend::Sqlite { on_sqlite() } else { on_postgres() };
    triggers.push(on_deletion());
    triggers
}

/// `AFTER UPDATE OF … ON indicator` is `indicator_count_after_update_indicator`.
fn name(when: &str) -> String {
    let table = if when.contains("ON project") { "project" } else { "indicator" };
    let event: Vec<String> = when.split(' ').take(2).map(str::to_lowercase).collect();
    format!("indicator_count_{}_{table}", event.join("_"))
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let counts = Table::create()
            .table("indicator_count")
            .col(text(manager, "division_code").not_null())
            .col(int("fiscal_year").not_null())
            .col(text(manager, "publication").not_null())
            .col(key("level1_id").not_null())
            .col(key("level_id").not_null())
            .col(long("number").not_null())
            .primary_key(
                Index::create()
                    .col("division_code")
                    .col("fiscal_year")
                    .col("publication")
                    .col("level1_id")
                    .col("level_id"),
            )
            .take();
        manager.create_table(counts).await?;
        let visible = owned("indicator_count", "indicator:read", None, &Record::Itself);
        protect(manager, "indicator_count", Keeping::Anything, Some(&visible)).await?;
        let db = manager.get_connection();
        let counted = add(
            "indicator AS counted JOIN project ON project.id = counted.project_id",
            "COUNT(*)",
            "project.publication",
            &format!("WHERE true {GROUPED}"),
        );
        db.execute_unprepared(&counted).await?;
        for (when, body) in triggers(manager.get_database_backend()) {
            let name = name(when);
            let trigger = match manager.get_database_backend() {
                DbBackend::Sqlite => format!("CREATE TRIGGER {name} {when} BEGIN {body}; END"),
                _ => {
                    // What a row-level trigger returns before a deletion lets it happen; elsewhere it says nothing.
                    let last = if when.starts_with("BEFORE") { "OLD" } else { "NULL" };
                    let function = format!(
                        "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN {last}; END $$"
                    );
                    db.execute_unprepared(&function).await?;
                    format!("CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()")
                }
            };
            db.execute_unprepared(&trigger).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for (when, _) in triggers(manager.get_database_backend()) {
            let name = name(when);
            let drop = match manager.get_database_backend() {
                DbBackend::Sqlite => format!("DROP TRIGGER {name}"),
                // The trigger goes with its function.
                _ => format!("DROP FUNCTION {name}() CASCADE"),
            };
            db.execute_unprepared(&drop).await?;
        }
        drop_tables(manager, &["indicator_count"]).await
    }
}
