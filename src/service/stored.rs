//! Writing rows so that an unchanged write changes nothing: compare, then insert, update or leave alone.

use std::collections::HashMap;
use std::hash::Hash;

use entity::value::Timestamp;
use entity::{
    department_goal, division, finding, goal_item, indicator, indicator_level, objective, plan_point, project,
    source_document, spending_plan, unit, unit_alias,
};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, Iterable, ModelTrait,
    PrimaryKeyToColumn, QueryFilter, Value,
};

use super::work::Work;
use crate::error::AppResult;

/// Rows of one `INSERT`; the widest table has 27 columns and SQLite takes 32,766 values.
const ROWS_A_STATEMENT: usize = 500;

/// Keys of one `SELECT`, where each gives up to two of those values.
pub const KEYS_A_STATEMENT: usize = 5_000;

/// A row with key, version and times.
pub trait Stored: ModelTrait + IntoActiveModel<<Self::Entity as EntityTrait>::ActiveModel> + Clone + PartialEq {
    /// Takes over from a known row what is not its content: key, version, times, and where it was read from.
    fn take_over(&mut self, known: &Self);
    /// Marks the row as changed now, with the place that the change was read from.
    fn touch(&mut self, wanted: &Self, now: Timestamp);
}

macro_rules! stored {
    ($($table:ident: $($provenance:ident),*;)*) => {
        $(impl Stored for $table::Model {
            fn take_over(&mut self, known: &Self) {
                self.id = known.id;
                self.version = known.version;
                self.created_at = known.created_at;
                self.updated_at = known.updated_at;
                $(self.$provenance = known.$provenance;)*
            }

            #[allow(unused_variables, reason = "tables without provenance take only the time")]
            fn touch(&mut self, wanted: &Self, now: Timestamp) {
                self.version += 1;
                self.updated_at = now;
                $(self.$provenance = wanted.$provenance;)*
            }
        })*
    };
}

stored! {
    division: ;
    unit: ;
    unit_alias: ;
    indicator_level: ;
    source_document: ;
    department_goal: source_id, source_line, source_table, source_row;
    goal_item: ;
    project: source_id, source_line, source_table, source_row;
    objective: ;
    spending_plan: ;
    plan_point: ;
    indicator: ;
    finding: source_line, source_table, source_row;
}

/// What became of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// New rows.
    pub created: u64,
    /// Rows that differed.
    pub updated: u64,
    /// Rows that were the same.
    pub unchanged: u64,
    /// Rows that are gone.
    pub deleted: u64,
    /// Things that were not stored.
    pub rejected: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.deleted += other.deleted;
        self.rejected += other.rejected;
    }
}

/// Stores one row over the one that is known for the same natural key, and gives it as it now stands.
pub async fn put<M: Stored>(work: &mut Work<'_>, known: Option<M>, wanted: M, tally: &mut Tally) -> AppResult<M>
where
    <M::Entity as EntityTrait>::ActiveModel: ActiveModelBehavior + Send,
    M::Entity: EntityTrait<Model = M>,
{
    let Some(known) = known else {
        M::Entity::insert(wanted.clone().into_active_model()).exec_without_returning(work.tx).await?;
        tally.created += 1;
        return Ok(wanted);
    };
    let mut row = wanted.clone();
    row.take_over(&known);
    if row == known {
        tally.unchanged += 1;
        return Ok(known);
    }
    row.touch(&wanted, work.now);
    let changed = row.clone().into_active_model().reset_all();
    M::Entity::update(changed).exec(work.tx).await?;
    tally.updated += 1;
    Ok(row)
}

/// Makes the known rows of a list equal to the wanted ones, matched by `key`, and gives them as they now stand.
pub async fn replace<M: Stored, K: Eq + Hash>(
    work: &mut Work<'_>,
    known: Vec<M>,
    wanted: Vec<M>,
    key: impl Fn(&M) -> K,
    tally: &mut Tally,
) -> AppResult<Vec<M>>
where
    <M::Entity as EntityTrait>::ActiveModel: ActiveModelBehavior + Send,
    M::Entity: EntityTrait<Model = M>,
{
    let mut known: HashMap<K, M> = known.into_iter().map(|row| (key(&row), row)).collect();
    let mut rows = Vec::with_capacity(wanted.len());
    let mut new = Vec::new();
    let mut changed = Vec::new();
    for row in wanted {
        match known.remove(&key(&row)) {
            Some(known) => changed.push((known, row)),
            None => new.push(row),
        }
    }
    // What is gone first, so that what comes can take its place in a unique key.
    tally.deleted += remove(work, known.into_values()).await?;
    for (known, wanted) in changed {
        rows.push(put(work, Some(known), wanted, tally).await?);
    }
    tally.created += new.len() as u64;
    for chunk in new.chunks(ROWS_A_STATEMENT) {
        let chunk = chunk.iter().map(|row| row.clone().into_active_model());
        M::Entity::insert_many(chunk).exec_without_returning(work.tx).await?;
    }
    rows.extend(new);
    Ok(rows)
}

/// Deletes rows by key; what is part of them goes with them.
pub async fn remove<M: Stored>(work: &mut Work<'_>, rows: impl Iterator<Item = M>) -> AppResult<u64>
where
    M::Entity: EntityTrait<Model = M>,
{
    let Some(key) = <M::Entity as EntityTrait>::PrimaryKey::iter().next() else { return Ok(0) };
    let column = key.into_column();
    let keys: Vec<Value> = rows.map(|row| row.get(column)).collect();
    for chunk in keys.chunks(ROWS_A_STATEMENT) {
        M::Entity::delete_many().filter(column.is_in(chunk.iter().cloned())).exec(work.tx).await?;
    }
    Ok(keys.len() as u64)
}
