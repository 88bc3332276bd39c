//! Reading of the indicators of one project (2.1, 2.2), with what the rules notice in their form (5.3).

use entity::value::IndicatorRegime;

use super::findings::Findings;
use super::project::Context;
use super::{Indicator, Level, Target};
use crate::import::document::Cell;
use crate::import::form::{Form, IndicatorRow};
use crate::import::indicator_table;
use crate::rules::quality::Rule;
use crate::rules::target;
use crate::rules::taxonomy::{self, Named, named1, named2};
use crate::rules::text::squeeze;

/// Reads all rows of a table: those that are taken, and their indicators.
pub(super) fn read_table<'a>(
    form: &'a Form,
    context: &Context<'_>,
    findings: &mut Findings,
) -> (Vec<&'a IndicatorRow>, Vec<Indicator>) {
    let shown = indicator_table::regime(std::iter::once(form)).or(context.regime);
    let mut levels = Levels {
        regime: shown.unwrap_or_else(|| taxonomy::regime_of_year(context.fiscal_year)),
        level1: None,
        level2: None,
    };
    let rows = (1..).zip(&form.indicators).filter_map(|(ordinal, row)| {
        let level1 = levels.level1(row, ordinal, findings)?;
        let level2 = levels.level2(row, &level1, findings);
        Some((row, read_row(ordinal, row, level1, level2, findings)))
    });
    let taken = rows.unzip();
    findings.about_indicator(None);
    taken
}

/// The levels of the row above, which a blank cell continues.
struct Levels {
    regime: IndicatorRegime,
    level1: Option<Level>,
    level2: Option<Level>,
}

impl Levels {
    /// Level 1 of a row; `None` when there is nothing to continue and the row is rejected.
    fn level1(&mut self, row: &IndicatorRow, ordinal: u32, findings: &mut Findings) -> Option<Level> {
        let place = row.level1.place;
        if row.level1.text.is_empty() {
            let above = self.level1.as_ref().map(|above| Level { raw: String::new(), ..above.clone() });
            findings.about_indicator(above.as_ref().map(|_| ordinal));
            let rule = if above.is_some() { Rule::Level1Continued } else { Rule::Level1BlankFirst };
            findings.add(rule, place, &row.level3.text);
            return above;
        }
        findings.about_indicator(Some(ordinal));
        let raw = findings.short_text(&row.level1);
        let named = named1(&raw, self.regime);
        findings.add_if(named.is_synonym, Rule::Level1Synonym, place, &raw);
        self.level2 = None;
        let level = Level::printed(named, raw);
        self.level1 = Some(level.clone());
        Some(level)
    }

    /// Level 2 of a row; a blank one under the same level 1 continues the one above.
    fn level2(&mut self, row: &IndicatorRow, level1: &Level, findings: &mut Findings) -> Level {
        let raw = findings.short_text(&row.level2);
        if let Some(above) = self.level2.as_ref().filter(|_| raw.is_empty()) {
            return Level { raw, ..above.clone() };
        }
        let above = level1.code.and_then(taxonomy::by_code);
        let level = Level::printed(named2(&raw, above, self.regime), raw);
        self.level2 = Some(level.clone());
        level
    }
}

impl Level {
    fn printed(named: Named, raw: String) -> Self {
        Self { code: named.known.map(|level| level.code), name: named.name, raw }
    }
}

fn read_row(ordinal: u32, row: &IndicatorRow, level1: Level, level2: Level, findings: &mut Findings) -> Indicator {
    let name = findings.short_text(&row.level3);
    let description = row.description.as_ref().map(|field| findings.short_text(field)).unwrap_or_default();
    let raw = findings.short_text(&row.value);
    let basis = row.basis.as_ref().map(|cell| basis_text(cell, findings)).filter(|basis| !basis.is_empty());
    let weight = row.weight.as_ref().filter(|field| !field.text.is_empty()).and_then(|field| {
        let weight = taxonomy::parse_weight(&field.text);
        findings.add_if(weight.is_none(), Rule::WeightNotNumeric, field.place, &field.text);
        weight
    });
    let target::Target { kind, comparison, value, low, high, unit } = target::parse(&raw, &name).target;
    let target = Target { kind, comparison, value, low, high, unit, raw };
    Indicator { ordinal, level1, level2, name, description, basis, weight, target, place: row.level1.place }
}

/// The basis without the quotation marks (and the break before the second) that a CSV export leaves.
fn basis_text(cell: &Cell, findings: &mut Findings) -> String {
    let joined = cell.field().text;
    let unquoted = joined.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let Some(unquoted) = unquoted else { return findings.short_text(&cell.field()) };
    findings.add(Rule::BasisQuoted, cell.place, &joined);
    let text = unquoted.trim().replace("\"\"", "\"");
    let lines = cell.paragraphs.iter().filter(|paragraph| squeeze(&paragraph.text) != "\"").count();
    findings.add_if(lines > 1, Rule::TextBreakInCell, cell.place, &text);
    text
}
