//! What the subtree of a unit comes to in a year: one statement for each part that is wanted, however many units are asked of.
//!
//! The parts are computed when they are asked for: a subtree is small beside the whole, and its rows are found by index, so
//! this costs no write anything and is exact at every moment.

use std::collections::HashMap;

use entity::id::UnitId;
use entity::{department_goal, finding, indicator, plan_point, project, spending_plan, unit, unit_closure};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, JoinType, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, EntityName, EntityTrait, Iterable, QueryResult};

use super::aggregate::{self, Measure, Measured, Totals};
use super::filter::{Filter, Test};
use super::read::Reader;
use super::scope::Scoped;
use super::stored::KEYS_A_STATEMENT;
use crate::error::AppResult;

/// What is wanted of a summary.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The number of units.
    pub units: bool,
    /// The number of projects, and what their measures come to.
    pub projects: Option<Vec<Measure<project::Column>>>,
    /// The number of indicators.
    pub indicators: bool,
    /// The number of department goals.
    pub goals: bool,
    /// Planned spending.
    pub plan: bool,
    /// Findings by severity.
    pub findings: bool,
}

/// What the subtree of a unit comes to in a year, as far as it was wanted.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Units, itself among them.
    pub units: u64,
    /// Projects.
    pub projects: Totals,
    /// Indicators.
    pub indicators: u64,
    /// Department goals.
    pub goals: u64,
    /// What is planned to be spent until the end of each month, in the order of the months.
    pub plan: Vec<(i32, Measured)>,
    /// Findings by severity, by its code, in the order of the codes.
    pub findings: Vec<(String, u64)>,
}

/// The summaries of units for a year, in their order.
///
/// # Errors
/// What reading can end with, `FORBIDDEN` for a part that the caller may not look at.
pub async fn of_units(reader: Reader<'_>, units: &[UnitId], year: i32, wanted: &Wanted) -> AppResult<Vec<Summary>> {
    let measured = vec![Measured::default(); wanted.projects.as_ref().map_or(0, Vec::len)];
    let nothing = Summary { projects: Totals { count: 0, measured }, ..Summary::default() };
    let mut found: HashMap<UnitId, Summary> = units.iter().map(|unit| (*unit, nothing.clone())).collect();
    for units in units.chunks(KEYS_A_STATEMENT) {
        Sums { reader, units, year }.read(wanted, &mut found).await?;
    }
    Ok(units.iter().map(|unit| found.get(unit).cloned().unwrap_or_default()).collect())
}

/// Where only rows are counted.
const NOTHING: &[Measure<project::Column>] = &[];

struct Sums<'a> {
    reader: Reader<'a>,
    units: &'a [UnitId],
    year: i32,
}

impl Sums<'_> {
    async fn read(&self, wanted: &Wanted, found: &mut HashMap<UnitId, Summary>) -> AppResult<()> {
        if wanted.units {
            let select = self.reader.matching::<unit::Entity>(&Filter::everything())?;
            for row in self.below(select, unit::Column::Id, None, NOTHING).await? {
                of(found, &row)?.units = number(&row)?;
            }
        }
        if let Some(measures) = &wanted.projects {
            let select = self.of_year::<project::Entity>(project::Column::FiscalYear)?;
            for row in self.below(select, project::Column::UnitId, None, measures).await? {
                of(found, &row)?.projects =
                    Totals { count: number(&row)?, measured: aggregate::read(&row, measures, SUMS)? };
            }
        }
        if wanted.indicators {
            let select = self.of_year::<indicator::Entity>(indicator::Column::FiscalYear)?;
            for row in self.below(select, indicator::Column::UnitId, None, NOTHING).await? {
                of(found, &row)?.indicators = number(&row)?;
            }
        }
        if wanted.goals {
            let select = self.of_year::<department_goal::Entity>(department_goal::Column::FiscalYear)?;
            for row in self.below(select, department_goal::Column::UnitId, None, NOTHING).await? {
                of(found, &row)?.goals = number(&row)?;
            }
        }
        if wanted.plan {
            let mut select = self.of_year::<project::Entity>(project::Column::FiscalYear)?;
            self.join(&mut select, spending_plan::Column::ProjectId, project::Column::Id)?;
            self.join(&mut select, plan_point::Column::PlanId, spending_plan::Column::Id)?;
            let amount = [Measure { sum: true, ..Measure::of(plan_point::Column::Amount) }];
            let month = plan_point::Column::Month.into_expr();
            for row in self.below(select, project::Column::UnitId, Some(month), &amount).await? {
                let sum = aggregate::read(&row, &amount, SUMS)?.swap_remove(0);
                of(found, &row)?.plan.push((row.try_get("", "part")?, sum));
            }
        }
        if wanted.findings {
            let select = self.of_year::<finding::Entity>(finding::Column::FiscalYear)?;
            let severity = finding::Column::Severity.into_expr();
            for row in self.below(select, finding::Column::UnitId, Some(severity), NOTHING).await? {
                of(found, &row)?.findings.push((row.try_get("", "part")?, number(&row)?));
            }
        }
        Ok(())
    }

    /// The rows of the year that the caller may see.
    fn of_year<E: Scoped>(&self, year: E::Column) -> AppResult<SelectStatement>
    where
        E::Column: Send + Sync + 'static,
    {
        self.reader.matching::<E>(&Filter::column(year, Test::Eq(self.year.into())))
    }

    /// Joins the parts that the caller may see of what a statement selects.
    fn join<C: ColumnTrait<EntityName: Scoped>>(
        &self,
        select: &mut SelectStatement,
        column: C,
        whole: impl ColumnTrait,
    ) -> AppResult<()> {
        let mut parts = self.reader.matching::<C::EntityName>(&Filter::everything())?;
        parts.columns(<C::EntityName as EntityTrait>::Column::iter());
        let same = column.into_expr().eq(whole.into_expr());
        select.join_subquery(JoinType::InnerJoin, parts, Alias::new(C::EntityName::default().table_name()), same);
        Ok(())
    }

    /// Sums up what a statement selects for each unit at or above the unit of a row, and for each value of `part`, in its order.
    async fn below<U: ColumnTrait, C: ColumnTrait>(
        &self,
        mut select: SelectStatement,
        unit: U,
        part: Option<SimpleExpr>,
        measures: &[Measure<C>],
    ) -> AppResult<Vec<QueryResult>> {
        let subtree = Alias::new("subtree");
        let (above, below) = (unit_closure::Column::AncestorId, unit_closure::Column::DescendantId);
        let above = Expr::col((subtree.clone(), above));
        let within = Expr::col((subtree.clone(), below)).eq(unit.into_expr());
        select
            .clear_selects()
            .join_as(JoinType::InnerJoin, unit_closure::Entity, subtree, within)
            .and_where(above.clone().is_in(self.units.iter().copied()))
            .expr_as(above.clone(), Alias::new("ancestor"))
            .expr_as(Expr::cust("COUNT(*)"), Alias::new("number"))
            .add_group_by([above]);
        aggregate::select(&mut select, measures);
        if let Some(part) = part {
            select
                .expr_as(part.clone(), Alias::new("part"))
                .add_group_by([part.clone()])
                .order_by_expr(part, sea_orm::sea_query::Order::Asc);
        }
        Ok(self.reader.db.query_all(&select).await?)
    }
}

/// Where the sums stand in a row: behind the unit and the number.
const SUMS: usize = 2;

/// The summary that a row belongs to.
fn of<'a>(found: &'a mut HashMap<UnitId, Summary>, row: &QueryResult) -> AppResult<&'a mut Summary> {
    Ok(found.entry(row.try_get("", "ancestor")?).or_default())
}

fn number(row: &QueryResult) -> AppResult<u64> {
    let number: i64 = row.try_get("", "number")?;
    Ok(number.unsigned_abs())
}
