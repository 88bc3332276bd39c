//! Bulk operations from files as they are asked for.

use std::sync::LazyLock;

use entity::value::{BulkKind, BulkMode};
use serde_json::Value as Json;

use super::{At, Input, UserError, UserErrorCode, Words, key, scalar};

/// Longest id, name of a file or identifier, in characters.
const SHORT: usize = 200;

/// A file to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadCreate {
    /// Its name.
    pub file_name: Option<String>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// Its SHA-256.
    pub sha256: Option<String>,
}

/// What a file is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportScope {
    /// Code of the division.
    pub division_code: Option<String>,
    /// Name of the division.
    pub division_name: Option<String>,
    /// Fiscal year.
    pub fiscal_year: Option<i32>,
    /// Code of the unit.
    pub unit_code: Option<String>,
    /// Name of the unit.
    pub unit_name: Option<String>,
}

/// An operation on a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportStart {
    /// The file.
    pub upload_id: Option<String>,
    /// What its rows are; without it each row tells.
    pub kind: Option<BulkKind>,
    /// What to do with them.
    pub mode: Option<BulkMode>,
    /// Whether blank cells clear.
    pub blank_cells: Option<Blank>,
    /// Whether to keep nothing.
    pub dry_run: Option<bool>,
    /// What the file is about.
    pub scope: Option<ImportScope>,
    /// Projects of the scope, as the client counted them.
    pub expected_scope_rows: Option<i32>,
    /// The dry run to apply.
    pub confirm_preview: Option<String>,
    /// What the client calls the operation.
    pub client_identifier: Option<String>,
}

/// What blank cells mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// What is stored stays.
    Keep,
    /// What is stored is cleared.
    Clear,
}

/// An operation to end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationCancel {
    /// Which one.
    pub id: Option<String>,
}

/// `UploadCreateInput`.
pub fn upload_create() -> &'static Input<UploadCreate> {
    static INPUT: LazyLock<Input<UploadCreate>> = LazyLock::new(|| {
        Input::new("UploadCreateInput", "A file that is going to be sent.")
            .text("fileName: String!", "Its name, without folder.", SHORT, |input: &mut UploadCreate| {
                &mut input.file_name
            })
            .value("size: String!", "Its size in bytes, as digits.", size, |input| &mut input.size)
            .text(
                "sha256: String",
                "Its SHA-256, 64 hexadecimal digits; other bytes are refused when the last one has come.",
                SHORT,
                |input| &mut input.sha256,
            )
            .client_mutation_id()
    });
    &INPUT
}

fn size(value: &Json, at: &At<'_>) -> Result<u64, UserError> {
    let text = scalar::text(value, at, SHORT)?;
    text.parse().map_err(|_| {
        let words = Words::new("This must be a number of bytes, as digits.", "此处应为以数字表示的字节数。");
        UserError::validation(UserErrorCode::InvalidFormat, at.path(), "size", Some(&text), words)
    })
}

fn scope() -> &'static Input<ImportScope> {
    static INPUT: LazyLock<Input<ImportScope>> = LazyLock::new(|| {
        Input::new(
            "ImportScopeInput",
            "What a file is about: the projects that `REPLACE_SCOPE` replaces, or what a published document does not print.",
        )
        .text(
            "divisionCode: String",
            "Code of the division; needed for a document, and where there are several.",
            key::CODE,
            |scope: &mut ImportScope| &mut scope.division_code,
        )
        .text(
            "divisionName: String",
            "Name of the division of a document, where it is not known yet.",
            key::NAME,
            |scope| &mut scope.division_name,
        )
        .int(
            "fiscalYear: Int",
            "Fiscal year.",
            key::YEARS.0,
            key::YEARS.1,
            |scope| &mut scope.fiscal_year,
        )
        .text(
            "unitCode: String",
            "Code of the unit.",
            key::CODE,
            |scope| &mut scope.unit_code,
        )
        .text(
            "unitName: String",
            "Name of that unit, for a document that does not print it.",
            key::NAME,
            |scope| &mut scope.unit_name,
        )
    });
    &INPUT
}

/// `ImportStartInput`.
pub fn import_start() -> &'static Input<ImportStart> {
    static INPUT: LazyLock<Input<ImportStart>> = LazyLock::new(|| {
        Input::new(
            "ImportStartInput",
            "What to do with a file: either `uploadId` with options, or `confirmPreview` alone, which applies exactly what a \
             dry run showed.",
        )
        .text(
            "uploadId: ID",
            "The file, all of whose bytes were sent.",
            SHORT,
            |input: &mut ImportStart| &mut input.upload_id,
        )
        .value(
            "kind: BulkKind",
            "What its rows are; absent as `MIXED`.",
            scalar::code,
            |input| &mut input.kind,
        )
        .value(
            "mode: BulkMode! = UPSERT",
            "What to do with the rows.",
            scalar::code,
            |input| &mut input.mode,
        )
        .value(
            "blankCells: BlankCells! = KEEP",
            "What a blank cell of a table means; without effect on JSONL, where null clears.",
            |value, at| scalar::name(value, at, BLANKS),
            |input| &mut input.blank_cells,
        )
        .value(
            "dryRun: Boolean! = true",
            "Tells of every row what would become of it, and keeps nothing.",
            scalar::truth,
            |input| &mut input.dry_run,
        )
        .object("scope: ImportScopeInput", "What the file is about.", scope, |input| &mut input.scope)
        .int(
            "expectedScopeRows: Int",
            "For `REPLACE_SCOPE` without a preview: how many projects the scope has now. Nothing is written when it has \
             others.",
            0,
            i32::MAX,
            |input| &mut input.expected_scope_rows,
        )
        .text(
            "confirmPreview: ID",
            "A dry run that was completed: its file is applied with its options, or the operation fails with \
             `PREVIEW_STALE` and writes nothing.",
            SHORT,
            |input| &mut input.confirm_preview,
        )
        .text(
            "clientIdentifier: String",
            "What the client calls the operation.",
            SHORT,
            |input| &mut input.client_identifier,
        )
        .client_mutation_id()
    });
    &INPUT
}

/// `BulkOperationCancelInput`.
pub fn operation_cancel() -> &'static Input<OperationCancel> {
    static INPUT: LazyLock<Input<OperationCancel>> = LazyLock::new(|| {
        Input::new("BulkOperationCancelInput", "An operation to end before its end.")
            .text("id: ID!", "Which one.", SHORT, |input: &mut OperationCancel| &mut input.id)
            .client_mutation_id()
    });
    &INPUT
}

const BLANKS: &[(&str, Blank)] = &[("KEEP", Blank::Keep), ("CLEAR", Blank::Clear)];
