//! Checks of the indicators of one project (2.1, 2.2, 5.3).

use std::collections::HashSet;

use entity::value::{IndicatorRegime, TargetKind};

use super::findings::Findings;
use super::project::Context;
use super::{Indicator, Level, Target};
use crate::import::document::{Cell, Place};
use crate::import::form::{Form, IndicatorRow};
use crate::import::indicator_table;
use crate::rules::quality::Rule;
use crate::rules::target;
use crate::rules::taxonomy::{self, Aspect, PrintedLevel};
use crate::rules::text::{norm, squeeze, without_percent_suffix};

const RATES: [&str; 3] = ["率", "满意度", "比例"];
const COUNTS: [&str; 5] = ["人数", "人次数", "次数", "个数", "数量"];
const PLACEHOLDERS: [&str; 5] = ["实际", "据实", "无", "见附件", "**"];

/// Checks all rows of a table.
pub(super) fn check_table(form: &Form, place: Place, context: &Context<'_>, findings: &mut Findings) -> Vec<Indicator> {
    let shown = indicator_table::regime(std::iter::once(form)).or(context.regime);
    let mut levels = Levels {
        regime: shown.unwrap_or_else(|| taxonomy::regime_of_year(context.fiscal_year)),
        level1: None,
        level2: None,
    };
    let mut indicators: Vec<Indicator> = Vec::new();
    let mut seen = HashSet::new();
    for (ordinal, row) in (1..).zip(&form.indicators) {
        let Some(level1) = levels.level1(row, ordinal, findings) else { continue };
        let level2 = levels.level2(row, &level1, findings);
        let indicator = check_row(ordinal, row, level1, level2, findings);
        let key = (indicator.level1.name.clone(), indicator.level2.name.clone(), norm(&indicator.name));
        findings.add_if(!seen.insert(key), Rule::IndicatorDuplicate, indicator.place, &indicator.name);
        indicators.push(indicator);
    }
    findings.about_indicator(None);
    for (aspect, name) in
        [(Aspect::Output, "产出指标"), (Aspect::Benefit, "效益指标"), (Aspect::Satisfaction, "满意度指标")]
    {
        let absent = !indicators.iter().any(|indicator| aspects(indicator).contains(&Some(aspect)));
        findings.add_if(absent, Rule::Level1Absent, place, name);
    }
    indicators
}

/// What an indicator is about: its level 1, and in central investment its level 2, where the same names stand.
fn aspects(indicator: &Indicator) -> [Option<Aspect>; 2] {
    let level = |level: &Level| level.code.and_then(taxonomy::by_code);
    let second = level(&indicator.level2).filter(|level| level.regime == IndicatorRegime::CentralInvestment);
    [level(&indicator.level1).map(|level| level.aspect), second.map(|level| level.aspect)]
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
        let raw = row.level1.text.clone();
        if raw.is_empty() {
            let above = self.level1.as_ref().map(|above| Level { raw: String::new(), ..above.clone() });
            findings.about_indicator(above.as_ref().map(|_| ordinal));
            let rule = if above.is_some() { Rule::Level1Continued } else { Rule::Level1BlankFirst };
            findings.add(rule, place, &row.level3.text);
            return above;
        }
        findings.about_indicator(Some(ordinal));
        findings.short_text(&row.level1);
        self.level2 = None;
        let printed = PrintedLevel::read(&raw);
        let level = match taxonomy::level1(&printed, self.regime) {
            Some(known) => {
                findings.add_if(!printed.is_canonical(known), Rule::Level1Synonym, place, &raw);
                Level { code: Some(known.code), name: known.name.to_owned(), raw }
            }
            None => {
                findings.add(Rule::Level1Unknown, place, &raw);
                Level { code: None, name: printed.name, raw }
            }
        };
        self.level1 = Some(level.clone());
        Some(level)
    }

    /// Level 2 of a row; a blank one under the same level 1 continues the one above.
    fn level2(&mut self, row: &IndicatorRow, level1: &Level, findings: &mut Findings) -> Level {
        let place = row.level2.place;
        let raw = findings.short_text(&row.level2);
        if let Some(above) = self.level2.as_ref().filter(|_| raw.is_empty()) {
            return Level { raw, ..above.clone() };
        }
        let above = level1.code.and_then(taxonomy::by_code);
        let is_free = above.is_some_and(taxonomy::Level::has_free_children);
        let printed = PrintedLevel::read(&raw);
        let level = match taxonomy::level2(&printed, above, self.regime).filter(|_| !is_free) {
            Some(known) => {
                let is_elsewhere = above.is_some_and(|above| known.parent != Some(above.code));
                findings.add_if(is_elsewhere, Rule::Level2NotUnderLevel1, place, &raw);
                Level { code: Some(known.code), name: known.name.to_owned(), raw }
            }
            None => {
                findings.add_if(!is_free, Rule::Level2Unknown, place, &raw);
                Level { code: None, name: printed.name, raw }
            }
        };
        self.level2 = Some(level.clone());
        level
    }
}

fn check_row(ordinal: u32, row: &IndicatorRow, level1: Level, level2: Level, findings: &mut Findings) -> Indicator {
    let place = row.level1.place;
    let name = findings.short_text(&row.level3);
    let description = row.description.as_ref().map(|field| findings.short_text(field)).unwrap_or_default();
    let raw = findings.short_text(&row.value);
    let basis = row.basis.as_ref().map(|cell| basis_text(cell, findings)).unwrap_or_default();

    findings.add_if(norm(&name) == norm(&level2.name), Rule::Level3EqualsLevel2, row.level3.place, &name);
    let repeats = !description.is_empty() && norm(&description) == norm(&name);
    let described = row.description.as_ref().map_or(place, |field| field.place);
    findings.add_if(repeats, Rule::DescriptionRepeatsLevel3, described, &description);

    let reading = target::parse(&raw, &name);
    for rule in reading.rules {
        findings.add(rule, row.value.place, &raw);
    }
    let target::Target { kind, comparison, value, low, high, unit } = reading.target;
    let target = Target { kind, comparison, value, low, high, unit, raw };
    check_value(row, &target, &name, &description, findings);
    check_measure(&target, &level2, &name, row.value.place, findings);
    check_satisfaction(&target, &level1, &name, row, findings);

    if let Some(cell) = row.basis.as_ref() {
        findings.add_if(basis.is_empty(), Rule::BasisEmpty, cell.place, "");
        let restated = [&name, &description, &target.raw].iter().any(|text| norm(text) == norm(&basis));
        findings.add_if(!basis.is_empty() && restated, Rule::BasisRestates, cell.place, &basis);
    }
    let weight = row.weight.as_ref().filter(|field| !field.text.is_empty()).and_then(|field| {
        let weight = taxonomy::parse_weight(&field.text);
        findings.add_if(weight.is_none(), Rule::WeightNotNumeric, field.place, &field.text);
        weight
    });
    let basis = Some(basis).filter(|basis| !basis.is_empty());
    Indicator { ordinal, level1, level2, name, description, basis, weight, target, place }
}

fn check_value(row: &IndicatorRow, target: &Target, name: &str, description: &str, findings: &mut Findings) {
    let said = norm(&target.raw);
    let is_text = target.kind == TargetKind::Qualitative && !said.is_empty();
    let repeats = is_text && (said == norm(name) || said == norm(description));
    findings.add_if(repeats, Rule::ValueRepeatsName, row.value.place, &target.raw);
    let is_placeholder = PLACEHOLDERS.contains(&said.as_str());
    findings.add_if(is_placeholder, Rule::ValuePlaceholder, row.value.place, &target.raw);
}

/// Whether number and unit fit the name and the second level.
fn check_measure(target: &Target, level2: &Level, name: &str, place: Place, findings: &mut Findings) {
    if target.kind == TargetKind::Qualitative {
        return;
    }
    let unit = target.unit.as_deref().unwrap_or_default();
    let is_percent = unit == "%";
    let measured = without_percent_suffix(name);
    let ends_with = |endings: &[&str]| endings.iter().any(|ending| measured.ends_with(ending));
    findings.add_if(ends_with(&RATES) && !is_percent, Rule::NameRateUnitNotPercent, place, &target.raw);
    findings.add_if(ends_with(&COUNTS) && is_percent, Rule::NameCountUnitPercent, place, &target.raw);
    findings.add_if(level2.name == "数量指标" && is_percent, Rule::QuantityHoldsRate, place, &target.raw);
    let is_cost = level2.name == "成本指标";
    findings.add_if(is_cost && !unit.contains('元'), Rule::CostUnitNotMoney, place, &target.raw);
}

fn check_satisfaction(target: &Target, level1: &Level, name: &str, row: &IndicatorRow, findings: &mut Findings) {
    let above = level1.code.and_then(taxonomy::by_code);
    let is_satisfaction = above.is_some_and(|level| level.aspect == Aspect::Satisfaction);
    let says_so = name.contains("满意");
    let place = row.level3.place;
    if is_satisfaction {
        findings.add_if(!says_so, Rule::SatisfactionName, place, name);
        let is_text = target.kind == TargetKind::Qualitative;
        findings.add_if(is_text, Rule::SatisfactionNotNumeric, row.value.place, &target.raw);
    } else {
        let is_central = above.is_some_and(|level| level.regime == IndicatorRegime::CentralInvestment);
        findings.add_if(says_so && !is_central, Rule::SatisfactionElsewhere, place, name);
    }
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
