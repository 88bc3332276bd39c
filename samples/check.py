#!/usr/bin/env python3
"""Checks the samples against each other: python3 samples/check.py. Standard library only.

* every row of a text form has a count of cells that the form knows, with the labels where they belong;
* NAME.docx holds exactly the paragraphs and table cells of NAME.txt;
* expected.json agrees with the texts in everything that can be counted without knowing the rules;
* manifest.toml names every file, and one format of each document for the demonstration.

This reader knows the layout only. It is no second importer: the findings in expected.json were worked out apart.
"""

import json
import re
import sys
import tomllib
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from text_form import PROJECT_HEADING, Paragraph, Table, plain, read

HERE = Path(__file__).resolve().parent
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
CELLS = {"项目编码": 4, "预算规模及资金用途": 7, "资金支出计划（%）": 5, "绩效目标": 2, "一级指标": 6}
NOT_CONTENT = {f"{W}delText", f"{W}instrText"}


def compact(text: str) -> str:
    """The text without bookmarks and white space."""
    return re.sub(r"\s", "", plain(text))


def layout_problems(name: str, blocks: list[Paragraph | Table], unknown_labels: list[str]) -> list[str]:
    """Rows whose count of cells is not the one of their label, apart from the labels planted as unknown."""
    problems = []
    for table in (block for block in blocks if isinstance(block, Table)):
        expected = 2
        for row in table.rows:
            label = compact(row.cells[0][0])
            after_header = expected == 6
            if label in CELLS:
                expected = CELLS[label]
            elif label in unknown_labels or after_header:
                pass
            elif label == "":
                expected = 5 if expected == 5 else 2
            elif "单位：" not in row.cells[1][0]:
                problems.append(f"{name}:{row.line}: unknown label {label}")
            if label not in unknown_labels and len(row.cells) != expected:
                problems.append(f"{name}:{row.line}: {len(row.cells)} cells instead of {expected}")
    return problems


def text_content(blocks: list[Paragraph | Table]) -> list[str]:
    """The content of the text form, one string a paragraph or table row."""
    content = []
    for block in blocks:
        if isinstance(block, Paragraph):
            content.append(plain(block.text))
        else:
            content += ["|".join(compact("".join(cell)) for cell in row.cells) for row in block.rows]
    return [line for line in content if line]


def word_text(element: ElementTree.Element) -> str:
    """The visible text of a Word element after all tracked changes are accepted."""
    if element.tag in NOT_CONTENT or element.tag == f"{W}del":
        return ""
    if element.tag == f"{W}tab":
        return "\t"
    return (element.text or "" if element.tag == f"{W}t" else "") + "".join(word_text(child) for child in element)


def word_content(path: Path) -> list[str]:
    """The content of the Word form, one string a paragraph or table row."""
    with zipfile.ZipFile(path) as archive:
        body = ElementTree.fromstring(archive.read("word/document.xml")).find(f"{W}body")
    content = []
    for block in body:
        if block.tag == f"{W}p":
            content.append(word_text(block).strip())
        for row in block.iter(f"{W}tr"):
            if row.find(f"{W}trPr/{W}del") is None:
                content.append("|".join(compact(word_text(cell)) for cell in row.iter(f"{W}tc")))
    return [line for line in content if line]


def counts(blocks: list[Paragraph | Table]) -> dict[str, int]:
    """What the layout alone tells: the tables that are printed, and the paragraphs of part one by section."""
    sections = {"overall": "总体绩效目标", "items": "分项绩效目标", "measures": "工作保障措施"}
    found = {"printed": 0, "overall": 0, "items": 0, "measures": 0}
    current = None
    for index, block in enumerate(blocks):
        if isinstance(block, Table):
            current = None
            continue
        text = plain(block.text)
        section = next((key for key, title in sections.items() if title in text and len(text) < 20), None)
        if PROJECT_HEADING.match(text) and isinstance(following(blocks, index), Table):
            found["printed"] += 1
        elif re.search("第二部分|预算项目绩效目标|专项资金绩效目标", text):
            current = None
        elif section:
            # The last heading counts, so that a table of contents opens nothing.
            current, found[section] = section, 0
        elif current and text:
            found[current] += 1
    return found


def following(blocks: list[Paragraph | Table], index: int) -> Paragraph | Table | None:
    """The next block that is no blank line."""
    rest = (block for block in blocks[index + 1 :] if isinstance(block, Table) or plain(block.text))
    return next(rest, None)


def manifest_problems(names: set[str]) -> list[str]:
    """Files without an entry, entries without a file, documents not exactly once in the demonstration."""
    entries = tomllib.loads((HERE / "manifest.toml").read_text("utf-8"))["document"]
    listed = [entry["file"] for entry in entries]
    wanted = sorted(f"{name}.{kind}" for name in names for kind in ("docx", "txt"))
    problems = [] if sorted(listed) == wanted else [f"manifest.toml lists {sorted(listed)}, the folder has {wanted}"]
    for name in sorted(names):
        shown = [entry for entry in entries if Path(entry["file"]).stem == name and entry["demo"]]
        if len(shown) != 1:
            problems.append(f"manifest.toml: {name} is {len(shown)} times in the demonstration")
        options = {tuple(sorted((k, v) for k, v in entry.items() if k not in ("file", "demo")))
                   for entry in entries if Path(entry["file"]).stem == name}
        if len(options) != 1:
            problems.append(f"manifest.toml: the two formats of {name} have different options")
    return problems


def main() -> int:
    """Prints every problem; 1 when there is one."""
    expected = json.loads((HERE / "expected.json").read_text("utf-8"))
    names = {path.stem for path in HERE.glob("*.txt")}
    problems = manifest_problems(names)
    for name in sorted(names):
        blocks = read(HERE / f"{name}.txt")
        wanted = expected[name]
        unknown = [entry["label"] for entry in wanted["rejected"] if "label" in entry]
        problems += layout_problems(name, blocks, unknown)
        text, word = text_content(blocks), word_content(HERE / f"{name}.docx")
        problems += [f"{name}: text {a!r}, Word {b!r}" for a, b in zip(text, word) if a != b][:3]
        if len(text) != len(word):
            problems.append(f"{name}: {len(text)} paragraphs and rows in the text, {len(word)} in Word")
        printed = wanted["projects"] + len(wanted["rejected"])
        told = {"printed": printed, **wanted["goalParagraphs"]}
        if counts(blocks) != told:
            problems.append(f"{name}: counted {counts(blocks)}, expected.json says {told}")
    for problem in problems:
        print(problem)
    print(f"{len(names)} documents, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
