//! What hangs on units: how many of each kind, and the first of them.

use std::collections::HashMap;

use entity::id::{AccountGrantId, DepartmentGoalId, ProjectId, SourceDocumentId, UnitAliasId, UnitId};
use sea_orm::sea_query::{Expr, ExprTrait, Query, WindowStatement};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Order};
use uuid::Uuid;

use crate::error::AppResult;
use crate::service::stored::KEYS_A_STATEMENT;

/// So many of each kind are named.
const NAMED: i64 = 3;

/// A kind of rows that hang on units.
struct Kind {
    name: &'static str,
    table: &'static str,
    column: &'static str,
    public: fn(Uuid) -> String,
    /// Whether `cascade` deletes them with the unit.
    goes_along: bool,
}

/// All kinds. A document is what was published, and a grant is an administrator's word: neither goes with a unit.
static KINDS: [Kind; 6] = [
    kind("units", "unit", "parent_id", |id| UnitId(id).public(), true),
    kind("projects", "project", "unit_id", |id| ProjectId(id).public(), true),
    kind("goals", "department_goal", "unit_id", |id| DepartmentGoalId(id).public(), true),
    kind("aliases", "unit_alias", "unit_id", |id| UnitAliasId(id).public(), true),
    kind("documents", "source_document", "unit_id", |id| SourceDocumentId(id).public(), false),
    kind("grants", "account_grant", "unit_id", |id| AccountGrantId(id).public(), false),
];

const fn kind(
    name: &'static str,
    table: &'static str,
    column: &'static str,
    public: fn(Uuid) -> String,
    goes_along: bool,
) -> Kind {
    Kind { name, table, column, public, goes_along }
}

/// Rows of one kind that hang on one unit.
pub(super) struct Dependants {
    kind: &'static Kind,
    count: i64,
    first: Vec<String>,
}

impl Dependants {
    /// Whether `cascade` deletes them with the unit.
    pub(super) const fn go_along(&self) -> bool {
        self.kind.goes_along
    }
}

impl std::fmt::Display for Dependants {
    /// `projects: 5 (prj_…, prj_…, prj_…, …)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} ({}", self.kind.name, self.count, self.first.join(", "))?;
        f.write_str(if self.count > NAMED { ", …)" } else { ")" })
    }
}

/// What hangs on each of these units: one statement for each kind and few thousand units.
pub(super) async fn read(tx: &DatabaseTransaction, units: &[UnitId]) -> AppResult<HashMap<UnitId, Vec<Dependants>>> {
    let mut found: HashMap<UnitId, Vec<Dependants>> = HashMap::new();
    for kind in &KINDS {
        for units in units.chunks(KEYS_A_STATEMENT) {
            let of_unit = || WindowStatement::partition_by(kind.column);
            let counted = Query::select()
                .expr_as(Expr::col(kind.column), "on_unit")
                .column("id")
                .expr_window_as(Expr::cust("ROW_NUMBER()"), of_unit().order_by("id", Order::Asc).take(), "place")
                .expr_window_as(Expr::cust("COUNT(*)"), of_unit(), "number")
                .from(kind.table)
                .and_where(Expr::col(kind.column).is_in(units.iter().copied()))
                .take();
            let first = Query::select()
                .columns(["on_unit", "id", "number"])
                .from_subquery(counted, "counted")
                .and_where(Expr::col("place").lte(NAMED))
                .order_by("place", Order::Asc)
                .take();
            for row in tx.query_all(&first).await? {
                let (unit, id, count): (UnitId, Uuid, i64) =
                    (row.try_get_by(0)?, row.try_get_by(1)?, row.try_get_by(2)?);
                let of_unit = found.entry(unit).or_default();
                let id = (kind.public)(id);
                match of_unit.last_mut().filter(|last| std::ptr::eq(last.kind, kind)) {
                    Some(last) => last.first.push(id),
                    None => of_unit.push(Dependants { kind, count, first: vec![id] }),
                }
            }
        }
    }
    Ok(found)
}
