//! XML read under limits: no document type, no entities of its own, UTF-8 only, bounded depth and attributes.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use super::error::{PackageFault, ReadError, XmlFault};
use super::limits::{Clock, Limits};
use super::package::shown;

/// A part being read.
pub struct Xml<R> {
    reader: Reader<R>,
    part: String,
    buffer: Vec<u8>,
    depth: usize,
    limits: Limits,
    clock: Clock,
}

/// What is met next. An empty element is an opening and a closing.
#[derive(Debug)]
pub enum Node {
    /// An element opens.
    Open(Element),
    /// The element last opened closes.
    Close,
    /// Text, with its entities resolved.
    Text(String),
}

/// An opening element.
#[derive(Debug)]
pub struct Element(BytesStart<'static>);

impl Element {
    /// Prefix and local name.
    pub fn name(&self) -> (&str, &str) {
        let name = self.0.name().0;
        name.split_once(':').unwrap_or(("", name))
    }

    /// Value of the attribute with this local name.
    pub fn attribute(&self, local_name: &str) -> Option<String> {
        let found = self.attributes().find(|(name, _)| name.rsplit(':').next() == Some(local_name));
        found.map(|(_, value)| value)
    }

    /// Names and values of all attributes.
    pub fn attributes(&self) -> impl Iterator<Item = (String, String)> {
        let mut attributes = self.0.attributes();
        attributes.with_checks(false);
        attributes.filter_map(|attribute| {
            let attribute = attribute.ok()?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned();
            Some((attribute.key.0.to_owned(), value))
        })
    }
}

impl<R: BufRead> Xml<R> {
    /// Starts reading a part called `part`.
    ///
    /// # Errors
    /// [`ReadError`] when the part cannot be unpacked or is not in UTF-8.
    pub fn new(mut source: R, part: &str, limits: &Limits) -> Result<Self, ReadError> {
        let part = shown(part);
        let damaged = |_| ReadError::Package(PackageFault::DamagedPart(part.clone()));
        let utf16 =
            matches!(source.fill_buf().map_err(damaged)?, [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, ..] | [_, 0, ..]);
        if utf16 {
            return Err(ReadError::Xml { part, fault: XmlFault::Encoding, offset: 0 });
        }
        let mut reader = Reader::from_reader(source);
        reader.config_mut().expand_empty_elements = true;
        Ok(Self { reader, part, buffer: Vec::new(), depth: 0, limits: *limits, clock: Clock::new(limits) })
    }

    /// Bytes of the part read so far.
    pub fn offset(&self) -> u64 {
        self.reader.buffer_position()
    }

    /// The next node, `None` at the end.
    ///
    /// # Errors
    /// [`ReadError`] at the first thing that is refused.
    pub fn next(&mut self) -> Result<Option<Node>, ReadError> {
        let Self { reader, part, buffer, depth, limits, clock } = self;
        loop {
            if clock.step() {
                return Err(ReadError::TooSlow);
            }
            let offset = reader.buffer_position();
            let refuse = |fault| ReadError::Xml { part: part.clone(), fault, offset };
            buffer.clear();
            let event = reader.read_event_into(buffer).map_err(|error| match error {
                quick_xml::Error::Io(_) => ReadError::Package(PackageFault::DamagedPart(part.clone())),
                quick_xml::Error::Encoding(_) => refuse(XmlFault::Encoding),
                _ => refuse(XmlFault::Malformed),
            })?;
            match event {
                Event::Start(start) => {
                    *depth += 1;
                    let mut attributes = start.attributes();
                    let count = attributes.with_checks(false).take(limits.attributes + 1).count();
                    if *depth > limits.depth {
                        return Err(refuse(XmlFault::Depth));
                    }
                    if count > limits.attributes {
                        return Err(refuse(XmlFault::Attributes));
                    }
                    return Ok(Some(Node::Open(Element(start.into_owned()))));
                }
                Event::End(_) => {
                    *depth = depth.saturating_sub(1);
                    return Ok(Some(Node::Close));
                }
                Event::Text(text) => return Ok(Some(Node::Text(text.xml10_content().into_owned()))),
                Event::CData(text) => return Ok(Some(Node::Text(text.xml10_content().into_owned()))),
                Event::GeneralRef(reference) => {
                    let text = match reference.resolve_char_ref() {
                        Ok(Some(c)) => Some(c.to_string()),
                        Ok(None) => resolve_predefined_entity(&reference).map(str::to_owned),
                        Err(_) => None,
                    };
                    return text.map(Node::Text).map(Some).ok_or_else(|| refuse(XmlFault::Entity));
                }
                Event::DocType(_) => return Err(refuse(XmlFault::DocumentType)),
                Event::Decl(declaration) => {
                    let encoding = declaration.encoding();
                    let is_utf8 = encoding.is_none_or(|name| name.is_ok_and(|name| name.eq_ignore_ascii_case("utf-8")));
                    if !is_utf8 {
                        return Err(refuse(XmlFault::Encoding));
                    }
                }
                Event::Eof if *depth > 0 => return Err(refuse(XmlFault::Malformed)),
                Event::Eof => return Ok(None),
                Event::Empty(_) | Event::Comment(_) | Event::PI(_) => {}
            }
        }
    }
}
