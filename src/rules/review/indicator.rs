//! The indicators of a project (2.1, 2.2, 5.3).

use std::collections::HashSet;

use entity::value::{IndicatorRegime, TargetKind};

use super::{About, IndicatorFacts, Notes, Part, ProjectFacts};
use crate::rules::quality::Rule;
use crate::rules::target::{self, Target};
use crate::rules::taxonomy::{Aspect, Level};
use crate::rules::text::{norm, without_percent_suffix};

const RATES: [&str; 3] = ["率", "满意度", "比例"];
const COUNTS: [&str; 5] = ["人数", "人次数", "次数", "个数", "数量"];
const PLACEHOLDERS: [&str; 5] = ["实际", "据实", "无", "见附件", "**"];

pub(super) fn judge(facts: &ProjectFacts<'_>, notes: &mut Notes) {
    let mut seen = HashSet::new();
    for (at, indicator) in facts.indicators.iter().enumerate() {
        let mut notes = OfIndicator { at, notes };
        levels(indicator, &mut notes);
        names(indicator, &mut notes);
        let reading = target::parse(indicator.target, indicator.name);
        for rule in reading.rules {
            notes.add_if(true, rule, Part::Target, indicator.target);
        }
        value(indicator, &reading.target, &mut notes);
        measure(indicator, &reading.target, &mut notes);
        satisfaction(indicator, &reading.target, &mut notes);
        if facts.asks_for_basis {
            basis(indicator, &mut notes);
        }
        let key = (indicator.level1.name, indicator.level2.name, norm(indicator.name));
        notes.add_if(!seen.insert(key), Rule::IndicatorDuplicate, Part::Whole, indicator.name);
    }
    for (aspect, name) in
        [(Aspect::Output, "产出指标"), (Aspect::Benefit, "效益指标"), (Aspect::Satisfaction, "满意度指标")]
    {
        let absent = !facts.indicators.iter().any(|indicator| aspects(indicator).contains(&Some(aspect)));
        notes.add_if(absent, Rule::Level1Absent, About::Project, name);
    }
}

/// What is noticed about one indicator.
struct OfIndicator<'a> {
    at: usize,
    notes: &'a mut Notes,
}

impl OfIndicator<'_> {
    fn add_if(&mut self, fires: bool, rule: Rule, part: Part, detail: &str) {
        self.notes.add_if(fires, rule, About::Indicator(self.at, part), detail);
    }
}

/// What an indicator is about: its level 1, and in central investment its level 2, where the same names stand.
fn aspects(indicator: &IndicatorFacts<'_>) -> [Option<Aspect>; 2] {
    let second = indicator.level2.known.filter(|level| level.regime == IndicatorRegime::CentralInvestment);
    [indicator.level1.known.map(|level| level.aspect), second.map(|level| level.aspect)]
}

/// A level that continues the one above was judged there.
fn levels(indicator: &IndicatorFacts<'_>, notes: &mut OfIndicator<'_>) {
    let (level1, level2) = (&indicator.level1, &indicator.level2);
    notes.add_if(level1.known.is_none() && !level1.raw.is_empty(), Rule::Level1Unknown, Part::Level1, level1.raw);
    if level1.raw.is_empty() && level2.raw.is_empty() {
        return;
    }
    let above = level1.known;
    match level2.known {
        Some(known) => {
            let is_elsewhere = above.is_some_and(|above| known.parent != Some(above.code));
            notes.add_if(is_elsewhere, Rule::Level2NotUnderLevel1, Part::Level2, level2.raw);
        }
        None => {
            let is_free = above.is_some_and(Level::has_free_children);
            notes.add_if(!is_free, Rule::Level2Unknown, Part::Level2, level2.raw);
        }
    }
}

fn names(indicator: &IndicatorFacts<'_>, notes: &mut OfIndicator<'_>) {
    let name = norm(indicator.name);
    let repeats = name == norm(indicator.level2.name);
    notes.add_if(repeats, Rule::Level3EqualsLevel2, Part::Name, indicator.name);
    let description = indicator.description.unwrap_or_default();
    let repeats = !description.is_empty() && norm(description) == name;
    notes.add_if(repeats, Rule::DescriptionRepeatsLevel3, Part::Description, description);
}

fn value(indicator: &IndicatorFacts<'_>, target: &Target, notes: &mut OfIndicator<'_>) {
    let said = norm(indicator.target);
    let is_text = target.kind == TargetKind::Qualitative && !said.is_empty();
    let repeats = is_text && (said == norm(indicator.name) || said == norm(indicator.description.unwrap_or_default()));
    notes.add_if(repeats, Rule::ValueRepeatsName, Part::Target, indicator.target);
    let is_placeholder = PLACEHOLDERS.contains(&said.as_str());
    notes.add_if(is_placeholder, Rule::ValuePlaceholder, Part::Target, indicator.target);
}

/// Whether number and unit fit the name and the second level.
fn measure(indicator: &IndicatorFacts<'_>, target: &Target, notes: &mut OfIndicator<'_>) {
    if target.kind == TargetKind::Qualitative {
        return;
    }
    let unit = target.unit.as_deref().unwrap_or_default();
    let is_percent = unit == "%";
    let measured = without_percent_suffix(indicator.name);
    let ends_with = |endings: &[&str]| endings.iter().any(|ending| measured.ends_with(ending));
    let mut add_if = |fires: bool, rule: Rule| notes.add_if(fires, rule, Part::Target, indicator.target);
    add_if(ends_with(&RATES) && !is_percent, Rule::NameRateUnitNotPercent);
    add_if(ends_with(&COUNTS) && is_percent, Rule::NameCountUnitPercent);
    add_if(indicator.level2.name == "数量指标" && is_percent, Rule::QuantityHoldsRate);
    add_if(indicator.level2.name == "成本指标" && !unit.contains('元'), Rule::CostUnitNotMoney);
}

fn satisfaction(indicator: &IndicatorFacts<'_>, target: &Target, notes: &mut OfIndicator<'_>) {
    let above = indicator.level1.known;
    let says_so = indicator.name.contains("满意");
    if above.is_some_and(|level| level.aspect == Aspect::Satisfaction) {
        notes.add_if(!says_so, Rule::SatisfactionName, Part::Name, indicator.name);
        let is_text = target.kind == TargetKind::Qualitative;
        notes.add_if(is_text, Rule::SatisfactionNotNumeric, Part::Target, indicator.target);
    } else {
        let is_central = above.is_some_and(|level| level.regime == IndicatorRegime::CentralInvestment);
        notes.add_if(says_so && !is_central, Rule::SatisfactionElsewhere, Part::Name, indicator.name);
    }
}

fn basis(indicator: &IndicatorFacts<'_>, notes: &mut OfIndicator<'_>) {
    let Some(basis) = indicator.basis.filter(|basis| !basis.is_empty()) else {
        return notes.add_if(true, Rule::BasisEmpty, Part::Basis, "");
    };
    let others = [indicator.name, indicator.description.unwrap_or_default(), indicator.target];
    let restated = others.iter().any(|text| norm(text) == norm(basis));
    notes.add_if(restated, Rule::BasisRestates, Part::Basis, basis);
}
