//! Words of findings.

use entity::finding;

use crate::lang::Lang;

/// What a finding says.
pub fn message(finding: &finding::Model, _lang: Lang) -> String {
    finding.detail.clone()
}
