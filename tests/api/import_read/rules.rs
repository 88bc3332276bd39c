//! Every rule of the catalogue fires where its predicate holds, alone or with the rules that hold with it.

use std::collections::BTreeSet;

use jixiao::rules::quality::Rule;

use crate::support::sample;

/// Changes to the sample (from, to), and the rules that then fire, with their counts when more than once.
#[rustfmt::skip]
pub(super) const CASES: &[(&[(&str, &str)], &str)] = &[
    (&[], ""),
    (&[("2022年部门预算绩效文本\n", "")], "DOC_NO_YEAR PROJECT_CODE_YEAR"),
    (&[("2022年部门", "2021年部门")], "DOC_YEAR_DIFFERS"),
    (&[("450002某区卫生健康局\n\t单位：万元\n\t", "")], "DOC_NO_UNIT"),
    (&[("第二部分 预算项目", "第二部分 专项资金")], "PART2_TITLE_VARIANT"),
    (&[("第二部分 预算项目", "预算项目")], "PART2_NUMBER_MISSING"),
    (&[("450002某区", "4500021某区")], "UNIT_CODE_FORMAT"),
    (&[("CODE", "")], "PROJECT_CODE_MISSING"),
    (&[("CODE", "第一号")], "PROJECT_CODE_FORMAT"),
    (&[("CODE", "13030422P000001100010")], "PROJECT_CODE_CHECK"),
    (&[("CODE", "51000024R000000019951")], "PROJECT_CODE_YEAR"),
    (&[("SECOND", "SAME")], "PROJECT_CODE_DUPLICATE"),
    (&[("1.基层医生培训绩效", "1基层医生培训绩效")], "HEADING_NO_SEPARATOR"),
    (&[("1.基层医生培训绩效", "1.基层医师培训绩效")], "HEADING_NAME_MISMATCH"),
    (&[("BUDGET\n\t\n\t支付讲课费和教材费\n\t", "")], "BUDGET_MISSING PURPOSE_MISSING"),
    (&[("\t20.00\n", "\t\n")], "BUDGET_MISSING"),
    (&[("\t20.00\n", "\t约二十\n")], "MONEY_NOT_NUMERIC"),
    (&[("\t20.00\n", "\t20.01\n")], "MONEY_SPLIT_MISMATCH"),
    (&[("\t12.00\n", "\t20.00\n"), ("\t8.00\n", "\t \n")], "OTHER_FUNDS_BLANK"),
    (&[("\t20.00\n", "\t20\n")], "MONEY_DECIMALS_VARY"),
    (&[("支付讲课费和教材费", "")], "PURPOSE_MISSING"),
    (&[("支付讲课费和教材费", "基层医生培训。")], "PURPOSE_REPEATS_NAME"),
    (&[("PLAN\n\t", "")], "PLAN_MISSING"),
    (&[("\t40\n", "\t\n")], "PLAN_CELL_EMPTY"),
    (&[("\t40\n", "\t四十\n")], "PLAN_NOT_NUMERIC"),
    (&[("\t40\n", "\t80\n")], "PLAN_DECREASING"),
    (&[("\t100\n", "\t120\n")], "PLAN_UNREADABLE"),
    (&[("\t40\n\t70\n\t100\n", "\t11\n\t12\n\t20\n")], "PLAN_AS_AMOUNT"),
    (&[("\t10\n\t40\n\t70\n\t100\n", "\t0.1\n\t0.4\n\t0.7\n\t1\n")], "PLAN_AS_FRACTION"),
    (&[("\t20.00\n", "\t100.00\n"), ("\t12.00\n", "\t92.00\n")], "PLAN_AMBIGUOUS"),
    (&[("\t40\n", "\t40%\n")], "PLAN_PERCENT_SUFFIX"),
    (&[("\t10\n\t40\n\t70\n", "\t25\n\t50\n\t75\n")], "PLAN_UNIFORM"),
    (&[("\t100\n", "\t95\n")], "PLAN_END_NOT_100"),
    (&[("1.完成全年培训", "完成全年培训")], "OBJECTIVE_UNNUMBERED"),
    (&[("1.完成全年培训", ".1完成全年培训")], "OBJECTIVE_BAD_NUMBER"),
    (&[("2.提高诊疗水平", "2.完成全年培训；")], "OBJECTIVE_DUPLICATE"),
    (&[("2.提高诊疗水平", "2.支付讲课费和教材费。")], "OBJECTIVE_REPEATS_NAME"),
    (&[("效益指标\n\t社会", "效果指标\n\t社会")], "LEVEL1_SYNONYM"),
    (&[("\t效益指标\n\t社会效益指标", "\t\n\t质量指标")], "LEVEL1_CONTINUED LEVEL1_ABSENT"),
    (&[("\t产出指标\n", "\t\n")], "LEVEL1_BLANK_FIRST LEVEL1_ABSENT"),
    (&[("\t效益指标\n", "\t成效\n")], "LEVEL1_UNKNOWN LEVEL1_ABSENT"),
    (&[("\t社会效益指标\n", "\t民生指标\n")], "LEVEL2_UNKNOWN"),
    (&[("\t社会效益指标\n", "\t质量指标\n")], "LEVEL2_NOT_UNDER_LEVEL1"),
    (&[("\t产出指标\n\t数量", "\t效益指标\n\t经济效益")], "LEVEL1_ABSENT"),
    (&[("培训医生\n", "数量指标\n")], "LEVEL3_EQUALS_LEVEL2"),
    (&[("全年参加培训的医生", "培训医生。")], "DESCRIPTION_REPEATS_LEVEL3"),
    (&[("效益指标\n\t社会效益指标\n\t考核合格率", "产出指标\n\t数量指标\n\t培训医生")], "INDICATOR_DUPLICATE LEVEL1_ABSENT QUANTITY_HOLDS_RATE"),
    (&[("≥202名", "≥201名")], "INDICATORS_COPIED"),
    (&[("≥201名", "")], "VALUE_EMPTY"),
    (&[("≥201名", "201名")], "VALUE_NO_OPERATOR"),
    (&[("≥90%", "≥90百分比")], "VALUE_UNIT_WORD"),
    (&[("≥90%", "≥90合格人数占总人数")], "VALUE_UNIT_SENTENCE"),
    (&[("≥201名", "全年参加培训的医生。")], "VALUE_REPEATS_NAME"),
    (&[("≥201名", "据实")], "VALUE_PLACEHOLDER"),
    (&[("≥90%", "≥290%")], "VALUE_PERCENT_OVER_100"),
    (&[("≥201名", "200-400名")], "VALUE_RANGE"),
    (&[("≥201名", "不少于201名")], "VALUE_OPERATOR_WORDS"),
    (&[("≥201名", "≥0.0000001名")], "VALUE_NOT_EXACT"),
    (&[("≥90%", "≥90名")], "NAME_RATE_UNIT_NOT_PERCENT"),
    (&[("考核合格率\n", "考核合格人数\n")], "NAME_COUNT_UNIT_PERCENT"),
    (&[("≥201名", "≥95%")], "QUANTITY_HOLDS_RATE"),
    (&[("数量指标", "成本指标")], "COST_UNIT_NOT_MONEY"),
    (&[("学员满意度\n", "学员评价\n")], "SATISFACTION_NAME"),
    (&[("考核合格率\n", "医生满意率\n")], "SATISFACTION_ELSEWHERE"),
    (&[("≥95%", "较高")], "SATISFACTION_NOT_NUMERIC"),
    (&[("年度计划", " ")], "BASIS_EMPTY"),
    (&[("年度计划", "培训医生")], "BASIS_RESTATES"),
    (&[("年度计划", "\"年度计划\n\"")], "BASIS_QUOTED"),
    (&[("指标值确定依据\n", "指标值确定依据\n\t权重\n"), ("年度计划\n", "年度计划\n\t一半\n"), ("历史标准\n", "历史标准\n\t22.5\n"), ("行业标准\n", "行业标准\n\t10分\n")], "WEIGHT_NOT_NUMERIC"),
    (&[("考核合格率\n", "考核合\n格率\n")], "TEXT_BREAK_IN_CELL"),
    (&[("\t20.00\n", "\t[bookmark: _GoBack]20.00\n")], "TEXT_BOOKMARK"),
];

/// The sample with these changes. Words in capitals stand for what the sample computes.
pub(super) fn spoilt(changes: &[(&str, &str)]) -> String {
    let needs_second = changes.iter().any(|(from, _)| *from == "SECOND" || *from == "≥202名");
    let mut text = sample::disclosure();
    if needs_second {
        text.push_str(&sample::project(2, "设备更新"));
    }
    let budget = "预算规模及资金用途\n\t预算数\n\t20.00\n\t其中：财政资金\n\t12.00\n\t其他资金\n\t8.00";
    let plan = "资金支出计划（%）\n\t3月底\n\t6月底\n\t10月底\n\t12月底\n\t\n\t10\n\t40\n\t70\n\t100";
    let (first, second) = (sample::project_code(22, 1), sample::project_code(22, 2));
    let words = |text: &str| match text {
        "SECOND" => second.clone(),
        "SAME" => first.clone(),
        other => other.replace("CODE", &first).replace("BUDGET", budget).replace("PLAN", plan),
    };
    for (from, to) in changes {
        let from = words(from);
        assert!(text.contains(&from), "the sample has no {from:?}");
        text = text.replace(&from, &words(to));
    }
    text
}

#[test]
fn every_rule_fires_alone_or_with_its_company() {
    let mut fired = BTreeSet::new();
    let options = jixiao::import::check::Options {
        unit_code: Some("450002".to_owned()),
        unit_name: Some("某区卫生健康局".to_owned()),
        ..sample::options()
    };
    let mut wrong = Vec::new();
    for (changes, expected) in CASES {
        let checked = sample::check(&spoilt(changes), &options).expect("a complete document");
        let found: Vec<&str> = checked.findings.iter().map(|finding| finding.rule.id()).collect();
        let (mut sorted, mut wanted) = (found.clone(), expected.split_whitespace().collect::<Vec<_>>());
        sorted.sort_unstable();
        wanted.sort_unstable();
        if sorted != wanted {
            wrong.push(format!("{changes:?}: expected {expected}, found {}", found.join(" ")));
        }
        fired.extend(found.into_iter().map(str::to_owned));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let never: Vec<&str> = Rule::ALL.iter().map(|rule| rule.id()).filter(|id| !fired.contains(*id)).collect();
    assert!(never.is_empty(), "rules that never fired: {never:?}");
}

#[test]
fn findings_know_their_project_indicator_place_and_printed_text() {
    let text = sample::disclosure().replace("≥90%", "≥90名");
    let checked = sample::check(&text, &sample::options()).expect("a complete document");
    let [finding] = checked.findings.as_slice() else { panic!("{:?}", checked.findings) };
    let line = text.lines().position(|line| line == "\t≥90名").expect("the value") + 1;
    assert_eq!((finding.project, finding.indicator, finding.detail.as_str()), (Some(1), Some(2), "≥90名"));
    assert_eq!(finding.place.map(|place| place.to_string()), Some(format!("line {line}")));
}

#[test]
fn a_rejected_plan_or_row_leaves_the_project_and_a_rejected_project_the_others() {
    let plan = sample::check(&spoilt(&[("\t40\n", "\t80\n")]), &sample::options()).expect("complete");
    assert_eq!(plan.projects.len(), 1);
    assert_eq!(plan.projects[0].plan, None);
    let row = sample::check(&spoilt(&[("\t产出指标\n", "\t\n")]), &sample::options()).expect("complete");
    let ordinals: Vec<u32> = row.projects[0].indicators.iter().map(|indicator| indicator.ordinal).collect();
    assert_eq!(ordinals, [2, 3]);
    let project = sample::check(&spoilt(&[("SECOND", "SAME")]), &sample::options()).expect("complete");
    let taken: Vec<u32> = project.projects.iter().map(|project| project.ordinal).collect();
    assert_eq!(taken, [1]);
    assert_eq!((project.rejected.len(), project.rejected[0].ordinal), (1, Some(2)));
    assert_eq!(project.rejected[0].label, sample::project_code(22, 1));
}
