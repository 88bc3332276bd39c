//! The rules of data quality (5.3, and 5.2 for plans): their ids, severities, treatments and words in both languages.
//!
//! Where a rule is tested stands beside what it tests: [`super::review`] has the rules about the content of a project,
//! `import::check` those about the form in which it is printed; [`Rule::basis`] says which is which.
//! `DOC_YEAR_DIFFERS`, `VALUE_NOT_EXACT` and `WEIGHT_NOT_NUMERIC` are our own: they say what the section asks for
//! without naming it.

use entity::value::Severity;

use crate::lang::Lang;

/// What happens to the thing that a rule finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Treatment {
    /// The project is not taken.
    RejectProject,
    /// The spending plan is not taken, the project is.
    RejectPlan,
    /// The indicator row is not taken, the others are.
    RejectRow,
    /// Taken as it is.
    Accept,
    /// Written in normal form; the printed text is kept.
    Normalize,
    /// Taken as it is; only worth knowing.
    Inform,
}

/// What a rule looks at, and so who can judge it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Basis {
    /// What is stored of one project, with the texts that are kept beside its values. [`super::review`] judges it,
    /// whether the project comes from a document or from a client.
    Content,
    /// How a document prints something, or what its tables show beside each other: labels, breaks, bookmarks,
    /// headings, blank cells that continue the one above, signs that are not kept. Only an import can judge it.
    Form,
}

macro_rules! rules {
    ($($variant:ident = $id:literal, $basis:ident, $severity:ident, $treatment:ident, $en:literal, $zh:literal;)*) => {
        /// A rule of data quality.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = $en] $variant,)*
        }

        impl Rule {
            /// All rules, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The published id.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// What has to be known to judge it.
            pub const fn basis(self) -> Basis {
                match self { $(Self::$variant => Basis::$basis,)* }
            }

            /// Weight of a finding of this rule.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// What happens to what was found.
            pub const fn treatment(self) -> Treatment {
                match self { $(Self::$variant => Treatment::$treatment,)* }
            }

            const fn sentence(self, lang: Lang) -> &'static str {
                match lang {
                    Lang::En => match self { $(Self::$variant => $en,)* },
                    Lang::Zh => match self { $(Self::$variant => $zh,)* },
                }
            }
        }
    };
}

rules! {
    DocNoYear = "DOC_NO_YEAR", Form, Warning, Accept,
        "The title prints no year; the year was given by the caller",
        "标题中没有年度，年度由导入者提供";
    DocYearDiffers = "DOC_YEAR_DIFFERS", Form, Warning, Accept,
        "The printed year differs from the year given by the caller; the printed one is kept",
        "文本所印年度与导入者提供的年度不同，以所印年度为准";
    DocNoUnit = "DOC_NO_UNIT", Form, Warning, Accept,
        "No table names a unit; the unit was given by the caller",
        "所有表格都没有单位名称，单位由导入者提供";
    Part2TitleVariant = "PART2_TITLE_VARIANT", Form, Info, Inform,
        "Part 2 is not titled 预算项目绩效目标",
        "第二部分的标题不是“预算项目绩效目标”";
    Part2NumberMissing = "PART2_NUMBER_MISSING", Form, Info, Inform,
        "The words 第二部分 are missing before the title of part 2",
        "第二部分的标题前缺少“第二部分”字样";
    UnitCodeFormat = "UNIT_CODE_FORMAT", Form, Warning, Accept,
        "The unit code does not have six digits",
        "单位编码不是6位数字";
    ProjectCodeMissing = "PROJECT_CODE_MISSING", Content, Warning, Accept,
        "The project has no code",
        "项目没有编码";
    ProjectCodeFormat = "PROJECT_CODE_FORMAT", Content, Warning, Accept,
        "The project code has no known form",
        "项目编码不符合已知格式";
    ProjectCodeCheck = "PROJECT_CODE_CHECK", Content, Warning, Accept,
        "The check character of the project code does not fit; a typing error is likely",
        "项目编码校验位不符，可能有录入错误";
    ProjectCodeYear = "PROJECT_CODE_YEAR", Content, Info, Inform,
        "The year in the project code cannot be confirmed by the fiscal year of the document",
        "项目编码中的年度与文本的预算年度无法印证";
    ProjectCodeDuplicate = "PROJECT_CODE_DUPLICATE", Form, Rejected, RejectProject,
        "The project code stands on an earlier project of the same year",
        "同一年度内项目编码重复";
    HeadingNoSeparator = "HEADING_NO_SEPARATOR", Form, Info, Inform,
        "No separator follows the number of the heading",
        "标题序号后没有分隔符";
    HeadingNameMismatch = "HEADING_NAME_MISMATCH", Form, Warning, Accept,
        "The name in the heading differs from the name in the table; the table is followed",
        "标题中的名称与表中的项目名称不一致，以表中为准";
    BudgetMissing = "BUDGET_MISSING", Content, Warning, Accept,
        "The project has no budget",
        "项目没有预算数";
    MoneyNotNumeric = "MONEY_NOT_NUMERIC", Form, Rejected, RejectProject,
        "An amount is not a number that is exact in 分",
        "金额不是数字，或无法精确到分";
    MoneySplitMismatch = "MONEY_SPLIT_MISMATCH", Content, Rejected, RejectProject,
        "The budget is not the sum of fiscal and other funds",
        "预算数不等于财政资金与其他资金之和";
    OtherFundsBlank = "OTHER_FUNDS_BLANK", Content, Info, Inform,
        "Other funds are blank",
        "其他资金为空";
    MoneyDecimalsVary = "MONEY_DECIMALS_VARY", Form, Info, Inform,
        "The budget is not printed with two decimals",
        "预算数没有保留两位小数";
    PurposeMissing = "PURPOSE_MISSING", Content, Warning, Accept,
        "The use of the money is not stated",
        "没有填写资金用途";
    PurposeRepeatsName = "PURPOSE_REPEATS_NAME", Content, Warning, Accept,
        "The use of the money only repeats the project name",
        "资金用途只是重复项目名称";
    PlanMissing = "PLAN_MISSING", Content, Warning, Accept,
        "The project has no spending plan",
        "项目没有资金支出计划";
    PlanCellEmpty = "PLAN_CELL_EMPTY", Form, Rejected, RejectPlan,
        "A value of the spending plan is missing",
        "资金支出计划有空缺";
    PlanNotNumeric = "PLAN_NOT_NUMERIC", Form, Rejected, RejectPlan,
        "A value of the spending plan is not a number",
        "资金支出计划中有非数字";
    PlanDecreasing = "PLAN_DECREASING", Content, Rejected, RejectPlan,
        "The cumulative spending plan falls",
        "累计支出计划出现下降";
    PlanUnreadable = "PLAN_UNREADABLE", Content, Rejected, RejectPlan,
        "The spending plan is neither percent nor money of this budget",
        "资金支出计划既不是百分比，也与预算数不符";
    PlanAsAmount = "PLAN_AS_AMOUNT", Form, Warning, Normalize,
        "The spending plan prints money instead of percent; percents were computed",
        "资金支出计划填写的是金额而不是百分比，已折算";
    PlanAsFraction = "PLAN_AS_FRACTION", Form, Warning, Normalize,
        "The spending plan prints fractions instead of percent; percents were computed",
        "资金支出计划填写的是小数而不是百分比，已折算";
    PlanAmbiguous = "PLAN_AMBIGUOUS", Content, Info, Inform,
        "The budget is 100, so that percent and money are the same",
        "预算数为100，百分比与金额相同";
    PlanPercentSuffix = "PLAN_PERCENT_SUFFIX", Form, Normalized, Normalize,
        "The values of the spending plan carry a percent sign",
        "资金支出计划的数值带有百分号";
    PlanUniform = "PLAN_UNIFORM", Content, Info, Inform,
        "The spending plan is 25, 50, 75 and 100 percent",
        "资金支出计划为25%、50%、75%、100%的平均计划";
    PlanEndNot100 = "PLAN_END_NOT_100", Content, Warning, Accept,
        "The spending plan does not end at 100 percent",
        "资金支出计划年底未达到100%";
    ObjectiveUnnumbered = "OBJECTIVE_UNNUMBERED", Content, Info, Inform,
        "The objective has no number",
        "绩效目标没有序号";
    ObjectiveBadNumber = "OBJECTIVE_BAD_NUMBER", Content, Normalized, Normalize,
        "The number of the objective is malformed",
        "绩效目标的序号书写有误";
    ObjectiveDuplicate = "OBJECTIVE_DUPLICATE", Content, Warning, Accept,
        "The objective stands twice in the project",
        "同一项目内绩效目标重复";
    ObjectiveRepeatsName = "OBJECTIVE_REPEATS_NAME", Content, Warning, Accept,
        "The objective only repeats the project name or the use of the money",
        "绩效目标只是重复项目名称或资金用途";
    Level1Synonym = "LEVEL1_SYNONYM", Form, Normalized, Normalize,
        "Level 1 is printed with another word for the same",
        "一级指标使用了同义名称";
    Level1Continued = "LEVEL1_CONTINUED", Form, Normalized, Normalize,
        "A blank level 1 continues the one above",
        "一级指标为空，沿用上一行";
    Level1BlankFirst = "LEVEL1_BLANK_FIRST", Form, Rejected, RejectRow,
        "Level 1 is blank in the first row, so there is nothing to continue",
        "第一行的一级指标为空，无从沿用";
    Level1Unknown = "LEVEL1_UNKNOWN", Content, Warning, Accept,
        "Level 1 belongs to no known regime",
        "一级指标不属于已知体系";
    Level2Unknown = "LEVEL2_UNKNOWN", Content, Warning, Accept,
        "Level 2 belongs to no known regime",
        "二级指标不属于已知体系";
    Level2NotUnderLevel1 = "LEVEL2_NOT_UNDER_LEVEL1", Content, Warning, Accept,
        "Level 2 does not belong under this level 1",
        "二级指标不属于该一级指标";
    Level1Absent = "LEVEL1_ABSENT", Content, Warning, Accept,
        "The project has no indicator of output, benefit or satisfaction",
        "项目缺少产出、效益或满意度指标";
    Level3EqualsLevel2 = "LEVEL3_EQUALS_LEVEL2", Content, Warning, Accept,
        "Level 3 only repeats level 2",
        "三级指标只是重复二级指标";
    DescriptionRepeatsLevel3 = "DESCRIPTION_REPEATS_LEVEL3", Content, Info, Inform,
        "The description only repeats level 3",
        "绩效指标描述只是重复三级指标";
    IndicatorDuplicate = "INDICATOR_DUPLICATE", Content, Warning, Accept,
        "The same three levels stand twice in the project",
        "同一项目内三级指标重复";
    IndicatorsCopied = "INDICATORS_COPIED", Form, Warning, Accept,
        "Several projects have identical indicator tables",
        "多个项目的指标表完全相同";
    ValueEmpty = "VALUE_EMPTY", Content, Warning, Accept,
        "The target value is empty",
        "指标值为空";
    ValueNoOperator = "VALUE_NO_OPERATOR", Content, Warning, Normalize,
        "The target has a number without a sign of comparison; = is taken",
        "指标值没有比较符号，按“等于”处理";
    ValueUnitWord = "VALUE_UNIT_WORD", Content, Normalized, Normalize,
        "The unit is printed as 百分比",
        "计量单位写作“百分比”";
    ValueUnitSentence = "VALUE_UNIT_SENTENCE", Content, Warning, Normalize,
        "The unit is a clause instead of a unit",
        "计量单位处是一句话";
    ValueRepeatsName = "VALUE_REPEATS_NAME", Content, Warning, Accept,
        "The target only repeats the name or description of the indicator",
        "指标值只是重复指标名称或描述";
    ValuePlaceholder = "VALUE_PLACEHOLDER", Content, Warning, Accept,
        "The target is a placeholder",
        "指标值只是占位文字";
    ValuePercentOver100 = "VALUE_PERCENT_OVER_100", Content, Warning, Accept,
        "A rate has a target over 100 percent",
        "比率类指标的指标值超过100%";
    ValueRange = "VALUE_RANGE", Content, Warning, Accept,
        "The target is a range",
        "指标值是一个区间";
    ValueOperatorWords = "VALUE_OPERATOR_WORDS", Content, Normalized, Normalize,
        "The comparison is printed in words",
        "比较符号用文字表示";
    ValueNotExact = "VALUE_NOT_EXACT", Content, Warning, Accept,
        "The target has more digits than can be kept exactly; it is kept as text",
        "指标值位数过多，无法精确保存，按文字保留";
    NameRateUnitNotPercent = "NAME_RATE_UNIT_NOT_PERCENT", Content, Warning, Accept,
        "The name says a rate, the unit is not percent",
        "名称是比率，计量单位却不是百分比";
    NameCountUnitPercent = "NAME_COUNT_UNIT_PERCENT", Content, Warning, Accept,
        "The name says a count, the unit is percent",
        "名称是数量，计量单位却是百分比";
    QuantityHoldsRate = "QUANTITY_HOLDS_RATE", Content, Warning, Accept,
        "A quantity indicator has a rate as its target",
        "数量指标的指标值是比率";
    CostUnitNotMoney = "COST_UNIT_NOT_MONEY", Content, Warning, Accept,
        "A cost indicator is not measured in money",
        "成本指标的计量单位不是金额";
    SatisfactionName = "SATISFACTION_NAME", Content, Warning, Accept,
        "An indicator of satisfaction does not name satisfaction",
        "满意度指标的名称与满意度无关";
    SatisfactionElsewhere = "SATISFACTION_ELSEWHERE", Content, Warning, Accept,
        "Satisfaction stands under another level 1",
        "满意度列在其他一级指标之下";
    SatisfactionNotNumeric = "SATISFACTION_NOT_NUMERIC", Content, Warning, Accept,
        "An indicator of satisfaction has no number",
        "满意度指标没有量化";
    BasisEmpty = "BASIS_EMPTY", Content, Warning, Accept,
        "The basis of the target is empty",
        "指标值确定依据为空";
    BasisRestates = "BASIS_RESTATES", Content, Warning, Accept,
        "The basis only repeats another column",
        "指标值确定依据只是重复其他栏目";
    BasisQuoted = "BASIS_QUOTED", Form, Normalized, Normalize,
        "The basis is wrapped in quotation marks left by an export",
        "指标值确定依据带有导出留下的引号";
    WeightNotNumeric = "WEIGHT_NOT_NUMERIC", Form, Warning, Accept,
        "The weight is not a number",
        "权重不是数字";
    TextBreakInCell = "TEXT_BREAK_IN_CELL", Form, Normalized, Normalize,
        "A line break inside a short text was removed",
        "短文本中的换行已去除";
    TextBookmark = "TEXT_BOOKMARK", Form, Normalized, Normalize,
        "Bookmark marks were removed from the text",
        "文本中的书签标记已去除";
}

impl Rule {
    /// The rule with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.id() == id)
    }

    /// The words for a finding of this rule, with the printed text that it is about (nothing when that is empty).
    pub fn message(self, lang: Lang, detail: &str) -> String {
        let sentence = self.sentence(lang);
        match (lang, detail.is_empty()) {
            (_, true) => sentence.to_owned(),
            (Lang::En, false) => format!("{sentence}: {detail}"),
            (Lang::Zh, false) => format!("{sentence}：{detail}"),
        }
    }
}

/// What a finding keeps of the text that it is about: the first 200 characters, since each finding about a long text
/// would repeat it.
pub fn detail(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use entity::value::Severity;

    use super::{Rule, Treatment};
    use crate::lang::Lang;

    #[test]
    fn ids_and_words_are_complete_and_distinct() {
        let mut seen = HashSet::new();
        for rule in Rule::ALL {
            assert_eq!(Rule::from_id(rule.id()), Some(*rule));
            for words in [rule.id().to_owned(), rule.message(Lang::En, ""), rule.message(Lang::Zh, "")] {
                assert!(seen.insert(words.clone()), "{words} twice");
            }
            assert!(!rule.message(Lang::Zh, "").is_ascii(), "{}", rule.id());
        }
    }

    #[test]
    fn what_is_rejected_weighs_as_rejected() {
        for rule in Rule::ALL {
            let rejects =
                matches!(rule.treatment(), Treatment::RejectProject | Treatment::RejectPlan | Treatment::RejectRow);
            assert_eq!(rejects, rule.severity() == Severity::Rejected, "{}", rule.id());
        }
    }

    #[test]
    fn the_printed_text_stands_in_the_message() {
        assert_eq!(
            Rule::UnitCodeFormat.message(Lang::En, "3014004汉沽卫计"),
            "The unit code does not have six digits: 3014004汉沽卫计"
        );
        assert_eq!(Rule::ValueEmpty.message(Lang::Zh, ""), "指标值为空");
    }
}
