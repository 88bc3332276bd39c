//! The project form F2 (1.3): rows are consumed from a run of cells by label and cell count.

use entity::value::IndicatorRegime;

use super::document::{Cell, Field, Place};
use super::labels::{self, Column, Label};
use super::reject::{Reason, Refusal};
use crate::rules::money::MoneyUnit;
use crate::rules::taxonomy::{self, PrintedLevel};

/// Columns of the indicators as the form prints them.
const F2_COLUMNS: usize = 6;
/// Signs of a level cell: a longer one is no level, and continued rows would repeat it.
const LEVEL_LENGTH: usize = 200;

/// One project table as printed. A row that is absent is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// The unit of money; 万元 when the table prints none.
    pub money: Option<MoneyUnit>,
    /// 项目编码.
    pub code: Option<Field>,
    /// 项目名称.
    pub name: Option<Field>,
    /// Budget, fiscal and other funds.
    pub funds: Option<Funds>,
    /// Use of the money.
    pub purpose: Option<Cell>,
    /// The spending plan.
    pub plan: Option<PlanRow>,
    /// The cell with the objectives, a paragraph each.
    pub objectives: Option<Cell>,
    /// Indicators in printed order.
    pub indicators: Vec<IndicatorRow>,
}

/// The three amounts of the budget row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funds {
    /// 预算数.
    pub budget: Field,
    /// 其中：财政资金.
    pub fiscal: Field,
    /// 其他资金.
    pub other: Field,
}

/// Milestones with their printed values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRow {
    /// Month at whose end a value holds, with the value.
    pub points: Vec<(u8, Field)>,
    /// Where the row stands.
    pub place: Place,
}

/// One indicator row; a column that the table does not have is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndicatorRow {
    /// 一级指标, blank when continued.
    pub level1: Field,
    /// 二级指标.
    pub level2: Field,
    /// 三级指标.
    pub level3: Field,
    /// 绩效指标描述.
    pub description: Option<Field>,
    /// 指标值.
    pub value: Field,
    /// 指标值确定依据.
    pub basis: Option<Cell>,
    /// 分值 or 权重.
    pub weight: Option<Field>,
}

/// The unit (`<code><name>`) printed in the first row, before 单位：万元. It stands also in a table that is refused.
pub fn printed_unit(cells: &[Cell]) -> Option<Field> {
    let unit = cells.first().filter(|_| Rows { cells }.is_unit_row())?;
    Some(unit.field()).filter(|field| !field.text.is_empty())
}

/// Reads the cells under one heading.
///
/// # Errors
/// [`Refusal`] with the label and place of the first row that does not fit.
pub fn read(cells: &[Cell]) -> Result<Form, Refusal> {
    let mut form = Form::default();
    let mut rows = Rows { cells };
    while let Some(first) = rows.cells.first() {
        match labels::label(&first.label()) {
            Some(Label::Code) => form.read_code(rows.take(4)?)?,
            Some(Label::Budget) => {
                form.read_funds(rows.take(7)?)?;
                if rows.cells.first().is_some_and(Cell::is_blank) {
                    let row = rows.take(2)?;
                    form.purpose = row.get(1).filter(|cell| !cell.is_blank()).cloned();
                }
            }
            Some(Label::Plan) => form.read_plan(&mut rows)?,
            Some(Label::Objectives) => {
                let row = rows.take(2)?;
                once(form.objectives.is_none(), row)?;
                form.objectives = row.get(1).cloned();
            }
            Some(Label::Indicators) => {
                form.read_indicators(&mut rows)?;
                break;
            }
            None if form.money.is_none() && rows.is_unit_row() => form.read_money_unit(rows.take(2)?)?,
            None => return Err(rows.unknown()),
        }
    }
    let is_empty = form.objectives.is_none() && form.indicators.is_empty() && form.funds.is_none();
    match cells.first() {
        Some(first) if is_empty => Err(Refusal::at(first, Reason::NoRows)),
        Some(_) | None => Ok(form),
    }
}

/// The cells that are not consumed yet.
struct Rows<'a> {
    cells: &'a [Cell],
}

impl<'a> Rows<'a> {
    /// The next cells as one row; a row that is too short would run over into the label of the next.
    fn take(&mut self, count: usize) -> Result<&'a [Cell], Refusal> {
        let runs_over = |row: &[Cell]| row.iter().skip(1).any(|cell| labels::label(&cell.label()).is_some());
        match self.cells.split_at_checked(count) {
            Some((row, _)) if runs_over(row) => Err(misshapen(row, count)),
            Some((row, rest)) => {
                self.cells = rest;
                Ok(row)
            }
            None => Err(misshapen(self.cells, count)),
        }
    }

    fn is_unit_row(&self) -> bool {
        self.cells.get(1).is_some_and(|cell| labels::is_money_unit(&cell.label()))
    }

    fn unknown(&self) -> Refusal {
        let other = self.cells.iter().take(8).find_map(|cell| labels::other_form(&cell.label()));
        let reason = other.map_or(Reason::UnknownLabel, Reason::OtherForm);
        self.cells.first().map_or(Refusal::at_end(reason), |cell| Refusal::at(cell, reason))
    }
}

impl Form {
    fn read_money_unit(&mut self, row: &[Cell]) -> Result<(), Refusal> {
        let [_, money] = row else { return Ok(()) };
        let known = MoneyUnit::from_cell(&money.label()).ok_or_else(|| Refusal::at(money, Reason::MoneyUnit))?;
        self.money = Some(known);
        Ok(())
    }

    fn read_code(&mut self, row: &[Cell]) -> Result<(), Refusal> {
        let [_, code, label, name] = row else { return Ok(()) };
        once(self.name.is_none(), row)?;
        if label.label() != "项目名称" {
            return Err(misshapen(row, 4));
        }
        self.code = Some(code.field());
        self.name = Some(name.field());
        Ok(())
    }

    fn read_funds(&mut self, row: &[Cell]) -> Result<(), Refusal> {
        let [_, budget_label, budget, fiscal_label, fiscal, other_label, other] = row else { return Ok(()) };
        once(self.funds.is_none(), row)?;
        let labelled = budget_label.label() == "预算数"
            && fiscal_label.label().ends_with("财政资金")
            && other_label.label().ends_with("其他资金");
        if !labelled {
            return Err(misshapen(row, 7));
        }
        self.funds = Some(Funds { budget: budget.field(), fiscal: fiscal.field(), other: other.field() });
        Ok(())
    }

    /// The header names the milestones; the row under it has a blank cell and as many values.
    fn read_plan(&mut self, rows: &mut Rows<'_>) -> Result<(), Refusal> {
        once(self.plan.is_none(), rows.cells)?;
        let header = rows.take(1)?;
        let months: Vec<u8> = rows.cells.iter().map_while(|cell| labels::milestone(&cell.label())).collect();
        if months.is_empty() {
            return header.first().map_or(Ok(()), |cell| Err(Refusal::at(cell, Reason::NoMilestone)));
        }
        rows.take(months.len())?;
        let row = rows.take(months.len() + 1)?;
        if !months.is_sorted_by(|earlier, later| earlier < later) {
            return header.first().map_or(Ok(()), |cell| Err(Refusal::at(cell, Reason::NoMilestone)));
        }
        let Some((first, values)) = row.split_first().filter(|(first, _)| first.is_blank()) else {
            return Err(misshapen(row, months.len() + 1));
        };
        let points = months.into_iter().zip(values.iter().map(Cell::field)).collect();
        self.plan = Some(PlanRow { points, place: first.place });
        Ok(())
    }

    /// The header names the columns; every row under it has as many cells.
    fn read_indicators(&mut self, rows: &mut Rows<'_>) -> Result<(), Refusal> {
        let columns: Vec<Column> = rows.cells.iter().map_while(|cell| labels::column(&cell.label())).collect();
        let header = rows.take(columns.len())?;
        check_header(&columns, header, rows.cells.first())?;
        let body = rows.cells;
        let trailing = body.iter().rev().take_while(|cell| cell.is_blank()).count();
        while rows.cells.len() > trailing {
            let Some((row, rest)) = rows.cells.split_at_checked(columns.len()) else {
                return Err(odd_row(body, columns.len()));
            };
            if !is_one_row(row, rest.first()) {
                return Err(misshapen(row, columns.len()));
            }
            rows.cells = rest;
            let is_blank = row.iter().all(Cell::is_blank);
            let repeats_header = row.iter().map(Cell::label).eq(header.iter().map(Cell::label));
            let is_long = |cell: &&Cell| cell.label().chars().count() > LEVEL_LENGTH;
            if let Some(cell) = row.iter().take(2).find(is_long) {
                return Err(Refusal::at(cell, Reason::TooLong { limit: LEVEL_LENGTH }));
            }
            if !is_blank && !repeats_header {
                self.indicators.extend(IndicatorRow::from_cells(&columns, row));
            }
        }
        Ok(())
    }
}

impl IndicatorRow {
    fn from_cells(columns: &[Column], row: &[Cell]) -> Option<Self> {
        let cell =
            |wanted: Column| columns.iter().zip(row).find_map(|(column, cell)| (*column == wanted).then_some(cell));
        let field = |wanted: Column| cell(wanted).map(Cell::field);
        Some(Self {
            level1: field(Column::Level1)?,
            level2: field(Column::Level2)?,
            level3: field(Column::Level3)?,
            description: field(Column::Description),
            value: field(Column::Value)?,
            basis: cell(Column::Basis).cloned(),
            weight: field(Column::Weight),
        })
    }
}

/// Each column at most once, the four that make an indicator all there, and no further cell in the header row.
fn check_header(columns: &[Column], header: &[Cell], next: Option<&Cell>) -> Result<(), Refusal> {
    if let Some(next) = next {
        if let Some(form) = labels::other_form(&next.label()) {
            return Err(Refusal::at(next, Reason::OtherForm(form)));
        }
        if !is_one_row(header, Some(next)) {
            return Err(Refusal::at(next, Reason::UnknownLabel));
        }
    }
    let once = columns.iter().all(|column| columns.iter().filter(|other| *other == column).count() == 1);
    let required = [Column::Level1, Column::Level2, Column::Level3, Column::Value];
    if once && required.iter().all(|column| columns.contains(column)) {
        Ok(())
    } else {
        Err(misshapen(header, F2_COLUMNS))
    }
}

/// Whether the cells are exactly one row of a Word table. A text does not tell, so there they are.
fn is_one_row(row: &[Cell], next: Option<&Cell>) -> bool {
    let Some(first) = row.first() else { return true };
    match first.place {
        Place::Row { .. } => {
            row.iter().all(|cell| cell.place == first.place) && next.is_none_or(|next| next.place != first.place)
        }
        Place::Line(_) | Place::Paragraph(_) => true,
    }
}

/// The count of cells under the header does not come out even: the first row that does not open with known levels is
/// the likely place, else the last row.
fn odd_row(body: &[Cell], columns: usize) -> Refusal {
    let is_odd = |row: &&[Cell]| {
        let [level1, level2, ..] = row else { return true };
        let (level1, level2) = (PrintedLevel::read(&level1.label()), PrintedLevel::read(&level2.label()));
        let regime = IndicatorRegime::R2015;
        let level1_known = level1.name.is_empty() || taxonomy::level1(&level1, regime).is_some();
        !level1_known || taxonomy::level2(&level2, None, regime).is_none()
    };
    let row = body.chunks(columns).find(is_odd).or_else(|| body.chunks(columns).last());
    misshapen(row.unwrap_or_default(), columns)
}

/// A row without its cells, named by its first printed cell.
fn misshapen(row: &[Cell], expected: usize) -> Refusal {
    let reason = Reason::CellCount { expected };
    let named = row.iter().find(|cell| !cell.is_blank()).or(row.first());
    named.map_or(Refusal::at_end(reason), |cell| Refusal::at(cell, reason))
}

fn once(is_first: bool, row: &[Cell]) -> Result<(), Refusal> {
    match row.first() {
        Some(cell) if !is_first => Err(Refusal::at(cell, Reason::RowTwice)),
        Some(_) | None => Ok(()),
    }
}
