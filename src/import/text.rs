//! The text form (6.3): a line that starts with TAB opens a cell, other lines continue it, blank lines mean nothing.

use encoding_rs::{Encoding, GB18030, UTF_8};
use entity::value::DocumentFormat;

use super::document::{Cell, Document, Paragraph, Piece, Place};
use super::error::ReadError;
use super::limits::{Clock, Limits};
use super::marks::{self, heading};
use crate::rules::text::{squeeze, tidy, without_bookmarks};

/// Reads the text form.
///
/// # Errors
/// [`ReadError`] when the bytes are no text or a limit is passed.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, ReadError> {
    let text = decode(bytes)?;
    let mut clock = Clock::new(limits);
    let mut bookmark = None;
    let mut lines = Vec::new();
    for (number, raw) in (1u32..).zip(split_lines(&text)) {
        if clock.step() {
            return Err(ReadError::TooSlow);
        }
        let (line, marked) = without_bookmarks(raw);
        let place = Place::Line(number);
        if marked && bookmark.is_none() {
            bookmark = Some(place);
        }
        let line = Line { opens_cell: line.starts_with('\t'), text: tidy(&line), place };
        if line.opens_cell || !line.text.is_empty() {
            if lines.len() >= limits.cells {
                return Err(ReadError::TooMany { what: "cells and paragraphs", limit: limits.cells, place });
            }
            lines.push(line);
        }
    }
    Ok(Document { format: DocumentFormat::Text, pieces: pieces(lines), bookmark })
}

/// A line that is not blank, or that opens a blank cell.
struct Line {
    opens_cell: bool,
    text: String,
    place: Place,
}

fn pieces(lines: Vec<Line>) -> Vec<Piece> {
    let ends_cell: Vec<bool> = (0..lines.len()).map(|at| stands_alone(lines.get(at..).unwrap_or_default())).collect();
    let mut pieces: Vec<Piece> = Vec::new();
    for (Line { opens_cell, text, place }, alone) in lines.into_iter().zip(ends_cell) {
        let paragraph = Paragraph { text, place };
        if opens_cell {
            let paragraphs = Some(paragraph).filter(|paragraph| !paragraph.text.is_empty()).into_iter().collect();
            pieces.push(Piece::Cell(Cell { paragraphs, place }));
            continue;
        }
        match pieces.last_mut() {
            Some(Piece::Cell(cell)) if !alone => cell.paragraphs.push(paragraph),
            Some(Piece::Cell(_) | Piece::Paragraph(_)) | None => pieces.push(Piece::Paragraph(paragraph)),
        }
    }
    pieces
}

/// Whether the first line cannot continue a cell: it opens a part, or is the heading of the table after it. A heading
/// without a number must be followed by the first row of a form.
fn stands_alone(lines: &[Line]) -> bool {
    let Some((line, after)) = lines.split_first() else { return false };
    if line.opens_cell {
        return false;
    }
    let followed_by_cell = after.first().is_some_and(|next| next.opens_cell);
    marks::opens_part(&line.text)
        || heading(&line.text).is_some_and(|heading| followed_by_cell && (heading.numbered || opens_form(after)))
}

fn opens_form(lines: &[Line]) -> bool {
    let label = |at: usize| lines.get(at).map(|line| squeeze(&line.text)).unwrap_or_default();
    matches!(label(0).as_str(), "项目编码" | "预算规模及资金用途") || label(1).starts_with("单位")
}

/// Lines end with LF, CRLF or CR.
fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// UTF-8 or UTF-16 by their marks, else UTF-8, else GB18030.
fn decode(bytes: &[u8]) -> Result<String, ReadError> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((UTF_8, 0));
    let body = bytes.get(mark..).unwrap_or_default();
    let decoded = encoding.decode_without_bom_handling_and_without_replacement(body);
    let text = match decoded {
        None if mark == 0 => GB18030.decode_without_bom_handling_and_without_replacement(body),
        decoded => decoded,
    };
    let not_text = |at: usize| {
        let line = body.iter().take(at).filter(|byte| **byte == b'\n').count();
        ReadError::NotText { line: u32::try_from(line).unwrap_or(u32::MAX).saturating_add(1) }
    };
    let text = text.ok_or_else(|| not_text(Encoding::utf8_valid_up_to(body)))?;
    match text.find('\0') {
        Some(at) => {
            let line = text.get(..at).unwrap_or_default().matches('\n').count();
            Err(ReadError::NotText { line: u32::try_from(line).unwrap_or(u32::MAX).saturating_add(1) })
        }
        None => Ok(text.into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, Piece, Place, ReadError, read};

    /// The pieces as `¶ text` and `| first / second`, one a line.
    fn shown(bytes: &[u8]) -> Vec<String> {
        let document = read(bytes, &Limits::default()).expect("a text");
        let show = |piece: &Piece| match piece {
            Piece::Paragraph(paragraph) => format!("¶ {}", paragraph.text),
            Piece::Cell(cell) => format!("| {}", cell.lines().replace('\n', " / ")),
        };
        document.pieces.iter().map(show).collect()
    }

    #[test]
    fn cells_open_with_tab_and_go_on_over_blank_lines() {
        let text = "第二部分\n1.甲绩效目标表\n\t绩效目标\n\n\t1、一\n\n2、二\n \n\t\n2.乙绩效目标表\n\t项目编码\n";
        let expected =
            ["¶ 第二部分", "¶ 1.甲绩效目标表", "| 绩效目标", "| 1、一 / 2、二", "| ", "¶ 2.乙绩效目标表", "| 项目编码"];
        assert_eq!(shown(text.as_bytes()), expected);
    }

    #[test]
    fn a_heading_in_a_table_of_contents_or_in_a_cell_is_none() {
        let text =
            "目录\n1.甲绩效目标表\n2.乙绩效目标表\n正文\n\t绩效目标\n\t编好\n绩效目标表\n填写绩效目标表\n\t一级指标\n";
        let expected = [
            "¶ 目录",
            "¶ 1.甲绩效目标表",
            "¶ 2.乙绩效目标表",
            "¶ 正文",
            "| 绩效目标",
            "| 编好 / 绩效目标表 / 填写绩效目标表",
            "| 一级指标",
        ];
        assert_eq!(shown(text.as_bytes()), expected);
    }

    #[test]
    fn bookmarks_vanish_and_are_remembered() {
        let text = "标题\n[bookmark: _Toc1]\n\t[bookmark: _GoBack]99.52\n[bookmark 未闭合\n";
        let document = read(text.as_bytes(), &Limits::default()).expect("a text");
        assert_eq!(document.bookmark, Some(Place::Line(2)));
        assert_eq!(shown(text.as_bytes()), ["¶ 标题", "| 99.52 / [bookmark 未闭合"]);
    }

    #[test]
    fn every_encoding_gives_the_same_pieces() {
        let text = "2020年部门预算绩效信息\r\n\t预算数\n\t其中：财政\u{3000}资金\r\t≥90百分比\n";
        let expected = shown(text.as_bytes());
        let (gb18030, _, _) = encoding_rs::GB18030.encode(text);
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(expected.len(), 4);
        assert_eq!(shown(&gb18030), expected);
        assert_eq!(shown(&utf16), expected);
        assert_eq!(shown(format!("\u{FEFF}{text}").as_bytes()), expected);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_with_their_line() {
        let refused = |bytes: &[u8]| read(bytes, &Limits::default()).expect_err("no text");
        assert_eq!(refused(b"a\nb\n\xFF\xFF\xFF"), ReadError::NotText { line: 3 });
        assert_eq!(refused(b"a\n\0"), ReadError::NotText { line: 2 });
    }

    #[test]
    fn too_many_cells_are_refused_with_the_line() {
        let limits = Limits { cells: 2, ..Limits::default() };
        let refused = read(b"\ta\n\tb\n\n\tc\n", &limits).expect_err("too many");
        assert_eq!(refused, ReadError::TooMany { what: "cells and paragraphs", limit: 2, place: Place::Line(4) });
    }
}
