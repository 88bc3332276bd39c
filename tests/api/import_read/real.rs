//! The inventory of the four real disclosures (6.1, 6.2) and every count of the catalogue of rules (5.3).

use entity::value::{Comparison, Fen, GoalItemKind, GoalLevel, PlanBasis, TargetKind};
use jixiao::import::Checked;
use jixiao::rules::quality::Rule;

use crate::support::disclosures::ALL;

fn checked() -> Vec<Checked> {
    ALL.iter().map(|disclosure| disclosure.check(&disclosure.bytes())).collect()
}

/// Expected findings: rule, then 000, 001, 003, 004. A rule that is not listed has none.
const FINDINGS: &str = "
    DOC_NO_YEAR                  0  1  0  1
    DOC_NO_UNIT                  1  0  0  0
    PART2_TITLE_VARIANT          1  0  0  0
    PART2_NUMBER_MISSING         0  0  0  1
    UNIT_CODE_FORMAT             0  0  0  1
    PROJECT_CODE_MISSING         5  0  0  8
    PROJECT_CODE_FORMAT          0  0  0  0
    PROJECT_CODE_CHECK           0  0  0  0
    PROJECT_CODE_YEAR            0  5  0  0
    PROJECT_CODE_DUPLICATE       0  0  0  0
    HEADING_NO_SEPARATOR         0  0  0  2
    HEADING_NAME_MISMATCH        0  0  0  2
    BUDGET_MISSING               5  0  0  0
    MONEY_NOT_NUMERIC            0  0  0  0
    MONEY_SPLIT_MISMATCH         0  0  0  0
    OTHER_FUNDS_BLANK            0  5  5  8
    MONEY_DECIMALS_VARY          0  0  0  6
    PURPOSE_MISSING              5  0  0  0
    PURPOSE_REPEATS_NAME         0  0  1  4
    PLAN_MISSING                 5  0  0  0
    PLAN_AS_AMOUNT               0  4  0  0
    PLAN_AMBIGUOUS               0  1  0  0
    PLAN_PERCENT_SUFFIX          0  0  0  8
    PLAN_UNIFORM                 0  2  5  8
    PLAN_DECREASING              0  0  0  0
    PLAN_END_NOT_100             0  0  0  0
    OBJECTIVE_UNNUMBERED         0  0  0  3
    OBJECTIVE_BAD_NUMBER         0  0  0  1
    OBJECTIVE_DUPLICATE          0  0  0  1
    OBJECTIVE_REPEATS_NAME       0  0  1  4
    LEVEL1_SYNONYM               5  0  5  0
    LEVEL1_CONTINUED             0 10  4 48
    LEVEL1_BLANK_FIRST           0  0  0  0
    LEVEL1_UNKNOWN               0  0  0  0
    LEVEL2_UNKNOWN               0  0  0  0
    LEVEL2_NOT_UNDER_LEVEL1      0  0  0  0
    LEVEL1_ABSENT                0  0  0  0
    LEVEL3_EQUALS_LEVEL2         0  1  0  8
    DESCRIPTION_REPEATS_LEVEL3   1 23  0 72
    INDICATOR_DUPLICATE          0  0  0  0
    INDICATORS_COPIED            0  0  0  1
    VALUE_EMPTY                  0  0  0  0
    VALUE_NO_OPERATOR            0  0  0 24
    VALUE_UNIT_WORD              5  9 19 16
    VALUE_UNIT_SENTENCE          1  0  0  0
    VALUE_REPEATS_NAME           0  3  0 40
    VALUE_PLACEHOLDER            0  0  0  8
    VALUE_PERCENT_OVER_100       0  0  0  0
    VALUE_RANGE                  0  0  0  0
    VALUE_OPERATOR_WORDS         0  0  0  0
    NAME_RATE_UNIT_NOT_PERCENT   1  0  0  0
    NAME_COUNT_UNIT_PERCENT      0  0  2  0
    QUANTITY_HOLDS_RATE          1  1  6  0
    COST_UNIT_NOT_MONEY          0  0  1  8
    SATISFACTION_NAME            0  0  1  0
    SATISFACTION_ELSEWHERE       0  0  2  0
    SATISFACTION_NOT_NUMERIC     0  0  0  8
    BASIS_EMPTY                  0  0 13  0
    BASIS_RESTATES               0  1  4 72
    BASIS_QUOTED                 0  0  2  0
    TEXT_BREAK_IN_CELL           0  0  1  0
    TEXT_BOOKMARK                1  1  1  1
";

#[test]
fn every_rule_fires_as_often_as_the_catalogue_says() {
    let documents = checked();
    let expected = |rule: Rule| -> Vec<usize> {
        let line = FINDINGS.lines().find(|line| line.split_whitespace().next() == Some(rule.id()));
        let counts = line.into_iter().flat_map(|line| line.split_whitespace().skip(1));
        let counts: Vec<usize> = counts.map(|count| count.parse().expect("a count")).collect();
        if counts.is_empty() { vec![0; 4] } else { counts }
    };
    let count = |checked: &Checked, rule: Rule| checked.findings.iter().filter(|finding| finding.rule == rule).count();
    let mut wrong = Vec::new();
    for rule in Rule::ALL {
        let found: Vec<usize> = documents.iter().map(|document| count(document, *rule)).collect();
        if found != expected(*rule) {
            wrong.push(format!("{}: expected {:?}, found {found:?}", rule.id(), expected(*rule)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let listed = FINDINGS.lines().filter_map(|line| line.split_whitespace().next());
    assert!(listed.clone().all(|id| Rule::from_id(id).is_some()));
    assert_eq!(listed.count(), 62);
}

#[test]
fn totals_are_those_of_the_inventory() {
    let documents = checked();
    // projects, codes, plans, objectives a project, indicators a project, continued, quantities, texts, without basis, budget
    let expected = [
        "5 0 0 [2, 2, 2, 2, 2] [3, 3, 3, 3, 3] 0 15 0 0 0",
        "5 5 5 [1, 1, 1, 1, 1] [5, 5, 5, 5, 5] 10 10 15 0 160000000",
        "5 5 5 [2, 2, 1, 2, 2] [4, 3, 4, 4, 4] 4 19 0 13 33880000",
        "8 0 8 [1, 1, 3, 1, 3, 1, 1, 1] [9, 9, 9, 9, 9, 9, 9, 9] 48 24 48 0 773170000",
    ];
    for (document, expected) in documents.iter().zip(expected) {
        let projects = &document.projects;
        let indicators: Vec<_> = projects.iter().flat_map(|project| &project.indicators).collect();
        let kind = |kind| indicators.iter().filter(|indicator| indicator.target.kind == kind).count();
        let objectives: Vec<usize> = projects.iter().map(|project| project.objectives.len()).collect();
        let rows: Vec<usize> = projects.iter().map(|project| project.indicators.len()).collect();
        let amounts = projects.iter().filter_map(|project| project.budget.as_ref());
        let found = format!(
            "{} {} {} {objectives:?} {rows:?} {} {} {} {} {}",
            projects.len(),
            projects.iter().filter(|project| project.code.is_some()).count(),
            projects.iter().filter(|project| project.plan.is_some()).count(),
            indicators.iter().filter(|indicator| indicator.level1.raw.is_empty()).count(),
            kind(TargetKind::Quantity),
            kind(TargetKind::Qualitative),
            indicators.iter().filter(|indicator| indicator.basis.is_none()).count(),
            amounts.map(|amount| amount.fen.0).sum::<i64>(),
        );
        assert_eq!(found, expected);
        assert!(document.rejected.is_empty());
    }
    let fiscal = |checked: &Checked| -> i64 {
        checked.projects.iter().filter_map(|project| project.fiscal.as_ref()).map(|amount| amount.fen.0).sum()
    };
    assert_eq!(documents.iter().map(fiscal).sum::<i64>(), 967_050_000);
    assert!(documents.iter().flat_map(|document| &document.projects).all(|project| project.other.is_none()));
}

#[test]
fn part_one_has_its_paragraphs() {
    let expected = [(1, 10, 15), (2, 4, 6), (1, 9, 1), (1, 6, 10)];
    for (document, expected) in checked().iter().zip(expected) {
        let goal = document.goal.as_ref().expect("part 1");
        let count = |kind| goal.items.iter().filter(|item| item.kind == kind).count();
        let found = (goal.overall_paragraphs, count(GoalItemKind::SubGoal), count(GoalItemKind::Measure));
        assert_eq!(found, expected);
        assert_eq!(goal.overall.lines().count(), goal.overall_paragraphs as usize);
    }
}

#[test]
fn documents_know_their_year_units_and_level() {
    let documents = checked();
    let about = |checked: &Checked| {
        let units: Vec<String> =
            checked.units.iter().map(|unit| format!("{}{}{:?}", unit.code, unit.name, unit.aliases)).collect();
        format!("{} {} {} {}", checked.fiscal_year, checked.unit_code, checked.goal_level.code(), units.join(" "))
    };
    let found: Vec<String> = documents.iter().map(about).collect();
    let expected = [
        "2020 481001 SPECIAL_FUND 481001北戴河生命健康产业创新示范区产业研究院[]",
        "2026 472001 PROJECT 472001沧州临港经济技术开发区生物医药招商局本级[]",
        "2020 450002 PROJECT 450002秦皇岛市北戴河区医疗保障局[]",
        "2020 314004 PROJECT 314004汉沽卫计[\"3014004\"]",
    ];
    assert_eq!(found, expected);
    assert_eq!(documents[0].goal_level, GoalLevel::SpecialFund);
    let mistyped = &documents[3].projects[2];
    assert_eq!((mistyped.unit_code.as_str(), mistyped.unit_printed.as_deref()), ("314004", Some("3014004汉沽卫计")));
    assert_eq!(documents[2].title.as_deref(), Some("2020年部门预算绩效信息"));
}

/// Projects of 6.2: code, name, budget in 分, plan as printed, basis and percents in hundredths.
const PROJECTS: [&str; 23] = [
    "- 北戴河生命健康产业创新示范区专家咨询委员会秘书处经费 -",
    "- 创新发展研究工作经费 -",
    "- 示范区重大政策申报争取工作经费 -",
    "- 示范区专家咨询经费 -",
    "- 与省发改委社会处合署办公经费 -",
    "13091626P000175100046 国内招商 20.00=20000000 3.00 10.00 15.00 20.00 AMOUNT 1500 5000 7500 10000",
    "13091626P000177100055 宣传 20.00=20000000 5.00 10.00 15.00 20.00 AMOUNT 2500 5000 7500 10000",
    "13091626P000178100047 展会相关费用 15.00=15000000 1.00 5.00 10.00 15.00 AMOUNT 667 3333 6667 10000",
    "13091626P00017610004U 综合事务管理 5.00=5000000 1.00 2.00 3.00 5.00 AMOUNT 2000 4000 6000 10000",
    "13091626P00018210006K 河北省药品医疗器械检验研究院沧州实验室 100.00=100000000 25.00 50.00 75.00 100.00 AMBIGUOUS 2500 5000 7500 10000",
    "450-0101-JBN-GZ2I 财务外聘人员工作经费 3.50=3500000 25.00 50.00 75.00 100.00 PERCENT 2500 5000 7500 10000",
    "450-0104-JBN-5ZL1 城乡居民医疗保险专项业务费 6.00=6000000 25.00 50.00 75.00 100.00 PERCENT 2500 5000 7500 10000",
    "450-0401-JBN-1S1K 计划生育特殊家庭人员医疗医保救助 10.00=10000000 25.00 50.00 75.00 100.00 PERCENT 2500 5000 7500 10000",
    "450-0301-JBN-ZCIO 劳务派遣人员经费 4.10=4100000 25.00 50.00 75.00 100.00 PERCENT 2500 5000 7500 10000",
    "450-0201-JBN-GGHB 人事代理经费 10.28=10280000 25.00 50.00 75.00 100.00 PERCENT 2500 5000 7500 10000",
    "- 计生生育奖扶 88.8=88800000 25% 50% 75% 100% PERCENT 2500 5000 7500 10000",
    "- 计划生育救助金 22=22000000 25% 50% 75% 100% PERCENT 2500 5000 7500 10000",
    "- 基本公共卫生服务补助资金（区级配套） 104.15=104150000 25% 50% 75% 100% PERCENT 2500 5000 7500 10000",
    "- 特殊家庭住院护理补贴保险 10.9=10900000 25% 50% 75% 100% PERCENT 2500 5000 7500 10000",
    "- “赤脚医生”养老补助 20.8=20800000 25% 50% 75% 100% PERCENT 2500 5000 7500 10000",
    "- 老干部医药费 25=25000000 25% 50% 75% 100% PERCENT 2500 5000 7500 10000",
    "- 城乡居民管区补助 402=402000000 25% 50% 75% 100% PERCENT 2500 5000 7500 10000",
    "- 长护险区级补助 99.52=99520000 25% 50% 75% 100% PERCENT 2500 5000 7500 10000",
];

#[test]
fn projects_are_those_of_the_inventory() {
    let documents = checked();
    let found: Vec<String> = documents
        .iter()
        .flat_map(|document| &document.projects)
        .map(|project| {
            let budget = project.budget.as_ref().map(|amount| format!("{}={}", amount.raw, amount.fen.0));
            let plan = project.plan.as_ref().map(|plan| {
                let raws: Vec<&str> = plan.points.iter().map(|point| point.raw.as_str()).collect();
                let percents = plan.points.iter().map(|point| point.percent.expect("a budget").0 / 10_000);
                let percents: Vec<String> = percents.map(|percent| percent.to_string()).collect();
                let months: Vec<u8> = plan.points.iter().map(|point| point.month).collect();
                assert_eq!(months, [3, 6, 10, 12]);
                format!(" {} {} {}", raws.join(" "), plan.basis.code(), percents.join(" "))
            });
            let code = project.code.as_deref().unwrap_or("-");
            format!("{code} {} {}{}", project.name, budget.as_deref().unwrap_or("-"), plan.unwrap_or_default())
        })
        .collect();
    assert_eq!(found, PROJECTS);
}

#[test]
fn derived_amounts_are_exact() {
    let documents = checked();
    let amount = |document: usize, project: usize, point: usize| {
        documents[document].projects[project].plan.as_ref().expect("a plan").points[point].amount
    };
    assert_eq!(amount(2, 0, 2), Some(Fen(2_625_000)));
    assert_eq!(amount(2, 3, 0), Some(Fen(1_025_000)));
    assert_eq!(amount(1, 2, 0), Some(Fen(1_000_000)));
    let basis = documents[1].projects[4].plan.as_ref().map(|plan| plan.basis);
    assert_eq!(basis, Some(PlanBasis::Ambiguous));
}

/// All 131 targets: document, project, then the printed value with its reading in millionths (`T` for text).
#[test]
fn all_targets_are_read() {
    let mut found = String::new();
    for (number, document) in checked().iter().enumerate() {
        for project in &document.projects {
            for indicator in &project.indicators {
                let target = &indicator.target;
                let reading = match target.kind {
                    TargetKind::Quantity => format!(
                        "{} {}{}",
                        target.comparison.map_or("?", Comparison::code),
                        target.value.expect("a number").0 / 1_000_000,
                        target.unit.as_deref().unwrap_or_default()
                    ),
                    TargetKind::Range => "range".to_owned(),
                    TargetKind::Qualitative => "T".to_owned(),
                };
                found.push_str(&format!(
                    "{number}.{}.{} {} → {reading}\n",
                    project.ordinal, indicator.ordinal, target.raw
                ));
            }
        }
    }
    assert_eq!(found.lines().count(), 131);
    insta::assert_snapshot!(found);
}
