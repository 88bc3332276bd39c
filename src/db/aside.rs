//! New rows that are not inserted one statement after the other but put aside, table by table, for PostgreSQL's `COPY`.

use std::fmt::Write;

use sea_orm::{ActiveModelTrait, ActiveValue, EntityName, EntityTrait, IdenStatic, Iterable, ModelTrait, Value};

use crate::error::{AppError, AppResult};

/// See the module. The tables stand in the order in which they came, so what rows refer to comes before them.
#[derive(Debug, Default)]
pub struct Aside(Vec<Lines>);

/// The rows of one table, in the text form of `COPY`.
#[derive(Debug)]
pub(super) struct Lines {
    /// The statement that takes them.
    pub(super) statement: String,
    /// A line for each row.
    pub(super) text: String,
}

impl Aside {
    /// Puts rows aside with all their columns.
    ///
    /// # Errors
    /// For a value of a type that no table of this service has.
    pub fn rows<'a, M: ModelTrait + 'a>(&mut self, rows: impl IntoIterator<Item = &'a M>) -> AppResult<()>
    where
        M::Entity: EntityTrait<Model = M>,
    {
        let columns = || <M::Entity as EntityTrait>::Column::iter();
        let names: Vec<&str> = columns().map(|column| column.as_str()).collect();
        let lines = self.of(M::Entity::default().table_name(), &names);
        rows.into_iter().try_for_each(|row| line(lines, columns().map(|column| row.get(column))))
    }

    /// Puts rows aside with those columns that are set in the first of them.
    ///
    /// # Errors
    /// As [`Aside::rows`].
    pub fn set_columns<A: ActiveModelTrait>(&mut self, rows: &[A]) -> AppResult<()> {
        let Some(first) = rows.first() else { return Ok(()) };
        let is_set = |column: &<A::Entity as EntityTrait>::Column| !first.get(*column).is_not_set();
        let columns: Vec<_> = <A::Entity as EntityTrait>::Column::iter().filter(is_set).collect();
        let names: Vec<&str> = columns.iter().map(|column| column.as_str()).collect();
        let lines = self.of(A::Entity::default().table_name(), &names);
        let value = |value| match value {
            ActiveValue::Set(value) | ActiveValue::Unchanged(value) => value,
            ActiveValue::NotSet => Value::String(None),
        };
        rows.iter().try_for_each(|row| line(lines, columns.iter().map(|column| value(row.get(*column)))))
    }

    /// Puts rows aside that are given value by value, in the order of the columns.
    ///
    /// # Errors
    /// As [`Aside::rows`].
    pub fn values<const N: usize>(
        &mut self,
        table: &str,
        columns: [&str; N],
        mut rows: impl Iterator<Item = [Value; N]>,
    ) -> AppResult<()> {
        let lines = self.of(table, &columns);
        rows.try_for_each(|row| line(lines, row.into_iter()))
    }

    /// The lines of all tables in their order.
    pub(super) fn tables(self) -> impl Iterator<Item = Lines> {
        self.0.into_iter().filter(|lines| !lines.text.is_empty())
    }

    fn of(&mut self, table: &str, columns: &[&str]) -> &mut String {
        let columns: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
        let statement = format!("COPY \"{table}\" ({}) FROM STDIN", columns.join(", "));
        let place = self.0.iter().position(|lines| lines.statement == statement).unwrap_or_else(|| {
            self.0.push(Lines { statement, text: String::new() });
            self.0.len() - 1
        });
        &mut self.0[place].text
    }
}

/// Writes a row.
fn line(text: &mut String, values: impl Iterator<Item = Value>) -> AppResult<()> {
    for (place, value) in values.enumerate() {
        if place > 0 {
            text.push('\t');
        }
        write(text, value)?;
    }
    text.push('\n');
    Ok(())
}

fn write(text: &mut String, value: Value) -> AppResult<()> {
    // Writing to a string cannot fail.
    let _ = match value {
        Value::Uuid(Some(key)) => write!(text, "{}", key.hyphenated()),
        Value::BigInt(Some(number)) => write!(text, "{number}"),
        Value::Int(Some(number)) => write!(text, "{number}"),
        Value::String(Some(words)) => {
            escape(&words, text);
            Ok(())
        }
        Value::Bool(Some(is)) => text.write_str(if is { "t" } else { "f" }),
        Value::Bytes(Some(bytes)) => {
            text.push_str("\\\\x");
            bytes.iter().try_for_each(|byte| write!(text, "{byte:02x}"))
        }
        Value::Uuid(None)
        | Value::BigInt(None)
        | Value::Int(None)
        | Value::String(None)
        | Value::Bool(None)
        | Value::Bytes(None) => text.write_str("\\N"),
        other => return Err(AppError::internal(format!("COPY has no form for {other:?}"))),
    };
    Ok(())
}

/// Writes a text so that nothing in it ends a column or a line.
fn escape(words: &str, text: &mut String) {
    let mut rest = words;
    while let Some(at) = rest.find(['\\', '\t', '\n', '\r']) {
        let (plain, special) = rest.split_at(at);
        text.push_str(plain);
        // What is escaped is one byte long.
        let (special, behind) = special.split_at(1);
        text.push_str(match special {
            "\t" => "\\t",
            "\n" => "\\n",
            "\r" => "\\r",
            _ => "\\\\",
        });
        rest = behind;
    }
    text.push_str(rest);
}
