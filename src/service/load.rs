//! Whether a database can be loaded as a whole, because nothing is stored yet.

use entity::id::{ProjectId, UnitId};
use entity::{project, unit};
use sea_orm::{DatabaseConnection, EntityTrait, QuerySelect};

use crate::error::AppResult;

/// Whether there is no unit and no project yet.
///
/// # Errors
/// When the database fails.
pub async fn is_empty(db: &DatabaseConnection) -> AppResult<bool> {
    let unit = unit::Entity::find().select_only().column(unit::Column::Id).into_tuple::<UnitId>().one(db).await?;
    let project = project::Entity::find().select_only().column(project::Column::Id).into_tuple::<ProjectId>().one(db);
    Ok(unit.is_none() && project.await?.is_none())
}
