//! `jixiao import --template`.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use crate::error::{AppError, ErrorCode};
use crate::import::table::{Format, TableKind, guide, template};

/// A table to fill in, instead of an import
#[derive(Debug, Args)]
pub struct Template {
    /// Write a table to fill in, and import nothing
    #[arg(long = "template", id = "template", value_name = "FORMAT", value_enum, conflicts_with = "files")]
    pub format: Option<TemplateFormat>,
    /// What the rows of a table are; a template is one of projects without it
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,
    /// File of the table, instead of standard output
    #[arg(short, long, requires = "template", value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A format of templates.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TemplateFormat {
    /// Excel workbook
    Xlsx,
    /// CSV in UTF-8
    Csv,
    /// One JSON object a line
    Jsonl,
    /// Documentation of all columns, in Markdown
    Guide,
}

/// What the rows of a table are.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    /// Budgeted units (预算单位)
    Units,
    /// Projects (预算项目)
    Projects,
    /// Indicators (绩效指标)
    Indicators,
    /// Points of spending plans (资金支出计划)
    PlanPoints,
    /// Several kinds: sheets with their names, or lines with a `type`
    Mixed,
}

impl Kind {
    /// The name of the kind in the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Units => "UNITS",
            Self::Projects => "PROJECTS",
            Self::Indicators => "INDICATORS",
            Self::PlanPoints => "PLAN_POINTS",
            Self::Mixed => "MIXED",
        }
    }
}

impl Template {
    /// Writes the template.
    ///
    /// # Errors
    /// When the output cannot be written, or is a terminal and the format is not text.
    pub fn write(&self, format: TemplateFormat) -> Result<(), Failure> {
        let kind = match self.kind {
            Some(Kind::Units) => TableKind::Units,
            Some(Kind::Projects) | None => TableKind::Projects,
            Some(Kind::Indicators) => TableKind::Indicators,
            Some(Kind::PlanPoints) => TableKind::PlanPoints,
            Some(Kind::Mixed) => {
                return Err(AppError::bad_input("A template is of one kind; make one for each.").into());
            }
        };
        let of = |format| {
            template::template(kind, format)
                .map_err(|error| AppError::new(ErrorCode::Internal, "The template could not be made.").caused_by(error))
        };
        let bytes = match format {
            TemplateFormat::Xlsx => of(Format::Xlsx)?,
            TemplateFormat::Csv => of(Format::Csv)?,
            TemplateFormat::Jsonl => of(Format::Jsonl)?,
            TemplateFormat::Guide => guide::markdown().into_bytes(),
        };
        let is_text = !matches!(format, TemplateFormat::Xlsx);
        match &self.output {
            Some(path) => std::fs::write(path, bytes).map_err(Failure::Output),
            None if !is_text && io::stdout().is_terminal() => {
                let refused = io::Error::other("a workbook is not for a terminal; name a file with -o FILE");
                Err(Failure::Output(refused))
            }
            None => io::stdout().write_all(&bytes).map_err(Failure::Output),
        }
    }
}
