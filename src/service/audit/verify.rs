//! Verification: reads every chain from its first entry to its head, and compares what the audit says with the rows.
//!
//! Some hundred entries are held in memory at a time, however long a chain is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use entity::{audit_entry, audit_head};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::anchor::Anchor;
use super::chain::{self, hex};
use super::rows;
use crate::auth::Caller;
use crate::auth::policy::Permission;
use crate::error::AppError;

/// Entries that are read at once.
const ENTRIES_A_STATEMENT: u64 = 500;

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Entries are missing between others, from the first to the last of these numbers.
    Missing(String, i64, i64),
    /// The hashes of entries are not those of their contents, from the first to the last of these numbers. An entry that is
    /// put in, or taken out, where the later ones are renumbered shows so, too.
    Edited(String, i64, i64),
    /// The algorithm of an entry is not known.
    UnknownAlgorithm(String, i64),
    /// An entry does not follow the one before it: one of them was replaced.
    Unlinked(String, i64),
    /// The end of a chain is missing, from the first to the last of these numbers.
    Cut(String, i64, i64),
    /// There are entries after the newest that the head knows, from the first to the last of these numbers.
    Beyond(String, i64, i64),
    /// The head of a chain is missing, or says another hash than its newest entry.
    Head(String),
    /// An entry is not the one that was anchored: the chain was rewritten from there or before.
    Rewritten(String, i64),
    /// A row is not as its newest entry says; what and how.
    Row(&'static str, String, &'static str),
    /// There are more such rows than are named.
    MoreRows(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |chain: &String| if chain.is_empty() { "-".to_owned() } else { chain.clone() };
        let span = |first: &i64, last: &i64| match first == last {
            true => format!("entry {first}"),
            false => format!("entries {first} to {last}"),
        };
        match self {
            Self::Missing(chain, first, last) => write!(f, "chain {}: {} missing", of(chain), span(first, last)),
            Self::Edited(chain, first, last) if first == last => {
                write!(f, "chain {}: entry {first} was edited", of(chain))
            }
            Self::Edited(chain, first, last) => {
                write!(f, "chain {}: entries {first} to {last} were edited, swapped or renumbered", of(chain))
            }
            Self::UnknownAlgorithm(chain, seq) => {
                write!(f, "chain {}: entry {seq} names an unknown algorithm", of(chain))
            }
            Self::Unlinked(chain, seq) => {
                write!(f, "chain {}: entry {seq} does not follow entry {}: one was replaced", of(chain), seq - 1)
            }
            Self::Cut(chain, first, last) => write!(f, "chain {}: {} cut off at the end", of(chain), span(first, last)),
            Self::Beyond(chain, first, last) => {
                write!(f, "chain {}: {} put in after the head", of(chain), span(first, last))
            }
            Self::Head(chain) => write!(f, "chain {}: the head was edited or deleted", of(chain)),
            Self::Rewritten(chain, seq) => {
                write!(f, "chain {}: entry {seq} is not the anchored one: the chain was rewritten", of(chain))
            }
            Self::Row(table, key, how) => write!(f, "{table} {key}: {how}"),
            Self::MoreRows(table) => write!(f, "{table}: more rows like these"),
        }
    }
}

/// What was verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Chains.
    pub chains: u64,
    /// Their entries.
    pub entries: u64,
    /// Faults that were reported.
    pub faults: u64,
}

/// Verifies the audit, and reports each fault as it is found. The connection must show one state of the database.
///
/// # Errors
/// `FORBIDDEN` for who may not do this everywhere, what reading can end with, and what `report` ends with.
pub async fn verify<E: From<AppError>>(
    db: &impl ConnectionTrait,
    caller: &Caller,
    anchors: &[Anchor],
    report: &mut impl FnMut(Fault) -> Result<(), E>,
) -> Result<Verified, E> {
    caller.must_everywhere(Permission::AuditRead)?;
    let mut verified = Verified::default();
    let mut report = |fault| {
        verified.faults += 1;
        report(fault)
    };
    let heads = audit_head::Entity::find().all(db).await.map_err(AppError::from)?;
    let heads: BTreeMap<String, audit_head::Model> = heads.into_iter().map(|head| (head.chain.clone(), head)).collect();
    let chains = audit_entry::Entity::find().select_only().column(audit_entry::Column::Chain).distinct();
    let chains: BTreeSet<String> =
        chains.into_tuple::<String>().all(db).await.map_err(AppError::from)?.into_iter().collect();
    let anchored = anchors.iter().map(|anchor| &anchor.chain);
    let chains: BTreeSet<&String> = chains.iter().chain(heads.keys()).chain(anchored).collect();
    let mut entries = 0;
    for chain in &chains {
        let mut walk = Walk::new(chain, anchors.iter().filter(|anchor| anchor.chain == **chain));
        loop {
            let page = audit_entry::Entity::find()
                .filter(audit_entry::Column::Chain.eq(chain.as_str()))
                .filter(audit_entry::Column::Seq.gt(walk.last))
                .order_by_asc(audit_entry::Column::Seq)
                .limit(ENTRIES_A_STATEMENT)
                .all(db)
                .await
                .map_err(AppError::from)?;
            if page.is_empty() {
                break;
            }
            for entry in &page {
                walk.step(entry, &mut report)?;
            }
            entries += page.len() as u64;
        }
        walk.end(heads.get(*chain), &mut report)?;
    }
    rows::compare(db, &mut report).await?;
    Ok(Verified { chains: chains.len() as u64, entries, ..verified })
}

/// Goes along one chain.
struct Walk<'a> {
    chain: &'a str,
    /// Number of the entry that was met last.
    last: i64,
    /// Its hash as stored.
    hash: Vec<u8>,
    /// The first and the last of the entries that were met last and do not have the hash of their contents.
    edited: Option<(i64, i64)>,
    /// What is anchored, by number.
    anchors: BTreeMap<i64, Vec<&'a str>>,
}

impl<'a> Walk<'a> {
    fn new(chain: &'a str, anchors: impl Iterator<Item = &'a Anchor>) -> Self {
        let mut by_number: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
        for anchor in anchors {
            by_number.entry(anchor.seq).or_default().push(&anchor.hash);
        }
        Self { chain, last: 0, hash: chain::START.to_vec(), edited: None, anchors: by_number }
    }

    fn step<E>(
        &mut self,
        entry: &audit_entry::Model,
        report: &mut impl FnMut(Fault) -> Result<(), E>,
    ) -> Result<(), E> {
        let name = || self.chain.to_owned();
        let follows = entry.seq == self.last + 1;
        if !follows {
            self.tell_edited(report)?;
            report(Fault::Missing(name(), self.last + 1, entry.seq - 1))?;
        }
        let hash = chain::hash(entry);
        if hash.as_ref().is_some_and(|hash| *hash != entry.hash) {
            let first = self.edited.map_or(entry.seq, |(first, _)| first);
            self.edited = Some((first, entry.seq));
        } else {
            self.tell_edited(report)?;
            if hash.is_none() {
                report(Fault::UnknownAlgorithm(name(), entry.seq))?;
            } else if follows && entry.prev != self.hash {
                report(Fault::Unlinked(name(), entry.seq))?;
            }
        }
        let anchored = self.anchors.remove(&entry.seq).unwrap_or_default();
        if anchored.iter().any(|hash| *hash != hex(&entry.hash)) {
            report(Fault::Rewritten(name(), entry.seq))?;
        }
        self.last = entry.seq;
        self.hash.clone_from(&entry.hash);
        Ok(())
    }

    fn tell_edited<E>(&mut self, report: &mut impl FnMut(Fault) -> Result<(), E>) -> Result<(), E> {
        match self.edited.take() {
            Some((first, last)) => report(Fault::Edited(self.chain.to_owned(), first, last)),
            None => Ok(()),
        }
    }

    fn end<E>(
        mut self,
        head: Option<&audit_head::Model>,
        report: &mut impl FnMut(Fault) -> Result<(), E>,
    ) -> Result<(), E> {
        let name = || self.chain.to_owned();
        self.tell_edited(report)?;
        // The newest entry that is known to have been: by the head, or by an anchor where the head was cut too.
        let anchored = self.anchors.keys().next_back().copied().unwrap_or(0);
        let newest = head.map_or(0, |head| head.seq).max(anchored);
        if newest > self.last {
            report(Fault::Cut(name(), self.last + 1, newest))?;
        }
        match head {
            Some(head) if head.seq < self.last => report(Fault::Beyond(name(), head.seq + 1, self.last)),
            Some(head) if head.seq == self.last && head.hash != self.hash => report(Fault::Head(name())),
            None => report(Fault::Head(name())),
            Some(_) => Ok(()),
        }
    }
}
