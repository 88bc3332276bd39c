//! Writing rows so that an unchanged write changes nothing: compare, then insert, update or leave alone.

use std::collections::HashMap;
use std::hash::Hash;
use std::iter;

use entity::value::Timestamp;
use entity::{
    account, account_grant, client, client_key, client_secret, credential, department_goal, division, finding,
    goal_item, indicator, indicator_level, invitation, objective, plan_point, project, session, source_document,
    spending_plan, unit, unit_alias,
};
use sea_orm::sea_query::{
    Alias, Expr, ExprTrait, InsertStatement, IntoIden, Query, TableRef, UpdateStatement, ValueTuple,
};
use sea_orm::{ColumnTrait, EntityName, EntityTrait, Iterable, ModelTrait, PrimaryKeyToColumn, QueryFilter};

use super::journal::Journaled;
use super::search::stale::Searched;
use super::work::Work;
use crate::error::{AppError, AppResult};

/// Rows of one `INSERT`; the widest table has 27 columns and SQLite takes 32,766 values.
const ROWS_A_STATEMENT: usize = 500;

/// Keys of one `SELECT`, where each gives up to two of those values.
pub const KEYS_A_STATEMENT: usize = 5_000;

/// A row with key, version and times.
pub trait Stored: Journaled + Searched + ModelTrait + Clone + PartialEq {
    /// Takes over from a known row what is not its content: key, version, times, where it was read from, and what was said
    /// of it since.
    fn take_over(&mut self, known: &Self);
    /// Marks the row as changed now, with the place that the change was read from.
    fn touch(&mut self, wanted: &Self, now: Timestamp);
}

macro_rules! stored {
    ($($table:ident: $($provenance:ident),* $([keeps $($kept:ident),*])?;)*) => {
        $(impl Stored for $table::Model {
            fn take_over(&mut self, known: &Self) {
                self.id = known.id;
                self.version = known.version;
                self.created_at = known.created_at;
                self.updated_at = known.updated_at;
                $(self.$provenance = known.$provenance;)*
                $($(self.$kept.clone_from(&known.$kept);)*)?
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
    finding: source_line, source_table, source_row
        [keeps acknowledged_at, acknowledged_by_id, acknowledged_by, acknowledged_reason];
    account: ;
    account_grant: ;
    client: ;
    client_secret: ;
    client_key: ;
    credential: ;
    invitation: ;
    session: ;
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

/// Inserts rows.
pub async fn insert<M: Stored>(work: &mut Work<'_>, rows: &[M]) -> AppResult<()>
where
    M::Entity: EntityTrait<Model = M>,
{
    if work.put_aside(rows)? {
        return Ok(());
    }
    let mut chunks = rows.chunks(ROWS_A_STATEMENT);
    work.execute(|journal, backend| {
        let Some(chunk) = chunks.next() else { return Ok(None) };
        chunk.iter().for_each(|row| journal.created(row));
        Ok(Some(backend.build(&inserting(chunk.iter())?)))
    })
    .await?;
    work.searched(rows.iter().collect()).await
}

/// A row as it stands and as it shall stand, with its next version.
#[derive(Clone, Debug)]
pub struct Change<M> {
    /// As it stands.
    pub old: M,
    /// As it shall stand.
    pub new: M,
}

impl<M: Stored> Change<M> {
    /// The change from a known row to what is wanted of it; none when nothing differs.
    pub fn between(known: &M, wanted: M, now: Timestamp) -> Option<Self> {
        let mut new = wanted.clone();
        new.take_over(known);
        if new == *known {
            return None;
        }
        new.touch(&wanted, now);
        Some(Self { old: known.clone(), new })
    }
}

/// Updates rows by key: one statement for each few hundred, whatever changed in them.
pub async fn update<M: Stored>(work: &mut Work<'_>, changes: &[Change<M>]) -> AppResult<()>
where
    M::Entity: EntityTrait<Model = M>,
{
    work.keep_changing(changes).await?;
    let mut chunks = changes.chunks(ROWS_A_STATEMENT);
    work.execute(|journal, backend| {
        let Some(chunk) = chunks.next() else { return Ok(None) };
        chunk.iter().for_each(|change| journal.updated(&change.old, &change.new));
        Ok(Some(backend.build(&updating(chunk)?)))
    })
    .await?;
    let changed = changes.iter().filter(|change| !change.old.searched_like(&change.new)).map(|change| &change.new);
    let changed: Vec<&M> = changed.collect();
    // Where a part went from one object to another, both are others than before.
    let left = changes.iter().filter(|change| change.old.object() != change.new.object()).map(|change| &change.old);
    work.forgotten(left);
    work.searched(changed).await
}

/// The statement that inserts rows with all their columns; their values are taken from them without a copy of the row.
fn inserting<'a, M: Stored + 'a>(rows: impl Iterator<Item = &'a M>) -> AppResult<InsertStatement>
where
    M::Entity: EntityTrait<Model = M>,
{
    let columns = || <M::Entity as EntityTrait>::Column::iter();
    let mut insert = Query::insert().into_table(M::Entity::default().table_ref()).columns(columns()).take();
    for row in rows {
        let values = columns().map(|column| Expr::val(row.get(column)));
        // Each row has as many values as there are columns.
        insert.values(values).map_err(AppError::internal)?;
    }
    Ok(insert)
}

/// The statement that updates the columns in which any of some rows differ: of the others no index is written again.
///
/// ```sql
/// UPDATE "project" SET "budget" = "changed"."column2" … FROM (VALUES (…), (…)) AS "changed"
/// WHERE "project"."id" = "changed"."column1"
/// ```
fn updating<M: Stored>(changes: &[Change<M>]) -> AppResult<UpdateStatement>
where
    M::Entity: EntityTrait<Model = M>,
{
    const CHANGED: &str = "changed";
    let (table, key) = (M::Entity::default(), key_column::<M>()?);
    let differs = |column: &<M::Entity as EntityTrait>::Column| {
        changes.iter().any(|change| change.old.get(*column) != change.new.get(*column))
    };
    let columns: Vec<_> = <M::Entity as EntityTrait>::Column::iter().filter(differs).collect();
    let rows = changes.iter().map(|Change { new, .. }| {
        let values = columns.iter().map(|column| new.get(*column));
        ValueTuple::Many(iter::once(new.get(key)).chain(values).collect())
    });
    // Both databases name the columns of such a list so.
    let sent = |number: usize| Expr::col((CHANGED, Alias::new(format!("column{number}"))));
    let mut update = Query::update();
    update.table(table.table_ref()).from(TableRef::ValuesList(rows.collect(), CHANGED.into_iden()));
    for (number, column) in (2..).zip(&columns) {
        update.value(*column, sent(number));
    }
    Ok(update.and_where(Expr::col((table, key)).equals((CHANGED, Alias::new("column1")))).take())
}

/// Deletes rows by key; what is part of them goes with them.
pub async fn delete<M: Stored>(work: &mut Work<'_>, rows: &[M]) -> AppResult<()>
where
    M::Entity: EntityTrait<Model = M>,
{
    work.deleting(rows).await?;
    let key = key_column::<M>()?;
    for chunk in rows.chunks(ROWS_A_STATEMENT) {
        let keys = chunk.iter().map(|row| row.get(key));
        M::Entity::delete_many().filter(key.is_in(keys)).exec(work.tx).await?;
    }
    work.forgotten(rows.iter());
    Ok(())
}

/// The column of the key, which every table has alone.
fn key_column<M: Stored>() -> AppResult<<M::Entity as EntityTrait>::Column>
where
    M::Entity: EntityTrait<Model = M>,
{
    let key = <M::Entity as EntityTrait>::PrimaryKey::iter().next().map(PrimaryKeyToColumn::into_column);
    key.ok_or_else(|| AppError::internal("a table has no key"))
}

/// Stores one row over the one that is known for the same natural key, and gives it as it now stands.
pub async fn put<M: Stored>(work: &mut Work<'_>, known: Option<M>, wanted: M, tally: &mut Tally) -> AppResult<M>
where
    M::Entity: EntityTrait<Model = M>,
{
    let Some(known) = known else {
        insert(work, std::slice::from_ref(&wanted)).await?;
        tally.created += 1;
        return Ok(wanted);
    };
    let Some(change) = Change::between(&known, wanted, work.now) else {
        tally.unchanged += 1;
        return Ok(known);
    };
    update(work, std::slice::from_ref(&change)).await?;
    tally.updated += 1;
    Ok(change.new)
}

/// What makes the known rows of lists equal to the wanted ones.
#[derive(Clone, Debug)]
pub struct Difference<M> {
    /// Rows that are gone.
    pub gone: Vec<M>,
    /// Rows that differ.
    pub changed: Vec<Change<M>>,
    /// New rows.
    pub new: Vec<M>,
    /// All rows as they shall stand, in the order of the wanted ones.
    pub rows: Vec<M>,
}

impl<M> Default for Difference<M> {
    fn default() -> Self {
        Self { gone: Vec::new(), changed: Vec::new(), new: Vec::new(), rows: Vec::new() }
    }
}

impl<M: Stored> Difference<M> {
    /// Compares the known rows of a list with the wanted ones, matched by `key`.
    pub fn between<K: Eq + Hash>(known: Vec<M>, wanted: Vec<M>, key: impl Fn(&M) -> K, now: Timestamp) -> Self {
        let mut known: HashMap<K, M> = known.into_iter().map(|row| (key(&row), row)).collect();
        let mut difference = Self::default();
        for row in wanted {
            let Some(known) = known.remove(&key(&row)) else {
                difference.new.push(row.clone());
                difference.rows.push(row);
                continue;
            };
            match Change::between(&known, row, now) {
                Some(change) => {
                    difference.rows.push(change.new.clone());
                    difference.changed.push(change);
                }
                None => difference.rows.push(known),
            }
        }
        difference.gone = known.into_values().collect();
        difference
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.gone.is_empty() && self.changed.is_empty() && self.new.is_empty()
    }

    /// What becomes of the rows.
    pub fn tally(&self) -> Tally {
        let (created, updated) = (self.new.len(), self.changed.len());
        Tally {
            created: created as u64,
            updated: updated as u64,
            unchanged: (self.rows.len() - created - updated) as u64,
            deleted: self.gone.len() as u64,
            rejected: 0,
        }
    }

    /// Adds what differs in another list, to be written together; the rows as they shall stand are not gathered.
    pub fn join(&mut self, other: Self) {
        self.gone.extend(other.gone);
        self.changed.extend(other.changed);
        self.new.extend(other.new);
    }

    /// Deletes what is gone.
    pub async fn remove_gone(&self, work: &mut Work<'_>) -> AppResult<()>
    where
        M::Entity: EntityTrait<Model = M>,
    {
        delete(work, &self.gone).await
    }

    /// Writes what is changed or new.
    pub async fn write_rest(&self, work: &mut Work<'_>) -> AppResult<()>
    where
        M::Entity: EntityTrait<Model = M>,
    {
        update(work, &self.changed).await?;
        insert(work, &self.new).await
    }

    /// Writes it: what is gone first, so that what comes can take its place in a unique key.
    pub async fn write(&self, work: &mut Work<'_>) -> AppResult<()>
    where
        M::Entity: EntityTrait<Model = M>,
    {
        self.remove_gone(work).await?;
        self.write_rest(work).await
    }
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
    M::Entity: EntityTrait<Model = M>,
{
    let difference = Difference::between(known, wanted, key, work.now);
    difference.write(work).await?;
    *tally += difference.tally();
    Ok(difference.rows)
}
