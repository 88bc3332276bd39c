//! What a caller may see is part of finding, not a later check: the one way from a caller to rows.
//!
//! A row is seen where a grant that lets its table be read reaches its division or unit and its fiscal year; the public sees
//! a record and its parts only where the record is published.

mod accounts;

use std::collections::{BTreeMap, HashSet};

use entity::id::UnitId;
use entity::part::Parts;
use entity::value::{Publication, Timestamp};
use entity::{
    audit_entry, bulk_operation, department_goal, division, finding, goal_item, indicator, indicator_count,
    indicator_level, objective, plan_point, project, source_document, spending_plan, unit, unit_alias, unit_closure,
    upload,
};
use sea_orm::sea_query::{Expr, Query as Sql, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select};

use super::history::{self, Past};
use super::stored::KEYS_A_STATEMENT;
use crate::auth::policy::Permission;
use crate::auth::{Caller, Reach, Scope, Years};
use crate::error::{AppError, AppResult, ErrorCode};

/// A table whose rows are visible or not. It has no default, so a new table does not compile without a decision.
pub trait Scoped: EntityTrait<Model: Clone + Send + Sync> {
    /// The permission to look at the table.
    const READ: Permission;
    /// The condition under which a row is visible to a caller who may look at the table.
    fn visible(caller: &Caller) -> Condition;
    /// Makes a statement that reads the table read it as it was at a time; a table whose past is not kept stays as it is.
    fn at(select: &mut SelectStatement, moment: Timestamp);
    /// How its rows are read in part; a table that does not say it is always read as a whole.
    fn part() -> Option<Parts<Self>> {
        None
    }
}

/// Finds the rows of a table that the caller may see; everything that reads rows starts here, or at [`rows`].
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` when the caller may not look at the table at all.
pub fn find<E: Scoped>(caller: &Caller) -> AppResult<Select<E>> {
    caller.may(E::READ)?;
    Ok(E::find().filter(E::visible(caller)))
}

/// The same as a statement that has no columns yet.
///
/// # Errors
/// As [`find`].
pub fn rows<E: Scoped>(caller: &Caller) -> AppResult<SelectStatement> {
    caller.may(E::READ)?;
    Ok(Sql::select().from(E::default()).cond_where(E::visible(caller)).take())
}

/// Refuses a caller who may not do this in the whole of a division, for a year or for what has none.
///
/// # Errors
/// `UNAUTHENTICATED`, `FORBIDDEN` when the caller may not do it at all, `NOT_FOUND` when the division is out of scope.
pub fn may_in_division(
    caller: &Caller,
    permission: Permission,
    division_code: &str,
    year: Option<i32>,
) -> AppResult<()> {
    caller.may(permission)?;
    if covers_division(caller, permission, division_code, year) {
        return Ok(());
    }
    let message = format!("There is no division {division_code} in which this account may do this.");
    Err(AppError::new(ErrorCode::NotFound, message))
}

/// Whether the caller may do this in the whole of a division, for a year or for what has none.
pub fn covers_division(caller: &Caller, permission: Permission, division_code: &str, year: Option<i32>) -> bool {
    scopes(caller, permission, year).is_none_or(|scopes| scopes.contains(&Scope::Division(division_code.to_owned())))
}

/// Whether everything that the caller may look at by this permission is the whole of some divisions, in some years.
pub fn sees_whole_divisions(caller: &Caller, permission: Permission) -> bool {
    match caller.reach(permission) {
        Reach::Everything => true,
        Reach::Grants(grants) => grants.iter().all(|grant| match grant.scope {
            Scope::Everything | Scope::Division(_) => true,
            Scope::Unit(_) => false,
        }),
    }
}

/// What has no year is in every grant's.
fn holds(years: Years, year: Option<i32>) -> bool {
    year.is_none_or(|year| years.contains(year))
}

/// Those of the units in which the caller may do this with what has no year.
///
/// # Errors
/// When the database fails.
pub async fn units_within(
    tx: &DatabaseTransaction,
    caller: &Caller,
    permission: Permission,
    units: &HashSet<UnitId>,
) -> AppResult<HashSet<UnitId>> {
    match scopes(caller, permission, None) {
        None => Ok(units.clone()),
        Some(scopes) => units_of(tx, &scopes, units).await,
    }
}

/// The scopes in which the caller may do this, for a year or for what has none; `None` for everywhere.
pub fn scopes(caller: &Caller, permission: Permission, year: Option<i32>) -> Option<Vec<Scope>> {
    let Reach::Grants(grants) = caller.reach(permission) else { return None };
    let scopes: Vec<Scope> =
        grants.into_iter().filter(|grant| holds(grant.years, year)).map(|grant| grant.scope.clone()).collect();
    if scopes.contains(&Scope::Everything) { None } else { Some(scopes) }
}

/// Those of the units that lie in one of the scopes.
///
/// # Errors
/// When the database fails.
pub async fn units_of(
    tx: &DatabaseTransaction,
    scopes: &[Scope],
    units: &HashSet<UnitId>,
) -> AppResult<HashSet<UnitId>> {
    let mut places = Places::default();
    for scope in scopes {
        if !places.add(scope) {
            return Ok(units.clone());
        }
    }
    if places.divisions.is_empty() && places.units.is_empty() {
        return Ok(HashSet::new());
    }
    let within = places.condition(unit::Column::DivisionCode, Some(unit::Column::Id));
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

/// The scopes of some grants, sorted by kind.
#[derive(Default)]
struct Places {
    divisions: Vec<String>,
    units: Vec<UnitId>,
}

impl Places {
    /// Adds a scope; false when that is everything.
    fn add(&mut self, scope: &Scope) -> bool {
        match scope {
            Scope::Everything => return false,
            Scope::Division(code) => self.divisions.push(code.clone()),
            Scope::Unit(id) => self.units.push(*id),
        }
        true
    }

    /// Rows of the divisions, and rows of the units and of all units below them; where rows belong to no unit, only the first.
    fn condition<C: ColumnTrait>(self, division_code: C, unit_id: Option<C>) -> Condition {
        let mut condition = Condition::any();
        if !self.divisions.is_empty() {
            condition = condition.add(division_code.is_in(self.divisions));
        }
        if let Some(unit_id) = unit_id.filter(|_| !self.units.is_empty()) {
            let subtree = unit_closure::Entity::find()
                .select_only()
                .column(unit_closure::Column::DescendantId)
                .filter(unit_closure::Column::AncestorId.is_in(self.units));
            condition = condition.add(unit_id.in_subquery(subtree.into_query()));
        }
        condition
    }
}

/// sea-query drops an empty `any`, which would show everything.
fn nothing_if_empty(condition: Condition) -> Condition {
    if condition.is_empty() { condition.add(Expr::cust("1 = 0")) } else { condition }
}

/// How a row comes to its fiscal year, and to the record that is published or not.
#[derive(Clone, Copy)]
enum Record<C> {
    /// It has neither.
    None,
    /// It has a year, and is never published.
    Year(C),
    /// It is the record: year, publication.
    Itself(C, C),
    /// It has the year, and the project that is published.
    YearAndProject(C, C),
    /// It is a part of a project.
    Project(C),
    /// It is a part of a spending plan.
    Plan(C),
    /// It is a part of a department goal.
    Goal(C),
}

impl<C: ColumnTrait> Record<C> {
    fn of_years(self, years: Years) -> Condition {
        match self {
            Self::None => Condition::all(),
            Self::Year(year) | Self::Itself(year, _) | Self::YearAndProject(year, _) => between(year, years),
            Self::Project(project) => of_projects(project, between(project::Column::FiscalYear, years)),
            Self::Plan(plan) => of_plans(plan, between(project::Column::FiscalYear, years)),
            Self::Goal(goal) => of_goals(goal, between(department_goal::Column::FiscalYear, years)),
        }
    }

    fn published(self) -> Condition {
        let of_project = || Condition::all().add(project::Column::Publication.eq(Publication::Published));
        match self {
            Self::None => Condition::all(),
            Self::Year(_) => Condition::all().add(Expr::cust("1 = 0")),
            Self::Itself(_, publication) => Condition::all().add(publication.eq(Publication::Published)),
            Self::YearAndProject(_, project) | Self::Project(project) => of_projects(project, of_project()),
            Self::Plan(plan) => of_plans(plan, of_project()),
            Self::Goal(goal) => {
                let published = department_goal::Column::Publication.eq(Publication::Published);
                of_goals(goal, Condition::all().add(published))
            }
        }
    }
}

fn between<C: ColumnTrait>(year: C, years: Years) -> Condition {
    Condition::all()
        .add_option(years.first.map(|first| year.gte(first)))
        .add_option(years.last.map(|last| year.lte(last)))
}

fn of_projects<C: ColumnTrait>(column: C, which: Condition) -> Condition {
    let projects = project::Entity::find().select_only().column(project::Column::Id).filter(which);
    Condition::all().add(column.in_subquery(projects.into_query()))
}

fn of_plans<C: ColumnTrait>(column: C, which: Condition) -> Condition {
    let plans = spending_plan::Entity::find()
        .select_only()
        .column(spending_plan::Column::Id)
        .filter(of_projects(spending_plan::Column::ProjectId, which));
    Condition::all().add(column.in_subquery(plans.into_query()))
}

fn of_goals<C: ColumnTrait>(column: C, which: Condition) -> Condition {
    let goals = department_goal::Entity::find().select_only().column(department_goal::Column::Id).filter(which);
    Condition::all().add(column.in_subquery(goals.into_query()))
}

/// Rows that belong to a unit: where a grant reaches, in its years; for the public only what is published.
fn owned_rows<C: ColumnTrait>(
    caller: &Caller,
    permission: Permission,
    division_code: C,
    unit_id: Option<C>,
    record: Record<C>,
) -> Condition {
    let granted = granted_rows(caller, permission, division_code, unit_id, record);
    if caller.sees_only_published() { granted.add(record.published()) } else { granted }
}

fn granted_rows<C: ColumnTrait>(
    caller: &Caller,
    permission: Permission,
    division_code: C,
    unit_id: Option<C>,
    record: Record<C>,
) -> Condition {
    let Reach::Grants(grants) = caller.reach(permission) else { return Condition::all() };
    // In an order of its own, so that the same grants always make the same statement.
    let mut of_years: BTreeMap<Years, Option<Places>> = BTreeMap::new();
    for grant in grants {
        let places = of_years.entry(grant.years).or_insert_with(|| Some(Places::default()));
        // Once everything, always everything.
        if places.as_mut().is_some_and(|places| !places.add(&grant.scope)) {
            *places = None;
        }
    }
    let mut visible = Condition::any();
    for (years, places) in of_years {
        let mut part = Condition::all();
        if let Some(places) = places {
            part = part.add(nothing_if_empty(places.condition(division_code, unit_id)));
        }
        let of_years = record.of_years(years);
        if !of_years.is_empty() {
            part = part.add(of_years);
        }
        if part.is_empty() {
            return Condition::all();
        }
        visible = visible.add(part);
    }
    Condition::all().add(nothing_if_empty(visible))
}

macro_rules! owned_by_unit {
    ($($table:ident: $read:ident, $record:expr, $past:expr $(, $part:ident)?;)*) => {
        $(impl Scoped for $table::Entity {
            const READ: Permission = Permission::$read;

            fn visible(caller: &Caller) -> Condition {
                use $table::Column;
                owned_rows(caller, Self::READ, Column::DivisionCode, Some(Column::UnitId), $record)
            }

            fn at(select: &mut SelectStatement, moment: Timestamp) {
                let past: Option<&Past> = $past;
                if let Some(past) = past {
                    past.read_at(select, moment);
                }
            }

            $(fn $part() -> Option<Parts<Self>> {
                Some(Parts::of())
            })?
        })*
    };
}

owned_by_unit!(
    unit_alias: UnitRead, Record::None, None;
    source_document: DocumentRead, Record::Year(source_document::Column::FiscalYear), None;
    department_goal: GoalRead,
        Record::Itself(department_goal::Column::FiscalYear, department_goal::Column::Publication),
        Some(&history::DEPARTMENT_GOAL);
    goal_item: GoalRead, Record::Goal(goal_item::Column::GoalId), Some(&history::GOAL_ITEM);
    project: ProjectRead, Record::Itself(project::Column::FiscalYear, project::Column::Publication),
        Some(&history::PROJECT), part;
    objective: ProjectRead, Record::Project(objective::Column::ProjectId), Some(&history::OBJECTIVE), part;
    spending_plan: ProjectRead, Record::Project(spending_plan::Column::ProjectId), Some(&history::SPENDING_PLAN), part;
    plan_point: ProjectRead, Record::Plan(plan_point::Column::PlanId), Some(&history::PLAN_POINT), part;
    indicator: IndicatorRead, Record::YearAndProject(indicator::Column::FiscalYear, indicator::Column::ProjectId),
        Some(&history::INDICATOR), part;
    finding: FindingRead, Record::Year(finding::Column::FiscalYear), None;
);

impl Scoped for unit::Entity {
    const READ: Permission = Permission::UnitRead;

    fn visible(caller: &Caller) -> Condition {
        owned_rows(caller, Self::READ, unit::Column::DivisionCode, Some(unit::Column::Id), Record::None)
    }

    fn at(select: &mut SelectStatement, moment: Timestamp) {
        history::UNIT.read_at(select, moment);
    }

    fn part() -> Option<Parts<Self>> {
        Some(Parts::of())
    }
}

impl Scoped for indicator_count::Entity {
    const READ: Permission = Permission::IndicatorRead;

    /// As indicators, but through grants on divisions and everything alone: whoever has one on a unit counts rows instead.
    fn visible(caller: &Caller) -> Condition {
        use indicator_count::Column;
        let record = Record::Itself(Column::FiscalYear, Column::Publication);
        owned_rows(caller, Self::READ, Column::DivisionCode, None, record)
    }

    fn at(_: &mut SelectStatement, _: Timestamp) {}
}

impl Scoped for division::Entity {
    const READ: Permission = Permission::UnitRead;

    /// Granted divisions, and those in which a unit is granted.
    fn visible(caller: &Caller) -> Condition {
        let Reach::Grants(grants) = caller.reach(Self::READ) else { return Condition::all() };
        let mut places = Places::default();
        for grant in grants {
            if !places.add(&grant.scope) {
                return Condition::all();
            }
        }
        let mut visible = Condition::any();
        if !places.divisions.is_empty() {
            visible = visible.add(division::Column::Code.is_in(places.divisions));
        }
        if !places.units.is_empty() {
            let of_units = unit::Entity::find()
                .select_only()
                .column(unit::Column::DivisionCode)
                .filter(unit::Column::Id.is_in(places.units));
            visible = visible.add(division::Column::Code.in_subquery(of_units.into_query()));
        }
        nothing_if_empty(visible)
    }

    fn at(_: &mut SelectStatement, _: Timestamp) {}
}

impl Scoped for audit_entry::Entity {
    const READ: Permission = Permission::HistoryRead;

    /// Entries are read through the entity that they are about, and by who may see that.
    fn visible(_: &Caller) -> Condition {
        Condition::all()
    }

    fn at(select: &mut SelectStatement, moment: Timestamp) {
        select.and_where(audit_entry::Column::At.lte(moment));
    }
}

impl Scoped for indicator_level::Entity {
    const READ: Permission = Permission::IndicatorRead;

    /// A code table: open to everyone who may look at indicators.
    fn visible(_: &Caller) -> Condition {
        Condition::all()
    }

    fn at(_: &mut SelectStatement, _: Timestamp) {}
}

/// What an account made, and nobody else sees.
fn own_rows<C: ColumnTrait>(caller: &Caller, account_id: C) -> SimpleExpr {
    match caller.identity() {
        Some(account) => account_id.eq(account.id),
        None => Expr::cust("1 = 0"),
    }
}

impl Scoped for upload::Entity {
    const READ: Permission = Permission::OperationRead;

    /// The caller's own.
    fn visible(caller: &Caller) -> Condition {
        Condition::all().add(own_rows(caller, upload::Column::AccountId))
    }

    fn at(_: &mut SelectStatement, _: Timestamp) {}
}

impl Scoped for bulk_operation::Entity {
    const READ: Permission = Permission::OperationRead;

    /// The caller's own; all for who looks after the service.
    fn visible(caller: &Caller) -> Condition {
        if caller.may_everywhere(Permission::Operate) {
            return Condition::all();
        }
        Condition::all().add(own_rows(caller, bulk_operation::Column::AccountId))
    }

    fn at(_: &mut SelectStatement, _: Timestamp) {}
}
