//! How far an operation is, told from its row.

use entity::bulk_operation::Model;
use entity::value::BulkPhase;

/// How much of the file is worked through, in percent; 100 only at the end. None before the rows are applied.
pub fn percent(operation: &Model) -> Option<i64> {
    match operation.phase {
        BulkPhase::Waiting | BulkPhase::Checking => None,
        BulkPhase::Done if operation.bytes_done >= operation.bytes_total => Some(100),
        BulkPhase::Applying | BulkPhase::Done => {
            let total = i128::from(operation.bytes_total.max(1));
            Some(i64::try_from(i128::from(operation.bytes_done) * 100 / total).unwrap_or(99).clamp(0, 99))
        }
    }
}

/// How many seconds it may still take, at the speed so far; none while that is not known, and after the end.
pub fn eta_seconds(operation: &Model) -> Option<i64> {
    if operation.phase != BulkPhase::Applying || operation.bytes_done <= 0 {
        return None;
    }
    let spent = i128::from(operation.updated_at.0 - operation.started_at?.0).max(0);
    let left = i128::from(operation.bytes_total.saturating_sub(operation.bytes_done)).max(0);
    let micros = spent * left / i128::from(operation.bytes_done);
    i64::try_from((micros + 999_999) / 1_000_000).ok()
}
