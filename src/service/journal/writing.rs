//! Writing the journal: the next entries of the chains, the outbox, and the heads.

use std::collections::{BTreeMap, HashMap};
use std::mem;

use entity::id::{ProjectId, SpendingPlanId};
use entity::value::{AuditResult, ChangeKind, Timestamp};
use entity::{
    account, audit_entry, audit_head, change, department_goal, division, indicator_level, project, source_document,
    spending_plan, unit,
};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use super::{Journal, Journaled, Kind, State, Touched};
use crate::auth::Caller;
use crate::db::{Aside, Together, execute_each};
use crate::error::{AppError, AppResult};
use crate::service::audit::chain;
use crate::service::stored::KEYS_A_STATEMENT;
use crate::service::work::Origin;

/// Entries of one statement; an entry has 21 columns and SQLite takes 32,766 values.
const ENTRIES_A_STATEMENT: usize = 500;

/// The name of who works at the machine itself, without an account.
const OPERATOR: &str = "operator";

/// What all entries of a transaction have in common.
#[derive(Clone, Copy)]
pub struct Header<'a> {
    /// Who did it.
    pub caller: &'a Caller,
    /// Where it came from.
    pub origin: &'a Origin,
    /// When.
    pub now: Timestamp,
}

/// How the rows of a journal come into the database.
#[derive(Debug)]
pub enum Sink<'a> {
    /// At once.
    Database,
    /// With other statements that were gathered.
    Together(&'a mut Together),
    /// After all other rows, which are put aside.
    Aside(&'a mut Aside),
}

impl Journal {
    /// Writes an entry of the audit and a row of the outbox for each entity that changed.
    ///
    /// The chains are locked until the transaction ends, so that their numbers have no gaps: those of `heads` are already,
    /// the others in the order of their names. A transaction holds its divisions before, so writers of different divisions
    /// do not wait for one another.
    ///
    /// # Errors
    /// When something cannot be written; the transaction must not be committed then.
    pub async fn write(
        mut self,
        tx: &DatabaseTransaction,
        header: Header<'_>,
        heads: Heads,
        mut sink: Sink<'_>,
    ) -> AppResult<()> {
        if self.is_empty() {
            return Ok(());
        }
        self.find_plans(tx).await?;
        self.settle();
        self.find_states(tx).await?;
        let mut chains: BTreeMap<String, Vec<(Touched, State)>> = BTreeMap::new();
        for mut touched in self.touched {
            let state = touched.state.take();
            let state = state.ok_or_else(|| AppError::internal("an entity with changed parts is missing"))?;
            chains.entry(state.division_code.clone().unwrap_or_default()).or_default().push((touched, state));
        }
        let mut heads = lock(tx, heads, chains.keys()).await?;
        // There is one head for each chain, in the same order.
        let touched = chains.into_values().enumerate();
        let mut touched = touched.flat_map(|(chain, all)| all.into_iter().map(move |touched| (chain, touched)));
        let mut next = || -> AppResult<(Vec<audit_entry::ActiveModel>, Vec<change::ActiveModel>)> {
            let (mut entries, mut changes) = (Vec::new(), Vec::new());
            for (chain, (touched, state)) in touched.by_ref().take(ENTRIES_A_STATEMENT) {
                let head = &mut heads[chain];
                let entry = header.entry(touched, state, head)?;
                (head.seq, head.at, head.hash) = (entry.seq, entry.at, entry.hash.clone());
                changes.push(outbox(&entry));
                entries.push(entry.into_active_model());
            }
            Ok((entries, changes))
        };
        match &mut sink {
            Sink::Aside(aside) => loop {
                let (entries, changes) = next()?;
                if entries.is_empty() {
                    break;
                }
                aside.set_columns(&entries)?;
                aside.set_columns(&changes)?;
            },
            Sink::Together(together) => loop {
                let (backend, (entries, changes)) = (tx.get_database_backend(), next()?);
                if entries.is_empty() {
                    break;
                }
                together.add(audit_entry::Entity::insert_many(entries).build(backend));
                together.add(change::Entity::insert_many(changes).build(backend));
            },
            Sink::Database => {
                let (backend, mut changes) = (tx.get_database_backend(), Vec::new());
                execute_each(tx, || {
                    if !changes.is_empty() {
                        return Ok(Some(change::Entity::insert_many(mem::take(&mut changes)).build(backend)));
                    }
                    let (entries, told) = next()?;
                    changes = told;
                    Ok((!entries.is_empty()).then(|| audit_entry::Entity::insert_many(entries).build(backend)))
                })
                .await?;
            }
        }
        let mut advanced: Vec<_> = heads.into_iter().map(IntoActiveModel::into_active_model).collect();
        while !advanced.is_empty() {
            let rest = advanced.split_off(ENTRIES_A_STATEMENT.min(advanced.len()));
            // Every head is there and locked, so nothing is ever inserted here.
            let known = OnConflict::column(audit_head::Column::Chain)
                .update_columns([audit_head::Column::Seq, audit_head::Column::At, audit_head::Column::Hash])
                .to_owned();
            let advance = audit_head::Entity::insert_many(advanced).on_conflict(known);
            match &mut sink {
                Sink::Together(together) => together.add(advance.build(tx.get_database_backend())),
                Sink::Database | Sink::Aside(_) => drop(advance.exec_without_returning(tx).await?),
            }
            advanced = rest;
        }
        Ok(())
    }

    /// Finds the projects of plans of which only points changed.
    async fn find_plans(&mut self, tx: &DatabaseTransaction) -> AppResult<()> {
        let unknown = self.unknown_plans();
        for keys in unknown.chunks(KEYS_A_STATEMENT) {
            let found: Vec<(SpendingPlanId, ProjectId)> = spending_plan::Entity::find()
                .select_only()
                .columns([spending_plan::Column::Id, spending_plan::Column::ProjectId])
                .filter(spending_plan::Column::Id.is_in(keys.iter().copied()))
                .into_tuple()
                .all(tx)
                .await?;
            self.plans.extend(found);
        }
        if self.waiting.iter().any(|(plan, _)| !self.plans.contains_key(plan)) {
            return Err(AppError::internal("a plan with changed points is missing"));
        }
        Ok(())
    }

    /// Finds how the entities stand of which only parts changed.
    async fn find_states(&mut self, tx: &DatabaseTransaction) -> AppResult<()> {
        let mut unknown: BTreeMap<Kind, Vec<Uuid>> = BTreeMap::new();
        for touched in self.touched.iter().filter(|touched| touched.state.is_none()) {
            unknown.entry(touched.root.kind).or_default().push(touched.root.id);
        }
        for (kind, ids) in unknown {
            let mut found = match kind {
                Kind::Division => states::<division::Entity>(tx, division::Column::Id, &ids).await?,
                Kind::Unit => states::<unit::Entity>(tx, unit::Column::Id, &ids).await?,
                Kind::SourceDocument => {
                    states::<source_document::Entity>(tx, source_document::Column::Id, &ids).await?
                }
                Kind::DepartmentGoal => {
                    states::<department_goal::Entity>(tx, department_goal::Column::Id, &ids).await?
                }
                Kind::Project => states::<project::Entity>(tx, project::Column::Id, &ids).await?,
                Kind::IndicatorLevel => {
                    states::<indicator_level::Entity>(tx, indicator_level::Column::Id, &ids).await?
                }
                Kind::Account => states::<account::Entity>(tx, account::Column::Id, &ids).await?,
            };
            for touched in self.touched.iter_mut().filter(|touched| touched.root.kind == kind) {
                if touched.state.is_none() {
                    touched.state = found.remove(&touched.root.id);
                }
            }
        }
        Ok(())
    }
}

async fn states<E>(tx: &DatabaseTransaction, key: E::Column, ids: &[Uuid]) -> AppResult<HashMap<Uuid, State>>
where
    E: EntityTrait<Model: Journaled>,
{
    let mut states = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(KEYS_A_STATEMENT) {
        let rows = E::find().filter(key.is_in(ids.iter().copied())).all(tx).await?;
        states.extend(rows.iter().filter_map(|row| Some((row.key(), row.state()?))));
    }
    Ok(states)
}

/// The heads of chains that a transaction has locked, by the names of the chains.
pub type Heads = BTreeMap<String, audit_head::Model>;

/// Locks the heads of chains, in the order of their names, and gives those that there are.
///
/// # Errors
/// When they cannot be read.
pub async fn heads<'a>(tx: &DatabaseTransaction, chains: impl Iterator<Item = &'a str>) -> AppResult<Heads> {
    let chains: Vec<&str> = chains.collect();
    let mut heads = Heads::new();
    for chains in chains.chunks(KEYS_A_STATEMENT) {
        let found = audit_head::Entity::find()
            .filter(audit_head::Column::Chain.is_in(chains.iter().copied()))
            .order_by_asc(audit_head::Column::Chain)
            .lock_exclusive();
        heads.extend(found.all(tx).await?.into_iter().map(|head| (head.chain.clone(), head)));
    }
    Ok(heads)
}

/// The heads of chains in the order of their names, with those that are not locked yet; a new chain begins.
async fn lock(
    tx: &DatabaseTransaction,
    mut known: Heads,
    chains: impl Iterator<Item = &String> + Clone,
) -> AppResult<Vec<audit_head::Model>> {
    let missing = |known: &Heads| -> Vec<&str> {
        chains.clone().map(String::as_str).filter(|chain| !known.contains_key(*chain)).collect()
    };
    let unlocked = missing(&known);
    if !unlocked.is_empty() {
        let locked = heads(tx, unlocked.into_iter()).await?;
        known.extend(locked);
    }
    let new = missing(&known);
    if !new.is_empty() {
        let begin = |chain: &&str| {
            audit_head::Model { chain: (*chain).to_owned(), seq: 0, at: Timestamp(0), hash: chain::START.to_vec() }
                .into_active_model()
        };
        let ignore = OnConflict::column(audit_head::Column::Chain).do_nothing().to_owned();
        let begun = audit_head::Entity::insert_many(new.iter().map(begin)).on_conflict(ignore);
        begun.exec_without_returning(tx).await?;
        let locked = heads(tx, new.into_iter()).await?;
        known.extend(locked);
    }
    let found = chains.map(|chain| known.remove(chain));
    let found: Option<Vec<_>> = found.collect();
    found.ok_or_else(|| AppError::internal("the head of a chain is missing"))
}

impl Header<'_> {
    fn entry(&self, touched: Touched, state: State, head: &audit_head::Model) -> AppResult<audit_entry::Model> {
        let account = self.caller.identity();
        let mut entry = audit_entry::Model {
            chain: head.chain.clone(),
            seq: head.seq + 1,
            at: self.now,
            actor_id: account.map(|account| account.id),
            actor_name: account.map_or(OPERATOR, |account| &account.name).to_owned(),
            on_behalf_of: self.origin.on_behalf_of.clone(),
            client: self.origin.client.clone(),
            request_id: self.origin.request_id.clone(),
            action: self.origin.action.clone(),
            kind: touched.kind.unwrap_or(ChangeKind::Updated),
            entity_type: touched.root.kind.table().to_owned(),
            entity_id: touched.root.id,
            division_code: state.division_code,
            unit_id: state.unit_id,
            version: state.version,
            changed_at: state.changed_at,
            diff: format!("[{}]", touched.changes),
            result: AuditResult::Done,
            alg: chain::ALGORITHM.to_owned(),
            prev: head.hash.clone(),
            hash: Vec::new(),
        };
        entry.hash =
            chain::hash(&entry).ok_or_else(|| AppError::internal("the algorithm of new entries is unknown"))?;
        Ok(entry)
    }
}

/// The row of the outbox for an entry; the database gives it its number and its transaction.
fn outbox(entry: &audit_entry::Model) -> change::ActiveModel {
    change::ActiveModel {
        seq: ActiveValue::NotSet,
        xid: ActiveValue::NotSet,
        at: ActiveValue::Set(entry.at),
        chain: ActiveValue::Set(entry.chain.clone()),
        audit_seq: ActiveValue::Set(entry.seq),
        kind: ActiveValue::Set(entry.kind),
        entity_type: ActiveValue::Set(entry.entity_type.clone()),
        entity_id: ActiveValue::Set(entry.entity_id),
        division_code: ActiveValue::Set(entry.division_code.clone()),
        unit_id: ActiveValue::Set(entry.unit_id),
        version: ActiveValue::Set(entry.version),
        request_id: ActiveValue::Set(entry.request_id.clone()),
    }
}
