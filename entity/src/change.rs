//! The outbox: one row for each entry of the audit, in the order in which a feed gives them out.
//!
//! The order is that of `(xid, seq)`. On PostgreSQL a row can become visible after others with a greater `seq`, so a
//! reader takes only rows whose `xid` no running transaction can still write.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

use crate::id::UnitId;
use crate::value::{ChangeKind, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "change")]
pub struct Model {
    /// Number, given by the database; numbers can be missing.
    #[sea_orm(primary_key)]
    pub seq: i64,
    /// The transaction that wrote the row, given by the database; 0 on SQLite.
    pub xid: i64,
    /// When the change was made.
    pub at: Timestamp,
    /// Chain of its entry in the audit.
    pub chain: String,
    /// Number of that entry.
    pub audit_seq: i64,
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
    /// Its version afterwards.
    pub version: i32,
    /// The request, as in the log.
    pub request_id: Option<String>,
}

/// Relations are followed by the service in batches, so none is declared here.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
