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
    /// What the rows of the table are
    #[arg(long, value_enum, requires = "template", default_value_t = Kind::Projects)]
    kind: Kind,
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

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Budgeted units (预算单位)
    Units,
    /// Projects (预算项目)
    Projects,
    /// Indicators (绩效指标)
    Indicators,
    /// Points of spending plans (资金支出计划)
    PlanPoints,
}

impl Template {
    /// Writes the template.
    ///
    /// # Errors
    /// When the output cannot be written, or is a terminal and the format is not text.
    pub fn write(&self, format: TemplateFormat) -> Result<(), Failure> {
        let kind = match self.kind {
            Kind::Units => TableKind::Units,
            Kind::Projects => TableKind::Projects,
            Kind::Indicators => TableKind::Indicators,
            Kind::PlanPoints => TableKind::PlanPoints,
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
