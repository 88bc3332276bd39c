//! Budgeted units (预算单位): the tree, its closure, and other names.

pub mod alias;
pub mod closure;

use entity::id::UnitId;
use entity::value::UnitLevel;
use entity::{project, source_document, unit, unit_alias};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::stored::{self, Tally};
use super::work::Work;
use crate::auth::Caller;
use crate::error::{AppError, AppResult, ErrorCode};

/// A department's code is the first three digits of its units' codes (`domain.md` 4.1).
pub const DEPARTMENT_DIGITS: usize = 3;

/// A unit as a document names it.
#[derive(Clone, Debug)]
pub struct Named<'a> {
    /// Division, by code.
    pub division_code: &'a str,
    /// Code of the unit.
    pub code: &'a str,
    /// Name of the unit.
    pub name: &'a str,
    /// Other codes that the document prints for it.
    pub aliases: &'a [String],
    /// Fiscal year of the document: a name of a later year replaces an earlier one, not the other way round.
    pub fiscal_year: i32,
    /// The unit that a new unit comes under; without one it comes under the department that its code names, if known.
    pub parent: Option<UnitId>,
}

/// Stores a unit by its natural key. A new department takes in the units of its code that have none above them, so the
/// tree does not depend on which of them was stored first.
pub async fn store(work: &mut Work<'_>, named: &Named<'_>, tally: &mut Tally) -> AppResult<unit::Model> {
    super::scope::may_write_division(work.caller, named.division_code)?;
    let known = find(work.tx, named.division_code, named.code).await?;
    if known.is_none()
        && let Some(unit) = find_alias(work.tx, named).await?
    {
        tally.unchanged += 1;
        return Ok(unit);
    }
    let parent_id = match &known {
        Some(known) if known.parent_id.is_some() => known.parent_id,
        _ => {
            let parent = match named.parent {
                Some(parent) => Some(parent),
                None => department_of(work.tx, named.division_code, named.code).await?,
            };
            match (&known, parent) {
                // A unit cannot come under itself or under what is below it.
                (Some(known), Some(parent)) if closure::is_below(work.tx, parent, known.id).await? => None,
                (_, parent) => parent,
            }
        }
    };
    let renames = match &known {
        Some(known) if known.name != named.name => {
            latest_year(work.tx, known.id).await?.is_none_or(|latest| latest <= named.fiscal_year)
        }
        _ => true,
    };
    let wanted = unit::Model {
        id: UnitId::new(),
        division_code: named.division_code.to_owned(),
        code: named.code.to_owned(),
        name: match &known {
            Some(known) if !renames => known.name.clone(),
            _ => named.name.to_owned(),
        },
        level: level(named.code),
        parent_id,
        version: 1,
        created_at: work.now,
        updated_at: work.now,
    };
    let former = known.as_ref().map(|known| (known.name.clone(), known.parent_id));
    let stored = stored::put(work, known, wanted, tally).await?;
    match &former {
        None => {
            closure::rebuild(work.tx, &[stored.id]).await?;
            adopt(work, &stored, tally).await?;
        }
        Some((_, None)) if stored.parent_id.is_some() => closure::rebuild(work.tx, &[stored.id]).await?,
        Some(_) => {}
    }
    let mut aliases: Vec<_> = named.aliases.iter().map(|code| alias::of(&stored, code, named.name, work.now)).collect();
    if let Some((former, _)) = &former
        && *former != named.name
    {
        aliases.push(alias::of(&stored, named.code, if renames { former } else { named.name }, work.now));
    }
    alias::keep(work, aliases).await?;
    Ok(stored)
}

/// The unit with this key.
///
/// # Errors
/// `NOT_FOUND` when the caller sees none.
pub async fn get(db: &impl ConnectionTrait, caller: &Caller, id: UnitId) -> AppResult<unit::Model> {
    let found = super::scope::find::<unit::Entity>(caller)?.filter(unit::Column::Id.eq(id)).one(db).await?;
    found.ok_or_else(|| AppError::new(ErrorCode::NotFound, "There is no such unit."))
}

/// The unit with this code in a division.
pub async fn find(tx: &DatabaseTransaction, division_code: &str, code: &str) -> AppResult<Option<unit::Model>> {
    let by_code =
        unit::Entity::find().filter(unit::Column::DivisionCode.eq(division_code)).filter(unit::Column::Code.eq(code));
    Ok(by_code.one(tx).await?)
}

/// The unit that has just this code and name as an alias, because it had them once or was merged with the unit that did.
async fn find_alias(tx: &DatabaseTransaction, named: &Named<'_>) -> AppResult<Option<unit::Model>> {
    let alias = unit_alias::Entity::find()
        .filter(unit_alias::Column::DivisionCode.eq(named.division_code))
        .filter(unit_alias::Column::Code.eq(named.code))
        .filter(unit_alias::Column::Name.eq(named.name));
    match alias.one(tx).await? {
        Some(alias) => Ok(unit::Entity::find_by_id(alias.unit_id).one(tx).await?),
        None => Ok(None),
    }
}

/// The rank of a unit, told by the length of its code (`domain.md` 4.1).
pub fn level(code: &str) -> Option<UnitLevel> {
    match code.len() {
        DEPARTMENT_DIGITS => Some(UnitLevel::Department),
        6 => Some(UnitLevel::Unit),
        _ => None,
    }
}

async fn department_of(tx: &DatabaseTransaction, division_code: &str, code: &str) -> AppResult<Option<UnitId>> {
    match code.get(..DEPARTMENT_DIGITS) {
        Some(department) if department != code => {
            Ok(find(tx, division_code, department).await?.map(|department| department.id))
        }
        _ => Ok(None),
    }
}

/// The latest year of which a document names the unit, as its own or in a table; none when nothing is known of it.
async fn latest_year(tx: &DatabaseTransaction, unit: UnitId) -> AppResult<Option<i32>> {
    let documents = source_document::Entity::find()
        .select_only()
        .column_as(source_document::Column::FiscalYear.max(), "latest")
        .filter(source_document::Column::UnitId.eq(unit));
    let projects = project::Entity::find()
        .select_only()
        .column_as(project::Column::FiscalYear.max(), "latest")
        .filter(project::Column::UnitId.eq(unit));
    let of_documents: Option<Option<i32>> = documents.into_tuple().one(tx).await?;
    let of_projects: Option<Option<i32>> = projects.into_tuple().one(tx).await?;
    Ok(of_documents.flatten().max(of_projects.flatten()))
}

/// Puts the units that a new department's code names, and that have nothing above them, under it.
async fn adopt(work: &mut Work<'_>, department: &unit::Model, tally: &mut Tally) -> AppResult<()> {
    if department.level != Some(UnitLevel::Department) {
        return Ok(());
    }
    let orphans = unit::Entity::find()
        .filter(unit::Column::DivisionCode.eq(&department.division_code))
        .filter(unit::Column::Code.starts_with(&department.code))
        .filter(unit::Column::ParentId.is_null())
        .order_by_asc(unit::Column::Code);
    let mut adopted = Vec::new();
    for orphan in orphans.all(work.tx).await? {
        if closure::is_below(work.tx, department.id, orphan.id).await? {
            continue;
        }
        let wanted = unit::Model { parent_id: Some(department.id), ..orphan.clone() };
        adopted.push(stored::put(work, Some(orphan), wanted, tally).await?.id);
    }
    closure::rebuild(work.tx, &adopted).await
}
