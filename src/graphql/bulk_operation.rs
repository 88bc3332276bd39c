//! Bulk operations: how far they are, and what went wrong.

use std::sync::LazyLock;

use async_graphql::Value;
use entity::bulk_operation;
use entity::id::BulkOperationId;
use entity::value::BulkStatus;

use super::engine::argument::{self, At};
use super::engine::asked::Asked;
use super::engine::connection::Connected;
use super::engine::filter::Filters;
use super::engine::object::{Fields, Object, Step};
use super::engine::order::OrderField;
use super::engine::plan::{Inlines, Keyed, Plan, Rows};
use super::engine::signature::Argument;
use super::indicator::language;
use super::text;
use crate::bulk::apply::Fault;
use crate::bulk::progress;
use crate::bulk::results::Which;
use crate::bulk::summary::{Summary, SummaryItem};
use crate::error::AppResult;
use crate::lang::Lang;
use crate::service::filter::{Filter, Test};

/// `BulkOperation`.
pub struct BulkOperation;

impl Object for BulkOperation {
    type Row = bulk_operation::Model;
    const NAME: &'static str = "BulkOperation";

    fn fields() -> &'static Fields<bulk_operation::Model> {
        static FIELDS: LazyLock<Fields<bulk_operation::Model>> = LazyLock::new(|| {
            Fields::<bulk_operation::Model>::new(
                "A file that is worked through in the background, row by row. Others may run at the same time; accounts \
                 take turns.",
            )
            .node(|operation| operation.id.public())
            .value("clientIdentifier: String", "What the client calls it; null when it gave no name.", |o| {
                text::text(&o.client_identifier)
            })
            .value("kind: BulkKind!", "What the rows are.", |o| text::name(o.kind.code()))
            .value("mode: BulkMode!", "What is done with the rows.", |o| text::name(o.mode.code()))
            .value("dryRun: Boolean!", "Whether nothing is kept of what is done.", |o| Value::from(o.dry_run))
            .field("preview: BulkOperation", "The dry run that it confirms; null when it confirms none.", Vec::new(), |asked| {
                Ok(Step::Link(Box::new(Keyed::<bulk_operation::Model, bulk_operation::Entity> {
                    key: |operation| operation.preview_id.map(|id| id.0),
                    column: bulk_operation::Column::Id,
                    plan: Plan::compile::<BulkOperation>(asked)?,
                })))
            })
            .value("status: BulkStatus!", "Its state.", |o| text::name(o.status.code()))
            .value("phase: BulkPhase!", "What it is busy with.", |o| text::name(o.phase.code()))
            .inline::<BulkProgress>("progress: BulkProgress!", "How far it is.", |o| Some(o.clone()))
            .inline::<BulkFailure>("failure: BulkFailure", "Why it failed; null unless it did.", |o| {
                serde_json::from_str(o.failure.as_deref()?).ok()
            })
            .field(
                "errorSummary: [ErrorSummaryItem!]!",
                "The errors of all rows so far by code, in the order of their first row.",
                Vec::new(),
                |asked| {
                    Ok(Step::Link(Box::new(Inlines {
                        parts: |operation: &bulk_operation::Model| Summary::read(&operation.error_summary).0,
                        plan: Plan::compile::<ErrorSummaryItem>(asked)?,
                    })))
                },
            )
            .value(
                "resultUrl: String",
                "Where to fetch one line of JSON for each row, from `/` on, with the same token; grows while the operation \
                 runs. Null after the files were deleted.",
                |o| url(o, Which::Results),
            )
            .value(
                "errorsUrl: String",
                "Where to fetch the lines of the refused rows alone. Null after the files were deleted.",
                |o| url(o, Which::Errors),
            )
            .value("createdAt: DateTime!", "When it was started by the client.", |o| text::time(o.created_at))
            .value("startedAt: DateTime", "When its turn came; null while it waits.", |o| time(o.started_at))
            .value("finishedAt: DateTime", "When it ended; null until then.", |o| time(o.finished_at))
            .value("expiresAt: DateTime", "When its files are deleted; null before its end.", |o| time(o.expires_at))
        });
        &FIELDS
    }
}

fn time(time: Option<entity::value::Timestamp>) -> Value {
    time.map_or(Value::Null, text::time)
}

fn url(operation: &bulk_operation::Model, which: Which) -> Value {
    match operation.status {
        BulkStatus::Expired => Value::Null,
        BulkStatus::Queued
        | BulkStatus::Validating
        | BulkStatus::Running
        | BulkStatus::Canceling
        | BulkStatus::Canceled
        | BulkStatus::Completed
        | BulkStatus::CompletedWithErrors
        | BulkStatus::Failed => Value::from(which.address(operation.id)),
    }
}

impl Connected for BulkOperation {
    type Entity = bulk_operation::Entity;
    const AGGREGATE: &'static str = "BulkOperationAggregate";

    fn filters() -> &'static Filters {
        static FILTERS: LazyLock<Filters> = LazyLock::new(|| {
            use bulk_operation::Column;
            Filters::new("BulkOperationFilter", "Conditions on bulk operations; all fields given must hold.")
                .id("id: IdFilter", "Id.", Column::Id, |id| BulkOperationId::parse(id).map(|id| id.0))
                .text("clientIdentifier: StringFilter", "What the client calls it.", Column::ClientIdentifier)
                .code("kind: BulkKindFilter", "What the rows are.", Column::Kind)
                .code("status: BulkStatusFilter", "Its state.", Column::Status)
                .time("createdAt: DateTimeFilter", "When it was started by the client.", Column::CreatedAt)
        });
        &FILTERS
    }

    fn orders() -> &'static [OrderField<bulk_operation::Column>] {
        use bulk_operation::Column;
        &[OrderField {
            name: "CREATED_AT",
            description: "When it was started by the client.",
            column: Column::CreatedAt,
        }]
    }

    const DEFAULT_ORDER: &'static str = "the time of the start, oldest first";

    fn default_order() -> &'static [bulk_operation::Column] {
        &[bulk_operation::Column::CreatedAt]
    }
}

/// The operation that the argument `id` names.
pub fn by_id(asked: &Asked<'_>) -> AppResult<Rows<bulk_operation::Model>> {
    let id = argument::text(&asked.required("id")?, &At::top("id"))?;
    let keys = BulkOperationId::parse(&id).map(sea_orm::Value::from);
    let filter = Filter::column(bulk_operation::Column::Id, Test::In(keys.into_iter().collect()));
    let filter = std::sync::Arc::new(filter);
    Ok(Box::new(move |reader| {
        let filter = filter.clone();
        Box::pin(async move { Ok(vec![reader.one::<bulk_operation::Entity>(&filter).await?]) })
    }))
}

/// `BulkProgress`.
pub struct BulkProgress;

impl Object for BulkProgress {
    type Row = bulk_operation::Model;
    const NAME: &'static str = "BulkProgress";

    fn fields() -> &'static Fields<bulk_operation::Model> {
        static FIELDS: LazyLock<Fields<bulk_operation::Model>> = LazyLock::new(|| {
            Fields::<bulk_operation::Model>::new("How far a bulk operation is; it moves with each chunk of 500 rows.")
                .value("rowsTotal: Int", "Rows of the file; null until they were counted.", |o| {
                    Value::from(o.rows_total)
                })
                .value("rowsDone: Int!", "Rows that were looked at: the sum of the following.", |o| {
                    Value::from(o.rows_done)
                })
                .value("rowsCreated: Int!", "Rows that were new.", |o| Value::from(o.rows_created))
                .value("rowsUpdated: Int!", "Rows that differed from what was stored.", |o| Value::from(o.rows_updated))
                .value("rowsUnchanged: Int!", "Rows that were stored already.", |o| Value::from(o.rows_unchanged))
                .value("rowsDeleted: Int!", "Rows that were deleted.", |o| Value::from(o.rows_deleted))
                .value("rowsFailed: Int!", "Rows that were refused.", |o| Value::from(o.rows_failed))
                .value("rowsSkipped: Int!", "Rows that were fine and not stored because of others.", |o| {
                    Value::from(o.rows_skipped)
                })
                .value("bytesTotal: String!", "Size of the file in bytes.", |o| Value::from(o.bytes_total.to_string()))
                .value("bytesDone: String!", "Bytes of the file that are worked through.", |o| {
                    Value::from(o.bytes_done.to_string())
                })
                .value(
                    "percent: Int",
                    "The part of the file that is worked through; 100 only at the end, null before the first row.",
                    |o| Value::from(progress::percent(o)),
                )
                .value(
                    "etaSeconds: Int",
                    "How long it may still take at the speed so far; null while that is not known, and after the end.",
                    |o| Value::from(progress::eta_seconds(o)),
                )
        });
        &FIELDS
    }
}

/// `BulkFailure`.
pub struct BulkFailure;

impl Object for BulkFailure {
    type Row = Fault;
    const NAME: &'static str = "BulkFailure";

    fn fields() -> &'static Fields<Fault> {
        static FIELDS: LazyLock<Fields<Fault>> = LazyLock::new(|| {
            Fields::<Fault>::new("Why a bulk operation could not go on.")
                .value("code: String!", "Its code, e.g. `PREVIEW_STALE`; new ones may come.", |f| {
                    Value::from(f.code.as_str())
                })
                .field("message: String!", "What happened and what to do.", lang(), |asked| {
                    let lang = language(asked)?;
                    Ok(Step::value(move |fault: &Fault| {
                        Value::from(match lang {
                            Lang::En => fault.message.as_str(),
                            Lang::Zh => fault.message_zh.as_str(),
                        })
                    }))
                })
        });
        &FIELDS
    }
}

/// `ErrorSummaryItem`.
pub struct ErrorSummaryItem;

impl Object for ErrorSummaryItem {
    type Row = SummaryItem;
    const NAME: &'static str = "ErrorSummaryItem";

    fn fields() -> &'static Fields<SummaryItem> {
        static FIELDS: LazyLock<Fields<SummaryItem>> = LazyLock::new(|| {
            Fields::<SummaryItem>::new("The errors of one code in a bulk operation.")
                .value("code: String!", "The code, as in `userErrors` of the lines; new ones may come.", |item| {
                    Value::from(item.code.as_str())
                })
                .value("count: Int!", "Errors with this code.", |item| Value::from(item.count))
                .value("firstLine: Int!", "Line of the file, or row of the sheet, that has the first.", |item| {
                    Value::from(item.first_line)
                })
                .value("firstSheet: String", "Sheet of that row; null when the file is no workbook.", |item| {
                    text::text(&item.first_sheet)
                })
                .field("sampleMessage: String!", "What the first error says.", lang(), |asked| {
                    let lang = language(asked)?;
                    Ok(Step::value(move |item: &SummaryItem| Value::from(item.message(lang))))
                })
        });
        &FIELDS
    }
}

fn lang() -> Vec<Argument> {
    vec![Argument::new("lang: Lang", "The language; that of `Accept-Language` when absent.")]
}
