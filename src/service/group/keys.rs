//! What rows can be grouped by, and where it stands for the rows of each table.

use entity::{finding, indicator, indicator_count, project, unit, unit_closure};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, JoinType, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, QueryResult};
use uuid::Uuid;

use crate::auth::Caller;
use crate::error::{AppError, AppResult};
use crate::service::order::Place;
use crate::service::scope::Scoped;

/// What rows are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// Fiscal year.
    FiscalYear,
    /// Division, by code.
    Division,
    /// The unit at the top of the tree in which the unit stands; empty where the caller may not see it.
    Department,
    /// Unit.
    Unit,
    /// First level of indicators.
    Level1,
    /// Second level of indicators.
    Level2,
    /// Form of the target.
    TargetKind,
    /// Where the money comes from.
    FundingKind,
    /// Project or special fund.
    GoalLevel,
    /// The data-quality rules that noticed something: a row is in the group of each of them.
    Rule,
}

impl Key {
    /// Whether the database keeps how many indicators there are by it.
    pub fn is_kept(self) -> bool {
        matches!(self, Self::FiscalYear | Self::Division | Self::Level1 | Self::Level2)
    }

    /// Whether a value can be one of this key.
    pub(super) fn holds(self, place: &Place) -> bool {
        match self {
            Self::FiscalYear => matches!(place, Place::Int(_)),
            Self::Department | Self::Unit | Self::Level1 | Self::Level2 => matches!(place, Place::Id { .. }),
            Self::Division | Self::TargetKind | Self::FundingKind | Self::GoalLevel | Self::Rule => {
                matches!(place, Place::Text(_))
            }
        }
    }

    /// Reads the value from the column of a row at this place.
    pub(super) fn read(self, row: &QueryResult, column: usize) -> AppResult<Place> {
        let place = match self {
            Self::FiscalYear => row.try_get_by_index::<Option<i32>>(column)?.map(|year| Place::Int(year.into())),
            Self::Department | Self::Unit | Self::Level1 | Self::Level2 => {
                row.try_get_by_index::<Option<Uuid>>(column)?.map(|id| Place::Id { id })
            }
            Self::Division | Self::TargetKind | Self::FundingKind | Self::GoalLevel | Self::Rule => {
                row.try_get_by_index::<Option<String>>(column)?.map(Place::Text)
            }
        };
        Ok(place.unwrap_or(Place::Null(())))
    }
}

/// A table whose rows are grouped.
pub trait Grouped: Scoped {
    /// The number of what is counted, over the rows of a group.
    const NUMBER: &'static str = "COUNT(*)";
    /// The condition under which there is such a group at all, where rows alone do not make one.
    const PRESENT: Option<&'static str> = None;
    /// The value of a key for a row of the statement, which is made to hold what it comes from.
    ///
    /// # Errors
    /// `FORBIDDEN` for what the caller may not look at, `INTERNAL` for a key that the table does not have.
    fn key(key: Key, select: &mut SelectStatement, caller: &Caller) -> AppResult<SimpleExpr>;
}

fn unknown(key: Key, table: &str) -> AppError {
    AppError::internal(format!("{table} has no key {key:?}"))
}

/// Where a project gets its money from, as far as it says so.
const FUNDING_KIND: &str = "CASE \
    WHEN COALESCE(project.fiscal_funds, 0) <> 0 AND COALESCE(project.other_funds, 0) <> 0 THEN 'BOTH' \
    WHEN COALESCE(project.fiscal_funds, 0) <> 0 THEN 'FISCAL' \
    WHEN COALESCE(project.other_funds, 0) <> 0 THEN 'OTHER' END";

impl Grouped for project::Entity {
    fn key(key: Key, select: &mut SelectStatement, caller: &Caller) -> AppResult<SimpleExpr> {
        use project::Column;
        Ok(match key {
            Key::FiscalYear => Column::FiscalYear.into_expr(),
            Key::Division => Column::DivisionCode.into_expr(),
            Key::Unit => Column::UnitId.into_expr(),
            Key::GoalLevel => Column::GoalLevel.into_expr(),
            Key::FundingKind => Expr::cust(FUNDING_KIND),
            Key::Department => department(select, Column::UnitId, caller),
            Key::Rule => rule(select, Column::Id, finding::Column::ProjectId, caller)?,
            Key::Level1 | Key::Level2 | Key::TargetKind => return Err(unknown(key, "project")),
        })
    }
}

impl Grouped for indicator::Entity {
    fn key(key: Key, select: &mut SelectStatement, caller: &Caller) -> AppResult<SimpleExpr> {
        use indicator::Column;
        Ok(match key {
            Key::FiscalYear => Column::FiscalYear.into_expr(),
            Key::Division => Column::DivisionCode.into_expr(),
            Key::Unit => Column::UnitId.into_expr(),
            Key::Level1 => Column::Level1Id.into_expr(),
            Key::Level2 => Column::Level2Id.into_expr(),
            Key::TargetKind => Column::TargetKind.into_expr(),
            Key::Department => department(select, Column::UnitId, caller),
            Key::Rule => rule(select, Column::Id, finding::Column::IndicatorId, caller)?,
            Key::FundingKind | Key::GoalLevel => return Err(unknown(key, "indicator")),
        })
    }
}

impl Grouped for indicator_count::Entity {
    const NUMBER: &'static str = "CAST(SUM(indicator_count.number) AS BIGINT)";
    const PRESENT: Option<&'static str> = Some("SUM(indicator_count.number) > 0");

    fn key(key: Key, _: &mut SelectStatement, _: &Caller) -> AppResult<SimpleExpr> {
        use indicator_count::Column;
        Ok(match key {
            Key::FiscalYear => Column::FiscalYear.into_expr(),
            Key::Division => Column::DivisionCode.into_expr(),
            Key::Level1 => Column::Level1Id.into_expr(),
            Key::Level2 => Expr::cust("NULLIF(indicator_count.level_id, indicator_count.level1_id)"),
            Key::Department | Key::Unit | Key::TargetKind | Key::FundingKind | Key::GoalLevel | Key::Rule => {
                return Err(unknown(key, "indicator_count"));
            }
        })
    }
}

/// Joins the unit at the top of each unit that the caller may see.
fn department<C: ColumnTrait>(select: &mut SelectStatement, unit_id: C, caller: &Caller) -> SimpleExpr {
    let (top, of, id) = (Alias::new("department"), Alias::new("unit_id"), Alias::new("department_id"));
    let tops = Query::select()
        .expr_as(unit_closure::Column::DescendantId.into_expr(), of.clone())
        .expr_as(unit_closure::Column::AncestorId.into_expr(), id.clone())
        .from(unit_closure::Entity)
        .inner_join(unit::Entity, unit::Column::Id.into_expr().eq(unit_closure::Column::AncestorId.into_expr()))
        .and_where(unit::Column::ParentId.is_null())
        .cond_where(unit::Entity::visible(caller))
        .take();
    let same = Expr::col((top.clone(), of)).eq(unit_id.into_expr());
    select.join_subquery(JoinType::LeftJoin, tops, top.clone(), same);
    Expr::col((top, id))
}

/// Joins the rules that noticed something in a row, each once.
fn rule<C: ColumnTrait>(
    select: &mut SelectStatement,
    id: C,
    about: finding::Column,
    caller: &Caller,
) -> AppResult<SimpleExpr> {
    caller.may(finding::Entity::READ)?;
    let (noticed, rule, of) = (Alias::new("noticed"), Alias::new("rule"), Alias::new("about"));
    let rules = Query::select()
        .distinct()
        .expr_as(about.into_expr(), of.clone())
        .expr_as(finding::Column::Rule.into_expr(), rule.clone())
        .from(finding::Entity)
        .and_where(about.is_not_null())
        .cond_where(finding::Entity::visible(caller))
        .take();
    let same = Expr::col((noticed.clone(), of)).eq(id.into_expr());
    select.join_subquery(JoinType::LeftJoin, rules, noticed.clone(), same);
    Ok(Expr::col((noticed, rule)))
}
