//! Every rule about content, alone or with the rules that hold with it, on a project that gives no reason for any.

use std::collections::BTreeSet;

use entity::value::{Fen, Micro, PlanBasis};

use super::{
    About, IndicatorFacts, LevelFacts, ObjectiveFacts, Part, PlanFacts, PointFacts, ProjectFacts, Section, review,
    review_sections,
};
use crate::rules::plan::{self, Stated};
use crate::rules::quality::{Basis, Rule};
use crate::rules::taxonomy::by_code;

const CODE: &str = "12000022P10000210006W";
const OTHER_YEAR: &str = "51000024R000000019951";

fn level(code: &str) -> LevelFacts<'static> {
    let known = by_code(code).expect("a level");
    LevelFacts { known: Some(known), name: known.name, raw: known.name }
}

fn local(name: &str) -> LevelFacts<'_> {
    LevelFacts { known: None, name, raw: name }
}

fn indicator(codes: [&str; 2], name: &'static str, target: &'static str) -> IndicatorFacts<'static> {
    let [level1, level2] = codes.map(level);
    IndicatorFacts { level1, level2, name, description: Some("怎样计算"), target, basis: Some("年度计划") }
}

/// A plan of 20.00 万元 with these percents.
fn percents(percents: &[i64]) -> PlanFacts<'static> {
    let stated = Stated::Percents(percents.iter().map(|percent| Micro(percent * 1_000_000)).collect());
    let plan = plan::state(&stated, Some(Fen(20_000_000))).expect("a plan");
    points(plan.basis, &plan.points.iter().map(|point| (point.percent, point.amount)).collect::<Vec<_>>())
}

fn points(basis: PlanBasis, points: &[(Option<Micro>, Option<Fen>)]) -> PlanFacts<'static> {
    let points = points.iter().map(|(percent, amount)| PointFacts { percent: *percent, amount: *amount, raw: "…" });
    PlanFacts::Stated { basis, points: points.collect() }
}

fn sample() -> ProjectFacts<'static> {
    ProjectFacts {
        fiscal_year: 2022,
        year_is_certain: true,
        code: Some(CODE),
        name: "基层医生培训",
        budget: Some(Fen(20_000_000)),
        fiscal_funds: Some(Fen(12_000_000)),
        other_funds: Some(Fen(8_000_000)),
        tolerance: Fen(0),
        purpose: Some("支付讲课费和教材费"),
        plan: percents(&[10, 40, 70, 100]),
        objectives: vec![
            ObjectiveFacts { number: Some("1."), text: "完成全年培训" },
            ObjectiveFacts { number: Some("2."), text: "提高诊疗水平" },
        ],
        indicators: vec![
            indicator(["R2021-1", "R2021-11"], "培训医生", "≥201名"),
            indicator(["R2021-2", "R2021-22"], "考核合格率", "≥90%"),
            indicator(["R2021-3", "R2021-31"], "学员满意度", "≥95%"),
        ],
        asks_for_basis: true,
    }
}

/// What spoils the sample, and the rules that then fire.
type Case = (fn(&mut ProjectFacts<'static>), &'static str);

#[rustfmt::skip]
const CASES: &[Case] = &[
    (|_| {}, ""),
    (|p| p.code = None, "PROJECT_CODE_MISSING"),
    (|p| p.code = Some(""), "PROJECT_CODE_MISSING"),
    (|p| p.code = Some("第一号"), "PROJECT_CODE_FORMAT"),
    (|p| p.code = Some("450-0101-JBN-GZ2I"), ""),
    (|p| p.code = Some("12000022P10000210006X"), "PROJECT_CODE_CHECK"),
    (|p| p.code = Some("12000022P1000021000IW"), "PROJECT_CODE_CHECK"),
    (|p| p.code = Some(OTHER_YEAR), "PROJECT_CODE_YEAR"),
    (|p| { p.code = Some(OTHER_YEAR); p.fiscal_year = 2023 }, ""),
    (|p| p.year_is_certain = false, "PROJECT_CODE_YEAR"),
    (|p| p.budget = None, "BUDGET_MISSING"),
    (|p| { p.budget = None; p.fiscal_funds = None; p.other_funds = None }, "BUDGET_MISSING"),
    (|p| { p.fiscal_funds = p.budget; p.other_funds = None }, "OTHER_FUNDS_BLANK"),
    (|p| { p.fiscal_funds = None; p.other_funds = None }, "OTHER_FUNDS_BLANK"),
    (|p| p.budget = Some(Fen(20_000_001)), "MONEY_SPLIT_MISMATCH"),
    (|p| { p.budget = Some(Fen(20_005_000)); p.tolerance = Fen(5_000) }, ""),
    (|p| { p.budget = Some(Fen(20_005_001)); p.tolerance = Fen(5_000) }, "MONEY_SPLIT_MISMATCH"),
    (|p| p.fiscal_funds = None, "MONEY_SPLIT_MISMATCH"),
    (|p| { p.budget = Some(Fen(i64::MAX)); p.fiscal_funds = p.budget; p.other_funds = p.budget }, "MONEY_SPLIT_MISMATCH"),
    (|p| p.purpose = None, "PURPOSE_MISSING"),
    (|p| p.purpose = Some(" \u{3000}"), "PURPOSE_MISSING"),
    (|p| p.purpose = Some("基层医生 培训。"), "PURPOSE_REPEATS_NAME"),
    (|p| p.plan = PlanFacts::Missing, "PLAN_MISSING"),
    (|p| p.plan = PlanFacts::Refused(Rule::PlanUnreadable), "PLAN_UNREADABLE"),
    (|p| p.plan = PlanFacts::Refused(Rule::PlanDecreasing), "PLAN_DECREASING"),
    (|p| p.plan = PlanFacts::Refused(Rule::PlanCellEmpty), ""),
    (|p| p.plan = points(PlanBasis::Percent, &[(Some(Micro(2)), None), (Some(Micro(1)), None)]), "PLAN_DECREASING"),
    (|p| p.plan = points(PlanBasis::Amount, &[(None, Some(Fen(2))), (None, Some(Fen(1)))]), "PLAN_DECREASING"),
    (|p| p.plan = points(PlanBasis::Ambiguous, &[(Some(Micro(100_000_000)), None)]), "PLAN_AMBIGUOUS"),
    (|p| p.plan = percents(&[25, 50, 75, 100]), "PLAN_UNIFORM"),
    (|p| p.plan = percents(&[50, 100]), ""),
    (|p| p.plan = percents(&[25, 50, 75, 99]), "PLAN_END_NOT_100"),
    (|p| p.plan = points(PlanBasis::Amount, &[(Some(Micro(100_000_000)), Some(Fen(19_999_999)))]), "PLAN_END_NOT_100"),
    (|p| { p.plan = points(PlanBasis::Amount, &[(None, Some(Fen(19_995_000)))]); p.tolerance = Fen(5_000) }, ""),
    (|p| p.objectives[0].number = None, "OBJECTIVE_UNNUMBERED"),
    (|p| p.objectives[0].number = Some(".1"), "OBJECTIVE_BAD_NUMBER"),
    (|p| p.objectives[1].text = "完成全年培训；", "OBJECTIVE_DUPLICATE"),
    (|p| p.objectives[1].text = "基层医生培训。", "OBJECTIVE_REPEATS_NAME"),
    (|p| p.objectives[1].text = "支付讲课费和教材费", "OBJECTIVE_REPEATS_NAME"),
    (|p| p.objectives.clear(), ""),
    (|p| p.indicators[1].level1 = local("成效"), "LEVEL1_UNKNOWN LEVEL1_ABSENT"),
    (|p| p.indicators[1].level1 = LevelFacts { raw: "", ..local("成效") }, "LEVEL1_ABSENT"),
    (|p| p.indicators[1].level2 = local("民生指标"), "LEVEL2_UNKNOWN"),
    (|p| p.indicators[1].level2 = local(""), "LEVEL2_UNKNOWN"),
    (|p| { p.indicators[1].level1.raw = ""; p.indicators[1].level2 = local("") }, ""),
    (|p| { p.indicators[1].level1 = level("DEPT-4"); p.indicators[1].level2 = local("民生") }, ""),
    (|p| p.indicators[1].level2 = level("R2021-12"), "LEVEL2_NOT_UNDER_LEVEL1"),
    (|p| p.indicators[0].level1 = level("R2015-1"), "LEVEL2_NOT_UNDER_LEVEL1"),
    (|p| { p.indicators.remove(2); }, "LEVEL1_ABSENT"),
    (|p| p.indicators.clear(), "LEVEL1_ABSENT LEVEL1_ABSENT LEVEL1_ABSENT"),
    (|p| { p.indicators[1].level1 = level("INV-1"); p.indicators[1].level2 = level("INV-12") }, ""),
    (|p| p.indicators[0].name = "数量指标。", "LEVEL3_EQUALS_LEVEL2"),
    (|p| p.indicators[0].description = Some("培训医生。"), "DESCRIPTION_REPEATS_LEVEL3"),
    (|p| p.indicators[0].description = None, ""),
    (|p| p.indicators.push(indicator(["R2021-1", "R2021-11"], "培训 医生", "≥1名")), "INDICATOR_DUPLICATE"),
    (|p| p.indicators.push(indicator(["R2021-1", "R2021-12"], "培训医生", "≥1名")), ""),
    (|p| p.indicators[0].target = "", "VALUE_EMPTY"),
    (|p| p.indicators[0].target = "201名", "VALUE_NO_OPERATOR"),
    (|p| p.indicators[1].target = "≥90百分比", "VALUE_UNIT_WORD"),
    (|p| p.indicators[1].target = "≥90合格人数占总人数", "VALUE_UNIT_SENTENCE"),
    (|p| p.indicators[0].target = "培训医生。", "VALUE_REPEATS_NAME"),
    (|p| p.indicators[0].target = "怎样计算", "VALUE_REPEATS_NAME"),
    (|p| p.indicators[0].target = "据实", "VALUE_PLACEHOLDER"),
    (|p| p.indicators[1].target = "≥290%", "VALUE_PERCENT_OVER_100"),
    (|p| p.indicators[0].target = "200-400名", "VALUE_RANGE"),
    (|p| p.indicators[0].target = "不少于201名", "VALUE_OPERATOR_WORDS"),
    (|p| p.indicators[0].target = "≥0.0000001名", "VALUE_NOT_EXACT"),
    (|p| p.indicators[1].target = "≥90名", "NAME_RATE_UNIT_NOT_PERCENT"),
    (|p| p.indicators[1].target = "较高", ""),
    (|p| p.indicators[1].name = "考核合格人数", "NAME_COUNT_UNIT_PERCENT"),
    (|p| p.indicators[0].target = "≥95%", "QUANTITY_HOLDS_RATE"),
    (|p| { p.indicators[0] = indicator(["R2015-1", "R2015-14"], "培训医生", "≤2人") }, "COST_UNIT_NOT_MONEY"),
    (|p| { p.indicators[0] = indicator(["R2015-1", "R2015-14"], "培训医生", "≤2万元/人") }, ""),
    (|p| p.indicators[2].name = "学员评价", "SATISFACTION_NAME"),
    (|p| p.indicators[1].name = "医生满意率", "SATISFACTION_ELSEWHERE"),
    (|p| { p.indicators[1] = indicator(["INV-1", "INV-12"], "医生满意率", "≥90%") }, ""),
    (|p| p.indicators[2].target = "较高", "SATISFACTION_NOT_NUMERIC"),
    (|p| p.indicators[0].basis = None, "BASIS_EMPTY"),
    (|p| p.indicators[0].basis = Some(""), "BASIS_EMPTY"),
    (|p| { p.indicators[0].basis = None; p.asks_for_basis = false }, ""),
    (|p| p.indicators[0].basis = Some("培训医生"), "BASIS_RESTATES"),
    (|p| p.indicators[0].basis = Some("怎样计算。"), "BASIS_RESTATES"),
    (|p| p.indicators[0].basis = Some("≥201名"), "BASIS_RESTATES"),
];

#[test]
fn every_rule_about_content_fires_where_it_holds_and_only_there() {
    let mut fired = BTreeSet::new();
    for (at, (spoil, expected)) in CASES.iter().enumerate() {
        let mut facts = sample();
        spoil(&mut facts);
        let mut found: Vec<Rule> = review(&facts).into_iter().map(|noticed| noticed.rule).collect();
        for section in Section::ALL {
            let of_section = review_sections(&facts, &[section]);
            assert!(of_section.iter().all(|noticed| Section::of(noticed.rule) == Some(section)), "{of_section:?}");
        }
        found.sort_unstable();
        fired.extend(found.iter().copied());
        let mut expected: Vec<Rule> =
            expected.split(' ').filter(|id| !id.is_empty()).map(|id| Rule::from_id(id).expect("a rule")).collect();
        expected.sort_unstable();
        assert_eq!(found, expected, "case {at}");
    }
    let content: BTreeSet<Rule> = Rule::ALL.iter().copied().filter(|rule| rule.basis() == Basis::Content).collect();
    assert_eq!(fired, content);
    let of_sections = Rule::ALL.iter().copied().filter(|rule| Section::of(*rule).is_some());
    assert_eq!(of_sections.collect::<BTreeSet<_>>(), content);
}

#[test]
fn what_is_noticed_says_what_it_is_about() {
    let mut facts = sample();
    facts.budget = Some(Fen(20_010_000));
    facts.objectives[1].number = None;
    facts.indicators[1].target = "≥90名";
    facts.indicators[2].basis = None;
    let found: Vec<(About, String)> =
        review(&facts).into_iter().map(|noticed| (noticed.about, noticed.detail)).collect();
    let expected = [
        (About::Funds, "20.01 ≠ 12 + 8"),
        (About::Objective(1), "提高诊疗水平"),
        (About::Indicator(1, Part::Target), "≥90名"),
        (About::Indicator(2, Part::Basis), ""),
    ];
    assert_eq!(found, expected.map(|(about, detail)| (about, detail.to_owned())));
}
