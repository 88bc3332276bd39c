//! What of an object is searched. PostgreSQL keeps the pairs of its signs in one more column, `pairs`, SQLite in a table of its
//! own, `search_pair`; only statements name them.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

use crate::value::SearchKind;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "search_entry")]
pub struct Model {
    /// Number of the entry: later entries have higher ones.
    #[sea_orm(primary_key)]
    pub number: i64,
    /// What the object is.
    pub kind: SearchKind,
    /// Key of the object.
    pub object_id: Uuid,
    /// Its names and codes, folded, each between two ends of line.
    pub names: String,
    /// Its other texts that the public may see, likewise.
    pub texts: String,
    /// Its texts that the public may not see, likewise.
    pub others: String,
}

/// Relations are followed by the service in batches, so none is declared here.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
