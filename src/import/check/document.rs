//! Checks of a whole document: year, parts, units, goal, and what only shows across projects (5.3, 5.5).

use std::collections::HashSet;

use entity::value::{GoalItemKind, GoalLevel};

use super::findings::Findings;
use super::project::{self, Context};
use super::unit::Units;
use super::{CheckError, Checked, Goal, GoalItem, Options, Project, Rejected};
use crate::import::document::{Document, Paragraph, Place};
use crate::import::form::Form;
use crate::import::outline::{self, Outline, recognise};
use crate::import::reject::{Reason, Refusal};
use crate::import::{indicator_table, marks};
use crate::rules::numbering;
use crate::rules::quality::Rule;
use crate::rules::text::squeeze;

/// Title that part 2 has in the form.
const PART_TWO: &str = "预算项目绩效目标";

pub(super) fn check(document: &Document, options: &Options) -> Result<Checked, CheckError> {
    let division = &options.division;
    if !(6..=9).contains(&division.len()) || !division.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CheckError::Division(division.clone()));
    }
    let outline = recognise(document);
    let goal = goal(&outline.goal);
    refuse_other_documents(&outline, goal.as_ref())?;

    let printed_year = outline.title.as_ref().and_then(|title| marks::year(&title.text));
    let fiscal_year = printed_year.or(options.fiscal_year).ok_or(CheckError::NoYear)?;
    if !(2000..=2099).contains(&fiscal_year) {
        return Err(CheckError::Year(fiscal_year));
    }
    let units = Units::gather(&outline.projects, options)?;
    let mut findings = document_findings(document, &outline, options.fiscal_year, &units);

    let context = Context {
        fiscal_year,
        year_is_printed: printed_year.is_some(),
        units: &units,
        regime: indicator_table::regime(forms(&outline)),
    };
    let mut taken = Taken::default();
    for (ordinal, table) in (1..).zip(&outline.projects) {
        let checked = table.form.as_ref().map_err(Refusal::clone).and_then(|form| {
            let mut about = Findings::of_project(ordinal);
            let project = project::check(ordinal, table, form, &context, &mut about)?;
            taken.claim(&project, form)?;
            Ok((project, about))
        });
        match checked {
            Ok((project, about)) => {
                taken.projects.push(project);
                taken.findings.extend(about.into_vec());
            }
            Err(refusal) => {
                let place = refusal.place.unwrap_or(table.place);
                if let Reason::Rule(rule) = refusal.reason {
                    findings.add(rule, place, &refusal.label);
                }
                taken.rejected.push(Rejected {
                    ordinal: Some(ordinal),
                    heading: table.heading.text.clone(),
                    label: refusal.label,
                    place,
                    reason: refusal.reason,
                });
            }
        }
    }
    for stray in outline.strays {
        let Some(place) = stray.place else { continue };
        let (label, reason) = (stray.label, stray.reason);
        taken.rejected.push(Rejected { ordinal: None, heading: String::new(), label, place, reason });
    }
    if let Some((place, projects)) = indicator_table::copied(&outline.projects) {
        findings.add(Rule::IndicatorsCopied, place, &projects);
    }

    let special_fund = outline.part_two.as_ref().is_some_and(|title| title.text.contains("专项资金"));
    let mut all_findings = findings.into_vec();
    all_findings.append(&mut taken.findings);
    Ok(Checked {
        format: document.format,
        title: outline.title.map(|title| title.text),
        fiscal_year,
        division_code: division.clone(),
        unit_code: units.main_code().to_owned(),
        goal_level: if special_fund { GoalLevel::SpecialFund } else { GoalLevel::Project },
        units: units.into_units(),
        goal,
        projects: taken.projects,
        rejected: taken.rejected,
        findings: all_findings,
    })
}

/// What has been taken so far.
#[derive(Default)]
struct Taken {
    projects: Vec<Project>,
    rejected: Vec<Rejected>,
    findings: Vec<super::Finding>,
    keys: HashSet<String>,
}

impl Taken {
    /// A project is known by its code, else by unit and name; the second of the same is refused.
    fn claim(&mut self, project: &Project, form: &Form) -> Result<(), Refusal> {
        let by_name = || format!("{}\n{}", project.unit_code, squeeze(&project.name));
        let key = project.code.clone().unwrap_or_else(by_name);
        if self.keys.insert(key) {
            return Ok(());
        }
        let place = form.code.as_ref().map_or(project.place, |code| code.place);
        let printed = project.code.as_ref().unwrap_or(&project.name);
        Err(Refusal::by_rule(Rule::ProjectCodeDuplicate, place, printed))
    }
}

fn forms(outline: &Outline) -> impl Iterator<Item = &Form> {
    outline.projects.iter().filter_map(|table| table.form.as_ref().ok())
}

/// A document without anything of ours is refused, with the name of the form that it is.
fn refuse_other_documents(outline: &Outline, goal: Option<&Goal>) -> Result<(), CheckError> {
    if goal.is_some() || outline.projects.iter().any(|table| table.form.is_ok()) {
        return Ok(());
    }
    let refusals = || outline.projects.iter().filter_map(|table| table.form.as_ref().err()).chain(&outline.strays);
    let other_form = refusals().find_map(|refusal| match (refusal.reason, refusal.place) {
        (Reason::OtherForm(form), Some(place)) => Some(CheckError::OtherForm { form, place }),
        _ => None,
    });
    match other_form {
        Some(error) => Err(error),
        None if refusals().next().is_none() => Err(CheckError::Nothing),
        None => Ok(()),
    }
}

fn document_findings(document: &Document, outline: &Outline, given_year: Option<i32>, units: &Units) -> Findings {
    let mut findings = Findings::default();
    match (&outline.title, given_year) {
        (None, _) => findings.add(Rule::DocNoYear, None, ""),
        (Some(title), Some(given)) if marks::year(&title.text) != Some(given) => {
            findings.add(Rule::DocYearDiffers, title.place, &title.text);
        }
        (Some(_), _) => {}
    }
    if !units.is_printed {
        findings.add(Rule::DocNoUnit, None, "");
    }
    if let Some(title) = &outline.part_two {
        let varies = squeeze(&title.text) != PART_TWO;
        findings.add_if(varies, Rule::Part2TitleVariant, title.place, &title.text);
        findings.add_if(!outline.part_two_numbered, Rule::Part2NumberMissing, title.place, &title.text);
    }
    if let Some(place) = document.bookmark {
        findings.add(Rule::TextBookmark, place, "");
    }
    findings
}

fn goal(printed: &outline::Goal) -> Option<Goal> {
    let first = [&printed.overall, &printed.sub_goals, &printed.measures].into_iter().flatten().next()?;
    let overall: Vec<&str> = printed.overall.iter().map(|paragraph| paragraph.text.as_str()).collect();
    let sub_goals = items(GoalItemKind::SubGoal, &printed.sub_goals);
    let measures = items(GoalItemKind::Measure, &printed.measures);
    Some(Goal {
        overall: overall.join("\n"),
        overall_paragraphs: u32::try_from(overall.len()).unwrap_or(u32::MAX),
        items: sub_goals.chain(measures).collect(),
        place: first.place,
    })
}

fn items(kind: GoalItemKind, paragraphs: &[Paragraph]) -> impl Iterator<Item = GoalItem> {
    (1..).zip(paragraphs).map(move |(ordinal, Paragraph { text, place })| {
        let split = numbering::split(text);
        let place: Place = *place;
        GoalItem { kind, ordinal, number: split.number, text: split.text, place }
    })
}
