//! A project is judged the same by whoever holds its content: what an import finds about content is what a review of
//! the stored facts finds, and nothing that is about form.

use jixiao::import::Checked;
use jixiao::import::check::{Level, Project};
use jixiao::rules::money::MoneyUnit;
use jixiao::rules::quality::{Basis, Rule, Treatment};
use jixiao::rules::review::{IndicatorFacts, LevelFacts, ObjectiveFacts, PlanFacts, PointFacts, ProjectFacts, review};
use jixiao::rules::taxonomy;

use super::rules::{CASES, spoilt};
use crate::support::disclosures::ALL;
use crate::support::sample;

fn level(level: &Level) -> LevelFacts<'_> {
    LevelFacts { known: level.code.and_then(taxonomy::by_code), name: &level.name, raw: &level.raw }
}

/// The facts that are stored of a project. Only that a printed plan was refused is told by the findings.
fn facts<'a>(checked: &Checked, project: &'a Project) -> ProjectFacts<'a> {
    let of_project = checked.findings.iter().filter(|finding| finding.project == Some(project.ordinal));
    let refused = of_project.map(|finding| finding.rule).find(|rule| rule.treatment() == Treatment::RejectPlan);
    let plan = match (&project.plan, refused) {
        (Some(plan), _) => {
            let points = plan.points.iter();
            let points = points.map(|at| PointFacts { percent: at.percent, amount: at.amount, raw: &at.raw });
            PlanFacts::Stated { basis: plan.basis, points: points.collect() }
        }
        (None, Some(rule)) => PlanFacts::Refused(rule),
        (None, None) => PlanFacts::Missing,
    };
    let objectives = project.objectives.iter();
    let indicators = project.indicators.iter().map(|indicator| IndicatorFacts {
        level1: level(&indicator.level1),
        level2: level(&indicator.level2),
        name: &indicator.name,
        description: Some(&indicator.description),
        target: &indicator.target.raw,
        basis: indicator.basis.as_deref(),
    });
    ProjectFacts {
        fiscal_year: checked.fiscal_year,
        year_is_certain: !checked.findings.iter().any(|finding| finding.rule == Rule::DocNoYear),
        code: project.code.as_deref(),
        name: &project.name,
        budget: project.budget.as_ref().map(|amount| amount.fen),
        fiscal_funds: project.fiscal.as_ref().map(|amount| amount.fen),
        other_funds: project.other.as_ref().map(|amount| amount.fen),
        tolerance: MoneyUnit::WanYuan.tolerance(),
        purpose: project.purpose.as_deref(),
        plan,
        objectives: objectives
            .map(|objective| ObjectiveFacts { number: objective.number.as_deref(), text: &objective.text })
            .collect(),
        indicators: indicators.collect(),
        asks_for_basis: true,
    }
}

/// Compares every project of a document; gives the rules that fired by basis.
fn compare(name: &str, checked: &Checked) -> Vec<(Rule, Basis)> {
    for project in &checked.projects {
        let noticed = review(&facts(checked, project));
        let mut reviewed: Vec<Rule> = noticed.iter().map(|noticed| noticed.rule).collect();
        let of_project = checked.findings.iter().filter(|finding| finding.project == Some(project.ordinal));
        let mut imported: Vec<Rule> =
            of_project.map(|finding| finding.rule).filter(|rule| rule.basis() == Basis::Content).collect();
        reviewed.sort_unstable();
        imported.sort_unstable();
        assert_eq!(imported, reviewed, "{name}, project {}", project.ordinal);
    }
    checked.findings.iter().map(|finding| (finding.rule, finding.rule.basis())).collect()
}

#[test]
fn an_import_finds_about_content_what_a_review_of_it_finds() {
    let mut fired = Vec::new();
    for disclosure in ALL {
        fired.extend(compare(disclosure.file, &disclosure.check(&disclosure.bytes())));
    }
    let options = jixiao::import::check::Options {
        unit_code: Some("450002".to_owned()),
        unit_name: Some("某区卫生健康局".to_owned()),
        ..sample::options()
    };
    for (changes, _) in CASES {
        let checked = sample::check(&spoilt(changes), &options).expect("a complete document");
        fired.extend(compare(&format!("{changes:?}"), &checked));
    }
    for basis in [Basis::Content, Basis::Form] {
        let rules: Vec<Rule> = Rule::ALL.iter().copied().filter(|rule| rule.basis() == basis).collect();
        let never: Vec<&Rule> = rules.iter().filter(|rule| !fired.contains(&(**rule, basis))).collect();
        assert!(!rules.is_empty() && never.is_empty(), "{basis:?} rules that never fired: {never:?}");
    }
}
