//! What one transaction changed, told once for each entity: an entry of the audit and a row of the outbox.
//!
//! A [`Journal`] gathers the changes of rows while they are made, and is written at the end in the same transaction, with a
//! number of statements that does not depend on the number of rows. What is part of something is told with its whole: a
//! project with its plan, its objectives and its indicators is one entry. Its `diff` is a JSON array with one object for
//! each changed row, in the order of the changes:
//!
//! ```json
//! [{"type":"project","id":"prj_…","kind":"UPDATED","before":{"budget":"100"},"after":{"budget":"120.5"}},
//!  {"type":"indicator","id":"ind_…","kind":"CREATED","after":{"ordinal":3,"name":"…"}}]
//! ```
//!
//! `after` of a new row and `before` of one that went hold all values that it has; of a changed row both hold what differs.
//! Parts that go with their whole are not named again: their last states are in the tables of `history`.

pub mod rows;
pub mod told;
mod writing;

use std::collections::HashMap;

use entity::id::{ProjectId, SpendingPlanId};
use entity::value::ChangeKind;
use uuid::Uuid;

pub use rows::{Journaled, Kind, Root, State, Whole};
use told::Object;
pub use writing::{Header, Heads, Sink, heads};

/// The changes of one transaction.
#[derive(Debug, Default)]
pub struct Journal {
    touched: Vec<Touched>,
    places: HashMap<Root, usize>,
    plans: HashMap<SpendingPlanId, ProjectId>,
    /// Changes of points whose plan was not met yet.
    waiting: Vec<(SpendingPlanId, String)>,
}

/// An entity that changed, or parts of it did.
#[derive(Debug)]
struct Touched {
    root: Root,
    /// What became of the entity itself.
    kind: Option<ChangeKind>,
    state: Option<State>,
    /// The objects of the diff, separated by commas.
    changes: String,
}

impl Touched {
    /// Where the next object of the diff goes.
    fn diff(&mut self) -> &mut String {
        if !self.changes.is_empty() {
            self.changes.push(',');
        }
        &mut self.changes
    }
}

impl Journal {
    /// Tells of a new row.
    pub fn created<M: Journaled>(&mut self, row: &M) {
        self.note(row, ChangeKind::Created, |json| row.tell(object(json, "after")));
    }

    /// Tells of a changed row.
    pub fn updated<M: Journaled>(&mut self, old: &M, new: &M) {
        self.note(new, ChangeKind::Updated, |json| {
            let mut after = String::new();
            old.tell_difference(new, object(json, "before"), &mut after);
            object(json, "after").push_str(&after);
        });
    }

    /// Tells of a row that went, and with it everything that is part of it.
    pub fn deleted<M: Journaled>(&mut self, row: &M) {
        self.note(row, ChangeKind::Deleted, |json| row.tell(object(json, "before")));
    }

    /// Tells of something that happened to an entity and changed none of its values: what it was, under which name, and what
    /// else there is to say of it. Nothing secret may stand in it.
    pub fn happened<M: Journaled>(&mut self, row: &M, what: &str, name: &str, more: &[(&str, &str)]) {
        let Whole::Root(root) = row.whole() else { return };
        let touched = self.touch(root);
        touched.state = touched.state.take().or_else(|| row.state());
        let mut event = Object::begin(touched.diff());
        told::text(what, event.field("type"));
        told::text(name, event.field("id"));
        told::text(ChangeKind::Created.code(), event.field("kind"));
        let mut after = Object::begin(event.field("after"));
        for (name, value) in more {
            told::text(value, after.field(name));
        }
        after.end();
        event.end();
    }

    fn note<M: Journaled>(&mut self, row: &M, kind: ChangeKind, tell: impl FnOnce(&mut String)) {
        let root = match row.whole() {
            Whole::Root(root) => root,
            Whole::PlanOf(plan, project) => {
                self.plans.insert(plan, project);
                Root { kind: Kind::Project, id: project.0 }
            }
            Whole::ProjectOf(plan) => match self.plans.get(&plan) {
                Some(project) => Root { kind: Kind::Project, id: project.0 },
                None => {
                    let mut change = String::new();
                    describe::<M>(row, kind, tell, &mut change);
                    self.waiting.push((plan, change));
                    return;
                }
            },
        };
        let touched = self.touch(root);
        if let Some(state) = row.state() {
            touched.state = Some(state);
            touched.kind = Some(match (touched.kind, kind) {
                (Some(ChangeKind::Created), ChangeKind::Updated) => ChangeKind::Created,
                (_, kind) => kind,
            });
        }
        describe::<M>(row, kind, tell, touched.diff());
    }

    fn touch(&mut self, root: Root) -> &mut Touched {
        let place = *self.places.entry(root).or_insert_with(|| {
            self.touched.push(Touched { root, kind: None, state: None, changes: String::new() });
            self.touched.len() - 1
        });
        &mut self.touched[place]
    }

    /// Whether something changed, and nothing but projects and their parts.
    pub fn is_of_projects(&self) -> bool {
        !self.is_empty() && self.touched.iter().all(|touched| touched.root.kind == Kind::Project)
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.touched.is_empty() && self.waiting.is_empty()
    }

    /// The plans whose project is not known, although points of them changed.
    fn unknown_plans(&self) -> Vec<Uuid> {
        self.waiting
            .iter()
            .map(|(plan, _)| plan.0)
            .filter(|plan| !self.plans.contains_key(&SpendingPlanId(*plan)))
            .collect()
    }

    /// Puts the changes that waited to their projects.
    fn settle(&mut self) {
        for (plan, change) in std::mem::take(&mut self.waiting) {
            let Some(project) = self.plans.get(&plan) else { continue };
            let root = Root { kind: Kind::Project, id: project.0 };
            self.touch(root).diff().push_str(&change);
        }
    }
}

/// Writes the object of one change.
fn describe<M: Journaled>(row: &M, kind: ChangeKind, tell: impl FnOnce(&mut String), json: &mut String) {
    let mut change = Object::begin(json);
    told::text(M::TYPE, change.field("type"));
    told::text(&row.public(), change.field("id"));
    told::text(kind.code(), change.field("kind"));
    change.end();
    // The values come into the same object.
    json.pop();
    tell(json);
    json.push('}');
}

fn object<'a>(json: &'a mut String, name: &str) -> &'a mut String {
    json.push_str(",\"");
    json.push_str(name);
    json.push_str("\":");
    json
}
