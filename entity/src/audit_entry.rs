//! Entries of the audit: what was done to one entity with its parts in one transaction, by whom.
//!
//! Entries stand in chains, one for each division and the chain without name for what belongs to none. Each carries the
//! hash of the one before it, so that none can be changed, taken out or put in unnoticed.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

use crate::id::{AccountId, UnitId};
use crate::value::{AuditResult, ChangeKind, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    /// The chain: code of the division, or nothing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub chain: String,
    /// Number in the chain, from 1 without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// When it was done.
    pub at: Timestamp,
    /// The account that did it; none for the operator at the machine.
    pub actor_id: Option<AccountId>,
    /// Its name at that time.
    pub actor_name: String,
    /// Who it acted for, where it said so.
    pub on_behalf_of: Option<String>,
    /// Address of the client, where there was one.
    pub client: Option<String>,
    /// The request, as in the log.
    pub request_id: Option<String>,
    /// What was asked for: a mutation, an import, a command.
    pub action: String,
    /// What became of the entity.
    pub kind: ChangeKind,
    /// Its type, the name of its table.
    pub entity_type: String,
    /// Its key.
    pub entity_id: Uuid,
    /// Its division, by code.
    pub division_code: Option<String>,
    /// Its unit.
    pub unit_id: Option<UnitId>,
    /// Its version afterwards; of a deleted one the last.
    pub version: i32,
    /// When the row of the entity itself last changed; other changes are of its parts.
    pub changed_at: Timestamp,
    /// The changes of the entity and its parts, as JSON.
    pub diff: String,
    /// How it ended.
    pub result: AuditResult,
    /// Algorithm of the hash.
    pub alg: String,
    /// Hash of the entry before; zeros in the first.
    pub prev: Vec<u8>,
    /// Hash over everything above.
    pub hash: Vec<u8>,
}

/// Relations are followed by the service in batches, so none is declared here.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
