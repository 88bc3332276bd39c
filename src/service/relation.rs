//! Which column of one table points to which column of another: the one place where relations stand.

use entity::{
    account, account_grant, audit_entry, client, client_key, client_secret, credential, department_goal, division,
    finding, goal_item, indicator, indicator_level, invitation, objective, plan_point, project, session,
    source_document, spending_plan, unit, unit_alias,
};
use sea_orm::EntityTrait;

/// From the rows of `P` to the rows of `C` where `C.to = P.from`.
#[derive(Debug)]
pub struct Relation<P: EntityTrait, C: EntityTrait> {
    /// Column of the table one comes from.
    pub from: P::Column,
    /// Column of the table one goes to.
    pub to: C::Column,
}

impl<P: EntityTrait, C: EntityTrait> Clone for Relation<P, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: EntityTrait, C: EntityTrait> Copy for Relation<P, C> {}

macro_rules! relations {
    ($($(#[$doc:meta])* $name:ident: $p:ident.$from:ident -> $c:ident.$to:ident;)*) => {
        $($(#[$doc])* pub const $name: Relation<$p::Entity, $c::Entity> =
            Relation { from: $p::Column::$from, to: $c::Column::$to };)*
    };
}

relations! {
    /// The units of a division.
    DIVISION_UNITS: division.Code -> unit.DivisionCode;
    /// The division of a unit.
    UNIT_DIVISION: unit.DivisionCode -> division.Code;
    /// The unit above.
    UNIT_PARENT: unit.ParentId -> unit.Id;
    /// The units directly below.
    UNIT_CHILDREN: unit.Id -> unit.ParentId;
    /// Other codes and names of a unit.
    UNIT_ALIASES: unit.Id -> unit_alias.UnitId;
    /// The department goals of a unit, all years.
    UNIT_GOALS: unit.Id -> department_goal.UnitId;
    /// The projects of a unit, all years.
    UNIT_PROJECTS: unit.Id -> project.UnitId;
    /// The documents of a unit.
    UNIT_DOCUMENTS: unit.Id -> source_document.UnitId;
    /// The findings about a unit, all years.
    UNIT_FINDINGS: unit.Id -> finding.UnitId;
    /// What was done to a unit.
    UNIT_HISTORY: unit.Id -> audit_entry.EntityId;
    /// What was done to a project and its parts.
    PROJECT_HISTORY: project.Id -> audit_entry.EntityId;
    /// The unit of a goal.
    GOAL_UNIT: department_goal.UnitId -> unit.Id;
    /// The sub-goals and measures of a goal.
    GOAL_ITEMS: department_goal.Id -> goal_item.GoalId;
    /// The findings about a goal.
    GOAL_FINDINGS: department_goal.Id -> finding.GoalId;
    /// The unit of a project.
    PROJECT_UNIT: project.UnitId -> unit.Id;
    /// The objectives of a project.
    PROJECT_OBJECTIVES: project.Id -> objective.ProjectId;
    /// The spending plan of a project.
    PROJECT_PLAN: project.Id -> spending_plan.ProjectId;
    /// The indicators of a project.
    PROJECT_INDICATORS: project.Id -> indicator.ProjectId;
    /// The findings about a project and its parts.
    PROJECT_FINDINGS: project.Id -> finding.ProjectId;
    /// The project of an objective.
    OBJECTIVE_PROJECT: objective.ProjectId -> project.Id;
    /// The project of a plan.
    PLAN_PROJECT: spending_plan.ProjectId -> project.Id;
    /// The points of a plan.
    PLAN_POINTS: spending_plan.Id -> plan_point.PlanId;
    /// The project of an indicator.
    INDICATOR_PROJECT: indicator.ProjectId -> project.Id;
    /// The first level of an indicator.
    INDICATOR_LEVEL1: indicator.Level1Id -> indicator_level.Id;
    /// The second level of an indicator.
    INDICATOR_LEVEL2: indicator.Level2Id -> indicator_level.Id;
    /// The unit of an indicator's project.
    INDICATOR_UNIT: indicator.UnitId -> unit.Id;
    /// The findings about an indicator.
    INDICATOR_FINDINGS: indicator.Id -> finding.IndicatorId;
    /// The first level above a second level.
    LEVEL_PARENT: indicator_level.ParentId -> indicator_level.Id;
    /// The second levels below a first level.
    LEVEL_CHILDREN: indicator_level.Id -> indicator_level.ParentId;
    /// The unit of a document.
    DOCUMENT_UNIT: source_document.UnitId -> unit.Id;
    /// The projects read from a document.
    DOCUMENT_PROJECTS: source_document.Id -> project.SourceId;
    /// The goals read from a document.
    DOCUMENT_GOALS: source_document.Id -> department_goal.SourceId;
    /// The findings in a document.
    DOCUMENT_FINDINGS: source_document.Id -> finding.SourceId;
    /// The document of a finding.
    FINDING_SOURCE: finding.SourceId -> source_document.Id;
    /// The goal a finding is about.
    FINDING_GOAL: finding.GoalId -> department_goal.Id;
    /// The project a finding is about.
    FINDING_PROJECT: finding.ProjectId -> project.Id;
    /// The indicator a finding is about.
    FINDING_INDICATOR: finding.IndicatorId -> indicator.Id;
    /// The unit a finding belongs to.
    FINDING_UNIT: finding.UnitId -> unit.Id;
    /// The grants of an account.
    ACCOUNT_GRANTS: account.Id -> account_grant.AccountId;
    /// What an account is as a client.
    ACCOUNT_CLIENT: account.Id -> client.Id;
    /// How an account proves who it is.
    ACCOUNT_CREDENTIAL: account.Id -> credential.AccountId;
    /// The invitations of an account.
    ACCOUNT_INVITATIONS: account.Id -> invitation.AccountId;
    /// The sessions of an account.
    ACCOUNT_SESSIONS: account.Id -> session.AccountId;
    /// The account of a grant.
    GRANT_ACCOUNT: account_grant.AccountId -> account.Id;
    /// The unit of a grant.
    GRANT_UNIT: account_grant.UnitId -> unit.Id;
    /// The account of a client.
    CLIENT_ACCOUNT: client.Id -> account.Id;
    /// The secrets of a client.
    CLIENT_SECRETS: client.Id -> client_secret.ClientId;
    /// The public keys of a client.
    CLIENT_KEYS: client.Id -> client_key.ClientId;
    /// The account of a session.
    SESSION_ACCOUNT: session.AccountId -> account.Id;
}
