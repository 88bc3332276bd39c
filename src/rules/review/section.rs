//! Which rules look at the same facts, so that they are asked again only where one of these changed.

use crate::rules::quality::Rule;

/// Rules that look at the same facts of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Code, year, money and purpose, with the name.
    Project,
    /// The spending plan, with the budget.
    Plan,
    /// The objectives, with name and purpose of the project.
    Objectives,
    /// The indicators.
    Indicators,
}

impl Section {
    /// All sections, in the order in which they are judged.
    pub const ALL: [Self; 4] = [Self::Project, Self::Plan, Self::Objectives, Self::Indicators];

    /// The section of a rule about content; none of one about form ([`Basis`](crate::rules::quality::Basis)).
    pub const fn of(rule: Rule) -> Option<Self> {
        Some(match rule {
            Rule::ProjectCodeMissing
            | Rule::ProjectCodeFormat
            | Rule::ProjectCodeCheck
            | Rule::ProjectCodeYear
            | Rule::BudgetMissing
            | Rule::MoneySplitMismatch
            | Rule::OtherFundsBlank
            | Rule::PurposeMissing
            | Rule::PurposeRepeatsName => Self::Project,
            Rule::PlanMissing
            | Rule::PlanDecreasing
            | Rule::PlanUnreadable
            | Rule::PlanAmbiguous
            | Rule::PlanUniform
            | Rule::PlanEndNot100 => Self::Plan,
            Rule::ObjectiveUnnumbered
            | Rule::ObjectiveBadNumber
            | Rule::ObjectiveDuplicate
            | Rule::ObjectiveRepeatsName => Self::Objectives,
            Rule::Level1Unknown
            | Rule::Level2Unknown
            | Rule::Level2NotUnderLevel1
            | Rule::Level1Absent
            | Rule::Level3EqualsLevel2
            | Rule::DescriptionRepeatsLevel3
            | Rule::IndicatorDuplicate
            | Rule::ValueEmpty
            | Rule::ValueNoOperator
            | Rule::ValueUnitWord
            | Rule::ValueUnitSentence
            | Rule::ValueRepeatsName
            | Rule::ValuePlaceholder
            | Rule::ValuePercentOver100
            | Rule::ValueRange
            | Rule::ValueOperatorWords
            | Rule::ValueNotExact
            | Rule::NameRateUnitNotPercent
            | Rule::NameCountUnitPercent
            | Rule::QuantityHoldsRate
            | Rule::CostUnitNotMoney
            | Rule::SatisfactionName
            | Rule::SatisfactionElsewhere
            | Rule::SatisfactionNotNumeric
            | Rule::BasisEmpty
            | Rule::BasisRestates => Self::Indicators,
            Rule::DocNoYear
            | Rule::DocYearDiffers
            | Rule::DocNoUnit
            | Rule::Part2TitleVariant
            | Rule::Part2NumberMissing
            | Rule::UnitCodeFormat
            | Rule::ProjectCodeDuplicate
            | Rule::HeadingNoSeparator
            | Rule::HeadingNameMismatch
            | Rule::MoneyNotNumeric
            | Rule::MoneyDecimalsVary
            | Rule::PlanCellEmpty
            | Rule::PlanNotNumeric
            | Rule::PlanAsAmount
            | Rule::PlanAsFraction
            | Rule::PlanPercentSuffix
            | Rule::Level1Synonym
            | Rule::Level1Continued
            | Rule::Level1BlankFirst
            | Rule::IndicatorsCopied
            | Rule::BasisQuoted
            | Rule::WeightNotNumeric
            | Rule::TextBreakInCell
            | Rule::TextBookmark => return None,
        })
    }
}
