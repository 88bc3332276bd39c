//! The part of an ordered list that a window wants, as an index finds it.

use sea_orm::sea_query::{Alias, Expr, Query as Sql, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, EntityTrait, IdenStatic};

use super::{Question, Reader, Window};
use crate::service::order::Ordering;
use crate::service::scope::Scoped;

impl Reader<'_> {
    /// The rows of `select`, of which it selects `columns`, that the window of a question wants, and one more, from the end from
    /// which they are read.
    pub(super) fn part<E: Scoped>(
        self,
        mut select: SelectStatement,
        question: &Question<E>,
        columns: &[E::Column],
    ) -> SelectStatement {
        let (mut order, window) = (question.order.clone(), &question.window);
        if let Some(column) = order.may_be_empty() {
            if question.filter.fills(column) {
                order = order.filled();
            } else if self.as_of.is_none() && !question.filter.is_of_the_present() {
                return in_two(select, column, &order, window, columns);
            }
        }
        place(&mut select, &order, window).apply(&mut select);
        select.limit(window.size + 1).offset(window.offset).take()
    }
}

/// Rows with and without a value in the first key, each by themselves: in an index those without one stand at one end, and
/// seldom at that which is wanted (on PostgreSQL, all rows would be sorted). What was, and what a search finds, has no
/// such index, and is not asked for twice.
fn in_two<E: EntityTrait>(
    select: SelectStatement,
    first: E::Column,
    order: &Ordering<E>,
    window: &Window,
    columns: &[E::Column],
) -> SelectStatement {
    let table = Alias::new(E::default().table_name());
    let (mut with, mut without) = (select.clone(), select);
    with.and_where(first.is_not_null());
    without.and_where(first.is_null());
    place(&mut with, &order.filled(), window).apply(&mut with);
    let order = place(&mut without, order, window);
    order.rest().apply(&mut without);
    let each = [with, without].map(|mut half| {
        // The order of both together needs its columns, too.
        for name in order.columns().filter(|name| columns.iter().all(|column| column.as_str() != *name)) {
            half.column((E::default(), Alias::new(name)));
        }
        half.limit(window.size + 1 + window.offset);
        Sql::select().expr(Expr::cust("*")).from_subquery(half, table.clone()).take()
    });
    let [mut both, without] = each;
    both.union(UnionType::All, without);
    let mut all = Sql::select();
    for column in columns {
        all.column((table.clone(), *column));
    }
    order.apply(all.from_subquery(both, table));
    all.limit(window.size + 1).offset(window.offset).take()
}

/// Restricts a statement to the window's cursors and gives the order in which it must be read.
pub(super) fn place<E: EntityTrait>(select: &mut SelectStatement, order: &Ordering<E>, window: &Window) -> Ordering<E> {
    let reversed = order.reversed();
    if let Some(after) = &window.after {
        select.and_where(order.after(after));
    }
    if let Some(before) = &window.before {
        select.and_where(reversed.after(before));
    }
    if window.backward { reversed } else { order.clone() }
}
