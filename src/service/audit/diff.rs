//! The diff of an entry, read back: which values of which rows changed.

use std::collections::BTreeMap;

use entity::audit_entry;
use entity::value::ChangeKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The change of one row, as [`crate::service::journal`] writes it.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct RowChange {
    #[serde(rename = "type")]
    table: String,
    id: String,
    kind: String,
    #[serde(default)]
    before: BTreeMap<String, Value>,
    #[serde(default)]
    after: BTreeMap<String, Value>,
}

/// A value that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDiff {
    /// The table of the row.
    pub table: String,
    /// The public key of the row.
    pub id: String,
    /// What became of the row.
    pub kind: ChangeKind,
    /// Name of the value.
    pub field: String,
    /// The value before, as text.
    pub before: Option<String>,
    /// The value afterwards, as text.
    pub after: Option<String>,
}

fn rows(entry: &audit_entry::Model) -> Vec<RowChange> {
    // An entry that was tampered with is told by the verification of the audit; here it says nothing.
    serde_json::from_str(&entry.diff).unwrap_or_default()
}

/// The values that an entry says changed.
pub fn fields(entry: &audit_entry::Model) -> Vec<FieldDiff> {
    let mut fields = Vec::new();
    for row in rows(entry) {
        let Some(kind) = ChangeKind::from_code(&row.kind) else { continue };
        let RowChange { table, id, before, mut after, .. } = row;
        let field = |name: String, before: Option<Value>, after: Option<Value>| FieldDiff {
            table: table.clone(),
            id: id.clone(),
            kind,
            field: name,
            before: before.and_then(text),
            after: after.and_then(text),
        };
        for (name, value) in before {
            let now = after.remove(&name);
            fields.push(field(name, Some(value), now));
        }
        fields.extend(after.into_iter().map(|(name, value)| field(name, None, Some(value))));
    }
    fields
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// Leaves of an entry only what it says of one part.
pub fn narrow(entry: &mut audit_entry::Model, part: &str) {
    let mut rows = rows(entry);
    rows.retain(|row| row.id == part);
    if let Some(kind) = rows.last().and_then(|row| ChangeKind::from_code(&row.kind)) {
        entry.kind = kind;
    }
    // Text, numbers and names only, which JSON always takes.
    entry.diff = serde_json::to_string(&rows).unwrap_or_default();
}
