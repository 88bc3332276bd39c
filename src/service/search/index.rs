//! The entries of the index: writing them, making all of them anew, and comparing them with the texts.

use std::mem;

use entity::value::SearchKind;
use entity::{department_goal, indicator, project, search_entry, search_format, unit};
use sea_orm::sea_query::{Expr, IntoIden, OnConflict, Query, SimpleExpr};
use sea_orm::{
    ActiveValue, ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect, Statement, Value,
};
use uuid::Uuid;

use super::source::{self, Eyes, Text};
use crate::auth::Caller;
use crate::auth::policy::Permission;
use crate::db::{self, Aside, Db, Executor};
use crate::error::{AppError, AppResult};
use crate::rules::search::{self, FORMAT, Part};

/// Entries of one statement.
const ENTRIES_A_STATEMENT: usize = 500;

/// Bytes of pairs from which on SQLite a statement has enough.
const PAIRS_A_STATEMENT: usize = 8 << 20;

/// Objects that are read at once when all entries are made or compared.
const OBJECTS_AT_ONCE: u64 = 5_000;

/// What of an object is searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    kind: SearchKind,
    object: Uuid,
    names: String,
    texts: String,
    others: String,
}

impl Entry {
    /// The key of its object.
    pub const fn object(&self) -> Uuid {
        self.object
    }

    /// The entry of an object with these texts.
    pub fn of<'a>(kind: SearchKind, object: Uuid, texts: impl Iterator<Item = (&'a str, Part)> + Clone) -> Self {
        let joined = |part: Part| search::join(texts.clone().filter(|(_, of)| *of == part).map(|(text, _)| text));
        let [names, texts, others] = Part::ALL.map(joined);
        Self { kind, object, names, texts, others }
    }

    /// The same for texts with their fields.
    pub fn of_texts(kind: SearchKind, object: Uuid, texts: &[Text]) -> Self {
        Self::of(kind, object, texts.iter().map(|text| (text.text.as_str(), text.part)))
    }

    fn pairs(&self) -> String {
        let mut pairs = String::new();
        for (part, joined) in Part::ALL.into_iter().zip([&self.names, &self.texts, &self.others]) {
            search::write_pairs(self.kind, part, joined, &mut pairs);
        }
        pairs
    }
}

impl From<search_entry::Model> for Entry {
    fn from(row: search_entry::Model) -> Self {
        let search_entry::Model { number: _, kind, object_id: object, names, texts, others } = row;
        Self { kind, object, names, texts, others }
    }
}

/// Writes entries, over those that their objects have.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &DatabaseTransaction, entries: impl Iterator<Item = Entry> + Send) -> AppResult<()> {
    let backend = tx.get_database_backend();
    let mut entries = entries.peekable();
    let mut unpaired = Unpaired::default();
    db::execute_each(tx, || {
        if unpaired.is_full() || entries.peek().is_none() {
            return Ok(unpaired.take());
        }
        let entries: Vec<Entry> = entries.by_ref().take(ENTRIES_A_STATEMENT).collect();
        if backend == DbBackend::Sqlite {
            entries.iter().for_each(|entry| unpaired.add(entry));
        }
        Ok(Some(writing(backend, entries)?))
    })
    .await
}

/// The statements that write a few entries, over those that their objects have.
///
/// # Errors
/// When they cannot be made.
pub fn writes(backend: DbBackend, entries: Vec<Entry>) -> AppResult<Vec<Statement>> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let mut unpaired = Unpaired::default();
    if backend == DbBackend::Sqlite {
        entries.iter().for_each(|entry| unpaired.add(entry));
    }
    Ok(std::iter::once(writing(backend, entries)?).chain(unpaired.take()).collect())
}

/// The pairs of entries that SQLite has without them, as a JSON object by the keys of the objects.
///
/// FTS5 writes out what it has gathered at the end of each statement, and merges what it has written out: so these are few.
#[derive(Default)]
struct Unpaired(String);

impl Unpaired {
    fn add(&mut self, entry: &Entry) {
        self.0.push_str(if self.0.is_empty() { "{\"" } else { ",\"" });
        self.0.push_str(&entry.object.simple().to_string());
        self.0.push_str("\":\"");
        // Nothing in pairs means anything in JSON.
        self.0.push_str(&entry.pairs());
        self.0.push('"');
    }

    fn is_full(&self) -> bool {
        self.0.len() >= PAIRS_A_STATEMENT
    }

    /// The statement that writes them, in the order of the numbers of the entries: FTS5 also writes out whenever a number is
    /// less than the one before.
    fn take(&mut self) -> Option<Statement> {
        if self.0.is_empty() {
            return None;
        }
        let pairs = mem::take(&mut self.0) + "}";
        let sql = "INSERT OR REPLACE INTO search_pair (rowid, pairs) SELECT e.number, p.value FROM json_each(?) AS p \
                   CROSS JOIN search_entry AS e ON e.object_id = unhex(p.key) ORDER BY e.number";
        Some(Statement::from_sql_and_values(DbBackend::Sqlite, sql, [pairs.into()]))
    }
}

/// Puts entries aside for PostgreSQL, those of objects that have none.
///
/// # Errors
/// When they cannot be put aside.
pub fn put_aside(aside: &mut Aside, entries: impl Iterator<Item = Entry>) -> AppResult<()> {
    let rows = entries.map(|entry| {
        let pairs = entry.pairs();
        let Entry { kind, object, names, texts, others } = entry;
        [kind.code().into(), object.into(), names.into(), texts.into(), others.into(), pairs.into()]
    });
    // Pairs are words that need no quotes, and so in the form of a `tsvector`.
    aside.values("search_entry", ["kind", "object_id", "names", "texts", "others", "pairs"], rows)
}

/// The statement that writes entries; on PostgreSQL with their pairs.
fn writing(backend: DbBackend, entries: Vec<Entry>) -> AppResult<Statement> {
    use search_entry::Column;
    let in_row = backend == DbBackend::Postgres;
    let texts = [Column::Names, Column::Texts, Column::Others].map(IntoIden::into_iden);
    let written = texts.into_iter().chain(in_row.then(|| "pairs".into_iden()));
    let columns = [Column::Kind, Column::ObjectId].map(IntoIden::into_iden).into_iter().chain(written.clone());
    let mut insert = Query::insert().into_table(search_entry::Entity).columns(columns).take();
    let mut known = OnConflict::column(Column::ObjectId);
    known.update_columns(written);
    insert.on_conflict(known);
    for entry in entries {
        let pairs = in_row.then(|| {
            Expr::cust_with_values("array_to_tsvector(string_to_array($1, ' '))", [Value::from(entry.pairs())])
        });
        let Entry { kind, object, names, texts, others } = entry;
        let own: [SimpleExpr; 5] = [kind.code().into(), object.into(), names.into(), texts.into(), others.into()];
        // As many values as columns.
        insert.values(own.into_iter().chain(pairs)).map_err(AppError::internal)?;
    }
    Ok(backend.build(&insert))
}

/// Whether all entries were made, by the rules of this version.
///
/// # Errors
/// When the database fails.
pub async fn is_current(db: &DatabaseConnection) -> AppResult<bool> {
    let formats = search_format::Entity::find().all(db).await?;
    Ok(formats.iter().map(|row| row.format).eq([FORMAT]))
}

/// Puts in its place what PostgreSQL has only gathered of new entries, which each search reads.
///
/// # Errors
/// When the database fails.
pub async fn settle(db: &DatabaseConnection) -> AppResult<()> {
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared("SELECT search_settle()").await?;
    }
    Ok(())
}

/// Makes the index anew where it was made by the rules of another version, or never.
///
/// # Errors
/// When the database fails.
pub async fn bring_up_to_date(db: &Db) -> AppResult<()> {
    if is_current(db.read()).await? {
        return Ok(());
    }
    db.write(async |tx| make(tx).await.map(drop)).await
}

/// Makes the index anew and gives the number of its entries.
///
/// # Errors
/// `FORBIDDEN` for who may not do this everywhere, and when the database fails.
pub async fn rebuild(tx: &DatabaseTransaction, caller: &Caller) -> AppResult<u64> {
    caller.must_everywhere(Permission::Operate)?;
    make(tx).await
}

async fn make(tx: &DatabaseTransaction) -> AppResult<u64> {
    let clear = match tx.get_database_backend() {
        // All pairs at once, which are then no more there to go with each entry.
        DbBackend::Sqlite => "INSERT INTO search_pair (search_pair) VALUES ('delete-all'); DELETE FROM search_entry",
        // Writers wait: what they wrote meanwhile would be missed.
        _ => {
            "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; LOCK TABLE search_entry IN EXCLUSIVE MODE; \
             DELETE FROM search_entry"
        }
    };
    tx.execute_unprepared(clear).await?;
    let mut made = 0;
    for kind in SearchKind::ALL {
        let mut last = None;
        loop {
            let entries = page(tx, *kind, last).await?;
            let Some(entry) = entries.last() else { break };
            last = Some(entry.object);
            made += entries.len() as u64;
            put(tx, entries.into_iter()).await?;
        }
    }
    search_format::Entity::delete_many().exec(tx).await?;
    let format = search_format::ActiveModel { format: ActiveValue::Set(FORMAT) };
    search_format::Entity::insert(format).exec_without_returning(tx).await?;
    Ok(made)
}

/// What a comparison of the entries with the texts found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Objects that are searched.
    pub objects: u64,
    /// Those whose entry is missing or not as their texts are.
    pub wrong: u64,
}

/// Compares the entries with the texts of all objects.
///
/// # Errors
/// `FORBIDDEN` for who may not do this everywhere, and when the database fails.
pub async fn compare(tx: &DatabaseTransaction, caller: &Caller) -> AppResult<Compared> {
    caller.must_everywhere(Permission::Operate)?;
    let mut compared = Compared::default();
    for kind in SearchKind::ALL {
        let mut last = None;
        loop {
            let wanted = page(tx, *kind, last).await?;
            let Some(entry) = wanted.last() else { break };
            last = Some(entry.object);
            let objects = wanted.iter().map(|entry| entry.object);
            let known = search_entry::Entity::find()
                .filter(search_entry::Column::ObjectId.is_in(objects))
                .order_by_asc(search_entry::Column::ObjectId)
                .all(tx)
                .await?;
            let mut known = known.into_iter().map(Entry::from).peekable();
            for wanted in wanted {
                let found = known.next_if(|known| known.object == wanted.object);
                compared.objects += 1;
                compared.wrong += u64::from(found != Some(wanted));
            }
        }
    }
    Ok(compared)
}

/// The entries that objects of a kind should have, in the order of their keys, from the one after `last` on.
async fn page(tx: &DatabaseTransaction, kind: SearchKind, last: Option<Uuid>) -> AppResult<Vec<Entry>> {
    let objects = match kind {
        SearchKind::Unit => keys::<unit::Entity>(tx, unit::Column::Id, last).await?,
        SearchKind::Project => keys::<project::Entity>(tx, project::Column::Id, last).await?,
        SearchKind::Indicator => keys::<indicator::Entity>(tx, indicator::Column::Id, last).await?,
        SearchKind::DepartmentGoal => keys::<department_goal::Entity>(tx, department_goal::Column::Id, last).await?,
    };
    let mut texts = source::texts(Executor::of_service(tx), Eyes::Index, kind, &objects).await?;
    let entries = objects.into_iter().filter_map(|object| Some((object, texts.remove(&object)?)));
    Ok(entries.map(|(object, texts)| Entry::of_texts(kind, object, &texts)).collect())
}

async fn keys<E: EntityTrait>(tx: &DatabaseTransaction, key: E::Column, last: Option<Uuid>) -> AppResult<Vec<Uuid>> {
    let mut select = E::find().select_only().column(key).order_by_asc(key).limit(OBJECTS_AT_ONCE);
    if let Some(last) = last {
        select = select.filter(key.gt(last));
    }
    Ok(select.into_tuple().all(tx).await?)
}
