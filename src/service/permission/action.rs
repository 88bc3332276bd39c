//! The actions that can be asked about: every mutation by its name, and every permission by its own.

use entity::account;
use entity::value::AccountKind;

use super::target::{Found, Kind};
use crate::auth::Caller;
use crate::auth::policy::Permission;
use crate::service::account::administrators;

/// How far a caller must reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// To the unit or division, in the year.
    Record,
    /// To the unit or division, whatever the years.
    Timeless,
    /// To everything.
    Everything,
    /// To what is his own.
    Own,
}

/// A mutation: name, permissions, how far, and what it is done to.
pub type Line = (&'static str, &'static [Permission], Where, &'static [Kind]);

/// Something that can be done.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// A mutation.
    Mutation(&'static Line),
    /// Whatever a permission allows.
    Permitted(Permission),
}

impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Action {}

use Kind as K;
use Permission as P;
use Where as W;

const PROJECT: &[P] = &[P::ProjectWrite];
const INDICATOR: &[P] = &[P::IndicatorWrite];
const GOAL: &[P] = &[P::GoalWrite];
const UNIT: &[P] = &[P::UnitWrite];
const PUBLISH: &[P] = &[P::PublicationWrite];
const ACKNOWLEDGE: &[P] = &[P::FindingAcknowledge];
const IMPORT: &[P] = &[P::ImportRun];
const ACCOUNT: &[P] = &[P::AccountWrite];
const GRANT: &[P] = &[P::GrantWrite];

/// Every mutation. What is new is asked about by the place where it shall be.
const MUTATIONS: &[Line] = &[
    ("divisionCreate", UNIT, W::Timeless, &[K::NewDivision]),
    ("divisionUpdate", UNIT, W::Timeless, &[K::Division]),
    ("divisionUpsert", UNIT, W::Timeless, &[K::NewDivision, K::Division]),
    ("divisionDelete", UNIT, W::Timeless, &[K::Division]),
    ("divisionsUpsert", UNIT, W::Timeless, &[K::NewDivision, K::Division]),
    // A unit is made below another one, or at the top of a division.
    ("unitCreate", UNIT, W::Timeless, &[K::Division, K::Unit]),
    ("unitUpdate", UNIT, W::Timeless, &[K::Unit]),
    ("unitUpsert", UNIT, W::Timeless, &[K::Division, K::Unit]),
    ("unitDelete", UNIT, W::Timeless, &[K::Unit]),
    ("unitAliasAdd", UNIT, W::Timeless, &[K::Unit]),
    ("unitMerge", UNIT, W::Timeless, &[K::Unit]),
    ("unitsUpsert", UNIT, W::Timeless, &[K::Division, K::Unit]),
    ("departmentGoalCreate", GOAL, W::Record, &[K::Unit]),
    ("departmentGoalUpdate", GOAL, W::Record, &[K::Goal]),
    ("departmentGoalUpsert", GOAL, W::Record, &[K::Unit, K::Goal]),
    ("departmentGoalDelete", GOAL, W::Record, &[K::Goal]),
    ("departmentGoalPublish", PUBLISH, W::Record, &[K::Goal]),
    ("departmentGoalUnpublish", PUBLISH, W::Record, &[K::Goal]),
    ("projectCreate", PROJECT, W::Record, &[K::Unit]),
    ("projectUpdate", PROJECT, W::Record, &[K::Project]),
    ("projectUpsert", PROJECT, W::Record, &[K::Unit, K::Project]),
    // With it go its indicators.
    ("projectDelete", &[P::ProjectWrite, P::IndicatorWrite], W::Record, &[K::Project]),
    ("projectsUpsert", PROJECT, W::Record, &[K::Unit, K::Project]),
    ("projectsUpdateWhere", PROJECT, W::Record, &[K::Project]),
    ("projectPublish", PUBLISH, W::Record, &[K::Project]),
    ("projectUnpublish", PUBLISH, W::Record, &[K::Project]),
    ("projectsPublish", PUBLISH, W::Record, &[K::Project]),
    ("projectsUnpublish", PUBLISH, W::Record, &[K::Project]),
    ("objectiveCreate", PROJECT, W::Record, &[K::Project]),
    ("objectiveUpdate", PROJECT, W::Record, &[K::Project, K::Objective]),
    ("objectiveUpsert", PROJECT, W::Record, &[K::Project, K::Objective]),
    ("objectiveDelete", PROJECT, W::Record, &[K::Project, K::Objective]),
    ("spendingPlanCreate", PROJECT, W::Record, &[K::Project]),
    ("spendingPlanUpdate", PROJECT, W::Record, &[K::Project, K::Plan]),
    ("spendingPlanUpsert", PROJECT, W::Record, &[K::Project, K::Plan]),
    ("spendingPlanDelete", PROJECT, W::Record, &[K::Project, K::Plan]),
    ("planPointsUpsert", PROJECT, W::Record, &[K::Project, K::Plan]),
    ("indicatorCreate", INDICATOR, W::Record, &[K::Project]),
    ("indicatorUpdate", INDICATOR, W::Record, &[K::Project, K::Indicator]),
    ("indicatorUpsert", INDICATOR, W::Record, &[K::Project, K::Indicator]),
    ("indicatorDelete", INDICATOR, W::Record, &[K::Project, K::Indicator]),
    ("indicatorsUpsert", INDICATOR, W::Record, &[K::Project, K::Indicator]),
    ("findingAcknowledge", ACKNOWLEDGE, W::Record, &[K::Finding]),
    ("findingUnacknowledge", ACKNOWLEDGE, W::Record, &[K::Finding]),
    ("uploadCreate", IMPORT, W::Record, &[]),
    ("importStart", IMPORT, W::Record, &[K::Division, K::Unit]),
    ("bulkOperationCancel", &[P::OperationRead], W::Own, &[K::Operation]),
    ("accountCreate", ACCOUNT, W::Everything, &[]),
    ("accountUpdate", ACCOUNT, W::Everything, &[K::Account]),
    ("accountInvite", ACCOUNT, W::Everything, &[K::Account]),
    ("accountUnlock", ACCOUNT, W::Everything, &[K::Account]),
    ("accountSignOut", ACCOUNT, W::Everything, &[K::Account]),
    ("sessionEnd", ACCOUNT, W::Everything, &[K::Account]),
    ("tokenRevoke", ACCOUNT, W::Everything, &[K::Account]),
    ("grantGive", GRANT, W::Everything, &[K::Account]),
    ("grantTake", GRANT, W::Everything, &[K::Account]),
    ("serviceClientCreate", GRANT, W::Everything, &[K::Account]),
    ("serviceClientUpdate", GRANT, W::Everything, &[K::Account]),
    ("serviceClientSecretAdd", GRANT, W::Everything, &[K::Account]),
    ("serviceClientSecretRetire", GRANT, W::Everything, &[K::Account]),
    ("serviceClientKeysSet", GRANT, W::Everything, &[K::Account]),
];

impl Action {
    /// Every action.
    pub fn all() -> impl Iterator<Item = Self> {
        MUTATIONS.iter().map(Self::Mutation).chain(P::ALL.iter().map(|permission| Self::Permitted(*permission)))
    }

    /// The action of this name: that of a mutation, or of a permission.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|action| action.name() == name)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mutation((name, ..)) => name,
            Self::Permitted(permission) => permission.name(),
        }
    }

    /// The permissions that it needs, all of them.
    pub fn needs(self) -> Vec<Permission> {
        match self {
            Self::Mutation((_, needs, ..)) => needs.to_vec(),
            Self::Permitted(permission) => vec![permission],
        }
    }

    pub(super) const fn place(self) -> Where {
        match self {
            Self::Mutation((_, _, place, _)) => *place,
            Self::Permitted(permission) => match permission {
                P::UnitRead | P::UnitWrite => W::Timeless,
                P::ProjectRead
                | P::ProjectWrite
                | P::IndicatorRead
                | P::IndicatorWrite
                | P::GoalRead
                | P::GoalWrite
                | P::FindingRead
                | P::FindingAcknowledge
                | P::DocumentRead
                | P::HistoryRead
                | P::ImportRun
                | P::PublicationWrite => W::Record,
                P::OperationRead => W::Own,
                P::AuditRead | P::AccountRead | P::AccountWrite | P::GrantWrite | P::Operate => W::Everything,
            },
        }
    }

    /// Whether it can be done to such a thing at all.
    pub(super) fn fits(self, found: &Found) -> bool {
        match self {
            Self::Mutation((.., kinds)) => kinds.contains(&found.kind()),
            Self::Permitted(_) => found.kind() != K::NewDivision,
        }
    }

    /// Whether it changes what is published with a record.
    pub(super) fn changes_content(self) -> bool {
        self.needs().iter().any(|permission| matches!(permission, P::ProjectWrite | P::IndicatorWrite | P::GoalWrite))
    }

    /// Whether it can be done to this account, by who may do it to others.
    pub(super) fn admits(self, caller: &Caller, account: &account::Model) -> bool {
        match self.name() {
            "accountInvite" => {
                account.kind == AccountKind::Person
                    && account.disabled_at.is_none()
                    && administrators::keep_identity(caller, account).is_ok()
            }
            "grantGive" => administrators::not_to_oneself(caller, account).is_ok(),
            name if name.starts_with("serviceClient") => account.kind == AccountKind::Service,
            _ => true,
        }
    }
}
