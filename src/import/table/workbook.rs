//! The parts of an Excel workbook: its sheets, the texts that they share, and as what each style shows a number.
//!
//! The package is judged by its list of parts before anything is unpacked, each part is unpacked to the size that the
//! list declares at most, and XML is read under the limits of nesting and attributes ([`super::super::package`],
//! [`super::super::xml`]).

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use super::Limits;
use super::error::{Excess, FileError, OtherFormat};
use super::look::Look;
use super::text::text_inside;
use crate::import::package::{Package, shown};
use crate::import::xml::{Element, Node, Xml};

const CONTENT_TYPES: &str = "[Content_Types].xml";
const ROOT: &str = "_rels/.rels";

/// What a sheet with merged ranges has in its XML.
const MERGE: &[u8] = b"mergeCell";

/// The XML of an unpacked sheet.
pub type SheetXml = Xml<BufReader<File>>;

/// An opened workbook.
pub struct Workbook {
    bytes: Vec<u8>,
    limits: Limits,
    /// The sheets in their order; those that hold no cells, as charts, are left out. Hidden ones are there.
    pub sheets: Vec<Sheet>,
    context: Arc<Context>,
}

/// A sheet of cells.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Its name.
    pub name: Arc<str>,
    part: String,
}

/// A sheet in a temporary file, which the system removes when it is closed.
#[derive(Debug)]
pub struct Unpacked {
    file: File,
    part: String,
    /// Its bytes.
    pub length: u64,
    /// Whether it has merged ranges.
    pub merges: bool,
}

/// What cells of every sheet refer to.
#[derive(Debug, Default)]
pub struct Context {
    /// Texts by number.
    pub texts: Vec<Box<str>>,
    /// As what numbers are shown, by number of the style.
    pub looks: Vec<Look>,
}

impl Workbook {
    /// Opens a workbook.
    ///
    /// # Errors
    /// [`FileError`] for another format, a password, macros, and what is damaged, hostile or beyond the limits.
    pub fn open(mut source: impl Read, limits: &Limits) -> Result<Self, FileError> {
        let most = limits.package.file;
        let mut bytes = Vec::new();
        source.by_ref().take(most + 1).read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            return Err(FileError::Empty);
        }
        if bytes.len() as u64 > most {
            return Err(FileError::TooMany { what: Excess::Bytes, limit: most });
        }
        if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
            return Err(FileError::OtherFormat(OtherFormat::OldOrEncrypted));
        }
        if !bytes.starts_with(b"PK") {
            return Err(FileError::OtherFormat(OtherFormat::NotAWorkbook));
        }
        let mut workbook = Self { bytes, limits: *limits, sheets: Vec::new(), context: Arc::default() };
        workbook.read()?;
        Ok(workbook)
    }

    fn read(&mut self) -> Result<(), FileError> {
        let mut package = Package::open(&self.bytes, &self.limits.package)?;
        if package.has("xl/vbaProject.bin") || has_macros(&mut package, &self.limits)? {
            return Err(FileError::OtherFormat(OtherFormat::Macros));
        }
        let main = relations(&mut package, ROOT, "", &self.limits)?;
        let main = main.into_iter().find(|relation| relation.is("officeDocument")).map(|relation| relation.target);
        let main = main.ok_or(FileError::OtherFormat(OtherFormat::NotAWorkbook))?;
        if main.ends_with(".bin") {
            return Err(FileError::OtherFormat(OtherFormat::Binary));
        }
        let (folder, file) = main.rsplit_once('/').unwrap_or(("", &main));
        let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let related = relations(&mut package, &format!("{folder}_rels/{file}.rels"), &folder, &self.limits)?;
        let sheets = sheets(&mut package, &main, &related, &self.limits)?;
        let part_of = |kind: &str| related.iter().find(|relation| relation.is(kind)).map(|relation| &relation.target);
        let texts = match part_of("sharedStrings") {
            Some(part) => texts(&mut package, part, &self.limits)?,
            None => Vec::new(),
        };
        let looks = match part_of("styles") {
            Some(part) => looks(&mut package, part, &self.limits)?,
            None => Vec::new(),
        };
        (self.sheets, self.context) = (sheets, Arc::new(Context { texts, looks }));
        Ok(())
    }

    /// Unpacks a sheet into a temporary file.
    ///
    /// # Errors
    /// [`FileError::Unsound`] when it cannot be unpacked, [`FileError::Unreadable`] when there is no room for it.
    pub fn unpack(&self, sheet: &Sheet) -> Result<Unpacked, FileError> {
        let mut package = Package::open(&self.bytes, &self.limits.package)?;
        let mut part = package.part(&sheet.part)?;
        let mut unpacked = Unpacked { file: tempfile::tempfile()?, part: sheet.part.clone(), length: 0, merges: false };
        // The end of what was written before, in which the mark may have begun.
        let mut seen: Vec<u8> = Vec::new();
        loop {
            let bytes = part.fill_buf().map_err(|_| FileError::Unsound { part: sheet.name.to_string() })?;
            if bytes.is_empty() {
                return Ok(unpacked);
            }
            unpacked.file.write_all(bytes)?;
            seen.extend_from_slice(bytes);
            unpacked.merges |= seen.windows(MERGE.len()).any(|window| window == MERGE);
            seen.drain(..seen.len().saturating_sub(MERGE.len()));
            let length = bytes.len();
            unpacked.length += length as u64;
            part.consume(length);
        }
    }

    /// Reads an unpacked sheet from its start, one reading after the other: they share the place in the file.
    ///
    /// # Errors
    /// [`FileError`] when it is not in UTF-8, or cannot be read.
    pub fn xml(&self, unpacked: &Unpacked) -> Result<SheetXml, FileError> {
        let mut file = unpacked.file.try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Xml::new(BufReader::with_capacity(1 << 16, file), &unpacked.part, &self.limits.package)?)
    }

    /// What cells refer to.
    pub fn context(&self) -> Arc<Context> {
        self.context.clone()
    }

    /// The limits under which it was opened.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}

/// A relation between parts.
struct Relation {
    id: String,
    kind: String,
    target: String,
}

impl Relation {
    fn is(&self, kind: &str) -> bool {
        self.kind.rsplit('/').next() == Some(kind)
    }
}

/// The elements of a part, as their local names; a part that is not there has none.
fn each_element(
    package: &mut Package<'_>,
    part: &str,
    limits: &Limits,
    mut take: impl FnMut(&str, &Element),
) -> Result<(), FileError> {
    if !package.has(part) {
        return Ok(());
    }
    let mut xml = Xml::new(package.part(part)?, part, &limits.package)?;
    while let Some(node) = xml.next()? {
        if let Node::Open(element) = node {
            take(element.name().1, &element);
        }
    }
    Ok(())
}

fn has_macros(package: &mut Package<'_>, limits: &Limits) -> Result<bool, FileError> {
    let mut found = false;
    each_element(package, CONTENT_TYPES, limits, |_, element| {
        found |= element.attribute("ContentType").is_some_and(|kind| kind.contains("macroEnabled"));
    })?;
    Ok(found)
}

fn relations(package: &mut Package<'_>, part: &str, folder: &str, limits: &Limits) -> Result<Vec<Relation>, FileError> {
    let mut relations = Vec::new();
    each_element(package, part, limits, |name, element| {
        if name != "Relationship" {
            return;
        }
        let attributes = (element.attribute("Id"), element.attribute("Type"), element.attribute("Target"));
        if let (Some(id), Some(kind), Some(target)) = attributes {
            let target = target.strip_prefix('/').map_or_else(|| format!("{folder}{target}"), str::to_owned);
            relations.push(Relation { id, kind, target });
        }
    })?;
    Ok(relations)
}

fn sheets(
    package: &mut Package<'_>,
    part: &str,
    related: &[Relation],
    limits: &Limits,
) -> Result<Vec<Sheet>, FileError> {
    let mut sheets = Vec::new();
    each_element(package, part, limits, |name, element| {
        if name != "sheet" {
            return;
        }
        let relation = element.attribute("id").and_then(|id| related.iter().find(|relation| relation.id == id));
        let relation = relation.filter(|relation| relation.is("worksheet"));
        if let (Some(name), Some(relation)) = (element.attribute("name"), relation) {
            sheets.push(Sheet { name: shown(name.trim()).into(), part: relation.target.clone() });
        }
    })?;
    Ok(sheets)
}

/// The texts that cells share: one for each `si`.
fn texts(package: &mut Package<'_>, part: &str, limits: &Limits) -> Result<Vec<Box<str>>, FileError> {
    let (most, mut length) = (limits.package.cells, 0);
    let mut texts: Vec<Box<str>> = Vec::new();
    let mut xml = Xml::new(package.part(part)?, part, &limits.package)?;
    while let Some(node) = xml.next()? {
        let Node::Open(element) = node else { continue };
        if element.name().1 != "si" {
            continue;
        }
        let Some(text) = text_inside(&mut xml, false)? else { break };
        length += text.len();
        if texts.len() >= most {
            return Err(FileError::TooMany { what: Excess::Texts, limit: most as u64 });
        }
        if length > limits.texts {
            return Err(FileError::TooMany { what: Excess::TextBytes, limit: limits.texts as u64 });
        }
        texts.push(text.into());
    }
    Ok(texts)
}

fn looks(package: &mut Package<'_>, part: &str, limits: &Limits) -> Result<Vec<Look>, FileError> {
    let mut own: Vec<(u32, Look)> = Vec::new();
    let mut looks = Vec::new();
    let mut xml = Xml::new(package.part(part)?, part, &limits.package)?;
    let mut open = Vec::new();
    while let Some(node) = xml.next()? {
        match node {
            Node::Open(element) => {
                let name = element.name().1.to_owned();
                let number = element.attribute("numFmtId").and_then(|id| id.parse().ok());
                if let ("numFmt", Some(id), Some(code)) = (name.as_str(), number, element.attribute("formatCode")) {
                    own.push((id, Look::of(&code)));
                }
                if name == "xf" && open.last().is_some_and(|around| around == "cellXfs") {
                    let id = number.unwrap_or_default();
                    let found = own.iter().find(|(own, _)| *own == id).map(|(_, look)| *look);
                    looks.push(found.unwrap_or_else(|| Look::built_in(id)));
                }
                open.push(name);
            }
            Node::Close => {
                open.pop();
            }
            Node::Text(_) => {}
        }
    }
    Ok(looks)
}
