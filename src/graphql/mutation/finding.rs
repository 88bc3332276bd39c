//! Mutations of findings.

use entity::finding;

use crate::graphql::engine::mutation::{Mutations, Noun};
use crate::graphql::finding::Finding;
use crate::input;
use crate::service::write::finding as write;

impl Noun for Finding {
    type Entity = finding::Entity;
    const KEY: finding::Column = finding::Column::Id;
}

/// Adds them.
pub(super) fn add(mutations: Mutations) -> Mutations {
    mutations
        .single::<Finding, _>(
            "findingAcknowledge: FindingAcknowledgePayload",
            "Notes that someone has looked at a finding, and why it may stay.",
            input::finding::acknowledge,
            |work, rows, all| Box::pin(write::apply(work, rows, all)),
        )
        .single::<Finding, _>(
            "findingUnacknowledge: FindingUnacknowledgePayload",
            "Takes the acknowledgement of a finding back.",
            input::finding::unacknowledge,
            |work, rows, all| Box::pin(write::apply(work, rows, all)),
        )
}
