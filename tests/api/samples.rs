//! The samples that ship with the product: every fact and finding that `samples/expected.json` states, in both formats.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jixiao::import::check::Options;
use jixiao::import::{self, Checked, Limits};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::world::World;

/// A document of the manifest.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    file: String,
    division: String,
    division_name: String,
    fiscal_year: Option<i32>,
    unit: Option<String>,
    unit_name: Option<String>,
    demo: bool,
}

#[derive(Deserialize)]
struct Manifest {
    document: Vec<Sample>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

fn samples() -> Vec<Sample> {
    let text = std::fs::read_to_string(folder().join("manifest.toml")).expect("the manifest");
    toml::from_str::<Manifest>(&text).expect("a manifest").document
}

impl Sample {
    fn bytes(&self) -> Vec<u8> {
        std::fs::read(folder().join(&self.file)).expect("the sample")
    }

    fn stem(&self) -> &str {
        self.file.split('.').next().unwrap_or_default()
    }

    fn is_word(&self) -> bool {
        self.file.ends_with(".docx")
    }

    fn check(&self) -> Checked {
        let document = import::read(&self.bytes(), &Limits::default()).expect("a readable sample");
        let options = Options {
            division: self.division.clone(),
            fiscal_year: self.fiscal_year,
            unit_code: self.unit.clone(),
            unit_name: self.unit_name.clone(),
        };
        import::check(&document, &options).expect("a complete sample")
    }
}

/// What was read, in the form of `expected.json`.
fn facts(checked: &Checked) -> Value {
    let indicators = || checked.projects.iter().flat_map(|project| &project.indicators);
    let kinds = |kind: &str| indicators().filter(|indicator| indicator.target.kind.code() == kind).count();
    let money = |amount: fn(&import::check::Project) -> Option<&import::check::Amount>| {
        let amounts: Vec<i64> = checked.projects.iter().filter_map(amount).map(|amount| amount.fen.0).collect();
        (!amounts.is_empty()).then(|| amounts.iter().sum::<i64>())
    };
    json!({
        "fiscalYear": checked.fiscal_year,
        "projects": checked.projects.len(),
        "codes": checked.projects.iter().filter(|project| project.code.is_some()).count(),
        "plans": checked.projects.iter().filter(|project| project.plan.is_some()).count(),
        "objectives": checked.projects.iter().map(|project| project.objectives.len()).sum::<usize>(),
        "indicators": indicators().count(),
        "quantity": kinds("QUANTITY"),
        "range": kinds("RANGE"),
        "budgetFen": money(|project| project.budget.as_ref()),
        "fiscalFundsFen": money(|project| project.fiscal.as_ref()),
        "otherFundsFen": money(|project| project.other.as_ref()),
        "rejected": checked.rejected.iter().map(|rejected| rejected.ordinal).collect::<Vec<_>>(),
    })
}

/// 万元 as text, as 分.
fn fen(value: &Value) -> Value {
    let Some(text) = value.as_str() else { return Value::Null };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{part:0<6}");
    json!(digits.parse::<i64>().expect("an amount"))
}

fn expected(of: &Value) -> Value {
    let rejected = of["rejected"].as_array().expect("a list");
    json!({
        "fiscalYear": of["fiscalYear"],
        "projects": of["projects"],
        "codes": of["codes"],
        "plans": of["plans"],
        "objectives": of["objectives"],
        "indicators": of["indicators"]["total"],
        "quantity": of["indicators"]["quantity"],
        "range": of["indicators"]["range"],
        "budgetFen": fen(&of["budgetWanYuan"]),
        "fiscalFundsFen": fen(&of["fiscalFundsWanYuan"]),
        "otherFundsFen": fen(&of["otherFundsWanYuan"]),
        "rejected": rejected.iter().map(|rejected| rejected["project"].clone()).collect::<Vec<_>>(),
    })
}

fn findings(checked: &Checked) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for found in &checked.findings {
        *counts.entry(found.rule.id().to_owned()).or_insert(0) += 1;
    }
    counts
}

#[test]
fn every_sample_gives_what_is_expected_of_it_in_both_formats() {
    let text = std::fs::read_to_string(folder().join("expected.json")).expect("the expectations");
    let expectations: Value = serde_json::from_str(&text).expect("JSON");
    let samples = samples();
    assert_eq!(samples.len(), 2 * expectations.as_object().expect("an object").len());
    let mut differences = Vec::new();
    for sample in samples {
        let checked = sample.check();
        let of = &expectations[sample.stem()];
        if facts(&checked) != expected(of) {
            differences.push(format!("{}: {} instead of {}", sample.file, facts(&checked), expected(of)));
        }
        let mut rules: BTreeMap<String, u64> = serde_json::from_value(of["findings"].clone()).expect("counts by rule");
        if sample.is_word() {
            // Bookmarks are no text in a Word document.
            rules.remove("TEXT_BOOKMARK");
        }
        let found = findings(&checked);
        for rule in rules.keys().chain(found.keys()).filter(|rule| found.get(*rule) != rules.get(*rule)) {
            let places: Vec<_> = checked.findings.iter().filter(|finding| finding.rule.id() == rule).collect();
            differences.push(format!("{}: {rule}: {:?} expected, {places:#?}", sample.file, rules.get(rule)));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test]
async fn the_demo_shows_each_sample_once() {
    let world = World::empty().await;
    let mut projects = 0;
    for sample in samples().iter().filter(|sample| sample.demo) {
        let options = import::Options {
            publish: false,
            division: sample.division.clone(),
            division_name: Some(sample.division_name.clone()),
            fiscal_year: sample.fiscal_year,
            unit_code: sample.unit.clone(),
            unit_name: sample.unit_name.clone(),
            dry_run: false,
        };
        let report = world.import(&sample.file, sample.bytes(), &options).await;
        assert_eq!(report.parts.projects.updated, 0, "{}", sample.file);
        projects += report.parts.projects.created;
    }
    let stored = world.ask("{ projects { totalCount } sourceDocuments { totalCount } }", json!({})).await;
    assert_eq!(stored, json!({"projects": {"totalCount": projects}, "sourceDocuments": {"totalCount": 8}}));
}
