//! Indicators (绩效指标), their levels and their targets (指标值).

use std::sync::LazyLock;

use async_graphql::Value;
use entity::id::{IndicatorId, IndicatorLevelId};
use entity::value::{SearchKind, TargetKind};
use entity::{finding, indicator, indicator_level};
use futures_util::future::BoxFuture;
use sea_orm::IdenStatic;

use super::aggregate;
use super::engine::aggregate::MeasureField;
use super::engine::argument::{self, At};
use super::engine::asked::Asked;
use super::engine::connection::{self, Connected, PagesLink};
use super::engine::filter::Filters;
use super::engine::json::{self, Texts};
use super::engine::object::{Fields, Linked, Object, Step};
use super::engine::order::OrderField;
use super::engine::plan::Plan;
use super::engine::signature::Argument;
use super::finding::{self as findings, Finding};
use super::history::{self, Change};
use super::project::Project;
use super::text;
use super::unit::Unit;
use crate::error::AppResult;
use crate::lang::Lang;
use crate::service::order::Key;
use crate::service::read::Reader;
use crate::service::relation::{
    INDICATOR_FINDINGS, INDICATOR_LEVEL1, INDICATOR_LEVEL2, INDICATOR_PROJECT, INDICATOR_UNIT, LEVEL_CHILDREN,
    LEVEL_PARENT,
};

/// `Indicator`.
pub struct Indicator;

impl Object for Indicator {
    type Row = indicator::Model;
    const NAME: &'static str = "Indicator";

    fn fields() -> &'static Fields<indicator::Model> {
        static FIELDS: LazyLock<Fields<indicator::Model>> = LazyLock::new(|| {
            Fields::<indicator::Model>::new("An indicator (绩效指标) by which a project is judged.")
                .node(|indicator| indicator.id.public())
                .value("version: Int!", "Starts at 1 and grows by 1 with each change.", |i| Value::from(i.version))
                .reads(&[indicator::Column::Version])
                .one::<Project, _>("project: Project!", "The project.", INDICATOR_PROJECT)
                .one::<Unit, _>("unit: Unit!", "The unit of the project.", INDICATOR_UNIT)
                .value("fiscalYear: Int!", "Fiscal year of the project.", |i| Value::from(i.fiscal_year))
                .reads(&[indicator::Column::FiscalYear])
                .value("ordinal: Int!", "Place in the table, from 1; rejected rows count.", |i| Value::from(i.ordinal))
                .reads(&[indicator::Column::Ordinal])
                .one::<IndicatorLevel, _>("level1: IndicatorLevel!", "First level (一级指标).", INDICATOR_LEVEL1)
                .one::<IndicatorLevel, _>(
                    "level2: IndicatorLevel",
                    "Second level (二级指标); null when the cell is empty and continues none above.",
                    INDICATOR_LEVEL2,
                )
                .value(
                    "level1Raw: String",
                    "First level as printed, e.g. 效果指标 for 效益指标; null when the cell continues the one above.",
                    |i| text::text(&i.level1_raw),
                )
                .reads(&[indicator::Column::Level1Raw])
                .value("level2Raw: String", "Second level as printed; null when the cell is empty.", |i| {
                    text::text(&i.level2_raw)
                })
                .reads(&[indicator::Column::Level2Raw])
                .value("name: String!", "Third level (三级指标): the name of the indicator.", |i| {
                    Value::from(i.name.as_str())
                })
                .reads(&[indicator::Column::Name])
                .value(
                    "description: String",
                    "Description (绩效指标描述); null when the cell is empty or the form has no such column.",
                    |i| text::text(&i.description),
                )
                .reads(&[indicator::Column::Description])
                .value(
                    "basis: String",
                    "Basis of the value (指标值确定依据); null when the cell is empty or the form has no such column.",
                    |i| text::text(&i.basis),
                )
                .reads(&[indicator::Column::Basis])
                .value(
                    "weight: Decimal",
                    "Weight in points; null when the form has no such column or the cell holds no number.",
                    |i| i.weight.map(text::decimal).into(),
                )
                .reads(&[indicator::Column::Weight])
                .field("target: TargetValue!", "Target (指标值).", Vec::new(), |asked| {
                    Ok(Step::Link(Box::new(Target {
                        quantity: Plan::compile::<QuantityTarget>(asked)?,
                        range: Plan::compile::<RangeTarget>(asked)?,
                        qualitative: Plan::compile::<QualitativeTarget>(asked)?,
                    })))
                })
                .list_where::<Finding, _>(
                    "findings: [Finding!]!",
                    "What rules noticed in the indicator.",
                    vec![Argument::new("severity: Severity", "Only findings of this severity.")],
                    INDICATOR_FINDINGS,
                    || vec![Key::up(finding::Column::Rule)],
                    findings::of_severity,
                )
                .field(
                    "history: ChangeConnection!",
                    "What was done to the indicator, the newest first.",
                    connection::arguments::<Change>(false),
                    |asked| Ok(Step::Link(Box::new(PagesLink::<_, Change>::compile(history::of_indicators, asked)?))),
                )
                .value("createdAt: DateTime!", "When the row was made.", |i| text::time(i.created_at))
                .reads(&[indicator::Column::CreatedAt])
                .value("updatedAt: DateTime!", "When the row last changed.", |i| text::time(i.updated_at))
                .reads(&[indicator::Column::UpdatedAt])
        });
        &FIELDS
    }
}

impl Connected for Indicator {
    type Entity = indicator::Entity;
    const AGGREGATE: &'static str = "IndicatorAggregate";

    const KIND: Option<SearchKind> = Some(SearchKind::Indicator);

    fn filters() -> &'static Filters {
        static FILTERS: LazyLock<Filters> = LazyLock::new(|| {
            use indicator::Column;
            Filters::new("IndicatorFilter", "Conditions on indicators; all fields given must hold.")
                .id("id: IdFilter", "Id.", Column::Id, |id| IndicatorId::parse(id).map(|id| id.0))
                .text("divisionCode: StringFilter", "Code of the fiscal division.", Column::DivisionCode)
                .int("fiscalYear: IntFilter", "Fiscal year.", Column::FiscalYear)
                .int("ordinal: IntFilter", "Place in the table.", Column::Ordinal)
                .text("level1Raw: StringFilter", "First level as printed.", Column::Level1Raw)
                .text("level2Raw: StringFilter", "Second level as printed.", Column::Level2Raw)
                .text("name: StringFilter", "Name: the third level (三级指标).", Column::Name)
                .text("description: StringFilter", "Description.", Column::Description)
                .text("basis: StringFilter", "Basis of the value.", Column::Basis)
                .code("targetKind: TargetKindFilter", "Form of the target.", Column::TargetKind)
                .code("comparison: ComparisonFilter", "Comparison of a quantity.", Column::Comparison)
                .decimal("value: DecimalFilter", "Value of a quantity.", Column::Value)
                .text("targetUnit: StringFilter", "Unit of measure of the target; `%` for percent.", Column::TargetUnit)
                .text("targetRaw: StringFilter", "Target as printed.", Column::TargetRaw)
                .decimal("weight: DecimalFilter", "Weight in points.", Column::Weight)
                .time("updatedAt: DateTimeFilter", "When the row last changed.", Column::UpdatedAt)
                .related("level1: IndicatorLevelFilter", "First level.", INDICATOR_LEVEL1, levels)
                .related("level2: IndicatorLevelFilter", "Second level.", INDICATOR_LEVEL2, levels)
                .related("project: ProjectFilter", "The project.", INDICATOR_PROJECT, Project::filters)
                .related("unit: UnitFilter", "The unit of the project.", INDICATOR_UNIT, Unit::filters)
                .many("findings: FindingListFilter", "What rules noticed in it.", INDICATOR_FINDINGS, Finding::filters)
        });
        &FILTERS
    }

    fn orders() -> &'static [OrderField<indicator::Column>] {
        use indicator::Column;
        &[
            OrderField { name: "FISCAL_YEAR", description: "Fiscal year.", column: Column::FiscalYear },
            OrderField { name: "ORDINAL", description: "Place in the table.", column: Column::Ordinal },
            OrderField { name: "NAME", description: "Name, by code point.", column: Column::Name },
            OrderField { name: "VALUE", description: "Value of a quantity.", column: Column::Value },
            OrderField { name: "WEIGHT", description: "Weight in points.", column: Column::Weight },
            OrderField { name: "UPDATED_AT", description: "When the row last changed.", column: Column::UpdatedAt },
        ]
    }

    const DEFAULT_ORDER: &'static str = "project (by its id), then place in the table";

    fn default_order() -> &'static [indicator::Column] {
        &[indicator::Column::ProjectId, indicator::Column::Ordinal]
    }

    fn measures() -> &'static [MeasureField<indicator::Column>] {
        static MEASURES: LazyLock<[MeasureField<indicator::Column>; 1]> = LazyLock::new(|| {
            [aggregate::decimal("weight: DecimalAggregate!", "Weights in points.", indicator::Column::Weight)]
        });
        &*MEASURES
    }
}

/// `IndicatorLevel`.
pub struct IndicatorLevel;

/// The filter input of indicator levels.
pub fn levels() -> &'static Filters {
    static FILTERS: LazyLock<Filters> = LazyLock::new(|| {
        use indicator_level::Column;
        Filters::new("IndicatorLevelFilter", "Conditions on indicator levels; all fields given must hold.")
            .id("id: IdFilter", "Id.", Column::Id, |id| IndicatorLevelId::parse(id).map(|id| id.0))
            .code("regime: IndicatorRegimeFilter", "Regime.", Column::Regime)
            .text("code: StringFilter", "Code in this service, e.g. `R2015-11`.", Column::Code)
            .text(
                "standardCode: StringFilter",
                "Code in the national technical standard, e.g. `11` for 数量指标 in both of its regimes.",
                Column::StandardCode,
            )
            .int("rank: IntFilter", "1 for a first level (一级指标), 2 for a second level (二级指标).", Column::Rank)
            .text("name: StringFilter", "Chinese name.", Column::NameZh)
    });
    &FILTERS
}

impl Object for IndicatorLevel {
    type Row = indicator_level::Model;
    const NAME: &'static str = "IndicatorLevel";

    fn fields() -> &'static Fields<indicator_level::Model> {
        static FIELDS: LazyLock<Fields<indicator_level::Model>> = LazyLock::new(|| {
            Fields::<indicator_level::Model>::new(
                "A first or second indicator level (一级指标, 二级指标): a row of a code table, since regimes coexist.",
            )
            .node(|level| level.id.public())
            .value("code: String", "Code in this service, e.g. `R2015-11`; null for local wording.", |l| {
                text::text(&l.code)
            })
            .value(
                "standardCode: String",
                "Code in the national technical standard, e.g. `11` for 数量指标 in both of its regimes; null where \
                 none is known.",
                |l| text::text(&l.standard_code),
            )
            .value("rank: Int!", "1 for a first level (一级指标), 2 for a second level (二级指标).", |l| {
                Value::from(l.rank)
            })
            .value("regime: IndicatorRegime!", "The regime that the level belongs to.", |l| text::name(l.regime.code()))
            .value("ordinal: Int!", "Place in the printed order of the regime.", |l| Value::from(l.ordinal))
            .field(
                "label: String!",
                "Name in a language; the Chinese name where there is no other.",
                vec![Argument::new("lang: Lang", "The language; that of `Accept-Language` when absent.")],
                |asked| {
                    let lang = language(asked)?;
                    Ok(Step::value(move |level: &indicator_level::Model| {
                        let english = level.name_en.as_deref().filter(|_| lang == Lang::En);
                        Value::from(english.unwrap_or(&level.name_zh))
                    }))
                },
            )
            .one::<IndicatorLevel, _>(
                "parent: IndicatorLevel",
                "The first level above; null for a first level.",
                LEVEL_PARENT,
            )
            .list::<IndicatorLevel, _>(
                "children: [IndicatorLevel!]!",
                "The second levels below, in printed order.",
                LEVEL_CHILDREN,
                || vec![Key::up(indicator_level::Column::Ordinal)],
            )
        });
        &FIELDS
    }
}

/// The language that a field asks for in `lang`, or that of the request.
pub fn language(asked: &Asked<'_>) -> AppResult<Lang> {
    let at = At::top("lang");
    Ok(match asked.argument("lang")?.filter(|value| *value != Value::Null) {
        None => asked.environment.lang,
        Some(value) if argument::name(&value, &at)? == "ZH" => Lang::Zh,
        Some(_) => Lang::En,
    })
}

/// What is asked of each form of a target.
struct Target {
    quantity: Plan<indicator::Model>,
    range: Plan<indicator::Model>,
    qualitative: Plan<indicator::Model>,
}

impl Linked<indicator::Model> for Target {
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [indicator::Model]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let quantity = of_kind(&self.quantity, reader, rows, TargetKind::Quantity).await?;
            let range = of_kind(&self.range, reader, rows, TargetKind::Range).await?;
            let qualitative = of_kind(&self.qualitative, reader, rows, TargetKind::Qualitative).await?;
            let (mut quantity, mut range, mut qualitative) = (quantity.iter(), range.iter(), qualitative.iter());
            let texts = rows.iter().map(|row| {
                let next = match row.target_kind {
                    TargetKind::Quantity => quantity.next(),
                    TargetKind::Range => range.next(),
                    TargetKind::Qualitative => qualitative.next(),
                };
                next.unwrap_or(json::NULL)
            });
            Ok(texts.collect())
        })
    }

    fn reads(&self) -> Option<Vec<&'static str>> {
        let mut columns = self.quantity.columns()?.clone().and(self.range.columns()?.clone())?;
        columns = columns.and(self.qualitative.columns()?.clone())?;
        columns.add([indicator::Column::TargetKind.as_str()]);
        Some(columns.names().to_vec())
    }
}

/// Renders those rows that are of a kind; mostly all are of the same.
async fn of_kind(
    plan: &Plan<indicator::Model>,
    reader: Reader<'_>,
    rows: &[indicator::Model],
    kind: TargetKind,
) -> AppResult<Texts> {
    if rows.iter().all(|row| row.target_kind == kind) {
        return plan.render(reader, rows).await;
    }
    plan.render(reader, &rows.iter().filter(|row| row.target_kind == kind).cloned().collect::<Vec<_>>()).await
}

fn target(description: &'static str) -> Fields<indicator::Model> {
    Fields::<indicator::Model>::new(description)
        .implements("TargetValue")
        .value("raw: String!", "As printed.", |indicator| Value::from(indicator.target_raw.as_str()))
        .reads(&[indicator::Column::TargetRaw])
}

/// `QuantityTarget`.
pub struct QuantityTarget;

impl Object for QuantityTarget {
    type Row = indicator::Model;
    const NAME: &'static str = "QuantityTarget";

    fn fields() -> &'static Fields<indicator::Model> {
        static FIELDS: LazyLock<Fields<indicator::Model>> = LazyLock::new(|| {
            target("A comparison with a number (定量), e.g. ≥90%.")
                .value(
                    "comparison: Comparison",
                    "How the result compares when the target is met; `EQ` where no sign is printed. Never null for \
                     what was imported.",
                    |i| i.comparison.map(|comparison| text::name(comparison.code())).into(),
                )
                .reads(&[indicator::Column::Comparison])
                .value("value: Decimal", "The number; never null for what was imported.", |i| {
                    i.value.map(text::decimal).into()
                })
                .reads(&[indicator::Column::Value])
                .value("unit: String", "Unit of measure; `%` for percent; null when none is printed.", |i| {
                    text::text(&i.target_unit)
                })
                .reads(&[indicator::Column::TargetUnit])
                .value("unitIsPercent: Boolean!", "Whether the unit is percent.", |i| {
                    Value::from(i.target_unit.as_deref() == Some("%"))
                })
                .reads(&[indicator::Column::TargetUnit])
        });
        &FIELDS
    }
}

/// `RangeTarget`.
pub struct RangeTarget;

impl Object for RangeTarget {
    type Row = indicator::Model;
    const NAME: &'static str = "RangeTarget";

    fn fields() -> &'static Fields<indicator::Model> {
        static FIELDS: LazyLock<Fields<indicator::Model>> = LazyLock::new(|| {
            target("Two numbers between which the result must lie.")
                .value("low: Decimal", "The lower end; never null for what was imported.", |i| {
                    i.low.map(text::decimal).into()
                })
                .reads(&[indicator::Column::Low])
                .value("high: Decimal", "The upper end; never null for what was imported.", |i| {
                    i.high.map(text::decimal).into()
                })
                .reads(&[indicator::Column::High])
                .value("unit: String", "Unit of measure; `%` for percent; null when none is printed.", |i| {
                    text::text(&i.target_unit)
                })
                .reads(&[indicator::Column::TargetUnit])
        });
        &FIELDS
    }
}

/// `QualitativeTarget`.
pub struct QualitativeTarget;

impl Object for QualitativeTarget {
    type Row = indicator::Model;
    const NAME: &'static str = "QualitativeTarget";

    fn fields() -> &'static Fields<indicator::Model> {
        static FIELDS: LazyLock<Fields<indicator::Model>> = LazyLock::new(|| {
            target("A target in words (定性).")
                .value("text: String!", "The words as printed; an empty string when the cell is empty.", |indicator| {
                    Value::from(indicator.target_raw.as_str())
                })
                .reads(&[indicator::Column::TargetRaw])
        });
        &FIELDS
    }
}
