//! Policies of row-level security on PostgreSQL, which hold where it is enabled (`docs/access.md`).

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::row_security::{Keeping, Record, dismiss, expose, owned, prepare, protect};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000400_row_security"
    }
}

const OF_PROJECT: Record = Record::PartOf("project record", "record.id = project_id");
const OF_PLAN: Record =
    Record::PartOf("project record JOIN spending_plan plan ON plan.project_id = record.id", "plan.id = plan_id");
const OF_GOAL: Record = Record::PartOf("department_goal record", "record.id = goal_id");
const INDICATOR: Record = Record::YearAndPartOf("project record", "record.id = project_id");

/// Tables of rows that belong to a unit: the permission to look at them, and the column of the unit.
const OWNED: [(&str, &str, &str, Record); 11] = [
    ("unit", "unit:read", "id", Record::None),
    ("unit_alias", "unit:read", "unit_id", Record::None),
    ("source_document", "document:read", "unit_id", Record::Year),
    ("department_goal", "goal:read", "unit_id", Record::Itself),
    ("goal_item", "goal:read", "unit_id", OF_GOAL),
    ("project", "project:read", "unit_id", Record::Itself),
    ("objective", "project:read", "unit_id", OF_PROJECT),
    ("spending_plan", "project:read", "unit_id", OF_PROJECT),
    ("plan_point", "project:read", "unit_id", OF_PLAN),
    ("indicator", "indicator:read", "unit_id", INDICATOR),
    ("finding", "finding:read", "unit_id", Record::Year),
];

/// Those whose former states are kept, in a table of the same columns.
const WITH_PAST: [&str; 8] =
    ["unit", "department_goal", "goal_item", "project", "objective", "spending_plan", "plan_point", "indicator"];

/// Granted divisions, and those of granted units.
const DIVISION: &str = "(SELECT reach_is_all('unit:read')) OR (SELECT reach_is_published('unit:read')) \
    OR code = ANY ((SELECT reach_divisions('unit:read'))::text[]) \
    OR code IN (SELECT unit.division_code FROM unit WHERE unit.id = ANY ((SELECT reach_units('unit:read'))::uuid[])) \
    OR EXISTS (SELECT FROM reach_limited('unit:read') years WHERE CASE WHEN years.unit IS NOT NULL \
        THEN division.code IN (SELECT unit.division_code FROM unit WHERE unit.id = years.unit) \
        ELSE COALESCE(years.division = division.code, true) END)";
/// Entries are looked at through the record they are about, by who may look at history at all; those of signing in are what
/// administrators see of an account's use.
const AUDIT_ENTRY: &str = "(SELECT reach('history:read')) IS NOT NULL \
    OR (action = 'auth/login' AND (SELECT reach_is_all('account:read')))";
/// The own ones.
const UPLOAD: &str = "account_id = (SELECT (reach('account') #>> '{}')::uuid)";
/// The own ones, or all.
const BULK_OPERATION: &str =
    "(SELECT reach_is_all('operation:read')) OR account_id = (SELECT (reach('account') #>> '{}')::uuid)";

/// Tables with conditions of their own.
const OTHERS: [(&str, Keeping, &str); 4] = [
    ("division", Keeping::Anything, DIVISION),
    ("audit_entry", Keeping::Adding, AUDIT_ENTRY),
    ("upload", Keeping::Anything, UPLOAD),
    ("bulk_operation", Keeping::Anything, BULK_OPERATION),
];

/// What administrators of everything look at.
const OF_ADMINISTRATORS: [&str; 8] =
    ["account", "account_grant", "client", "client_key", "client_secret", "credential", "invitation", "session"];
const ADMINISTRATOR: &str = "(SELECT reach_is_all('account:read'))";

/// Tables that the service reads for itself and shows to nobody as they are.
const OF_THE_SERVICE: [&str; 7] =
    ["audit_head", "change", "client_assertion", "idempotency", "login_failure", "refresh_token", "revocation"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        prepare(manager).await?;
        for (table, permission, unit, record) in &OWNED {
            let visible = owned(table, permission, Some(unit), record);
            protect(manager, table, Keeping::Anything, Some(&visible)).await?;
            if WITH_PAST.contains(table) {
                let past = format!("{table}_history");
                let visible = owned(&past, permission, Some(unit), record);
                protect(manager, &past, Keeping::Adding, Some(&visible)).await?;
            }
        }
        for (table, keeping, visible) in OTHERS {
            protect(manager, table, keeping, Some(visible)).await?;
        }
        for table in OF_ADMINISTRATORS {
            protect(manager, table, Keeping::Anything, Some(ADMINISTRATOR)).await?;
        }
        for table in OF_THE_SERVICE {
            protect(manager, table, Keeping::Anything, None).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let owned = OWNED.iter().map(|(table, ..)| (*table).to_owned());
        let past = WITH_PAST.iter().map(|table| format!("{table}_history"));
        let others = OTHERS.iter().map(|(table, ..)| (*table).to_owned());
        let of_the_service = OF_ADMINISTRATORS.iter().chain(&OF_THE_SERVICE).map(|table| (*table).to_owned());
        for table in owned.chain(past).chain(others).chain(of_the_service) {
            expose(manager, &table).await?;
        }
        dismiss(manager).await
    }
}
