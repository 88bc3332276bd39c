//! The target (指标值) of an indicator as a client sends it.

use entity::indicator;
use entity::value::TargetKind;

use super::indicator::needed;
use crate::input::indicator::Target;
use crate::input::{At, UserError, UserErrorCode, Words};
use crate::rules::target::{self, PartsError};

/// What the columns of a row say of its target.
pub(super) fn says(row: &indicator::Model) -> target::Target {
    target::Target {
        kind: row.target_kind,
        comparison: row.comparison,
        value: row.value,
        low: row.low,
        high: row.high,
        unit: row.target_unit.clone(),
    }
}

/// The target as a form prints it.
pub(super) fn printed(sent: &Target, at: &At<'_>) -> Result<String, UserError> {
    if let Some(text) = &sent.text {
        return Ok(text.clone());
    }
    let (parts, at) = match (&sent.quantity, &sent.range) {
        (Some(quantity), _) => (
            target::Target {
                kind: TargetKind::Quantity,
                comparison: quantity.comparison,
                value: quantity.value,
                low: None,
                high: None,
                unit: quantity.unit.clone(),
            },
            at.field("quantity"),
        ),
        (None, Some(range)) => (
            target::Target {
                kind: TargetKind::Range,
                comparison: None,
                value: None,
                low: range.low,
                high: range.high,
                unit: range.unit.clone(),
            },
            at.field("range"),
        ),
        (None, None) => return Err(needed(at, "text")),
    };
    target::text(&parts).map_err(|error| {
        let (name, en, zh) = match error {
            PartsError::WrongParts | PartsError::IsText => {
                ("parts", "A part of the target is missing.", "指标值缺少组成部分。")
            }
            PartsError::EndsSwapped => ("low", "The low end is above the high end.", "下限高于上限。"),
            PartsError::Number => {
                ("number", "No form prints this number so that it could be read again.", "该数值无法按表格形式书写。")
            }
            PartsError::Unit => (
                "unit",
                "The unit cannot be told from the number before it; name it in another way, or send the target as text.",
                "计量单位与前面的数值无法区分；请换一种写法，或以 text 形式给出。",
            ),
        };
        UserError::validation(UserErrorCode::InvalidFormat, at.path(), name, None, Words::new(en, zh))
    })
}
