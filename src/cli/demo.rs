//! `jixiao demo`: everything at once, on samples.

mod samples;
mod welcome;

use clap::Args;
use entity::value::Role;

use super::argument::UnitKey;
use super::failure::Failure;
use super::progress::Progress;
use super::{account, logging, output};
use crate::app;
use crate::auth::{Grant, Scope};
use crate::config::Settings;
use crate::db::Db;
use crate::import::{FileStore, Report};
use crate::service::stored::Tally;

use samples::SAMPLES;

/// The unit of the samples that the account `editor` may edit, by division and code.
const EDITED_UNIT: (&str, &str) = ("130304", "361002");

/// Try everything: database, sample disclosures, accounts, tokens, service
///
/// Makes the data folder (./data) with a SQLite database and a signing key, loads the samples that are part of this
/// program, and serves on 127.0.0.1:8080. Prints the address of the explorer, tokens, and `curl` lines to paste. A second
/// start finds all of it again and creates nothing.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  jixiao demo\n  JIXIAO_LISTEN=127.0.0.1:9000 jixiao demo --data /tmp/jixiao")]
pub struct Demo {}

impl Demo {
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        // Changes of the tables are no news in a folder made a moment ago.
        logging::start(settings, "sea_orm_migration=warn")?;
        let door = app::listen(settings).await?;
        let progress = Progress::of(SAMPLES.len() + 2);
        progress.doing("tables");
        let (db, _) = app::migrate(settings).await?;
        progress.done();

        let files = FileStore::new(settings.files_folder());
        let mut reports = Vec::with_capacity(SAMPLES.len());
        for sample in SAMPLES {
            progress.doing(sample.file);
            reports.push(sample.load(&db, &files).await?);
            progress.done();
        }
        progress.doing("accounts");
        make_accounts(&db).await?;
        drop(progress);

        print_loaded(&reports)?;
        welcome::print(settings, &db, door.address(settings)).await?;
        // A person at a terminal waits for nobody who would look at /readyz.
        Ok(app::serve(settings, db, door, std::time::Duration::ZERO, app::handlers(settings)).await?)
    }
}

/// Makes the accounts of the demonstration where they are missing.
async fn make_accounts(db: &Db) -> Result<(), Failure> {
    let (division, code) = EDITED_UNIT;
    let edited = UnitKey { division: division.to_owned(), code: code.to_owned() };
    let edited = db.write(async |tx| account::unit_scope(tx, &edited).await).await?;
    let accounts = [
        ("reader", Grant::view(Role::Finance, Scope::Everything)),
        ("finance", Grant::new(Role::Finance, Scope::Everything)),
        ("system", Grant::new(Role::Service, Scope::Everything)),
        ("editor", Grant::new(Role::UnitEditor, edited)),
    ];
    for (name, grant) in accounts {
        account::ensure(db, name, &grant).await?;
    }
    Ok(())
}

/// Prints a line for each document: what it holds, and what became of it.
fn print_loaded(reports: &[Report]) -> Result<(), Failure> {
    let heads = ["document", "projects", "plans", "objectives", "indicators", "findings", "rejected"];
    let heads = [&heads[..], &["created", "updated", "unchanged"]].concat();
    let mut rows: Vec<[String; 10]> = vec![std::array::from_fn(|column| heads[column].to_owned())];
    let mut sum = [0; 9];
    for report in reports {
        let numbers = numbers(report);
        for (sum, number) in sum.iter_mut().zip(numbers) {
            *sum += number;
        }
        rows.push(row(&report.file, numbers));
    }
    rows.push(row("together", sum));
    output::table(&rows)
}

fn row(name: &str, numbers: [u64; 9]) -> [String; 10] {
    let mut cells = vec![name.to_owned()];
    cells.extend(numbers.map(|number| number.to_string()));
    std::array::from_fn(|column| cells[column].clone())
}

/// Projects, plans, objectives, indicators, findings, rejected projects; rows created, updated, unchanged.
fn numbers(report: &Report) -> [u64; 9] {
    let parts = &report.parts;
    let all = [&report.units, &report.goals, &parts.projects, &parts.plans, &parts.objectives, &parts.indicators];
    let held = |tally: &Tally| tally.created + tally.updated + tally.unchanged;
    let sum = |count: fn(&Tally) -> u64| all.into_iter().map(count).sum();
    [
        held(&parts.projects),
        held(&parts.plans),
        held(&parts.objectives),
        held(&parts.indicators),
        report.findings.values().map(|noticed| noticed.count).sum(),
        report.rejected.len() as u64,
        sum(|tally| tally.created),
        sum(|tally| tally.updated),
        sum(|tally| tally.unchanged),
    ]
}
