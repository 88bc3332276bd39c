//! Source documents (绩效信息公开文本).

use entity::source_document;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::stored::{self, Tally};
use super::work::Work;
use crate::auth::policy::Permission;
use crate::error::AppResult;

/// Stores a document by its natural key: the bytes, for one unit and year. A known one keeps the name it came with.
pub async fn store(
    work: &mut Work<'_>,
    wanted: source_document::Model,
    tally: &mut Tally,
) -> AppResult<source_document::Model> {
    super::scope::may_in_division(work.caller, Permission::ImportRun, &wanted.division_code, Some(wanted.fiscal_year))?;
    let known = source_document::Entity::find()
        .filter(source_document::Column::DivisionCode.eq(&wanted.division_code))
        .filter(source_document::Column::Sha256.eq(&wanted.sha256))
        .filter(source_document::Column::FiscalYear.eq(wanted.fiscal_year))
        .filter(source_document::Column::UnitId.eq(wanted.unit_id))
        .one(work.tx)
        .await?;
    let file_name = known.as_ref().map_or_else(|| wanted.file_name.clone(), |known| known.file_name.clone());
    stored::put(work, known, source_document::Model { file_name, ..wanted }, tally).await
}
