//! The rows of all tables, in an order that references allow.

use std::collections::HashMap;

use uuid::Uuid;

use crate::Done;
use crate::data::{Size, Unit};
use crate::floor::{NOW, id};
use crate::projects::{FISCAL_YEAR, Project};

/// Indicators of a project.
const INDICATORS: usize = 8;

/// What stands in a column.
pub enum Cell {
    /// A key.
    Key(Uuid),
    /// A number.
    Number(i64),
    /// Words.
    Text(String),
    /// Nothing.
    Null,
}

/// A table with the columns that are written, and the types that PostgreSQL has for them.
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, by commas.
    pub columns: &'static str,
}

/// All tables, those that are referred to first.
pub const TABLES: [Table; 8] = [
    Table { name: "division", columns: "id, code, name, version, created_at, updated_at" },
    Table { name: "unit", columns: "id, division_code, code, name, level, parent_id, version, created_at, updated_at" },
    Table { name: "unit_closure", columns: "ancestor_id, descendant_id, depth" },
    Table {
        name: "project",
        columns: "id, division_code, unit_id, fiscal_year, ordinal, code, name, goal_level, budget, fiscal_funds, \
                  other_funds, purpose, version, created_at, updated_at",
    },
    Table {
        name: "objective",
        columns: "id, division_code, unit_id, project_id, ordinal, text, version, created_at, updated_at",
    },
    Table {
        name: "spending_plan",
        columns: "id, division_code, unit_id, project_id, printed_basis, version, created_at, updated_at",
    },
    Table {
        name: "plan_point",
        columns: "id, division_code, unit_id, plan_id, month, percent, amount, raw, version, created_at, updated_at",
    },
    Table {
        name: "indicator",
        columns: "id, division_code, unit_id, fiscal_year, project_id, ordinal, level1_id, level2_id, name, \
                  description, basis, weight, target_kind, comparison, value, target_unit, target_raw, version, \
                  created_at, updated_at",
    },
];

/// Rows by table, in the order of [`TABLES`].
pub type Rows = [Vec<Vec<Cell>>; TABLES.len()];

fn unit_key(number: usize) -> Uuid {
    id(11, number as u64, 0)
}

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn stamped(mut cells: Vec<Cell>) -> Vec<Cell> {
    cells.extend([Cell::Number(1), Cell::Number(NOW), Cell::Number(NOW)]);
    cells
}

/// The rows of one unit with all that it has; `levels` are the keys of indicator levels by code.
///
/// # Errors
/// When a level is not there.
pub fn of_unit(unit: &Unit, levels: &HashMap<String, Uuid>) -> Done<Rows> {
    let mut rows: Rows = Default::default();
    let [divisions, units, closure, projects, objectives, plans, points, indicators] = &mut rows;
    let (division, code, key) = (unit.division(), unit.code(), unit_key(unit.number));
    let is_department = unit.above() == unit.number;
    if unit.number.is_multiple_of(crate::data::UNITS_OF_DIVISION) {
        let key = id(10, unit.number as u64, 0);
        divisions.push(stamped(vec![Cell::Key(key), text(&division), text(format!("{division}区"))]));
    }
    let (level, parent) =
        if is_department { ("DEPARTMENT", Cell::Null) } else { ("UNIT", Cell::Key(unit_key(unit.above()))) };
    let name = format!(
        "{}第{}服务中心",
        ["教育", "交通", "水务", "文化", "农业", "民政", "住建"][unit.number / 10 % 7],
        unit.number
    );
    units.push(stamped(vec![Cell::Key(key), text(&division), text(&code), text(name), text(level), parent]));
    closure.push(vec![Cell::Key(key), Cell::Key(key), Cell::Number(0)]);
    if !is_department {
        closure.push(vec![Cell::Key(unit_key(unit.above())), Cell::Key(key), Cell::Number(1)]);
    }
    for (number, ordinal) in (unit.first..unit.first + unit.projects).zip(1..) {
        let project = Project::new(number, 1, INDICATORS);
        let (project_key, plan_key, budget) = (id(0, number, 0), id(1, number, 0), project.budget * 100);
        let owned = |first: Uuid| vec![Cell::Key(first), text(&division), Cell::Key(key)];
        let with = |first: Uuid, cells: Vec<Cell>| stamped(owned(first).into_iter().chain(cells).collect());
        objectives.push(with(id(4, number, 0), vec![
            Cell::Key(project_key),
            Cell::Number(1),
            text(format!(
                "围绕“{}”，在本年度内按计划完成各项任务，资金按进度支付，成果经验收合格后投入使用，服务对象的满意度稳步提高。",
                project.name
            )),
        ]));
        plans.push(with(plan_key, vec![Cell::Key(project_key), text("PERCENT")]));
        for ((month, percent), part) in project.points.iter().zip(0..) {
            points.push(with(
                id(2, number, part),
                vec![
                    Cell::Key(plan_key),
                    Cell::Number(i64::from(*month)),
                    Cell::Number(percent * 1_000_000),
                    Cell::Number(budget * percent / 100),
                    text(percent.to_string()),
                ],
            ));
        }
        for (indicator, ordinal) in project.indicators.iter().zip(1..) {
            let level = |code: &str| {
                let found = levels.get(code).copied().map(Cell::Key);
                found.ok_or_else(|| format!("there is no level {code}"))
            };
            let sign = if indicator.comparison == "GE" { "≥" } else { "≤" };
            indicators.push(with(
                id(3, number, ordinal),
                vec![
                    Cell::Number(i64::from(FISCAL_YEAR)),
                    Cell::Key(project_key),
                    Cell::Number(i64::try_from(ordinal)?),
                    level(indicator.level1)?,
                    level(indicator.level2)?,
                    text(&indicator.name),
                    text(&indicator.description),
                    text(&indicator.basis),
                    Cell::Number(indicator.weight * 1_000_000),
                    text("QUANTITY"),
                    text(indicator.comparison),
                    Cell::Number(indicator.value * 1_000_000),
                    text(indicator.unit),
                    text(format!("{sign}{}{}", indicator.value, indicator.unit)),
                ],
            ));
        }
        projects.push(with(
            project_key,
            vec![
                Cell::Number(i64::from(FISCAL_YEAR)),
                Cell::Number(ordinal),
                Cell::Text(project.code),
                Cell::Text(project.name),
                text("PROJECT"),
                Cell::Number(budget),
                Cell::Number(budget),
                Cell::Number(0),
                Cell::Text(project.purpose),
            ],
        ));
    }
    Ok(rows)
}

/// All rows, piece by piece: `write` gets those of some units together.
///
/// # Errors
/// What `write` ends with.
pub async fn each(
    size: Size,
    levels: &HashMap<String, Uuid>,
    mut write: impl AsyncFnMut(&Rows) -> Done<()>,
) -> Done<u64> {
    /// Units of a piece.
    const PIECE: usize = 100;
    let mut count = 0;
    for units in size.units().chunks(PIECE) {
        let mut piece: Rows = Default::default();
        for unit in units {
            for (all, rows) in piece.iter_mut().zip(of_unit(unit, levels)?) {
                all.extend(rows);
            }
        }
        count += piece.iter().map(|rows| rows.len() as u64).sum::<u64>();
        write(&piece).await?;
    }
    Ok(count)
}

/// The statement that gives the keys of levels by code.
pub const LEVELS: &str = "SELECT code, id FROM indicator_level WHERE code IS NOT NULL";
