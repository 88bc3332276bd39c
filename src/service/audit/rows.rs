//! Whether the rows are as the audit says: each as its newest entry left it, and none gone without an entry.

use entity::id::{AccountId, DepartmentGoalId, DivisionId, IndicatorLevelId, ProjectId, SourceDocumentId, UnitId};
use sea_orm::{ConnectionTrait, Statement};
use uuid::Uuid;

use super::verify::Fault;
use crate::error::AppError;
use crate::service::journal::Kind;

/// Rows that are named one by one, for each table and kind of fault.
const NAMED: usize = 1_000;

type Type = (Kind, fn(Uuid) -> String, &'static str);

/// The types with entries of their own: the public form of their keys, and the rows that were written by a transaction
/// with a journal. Migrations bring the levels that have a code.
const TYPES: [Type; 7] = [
    (Kind::Division, |id| DivisionId(id).public(), "1 = 1"),
    (Kind::Unit, |id| UnitId(id).public(), "1 = 1"),
    (Kind::SourceDocument, |id| SourceDocumentId(id).public(), "1 = 1"),
    (Kind::DepartmentGoal, |id| DepartmentGoalId(id).public(), "1 = 1"),
    (Kind::Project, |id| ProjectId(id).public(), "1 = 1"),
    (Kind::IndicatorLevel, |id| IndicatorLevelId(id).public(), "stored.code IS NULL"),
    (Kind::Account, |id| AccountId(id).public(), "1 = 1"),
];

/// Reports the rows that are not as their newest entry says.
pub(super) async fn compare<E: From<AppError>>(
    db: &impl ConnectionTrait,
    report: &mut impl FnMut(Fault) -> Result<(), E>,
) -> Result<(), E> {
    for (kind, public, written) in TYPES {
        let table = kind.table();
        let newest = "entry.seq = (SELECT MAX(seq) FROM audit_entry AS other WHERE other.entity_id = entry.entity_id)";
        let questions = [
            (
                "the audit knows nothing of it",
                format!(
                    "SELECT stored.id FROM {table} AS stored WHERE {written} AND NOT EXISTS \
                     (SELECT 1 FROM audit_entry AS entry WHERE entry.entity_id = stored.id)"
                ),
            ),
            (
                "it is there, although the audit says that it was deleted",
                format!(
                    "SELECT stored.id FROM {table} AS stored JOIN audit_entry AS entry ON entry.entity_id = stored.id \
                     WHERE {newest} AND entry.kind = 'DELETED'"
                ),
            ),
            (
                "its version or time is not that of its newest entry",
                format!(
                    "SELECT stored.id FROM {table} AS stored JOIN audit_entry AS entry ON entry.entity_id = stored.id \
                     WHERE {newest} AND entry.kind <> 'DELETED' \
                     AND (entry.version <> stored.version OR entry.changed_at <> stored.updated_at)"
                ),
            ),
            (
                "it is gone, and no entry says so",
                format!(
                    "SELECT entry.entity_id AS id FROM audit_entry AS entry WHERE entry.entity_type = '{table}' \
                     AND {newest} AND entry.kind <> 'DELETED' \
                     AND NOT EXISTS (SELECT 1 FROM {table} AS stored WHERE stored.id = entry.entity_id)"
                ),
            ),
        ];
        for (how, sql) in questions {
            let sql = format!("{sql} ORDER BY 1 LIMIT {}", NAMED + 1);
            let found = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await;
            let found = found.map_err(AppError::from)?;
            for row in found.iter().take(NAMED) {
                let key = row.try_get("", "id").map_err(AppError::from)?;
                report(Fault::Row(table, public(key), how))?;
            }
            if found.len() > NAMED {
                report(Fault::MoreRows(table))?;
            }
        }
    }
    Ok(())
}
