//! The entries of the audit in which a part of an entity changed.

use std::collections::HashMap;

use entity::audit_entry;
use sea_orm::sea_query::{Alias, Asterisk, Expr, ExprTrait, Func, JoinType, Query as Sql};
use sea_orm::{DbBackend, EntityTrait, FromQueryResult, Iterable};
use uuid::Uuid;

use super::firsts::numbered;
use super::part::place;
use super::{KEYS_A_STATEMENT, Page, Question, Reader};
use crate::error::AppResult;
use crate::service::aggregate::Totals;

/// A part of an entity: the key of the whole, and its own public key, which entries name.
pub type Part = (Uuid, String);

impl Reader<'_> {
    /// For each part, one page of the entries of its whole that name it.
    ///
    /// # Errors
    /// What reading can end with.
    pub async fn touching(
        self,
        parts: &[Part],
        question: &Question<audit_entry::Entity>,
    ) -> AppResult<Vec<Page<audit_entry::Model>>> {
        let (wanted, whole, part) = (Alias::new("wanted"), Alias::new("column1"), Alias::new("column2"));
        let mut rows: HashMap<String, Vec<audit_entry::Model>> = HashMap::new();
        let mut totals: HashMap<String, u64> = HashMap::new();
        for parts in parts.chunks(KEYS_A_STATEMENT / 2) {
            let within = Func::cust(match self.db.backend() {
                DbBackend::Sqlite => "instr",
                _ => "strpos",
            });
            let named = within.arg(Expr::col((audit_entry::Entity, audit_entry::Column::Diff)));
            let named = Expr::expr(named.arg(Expr::col((wanted.clone(), part.clone())))).gt(0);
            let of_whole =
                Expr::col((audit_entry::Entity, audit_entry::Column::EntityId)).equals((wanted.clone(), whole.clone()));
            let values = Sql::select().column(Asterisk).from_values(parts.iter().cloned(), wanted.clone()).take();
            let mut select = self.matching::<audit_entry::Entity>(&question.filter)?;
            select.join_subquery(JoinType::InnerJoin, values, wanted.clone(), of_whole.and(named));
            if question.count {
                let count = select
                    .clone()
                    .clear_selects()
                    .expr_as(Expr::col((wanted.clone(), part.clone())), part.clone())
                    .expr_as(Expr::cust("COUNT(*)"), Alias::new("total"))
                    .group_by_col((wanted.clone(), part.clone()))
                    .take();
                for row in self.db.query_all(&count).await? {
                    let total: i64 = row.try_get("", "total")?;
                    totals.insert(row.try_get("", "column2")?, total.unsigned_abs());
                }
            }
            let order = place(&mut select, &question.order, &question.window);
            self.narrow::<audit_entry::Entity>(&mut select, &[]);
            select.expr_as(Expr::col((wanted.clone(), part.clone())), part.clone());
            let mut select = {
                let parent = (wanted.clone(), part.clone());
                let columns = audit_entry::Column::iter();
                numbered::<audit_entry::Entity>(select, parent, &order, &question.window, columns)
            };
            let table = Alias::new(sea_orm::EntityName::table_name(&audit_entry::Entity));
            select.column((table, part.clone()));
            for row in self.db.query_all(&select).await? {
                let entry = <audit_entry::Entity as EntityTrait>::Model::from_query_result(&row, "")?;
                rows.entry(row.try_get("", "column2")?).or_default().push(entry);
            }
        }
        let pages = parts.iter().map(|(_, part)| {
            let totals = Totals { count: totals.get(part).copied().unwrap_or(0), measured: Vec::new() };
            Page::cut(rows.get(part).cloned().unwrap_or_default(), &question.window, totals)
        });
        Ok(pages.collect())
    }
}
