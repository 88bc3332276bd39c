//! Importing disclosures: bytes → neutral form → outline → checked facts → stored in one transaction ([`run()`]).
//!
//! [`read`] knows the file formats, [`check()`] the forms of the field and the rules of data quality. A file that is
//! refused as a whole is a [`ReadError`]; what a document leaves out altogether is a [`CheckError`]; a project table
//! that cannot be taken is listed in [`check::Checked::rejected`] while the rest is kept.
//!
//! Tables for bulk writing are another kind of file and have their own reader, [`table`].

pub mod check;
pub mod document;
mod docx;
pub mod error;
pub mod files;
pub mod form;
pub mod indicator_table;
pub mod labels;
pub mod limits;
pub mod marks;
pub mod outline;
mod package;
pub mod reject;
pub mod report;
mod rows;
mod run;
pub mod table;
mod text;
mod xml;

use entity::value::DocumentFormat;

pub use check::{CheckError, Checked, check};
pub use document::{Document, Place};
pub use error::ReadError;
pub use files::FileStore;
pub use limits::Limits;
pub use report::Report;
pub use run::{Options, Prepared, Source, prepare, run};

/// Reads a file into the neutral form. The format is told by the content, not by a name.
///
/// # Errors
/// [`ReadError`] when the file is of another format, damaged, hostile, or beyond `limits`.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    if bytes.len() as u64 > limits.file {
        return Err(ReadError::TooLarge { what: "too many bytes", limit: format!("{} bytes", limits.file) });
    }
    match format(bytes)? {
        DocumentFormat::Text => text::read(bytes, limits),
        DocumentFormat::Docx => docx::read(bytes, limits),
    }
}

/// The format by the first bytes; what they do not give away is text.
fn format(bytes: &[u8]) -> Result<DocumentFormat, ReadError> {
    let others: [(&[u8], &'static str); 5] = [
        (b"\xD0\xCF\x11\xE0", "an old or password-protected Office file"),
        (b"%PDF", "a PDF"),
        (b"{\\rtf", "rich text (RTF)"),
        (b"Rar!", "an archive"),
        (b"7z\xBC\xAF", "an archive"),
    ];
    if let Some((_, name)) = others.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err(ReadError::OtherFormat(name));
    }
    let is_package = bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06");
    Ok(if is_package { DocumentFormat::Docx } else { DocumentFormat::Text })
}
