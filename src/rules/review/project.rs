//! Code, money, purpose and objectives of a project (4.2, 5.1, 5.3).

use std::collections::HashSet;

use entity::value::Fen;

use super::{About, Notes, ProjectFacts};
use crate::rules::money;
use crate::rules::numbering;
use crate::rules::project_code::{Check, ProjectCode};
use crate::rules::quality::Rule;
use crate::rules::text::{norm, squeeze};

pub(super) fn judge(facts: &ProjectFacts<'_>, notes: &mut Notes) {
    code(facts, notes);
    funds(facts, notes);
    purpose(facts, notes);
}

fn code(facts: &ProjectFacts<'_>, notes: &mut Notes) {
    let Some(code) = facts.code.filter(|code| !code.is_empty()) else {
        return notes.add(Rule::ProjectCodeMissing, About::Code, "");
    };
    let read = ProjectCode::read(code);
    match read {
        ProjectCode::Checked { check: Check::Fails | Check::NotComputable, .. } => {
            notes.add(Rule::ProjectCodeCheck, About::Code, code);
        }
        ProjectCode::Unknown => notes.add(Rule::ProjectCodeFormat, About::Code, code),
        ProjectCode::Checked { check: Check::Holds, .. } | ProjectCode::Unchecked { .. } | ProjectCode::Hebei => {}
    }
    let doubtful = read.year().is_some_and(|year| !facts.year_is_certain || year > facts.fiscal_year + 1);
    notes.add_if(doubtful, Rule::ProjectCodeYear, About::Code, code);
}

fn funds(facts: &ProjectFacts<'_>, notes: &mut Notes) {
    notes.add_if(facts.budget.is_none(), Rule::BudgetMissing, About::Budget, "");
    let states_money = facts.budget.is_some() || facts.fiscal_funds.is_some();
    notes.add_if(states_money && facts.other_funds.is_none(), Rule::OtherFundsBlank, About::OtherFunds, "");
    let amounts @ [budget, fiscal, other] = [facts.budget, facts.fiscal_funds, facts.other_funds];
    if !money::adds_up(budget, [fiscal, other], facts.tolerance) {
        let [budget, fiscal, other] = amounts.map(|amount| amount.map(Fen::wan_yuan).unwrap_or_default());
        notes.add(Rule::MoneySplitMismatch, About::Funds, &format!("{budget} ≠ {fiscal} + {other}"));
    }
}

fn purpose(facts: &ProjectFacts<'_>, notes: &mut Notes) {
    match facts.purpose.filter(|purpose| !squeeze(purpose).is_empty()) {
        None => notes.add(Rule::PurposeMissing, About::Purpose, ""),
        Some(purpose) => {
            let repeats = norm(purpose) == norm(facts.name);
            notes.add_if(repeats, Rule::PurposeRepeatsName, About::Purpose, purpose);
        }
    }
}

pub(super) fn judge_objectives(facts: &ProjectFacts<'_>, notes: &mut Notes) {
    let (name, purpose) = (norm(facts.name), facts.purpose.map(norm));
    let mut seen = HashSet::new();
    for (at, objective) in facts.objectives.iter().enumerate() {
        let about = About::Objective(at);
        let number = objective.number.unwrap_or_default();
        let printed = format!("{number}{}", objective.text);
        notes.add_if(number.is_empty(), Rule::ObjectiveUnnumbered, about, &printed);
        notes.add_if(numbering::is_malformed(number), Rule::ObjectiveBadNumber, about, &printed);
        let said = norm(objective.text);
        let repeats = said == name || purpose.as_ref() == Some(&said);
        notes.add_if(!seen.insert(said), Rule::ObjectiveDuplicate, about, &printed);
        notes.add_if(repeats, Rule::ObjectiveRepeatsName, about, &printed);
    }
}
