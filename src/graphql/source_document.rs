//! Source documents (绩效信息公开文本), and references to places in them.

use std::sync::LazyLock;

use async_graphql::Value;
use entity::id::SourceDocumentId;
use entity::source_document;

use super::department_goal::DepartmentGoal;
use super::engine::connection::Connected;
use super::engine::filter::Filters;
use super::engine::object::{Fields, Object, Step};
use super::engine::order::OrderField;
use super::engine::plan::{Keyed, Plan};
use super::finding::Finding;
use super::project::Project;
use super::text;
use super::unit::Unit;
use crate::service::relation::{DOCUMENT_FINDINGS, DOCUMENT_GOALS, DOCUMENT_PROJECTS, DOCUMENT_UNIT};

/// `SourceDocument`.
pub struct SourceDocument;

impl Object for SourceDocument {
    type Row = source_document::Model;
    const NAME: &'static str = "SourceDocument";

    fn fields() -> &'static Fields<source_document::Model> {
        static FIELDS: LazyLock<Fields<source_document::Model>> = LazyLock::new(|| {
            Fields::<source_document::Model>::new("A published document (绩效信息公开文本) that was read.")
                .node(|document| document.id.public())
                .one::<Unit, _>("unit: Unit!", "The unit that published it.", DOCUMENT_UNIT)
                .value("fiscalYear: Int!", "Fiscal year it speaks of.", |d| Value::from(d.fiscal_year))
                .value("sha256: String!", "SHA-256 of the file, 64 hexadecimal digits.", |d| {
                    Value::from(d.sha256.as_str())
                })
                .value("fileName: String!", "Name of the file.", |d| Value::from(d.file_name.as_str()))
                .value("format: DocumentFormat!", "Format of the file.", |d| text::name(d.format.code()))
                .value("size: Int!", "Size of the file in bytes.", |d| Value::from(d.size))
                .value("title: String", "Printed title; null when there is none.", |d| text::text(&d.title))
                .connection::<Project, _>(
                    "projects: ProjectConnection!",
                    "The projects whose values come from it.",
                    DOCUMENT_PROJECTS,
                )
                .connection::<DepartmentGoal, _>(
                    "goals: DepartmentGoalConnection!",
                    "The department goals whose values come from it.",
                    DOCUMENT_GOALS,
                )
                .connection::<Finding, _>(
                    "findings: FindingConnection!",
                    "What rules noticed in it.",
                    DOCUMENT_FINDINGS,
                )
                .value("importedAt: DateTime!", "When it was read.", |d| text::time(d.created_at))
        });
        &FIELDS
    }
}

impl Connected for SourceDocument {
    type Entity = source_document::Entity;
    const AGGREGATE: &'static str = "SourceDocumentAggregate";

    fn filters() -> &'static Filters {
        static FILTERS: LazyLock<Filters> = LazyLock::new(|| {
            use source_document::Column;
            Filters::new("SourceDocumentFilter", "Conditions on documents; all fields given must hold.")
                .id("id: IdFilter", "Id.", Column::Id, |id| SourceDocumentId::parse(id).map(|id| id.0))
                .text("divisionCode: StringFilter", "Code of the fiscal division.", Column::DivisionCode)
                .int("fiscalYear: IntFilter", "Fiscal year.", Column::FiscalYear)
                .text("sha256: StringFilter", "SHA-256 of the file.", Column::Sha256)
                .text("fileName: StringFilter", "Name of the file.", Column::FileName)
                .code("format: DocumentFormatFilter", "Format.", Column::Format)
                .text("title: StringFilter", "Printed title.", Column::Title)
                .time("importedAt: DateTimeFilter", "When it was read.", Column::CreatedAt)
                .related("unit: UnitFilter", "The unit that published it.", DOCUMENT_UNIT, Unit::filters)
                .many("findings: FindingListFilter", "What rules noticed in it.", DOCUMENT_FINDINGS, Finding::filters)
        });
        &FILTERS
    }

    fn orders() -> &'static [OrderField<source_document::Column>] {
        use source_document::Column;
        &[
            OrderField { name: "IMPORTED_AT", description: "When it was read.", column: Column::CreatedAt },
            OrderField { name: "FISCAL_YEAR", description: "Fiscal year.", column: Column::FiscalYear },
            OrderField { name: "FILE_NAME", description: "Name of the file.", column: Column::FileName },
        ]
    }

    const DEFAULT_ORDER: &'static str = "the time of reading, oldest first";

    fn default_order() -> &'static [source_document::Column] {
        &[source_document::Column::CreatedAt]
    }
}

/// A place in a document.
#[derive(Clone, Debug)]
pub struct Place {
    document: SourceDocumentId,
    line: Option<i32>,
    table: Option<i32>,
    row: Option<i32>,
}

impl Place {
    /// The place that the columns of a row name.
    pub fn of(
        document: Option<SourceDocumentId>,
        line: Option<i32>,
        table: Option<i32>,
        row: Option<i32>,
    ) -> Option<Self> {
        document.map(|document| Self { document, line, table, row })
    }
}

/// `SourceRef`.
pub struct SourceRef;

impl Object for SourceRef {
    type Row = Place;
    const NAME: &'static str = "SourceRef";

    fn fields() -> &'static Fields<Place> {
        static FIELDS: LazyLock<Fields<Place>> = LazyLock::new(|| {
            Fields::<Place>::new("A place in a document.")
                .field(
                    "document: SourceDocument",
                    "The document; null when it belongs to a unit out of scope.",
                    Vec::new(),
                    |asked| {
                        Ok(Step::Link(Box::new(Keyed::<Place, source_document::Entity> {
                            key: |place| Some(place.document.0),
                            column: source_document::Column::Id,
                            plan: Plan::compile::<SourceDocument>(asked)?,
                        })))
                    },
                )
                .value(
                    "line: Int",
                    "Line of a text document, or paragraph of a Word document outside its tables, from 1; null for a \
                     row of a table, and for what is absent from the whole document.",
                    |place| place.line.into(),
                )
                .value(
                    "table: Int",
                    "Table of a Word document, from 1; null outside its tables and in a text document.",
                    |place| place.table.into(),
                )
                .value("row: Int", "Row of that table, from 1; null where `table` is.", |place| place.row.into())
        });
        &FIELDS
    }
}
