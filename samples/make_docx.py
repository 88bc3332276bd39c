#!/usr/bin/env python3
"""Writes NAME.docx beside every NAME.txt: the same content as a Word document.

Run by hand after a text was changed: python3 samples/make_docx.py. Standard library only. The bytes depend on nothing
but the texts (and the zlib at hand), so an unchanged text gives an unchanged file.

What the Word form adds, because real files have it: tables on a column grid with cells merged in both directions,
headings and a table of contents with field codes, a header, a footer with page numbers, and in one document tracked
changes, of which only the final state (insertions kept, deletions gone) is the content.
"""

import re
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from text_form import BOOKMARK, PROJECT_HEADING, Paragraph, Row, Table, plain, read

HERE = Path(__file__).resolve().parent
DATE = "2026-01-05T09:00:00Z"
AUTHOR = "预算股"

# Right edges of the cells by count of cells, in 1/1000 of the text width; the table grid is the union of all of them.
EDGES = {
    2: (150, 1000),
    4: (150, 470, 600, 1000),
    5: (150, 360, 580, 790, 1000),
    6: (150, 300, 480, 690, 820, 1000),
    7: (150, 280, 470, 600, 730, 870, 1000),
}
UNIT_ROW_EDGES = (720, 1000)
TEXT_WIDTH = 9638  # twips: A4 with 2 cm margins

# Tracked changes by document: (text before the change, text that now stands there); empty when nothing was there.
TRACKED = {
    "qiaoxi-civil-affairs-2026": [
        ("2400人", "2600人"),
        ("明显减少", "显著提升"),
        ("", "，逐月核对"),
        ("20.00", "25.00"),
    ]
}
# A whole paragraph and a whole row that were taken away: (beginning of what follows it, what it was).
DELETED_PARAGRAPH = {"qiaoxi-civil-affairs-2026": ("4、畅通投诉举报渠道", "4、加强业务培训，提高经办人员政策水平。")}
DELETED_ROW = {
    "qiaoxi-civil-affairs-2026": ("寻亲成功率", ["", "质量指标", "救助档案合格率", "救助档案合格率", "≥95%", "救助管理规范"])
}

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class Document:
    """Collects the body of one Word document."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.changes = list(TRACKED.get(name, []))
        self.ids = 0

    def next_id(self) -> int:
        """A number for a bookmark or a tracked change, unique in the document."""
        self.ids += 1
        return self.ids

    def mark(self) -> str:
        """Attributes of a tracked change."""
        return f'w:id="{self.next_id()}" w:author="{AUTHOR}" w:date="{DATE}"'

    def run(self, text: str) -> str:
        """One run; a tabulator inside becomes Word's own."""
        parts = [f'<w:t xml:space="preserve">{escape(part)}</w:t>' if part else "" for part in text.split("\t")]
        return f"<w:r>{'<w:tab/>'.join(parts)}</w:r>" if text else ""

    def deleted(self, text: str) -> str:
        """A run that tracked changes took away."""
        if not text:
            return ""
        return f'<w:del {self.mark()}><w:r><w:delText xml:space="preserve">{escape(text)}</w:delText></w:r></w:del>'

    def inserted(self, text: str) -> str:
        """A run that tracked changes put in."""
        return f"<w:ins {self.mark()}>{self.run(text)}</w:ins>"

    def runs(self, text: str) -> str:
        """The text with the first matching tracked change, each change used once."""
        for change in self.changes:
            before, after = change
            if after in text:
                self.changes.remove(change)
                head, tail = text.split(after, 1)
                return self.run(head) + self.deleted(before) + self.inserted(after) + self.run(tail)
        return self.run(text)

    def inline(self, text: str) -> str:
        """Runs and bookmarks of one paragraph; a bookmark reaches to the end of its paragraph."""
        pieces = BOOKMARK.split(text)
        xml, ends = self.runs(pieces[0].rstrip("\n")), ""
        for name, following in zip(pieces[1::2], pieces[2::2]):
            number = self.next_id()
            xml += f'<w:bookmarkStart w:id="{number}" w:name={quoteattr(name)}/>' + self.runs(following)
            ends += f'<w:bookmarkEnd w:id="{number}"/>'
        return xml + ends

    def paragraph(self, text: str, style: str, extra: str = "") -> str:
        """A paragraph in a named style; `extra` are further paragraph properties."""
        return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{extra}</w:pPr>{self.inline(text)}</w:p>'

    def cell(self, paragraphs: list[str], width: int, span: int, merge: str, borders: bool, centred: bool) -> str:
        """A table cell; `merge` is empty, `restart` or `continue` (merged with the cell above)."""
        properties = f'<w:tcW w:w="{width}" w:type="dxa"/>'
        if span > 1:
            properties += f'<w:gridSpan w:val="{span}"/>'
        if merge:
            properties += "<w:vMerge/>" if merge == "continue" else '<w:vMerge w:val="restart"/>'
        if not borders:
            sides = "".join(f'<w:{side} w:val="nil"/>' for side in ("top", "left", "right"))
            properties += f"<w:tcBorders>{sides}</w:tcBorders>"
        properties += '<w:vAlign w:val="center"/>'
        alignment = '<w:jc w:val="center"/>' if centred else ""
        body = "".join(self.paragraph(text, "TableText", alignment) for text in paragraphs)
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{body}</w:tc>"

    def table(self, table: Table) -> str:
        """A table with the grid that its rows need."""
        edges = [row_edges(table, index) for index in range(len(table.rows))]
        grid = sorted(set().union(*edges))
        xml = '<w:tbl><w:tblPr><w:tblStyle w:val="FormGrid"/>'
        xml += f'<w:tblW w:w="{TEXT_WIDTH}" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>'
        xml += "".join(f'<w:gridCol w:w="{twips(b) - twips(a)}"/>' for a, b in zip([0, *grid], grid))
        xml += "</w:tblGrid>"
        anchor, gone = DELETED_ROW.get(self.name, (None, []))
        for index, row in enumerate(table.rows):
            if anchor is not None and any(anchor in cell[0] for cell in row.cells):
                xml += self.deleted_row(gone, edges[index], grid)
            xml += self.row(table, index, edges[index], grid)
        return xml + "</w:tbl>"

    def row(self, table: Table, index: int, edges: tuple[int, ...], grid: list[int]) -> str:
        """A row; its first cell is merged with the ones below or above where the form leaves it blank."""
        row = table.rows[index]
        header = is_indicator_header(row)
        xml = "<w:tr>" + ("<w:trPr><w:cantSplit/></w:trPr>" if len(row.cells) > 2 else "")
        left = 0
        for position, (cell, right) in enumerate(zip(row.cells, edges)):
            merge = ""
            if position == 0 and continues(table, index):
                merge = "continue"
            elif position == 0 and index + 1 < len(table.rows) and continues(table, index + 1):
                merge = "restart"
            span = len([edge for edge in grid if left < edge <= right])
            unit_row = edges == UNIT_ROW_EDGES
            short = len(row.cells) in (4, 5, 7) or position == 0 or header or (len(row.cells) == 6 and position in (1, 4))
            width = twips(right) - twips(left)
            xml += self.cell(cell, width, span, merge, not unit_row, short and not unit_row)
            left = right
        return xml + "</w:tr>"

    def deleted_row(self, cells: list[str], edges: tuple[int, ...], grid: list[int]) -> str:
        """A whole row that tracked changes took away; the row itself carries the mark."""
        xml, left = f"<w:tr><w:trPr><w:del {self.mark()}/></w:trPr>", 0
        for position, (text, right) in enumerate(zip(cells, edges)):
            span = len([edge for edge in grid if left < edge <= right])
            merge = "<w:vMerge/>" if position == 0 else ""
            xml += f'<w:tc><w:tcPr><w:tcW w:w="{twips(right) - twips(left)}" w:type="dxa"/>'
            xml += f'<w:gridSpan w:val="{span}"/>{merge}</w:tcPr><w:p><w:pPr><w:pStyle w:val="TableText"/>'
            xml += f"<w:rPr><w:del {self.mark()}/></w:rPr></w:pPr>{self.deleted(text)}</w:p></w:tc>"
            left = right
        return xml + "</w:tr>"

    def deleted_paragraph(self, text: str) -> str:
        """A paragraph that tracked changes took away together with its end mark."""
        mark = f"<w:rPr><w:del {self.mark()}/></w:rPr>"
        return f'<w:p><w:pPr><w:pStyle w:val="BodyText"/>{mark}</w:pPr>{self.deleted(text)}</w:p>'

    def contents_line(self, text: str, anchors: dict[str, str], first: bool, last: bool) -> str:
        """A line of the table of contents: a link to its heading, inside the TOC field."""
        field = ""
        if first:
            field = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
            field += '<w:r><w:instrText xml:space="preserve"> TOC \\o "1-2" \\h \\z \\u </w:instrText></w:r>'
            field += '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        anchor = anchors.get(text.split("\t")[0])
        link = self.run(text)
        if anchor:
            link = f"<w:hyperlink w:anchor={quoteattr(anchor)}>{link}</w:hyperlink>"
        end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>' if last else ""
        return f'<w:p><w:pPr><w:pStyle w:val="TOC1"/></w:pPr>{field}{link}{end}</w:p>'

    def body(self, blocks: list[Paragraph | Table]) -> str:
        """The whole document body."""
        contents = contents_of(blocks)
        anchors = {
            plain(block.text): BOOKMARK.search(block.text)[1]
            for block in blocks
            if isinstance(block, Paragraph) and PROJECT_HEADING.match(plain(block.text)) and BOOKMARK.search(block.text)
        }
        xml, before_part_one, first_project = "", True, True
        anchor, gone = DELETED_PARAGRAPH.get(self.name, (None, ""))
        for index, block in enumerate(blocks):
            if isinstance(block, Table):
                xml += self.table(block)
                continue
            text = plain(block.text)
            if index in contents:
                xml += self.contents_line(block.text, anchors, index == contents[0], index == contents[-1])
            elif block.text == "":
                continue
            elif text == "":
                xml += self.paragraph("", "BodyText")
            elif re.fullmatch(r"目\s*录", text):
                xml += self.paragraph(block.text, "ContentsTitle")
            elif re.match(r"第[一二]部分", text):
                breaks = bool(contents) or not before_part_one
                before_part_one = False
                xml += self.paragraph(block.text, "Heading1", "<w:pageBreakBefore/>" if breaks else "")
            elif text in ("部门整体绩效目标", "预算项目绩效目标"):
                xml += self.paragraph(block.text, "Heading1")
            elif before_part_one:
                xml += self.paragraph(block.text, "Title")
            elif PROJECT_HEADING.match(text):
                xml += self.paragraph(block.text, "Heading3", "" if first_project else "<w:pageBreakBefore/>")
                first_project = False
            elif len(text) < 20 and re.search("总体绩效目标|分项绩效目标|工作保障措施", text):
                xml += self.paragraph(block.text, "Heading2")
            else:
                if anchor is not None and text.startswith(anchor):
                    xml += self.deleted_paragraph(gone)
                xml += self.paragraph(block.text, "BodyText")
        assert not self.changes, f"{self.name}: no place for the tracked changes {self.changes}"
        return xml


def twips(edge: int) -> int:
    """An edge in 1/1000 of the text width as twips."""
    return edge * TEXT_WIDTH // 1000


def row_edges(table: Table, index: int) -> tuple[int, ...]:
    """The right edges of a row's cells."""
    count = len(table.rows[index].cells)
    is_unit_row = count == 2 and index == 0 and "单位：" in table.rows[0].cells[1][0]
    return UNIT_ROW_EDGES if is_unit_row else EDGES[count]


def is_indicator_header(row: Row) -> bool:
    """Whether the row is the header of the indicators."""
    return len(row.cells) == 6 and plain(row.cells[0][0]) == "一级指标"


def continues(table: Table, index: int) -> bool:
    """Whether the first cell of the row is blank because it is merged with the one above."""
    blank = index > 0 and plain(table.rows[index].cells[0][0]) == ""
    return blank and not is_indicator_header(table.rows[index - 1])


def contents_of(blocks: list[Paragraph | Table]) -> list[int]:
    """The indices of the lines of the table of contents: those after 目录 up to the next blank line."""
    found: list[int] = []
    inside = False
    for index, block in enumerate(blocks):
        if isinstance(block, Table):
            break
        if re.fullmatch(r"目\s*录", block.text.strip()):
            inside = True
        elif inside and block.text.strip():
            found.append(index)
        elif found:
            break
    return found


def style(kind: str, key: str, name: str, paragraph: str, run: str, based: str = "Normal") -> str:
    """One style definition."""
    parent = "" if key == "Normal" else f'<w:basedOn w:val="{based}"/>'
    default = ' w:default="1"' if key == "Normal" else ""
    return (
        f'<w:style w:type="{kind}" w:styleId="{key}"{default}><w:name w:val="{name}"/>{parent}<w:qFormat/>'
        f"<w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
    )


def fonts(east_asia: str, half_points: int, bold: bool = False) -> str:
    """Run properties: font for Chinese text, size in half points."""
    weight = "<w:b/>" if bold else ""
    return (
        f'<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="{east_asia}"/>{weight}'
        f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'
    )


def styles() -> str:
    """The style sheet."""
    centre = '<w:jc w:val="center"/>'
    border = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    tab = f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{TEXT_WIDTH}"/></w:tabs><w:spacing w:line="400" w:lineRule="exact"/>'
    spaced = '<w:spacing w:line="460" w:lineRule="exact"/><w:ind w:firstLineChars="200" w:firstLine="480"/>'
    keep = '<w:keepNext/><w:spacing w:before="{0}" w:after="{1}"/>'
    definitions = [
        style("paragraph", "Normal", "Normal", "", fonts("宋体", 24)),
        style("paragraph", "Title", "Title", '<w:spacing w:before="240" w:after="240"/>' + centre, fonts("黑体", 40, True)),
        style("paragraph", "Heading1", "heading 1", keep.format(240, 120) + centre + '<w:outlineLvl w:val="0"/>', fonts("黑体", 32)),
        style("paragraph", "Heading2", "heading 2", keep.format(160, 80) + '<w:outlineLvl w:val="1"/>', fonts("黑体", 26)),
        style("paragraph", "Heading3", "heading 3", keep.format(160, 120) + centre + '<w:outlineLvl w:val="1"/>', fonts("黑体", 26)),
        style("paragraph", "BodyText", "Body Text", spaced, ""),
        style("paragraph", "ContentsTitle", "TOC Heading", '<w:spacing w:before="120" w:after="120"/>' + centre, fonts("黑体", 30)),
        style("paragraph", "TOC1", "toc 1", tab, fonts("宋体", 22)),
        style("paragraph", "TableText", "Table Text", '<w:spacing w:before="30" w:after="30"/>', fonts("宋体", 20)),
        style("paragraph", "Header", "header", centre, fonts("宋体", 18)),
        style("paragraph", "Footer", "footer", centre, fonts("宋体", 18)),
        '<w:style w:type="table" w:styleId="FormGrid"><w:name w:val="Form Grid"/>'
        f"<w:tblPr><w:tblBorders>{border}</w:tblBorders>"
        '<w:tblCellMar><w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>',
    ]
    return f"{XML}<w:styles {NAMESPACES}>{''.join(definitions)}</w:styles>"


def page_field(instruction: str) -> str:
    """A field of the footer with a placeholder result."""
    return f'<w:fldSimple w:instr=" {instruction} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'


def package(name: str, blocks: list[Paragraph | Table]) -> dict[str, str]:
    """All parts of the Word file by their name in the archive."""
    body = Document(name).body(blocks)
    section = (
        '<w:sectPr><w:headerReference w:type="default" r:id="rId2"/><w:footerReference w:type="default" r:id="rId3"/>'
        '<w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="600" w:footer="600" w:gutter="0"/></w:sectPr>'
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    types = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    overrides = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{types}.{kind}+xml"/>'
        for part, kind in (
            ("document", "document.main"),
            ("styles", "styles"),
            ("settings", "settings"),
            ("header1", "header"),
            ("footer1", "footer"),
        )
    )
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{office}/{kind}" Target="{target}.xml"/>'
        for number, kind, target in (
            (1, "styles", "styles"),
            (2, "header", "header1"),
            (3, "footer", "footer1"),
            (4, "settings", "settings"),
        )
    )
    rel = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    # Without it Word opens the file in the compatibility mode of 2007.
    mode = '<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/>'
    footer = f"<w:r><w:t>第 </w:t></w:r>{page_field('PAGE')}<w:r><w:t> 页 共 </w:t></w:r>{page_field('NUMPAGES')}<w:r><w:t> 页</w:t></w:r>"
    return {
        "[Content_Types].xml": f'{XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
        "_rels/.rels": f'{XML}<Relationships {rel}><Relationship Id="rId1" Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f"{XML}<Relationships {rel}>{relations}</Relationships>",
        "word/document.xml": f"{XML}<w:document {NAMESPACES}><w:body>{body}<w:p/>{section}</w:body></w:document>",
        "word/styles.xml": styles(),
        "word/settings.xml": f"{XML}<w:settings {NAMESPACES}><w:compat>{mode}</w:compat></w:settings>",
        "word/header1.xml": f'{XML}<w:hdr {NAMESPACES}><w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr><w:r><w:t>部门预算绩效信息公开</w:t></w:r></w:p></w:hdr>',
        "word/footer1.xml": f'{XML}<w:ftr {NAMESPACES}><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>{footer}</w:p></w:ftr>',
    }


def main() -> None:
    """Writes every Word file."""
    for source in sorted(HERE.glob("*.txt")):
        target = source.with_suffix(".docx")
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for part, content in package(source.stem, read(source)).items():
                info = zipfile.ZipInfo(part, date_time=(1980, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                info.create_system = 3
                archive.writestr(info, content)
        print(f"{target.name}  {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
