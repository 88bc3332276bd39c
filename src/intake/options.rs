//! What is said about a file beside its kind and mode: kept as the options of the operation.

use entity::bulk_operation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{AppError, AppResult};

/// What a blank cell of a table means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum BlankCells {
    /// What is stored stays.
    #[default]
    Keep,
    /// What is stored is cleared.
    Clear,
}

impl BlankCells {
    /// All meanings with their published names.
    pub const ALL: &'static [(&'static str, Self)] = &[("KEEP", Self::Keep), ("CLEAR", Self::Clear)];
}

/// What a file is about: the projects that `REPLACE_SCOPE` replaces, or what a published document does not print.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScopeOptions {
    /// Code of the fiscal division.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division_code: Option<String>,
    /// Its name, for a document of a division that is not known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division_name: Option<String>,
    /// Fiscal year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fiscal_year: Option<i32>,
    /// Code of the unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_code: Option<String>,
    /// Its name, for a document that does not print it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_name: Option<String>,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IntakeOptions {
    /// What blank cells mean.
    pub blank_cells: BlankCells,
    /// What the file is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeOptions>,
    /// How many projects there are in the scope, as the client counted them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_scope_rows: Option<u64>,
}

impl IntakeOptions {
    /// The options of an operation.
    ///
    /// # Errors
    /// When what is stored are none.
    pub fn of(operation: &bulk_operation::Model) -> AppResult<Self> {
        serde_json::from_str(&operation.options).map_err(AppError::internal)
    }

    /// The stored form.
    pub fn stored(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(members)) => members,
            // Names and texts: JSON can say all of it, as an object.
            Ok(_) | Err(_) => Map::new(),
        }
    }
}
