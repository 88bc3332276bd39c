//! The former states of rows: kept before a row changes or goes, and read as they stood at a time.
//!
//! A row of today holds from its `updated_at` on; a former state, in the table of former states beside its own, from its
//! `updated_at` until its `valid_to`, which is when the next state began or the row went. What a transaction writes over
//! twice leaves a state that never held: its two times are the same.

use entity::value::Timestamp;
use entity::{department_goal, goal_item, indicator, objective, plan_point, project, spending_plan, unit};
use sea_orm::sea_query::{
    Alias, DynIden, Expr, ExprTrait, InsertStatement, IntoIden, Query, SelectStatement, SimpleExpr, UnionType,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, Iterable};
use uuid::Uuid;

use crate::error::{AppError, AppResult};

/// Keys of one statement.
const KEYS_A_STATEMENT: usize = 10_000;

/// A table whose past is kept.
#[derive(Debug)]
pub struct Past {
    table: &'static str,
    states: &'static str,
    columns: fn() -> Vec<DynIden>,
    /// The tables whose rows go with a row of this one, with the column that names it.
    parts: &'static [(&'static str, &'static Past)],
}

fn columns<E: EntityTrait>() -> Vec<DynIden> {
    E::Column::iter().map(IntoIden::into_iden).collect()
}

macro_rules! past {
    ($($(#[$doc:meta])* $constant:ident = $table:ident, $name:literal, $states:literal, [$($column:literal: $part:ident),*];)*) => {
        $($(#[$doc])* pub static $constant: Past = Past {
            table: $name,
            states: $states,
            columns: columns::<$table::Entity>,
            parts: &[$(($column, &$part)),*],
        };)*
    };
}

past! {
    /// Units.
    UNIT = unit, "unit", "unit_history", [];
    /// Department goals.
    DEPARTMENT_GOAL = department_goal, "department_goal", "department_goal_history", ["goal_id": GOAL_ITEM];
    /// Sub-goals and measures.
    GOAL_ITEM = goal_item, "goal_item", "goal_item_history", [];
    /// Projects.
    PROJECT = project, "project", "project_history",
        ["project_id": OBJECTIVE, "project_id": SPENDING_PLAN, "project_id": INDICATOR];
    /// Objectives.
    OBJECTIVE = objective, "objective", "objective_history", [];
    /// Spending plans.
    SPENDING_PLAN = spending_plan, "spending_plan", "spending_plan_history", ["plan_id": PLAN_POINT];
    /// Points of spending plans.
    PLAN_POINT = plan_point, "plan_point", "plan_point_history", [];
    /// Indicators.
    INDICATOR = indicator, "indicator", "indicator_history", [];
}

impl Past {
    /// The statements that keep the states that rows have, before they are written over at `now`.
    pub fn keeping_changed(&self, keys: &[Uuid], now: Timestamp) -> impl Iterator<Item = AppResult<InsertStatement>> {
        keys.chunks(KEYS_A_STATEMENT).map(move |keys| self.copy(named(keys), now, false))
    }

    /// Keeps the states that rows and all their parts have, before they are deleted at `now`.
    pub async fn keep_going(&'static self, tx: &DatabaseTransaction, keys: &[Uuid], now: Timestamp) -> AppResult<()> {
        for keys in keys.chunks(KEYS_A_STATEMENT) {
            let mut statements = Vec::new();
            self.copies(named(keys), now, &mut statements)?;
            for statement in &statements {
                tx.execute(statement).await?;
            }
        }
        Ok(())
    }

    fn copies(&self, which: SimpleExpr, now: Timestamp, statements: &mut Vec<InsertStatement>) -> AppResult<()> {
        for (column, part) in self.parts {
            let wholes = Query::select().column("id").from(self.table).and_where(which.clone()).take();
            part.copies(Expr::col(*column).in_subquery(wholes), now, statements)?;
        }
        statements.push(self.copy(which, now, true)?);
        Ok(())
    }

    fn copy(&self, which: SimpleExpr, now: Timestamp, deleted: bool) -> AppResult<InsertStatement> {
        let columns = (self.columns)();
        let states = Query::select()
            .columns(columns.clone())
            .expr(Expr::val(now))
            .expr(Expr::val(deleted))
            .from(self.table)
            .and_where(which)
            .take();
        let into = columns.into_iter().chain(["valid_to", "deleted"].map(IntoIden::into_iden));
        let mut copy = Query::insert().into_table(self.states).columns(into).take();
        // As many columns are selected as are named.
        copy.select_from(states).map_err(AppError::internal)?;
        Ok(copy)
    }

    /// Makes a statement that reads this table read its rows as they stood at `moment`.
    pub fn read_at(&self, select: &mut SelectStatement, moment: Timestamp) {
        let columns = (self.columns)();
        let from = |table: &'static str| {
            Query::select().columns(columns.clone()).from(table).and_where(Expr::col("updated_at").lte(moment)).take()
        };
        let former = from(self.states).and_where(Expr::col("valid_to").gt(moment)).take();
        let rows = from(self.table).union(UnionType::All, former).take();
        select.from_clear().from_subquery(rows, Alias::new(self.table));
    }
}

fn named(keys: &[Uuid]) -> SimpleExpr {
    Expr::col("id").is_in(keys.iter().copied())
}

/// The tables whose past is kept, with the tables of their former states.
pub fn tables() -> [(&'static str, &'static str); 8] {
    [&UNIT, &DEPARTMENT_GOAL, &GOAL_ITEM, &PROJECT, &OBJECTIVE, &SPENDING_PLAN, &PLAN_POINT, &INDICATOR]
        .map(|past| (past.table, past.states))
}
