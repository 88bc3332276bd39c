//! Several statements, or a large answer, without waiting idly for the database.
//!
//! SQLite works on a thread of its own and PostgreSQL in a process of its own. With large writes this side has as much to
//! do as they have: making statements, reading rows. So both do it at the same time. With small writes most of the time is
//! spent on handing statements over, so several are handed over at once.

use std::mem;

use futures_util::TryStreamExt;
use futures_util::future::join;
use sea_orm::sea_query::{ColumnName, ColumnRef, Expr, SelectStatement};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, FromQueryResult, QueryResult, Select, Statement,
};

use crate::error::AppResult;

/// The column that tells which question a row answers.
const NUMBER: &str = "question";

/// Runs the statements that `next` makes, one after the other, until it makes none. The next one is made while the database
/// is busy with the one before.
///
/// # Errors
/// What making or running one ends with; nothing of the transaction may stay then.
pub async fn execute_each(
    tx: &DatabaseTransaction,
    mut next: impl FnMut() -> AppResult<Option<Statement>>,
) -> AppResult<()> {
    let mut made = next()?;
    while let Some(statement) = made {
        // The first future has sent the statement to the database when the second begins.
        let (done, following) = join(tx.execute_raw(statement), async { next() }).await;
        done?;
        made = following?;
    }
    Ok(())
}

/// The rows of a large answer: each is read while the database looks for the next ones.
///
/// # Errors
/// What the database says.
pub async fn read_each<E: EntityTrait>(tx: &DatabaseTransaction, select: Select<E>) -> AppResult<Vec<E::Model>>
where
    E::Model: Send,
{
    Ok(select.stream(tx).await?.try_collect().await?)
}

/// Statements that the database is given at once, so that it is waited for once however many they are.
///
/// SQLite runs them one after the other. On PostgreSQL they are one statement: each sees what was there before all of them, and
/// no two may write the same row.
#[derive(Debug, Default)]
pub struct Together(Vec<Statement>);

impl Together {
    /// Adds one.
    pub fn add(&mut self, statement: Statement) {
        self.0.push(statement);
    }

    /// Runs those that were added, and is empty again.
    ///
    /// # Errors
    /// What the database says; nothing of the transaction may stay then.
    pub async fn run(&mut self, tx: &DatabaseTransaction) -> AppResult<()> {
        let mut statements = mem::take(&mut self.0);
        let all = match statements.len() {
            0 => return Ok(()),
            1 => statements.pop(),
            _ => Some(joined(tx.get_database_backend(), statements)),
        };
        if let Some(all) = all {
            tx.execute_raw(all).await?;
        }
        Ok(())
    }
}

/// One text of several statements, with the values of all.
fn joined(backend: DbBackend, statements: Vec<Statement>) -> Statement {
    let (mut sql, mut values) = (String::new(), Vec::new());
    let last = statements.len() - 1;
    for (number, statement) in statements.into_iter().enumerate() {
        match backend {
            DbBackend::Sqlite => {
                sql.push_str(&statement.sql);
                sql.push_str(if number < last { "; " } else { "" });
            }
            _ => {
                sql.push_str(match number {
                    0 => "WITH ",
                    _ if number < last => ", ",
                    _ => " ",
                });
                match number < last {
                    true => sql.push_str(&format!("s{number} AS ({})", renumbered(&statement.sql, values.len()))),
                    false => sql.push_str(&renumbered(&statement.sql, values.len())),
                }
            }
        }
        values.extend(statement.values.into_iter().flatten());
    }
    Statement::from_sql_and_values(backend, sql, values)
}

/// A statement of PostgreSQL whose values stand behind others. Where it quotes something there is no `$`.
fn renumbered(sql: &str, before: usize) -> String {
    let mut parts = sql.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let (number, rest) = part.split_at(end);
        text.push('$');
        match number.parse::<usize>() {
            Ok(number) => text.push_str(&(number + before).to_string()),
            Err(_) => text.push_str(number),
        }
        text.push_str(rest);
    }
    text
}

/// The rows that answer one of several questions.
#[derive(Debug, Default)]
pub struct Answer {
    /// What stands before the names of its columns.
    prefix: String,
    rows: Vec<QueryResult>,
}

impl Answer {
    /// The rows as models.
    ///
    /// # Errors
    /// When they are rows of another table.
    pub fn models<M: FromQueryResult>(&self) -> AppResult<Vec<M>> {
        Ok(self.rows.iter().map(|row| M::from_query_result(row, &self.prefix)).collect::<Result<_, _>>()?)
    }
}

/// Asks several questions at once.
///
/// # Errors
/// What the database says.
pub async fn read_together<const N: usize>(
    tx: &DatabaseTransaction,
    questions: [SelectStatement; N],
) -> AppResult<[Answer; N]> {
    Ok(array(ask(tx, questions.into()).await?.into_iter()))
}

/// Locks rows and then asks questions, which see what was there when the rows were locked: gives the locked rows and the answers.
///
/// Who writes to SQLite holds everything from the beginning, so there both is done at once. A statement of PostgreSQL that
/// has waited for a lock shows what was there before it waited.
///
/// # Errors
/// What the database says.
pub async fn lock_and_read<const N: usize>(
    tx: &DatabaseTransaction,
    lock: SelectStatement,
    questions: [SelectStatement; N],
) -> AppResult<(Answer, [Answer; N])> {
    if tx.get_database_backend() == DbBackend::Sqlite {
        let all = std::iter::once(lock).chain(questions).collect();
        let mut answers = ask(tx, all).await?.into_iter();
        return Ok((answers.next().unwrap_or_default(), array(answers)));
    }
    let locked = Answer { prefix: String::new(), rows: tx.query_all(&lock).await? };
    Ok((locked, read_together(tx, questions).await?))
}

/// There is an answer for each question.
fn array<const N: usize>(mut answers: impl Iterator<Item = Answer>) -> [Answer; N] {
    std::array::from_fn(|_| answers.next().unwrap_or_default())
}

async fn ask(tx: &DatabaseTransaction, questions: Vec<SelectStatement>) -> AppResult<Vec<Answer>> {
    let backend = tx.get_database_backend();
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let (asked, mut answers) = match backend {
        DbBackend::Sqlite => {
            let answers = questions.iter().map(|_| Answer::default()).collect();
            let numbered = questions.into_iter().enumerate().map(|(number, mut question)| {
                question.expr_as(Expr::cust(number.to_string()), NUMBER);
                backend.build(&question)
            });
            (joined(backend, numbered.collect()), answers)
        }
        _ => side_by_side(questions),
    };
    for row in tx.query_all_raw(asked).await? {
        let number: i32 = row.try_get("", NUMBER)?;
        if let Some(answer) = usize::try_from(number).ok().and_then(|number| answers.get_mut(number)) {
            answer.rows.push(row);
        }
    }
    Ok(answers)
}

/// One statement of PostgreSQL that answers several questions. Each row answers one of them and has nothing in the columns of the
/// others, since no row meets another.
///
/// ```sql
/// SELECT *, COALESCE("question0", "question1") AS "question"
/// FROM (SELECT "id" AS "a0_id", …, 0 AS "question0" FROM "project" …) AS "a0"
/// FULL JOIN (SELECT "id" AS "a1_id", …, 1 AS "question1" FROM "objective" …) AS "a1" ON FALSE
/// ```
fn side_by_side(questions: Vec<SelectStatement>) -> (Statement, Vec<Answer>) {
    let (mut numbers, mut from, mut values, mut answers) = (String::new(), String::new(), Vec::new(), Vec::new());
    for (number, mut question) in questions.into_iter().enumerate() {
        let prefix = format!("a{number}_");
        question.exprs_mut_for_each(|selected| {
            if let Expr::Column(ColumnRef::Column(ColumnName(_, column))) = &selected.expr {
                selected.alias = Some([&prefix, &*column.inner()].concat().into());
            }
        });
        question.expr_as(Expr::cust(number.to_string()), format!("{NUMBER}{number}"));
        let Statement { sql, values: own, .. } = DbBackend::Postgres.build(&question);
        let sql = renumbered(&sql, values.len());
        values.extend(own.into_iter().flatten());
        let first = number == 0;
        numbers.push_str(&format!("{}\"{NUMBER}{number}\"", if first { "" } else { ", " }));
        from.push_str(&match first {
            true => format!("({sql}) AS \"a{number}\""),
            false => format!(" FULL JOIN ({sql}) AS \"a{number}\" ON FALSE"),
        });
        answers.push(Answer { prefix, rows: Vec::new() });
    }
    let sql = format!("SELECT *, COALESCE({numbers}) AS \"{NUMBER}\" FROM {from}");
    (Statement::from_sql_and_values(DbBackend::Postgres, sql, values), answers)
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Expr, ExprTrait, Query};
    use sea_orm::{DbBackend, Statement};

    use super::{joined, side_by_side};

    fn two(backend: DbBackend, sql: [&str; 2]) -> (String, usize) {
        let statements = sql.map(|sql| Statement::from_sql_and_values(backend, sql, [1.into(), 2.into()]));
        let all = joined(backend, statements.into());
        (all.sql, all.values.map_or(0, |values| values.0.len()))
    }

    #[test]
    fn values_of_all_statements_keep_their_places() {
        let (sql, values) = two(DbBackend::Postgres, ["INSERT INTO a VALUES ($1, $2)", "UPDATE b SET c = $2, d = $1"]);
        assert_eq!(
            (sql.as_str(), values),
            ("WITH s0 AS (INSERT INTO a VALUES ($1, $2)) UPDATE b SET c = $4, d = $3", 4)
        );
        let (sql, values) = two(DbBackend::Sqlite, ["INSERT INTO a VALUES (?, ?)", "UPDATE b SET c = ?, d = ?"]);
        assert_eq!((sql.as_str(), values), ("INSERT INTO a VALUES (?, ?); UPDATE b SET c = ?, d = ?", 4));
    }

    #[test]
    fn each_question_has_columns_and_values_of_its_own() {
        let of = |table: &'static str, key: i32| {
            Query::select().column("id").from(table).and_where(Expr::col("id").eq(key)).take()
        };
        let (asked, answers) = side_by_side(vec![of("a", 7), of("b", 8)]);
        assert_eq!(
            asked.sql,
            "SELECT *, COALESCE(\"question0\", \"question1\") AS \"question\" FROM \
             (SELECT \"id\" AS \"a0_id\", 0 AS \"question0\" FROM \"a\" WHERE \"id\" = $1) AS \"a0\" FULL JOIN \
             (SELECT \"id\" AS \"a1_id\", 1 AS \"question1\" FROM \"b\" WHERE \"id\" = $2) AS \"a1\" ON FALSE"
        );
        assert_eq!(asked.values.map(|values| values.0), Some(vec![7.into(), 8.into()]));
        assert_eq!(answers.iter().map(|answer| answer.prefix.as_str()).collect::<Vec<_>>(), ["a0_", "a1_"]);
    }
}
