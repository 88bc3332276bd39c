//! What a caller may see is part of finding, not a later check: the one way from a caller to rows.

use std::collections::HashSet;

use entity::id::UnitId;
use entity::value::Timestamp;
use entity::{
    audit_entry, bulk_operation, department_goal, division, finding, goal_item, indicator, indicator_level, objective,
    plan_point, project, source_document, spending_plan, unit, unit_alias, unit_closure, upload,
};
use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select};

use super::history::{self, Past};
use super::stored::KEYS_A_STATEMENT;
use crate::auth::{Action, Caller, Scope};
use crate::error::{AppError, AppResult, ErrorCode};

/// A table whose rows are visible or not. It has no default, so a new table does not compile without a decision.
pub trait Scoped: EntityTrait<Model: Clone + Send + Sync> {
    /// The condition under which a row is visible to a caller who may read.
    fn visible(caller: &Caller) -> Condition;
    /// Makes a statement that reads the table read it as it was at a time; a table whose past is not kept stays as it is.
    fn at(select: &mut SelectStatement, moment: Timestamp);
}

/// Finds the rows of a table that the caller may read; everything that reads rows starts here.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` when the caller may not read at all.
pub fn find<E: Scoped>(caller: &Caller) -> AppResult<Select<E>> {
    caller.may(Action::Read)?;
    Ok(E::find().filter(E::visible(caller)))
}

/// Refuses a caller who may not write in the whole of a division.
///
/// # Errors
/// `UNAUTHENTICATED`, `FORBIDDEN` when the caller may not write at all, `NOT_FOUND` when the division is out of scope.
pub fn may_write_division(caller: &Caller, division_code: &str) -> AppResult<()> {
    caller.may(Action::Write)?;
    let covered = caller.scopes(Action::Write).any(|scope| match scope {
        Scope::Everything => true,
        Scope::Division(code) => code == division_code,
        Scope::Unit(_) => false,
    });
    if covered {
        return Ok(());
    }
    let message = format!("There is no division {division_code} in which this account may write.");
    Err(AppError::new(ErrorCode::NotFound, message))
}

/// Those of the units in which the caller may do this.
///
/// # Errors
/// When the database fails.
pub async fn units_within(
    tx: &DatabaseTransaction,
    caller: &Caller,
    action: Action,
    units: &HashSet<UnitId>,
) -> AppResult<HashSet<UnitId>> {
    if restriction(caller, action).is_none() {
        return Ok(units.clone());
    }
    let within = owned_rows(caller, action, unit::Column::DivisionCode, unit::Column::Id);
    let units: Vec<UnitId> = units.iter().copied().collect();
    let mut found = HashSet::new();
    for units in units.chunks(KEYS_A_STATEMENT) {
        let some = unit::Entity::find()
            .select_only()
            .column(unit::Column::Id)
            .filter(unit::Column::Id.is_in(units.iter().copied()))
            .filter(within.clone());
        found.extend(some.into_tuple::<UnitId>().all(tx).await?);
    }
    Ok(found)
}

/// The scopes of a caller, sorted by kind; `restriction` gives none when nothing restricts the caller.
struct Restriction {
    divisions: Vec<String>,
    units: Vec<UnitId>,
}

fn restriction(caller: &Caller, action: Action) -> Option<Restriction> {
    let mut restriction = Restriction { divisions: Vec::new(), units: Vec::new() };
    for scope in caller.scopes(action) {
        match scope {
            Scope::Everything => return None,
            Scope::Division(code) => restriction.divisions.push(code.clone()),
            Scope::Unit(id) => restriction.units.push(*id),
        }
    }
    Some(restriction)
}

/// Rows of the granted divisions, and rows of the granted units and of all units below them.
fn owned_rows<C: ColumnTrait>(caller: &Caller, action: Action, division_code: C, unit_id: C) -> Condition {
    let Some(restriction) = restriction(caller, action) else {
        return Condition::all();
    };
    let mut visible = Condition::any();
    if !restriction.divisions.is_empty() {
        visible = visible.add(division_code.is_in(restriction.divisions));
    }
    if !restriction.units.is_empty() {
        let subtree = unit_closure::Entity::find()
            .select_only()
            .column(unit_closure::Column::DescendantId)
            .filter(unit_closure::Column::AncestorId.is_in(restriction.units));
        visible = visible.add(unit_id.in_subquery(subtree.into_query()));
    }
    nothing_if_empty(visible)
}

/// sea-query drops an empty `any`, which would show everything.
fn nothing_if_empty(condition: Condition) -> Condition {
    if condition.is_empty() { condition.add(Expr::cust("1 = 0")) } else { condition }
}

macro_rules! owned_by_unit {
    ($($table:ident: $past:expr),*) => {
        $(impl Scoped for $table::Entity {
            fn visible(caller: &Caller) -> Condition {
                owned_rows(caller, Action::Read, $table::Column::DivisionCode, $table::Column::UnitId)
            }

            fn at(select: &mut SelectStatement, moment: Timestamp) {
                let past: Option<&Past> = $past;
                if let Some(past) = past {
                    past.read_at(select, moment);
                }
            }
        })*
    };
}

owned_by_unit!(
    unit_alias: None,
    source_document: None,
    department_goal: Some(&history::DEPARTMENT_GOAL),
    goal_item: Some(&history::GOAL_ITEM),
    project: Some(&history::PROJECT),
    objective: Some(&history::OBJECTIVE),
    spending_plan: Some(&history::SPENDING_PLAN),
    plan_point: Some(&history::PLAN_POINT),
    indicator: Some(&history::INDICATOR),
    finding: None
);

impl Scoped for unit::Entity {
    fn visible(caller: &Caller) -> Condition {
        owned_rows(caller, Action::Read, unit::Column::DivisionCode, unit::Column::Id)
    }

    fn at(select: &mut SelectStatement, moment: Timestamp) {
        history::UNIT.read_at(select, moment);
    }
}

impl Scoped for division::Entity {
    /// Granted divisions, and those in which a unit is granted.
    fn visible(caller: &Caller) -> Condition {
        let Some(restriction) = restriction(caller, Action::Read) else {
            return Condition::all();
        };
        let mut visible = Condition::any();
        if !restriction.divisions.is_empty() {
            visible = visible.add(division::Column::Code.is_in(restriction.divisions));
        }
        if !restriction.units.is_empty() {
            let of_units = unit::Entity::find()
                .select_only()
                .column(unit::Column::DivisionCode)
                .filter(unit::Column::Id.is_in(restriction.units));
            visible = visible.add(division::Column::Code.in_subquery(of_units.into_query()));
        }
        nothing_if_empty(visible)
    }

    fn at(_: &mut SelectStatement, _: Timestamp) {}
}

impl Scoped for audit_entry::Entity {
    /// Entries are read through the entity that they are about, and by who may see that.
    fn visible(_: &Caller) -> Condition {
        Condition::all()
    }

    fn at(select: &mut SelectStatement, moment: Timestamp) {
        select.and_where(audit_entry::Column::At.lte(moment));
    }
}

impl Scoped for indicator_level::Entity {
    /// A code table: open to everyone who may read anything.
    fn visible(_: &Caller) -> Condition {
        Condition::all()
    }

    fn at(_: &mut SelectStatement, _: Timestamp) {}
}

impl Scoped for upload::Entity {
    /// The caller's own.
    fn visible(caller: &Caller) -> Condition {
        match caller.identity() {
            Some(account) => Condition::all().add(upload::Column::AccountId.eq(account.id)),
            None => Condition::all().add(Expr::cust("1 = 0")),
        }
    }

    fn at(_: &mut SelectStatement, _: Timestamp) {}
}

impl Scoped for bulk_operation::Entity {
    /// The caller's own; all for who may read everything.
    fn visible(caller: &Caller) -> Condition {
        if restriction(caller, Action::Read).is_none() {
            return Condition::all();
        }
        match caller.identity() {
            Some(account) => Condition::all().add(bulk_operation::Column::AccountId.eq(account.id)),
            None => Condition::all().add(Expr::cust("1 = 0")),
        }
    }

    fn at(_: &mut SelectStatement, _: Timestamp) {}
}
