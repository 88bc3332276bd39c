//! Word documents (.docx): paragraphs and table cells of the main part, as a reader of the printed page sees them.
//!
//! Deleted and moved-away text is left out, inserted text stays; headers, footers, notes, comments and field codes are
//! other parts or other elements and never looked at. A merged continuation is a blank cell, a nested table becomes
//! paragraphs of the cell around it, text boxes become paragraphs before the one that holds them.

use entity::value::DocumentFormat;

use super::document::{Cell, Document, Paragraph, Piece, Place};
use super::error::{PackageFault, ReadError, XmlFault};
use super::limits::Limits;
use super::package::{Package, shown};
use super::xml::{Element, Node, Xml};
use crate::rules::text::{tidy, without_bookmarks};

const NAMESPACES: [&str; 2] = [
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
];
const RELATIONSHIPS: &str = "_rels/.rels";
const MAIN_PART: &str = "word/document.xml";

/// Reads a Word document.
///
/// # Errors
/// [`ReadError`] when the package or its main part is damaged, hostile or beyond the limits.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, ReadError> {
    let mut package = Package::open(bytes, limits)?;
    let part = main_part(&mut package, limits)?;
    if !package.has(&part) {
        return Err(ReadError::Package(PackageFault::NoDocument));
    }
    let mut xml = Xml::new(package.part(&part)?, &part, limits)?;
    let mut page = Page::new(limits);
    while let Some(node) = xml.next()? {
        match node {
            Node::Open(element) => page.open(&element, &part)?,
            Node::Close => page.close()?,
            Node::Text(text) => page.text(&text),
        }
    }
    Ok(Document { format: DocumentFormat::Docx, pieces: page.pieces, bookmark: page.bookmark })
}

/// Name of the main part by the package's relationships, else the usual one.
fn main_part(package: &mut Package<'_>, limits: &Limits) -> Result<String, ReadError> {
    if package.has(RELATIONSHIPS) {
        let mut xml = Xml::new(package.part(RELATIONSHIPS)?, RELATIONSHIPS, limits)?;
        while let Some(node) = xml.next()? {
            let Node::Open(element) = node else { continue };
            let is_main = element.attribute("Type").is_some_and(|kind| kind.ends_with("/officeDocument"));
            if let Some(target) = element.attribute("Target").filter(|_| is_main) {
                return Ok(target.trim_start_matches('/').to_owned());
            }
        }
    }
    Ok(MAIN_PART.to_owned())
}

/// Elements that matter; everything else only holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    Paragraph,
    ParagraphProperties,
    /// Properties of a paragraph's mark.
    MarkProperties,
    Run,
    RunProperties,
    Text,
    Table,
    Row,
    RowProperties,
    Cell,
    CellProperties,
    Other,
}

/// A paragraph that is still open.
#[derive(Default)]
struct OpenParagraph {
    text: String,
    /// Its mark was deleted: it runs on into the next one.
    runs_on: bool,
}

struct OpenRow {
    cells: Vec<Cell>,
    deleted: bool,
}

struct OpenCell {
    paragraphs: Vec<Paragraph>,
    /// It continues the cell above: nothing is printed in it.
    continues: bool,
    /// It is part of the cell before it, or deleted: it is no cell at all.
    absent: bool,
}

/// The page as read so far.
struct Page {
    limits: Limits,
    /// Prefix of the Word elements, known from the root.
    prefix: Option<String>,
    open: Vec<Tag>,
    /// Depth inside an element that is left out.
    skipped: usize,
    paragraphs: Vec<OpenParagraph>,
    /// Text of paragraphs that run on.
    carried: String,
    table_depth: usize,
    table: u32,
    row_number: u32,
    rows: u32,
    paragraph_number: u32,
    row: Option<OpenRow>,
    cell: Option<OpenCell>,
    /// Cells and paragraphs so far.
    count: usize,
    pieces: Vec<Piece>,
    bookmark: Option<Place>,
}

impl Page {
    fn new(limits: &Limits) -> Self {
        Self {
            limits: *limits,
            prefix: None,
            open: Vec::new(),
            skipped: 0,
            paragraphs: Vec::new(),
            carried: String::new(),
            table_depth: 0,
            table: 0,
            row_number: 0,
            rows: 0,
            paragraph_number: 0,
            row: None,
            cell: None,
            count: 0,
            pieces: Vec::new(),
            bookmark: None,
        }
    }

    fn open(&mut self, element: &Element, part: &str) -> Result<(), ReadError> {
        let (prefix, name) = element.name();
        let Some(is_word) = self.prefix.as_ref().map(|word| word == prefix) else {
            return self.open_root(element, part);
        };
        if self.skipped > 0 || is_left_out(is_word, name, self.open.last()) {
            self.skipped += 1;
            return Ok(());
        }
        let tag = if is_word { self.open_word(element, name)? } else { Tag::Other };
        self.open.push(tag);
        Ok(())
    }

    /// The root binds the prefix under which all Word elements stand.
    fn open_root(&mut self, element: &Element, part: &str) -> Result<(), ReadError> {
        let mut bindings = element.attributes().filter(|(_, value)| NAMESPACES.contains(&value.as_str()));
        let prefix = bindings.find_map(|(name, _)| match name.as_str() {
            "xmlns" => Some(String::new()),
            name => name.strip_prefix("xmlns:").map(str::to_owned),
        });
        let is_root = |prefix: &String| element.name() == (prefix.as_str(), "document");
        let prefix = prefix.filter(is_root).ok_or_else(|| ReadError::Xml {
            part: shown(part),
            fault: XmlFault::NotWord,
            offset: 0,
        })?;
        self.prefix = Some(prefix);
        self.open.push(Tag::Other);
        Ok(())
    }

    fn open_word(&mut self, element: &Element, name: &str) -> Result<Tag, ReadError> {
        let is_merged_on = || element.attribute("val").is_none_or(|value| value != "restart");
        match (self.open.last(), name) {
            (_, "p") => {
                self.paragraph_number += u32::from(self.table_depth == 0 && self.paragraphs.is_empty());
                self.paragraphs.push(OpenParagraph::default());
                return Ok(Tag::Paragraph);
            }
            (_, "pPr") => return Ok(Tag::ParagraphProperties),
            (_, "r") => return Ok(Tag::Run),
            (_, "t") => return Ok(Tag::Text),
            (Some(Tag::ParagraphProperties), "rPr") => return Ok(Tag::MarkProperties),
            (_, "rPr") => return Ok(Tag::RunProperties),
            (_, "tbl") => {
                self.table_depth += 1;
                if self.table_depth == 1 {
                    self.table += 1;
                    self.row_number = 0;
                }
                return Ok(Tag::Table);
            }
            (_, "tr") if self.table_depth == 1 => {
                self.row_number += 1;
                self.rows += 1;
                if self.rows > self.limits.rows {
                    let (limit, place) = (self.limits.rows as usize, self.place());
                    return Err(ReadError::TooMany { what: "table rows", limit, place });
                }
                self.row = Some(OpenRow { cells: Vec::new(), deleted: false });
                return Ok(Tag::Row);
            }
            (_, "trPr") if self.table_depth == 1 => return Ok(Tag::RowProperties),
            (_, "tc") if self.table_depth == 1 => {
                self.counted()?;
                self.cell = Some(OpenCell { paragraphs: Vec::new(), continues: false, absent: false });
                return Ok(Tag::Cell);
            }
            (_, "tcPr") if self.table_depth == 1 => return Ok(Tag::CellProperties),
            (Some(Tag::MarkProperties), "del" | "moveFrom") => {
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.runs_on = true;
                }
            }
            (Some(Tag::RowProperties), "del") => {
                if let Some(row) = &mut self.row {
                    row.deleted = true;
                }
            }
            (Some(Tag::CellProperties), "vMerge") if is_merged_on() => {
                if let Some(cell) = &mut self.cell {
                    cell.continues = true;
                }
            }
            (Some(Tag::CellProperties), "cellDel") => self.drop_cell(),
            (Some(Tag::CellProperties), "hMerge") if is_merged_on() => self.drop_cell(),
            (Some(Tag::Run), "tab") => self.push(" "),
            (Some(Tag::Run), "br" | "cr") => self.push("\n"),
            (Some(Tag::Run), "noBreakHyphen") => self.push("-"),
            _ => {}
        }
        Ok(Tag::Other)
    }

    fn close(&mut self) -> Result<(), ReadError> {
        if self.skipped > 0 {
            self.skipped -= 1;
            return Ok(());
        }
        match self.open.pop() {
            Some(Tag::Paragraph) => self.close_paragraph()?,
            Some(Tag::Cell) => {
                self.flush_carried()?;
                self.close_cell();
            }
            Some(Tag::Row) => {
                if let Some(row) = self.row.take().filter(|row| !row.deleted) {
                    self.pieces.extend(row.cells.into_iter().map(Piece::Cell));
                }
            }
            Some(Tag::Table) => self.table_depth = self.table_depth.saturating_sub(1),
            Some(
                Tag::ParagraphProperties
                | Tag::MarkProperties
                | Tag::Run
                | Tag::RunProperties
                | Tag::Text
                | Tag::RowProperties
                | Tag::CellProperties
                | Tag::Other,
            )
            | None => {}
        }
        if self.open.is_empty() { self.flush_carried() } else { Ok(()) }
    }

    fn text(&mut self, text: &str) {
        if self.skipped == 0 && self.open.last() == Some(&Tag::Text) {
            self.push(text);
        }
    }

    fn push(&mut self, text: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.text.push_str(text);
        }
    }

    fn close_paragraph(&mut self) -> Result<(), ReadError> {
        let Some(paragraph) = self.paragraphs.pop() else { return Ok(()) };
        if !self.paragraphs.is_empty() {
            return self.emit(&paragraph.text);
        }
        self.carried.push_str(&paragraph.text);
        if paragraph.runs_on { Ok(()) } else { self.flush_carried() }
    }

    fn flush_carried(&mut self) -> Result<(), ReadError> {
        let text = std::mem::take(&mut self.carried);
        self.emit(&text)
    }

    /// Puts the lines of a paragraph where they belong.
    fn emit(&mut self, text: &str) -> Result<(), ReadError> {
        let place = self.place();
        for line in text.split('\n') {
            let (line, marked) = without_bookmarks(line);
            if marked && self.bookmark.is_none() {
                self.bookmark = Some(place);
            }
            let paragraph = Paragraph { text: tidy(&line), place };
            if paragraph.text.is_empty() {
                continue;
            }
            self.counted()?;
            match &mut self.cell {
                Some(cell) => cell.paragraphs.push(paragraph),
                None => self.pieces.push(Piece::Paragraph(paragraph)),
            }
        }
        Ok(())
    }

    fn close_cell(&mut self) {
        let place = self.place();
        let Some(cell) = self.cell.take().filter(|cell| !cell.absent) else { return };
        let paragraphs = if cell.continues { Vec::new() } else { cell.paragraphs };
        if let Some(row) = &mut self.row {
            row.cells.push(Cell { paragraphs, place });
        }
    }

    fn drop_cell(&mut self) {
        if let Some(cell) = &mut self.cell {
            cell.absent = true;
        }
    }

    fn counted(&mut self) -> Result<(), ReadError> {
        self.count += 1;
        if self.count > self.limits.cells {
            let (limit, place) = (self.limits.cells, self.place());
            return Err(ReadError::TooMany { what: "cells and paragraphs", limit, place });
        }
        Ok(())
    }

    fn place(&self) -> Place {
        if self.table_depth > 0 {
            Place::Row { table: self.table, row: self.row_number }
        } else {
            Place::Paragraph(self.paragraph_number)
        }
    }
}

/// Deleted and moved-away runs, the second copy of a text box, and readings above the characters.
fn is_left_out(is_word: bool, name: &str, parent: Option<&Tag>) -> bool {
    let is_property =
        matches!(parent, Some(Tag::MarkProperties | Tag::RunProperties | Tag::RowProperties | Tag::CellProperties));
    match name {
        "del" | "moveFrom" => is_word && !is_property,
        "rt" => is_word,
        "Fallback" => !is_word,
        _ => false,
    }
}
