"""Reads the text form of the samples into paragraphs and tables.

The grammar is the one of published disclosures with one convention of ours, which keeps the reader small: in the
samples a blank line always ends a table row, and a line of white space only is an empty paragraph.
"""

import re
from dataclasses import dataclass
from pathlib import Path

BOOKMARK = re.compile(r"\[bookmark: ([^\]]+)\]")
PROJECT_HEADING = re.compile(r"^\d+[.、]?\s*(.+?)绩效目标表$")


@dataclass
class Paragraph:
    """A paragraph outside tables; `text` still holds its bookmarks. `line` counts from 1."""

    line: int
    text: str


@dataclass
class Row:
    """A table row: its cells, each a list of paragraphs."""

    line: int
    cells: list[list[str]]


@dataclass
class Table:
    """Rows that follow each other without a paragraph between them."""

    rows: list[Row]


def plain(text: str) -> str:
    """The text without bookmarks and without white space at its ends."""
    return BOOKMARK.sub("", text).strip()


def read(path: Path) -> list[Paragraph | Table]:
    """All paragraphs and tables of a document in their order; a blank line is a paragraph with empty text."""
    blocks: list[Paragraph | Table] = []
    row: Row | None = None
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        if line.startswith("\t"):
            if row is None:
                row = Row(number, [])
                if not blocks or not isinstance(blocks[-1], Table):
                    blocks.append(Table([]))
                blocks[-1].rows.append(row)
            row.cells.append([line[1:]])
        elif line == "":
            if row is None and not (blocks and isinstance(blocks[-1], Table)):
                blocks.append(Paragraph(number, ""))
            row = None
        elif row is not None:
            row.cells[-1].append(line)
        else:
            blocks.append(Paragraph(number, line))
    return blocks
