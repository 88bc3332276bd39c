//! The neutral form of a document: paragraphs and table cells in reading order, each with its place.
//!
//! The text form has no row ends and Word tables have merged cells, so a table is a run of cells here; the forms are
//! recognised by label and cell count ([`super::form`]). A merged continuation is a blank cell in both formats.

use std::fmt;

use entity::value::DocumentFormat;

use crate::rules::text::squeeze;

/// A document as read, before anything in it is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Format in which it came.
    pub format: DocumentFormat,
    /// Paragraphs and cells in reading order; blank paragraphs are left out.
    pub pieces: Vec<Piece>,
    /// First place of a printed `[bookmark: …]` mark; the marks themselves are removed.
    pub bookmark: Option<Place>,
}

/// One piece of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A paragraph outside tables, never blank.
    Paragraph(Paragraph),
    /// A cell of a table.
    Cell(Cell),
}

/// A paragraph with its place; spaces are plain, both ends trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// A table cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its paragraphs, without blank ones; none for a blank cell.
    pub paragraphs: Vec<Paragraph>,
    /// Where it opens.
    pub place: Place,
}

/// Where something stands in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Line of a text, from 1.
    Line(u32),
    /// Paragraph of a Word document outside tables, from 1, blank ones counted.
    Paragraph(u32),
    /// Row of a table of a Word document, both from 1.
    Row {
        /// Number of the table in the document.
        table: u32,
        /// Number of the row in the table.
        row: u32,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Paragraph(paragraph) => write!(f, "paragraph {paragraph}"),
            Self::Row { table, row } => write!(f, "table {table}, row {row}"),
        }
    }
}

/// The text of a cell that holds one short value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Paragraphs joined without a space.
    pub text: String,
    /// Where the cell opens.
    pub place: Place,
    /// Whether there was a line break to remove.
    pub broken: bool,
}

impl Cell {
    /// Whether nothing is printed in the cell.
    pub fn is_blank(&self) -> bool {
        self.paragraphs.is_empty()
    }

    /// The cell without any white space, as labels are compared.
    pub fn label(&self) -> String {
        self.paragraphs.iter().map(|paragraph| squeeze(&paragraph.text)).collect()
    }

    /// The cell as one short value.
    pub fn field(&self) -> Field {
        let text = self.paragraphs.iter().map(|paragraph| paragraph.text.as_str()).collect();
        Field { text, place: self.place, broken: self.paragraphs.len() > 1 }
    }

    /// The cell as running text, a paragraph a line.
    pub fn lines(&self) -> String {
        let lines: Vec<&str> = self.paragraphs.iter().map(|paragraph| paragraph.text.as_str()).collect();
        lines.join("\n")
    }
}
