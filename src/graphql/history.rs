//! What was done to an object, and the state of objects at a time.

use std::sync::LazyLock;

use async_graphql::Value;
use entity::value::Timestamp;
use entity::{audit_entry, indicator};
use futures_util::future::BoxFuture;
use sea_orm::EntityTrait;

use super::engine::argument::{self, At};
use super::engine::asked::Asked;
use super::engine::connection::Connected;
use super::engine::filter::Filters;
use super::engine::object::{Fields, Object};
use super::engine::order::OrderField;
use super::engine::signature::Argument;
use super::text;
use crate::auth::policy::Permission;
use crate::error::AppResult;
use crate::service::audit::diff::{self, FieldDiff};
use crate::service::order::Direction;
use crate::service::read::{Page, Question, Reader};

/// The argument that asks for the state at a time.
pub fn as_of() -> Argument {
    Argument::new(
        "asOf: DateTime",
        "The state at this time, for everything below: units, projects, goals and their parts as they were, and only those \
         that there were. Documents, findings, other names of units, divisions and indicator levels are those of now, and so \
         are the caller's rights. Now when absent; a time before the first import has nothing.",
    )
}

/// The value of that argument, for fields that have it.
///
/// # Errors
/// `BAD_USER_INPUT` when it is no time, `FORBIDDEN` for who may not look at the past.
pub fn moment(asked: &Asked<'_>) -> AppResult<Option<Timestamp>> {
    let value = asked.argument("asOf")?.filter(|value| *value != Value::Null);
    let Some(value) = value else { return Ok(None) };
    asked.environment.caller.may(Permission::HistoryRead)?;
    argument::timestamp(&value, &At::top("asOf")).map(Some)
}

/// The entries of the projects of indicators that name the indicators, each with what it says of the indicator alone.
pub fn of_indicators<'a>(
    reader: Reader<'a>,
    rows: &'a [indicator::Model],
    question: &'a Question<audit_entry::Entity>,
) -> BoxFuture<'a, AppResult<Vec<Page<audit_entry::Model>>>> {
    Box::pin(async move {
        let parts: Vec<_> = rows.iter().map(|row| (row.project_id.0, row.id.public())).collect();
        let mut pages = reader.touching(&parts, question).await?;
        for (page, (_, part)) in pages.iter_mut().zip(&parts) {
            for entry in &mut page.rows {
                diff::narrow(entry, part);
            }
        }
        Ok(pages)
    })
}

/// `Change`.
pub struct Change;

impl Object for Change {
    type Row = audit_entry::Model;
    const NAME: &'static str = "Change";

    fn fields() -> &'static Fields<audit_entry::Model> {
        static FIELDS: LazyLock<Fields<audit_entry::Model>> =
            LazyLock::new(|| {
                Fields::<audit_entry::Model>::new(
                "What one transaction did to an object and its parts, and who did it. It is never changed afterwards.",
            )
            .value("id: ID!", "Code of the division and number of the entry in its audit, e.g. `130304:17`.", |e| {
                Value::from(format!("{}:{}", e.chain, e.seq))
            })
            .value("at: DateTime!", "When it was done.", |e| text::time(e.at))
            .value("actor: String!", "Name of the account that did it; `operator` for a command at the machine.", |e| {
                Value::from(e.actor_name.as_str())
            })
            .value("onBehalfOf: String", "For whom the account acted; null where it did not say so.", |e| {
                text::text(&e.on_behalf_of)
            })
            .value("requestId: String", "The request that asked for it; null for a command.", |e| {
                text::text(&e.request_id)
            })
            .value("action: String!", "What was asked for, e.g. `projectUpsert` or `import`.", |e| {
                Value::from(e.action.as_str())
            })
            .value("kind: ChangeKind!", "What became of the object.", |e| text::name(e.kind.code()))
            .value(
                "version: Int!",
                "Version of the object afterwards; of an indicator, that of its project.",
                |e| Value::from(e.version),
            )
            .inlines::<FieldChange>("diff: [FieldChange!]!", "The values that changed, row by row.", diff::fields)
            });
        &FIELDS
    }
}

impl Connected for Change {
    type Entity = audit_entry::Entity;
    const AGGREGATE: &'static str = "ChangeAggregate";

    const SEARCHED: bool = false;

    fn filters() -> &'static Filters {
        static FILTERS: LazyLock<Filters> = LazyLock::new(|| Filters::new("ChangeFilter", "None yet."));
        &FILTERS
    }

    fn orders() -> &'static [OrderField<<audit_entry::Entity as EntityTrait>::Column>] {
        &[]
    }

    const DEFAULT_ORDER: &'static str = "time, the newest first";
    const DEFAULT_DIRECTION: Direction = Direction::Descending;

    fn default_order() -> &'static [audit_entry::Column] {
        &[audit_entry::Column::Seq]
    }
}

/// `FieldChange`.
pub struct FieldChange;

impl Object for FieldChange {
    type Row = FieldDiff;
    const NAME: &'static str = "FieldChange";

    fn fields() -> &'static Fields<FieldDiff> {
        static FIELDS: LazyLock<Fields<FieldDiff>> = LazyLock::new(|| {
            Fields::<FieldDiff>::new("A value of an object or of one of its parts that changed.")
                .value("type: String!", "What the value belongs to, e.g. `project` or `plan_point`.", |d| {
                    Value::from(d.table.as_str())
                })
                .value("rowId: ID!", "Id of what the value belongs to.", |d| Value::from(d.id.as_str()))
                .value("kind: ChangeKind!", "What became of what the value belongs to.", |d| text::name(d.kind.code()))
                .value("field: String!", "The value, e.g. `budget`.", |d| Value::from(d.field.as_str()))
                .value(
                    "before: String",
                    "The value before, as text: money in 元, decimals in plain notation, ids; null where there was none.",
                    |d| text::text(&d.before),
                )
                .value("after: String", "The value afterwards; null where there is none.", |d| text::text(&d.after))
        });
        &FIELDS
    }
}
