//! Units, one by one.

use entity::id::UnitId;
use entity::unit;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};

use super::scope;
use crate::auth::Caller;
use crate::error::{AppError, AppResult, ErrorCode};

/// The unit of this key.
///
/// # Errors
/// `NOT_FOUND` when the caller sees none.
pub async fn get(db: &impl ConnectionTrait, caller: &Caller, id: UnitId) -> AppResult<unit::Model> {
    let found = scope::find::<unit::Entity>(caller)?.filter(unit::Column::Id.eq(id)).one(db).await?;
    found.ok_or_else(|| AppError::new(ErrorCode::NotFound, "There is no such unit."))
}

/// The unit of this code in a division.
///
/// # Errors
/// `NOT_FOUND` when the caller sees none.
pub async fn get_by_code(
    db: &impl ConnectionTrait,
    caller: &Caller,
    division: &str,
    code: &str,
) -> AppResult<unit::Model> {
    let found = scope::find::<unit::Entity>(caller)?
        .filter(unit::Column::DivisionCode.eq(division))
        .filter(unit::Column::Code.eq(code))
        .one(db)
        .await?;
    found.ok_or_else(|| AppError::new(ErrorCode::NotFound, format!("There is no unit `{division}/{code}`.")))
}
