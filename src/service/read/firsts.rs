//! The first rows of each of many parents, in one statement.

use sea_orm::sea_query::{
    Alias, Expr, ExprTrait, IntoColumnRef, JoinType, Query as Sql, SelectStatement, WindowStatement,
};
use sea_orm::{ColumnTrait, DbBackend, IdenStatic, Value};

use super::{Reader, Window, padded};
use crate::service::order::Ordering;
use crate::service::scope::Scoped;

impl Reader<'_> {
    /// The first of the rows that `select` selects for each of these parents, one more than the window wants; those of one
    /// parent come in order.
    ///
    /// Each parent's rows are looked up by themselves, as far as they are wanted, where the database has a way to say so:
    /// `LATERAL` in PostgreSQL, the numbers of rows in SQLite. To number the rows of all parents takes twice the time.
    pub(super) fn first_of_each<C: Scoped>(
        self,
        mut select: SelectStatement,
        parent: C::Column,
        keys: Vec<Value>,
        order: &Ordering<C>,
        window: &Window,
        columns: &[C::Column],
    ) -> SelectStatement {
        let (table, parents) = (Alias::new(C::default().table_name()), Alias::new("parent"));
        if self.db.backend() == DbBackend::Sqlite && self.as_of.is_some() {
            // What was has no numbers of rows.
            select.and_where(parent.is_in(keys));
            return numbered(select, (C::default(), parent), order, window, columns.iter().copied());
        }
        let nothing = keys.first().map(Value::as_null);
        let keys = padded(keys, nothing);
        select.and_where(parent.into_expr().equals((parents.clone(), Alias::new("column1"))));
        order.apply(select.limit(window.size + 1).offset(window.offset));
        let mut all = Sql::select();
        for column in columns {
            all.column((table.clone(), *column));
        }
        all.from_values(keys, parents);
        match self.db.backend() {
            DbBackend::Sqlite => {
                let row = (table, Alias::new("rowid"));
                let rows = select.clear_selects().column(row.clone()).take();
                // A cross join is read in the order in which it is written.
                all.cross_join(C::default()).and_where(Expr::col(row).in_subquery(rows));
            }
            _ => {
                // The order of the whole needs its columns, too.
                for name in order.columns().filter(|name| columns.iter().all(|column| column.as_str() != *name)) {
                    select.column((C::default(), Alias::new(name)));
                }
                all.join_lateral(JoinType::InnerJoin, select, table, Expr::cust("TRUE"));
            }
        }
        order.apply(&mut all);
        all
    }
}

/// Numbers the rows of each parent in order and keeps the first ones, one more than the window wants.
pub(super) fn numbered<C: Scoped>(
    mut select: SelectStatement,
    parent: impl IntoColumnRef,
    order: &Ordering<C>,
    window: &Window,
    columns: impl IntoIterator<Item = C::Column>,
) -> SelectStatement {
    let number = Alias::new("row_of_parent");
    let mut over = WindowStatement::partition_by(parent);
    for (column, direction, nulls) in order.window() {
        match nulls {
            Some(nulls) => over.order_by_expr_with_nulls(column, direction, nulls),
            None => over.order_by_expr(column, direction),
        };
    }
    select.expr_window_as(Expr::cust("ROW_NUMBER()"), over, number.clone());
    let table = C::default().table_name().to_owned();
    let mut outer = Sql::select();
    for column in columns {
        outer.column((Alias::new(&table), column));
    }
    let first = i64::try_from(window.offset).unwrap_or(i64::MAX - 1);
    let last = first.saturating_add(i64::try_from(window.size).unwrap_or(i64::MAX - 1)).saturating_add(1);
    let row_number = Expr::col((Alias::new(&table), number));
    outer
        .from_subquery(select, Alias::new(&table))
        .and_where(row_number.clone().gt(first))
        .and_where(row_number.clone().lte(last))
        .order_by_expr(row_number, sea_orm::sea_query::Order::Asc)
        .take()
}
