//! `jixiao import --kind …`: tables, row by row, directly on the database or by a service.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::direct::Direct;
use super::load;
use super::remote::Remote;
use crate::app;
use crate::cli::argument::{self, UnitKey};
use crate::cli::failure::{Failure, warn};
use crate::cli::output;
use crate::cli::progress::Percent;
use crate::cli::template::Kind;
use crate::config::Settings;
use crate::error::AppError;
use crate::service::load as service;

/// Errors of a file that are printed; all of them are in its file of errors.
const PRINTED: usize = 20;

/// What is done with tables.
#[derive(Debug, Args)]
pub struct Tables {
    /// What is done with the rows of tables
    #[arg(long, value_enum, requires = "kind", default_value_t = Mode::Upsert)]
    mode: Mode,
    /// What a blank cell of a table means
    #[arg(long, value_enum, requires = "kind", default_value_t = Blank::Keep)]
    blank_cells: Blank,
    /// Write the rows of tables; without it they are only tried
    #[arg(long, requires = "kind", conflicts_with = "dry_run")]
    apply: bool,
    /// On an empty database too, write the rows that are right when others are refused
    #[arg(long, requires = "kind", conflicts_with = "server")]
    row_by_row: bool,
    /// Unit whose projects of --fiscal-year are replaced by --mode replace-scope, e.g. 130304/450002
    #[arg(long, value_name = "DIVISION/UNIT", value_parser = argument::unit_key, requires = "fiscal_year")]
    scope: Option<UnitKey>,
    /// How many projects there are in --scope now
    #[arg(long, value_name = "COUNT", requires = "scope")]
    expected_scope_rows: Option<u32>,
    /// Send the tables to a service at this address instead of working on the database
    #[arg(long, value_name = "URL", requires = "token_file", requires = "kind")]
    server: Option<String>,
    /// File with the token for --server
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
    /// PEM file with the authority of the certificate of an https:// --server; public authorities without it
    #[arg(long, value_name = "FILE", requires = "server")]
    ca: Option<PathBuf>,
}

/// What is done with the rows.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    /// Every row must be new
    Create,
    /// Every row must be there
    Update,
    /// New rows are made, known ones changed
    Upsert,
    /// The rows are deleted
    Delete,
    /// As upsert, and what the file lacks is deleted from --scope
    ReplaceScope,
}

/// What a blank cell means.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Blank {
    /// What is stored stays
    Keep,
    /// What is stored is cleared
    Clear,
}

/// What became of a file so far, in the names of the API.
pub struct State {
    /// Percent of the file.
    pub percent: u64,
    /// Whether it has ended.
    pub has_ended: bool,
    /// State of the operation.
    pub status: String,
    /// Rows by what became of them: name and number.
    pub rows: Vec<(&'static str, i64)>,
    /// Why the operation failed.
    pub failure: Option<String>,
}

impl Tables {
    /// Works through the files, one after the other.
    ///
    /// # Errors
    /// When one cannot be sent or read, and when a row was refused.
    pub async fn run(
        &self,
        kind: Kind,
        fiscal_year: Option<i32>,
        files: &[PathBuf],
        json: bool,
        settings: &Settings,
    ) -> Result<(), Failure> {
        let options = self.options(kind, fiscal_year);
        let complete = match (&self.server, &self.token_file) {
            (Some(server), Some(token)) => {
                let token =
                    std::fs::read_to_string(token).map_err(|source| Failure::File { path: token.clone(), source })?;
                let remote = Remote::new(server, token.trim(), self.ca.as_deref())?;
                self.all(&Place::Remote(remote), files, &options, json).await?
            }
            (Some(_) | None, _) => {
                let db = app::open(settings).await?;
                if self.may_load() && service::is_empty(db.read()).await? {
                    let loaded = load::all(self, files, &options, json, settings, db).await?;
                    return if loaded { Ok(()) } else { Err(Failure::Told) };
                }
                let direct = Direct::on(db, settings);
                let place = Place::Direct(Box::new(direct));
                let complete = self.all(&place, files, &options, json).await;
                if let Place::Direct(direct) = place {
                    direct.close().await?;
                }
                complete?
            }
        };
        if complete { Ok(()) } else { Err(Failure::Told) }
    }

    /// Whether files are loaded where there is nothing yet: all of them or nothing.
    fn may_load(&self) -> bool {
        !self.row_by_row
            && match self.mode {
                Mode::Create | Mode::Upsert => true,
                Mode::Update | Mode::Delete | Mode::ReplaceScope => false,
            }
    }

    /// The options as the input of `importStart` has them.
    fn options(&self, kind: Kind, fiscal_year: Option<i32>) -> Map<String, Value> {
        let mode = match self.mode {
            Mode::Create => "CREATE",
            Mode::Update => "UPDATE",
            Mode::Upsert => "UPSERT",
            Mode::Delete => "DELETE",
            Mode::ReplaceScope => "REPLACE_SCOPE",
        };
        let blank = match self.blank_cells {
            Blank::Keep => "KEEP",
            Blank::Clear => "CLEAR",
        };
        let mut options = Map::from_iter([
            ("kind".to_owned(), kind.code().into()),
            ("mode".to_owned(), mode.into()),
            ("blankCells".to_owned(), blank.into()),
            ("dryRun".to_owned(), (!self.apply).into()),
        ]);
        if let Some(UnitKey { division, code }) = &self.scope {
            let scope = json!({ "divisionCode": division, "unitCode": code, "fiscalYear": fiscal_year });
            options.insert("scope".to_owned(), scope);
        }
        if let Some(rows) = self.expected_scope_rows {
            options.insert("expectedScopeRows".to_owned(), rows.into());
        }
        options
    }

    async fn all(
        &self,
        place: &Place,
        files: &[PathBuf],
        options: &Map<String, Value>,
        json: bool,
    ) -> Result<bool, Failure> {
        let mut complete = true;
        for file in files {
            complete &= self.one(place, file, options, json).await?;
        }
        Ok(complete)
    }

    /// Works through a file; whether all of it was taken.
    async fn one(&self, place: &Place, file: &Path, options: &Map<String, Value>, json: bool) -> Result<bool, Failure> {
        let bar = Percent::of(file.display().to_string());
        let id = place.start(file, options, &bar).await?;
        let state = loop {
            let state = place.state(&id).await?;
            bar.at(state.percent);
            if state.has_ended {
                break state;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        };
        drop(bar);
        let errors = place.errors(&id).await?;
        let failed = state.rows.iter().any(|(name, count)| *name == "failed" && *count > 0);
        self.print(file, Some(&id), &state, &errors, json)?;
        Ok(state.status == "COMPLETED" && !failed)
    }

    /// Prints what became of a file; what was not in the queue has no id.
    pub fn print(&self, file: &Path, id: Option<&str>, state: &State, errors: &str, json: bool) -> Result<(), Failure> {
        if json {
            let rows: Map<String, Value> =
                state.rows.iter().map(|(name, count)| ((*name).to_owned(), (*count).into())).collect();
            let errors: Vec<Value> = errors.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            return output::line(json!({
                "file": file, "operation": id, "status": state.status, "dryRun": !self.apply, "rows": rows,
                "failure": state.failure, "errors": errors,
            }));
        }
        let rows: Vec<String> = state.rows.iter().map(|(name, count)| format!("{name} {count}")).collect();
        output::line(format!("{}: {} ({})", file.display(), rows.join(", "), state.status))?;
        if let Some(failure) = &state.failure {
            warn(&format!("{}: {failure}", file.display()));
        }
        output::table(&table(errors))?;
        let more = errors.lines().count().saturating_sub(PRINTED);
        if more > 0 {
            output::line(format!("  … and {more} rows more with errors"))?;
        }
        if !self.apply {
            output::line("  dry run: nothing was stored; --apply writes it")?;
        }
        std::io::stdout().flush().map_err(Failure::Output)
    }
}

/// The first errors: place, code, message.
fn table(errors: &str) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    for line in errors.lines().take(PRINTED) {
        let line: Value = serde_json::from_str(line).unwrap_or_default();
        for fault in line["userErrors"].as_array().into_iter().flatten() {
            let text = |name: &str| fault[name].as_str().unwrap_or_default().to_owned();
            rows.push([format!("  {}", text("place")), text("code"), text("message")]);
        }
    }
    rows
}

/// Where the work is done.
enum Place {
    Direct(Box<Direct>),
    Remote(Remote),
}

impl Place {
    async fn start(&self, file: &Path, options: &Map<String, Value>, bar: &Percent) -> Result<String, Failure> {
        match self {
            Self::Direct(direct) => direct.start(file, options).await,
            Self::Remote(remote) => remote.start(file, options, bar).await,
        }
    }

    async fn state(&self, id: &str) -> Result<State, Failure> {
        match self {
            Self::Direct(direct) => direct.state(id).await,
            Self::Remote(remote) => remote.state(id).await,
        }
    }

    async fn errors(&self, id: &str) -> Result<String, Failure> {
        let bytes = match self {
            Self::Direct(direct) => direct.errors(id).await?,
            Self::Remote(remote) => remote.errors(id).await?,
        };
        String::from_utf8(bytes).map_err(|error| AppError::internal(error).into())
    }
}

/// Name of a file without its folder.
pub fn name(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}
