//! Findings (数据质量问题) as they are acknowledged.

use std::sync::LazyLock;

use super::Input;

/// Longest reason, in characters.
const REASON: usize = 2_000;
const ID: usize = 40;

/// A finding to acknowledge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingAcknowledge {
    /// Its public id.
    pub id: Option<String>,
    /// The version that the caller expects.
    pub expected_version: Option<i32>,
    /// Why it may stay as it is.
    pub reason: Option<String>,
}

/// A finding whose acknowledgement is taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingUnacknowledge {
    /// Its public id.
    pub id: Option<String>,
    /// The version that the caller expects.
    pub expected_version: Option<i32>,
}

const EXPECTED: &str =
    "The version that the caller has seen: another stored version is a conflict, and nothing is written.";

/// `FindingAcknowledgeInput`.
pub fn acknowledge() -> &'static Input<FindingAcknowledge> {
    static INPUT: LazyLock<Input<FindingAcknowledge>> = LazyLock::new(|| {
        Input::new(
            "FindingAcknowledgeInput",
            "A finding to acknowledge: someone has looked, and it may stay as it is. The acknowledgement stays when a \
             later import or write makes the same finding again.",
        )
        .text("id: ID!", "Which finding.", ID, |row: &mut FindingAcknowledge| &mut row.id)
        .int("expectedVersion: Int", EXPECTED, 1, i32::MAX, |row| &mut row.expected_version)
        .text("reason: String!", "Why it may stay as it is, at most 2,000 characters.", REASON, |row| &mut row.reason)
        .client_mutation_id()
    });
    &INPUT
}

/// `FindingUnacknowledgeInput`.
pub fn unacknowledge() -> &'static Input<FindingUnacknowledge> {
    static INPUT: LazyLock<Input<FindingUnacknowledge>> = LazyLock::new(|| {
        Input::new("FindingUnacknowledgeInput", "A finding whose acknowledgement is taken back.")
            .text("id: ID!", "Which finding.", ID, |row: &mut FindingUnacknowledge| &mut row.id)
            .int("expectedVersion: Int", EXPECTED, 1, i32::MAX, |row| &mut row.expected_version)
            .client_mutation_id()
    });
    &INPUT
}
