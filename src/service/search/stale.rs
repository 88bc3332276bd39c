//! Which objects a transaction touched, so that their entries are made again at its end.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::value::SearchKind;
use entity::{
    account, account_grant, client, client_key, client_secret, credential, department_goal, division, finding,
    goal_item, indicator, indicator_level, invitation, objective, plan_point, project, session, source_document,
    spending_plan, unit, unit_alias,
};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::index::Entry;
use super::source::{self, Eyes, Texts};
use crate::db::Executor;
use crate::error::AppResult;

/// A row that may have texts which are searched.
pub trait Searched {
    /// The object among whose texts those of the row are.
    fn object(&self) -> Option<(SearchKind, Uuid)>;

    /// Whether another state of the row is searched like this one.
    fn searched_like(&self, other: &Self) -> bool;

    /// The entry of an object whose texts all stand in this row.
    fn entry(&self) -> Option<Entry> {
        None
    }
}

macro_rules! searched {
    ($($table:ident: $kind:ident by $key:ident, [$($text:ident),*] $(, $entry:expr)?;)*) => {
        $(impl Searched for $table::Model {
            fn object(&self) -> Option<(SearchKind, Uuid)> {
                Some((SearchKind::$kind, self.$key.0))
            }

            fn searched_like(&self, other: &Self) -> bool {
                self.$key == other.$key $(&& self.$text == other.$text)*
            }

            $(fn entry(&self) -> Option<Entry> {
                let entry: fn(&Self) -> Entry = $entry;
                Some(entry(self))
            })?
        })*
    };
}

macro_rules! not_searched {
    ($($table:ident),* $(,)?) => {
        $(impl Searched for $table::Model {
            fn object(&self) -> Option<(SearchKind, Uuid)> {
                None
            }

            fn searched_like(&self, _: &Self) -> bool {
                true
            }
        })*
    };
}

searched! {
    unit: Unit by id, [name, code];
    unit_alias: Unit by unit_id, [code, name];
    project: Project by id, [name, code, purpose];
    objective: Project by project_id, [text, ordinal];
    indicator: Indicator by id, [name, description, basis, target_raw], |row| {
        Entry::of(SearchKind::Indicator, row.id.0, source::of_indicator(row).into_iter().flatten())
    };
    department_goal: DepartmentGoal by id, [overall];
    goal_item: DepartmentGoal by goal_id, [text, kind, ordinal];
}

not_searched!(
    account,
    account_grant,
    client,
    client_key,
    client_secret,
    credential,
    division,
    finding,
    indicator_level,
    invitation,
    plan_point,
    session,
    source_document,
    spending_plan,
);

/// The objects that a transaction touched and whose entries are not written yet.
#[derive(Debug, Default)]
pub struct Stale {
    objects: BTreeMap<SearchKind, BTreeSet<Uuid>>,
    /// Entries of objects as they will stand, made by who knows all their texts.
    made: HashMap<Uuid, Entry>,
}

impl Stale {
    /// Notes that texts of a row came, changed or went.
    pub fn note(&mut self, row: &impl Searched) {
        if let Some((kind, object)) = row.object() {
            self.objects.entry(kind).or_default().insert(object);
        }
    }

    /// Takes the entry of an object as it will stand, so that its texts need not be read if it was touched.
    pub fn know(&mut self, entry: Entry) {
        self.made.insert(entry.object(), entry);
    }

    /// Whether there are objects whose texts have to be read.
    pub fn must_read(&self) -> bool {
        self.objects.values().flatten().any(|object| !self.made.contains_key(object))
    }

    /// The entries of the objects that are still there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn entries(mut self, tx: &DatabaseTransaction) -> AppResult<Vec<Entry>> {
        let mut entries = Vec::new();
        for (kind, objects) in self.objects {
            let unknown: Vec<Uuid> = objects.iter().filter(|object| !self.made.contains_key(object)).copied().collect();
            let mut texts = match unknown.is_empty() {
                true => Texts::new(),
                false => source::texts(Executor::of_service(tx), Eyes::Index, kind, &unknown).await?,
            };
            // In the order of the keys, so that both databases number entries alike.
            entries.extend(objects.into_iter().filter_map(|object| match self.made.remove(&object) {
                Some(entry) => Some(entry),
                None => Some(Entry::of_texts(kind, object, &texts.remove(&object)?)),
            }));
        }
        Ok(entries)
    }
}
