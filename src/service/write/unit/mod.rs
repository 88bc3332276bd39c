//! Writing units (预算单位): the units themselves, the tree of them, and their other names.

mod alias;
mod delete;
mod dependants;
mod draft;
mod merge;
mod owned;
pub(super) mod places;
mod tree;

use entity::id::UnitId;
use entity::unit;

use super::{Atomicity, Mode, Outcome, Row, RowResult};
use crate::auth::Action;
use crate::error::AppResult;
use crate::input::unit::UnitWrite;
use crate::service::stored::{self, Change};
use crate::service::unit::{alias as aliases, closure};
use crate::service::work::Work;

pub use alias::add_alias;
pub use delete::delete;
pub use merge::merge;
pub use owned::OWNED;

use draft::{Draft, Taken};
use places::Places;

/// Makes and changes units, and gives one result for each row, in their order. A row may put a unit under one that another
/// row makes, wherever that row stands.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` for a caller who may not write at all; everything else is an error of its row.
pub async fn apply(
    work: &mut Work<'_>,
    rows: &[Row<UnitWrite>],
    mode: Mode,
    atomicity: Atomicity,
) -> AppResult<Vec<RowResult>> {
    work.caller.may(Action::Write)?;
    let keys: Vec<_> = rows.iter().filter_map(|row| row.input.key.as_ref()).collect();
    let mut more: Vec<&str> = Vec::new();
    for row in rows {
        let set = row.input.set.as_ref();
        more.extend(set.and_then(|set| set.code.value()).map(String::as_str));
        more.extend(set.and_then(|set| set.parent_code.value()).map(String::as_str));
        more.extend(row.input.key.as_ref().and_then(|key| draft::department(key.code.as_deref()?)));
    }
    let places = Places::read(work, &keys, &more).await?;
    let mut taken = Taken::default();
    let mut drafts: Vec<Draft<'_>> =
        rows.iter().map(|row| Draft::of(row, mode, &places, &mut taken, work.now)).collect();
    tree::hang(work, &mut drafts, &places).await?;

    let mut results: Vec<RowResult> = drafts.iter().map(|draft| draft.result(work.now)).collect();
    if hold_back(&mut results, atomicity) {
        return Ok(results);
    }
    let mut wanted: Vec<(Option<unit::Model>, unit::Model)> = drafts.into_iter().filter_map(Draft::outcome).collect();
    write(work, &mut wanted).await?;
    Ok(results)
}

/// Under `ALL`, turns the good rows beside a bad one into skipped ones, and says whether it did.
fn hold_back(results: &mut [RowResult], atomicity: Atomicity) -> bool {
    // What would be made is not there.
    let made: Vec<bool> = results.iter().map(|result| result.outcome == Outcome::Created).collect();
    let held = super::skip_good_rows_beside_bad(results.iter_mut(), atomicity);
    for (result, _) in results.iter_mut().zip(made).filter(|(_, made)| held && *made) {
        result.id = None;
    }
    held
}

/// Writes units as they shall stand, with the closure of the tree.
async fn write(work: &mut Work<'_>, wanted: &mut Vec<(Option<unit::Model>, unit::Model)>) -> AppResult<()> {
    let mut moved: Vec<UnitId> = Vec::new();
    let (mut new, mut changed, mut former) = (Vec::new(), Vec::new(), Vec::new());
    for (known, unit) in wanted.drain(..) {
        let Some(known) = known else {
            moved.push(unit.id);
            new.push(unit);
            continue;
        };
        if known.parent_id != unit.parent_id {
            moved.push(unit.id);
        }
        if known.code != unit.code {
            former.push(aliases::of(&known, &known.code, &known.name, work.now));
        }
        changed.extend(Change::between(&known, unit, work.now));
    }
    stored::insert(work, &tree::from_above(new)).await?;
    stored::update(work, &changed).await?;
    aliases::keep(work, former).await?;
    if moved.is_empty() { Ok(()) } else { closure::rebuild(work.tx, &moved).await }
}
