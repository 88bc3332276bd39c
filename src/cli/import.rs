//! `jixiao import`.

mod direct;
mod load;
mod remote;
mod tables;

use std::path::{Path, PathBuf};

use clap::{Args, value_parser};
use serde_json::json;

use super::failure::{Failure, warn};
use super::progress::Progress;
use super::template::Template;
use super::{argument, output};
use crate::app;
use crate::auth::Caller;
use crate::config::Settings;
use crate::db::Db;
use crate::import::{self, FileStore, Options, Report, Source, files};

use tables::Tables;

/// Import published disclosures (.docx, or the text form), or tables
///
/// Each document is one transaction: all of it that can be taken is stored, and importing it again changes nothing.
/// Prints for each what was created, updated, left unchanged or rejected, and the findings by rule. Exit code 1 when
/// anything was rejected or refused.
///
/// With --kind the files are tables (.jsonl, .csv, .xlsx) with many rows, which are only tried unless --apply is given;
/// with --server they are sent to a service.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  jixiao import report.docx --division 130304\n  \
                        jixiao import *.txt --division 130304 --fiscal-year 2020 --unit 450002 --unit-name 某单位 --dry-run\n  \
                        jixiao import report.docx --division 130304 --json | jq .projects\n  \
                        jixiao import projects.xlsx --kind projects --apply\n  \
                        jixiao import --template xlsx --kind indicators -o indicators.xlsx")]
pub struct Import {
    /// Documents; the format is told by the content
    #[arg(required_unless_present = "template", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Code of the fiscal division (财政区划), which no document prints
    #[arg(long, value_name = "CODE", value_parser = argument::division, required_unless_present_any = ["template", "kind"])]
    division: Option<String>,
    /// Name of the division; a known one stays without it
    #[arg(long, value_name = "NAME")]
    division_name: Option<String>,
    /// Fiscal year (预算年度), for documents that print none
    #[arg(long, value_name = "YEAR", value_parser = value_parser!(i32).range(2000..=2099))]
    fiscal_year: Option<i32>,
    /// Code of the unit (预算单位), for documents that print none
    #[arg(long, value_name = "CODE", requires = "unit_name")]
    unit: Option<String>,
    /// Name of that unit
    #[arg(long, value_name = "NAME", requires = "unit")]
    unit_name: Option<String>,
    /// Publish the goal and the projects of the documents: the public sees them, and only who may publish changes them
    #[arg(long)]
    publish: bool,
    /// Do everything, report, and keep nothing
    #[arg(long)]
    dry_run: bool,
    /// Print a JSON object for each document, one a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    tables: Tables,
    #[command(flatten)]
    template: Template,
}

impl Import {
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        if let Some(format) = self.template.format {
            return self.template.write(format);
        }
        if let Some(kind) = self.template.kind {
            return self.tables.run(kind, self.fiscal_year, &self.files, self.json, settings).await;
        }
        let db = app::open(settings).await?;
        let store = FileStore::new(settings.files_folder());
        let options = self.options();
        let progress = Progress::of(self.files.len());
        let mut complete = true;
        for file in &self.files {
            progress.doing(file.display().to_string());
            let outcome = import(&db, &store, file, &options).await;
            complete &= outcome.as_ref().is_ok_and(Report::is_complete);
            progress.aside(|| self.print(file, outcome))?;
            progress.done();
        }
        drop(progress);
        db.close().await?;
        if complete { Ok(()) } else { Err(Failure::Told) }
    }

    fn options(&self) -> Options {
        Options {
            // Only a template does without.
            division: self.division.clone().unwrap_or_default(),
            division_name: self.division_name.clone(),
            fiscal_year: self.fiscal_year,
            unit_code: self.unit.clone(),
            unit_name: self.unit_name.clone(),
            publish: self.publish,
            dry_run: self.dry_run,
        }
    }

    /// Prints what became of a file: to standard output, but the reason of a refusal for people to standard error.
    fn print(&self, file: &Path, outcome: Result<Report, Failure>) -> Result<(), Failure> {
        match outcome {
            Ok(report) if self.json => output::line(json!(report)),
            Ok(report) => {
                output::line(report.to_string().trim_end())?;
                if self.dry_run { output::line("  dry run: nothing was stored") } else { Ok(()) }
            }
            Err(refusal) if self.json => {
                output::line(json!({ "file": tables::name(file), "error": refusal.sentence() }))
            }
            Err(refusal) => {
                warn(&format!("{}: {}", file.display(), refusal.sentence()));
                Ok(())
            }
        }
    }
}

async fn import(db: &Db, store: &FileStore, file: &Path, options: &Options) -> Result<Report, Failure> {
    let source = Source { name: tables::name(file), bytes: read(file)? };
    Ok(import::run(db, store, &Caller::operator(), &source, options).await?)
}

/// The bytes of a file; of one that is too large only so many that the importer sees it.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    files::read_bounded(path).map_err(|source| Failure::File { path: path.to_owned(), source })
}
