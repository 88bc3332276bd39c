//! The unit above each unit of a request: found, allowed, and never below it.

use std::collections::{HashMap, HashSet};

use entity::id::UnitId;
use entity::{unit, unit_closure};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::draft::{Above, Draft};
use super::places::Places;
use crate::error::AppResult;
use crate::input::{At, UserError, UserErrorCode, Words};
use crate::service::stored::KEYS_A_STATEMENT;
use crate::service::work::Work;

/// Hangs each unit under the one that its row asks for; what cannot be is an error of the row.
///
/// A unit that fails cannot be above others, so rows are looked at again until no more of them fail.
pub(super) async fn hang(work: &Work<'_>, drafts: &mut [Draft<'_>], places: &Places) -> AppResult<()> {
    let made = |draft: &Draft<'_>| {
        let unit = draft.wanted.as_ref()?;
        let found = Found { id: unit.id, is_known: draft.known.is_some() };
        Some(((unit.division_code.clone(), unit.code.clone()), (found, draft.is_good())))
    };
    let stored = parents(work, drafts, places).await?;
    loop {
        let of_request: HashMap<_, _> = drafts.iter().filter_map(made).collect();
        let failed = |drafts: &[Draft<'_>]| drafts.iter().filter(|draft| !draft.is_good()).count();
        let before = failed(drafts);
        for draft in drafts.iter_mut() {
            place(draft, places, &of_request);
        }
        refuse_cycles(drafts, &stored);
        if failed(drafts) == before {
            return Ok(());
        }
    }
}

/// A unit that a code means.
#[derive(Clone, Copy)]
struct Found {
    id: UnitId,
    is_known: bool,
}

/// The units that rows write, by division and the code that they give, and whether the row is good.
type OfRequest = HashMap<(String, String), (Found, bool)>;

/// Finds the unit above one, and asks whether the caller may put it there.
fn place(draft: &mut Draft<'_>, places: &Places, of_request: &OfRequest) {
    let at = draft.row.at();
    let (set, key) = (at.field("set"), at.field("key"));
    let at = set.field("parentCode");
    let path = at.path();
    if draft.errors.iter().any(|error| error.path == path) {
        return;
    }
    let Some(unit) = draft.wanted.as_mut() else { return };
    let found = match &draft.above {
        Above::Kept => return,
        Above::None => Ok(None),
        Above::Coded(code) => find(&unit.division_code, code, places, of_request, &at).map(Some),
        Above::Department(code) => Ok(find(&unit.division_code, code, places, of_request, &at).ok()),
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => return draft.errors.push(error),
    };
    let above = found.as_ref().map(|found| found.id);
    unit.parent_id = above;
    let known = draft.known.as_ref();
    if known.is_some_and(|known| known.parent_id == above) {
        return;
    }
    // Both ends of a move, and the one end of a new unit, must be the caller's.
    if let Some(known) = known
        && !places.may_write_under(known.parent_id, &known.division_code)
        && !draft.errors.iter().any(|error| error.path == key.path())
    {
        draft.errors.push(places.forbidden(key.path()));
    }
    // A new unit was the caller's to make, so he may write under it.
    if found.is_none_or(|found| found.is_known) && !places.may_write_under(above, &unit.division_code) {
        draft.errors.push(places.forbidden(path));
    }
}

fn find(division: &str, code: &str, places: &Places, of_request: &OfRequest, at: &At<'_>) -> Result<Found, UserError> {
    let missing = || UserError::not_found(at.path(), &format!("unit {division} {code}"));
    match of_request.get(&(division.to_owned(), code.to_owned())) {
        Some((found, true)) => return Ok(*found),
        Some((Found { is_known: false, .. }, false)) => return Err(missing()),
        // A known unit stays what it is where its row fails.
        Some((Found { is_known: true, .. }, false)) | None => {}
    }
    let stored = places.stored(division, code).filter(|unit| places.sees(unit.id));
    stored.map(|unit| Found { id: unit.id, is_known: true }).ok_or_else(missing)
}

/// Refuses each row that puts its unit below itself, given the rows before it.
fn refuse_cycles(drafts: &mut [Draft<'_>], stored: &HashMap<UnitId, Option<UnitId>>) {
    let mut parents = stored.clone();
    for draft in drafts.iter_mut() {
        let Some(unit) = draft.wanted.as_ref().filter(|_| draft.is_good()) else { continue };
        let (id, above) = (unit.id, unit.parent_id);
        if stored.get(&id).is_some_and(|stored| *stored == above) {
            continue;
        }
        let before = parents.insert(id, above);
        if !is_on_its_way_up(id, &parents) {
            continue;
        }
        match before {
            Some(before) => parents.insert(id, before),
            None => parents.remove(&id),
        };
        let words = Words::new(
            "The unit would come under itself: the unit above it lies below it.",
            "该单位会成为自身的下级：所指上级单位位于该单位之下。",
        );
        let at = draft.row.at();
        let path = at.field("set").field("parentCode").path();
        let code = match &draft.above {
            Above::Coded(code) | Above::Department(code) => Some(code.as_str()),
            Above::Kept | Above::None => None,
        };
        draft.errors.push(UserError::validation(UserErrorCode::Cycle, path, "tree", code, words));
    }
}

fn is_on_its_way_up(unit: UnitId, parents: &HashMap<UnitId, Option<UnitId>>) -> bool {
    let mut seen = HashSet::new();
    let mut next = parents.get(&unit).copied().flatten();
    while let Some(above) = next {
        if above == unit {
            return true;
        }
        // A way that turns in itself further up is not this unit's doing.
        if !seen.insert(above) {
            return false;
        }
        next = parents.get(&above).copied().flatten();
    }
    false
}

/// The unit above each unit that a way up from the units of the request can meet, as it is stored.
async fn parents(work: &Work<'_>, drafts: &[Draft<'_>], places: &Places) -> AppResult<HashMap<UnitId, Option<UnitId>>> {
    let moves = |draft: &&Draft<'_>| draft.above != Above::Kept;
    let known = drafts.iter().filter(moves).filter_map(|draft| draft.known.as_ref()).map(|known| known.id);
    let mut named: HashSet<UnitId> = known.collect();
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    named.extend(places.ids());
    let named: Vec<UnitId> = named.into_iter().collect();
    let mut parents = HashMap::new();
    for named in named.chunks(KEYS_A_STATEMENT) {
        let above = unit_closure::Entity::find()
            .select_only()
            .column(unit_closure::Column::AncestorId)
            .filter(unit_closure::Column::DescendantId.is_in(named.iter().copied()));
        let units = unit::Entity::find()
            .select_only()
            .column(unit::Column::Id)
            .column(unit::Column::ParentId)
            .filter(unit::Column::Id.in_subquery(above.into_query()));
        parents.extend(units.into_tuple::<(UnitId, Option<UnitId>)>().all(work.tx).await?);
    }
    Ok(parents)
}

/// Units in such an order that none stands before one of them that it comes under.
pub(super) fn from_above(mut units: Vec<unit::Model>) -> Vec<unit::Model> {
    let parents: HashMap<UnitId, UnitId> = units.iter().filter_map(|unit| Some((unit.id, unit.parent_id?))).collect();
    units.sort_by_cached_key(|unit| std::iter::successors(Some(unit.id), |id| parents.get(id).copied()).count());
    units
}
