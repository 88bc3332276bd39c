//! Why a file could not be read: each refusal says what was met, where, and what to do.

use super::document::Place;

/// A file that is refused as a whole. The message is for whoever sent the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Nothing in the file.
    #[error("The file is empty.")]
    Empty,
    /// Another format, known by its first bytes.
    #[error("The file is {0}, which is not read. Save it as a Word document (.docx) or as text.")]
    OtherFormat(&'static str),
    /// Bytes that are no text.
    #[error(
        "The file is neither a Word document (.docx) nor text in UTF-8, GB18030 or UTF-16: line {line} cannot be decoded. Save it as .docx or as UTF-8 text."
    )]
    NotText {
        /// First line that cannot be decoded.
        line: u32,
    },
    /// A limit of [`super::limits::Limits`].
    #[error("The file has {what}; at most {limit} are read. Split the document or remove what does not belong to it.")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit with its unit.
        limit: String,
    },
    /// The deadline of the reading.
    #[error(
        "The file could not be read in the time allowed. Split the document, or try again when the service is less busy."
    )]
    TooSlow,
    /// A package entry that unpacks to far more than it is.
    #[error(
        "The part {part} of the file unpacks to more than {ratio} times its size. Save the document again with Word."
    )]
    Bomb {
        /// Name of the part.
        part: String,
        /// The limit.
        ratio: u64,
    },
    /// A package that cannot be a document.
    #[error("The file is not a sound Word document: {0}. Save it again with Word as .docx.")]
    Package(PackageFault),
    /// XML that cannot be a document.
    #[error(
        "The part {part} of the file is not sound: {fault} (at byte {offset}). Save the document again with Word as .docx."
    )]
    Xml {
        /// Name of the part.
        part: String,
        /// What is wrong.
        fault: XmlFault,
        /// Position in the unpacked part.
        offset: u64,
    },
    /// A table too large to be one, with its place.
    #[error("The document has more than {limit} {what} ({place}). Split the document.")]
    TooMany {
        /// Rows, or cells and paragraphs.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// Where the limit was reached.
        place: Place,
    },
}

/// What is wrong with a package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackageFault {
    /// The list of entries cannot be read.
    #[error("its list of parts is damaged")]
    Damaged,
    /// A part that is needed cannot be unpacked.
    #[error("its part {0} is damaged")]
    DamagedPart(String),
    /// No main document.
    #[error("it has no part with the text of a document")]
    NoDocument,
    /// Two entries with one name.
    #[error("two parts have the same name")]
    DuplicateName,
    /// Entries that share bytes.
    #[error("two parts share the same bytes")]
    Overlap,
    /// An absolute name, or one that leads out of the package.
    #[error("the part name {0} leads out of the document")]
    UnsafeName(String),
    /// A link instead of a file.
    #[error("the part {0} is a link")]
    Link(String),
    /// A password.
    #[error("it is protected by a password; remove the password")]
    Encrypted,
}

/// What is wrong with a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlFault {
    /// Not well-formed, or ends too early.
    #[error("it is not well-formed XML")]
    Malformed,
    /// A document type, the place of entity tricks.
    #[error("it declares a document type, which is refused")]
    DocumentType,
    /// An entity beyond the five of XML.
    #[error("it uses an entity that XML does not define")]
    Entity,
    /// An encoding other than UTF-8.
    #[error("it is not in UTF-8")]
    Encoding,
    /// Elements nested too deep.
    #[error("its elements are nested too deep")]
    Depth,
    /// Too many attributes on one element.
    #[error("an element has too many attributes")]
    Attributes,
    /// The root is not a Word document.
    #[error("it is not the text of a Word document")]
    NotWord,
}
