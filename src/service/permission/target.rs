//! What an action is done to: an object by its id, or a place where something new shall be.

use std::collections::{HashMap, HashSet};

use entity::id::{
    AccountGrantId, AccountId, BulkOperationId, ClientId, DepartmentGoalId, DivisionId, FindingId, IndicatorId,
    ObjectiveId, ProjectId, SessionId, SourceDocumentId, SpendingPlanId, UnitId,
};
use entity::value::Publication;
use entity::{
    account, account_grant, bulk_operation, department_goal, division, finding, indicator, objective, project, session,
    source_document, spending_plan, unit,
};
use uuid::Uuid;

use crate::error::AppResult;
use crate::service::filter::{Filter, Test};
use crate::service::read::Reader;
use crate::service::scope::Scoped;

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// An object.
    Id(String),
    /// A place.
    Place {
        /// Division, by code.
        division: String,
        /// A unit of it, by code; none for the whole division.
        unit: Option<String>,
        /// Fiscal year; none for any that the caller may.
        year: Option<i32>,
    },
}

/// The kinds of things that actions are done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A division that is not there.
    NewDivision,
    /// A division.
    Division,
    /// A unit.
    Unit,
    /// A department goal.
    Goal,
    /// A project.
    Project,
    /// An objective of a project.
    Objective,
    /// A spending plan.
    Plan,
    /// An indicator.
    Indicator,
    /// A finding.
    Finding,
    /// A document.
    Document,
    /// A bulk operation.
    Operation,
    /// An account, or what belongs to one.
    Account,
}

/// Where an object stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) division: String,
    pub(super) unit: Option<UnitId>,
    pub(super) year: Option<i32>,
}

/// What a target turned out to be; the caller may look at it.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// Something of the field.
    Object {
        kind: Kind,
        spot: Spot,
        /// Whether the record that it is or belongs to is published.
        published: bool,
    },
    /// A bulk operation.
    Operation,
    /// An account.
    Account(account::Model),
}

impl Found {
    fn object(kind: Kind, division: &str, unit: Option<UnitId>, year: Option<i32>) -> Self {
        Self::Object { kind, spot: Spot { division: division.to_owned(), unit, year }, published: false }
    }

    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Object { kind, .. } => *kind,
            Self::Operation => Kind::Operation,
            Self::Account(_) => Kind::Account,
        }
    }

    pub(super) const fn spot(&self) -> Option<&Spot> {
        match self {
            Self::Object { spot, .. } => Some(spot),
            Self::Operation | Self::Account(_) => None,
        }
    }
}

/// Reads the rows of a table whose keys stand in the ids; none for a caller who may not look at the table.
async fn rows<E: Scoped>(
    reader: Reader<'_>,
    column: E::Column,
    keys: impl Iterator<Item = Uuid>,
) -> AppResult<HashMap<Uuid, E::Model>> {
    let keys: HashSet<Uuid> = keys.collect();
    if keys.is_empty() || reader.caller.may(E::READ).is_err() {
        return Ok(HashMap::new());
    }
    Ok(reader.keyed::<E>(column, keys).await?.into_iter().collect())
}

/// Finds what the caller may look at, with one statement for each kind of object.
pub(super) async fn find(reader: Reader<'_>, targets: &[&Target]) -> AppResult<HashMap<Target, Found>> {
    let ids: Vec<&str> = targets.iter().filter_map(|target| id_of(target)).collect();
    let mut found = records(reader, &ids).await?;
    found.extend(accounts(reader, &ids).await?);
    let keys = |parse: fn(&str) -> Option<Uuid>| ids.iter().filter_map(move |id| parse(id));
    let operations = keys(|id| BulkOperationId::parse(id).map(|id| id.0));
    for id in rows::<bulk_operation::Entity>(reader, bulk_operation::Column::Id, operations).await?.into_keys() {
        found.insert(BulkOperationId(id).public(), Found::Operation);
    }
    let places = places(reader, targets).await?;
    let of_id = |target: &&&Target| Some(((**target).clone(), found.get(id_of(target)?)?.clone()));
    Ok(targets.iter().filter_map(|target| of_id(&target)).chain(places).collect())
}

fn id_of(target: &Target) -> Option<&str> {
    match target {
        Target::Id(id) => Some(id),
        Target::Place { .. } => None,
    }
}

/// Divisions, units, and what hangs on units.
async fn records(reader: Reader<'_>, ids: &[&str]) -> AppResult<HashMap<String, Found>> {
    let keys = |parse: fn(&str) -> Option<Uuid>| ids.iter().filter_map(move |id| parse(id));
    let mut found = HashMap::new();
    let divisions = keys(|id| DivisionId::parse(id).map(|id| id.0));
    for row in rows::<division::Entity>(reader, division::Column::Id, divisions).await?.into_values() {
        found.insert(row.id.public(), Found::object(Kind::Division, &row.code, None, None));
    }
    let units = keys(|id| UnitId::parse(id).map(|id| id.0));
    for row in rows::<unit::Entity>(reader, unit::Column::Id, units).await?.into_values() {
        found.insert(row.id.public(), Found::object(Kind::Unit, &row.division_code, Some(row.id), None));
    }
    let goals = keys(|id| DepartmentGoalId::parse(id).map(|id| id.0));
    for row in rows::<department_goal::Entity>(reader, department_goal::Column::Id, goals).await?.into_values() {
        let spot = Spot { division: row.division_code, unit: Some(row.unit_id), year: Some(row.fiscal_year) };
        let published = row.publication == Publication::Published;
        found.insert(row.id.public(), Found::Object { kind: Kind::Goal, spot, published });
    }
    let findings = keys(|id| FindingId::parse(id).map(|id| id.0));
    for row in rows::<finding::Entity>(reader, finding::Column::Id, findings).await?.into_values() {
        let (unit, year) = (Some(row.unit_id), Some(row.fiscal_year));
        found.insert(row.id.public(), Found::object(Kind::Finding, &row.division_code, unit, year));
    }
    let documents = keys(|id| SourceDocumentId::parse(id).map(|id| id.0));
    for row in rows::<source_document::Entity>(reader, source_document::Column::Id, documents).await?.into_values() {
        let (unit, year) = (Some(row.unit_id), Some(row.fiscal_year));
        found.insert(row.id.public(), Found::object(Kind::Document, &row.division_code, unit, year));
    }
    // Parts are where their project is, and published with it.
    let mut of_project: Vec<(String, Kind, ProjectId)> = Vec::new();
    let objectives = keys(|id| ObjectiveId::parse(id).map(|id| id.0));
    for row in rows::<objective::Entity>(reader, objective::Column::Id, objectives).await?.into_values() {
        of_project.push((row.id.public(), Kind::Objective, row.project_id));
    }
    let plans = keys(|id| SpendingPlanId::parse(id).map(|id| id.0));
    for row in rows::<spending_plan::Entity>(reader, spending_plan::Column::Id, plans).await?.into_values() {
        of_project.push((row.id.public(), Kind::Plan, row.project_id));
    }
    let indicators = keys(|id| IndicatorId::parse(id).map(|id| id.0));
    for row in rows::<indicator::Entity>(reader, indicator::Column::Id, indicators).await?.into_values() {
        of_project.push((row.id.public(), Kind::Indicator, row.project_id));
    }
    let itself = ids.iter().filter_map(|id| Some((id.to_string(), Kind::Project, ProjectId::parse(id)?)));
    of_project.extend(itself);
    let projects = of_project.iter().map(|(.., project)| project.0);
    let projects = rows::<project::Entity>(reader, project::Column::Id, projects).await?;
    for (id, kind, project) in of_project {
        let Some(row) = projects.get(&project.0) else { continue };
        let spot = Spot { division: row.division_code.clone(), unit: Some(row.unit_id), year: Some(row.fiscal_year) };
        found.insert(id, Found::Object { kind, spot, published: row.publication == Publication::Published });
    }
    Ok(found)
}

/// Accounts, by what belongs to them too.
async fn accounts(reader: Reader<'_>, ids: &[&str]) -> AppResult<HashMap<String, Found>> {
    let keys = |parse: fn(&str) -> Option<Uuid>| ids.iter().filter_map(move |id| parse(id));
    let itself = ids.iter().filter_map(|id| {
        let account = AccountId::parse(id).map(|id| id.0).or_else(|| ClientId::parse(id).map(|id| id.0));
        Some((id.to_string(), account?))
    });
    let mut of_account: Vec<(String, Uuid)> = itself.collect();
    let grants = keys(|id| AccountGrantId::parse(id).map(|id| id.0));
    for row in rows::<account_grant::Entity>(reader, account_grant::Column::Id, grants).await?.into_values() {
        of_account.push((row.id.public(), row.account_id.0));
    }
    let sessions = keys(|id| SessionId::parse(id).map(|id| id.0));
    for row in rows::<session::Entity>(reader, session::Column::Id, sessions).await?.into_values() {
        of_account.push((row.id.public(), row.account_id.0));
    }
    let keys = of_account.iter().map(|(_, account)| *account);
    let accounts = rows::<account::Entity>(reader, account::Column::Id, keys).await?;
    let found = of_account.into_iter().filter_map(|(id, key)| Some((id, Found::Account(accounts.get(&key)?.clone()))));
    Ok(found.collect())
}

/// Places: divisions and units by their codes.
async fn places(reader: Reader<'_>, targets: &[&Target]) -> AppResult<Vec<(Target, Found)>> {
    let places = targets.iter().filter_map(|target| match target {
        Target::Id(_) => None,
        Target::Place { division, unit, year } => Some((*target, division, unit, *year)),
    });
    let places: Vec<_> = places.collect();
    if places.is_empty() || reader.caller.may(unit::Entity::READ).is_err() {
        return Ok(Vec::new());
    }
    let codes: HashSet<&String> = places.iter().map(|(_, division, ..)| *division).collect();
    let codes = codes.into_iter().map(|code| code.clone().into()).collect();
    let divisions = Filter::column(division::Column::Code, Test::In(codes));
    let divisions: HashSet<String> =
        reader.all::<division::Entity>(&divisions, []).await?.into_iter().map(|row| row.code).collect();
    let named: HashSet<(&String, &String)> =
        places.iter().filter_map(|(_, division, unit, _)| Some((*division, unit.as_ref()?))).collect();
    let mut units = HashMap::new();
    if !named.is_empty() {
        let each = named.into_iter().map(|(division, code)| {
            Filter::All(vec![
                Filter::column(unit::Column::DivisionCode, Test::Eq(division.clone().into())),
                Filter::column(unit::Column::Code, Test::Eq(code.clone().into())),
            ])
        });
        let rows = reader.all::<unit::Entity>(&Filter::Any(each.collect()), []).await?;
        units.extend(rows.into_iter().map(|row| ((row.division_code, row.code), row.id)));
    }
    let found = places.into_iter().filter_map(|(target, division, unit, year)| {
        let found = match unit {
            Some(unit) => {
                let unit = units.get(&(division.clone(), unit.clone()))?;
                Found::object(Kind::Unit, division, Some(*unit), year)
            }
            None if divisions.contains(division) => Found::object(Kind::Division, division, None, year),
            None => Found::object(Kind::NewDivision, division, None, year),
        };
        Some((target.clone(), found))
    });
    Ok(found.collect())
}
