//! Whether the public sees a record: what a document says again leaves it as it is, unless it is to be published; and what is
//! published is changed only by who may publish.

use entity::value::{Publication, Timestamp};

use super::scope;
use super::work::Work;
use crate::auth::policy::Permission;
use crate::error::{AppError, AppResult, ErrorCode};

/// The state of a record, and since when it is published.
pub type State = (Publication, Option<Timestamp>);

/// The state of what is new: a draft.
pub const NEW: State = (Publication::Draft, None);

/// The state of a record that is published or taken back at `now`; what is published already stays so since then.
pub fn marked((_, since): State, publication: Publication, now: Timestamp) -> State {
    let since = match publication {
        Publication::Draft => None,
        Publication::Published => Some(since.unwrap_or(now)),
    };
    (publication, since)
}

/// The state after a document was read again: that of before, or published where that is asked for.
pub fn after_import(known: Option<State>, publish: bool, now: Timestamp) -> State {
    let known = known.unwrap_or(NEW);
    if publish { marked(known, Publication::Published, now) } else { known }
}

/// Refuses a change of something published to who may not publish in the whole division.
///
/// # Errors
/// `FORBIDDEN`, which names `what` is published.
pub fn may_change(work: &Work<'_>, what: &str, division_code: &str, fiscal_year: i32) -> AppResult<()> {
    if scope::covers_division(work.caller, Permission::PublicationWrite, division_code, Some(fiscal_year)) {
        return Ok(());
    }
    let message = format!("{what} is published: who may publish takes it back first, then it can be changed.");
    Err(AppError::new(ErrorCode::Forbidden, message))
}
