//! What the journal tells of the rows of each table, and with which entity their changes are told.

use entity::id::{ProjectId, SpendingPlanId, UnitId};
use entity::value::Timestamp;
use entity::{
    account, account_grant, client, client_key, client_secret, credential, department_goal, division, finding,
    goal_item, indicator, indicator_level, invitation, objective, plan_point, project, session, source_document,
    spending_plan, unit, unit_alias,
};
use uuid::Uuid;

use super::told::{Object, Told};
use crate::service::history::{self, Past};

/// The types whose changes are entries of their own; other rows are parts of one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A division.
    Division,
    /// A unit with its other names, and the findings that are about nothing smaller and came without a document.
    Unit,
    /// A document, with the findings that are about nothing smaller.
    SourceDocument,
    /// A department goal with its items and findings.
    DepartmentGoal,
    /// A project with plan, objectives, indicators and findings.
    Project,
    /// A level of indicators.
    IndicatorLevel,
    /// An account with its grants, credential, invitations and sessions, and what it has as a client.
    Account,
}

impl Kind {
    /// The name of its table, which stands in entries.
    pub const fn table(self) -> &'static str {
        match self {
            Self::Division => "division",
            Self::Unit => "unit",
            Self::SourceDocument => "source_document",
            Self::DepartmentGoal => "department_goal",
            Self::Project => "project",
            Self::IndicatorLevel => "indicator_level",
            Self::Account => "account",
        }
    }
}

/// An entity whose changes are an entry of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Root {
    /// Its type.
    pub kind: Kind,
    /// Its key.
    pub id: Uuid,
}

/// What a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// This entity.
    Root(Root),
    /// The project of a spending plan, told by the plan itself.
    PlanOf(SpendingPlanId, ProjectId),
    /// The project of this spending plan.
    ProjectOf(SpendingPlanId),
}

/// Where an entity stands, and how often it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Its division, by code.
    pub division_code: Option<String>,
    /// Its unit.
    pub unit_id: Option<UnitId>,
    /// Its version.
    pub version: i32,
    /// When its own row last changed.
    pub changed_at: Timestamp,
}

/// A row whose changes the journal tells.
pub trait Journaled: Sync {
    /// The name of its table.
    const TYPE: &'static str;

    /// The table of its former states, where its past is kept.
    fn past() -> Option<&'static Past>;

    /// Its key.
    fn key(&self) -> Uuid;

    /// The public form of its key.
    fn public(&self) -> String;

    /// What it belongs to: itself, or what it is part of.
    fn whole(&self) -> Whole;

    /// How it stands, where it is an entity of its own.
    fn state(&self) -> Option<State>;

    /// Writes the values that it has.
    fn tell(&self, json: &mut String);

    /// Writes the values that differ in `new`, as they were and as they are.
    fn tell_difference(&self, new: &Self, before: &mut String, after: &mut String);
}

/// The division, by code, and the unit that an entity belongs to.
type Place = (Option<String>, Option<UnitId>);

fn root(kind: Kind, id: Uuid) -> Whole {
    Whole::Root(Root { kind, id })
}

/// For each table: its past, what its rows belong to, the columns that say where the row stands — they are those of its
/// whole and told with it — or are secret, and the columns that are told. A column that stands in neither list does not compile.
macro_rules! journaled {
    ($($table:ident, $name:literal, $past:expr, $whole:expr, $state:expr;
        implied: $($implied:ident),*; told: $($told:ident),*;)*) => {
        $(impl Journaled for $table::Model {
            const TYPE: &'static str = $name;

            fn past() -> Option<&'static Past> {
                $past
            }

            fn key(&self) -> Uuid {
                self.id.0
            }

            fn public(&self) -> String {
                self.id.public()
            }

            fn whole(&self) -> Whole {
                let whole: fn(&Self) -> Whole = $whole;
                whole(self)
            }

            fn state(&self) -> Option<State> {
                let place: fn(&Self) -> Option<Place> = $state;
                let (division_code, unit_id) = place(self)?;
                Some(State { division_code, unit_id, version: self.version, changed_at: self.updated_at })
            }

            fn tell(&self, json: &mut String) {
                let $table::Model { id: _, version: _, created_at: _, updated_at: _, $($implied: _,)* $($told,)* } = self;
                let mut object = Object::begin(json);
                $(if !$told.absent() {
                    $told.tell(object.field(stringify!($told)));
                })*
                object.end();
            }

            fn tell_difference(&self, new: &Self, before: &mut String, after: &mut String) {
                let (mut before, mut after) = (Object::begin(before), Object::begin(after));
                $(if self.$told != new.$told {
                    self.$told.tell(before.field(stringify!($told)));
                    new.$told.tell(after.field(stringify!($told)));
                })*
                before.end();
                after.end();
            }
        })*
    };
}

journaled! {
    division, "division", None, |row| root(Kind::Division, row.id.0), |row| Some((Some(row.code.clone()), None));
        implied: ; told: code, name;
    unit, "unit", Some(&history::UNIT), |row| root(Kind::Unit, row.id.0),
        |row| Some((Some(row.division_code.clone()), Some(row.id)));
        implied: ; told: division_code, code, name, level, parent_id;
    unit_alias, "unit_alias", None, |row| root(Kind::Unit, row.unit_id.0), |_| None;
        implied: division_code, unit_id; told: code, name;
    source_document, "source_document", None, |row| root(Kind::SourceDocument, row.id.0),
        |row| Some((Some(row.division_code.clone()), Some(row.unit_id)));
        implied: ; told: division_code, unit_id, fiscal_year, sha256, file_name, format, size, title;
    department_goal, "department_goal", Some(&history::DEPARTMENT_GOAL), |row| root(Kind::DepartmentGoal, row.id.0),
        |row| Some((Some(row.division_code.clone()), Some(row.unit_id)));
        implied: ;
        told: division_code, unit_id, fiscal_year, overall, publication, published_at, source_id, source_line, source_table, source_row;
    goal_item, "goal_item", Some(&history::GOAL_ITEM), |row| root(Kind::DepartmentGoal, row.goal_id.0), |_| None;
        implied: division_code, unit_id, goal_id; told: kind, ordinal, number, text;
    project, "project", Some(&history::PROJECT), |row| root(Kind::Project, row.id.0),
        |row| Some((Some(row.division_code.clone()), Some(row.unit_id)));
        implied: ;
        told: division_code, unit_id, fiscal_year, ordinal, code, name, heading, unit_raw, goal_level, budget,
            budget_raw, fiscal_funds, fiscal_funds_raw, other_funds, other_funds_raw, purpose, publication,
            published_at, source_id, source_line, source_table, source_row;
    objective, "objective", Some(&history::OBJECTIVE), |row| root(Kind::Project, row.project_id.0), |_| None;
        implied: division_code, unit_id, project_id; told: ordinal, number, text;
    spending_plan, "spending_plan", Some(&history::SPENDING_PLAN), |row| Whole::PlanOf(row.id, row.project_id), |_| None;
        implied: division_code, unit_id, project_id; told: printed_basis;
    plan_point, "plan_point", Some(&history::PLAN_POINT), |row| Whole::ProjectOf(row.plan_id), |_| None;
        implied: division_code, unit_id, plan_id; told: month, percent, amount, raw;
    indicator, "indicator", Some(&history::INDICATOR), |row| root(Kind::Project, row.project_id.0), |_| None;
        implied: division_code, unit_id, fiscal_year, project_id;
        told: ordinal, level1_id, level2_id, level1_raw, level2_raw, name, description, basis, weight, target_kind,
            comparison, value, low, high, target_unit, target_raw;
    indicator_level, "indicator_level", None, |row| root(Kind::IndicatorLevel, row.id.0), |_| Some((None, None));
        implied: ; told: regime, code, standard_code, rank, parent_id, ordinal, name_zh, name_en;
    finding, "finding", None, whole_of_finding, |_| None;
        implied: division_code, unit_id, fiscal_year, project_id;
        told: source_id, goal_id, indicator_id, rule, severity, subject, detail, source_line, source_table, source_row,
            acknowledged_at, acknowledged_by_id, acknowledged_by, acknowledged_reason;
    account, "account", None, |row| root(Kind::Account, row.id.0), |_| Some((None, None));
        implied: ; told: name, kind, duty, external_subject, disabled_at;
    account_grant, "account_grant", None, |row| root(Kind::Account, row.account_id.0), |_| None;
        implied: account_id, duty; told: role, access, division_code, unit_id, first_year, last_year, expires_at;
    client, "client", None, |row| root(Kind::Account, row.id.0), |_| None;
        implied: ; told: scopes;
    // What could open a door is nobody's to read, not even as its hash.
    client_secret, "client_secret", None, |row| root(Kind::Account, row.client_id.0), |_| None;
        implied: client_id, digest; told: expires_at;
    client_key, "client_key", None, |row| root(Kind::Account, row.client_id.0), |_| None;
        implied: client_id; told: kid, jwk;
    credential, "credential", None, |row| root(Kind::Account, row.account_id.0), |_| None;
        implied: account_id, password, totp_secret, totp_step, totp_offered; told: password_set_at, totp_set_at;
    invitation, "invitation", None, |row| root(Kind::Account, row.account_id.0), |_| None;
        implied: account_id, code_hash, totp_offered; told: expires_at, used_at;
    session, "session", None, |row| root(Kind::Account, row.account_id.0), |_| None;
        implied: account_id; told: address, expires_at, ended_at, ended_by;
}

/// A finding is told with the smallest entity that it is about.
fn whole_of_finding(finding: &finding::Model) -> Whole {
    match (finding.project_id, finding.goal_id, finding.source_id) {
        (Some(project), ..) => root(Kind::Project, project.0),
        (None, Some(goal), _) => root(Kind::DepartmentGoal, goal.0),
        (None, None, Some(document)) => root(Kind::SourceDocument, document.0),
        (None, None, None) => root(Kind::Unit, finding.unit_id.0),
    }
}
