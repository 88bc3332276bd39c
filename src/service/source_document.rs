//! Source documents (绩效信息公开文本).

use entity::source_document;
use entity::value::Timestamp;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::stored::{self, Tally};
use crate::auth::Caller;
use crate::error::AppResult;

/// Stores a document by its natural key: the bytes, for one unit and year. A known one keeps the name it came with.
pub async fn store(
    tx: &DatabaseTransaction,
    caller: &Caller,
    wanted: source_document::Model,
    now: Timestamp,
    tally: &mut Tally,
) -> AppResult<source_document::Model> {
    super::scope::may_write_division(caller, &wanted.division_code)?;
    let known = source_document::Entity::find()
        .filter(source_document::Column::DivisionCode.eq(&wanted.division_code))
        .filter(source_document::Column::Sha256.eq(&wanted.sha256))
        .filter(source_document::Column::FiscalYear.eq(wanted.fiscal_year))
        .filter(source_document::Column::UnitId.eq(wanted.unit_id))
        .one(tx)
        .await?;
    let file_name = known.as_ref().map_or_else(|| wanted.file_name.clone(), |known| known.file_name.clone());
    stored::put(tx, known, source_document::Model { file_name, ..wanted }, now, tally).await
}
