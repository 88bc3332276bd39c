//! Findings (数据质量问题) as they are acknowledged.

use std::sync::LazyLock;

use super::Input;

/// Longest reason, in characters.
const REASON: usize = 2_000;
const ID: usize = 40;

/// The acknowledgement of a finding, or its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingMark {
    /// Public id of the finding.
    pub id: Option<String>,
    /// The version that the caller expects.
    pub expected_version: Option<i32>,
    /// Why it may stay as it is; none takes the acknowledgement back.
    pub reason: Option<String>,
}

fn mark(name: &'static str, description: &'static str) -> Input<FindingMark> {
    Input::new(name, description).text("id: ID!", "Which finding.", ID, |row: &mut FindingMark| &mut row.id).int(
        "expectedVersion: Int",
        "The version that the caller has seen: another stored version is a conflict, and nothing is written.",
        1,
        i32::MAX,
        |row| &mut row.expected_version,
    )
}

/// `FindingAcknowledgeInput`.
pub fn acknowledge() -> &'static Input<FindingMark> {
    static INPUT: LazyLock<Input<FindingMark>> = LazyLock::new(|| {
        mark(
            "FindingAcknowledgeInput",
            "A finding to acknowledge: someone has looked, and it may stay as it is. The acknowledgement stays when a \
             later import or write makes the same finding again.",
        )
        .text("reason: String!", "Why it may stay as it is, at most 2,000 characters.", REASON, |row| &mut row.reason)
        .client_mutation_id()
    });
    &INPUT
}

/// `FindingUnacknowledgeInput`.
pub fn unacknowledge() -> &'static Input<FindingMark> {
    static INPUT: LazyLock<Input<FindingMark>> = LazyLock::new(|| {
        mark("FindingUnacknowledgeInput", "A finding whose acknowledgement is taken back.").client_mutation_id()
    });
    &INPUT
}
