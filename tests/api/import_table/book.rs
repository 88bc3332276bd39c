//! Workbooks down to the XML of their cells, for what no library writes.

use crate::support::docx::package;

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONSHIP: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// Styles by number: 0 plain, 1 percent, 2 a date of the workbook's own format, 3 a built-in date, 4 text.
const STYLES: &str = r#"<numFmts count="1"><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts><cellStyleXfs count="1"><xf numFmtId="14"/></cellStyleXfs><cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="9"/><xf numFmtId="176"/><xf numFmtId="14"/><xf numFmtId="49"/></cellXfs>"#;

/// A sheet: its name, its rows as XML, its merged ranges.
#[derive(Clone, Default)]
pub struct Sheet {
    pub name: &'static str,
    pub rows: String,
    pub merges: Vec<&'static str>,
    pub hidden: bool,
}

impl Sheet {
    pub fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    /// Adds a row of cells, each as XML with `@` for its place, or as text.
    pub fn row(mut self, number: u32, cells: &[&str]) -> Self {
        self.rows.push_str(&format!(r#"<row r="{number}">"#));
        for (column, cell) in ('A'..='Z').zip(cells) {
            let place = format!("{column}{number}");
            match *cell {
                "" => {}
                cell if cell.starts_with('<') => self.rows.push_str(&cell.replace('@', &place)),
                text => self.rows.push_str(&format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)),
            }
        }
        self.rows.push_str("</row>");
        self
    }

    pub fn merged(mut self, range: &'static str) -> Self {
        self.merges.push(range);
        self
    }

    fn xml(&self) -> String {
        let ranges: String = self.merges.iter().map(|range| format!(r#"<mergeCell ref="{range}"/>"#)).collect();
        let merges = if ranges.is_empty() { ranges } else { format!("<mergeCells>{ranges}</mergeCells>") };
        format!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="{MAIN}"><dimension ref="A1:XFD1048576"/><sheetData>{}</sheetData>{merges}</worksheet>"#,
            self.rows
        )
    }
}

/// A workbook of these sheets and shared texts.
pub fn book(sheets: &[Sheet], texts: &str) -> Vec<u8> {
    let parts = parts(sheets, texts);
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    package(&parts)
}

/// The parts of such a workbook.
pub fn parts(sheets: &[Sheet], texts: &str) -> Vec<(String, String)> {
    let relation = |id: &str, kind: &str, target: &str| {
        format!(r#"<Relationship Id="{id}" Type="{RELATIONSHIP}/{kind}" Target="{target}"/>"#)
    };
    let relations = |inner: String| {
        format!(
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>"#
        )
    };
    let (mut listed, mut related, mut parts) = (String::new(), String::new(), Vec::new());
    for (number, sheet) in (1..).zip(sheets) {
        let state = if sheet.hidden { r#" state="hidden""# } else { "" };
        listed.push_str(&format!(r#"<sheet name="{}" sheetId="{number}"{state} r:id="rId{number}"/>"#, sheet.name));
        related.push_str(&relation(&format!("rId{number}"), "worksheet", &format!("worksheets/sheet{number}.xml")));
        parts.push((format!("xl/worksheets/sheet{number}.xml"), sheet.xml()));
    }
    related.push_str(&relation("rIdS", "sharedStrings", "/xl/sharedStrings.xml"));
    related.push_str(&relation("rIdF", "styles", "styles.xml"));
    parts.extend([
        ("[Content_Types].xml".to_owned(), r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#.to_owned()),
        ("_rels/.rels".to_owned(), relations(relation("rId1", "officeDocument", "xl/workbook.xml"))),
        ("xl/workbook.xml".to_owned(), format!(r#"<workbook xmlns="{MAIN}" xmlns:r="{RELATIONSHIP}"><sheets>{listed}</sheets></workbook>"#)),
        ("xl/_rels/workbook.xml.rels".to_owned(), relations(related)),
        ("xl/sharedStrings.xml".to_owned(), format!(r#"<sst xmlns="{MAIN}">{texts}</sst>"#)),
        ("xl/styles.xml".to_owned(), format!(r#"<styleSheet xmlns="{MAIN}">{STYLES}</styleSheet>"#)),
    ]);
    parts
}
