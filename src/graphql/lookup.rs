//! Look-ups of one object by its key or its natural key (`@oneOf` inputs).

use async_graphql::Value;
use entity::{account, client, department_goal, division, indicator, project, source_document, unit};
use sea_orm::ColumnTrait;
use uuid::Uuid;

use super::engine::argument::{self, At};
use super::engine::asked::Asked;
use super::engine::plan::Rows;
use super::project::by_key as project_by_key;
use crate::error::{AppError, AppResult};
use crate::service::filter::{Filter, Test};
use crate::service::relation::{CLIENT_ACCOUNT, GOAL_UNIT, INDICATOR_PROJECT};
use crate::service::scope::Scoped;

/// The row that `by` names; an error where a key without its division fits rows of several divisions.
fn one<E: Scoped>(filter: Filter) -> Rows<E::Model>
where
    E::Model: 'static,
{
    let filter = std::sync::Arc::new(filter);
    Box::new(move |reader| {
        let filter = filter.clone();
        Box::pin(async move {
            let mut rows = reader.all::<E>(&filter, []).await?;
            if rows.len() > 1 {
                return Err(AppError::bad_input(
                    "`by` fits objects of several divisions or units; name the `divisionCode`, and for a project without \
                     a code its `unitCode`.",
                ));
            }
            Ok(vec![rows.pop()])
        })
    })
}

/// A condition from `by`: the field `id`, or one that `other` knows.
fn by(
    asked: &Asked<'_>,
    column: impl ColumnTrait + Send + Sync + 'static,
    parse: fn(&str) -> Option<Uuid>,
    other: impl Fn(&str, &Value, &At) -> AppResult<Filter>,
) -> AppResult<Filter> {
    let value = asked.required("by")?;
    let at = At::top("by");
    let (name, value) = argument::one_of(&value, &at)?;
    let at = at.field(name);
    if name != "id" {
        return other(name, value, &at);
    }
    let keys = parse(&argument::text(value, &at)?).map(sea_orm::Value::from);
    Ok(Filter::column(column, Test::In(keys.into_iter().collect())))
}

fn text(column: impl ColumnTrait + Send + Sync + 'static, value: &Value, at: &At) -> AppResult<Filter> {
    Ok(Filter::column(column, Test::Eq(argument::text(value, at)?.into())))
}

fn unit_by_key(value: &Value, at: &At) -> AppResult<Filter> {
    let mut parts = Vec::new();
    for (name, value) in argument::fields(value, at)? {
        match (name, value) {
            (_, Value::Null) => {}
            ("divisionCode", value) => parts.push(text(unit::Column::DivisionCode, value, &at.field(name))?),
            (_, value) => parts.push(text(unit::Column::Code, value, &at.field(name))?),
        }
    }
    Ok(Filter::All(parts))
}

/// `division(by:)`.
pub fn division(asked: &Asked<'_>) -> AppResult<Rows<division::Model>> {
    let parse = |id: &str| entity::id::DivisionId::parse(id).map(|id| id.0);
    let filter = by(asked, division::Column::Id, parse, |_, value, at| text(division::Column::Code, value, at))?;
    Ok(one::<division::Entity>(filter))
}

/// `unit(by:)`.
pub fn unit(asked: &Asked<'_>) -> AppResult<Rows<unit::Model>> {
    let parse = |id: &str| entity::id::UnitId::parse(id).map(|id| id.0);
    let filter = by(asked, unit::Column::Id, parse, |_, value, at| unit_by_key(value, at))?;
    Ok(one::<unit::Entity>(filter))
}

/// `project(by:)`.
pub fn project(asked: &Asked<'_>) -> AppResult<Rows<project::Model>> {
    let parse = |id: &str| entity::id::ProjectId::parse(id).map(|id| id.0);
    let filter = by(asked, project::Column::Id, parse, |_, value, at| project_by_key(value, at))?;
    Ok(one::<project::Entity>(filter))
}

/// `indicator(by:)`.
pub fn indicator(asked: &Asked<'_>) -> AppResult<Rows<indicator::Model>> {
    let parse = |id: &str| entity::id::IndicatorId::parse(id).map(|id| id.0);
    let filter = by(asked, indicator::Column::Id, parse, |_, value, at| {
        let mut parts = Vec::new();
        for (name, value) in argument::fields(value, at)? {
            let at = at.field(name);
            parts.push(if name == "project" {
                Filter::related(INDICATOR_PROJECT, project_by_key(value, &at)?)
            } else {
                Filter::column(indicator::Column::Ordinal, Test::Eq(argument::int(value, &at)?.into()))
            });
        }
        Ok(Filter::All(parts))
    })?;
    Ok(one::<indicator::Entity>(filter))
}

/// `departmentGoal(by:)`.
pub fn department_goal(asked: &Asked<'_>) -> AppResult<Rows<department_goal::Model>> {
    let parse = |id: &str| entity::id::DepartmentGoalId::parse(id).map(|id| id.0);
    let filter = by(asked, department_goal::Column::Id, parse, |_, value, at| {
        let mut parts = Vec::new();
        for (name, value) in argument::fields(value, at)? {
            let at = at.field(name);
            parts.push(if name == "unit" {
                Filter::related(GOAL_UNIT, unit_by_key(value, &at)?)
            } else {
                Filter::column(department_goal::Column::FiscalYear, Test::Eq(argument::int(value, &at)?.into()))
            });
        }
        Ok(Filter::All(parts))
    })?;
    Ok(one::<department_goal::Entity>(filter))
}

/// `sourceDocument(by:)`.
pub fn source_document(asked: &Asked<'_>) -> AppResult<Rows<source_document::Model>> {
    let parse = |id: &str| entity::id::SourceDocumentId::parse(id).map(|id| id.0);
    let filter =
        by(asked, source_document::Column::Id, parse, |name, _, at| Err(at.error(&format!("`{name}` is no key"))))?;
    Ok(one::<source_document::Entity>(filter))
}

/// `account(by:)`.
pub fn account(asked: &Asked<'_>) -> AppResult<Rows<account::Model>> {
    let parse = |id: &str| entity::id::AccountId::parse(id).map(|id| id.0);
    let filter = by(asked, account::Column::Id, parse, |_, value, at| text(account::Column::Name, value, at))?;
    Ok(one::<account::Entity>(filter))
}

/// `serviceClient(by:)`.
pub fn service_client(asked: &Asked<'_>) -> AppResult<Rows<client::Model>> {
    let parse = |id: &str| entity::id::ClientId::parse(id).map(|id| id.0);
    let filter = by(asked, client::Column::Id, parse, |_, value, at| {
        Ok(Filter::related(CLIENT_ACCOUNT, text(account::Column::Name, value, at)?))
    })?;
    Ok(one::<client::Entity>(filter))
}

/// All rows of a small table that pass a filter, in the order of a column.
pub fn all<E: Scoped>(filter: Filter, order: E::Column) -> Rows<E::Model>
where
    E::Model: 'static,
    E::Column: Copy + Send + Sync + 'static,
{
    let filter = std::sync::Arc::new(filter);
    Box::new(move |reader| {
        let filter = filter.clone();
        Box::pin(async move {
            let rows = reader.all::<E>(&filter, [crate::service::order::Key::up(order)]).await?;
            Ok(rows.into_iter().map(Some).collect())
        })
    })
}
