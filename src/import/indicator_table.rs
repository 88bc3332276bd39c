//! What the indicator tables of a document show when they are looked at together.

use entity::value::IndicatorRegime;

use super::document::Place;
use super::form::{Form, IndicatorRow};
use super::outline::ProjectTable;
use crate::rules::taxonomy;
use crate::rules::text::squeeze;

/// The regime that the levels of these tables show (2.1).
pub fn regime<'a>(forms: impl Iterator<Item = &'a Form>) -> Option<IndicatorRegime> {
    taxonomy::regime(
        forms.flat_map(|form| &form.indicators).map(|row| (row.level1.text.as_str(), row.level2.text.as_str())),
    )
}

/// The first indicator table that other projects repeat cell by cell: its place, and the ordinals of all projects whose
/// table is also that of another, as in `1, 3` (5.3, `INDICATORS_COPIED`).
pub fn copied(tables: &[ProjectTable]) -> Option<(Place, String)> {
    let printed: Vec<(usize, Place, Vec<String>)> = (1..)
        .zip(tables)
        .filter_map(|(ordinal, table)| table.form.as_ref().ok().map(|form| (ordinal, table.place, signature(form))))
        .filter(|(_, _, signature)| !signature.is_empty())
        .collect();
    let mut counts = std::collections::HashMap::new();
    for (_, _, signature) in &printed {
        *counts.entry(signature).or_insert(0) += 1;
    }
    let copies: Vec<_> = printed.iter().filter(|(_, _, signature)| counts.get(signature) > Some(&1)).collect();
    let ordinals: Vec<String> = copies.iter().map(|(ordinal, _, _)| ordinal.to_string()).collect();
    copies.first().map(|(_, place, _)| (*place, ordinals.join(", ")))
}

fn signature(form: &Form) -> Vec<String> {
    form.indicators.iter().map(row_signature).collect()
}

fn row_signature(row: &IndicatorRow) -> String {
    let optional = |field: &Option<super::document::Field>| field.as_ref().map(|field| squeeze(&field.text));
    let cells = [
        squeeze(&row.level1.text),
        squeeze(&row.level2.text),
        squeeze(&row.level3.text),
        optional(&row.description).unwrap_or_default(),
        squeeze(&row.value.text),
        row.basis.as_ref().map(|cell| cell.label()).unwrap_or_default(),
        optional(&row.weight).unwrap_or_default(),
    ];
    cells.join("\t")
}
