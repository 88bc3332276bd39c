//! `REPLACE_SCOPE`: the projects of a unit and year that the file does not name are deleted behind its last row.
//!
//! What may be deleted is fixed before the first row: the projects that the scope had then. So what others add while
//! the file is worked through stays, and nothing is deleted when a row of the file was refused, since that row may have
//! named any of them.

use entity::id::ProjectId;
use entity::{project, unit};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::options::{IntakeOptions, ScopeOptions};
use crate::bulk::apply::{Answer, Fault};
use crate::error::{AppError, AppResult, ErrorCode};
use crate::input::key::ProjectKey;
use crate::input::{At, UserError, UserErrorCode, Words};
use crate::service::work::Work;
use crate::service::write::project::{Edit, ProjectRow, Who};
use crate::service::write::{Atomicity, Mode, Outcome, Row, RowResult, project as write};
use crate::service::{division, scope};

/// The most projects of a scope.
const PROJECTS: usize = 5_000;

/// The scope of an operation, and what of it the file has not named yet.
pub(super) struct Scope {
    of: ScopeOptions,
    left: Left,
}

/// What goes on from chunk to chunk.
#[derive(Serialize, Deserialize)]
struct Left {
    /// Public ids of the projects that the scope had before the first row and that no row has named yet.
    left: Vec<String>,
}

impl Scope {
    /// The scope with what earlier chunks left; in the first chunk everything that is stored.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when the scope is not whole, names nothing or is too large, `CONFLICT` when the client counted
    /// otherwise.
    pub(super) async fn resume(work: &mut Work<'_>, options: &IntakeOptions, state: &Value) -> AppResult<Self> {
        let of = options.scope.clone().unwrap_or_default();
        if !state.is_null() {
            let left = serde_json::from_value(state.clone()).map_err(AppError::internal)?;
            return Ok(Self { of, left });
        }
        let found = stored(work, &of).await?;
        let count = found.len() as u64;
        if found.len() > PROJECTS {
            let message = format!("The scope has more than {PROJECTS} projects: replace it in smaller parts.");
            return Err(AppError::bad_input(message));
        }
        if let Some(expected) = options.expected_scope_rows.filter(|expected| *expected != count) {
            let message = format!(
                "The scope has {count} projects, not {expected} as `expectedScopeRows` says; nothing was written. Look \
                 again, and start anew."
            );
            return Err(AppError::new(ErrorCode::Conflict, message));
        }
        Ok(Self { of, left: Left { left: found.into_iter().map(ProjectId::public).collect() } })
    }

    /// The form for the checkpoint.
    pub(super) fn state(&self) -> Value {
        // A list of texts: JSON can say it.
        serde_json::to_value(&self.left).unwrap_or_default()
    }

    /// Notes what rows have named.
    pub(super) fn named(&mut self, results: &[RowResult]) {
        let named: std::collections::HashSet<String> =
            results.iter().filter_map(|result| result.id).map(|id| ProjectId(id).public()).collect();
        self.left.left.retain(|id| !named.contains(id));
    }

    /// A row about a project outside the scope is a mistake.
    pub(super) fn refuse_others(&self, key: Option<&ProjectKey>, errors: &mut Vec<UserError>) {
        let Some(key) = key.filter(|_| errors.is_empty()) else { return };
        let at = At::ROOT.field("key");
        let of = &self.of;
        let outside = [
            ("divisionCode", key.division_code.is_some() && key.division_code != of.division_code),
            ("fiscalYear", key.fiscal_year != of.fiscal_year),
            ("unitCode", key.unit_code != of.unit_code),
        ];
        for (field, _) in outside.into_iter().filter(|(_, outside)| *outside) {
            let words = Words::new(
                "The row lies outside the scope that the file replaces.",
                "本行不在本次整体替换的范围之内。",
            );
            let path = at.field(field).path();
            errors.push(UserError::validation(UserErrorCode::Other, path, "scope", None, words));
        }
    }

    /// Deletes what no row has named, unless rows were refused.
    pub(super) async fn delete_rest(&mut self, work: &mut Work<'_>, failed: i64) -> AppResult<Vec<Answer>> {
        let left = std::mem::take(&mut self.left.left);
        let row = |id: &String| Row {
            path: Vec::new(),
            input: ProjectRow {
                who: Who::Id(id.clone(), &["id"]),
                mode: Mode::Update,
                expected_version: None,
                edit: Edit::DeleteProject { cascade: true },
            },
            errors: Vec::new(),
        };
        if failed > 0 {
            let kept = |id: String| Answer { outcome: Outcome::Skipped, key: Some(id), faults: Vec::new(), seen: None };
            return Ok(left.into_iter().map(kept).collect());
        }
        let rows: Vec<Row<ProjectRow>> = left.iter().map(row).collect();
        let results = write::apply(work, &rows, Atomicity::PerRow).await?;
        let answer = |result: RowResult| Answer {
            outcome: result.outcome,
            key: Some(result.key),
            faults: result.errors.iter().map(Fault::from).collect(),
            seen: result.seen.map(i64::from),
        };
        Ok(results.into_iter().map(answer).collect())
    }
}

/// The projects of a scope, in their order.
async fn stored(work: &mut Work<'_>, of: &ScopeOptions) -> AppResult<Vec<ProjectId>> {
    let code = match &of.division_code {
        Some(code) => Some(code.clone()),
        None => division::only(work).await?,
    };
    let (Some(division_code), Some(year), Some(unit_code)) = (code, of.fiscal_year, &of.unit_code) else {
        return Err(AppError::bad_input(
            "REPLACE_SCOPE needs `scope` with divisionCode, fiscalYear and unitCode: the projects of this unit in this \
             year are replaced.",
        ));
    };
    let codes = [division_code.clone()].into();
    division::lock(work, &codes).await?;
    let found = scope::find::<unit::Entity>(work.caller)?
        .filter(unit::Column::DivisionCode.eq(&division_code))
        .filter(unit::Column::Code.eq(unit_code));
    let Some(found) = found.one(work.tx).await? else {
        let message = format!("There is no unit {division_code} {unit_code} that this account may see.");
        return Err(AppError::new(ErrorCode::NotFound, message));
    };
    let projects = project::Entity::find()
        .select_only()
        .column(project::Column::Id)
        .filter(project::Column::UnitId.eq(found.id))
        .filter(project::Column::FiscalYear.eq(year))
        .order_by_asc(project::Column::Ordinal)
        .order_by_asc(project::Column::Id)
        .limit(PROJECTS as u64 + 1);
    Ok(projects.into_tuple().all(work.tx).await?)
}
