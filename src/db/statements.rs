//! Several statements, or a large answer, without waiting idly for the database.
//!
//! SQLite works on a thread of its own and PostgreSQL in a process of its own. With large writes this side has as much to
//! do as they have: making statements, reading rows. So both do it at the same time. With small writes most of the time is
//! spent on handing statements over, so several are handed over at once.

use std::mem;

use futures_util::TryStreamExt;
use futures_util::future::join;
use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryResult, Select, Statement};

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

/// The rows of several questions, those of each by themselves. SQLite is asked all at once.
///
/// # Errors
/// What the database says.
pub async fn read_together<const N: usize>(
    tx: &DatabaseTransaction,
    questions: [SelectStatement; N],
) -> AppResult<[Vec<QueryResult>; N]> {
    let mut answers = [const { Vec::new() }; N];
    if tx.get_database_backend() != DbBackend::Sqlite {
        for (question, answer) in questions.iter().zip(&mut answers) {
            *answer = tx.query_all(question).await?;
        }
        return Ok(answers);
    }
    let numbered = (0i64..)
        .zip(questions)
        .map(|(number, mut question)| DbBackend::Sqlite.build(question.expr_as(Expr::val(number), NUMBER)));
    for row in tx.query_all_raw(joined(DbBackend::Sqlite, numbered.collect())).await? {
        let number: i64 = row.try_get("", NUMBER)?;
        if let Some(answer) = usize::try_from(number).ok().and_then(|number| answers.get_mut(number)) {
            answer.push(row);
        }
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use sea_orm::{DbBackend, Statement};

    use super::joined;

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
}
