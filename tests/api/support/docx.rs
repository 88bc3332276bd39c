//! A small writer of Word documents for tests: neutral forms as Word would save them after some editing, and packages
//! with whatever parts a test wants.

use std::io::{Cursor, Write};

use jixiao::import::Document;
use jixiao::import::document::{Cell, Piece};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#;
const RELATIONSHIPS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;

/// A package of these parts.
pub fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).expect("a part");
        zip.write_all(bytes).expect("written to memory");
    }
    zip.finish().expect("a package").into_inner()
}

/// A Word document with this main part, a header and what belongs to it.
pub fn with_main_part(main: &str) -> Vec<u8> {
    let header = wrap("hdr", &paragraph("页眉：绩效目标 2019年部门预算绩效信息", 0));
    package(&[
        ("[Content_Types].xml", CONTENT_TYPES.as_bytes()),
        ("_rels/.rels", RELATIONSHIPS.as_bytes()),
        ("word/document.xml", main.as_bytes()),
        ("word/header1.xml", header.as_bytes()),
    ])
}

/// A Word document with this body.
pub fn with_body(body: &str) -> Vec<u8> {
    with_main_part(&wrap("document", &format!("<w:body>{body}<w:sectPr/></w:body>")))
}

fn wrap(root: &str, inner: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:{root} xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">{inner}</w:{root}>"#
    )
}

/// The neutral form of a disclosure as a Word document: rows by their labels, blank first cells merged with those above,
/// every paragraph in one of several ways in which Word saves a paragraph.
pub fn from_document(document: &Document) -> Vec<u8> {
    let mut body = String::new();
    let mut cells: Vec<&Cell> = Vec::new();
    let mut variant = 0;
    for piece in &document.pieces {
        match piece {
            Piece::Cell(cell) => cells.push(cell),
            Piece::Paragraph(line) => {
                body.push_str(&table(&std::mem::take(&mut cells)));
                body.push_str(&paragraph(&line.text, variant));
                body.push_str("<w:p/>");
                variant += 1;
            }
        }
    }
    body.push_str(&table(&cells));
    with_body(&body)
}

/// Count of cells of the row that starts here: by its label, and by the row before it.
fn row_length(cells: &[&Cell], before: &str, columns: usize) -> usize {
    match cells[0].label().as_str() {
        "项目编码" => 4,
        "预算规模及资金用途" => 7,
        "" if before == "预算规模及资金用途" => 2,
        label if label.starts_with("资金支出计划") => 5,
        "" if before.starts_with("资金支出计划") => 5,
        "绩效目标" => 2,
        _ if columns > 0 => columns,
        _ if cells.len() == 1 => 1,
        "一级指标" => 6,
        _ => 2,
    }
}

fn table(cells: &[&Cell]) -> String {
    if cells.is_empty() {
        return String::new();
    }
    let (mut rows, mut rest, mut before, mut columns) = (String::new(), cells, String::new(), 0);
    while !rest.is_empty() {
        let (row, after) = rest.split_at(row_length(rest, &before, columns));
        before = row[0].label();
        columns = if before == "一级指标" { 6 } else { columns };
        let continued = after.first().is_some_and(|next| next.is_blank());
        rows.push_str(&table_row(row, continued));
        rest = after;
    }
    let deleted = "<w:tr><w:trPr><w:del w:id=\"9\" w:author=\"甲\"/></w:trPr><w:tc><w:p><w:r><w:t>删除的行</w:t></w:r></w:p></w:tc></w:tr>";
    format!("<w:tbl><w:tblPr/><w:tblGrid/>{rows}{deleted}</w:tbl>")
}

fn table_row(row: &[&Cell], continued_below: bool) -> String {
    let cells = row.iter().enumerate().map(|(at, cell)| {
        let paragraphs: String = match cell.paragraphs.as_slice() {
            // Word keeps what stood in a cell before it was merged, and does not show it.
            [] if at == 0 => format!("<w:p>{}</w:p>", run("并前旧文")),
            [] => "<w:p/>".to_owned(),
            lines => lines.iter().enumerate().map(|(line, text)| paragraph(&text.text, at + line)).collect(),
        };
        let merge = match (at, cell.is_blank()) {
            (0, true) => "<w:vMerge/>",
            (0, false) if continued_below => "<w:vMerge w:val=\"restart\"/>",
            _ => "",
        };
        let span = if row.len() == 2 && at == 1 { "<w:gridSpan w:val=\"5\"/>" } else { "" };
        format!("<w:tc><w:tcPr>{span}{merge}</w:tcPr>{paragraphs}</w:tc>")
    });
    let swallowed = "<w:tc><w:tcPr><w:hMerge w:val=\"continue\"/></w:tcPr><w:p/></w:tc>";
    format!("<w:tr><w:trPr/>{}{swallowed}</w:tr>", cells.collect::<String>())
}

/// A paragraph as Word saves it after some editing; `variant` chooses the way.
pub fn paragraph(text: &str, variant: usize) -> String {
    let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
    let (first, second) = text.split_at(middle);
    let (first, second) = (run(first), run(second));
    match variant % 6 {
        0 => format!("<w:p><w:pPr><w:tabs><w:tab w:val=\"left\" w:pos=\"9\"/></w:tabs></w:pPr>{first}{second}</w:p>"),
        1 => format!(
            "<w:p><w:bookmarkStart w:id=\"1\" w:name=\"_Toc1\"/>{first}<w:proofErr w:type=\"spellStart\"/>{second}<w:bookmarkEnd w:id=\"1\"/></w:p>"
        ),
        2 => format!(
            "<w:p>{first}<w:del w:id=\"2\" w:author=\"甲\"><w:r><w:delText>删</w:delText></w:r></w:del><w:ins w:id=\"3\" w:author=\"甲\"><w:r><w:rPr><w:ins w:id=\"4\"/></w:rPr></w:r>{second}</w:ins></w:p>"
        ),
        3 => format!(
            "<w:p><w:moveFrom w:id=\"5\">{}</w:moveFrom>{first}<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>PAGEREF 1</w:instrText></w:r>{second}</w:p>",
            run("移走")
        ),
        4 => format!(
            "<w:p><w:pPr><w:rPr><w:del w:id=\"6\" w:author=\"甲\"/></w:rPr></w:pPr>{first}</w:p><w:p>{second}</w:p>"
        ),
        _ => format!(
            "<w:p><w:r><mc:AlternateContent><mc:Choice Requires=\"wps\"><w:txbxContent><w:p>{first}{second}</w:p></w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent><w:p>{first}{second}</w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>"
        ),
    }
}

/// A run of text.
pub fn run(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&#62;").replace('"', "&quot;");
    format!("<w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">{text}</w:t></w:r>")
}
