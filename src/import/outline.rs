//! The shared recogniser: from the neutral form to title, part 1, part 2 and the project tables (6.3).
//!
//! It stands on marks and labels, not on positions: a table of contents, other numbering, absent parts and unknown
//! tables are expected.

use super::document::{Cell, Document, Field, Paragraph, Piece, Place};
use super::form::{self, Form};
use super::labels;
use super::marks::{self, Heading, Section};
use super::reject::{Reason, Refusal};

/// A document taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The title with its year.
    pub title: Option<Paragraph>,
    /// Part 1.
    pub goal: Goal,
    /// Title of part 2.
    pub part_two: Option<Paragraph>,
    /// Whether 第二部分 is printed.
    pub part_two_numbered: bool,
    /// Project tables in printed order, read or refused.
    pub projects: Vec<ProjectTable>,
    /// Tables outside projects that look like a form.
    pub strays: Vec<Refusal>,
}

/// Part 1: the department goal in paragraphs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Goal {
    /// 总体绩效目标.
    pub overall: Vec<Paragraph>,
    /// 分项绩效目标.
    pub sub_goals: Vec<Paragraph>,
    /// 工作保障措施.
    pub measures: Vec<Paragraph>,
}

/// One project table under its heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectTable {
    /// The heading.
    pub heading: Heading,
    /// Where the heading stands.
    pub place: Place,
    /// The unit as printed in the table.
    pub unit: Option<Field>,
    /// The table.
    pub form: Result<Form, Refusal>,
}

/// Takes a document apart.
pub fn recognise(document: &Document) -> Outline {
    let mut reader = Reader::default();
    let mut pieces = document.pieces.iter().peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Cell(cell) => reader.cells.push(cell.clone()),
            Piece::Paragraph(paragraph) => {
                let before_cell = matches!(pieces.peek(), Some(Piece::Cell(_)));
                match marks::heading(&paragraph.text).filter(|_| before_cell) {
                    Some(heading) => reader.open_project(heading, paragraph.place),
                    None => reader.paragraph(paragraph),
                }
            }
        }
    }
    reader.close_cells();
    reader.outline
}

/// Where the reader stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before part 1, or between the parts.
    #[default]
    Outside,
    /// Inside a section of part 1.
    In(Section),
    /// After 第二部分 without a title on its line.
    BeforePartTwoTitle,
    /// Under the heading of a project.
    InProject,
}

#[derive(Default)]
struct Reader {
    outline: Outline,
    state: State,
    open: Option<(Heading, Place)>,
    cells: Vec<Cell>,
}

impl Reader {
    fn open_project(&mut self, heading: Heading, place: Place) {
        self.close_cells();
        self.open = Some((heading, place));
        self.state = State::InProject;
    }

    /// Reads the cells collected since the last heading or mark.
    fn close_cells(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        match self.open.take() {
            Some((heading, place)) => {
                let (unit, form) = (form::printed_unit(&cells), form::read(&cells));
                self.outline.projects.push(ProjectTable { heading, place, unit, form });
            }
            None => self.outline.strays.extend(stray(&cells)),
        }
    }

    fn paragraph(&mut self, paragraph: &Paragraph) {
        if let Some(part) = marks::part_two(&paragraph.text) {
            self.close_cells();
            self.outline.part_two_numbered |= part.numbered;
            self.outline.part_two = part.title.map(|text| Paragraph { text, place: paragraph.place });
            self.state = if self.outline.part_two.is_some() { State::Outside } else { State::BeforePartTwoTitle };
        } else if marks::is_part_one(&paragraph.text) {
            self.close_cells();
            self.state = State::Outside;
        } else if let Some(section) = marks::section(&paragraph.text).filter(|section| self.may_open(*section)) {
            self.close_cells();
            self.section(section).clear();
            self.state = State::In(section);
        } else {
            self.plain_paragraph(paragraph);
        }
    }

    fn plain_paragraph(&mut self, paragraph: &Paragraph) {
        match self.state {
            State::In(section) => self.section(section).push(paragraph.clone()),
            State::BeforePartTwoTitle => {
                self.outline.part_two = Some(paragraph.clone()).filter(|line| line.text.chars().count() < 20);
                self.state = State::Outside;
            }
            State::Outside if self.outline.title.is_none() && marks::is_title(&paragraph.text) => {
                self.outline.title = Some(paragraph.clone());
            }
            State::Outside | State::InProject => {}
        }
    }

    /// A table of contents names the sections before they come, so the last one counts, until the projects begin.
    fn may_open(&mut self, section: Section) -> bool {
        self.outline.projects.is_empty() && self.open.is_none() || self.section(section).is_empty()
    }

    fn section(&mut self, section: Section) -> &mut Vec<Paragraph> {
        match section {
            Section::Overall => &mut self.outline.goal.overall,
            Section::SubGoals => &mut self.outline.goal.sub_goals,
            Section::Measures => &mut self.outline.goal.measures,
        }
    }
}

/// Cells outside projects matter only when they look like a form.
fn stray(cells: &[Cell]) -> Option<Refusal> {
    let of_other_form =
        |cell: &Cell| labels::other_form(&cell.label()).map(|form| Refusal::at(cell, Reason::OtherForm(form)));
    let of_this_form = |cell: &Cell| labels::label(&cell.label()).map(|_| Refusal::at(cell, Reason::NoHeading));
    cells.iter().find_map(of_other_form).or_else(|| cells.iter().find_map(of_this_form))
}
