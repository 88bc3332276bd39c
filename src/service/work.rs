//! The unit of work: what one writing transaction knows, and what it gathers until its end.

use std::iter;

use entity::value::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, Statement};
use uuid::Uuid;

use super::journal::{self, Header, Heads, Journal, Journaled, Sink};
use super::search::index::{self, Entry};
use super::search::stale::{Searched, Stale};
use super::stored::{Change, Stored};
use crate::auth::Caller;
use crate::db::{self, Aside, Job, Together};
use crate::error::AppResult;

/// Where a write comes from, for the record of what was done by whom.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// What was asked for: the name of a mutation, or of a command.
    pub action: String,
    /// The request that asked for it; none for a command.
    pub request_id: Option<String>,
    /// Address that it was asked from; none for a command.
    pub client: Option<String>,
    /// For whom the caller acts, where he says so.
    pub on_behalf_of: Option<String>,
}

impl Origin {
    /// A write without a request, such as that of a command.
    pub fn of(action: impl Into<String>) -> Self {
        Self { action: action.into(), ..Self::default() }
    }
}

/// A writing transaction with its caller, its time and its record.
pub struct Work<'a> {
    /// The transaction; everything that is read and written goes through it.
    pub tx: &'a DatabaseTransaction,
    /// Who writes.
    pub caller: &'a Caller,
    /// Where the write comes from.
    pub origin: &'a Origin,
    /// The time of everything that is written.
    pub now: Timestamp,
    clock: fn() -> Timestamp,
    journal: Journal,
    /// The heads of the chains that it has locked.
    heads: Heads,
    stale: Stale,
    /// Whether it writes one object, once.
    of_one: bool,
    /// Statements that write and are run together; none where each is run at once.
    gathered: Option<Together>,
    /// New rows that are not inserted before the end of the work; none where each is at once.
    aside: Option<Aside>,
}

/// What is left to do behind work whose new rows were put aside, when the database has them.
#[derive(Debug)]
#[must_use]
pub struct Rest(Stale);

impl Rest {
    /// Does it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finish(self, tx: &DatabaseTransaction) -> AppResult<()> {
        index::put(tx, self.0.entries(tx).await?.into_iter()).await
    }
}

impl<'a> Work<'a> {
    /// Starts the work of a transaction.
    pub fn begin(
        tx: &'a DatabaseTransaction,
        caller: &'a Caller,
        origin: &'a Origin,
        clock: fn() -> Timestamp,
    ) -> Self {
        Self {
            tx,
            caller,
            origin,
            now: clock(),
            clock,
            journal: Journal::default(),
            heads: Heads::new(),
            stale: Stale::default(),
            of_one: false,
            gathered: None,
            aside: None,
        }
    }

    /// The same work, whose new rows are put aside. It must not read what it has inserted.
    #[must_use]
    pub fn setting_aside(self) -> Self {
        Self { aside: Some(Aside::default()), ..self }
    }

    /// Puts new rows aside where this is how the work is done; whether it was.
    ///
    /// # Errors
    /// When they have values that cannot be put aside.
    pub(super) fn put_aside<M: Stored>(&mut self, rows: &[M]) -> AppResult<bool>
    where
        M::Entity: EntityTrait<Model = M>,
    {
        let Some(aside) = &mut self.aside else { return Ok(false) };
        aside.rows(rows)?;
        rows.iter().for_each(|row| self.journal.created(row));
        if rows.first().is_some_and(|row| row.entry().is_some()) {
            index::put_aside(aside, rows.iter().filter_map(Searched::entry))?;
        } else {
            rows.iter().for_each(|row| self.stale.note(row));
        }
        Ok(true)
    }

    /// Does a task as the whole work of a transaction, with its record.
    ///
    /// # Errors
    /// Those of the task, and those of [`Work::finish`].
    pub async fn within<T>(
        tx: &DatabaseTransaction,
        caller: &Caller,
        origin: &Origin,
        clock: fn() -> Timestamp,
        task: impl AsyncFnOnce(&mut Work<'_>) -> AppResult<T>,
    ) -> AppResult<T> {
        let mut work = Work::begin(tx, caller, origin, clock);
        let output = task(&mut work).await?;
        work.finish().await?;
        Ok(output)
    }

    /// Notes that divisions were locked: who waited for them writes a later time than who held them, whatever the clock says.
    ///
    /// # Errors
    /// When the time of the last write cannot be read.
    pub(super) async fn locked(&mut self, divisions: impl IntoIterator<Item = &str>) -> AppResult<()> {
        let heads = journal::heads(self.tx, divisions.into_iter()).await?;
        self.holds(heads);
        Ok(())
    }

    /// The same, where the heads of their chains were locked with them.
    pub(super) fn holds(&mut self, heads: Heads) {
        let after = heads.values().map(|head| Timestamp(head.at.0 + 1)).max();
        self.now = self.now.max((self.clock)()).max(after.unwrap_or(self.now));
        self.heads.extend(heads);
    }

    /// Says that one object is all that is written, by one call: nothing else will be read or written behind it.
    pub fn writes_one(&mut self) {
        self.of_one = true;
    }

    /// Gathers from now on the statements that write, where one object is all that is written, and runs them together at the end
    /// of the work, or before something is deleted. Until then nothing that is written may be read, and no row be written twice.
    pub(super) fn gather(&mut self) {
        if self.of_one {
            self.gathered.get_or_insert_default();
        }
    }

    /// Runs what was gathered.
    async fn flush(&mut self) -> AppResult<()> {
        match &mut self.gathered {
            Some(gathered) => gathered.run(self.tx).await,
            None => Ok(()),
        }
    }

    /// Whether something was changed, and nothing but projects and their parts.
    pub fn is_of_projects(&self) -> bool {
        self.journal.is_of_projects()
    }

    /// Records new rows.
    pub(super) fn created<M: Journaled>(&mut self, rows: &[M]) {
        for row in rows {
            self.journal.created(row);
        }
    }

    /// Records something that happened to an entity and changed none of its values.
    pub(super) fn happened<M: Journaled>(&mut self, row: &M, what: &str, name: &str, more: &[(&str, &str)]) {
        self.journal.happened(row, what, name, more);
    }

    /// Runs the statements that `next` makes, one after the other, until it makes none; with each it records what the
    /// statement changes. While the database is busy with one, the next is made here: see [`db::execute_each`].
    ///
    /// # Errors
    /// What making or running one ends with.
    pub(super) async fn execute(
        &mut self,
        mut next: impl FnMut(&mut Journal, DbBackend) -> AppResult<Option<Statement>> + Send,
    ) -> AppResult<()> {
        let (backend, journal) = (self.tx.get_database_backend(), &mut self.journal);
        if let Some(gathered) = &mut self.gathered {
            while let Some(statement) = next(journal, backend)? {
                gathered.add(statement);
            }
            return Ok(());
        }
        db::execute_each(self.tx, || next(journal, backend)).await
    }

    /// Keeps what rows are that are about to be written over.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub(super) async fn keep_changing<M: Journaled>(&mut self, changes: &[Change<M>]) -> AppResult<()> {
        let Some(past) = M::past() else { return Ok(()) };
        let keys: Vec<Uuid> = changes.iter().map(|change| change.old.key()).collect();
        let mut copies = past.keeping_changed(&keys, self.now);
        self.execute(|_, backend| Ok(copies.next().transpose()?.map(|copy| backend.build(&copy)))).await
    }

    /// Records rows that are about to be deleted, and keeps what they and their parts are. What was gathered is written before.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub(super) async fn deleting<M: Journaled>(&mut self, rows: &[M]) -> AppResult<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.flush().await?;
        if let Some(past) = M::past() {
            let keys: Vec<Uuid> = rows.iter().map(Journaled::key).collect();
            past.keep_going(self.tx, &keys, self.now).await?;
        }
        for row in rows {
            self.journal.deleted(row);
        }
        Ok(())
    }

    /// Lets search find rows as they now stand: at once where a row is all of its object, else at the end of the work.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub(super) async fn searched<M: Searched + Sync>(&mut self, rows: Vec<&M>) -> AppResult<()> {
        if rows.first().is_some_and(|row| row.entry().is_some()) {
            let mut rows = rows.into_iter();
            let entries = iter::from_fn(move || rows.next().and_then(Searched::entry));
            return write_entries(self.tx, self.gathered.as_mut(), entries).await;
        }
        rows.into_iter().for_each(|row| self.stale.note(row));
        Ok(())
    }

    /// Takes what will be searched of an object, if it is touched.
    pub(super) fn will_be_searched(&mut self, entry: Entry) {
        self.stale.know(entry);
    }

    /// Lets search find no more what stood in rows that went. What was an object goes from the index by itself.
    pub(super) fn forgotten<'r, M: Searched + 'r>(&mut self, rows: impl Iterator<Item = &'r M>) {
        rows.for_each(|row| self.stale.note(row));
    }

    /// Writes down what was done; nothing may be written after it.
    ///
    /// # Errors
    /// When the record cannot be written; then nothing of the work may stay.
    pub async fn finish(mut self) -> AppResult<()> {
        if self.stale.must_read() {
            self.flush().await?;
        }
        let entries = self.stale.entries(self.tx).await?;
        write_entries(self.tx, self.gathered.as_mut(), entries.into_iter()).await?;
        let header = Header { caller: self.caller, origin: self.origin, now: self.now };
        match &mut self.gathered {
            Some(gathered) => {
                self.journal.write(self.tx, header, self.heads, Sink::Together(gathered)).await?;
                gathered.run(self.tx).await
            }
            None => self.journal.write(self.tx, header, self.heads, Sink::Database).await,
        }
    }

    /// Ends work that puts rows aside: gives them, with the record of what was done, and what is left to do behind them.
    ///
    /// # Errors
    /// As [`Work::finish`].
    pub async fn finish_aside(self) -> AppResult<(Aside, Rest)> {
        let mut aside = self.aside.unwrap_or_default();
        let header = Header { caller: self.caller, origin: self.origin, now: self.now };
        self.journal.write(self.tx, header, self.heads, Sink::Aside(&mut aside)).await?;
        Ok((aside, Rest(self.stale)))
    }
}

/// Writes entries of search, or gathers what writes them.
async fn write_entries(
    tx: &DatabaseTransaction,
    gathered: Option<&mut Together>,
    entries: impl Iterator<Item = Entry> + Send,
) -> AppResult<()> {
    let Some(gathered) = gathered else { return index::put(tx, entries).await };
    let writes = index::writes(tx.get_database_backend(), entries.collect())?;
    writes.into_iter().for_each(|statement| gathered.add(statement));
    Ok(())
}

/// Something that is done in one unit of work.
pub trait Task: Sync {
    /// What it gives.
    type Output: Send;
    /// Does it. It can be done again after a failure to serialise.
    fn run(&self, work: &mut Work<'_>) -> impl Future<Output = AppResult<Self::Output>> + Send;
}

/// A task with everything that its unit of work starts from: what [`crate::db::Db::commit`] runs.
pub struct Order<'a, T> {
    /// The task.
    pub task: &'a T,
    /// Who orders it.
    pub caller: &'a Caller,
    /// Where it comes from.
    pub origin: &'a Origin,
    /// The clock.
    pub clock: fn() -> Timestamp,
}

impl<T: Task> Job for Order<'_, T> {
    type Output = T::Output;

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<T::Output> {
        let mut work = Work::begin(tx, self.caller, self.origin, self.clock);
        let output = self.task.run(&mut work).await?;
        work.finish().await?;
        Ok(output)
    }
}
