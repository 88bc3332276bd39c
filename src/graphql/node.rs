//! `node` and `nodes`: any object by its key. The prefix of the key tells the type without the database.

use entity::{
    account, account_grant, bulk_operation, client, department_goal, division, finding, id, indicator, indicator_level,
    objective, project, session, source_document, spending_plan, unit,
};
use futures_util::future::{BoxFuture, try_join_all};
use sea_orm::{EntityTrait, ModelTrait};
use uuid::Uuid;

use super::account::Account;
use super::account_grant::AccountGrant;
use super::bulk_operation::BulkOperation;
use super::department_goal::DepartmentGoal;
use super::division::Division;
use super::engine::asked::Asked;
use super::engine::json::{self, ByKey, Texts};
use super::engine::object::{Linked, Object};
use super::engine::plan::Plan;
use super::finding::Finding;
use super::indicator::{Indicator, IndicatorLevel};
use super::project::{Objective, Project};
use super::service_client::ServiceClient;
use super::session::Session;
use super::source_document::SourceDocument;
use super::spending_plan::SpendingPlan;
use super::unit::Unit;
use crate::auth::policy::Permission;
use crate::error::{AppError, AppResult};
use crate::service::filter::{Filter, Test};
use crate::service::read::Reader;
use crate::service::scope::Scoped;

/// One type of object that `node` finds.
trait Kind: Send + Sync {
    /// Reads a key of this type.
    fn key(&self, id: &str) -> Option<Uuid>;
    /// The objects with these keys that the caller may see.
    fn find<'a>(&'a self, reader: Reader<'a>, keys: Vec<Uuid>) -> BoxFuture<'a, AppResult<ByKey<Uuid>>>;
}

struct Table<E: EntityTrait> {
    parse: fn(&str) -> Option<Uuid>,
    column: E::Column,
    plan: Plan<E::Model>,
}

impl<E: Scoped> Kind for Table<E>
where
    E::Model: 'static,
    E::Column: Send + Sync,
{
    fn key(&self, id: &str) -> Option<Uuid> {
        (self.parse)(id)
    }

    fn find<'a>(&'a self, reader: Reader<'a>, keys: Vec<Uuid>) -> BoxFuture<'a, AppResult<ByKey<Uuid>>> {
        Box::pin(async move {
            let wanted = keys.iter().map(|key| (*key).into()).collect();
            let rows = reader.all::<E>(&Filter::column(self.column, Test::In(wanted)), []).await?;
            let texts = self.plan.render(reader, &rows).await?;
            let keys = rows.iter().map(|row| match row.get(self.column) {
                sea_orm::Value::Uuid(Some(key)) => Ok(key),
                _ => Err(AppError::internal("a row without a key")),
            });
            Ok(ByKey::new(keys.collect::<AppResult<Vec<_>>>()?, texts))
        })
    }
}

/// A kind of objects; `None` for one that the caller may not look at, of which nothing is there for him.
fn table<T, E>(
    asked: &Asked<'_>,
    parse: fn(&str) -> Option<Uuid>,
    column: E::Column,
) -> AppResult<Option<Box<dyn Kind>>>
where
    T: Object<Row = E::Model>,
    E: Scoped,
    E::Model: 'static,
    E::Column: Send + Sync,
{
    if asked.environment.caller.may(E::READ).is_err() {
        return Ok(None);
    }
    Ok(Some(Box::new(Table::<E> { parse, column, plan: Plan::compile::<T>(asked)? })))
}

/// What is asked of an object of any type.
struct Kinds(Vec<Box<dyn Kind>>);

impl Kinds {
    fn compile(asked: &Asked<'_>) -> AppResult<Self> {
        let kinds = [
            table::<Division, division::Entity>(
                asked,
                |id| id::DivisionId::parse(id).map(|id| id.0),
                division::Column::Id,
            )?,
            table::<Unit, unit::Entity>(asked, |id| id::UnitId::parse(id).map(|id| id.0), unit::Column::Id)?,
            table::<DepartmentGoal, department_goal::Entity>(
                asked,
                |id| id::DepartmentGoalId::parse(id).map(|id| id.0),
                department_goal::Column::Id,
            )?,
            table::<Project, project::Entity>(
                asked,
                |id| id::ProjectId::parse(id).map(|id| id.0),
                project::Column::Id,
            )?,
            table::<Objective, objective::Entity>(
                asked,
                |id| id::ObjectiveId::parse(id).map(|id| id.0),
                objective::Column::Id,
            )?,
            table::<SpendingPlan, spending_plan::Entity>(
                asked,
                |id| id::SpendingPlanId::parse(id).map(|id| id.0),
                spending_plan::Column::Id,
            )?,
            table::<Indicator, indicator::Entity>(
                asked,
                |id| id::IndicatorId::parse(id).map(|id| id.0),
                indicator::Column::Id,
            )?,
            table::<IndicatorLevel, indicator_level::Entity>(
                asked,
                |id| id::IndicatorLevelId::parse(id).map(|id| id.0),
                indicator_level::Column::Id,
            )?,
            table::<SourceDocument, source_document::Entity>(
                asked,
                |id| id::SourceDocumentId::parse(id).map(|id| id.0),
                source_document::Column::Id,
            )?,
            table::<Finding, finding::Entity>(
                asked,
                |id| id::FindingId::parse(id).map(|id| id.0),
                finding::Column::Id,
            )?,
            table::<BulkOperation, bulk_operation::Entity>(
                asked,
                |id| id::BulkOperationId::parse(id).map(|id| id.0),
                bulk_operation::Column::Id,
            )?,
            table::<Account, account::Entity>(
                asked,
                |id| id::AccountId::parse(id).map(|id| id.0),
                account::Column::Id,
            )?,
            table::<AccountGrant, account_grant::Entity>(
                asked,
                |id| id::AccountGrantId::parse(id).map(|id| id.0),
                account_grant::Column::Id,
            )?,
            table::<ServiceClient, client::Entity>(
                asked,
                |id| id::ClientId::parse(id).map(|id| id.0),
                client::Column::Id,
            )?,
            table::<Session, session::Entity>(
                asked,
                |id| id::SessionId::parse(id).map(|id| id.0),
                session::Column::Id,
            )?,
        ];
        Ok(Self(kinds.into_iter().flatten().collect()))
    }

    /// The objects with these ids, in their order; null for each that is not there.
    async fn find(&self, reader: Reader<'_>, ids: &[&str]) -> AppResult<Texts> {
        if self.0.is_empty() {
            reader.caller.may(Permission::UnitRead)?;
        }
        let of_kind =
            self.0.iter().map(|kind| {
                let keys: Vec<Uuid> = ids.iter().filter_map(|id| kind.key(id)).collect();
                async move {
                    Ok::<_, AppError>(if keys.is_empty() { ByKey::default() } else { kind.find(reader, keys).await? })
                }
            });
        let found = try_join_all(of_kind).await?;
        let texts = ids.iter().map(|id| {
            // A client has the key of its account: what was found is told apart by its kind.
            let text = self.0.iter().zip(&found).find_map(|(kind, found)| Some(found.get(&kind.key(id)?)));
            text.flatten().unwrap_or(json::NULL)
        });
        Ok(texts.collect())
    }
}

/// Objects of any type by the ids of a request.
pub struct Nodes {
    ids: Vec<String>,
    list: bool,
    kinds: Kinds,
}

impl Nodes {
    /// Plans what is asked of each type; `list` tells `nodes` from `node`.
    pub fn compile(asked: &Asked<'_>, ids: Vec<String>, list: bool) -> AppResult<Self> {
        Ok(Self { ids, list, kinds: Kinds::compile(asked)? })
    }
}

/// The object of any type whose id stands in the row; null where there is none.
pub struct NodeOf<R> {
    id: fn(&R) -> Option<&str>,
    kinds: Kinds,
}

impl<R> NodeOf<R> {
    /// Plans what is asked of the object.
    pub fn compile(asked: &Asked<'_>, id: fn(&R) -> Option<&str>) -> AppResult<Self> {
        Ok(Self { id, kinds: Kinds::compile(asked)? })
    }
}

impl<R: Send + Sync> Linked<R> for NodeOf<R> {
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [R]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let ids: Vec<&str> = rows.iter().map(|row| (self.id)(row).unwrap_or_default()).collect();
            self.kinds.find(reader, &ids).await
        })
    }
}

impl Linked<()> for Nodes {
    fn load<'a>(&'a self, reader: Reader<'a>, _: &'a [()]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let ids: Vec<&str> = self.ids.iter().map(String::as_str).collect();
            let texts = self.kinds.find(reader, &ids).await?;
            Ok(if self.list { Texts::one(|out| json::list(out, texts.iter())) } else { texts })
        })
    }
}
