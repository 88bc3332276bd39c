//! Random batches with planted mistakes: exactly the rows with a mistake fail, each with the code and path of its mistake,
//! and what becomes of the others is what the request asks for; a dry run tells the same and leaves nothing.

mod indicators;
mod points;
mod projects;
mod units;

use std::collections::BTreeSet;

use entity::value::Role;
use jixiao::auth::{Caller, Grant, Scope};
use proptest::test_runner::{Config, TestRunner};
use proptest::{collection, num, option, sample};
use serde_json::{Value, json};

use crate::mutation::{write, write_as};
use crate::support::database::names;
use crate::support::dice::Dice;
use crate::support::world::{World, person};
use crate::support::{conformance, dump};

/// A division that the caller may only read, and one that he does not see; each has the unit `450`.
const READ: &str = "1";
const HIDDEN: &str = "2";

/// The first of the projects that every stock has.
const ALWAYS: usize = 8_000;

/// A row of a batch, and what must become of it.
#[derive(Clone, Debug)]
struct Planted {
    row: Value,
    /// Code and path below the row of each mistake.
    errors: Vec<(&'static str, String)>,
    /// The project in which a failure of the row shows; none for a row that means no project.
    group: Option<String>,
    /// What the row is about, as [`Kind::stored`] names it.
    token: String,
}

/// What a random row is made from.
struct Place<'a> {
    division: &'a str,
    /// Number of the row.
    index: usize,
    dice: &'a mut Dice,
    /// Which of [`Kind::faults`] is planted.
    fault: Option<usize>,
    before: &'a [Planted],
}

impl Place<'_> {
    /// An earlier row that a new one can repeat: one whose key could be read.
    fn repeated(&mut self) -> Option<Planted> {
        let is_read = |row: &&Planted| !row.errors.iter().any(|(_, path)| path.starts_with("key."));
        let earlier: Vec<&Planted> = self.before.iter().filter(|row| row.group.is_some()).filter(is_read).collect();
        (!earlier.is_empty()).then(|| earlier[self.dice.below(earlier.len())].clone())
    }

    /// Up to two decimals below `bound`.
    fn decimal(&mut self, bound: usize) -> String {
        format!("{}.{:02}", self.dice.below(bound), self.dice.below(100))
    }
}

/// A bulk mutation.
struct Kind {
    field: &'static str,
    /// What is selected of the object of a row.
    object: &'static str,
    /// Whether `PER_PROJECT` holds good rows back.
    by_project: bool,
    /// Number of planted mistakes.
    faults: usize,
    row: fn(&mut Place<'_>) -> Planted,
    /// What is there, by one statement for a division.
    stored: fn(&str) -> String,
}

/// A request under test.
struct Case<'a> {
    world: &'a World,
    kind: &'a Kind,
    caller: Caller,
    division: String,
    rows: Vec<Planted>,
    atomicity: &'a str,
}

impl Case<'_> {
    async fn send(&self, dry_run: bool) -> Value {
        let rows: Vec<&Value> = self.rows.iter().map(|planted| &planted.row).collect();
        let selection = format!(
            "committed summary {{ total created updated unchanged deleted failed skipped }}
             results {{ index key outcome {} userErrors {{ code path message }} }} userErrors {{ code path message }}",
            self.kind.object
        );
        let input = json!({"rows": rows, "atomicity": self.atomicity, "dryRun": dry_run});
        write_as(self.world, &self.caller, self.kind.field, input, &selection).await
    }

    async fn stored(&self) -> BTreeSet<String> {
        names(self.world.db.read(), &(self.kind.stored)(&self.division)).await.into_iter().collect()
    }

    /// Whether each row is to be written; none for one that fails.
    fn fates(&self) -> Vec<Option<bool>> {
        let failed = || self.rows.iter().filter(|row| !row.errors.is_empty());
        let spoiled: BTreeSet<&str> = failed().filter_map(|row| row.group.as_deref()).collect();
        let held = |row: &Planted| match self.atomicity {
            "ALL" => failed().next().is_some(),
            "PER_PROJECT" => self.kind.by_project && row.group.as_deref().is_some_and(|group| spoiled.contains(group)),
            _ => false,
        };
        self.rows.iter().map(|row| row.errors.is_empty().then(|| !held(row))).collect()
    }

    /// Compares an answer with what was planted.
    fn check(&self, answer: &Value, before: &BTreeSet<String>, again: bool) {
        let results = answer["results"].as_array().expect("a list");
        assert_eq!(results.len(), self.rows.len());
        let (mut all, mut known) = (Vec::new(), before.clone());
        for (index, ((planted, fate), result)) in self.rows.iter().zip(self.fates()).zip(results).enumerate() {
            let told = |list: &Value| -> Vec<(String, String)> {
                let errors = list.as_array().expect("a list").iter();
                errors.map(|error| (error["code"].as_str().unwrap().to_owned(), path(&error["path"]))).collect()
            };
            let expected: Vec<(String, String)> = planted
                .errors
                .iter()
                .map(|(code, below)| ((*code).to_owned(), format!("input.rows.{index}.{below}")))
                .collect();
            assert_eq!(told(&result["userErrors"]), expected, "{}\n{result:#}", planted.row);
            all.extend(result["userErrors"].as_array().unwrap().iter().cloned());
            assert_eq!(result["index"], json!(index));
            let outcome = result["outcome"].as_str().unwrap();
            let is_new = fate == Some(true) && known.insert(planted.token.clone());
            let fits = match fate {
                None => outcome == "FAILED",
                Some(false) => outcome == "SKIPPED",
                Some(true) if is_new => outcome == "CREATED",
                Some(true) if again => outcome == "UNCHANGED",
                Some(true) => outcome == "UPDATED" || outcome == "UNCHANGED",
            };
            assert!(fits, "{}\n{result:#}", planted.row);
            let key = result["key"].as_str().unwrap();
            assert!(
                fate.is_none() || planted.token.split('#').all(|step| key.contains(step)),
                "{key} {}",
                planted.token
            );
        }
        assert_eq!(answer["userErrors"], json!(all));
        let unwritten = results.iter().any(|result| matches!(result["outcome"].as_str(), Some("FAILED" | "SKIPPED")));
        assert_eq!(unwritten, !all.is_empty());
        assert_eq!(answer["committed"], json!(self.atomicity != "ALL" || all.is_empty()));
        let summary = &answer["summary"];
        assert_eq!(summary["total"], json!(results.len()));
        for outcome in ["created", "updated", "unchanged", "deleted", "failed", "skipped"] {
            let count = results.iter().filter(|result| result["outcome"] == outcome.to_uppercase()).count();
            assert_eq!(summary[outcome], json!(count), "{outcome}");
        }
    }

    /// Dry run, run, and the same run once more.
    async fn run(&self) {
        let db = self.world.db.read();
        let (before, stored) = (dump::tables(db).await, self.stored().await);
        let rehearsed = self.send(true).await;
        assert_eq!(dump::tables(db).await, before, "a dry run leaves nothing");
        let answer = self.send(false).await;
        assert_eq!(answer, rehearsed, "a dry run tells what the run tells");
        self.check(&answer, &stored, false);

        let after = dump::tables(db).await;
        let fates = self.fates();
        if !fates.contains(&Some(true)) {
            assert_eq!(after, before, "nothing is written");
        }
        let written = self.rows.iter().zip(&fates).filter(|(_, fate)| **fate == Some(true));
        let mut expected = stored;
        expected.extend(written.map(|(planted, _)| planted.token.clone()));
        assert_eq!(self.stored().await, expected, "exactly these are written");

        let answer = self.send(false).await;
        self.check(&answer, &expected, true);
        assert_eq!(dump::tables(db).await, after, "the same again changes nothing");
    }
}

fn path(path: &Value) -> String {
    let steps: Vec<&str> = path.as_array().expect("a path").iter().map(|step| step.as_str().unwrap()).collect();
    steps.join(".")
}

fn project_key(division: &str, number: usize) -> Value {
    let unit = format!("45000{}", number % 3);
    let mut key = json!({"divisionCode": division, "fiscalYear": 2020, "unitCode": unit});
    match number % 5 {
        0 => key["name"] = json!(format!("项目{number:04}")),
        _ => key["code"] = json!(format!("P{number:04}")),
    }
    key
}

/// Makes the key of a part's project name no project that can be written, and gives the code and path of that mistake.
fn miss_project(fault: usize, project: &mut Value, division: &str) -> (&'static str, &'static str) {
    match fault {
        3 => {
            project["unitCode"] = json!("999");
            ("NOT_FOUND", "key.project.unitCode")
        }
        4 => {
            project["divisionCode"] = json!("999");
            ("NOT_FOUND", "key.project.divisionCode")
        }
        5 => {
            (project["code"], project["name"]) = (json!("A"), json!("甲"));
            ("INVALID_FORMAT", "key.project")
        }
        11 => {
            (project["divisionCode"], project["unitCode"]) = (json!(READ), json!("450"));
            ("NOT_FOUND", "key.project")
        }
        _ => {
            *project = project_key(division, 9_001);
            ("NOT_FOUND", "key.project")
        }
    }
}

/// Code of a project, or its name where it has no code.
fn token(key: &Value) -> String {
    ["code", "name"].iter().find_map(|name| key[name].as_str()).expect("a key").to_owned()
}

async fn division(world: &World, code: &str, units: &[&str]) {
    write(world, "divisionUpsert", json!({"key": {"code": code}, "set": {}}), "outcome").await;
    let rows: Vec<Value> = units
        .iter()
        .map(|unit| json!({"key": {"divisionCode": code, "code": unit}, "set": {"name": format!("单位{unit}")}}))
        .collect();
    let made = write(world, "unitsUpsert", json!({ "rows": rows }), "committed").await;
    assert_eq!(made, json!({"committed": true}));
}

/// A service with the divisions that are out of reach.
async fn world() -> World {
    let world = World::empty().await;
    for code in [READ, HIDDEN] {
        division(&world, code, &["450"]).await;
    }
    world
}

/// A division with units and these projects.
async fn stock(world: &World, code: &str, projects: impl Iterator<Item = usize>, dice: &mut Dice) {
    division(world, code, &["450", "450000", "450001", "450002"]).await;
    let rows: Vec<Value> =
        projects.chain(ALWAYS..ALWAYS + 4).map(|number| projects::stocked(code, number, dice)).collect();
    let made = write(world, "projectsUpsert", json!({ "rows": rows }), "committed userErrors { path message }").await;
    assert_eq!(made, json!({"committed": true, "userErrors": []}));
}

fn case<'a>(
    world: &'a World,
    kind: &'a Kind,
    division: String,
    faults: &[Option<usize>],
    dice: &mut Dice,
    atomicity: &'a str,
) -> Case<'a> {
    let mut rows = Vec::with_capacity(faults.len());
    for (index, fault) in faults.iter().enumerate() {
        let planted = (kind.row)(&mut Place { division: &division, index, dice, fault: *fault, before: &rows });
        rows.push(planted);
    }
    let grant = |role, code: &str| Grant { role, scope: Scope::Division(code.to_owned()) };
    let caller = person(vec![grant(Role::Editor, &division), grant(Role::Reader, READ)]);
    Case { world, kind, caller, division, rows, atomicity }
}

/// Random batches of a kind.
fn holds_for_random_batches(kind: &Kind) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let world = runtime.block_on(world());
    let divisions = std::cell::Cell::new(100_000);
    let config = Config { cases: 12, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let batch = (
        num::u64::ANY,
        collection::vec(option::weighted(0.3, 0..kind.faults), 1..24),
        sample::select(vec!["ALL", "PER_PROJECT", "PER_ROW"]),
    );
    let outcome = TestRunner::new(config).run(&batch, |(seed, faults, atomicity)| {
        let mut dice = Dice(seed);
        divisions.set(divisions.get() + 1);
        let code = divisions.get().to_string();
        runtime.block_on(async {
            let stored: Vec<usize> = (0..faults.len()).filter(|_| dice.below(2) == 0).collect();
            stock(&world, &code, stored.into_iter(), &mut dice).await;
            case(&world, kind, code, &faults, &mut dice, atomicity).run().await;
        });
        Ok(())
    });
    outcome.unwrap();
    runtime.block_on(conformance::holds(world.db.read()));
}

#[test]
fn batches_of_projects() {
    holds_for_random_batches(&projects::KIND);
}

#[test]
fn batches_of_indicators() {
    holds_for_random_batches(&indicators::KIND);
}

#[test]
fn batches_of_plan_points() {
    holds_for_random_batches(&points::KIND);
}

#[test]
fn batches_of_units() {
    holds_for_random_batches(&units::KIND);
}

#[tokio::test]
async fn thirty_seven_mistakes_of_every_kind_among_a_thousand_rows() {
    let world = world().await;
    let mut dice = Dice(37);
    stock(&world, "100000", (0..1_000).step_by(7), &mut dice).await;
    let mut faults = vec![None; 1_000];
    for n in 0..37 {
        faults[n * 27 + 5] = Some(n % projects::KIND.faults);
    }
    for (atomicity, written) in [("ALL", 0), ("PER_ROW", 963)] {
        let case = case(&world, &projects::KIND, "100000".to_owned(), &faults, &mut Dice(963), atomicity);
        assert_eq!(case.rows.iter().filter(|row| row.errors.is_empty()).count(), 963);
        assert_eq!(case.fates().iter().filter(|fate| **fate == Some(true)).count(), written);
        case.run().await;
    }
    conformance::holds(world.db.read()).await;
}
