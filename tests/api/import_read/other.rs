//! Documents of other years, provinces and units than the four real ones: other layouts are read, what cannot be read is
//! rejected with its label and place, and what is missing is asked for.

use entity::value::{Fen, GoalLevel, PlanBasis};
use jixiao::import::check::Options;
use jixiao::import::check::Rejected;
use jixiao::import::labels::OtherForm;
use jixiao::import::reject::Reason;
use jixiao::import::{self, CheckError, Checked, Limits};
use jixiao::lang::Lang;

use crate::support::docx::{paragraph, run, with_body};
use crate::support::sample::{self, options};

fn check(text: &str) -> Checked {
    sample::check(text, &options()).expect("a complete document")
}

fn rejected(text: &str) -> Rejected {
    let checked = check(text);
    let [rejected] = checked.rejected.as_slice() else { panic!("{:?}", checked.rejected) };
    rejected.clone()
}

/// Place of the first line with this content, as it is shown.
fn line(text: &str, content: &str) -> String {
    format!("line {}", text.lines().position(|line| line.trim() == content).expect("the line") + 1)
}

#[test]
fn a_table_of_contents_and_a_cover_are_passed_over() {
    let contents = "某区卫生健康局\n二〇二二年部门预算绩效文本\n目录\n第一部分 部门整体绩效目标……1\n一、总体绩效目标\t1\n二、分项绩效目标 1\n三、工作保障措施2\n（一）组织保障……2\n第二部分 预算项目绩效目标 3\n1.基层医生培训绩效目标表\n2.设备更新绩效目标表 4\n";
    let body = sample::disclosure().replace("2022年部门预算绩效文本\n", "");
    let checked = check(&format!("{contents}{body}"));
    assert_eq!(checked.title.as_deref(), Some("二〇二二年部门预算绩效文本"));
    assert_eq!((checked.fiscal_year, checked.projects.len(), checked.findings.len()), (2022, 1, 0));
    let goal = checked.goal.expect("part 1");
    assert_eq!((goal.overall.as_str(), goal.items.len()), ("办好人民满意的基层医疗。", 2));
}

#[test]
fn either_part_may_be_missing() {
    let second = check(&sample::project(1, "设备更新"));
    assert!(second.goal.is_none() && second.projects.len() == 1 && second.goal_level == GoalLevel::Project);
    let mut given = options();
    (given.unit_code, given.unit_name) = (Some("450002".to_owned()), Some("某局".to_owned()));
    let first = sample::check(sample::part_one(), &given).expect("a complete document");
    assert!(first.projects.is_empty() && first.goal.is_some());
    assert_eq!(first.units[0].name, "某局");
}

#[test]
fn a_project_that_cannot_be_read_leaves_the_others() {
    let spoilt = sample::project(2, "设备更新").replace("\t绩效目标\n", "\t绩效总目标\n");
    let text = format!("{}{spoilt}{}", sample::disclosure(), sample::project(3, "疫苗接种"));
    let checked = check(&text);
    let ordinals: Vec<u32> = checked.projects.iter().map(|project| project.ordinal).collect();
    assert_eq!(ordinals, [1, 3]);
    let refused = rejected(&text);
    assert_eq!((refused.ordinal, refused.heading.as_str()), (Some(2), "2.设备更新绩效目标表"));
    assert_eq!((refused.label.as_str(), refused.reason), ("绩效总目标", Reason::UnknownLabel));
    assert_eq!(refused.place.to_string(), line(&text, "绩效总目标"));
    let message = refused.reason.message(Lang::En, &refused.label);
    assert_eq!(message, "a row opens with “绩效总目标”, which is no row of this form");
}

#[test]
fn rows_with_a_cell_too_few_are_named() {
    let base = sample::disclosure();
    let cases = [
        ("\t其他资金\n", "", "预算规模及资金用途", 7),
        ("\t项目名称\n", "", "项目编码", 4),
        ("\t社会效益指标\n", "", "效益指标", 6),
        ("\t行业标准\n", "", "满意度指标", 6),
        ("\t1.完成全年培训\n2.提高诊疗水平\n", "", "绩效目标", 2),
        ("\t100\n", "", "10", 5),
    ];
    for (from, to, label, expected) in cases {
        let text = base.replace(from, to);
        assert_ne!(text, base);
        let refused = rejected(&text);
        let found = (refused.label.as_str(), refused.reason, refused.place.to_string());
        assert_eq!(found.0, label, "{from}: {found:?}");
        assert_eq!(found.1, Reason::CellCount { expected }, "{from}");
        assert_eq!(found.2, line(&text, label), "{from}");
    }
}

#[test]
fn plans_may_have_other_milestones_or_none() {
    let text = sample::disclosure()
        .replace("\t3月底\n\t6月底\n\t10月底\n", "\t6月底\n")
        .replace("\t10\n\t40\n\t70\n", "\t50\n");
    let checked = check(&text);
    let plan = checked.projects[0].plan.as_ref().expect("a plan");
    let points: Vec<(u8, Option<Fen>)> = plan.points.iter().map(|point| (point.month, point.amount)).collect();
    assert_eq!(points, [(6, Some(Fen(10_000_000))), (12, Some(Fen(20_000_000)))]);
    let quarters = sample::disclosure().replace("\t3月底\n", "\t一季度\n");
    assert_eq!(rejected(&quarters).reason, Reason::NoMilestone);
    let twice = sample::disclosure().replace("\t6月底\n", "\t3月底\n");
    assert_eq!(rejected(&twice).reason, Reason::NoMilestone);
}

#[test]
fn tables_in_yuan_and_with_weights_are_read() {
    let text = sample::disclosure()
        .replace("单位：万元", "单位：元")
        .replace("\t10\n\t40\n\t70\n\t100\n", "\t5\n\t10\n\t15\n\t20\n")
        .replace("指标值确定依据\n", "指标值确定依据\n\t分值\n")
        .replace("年度计划\n", "年度计划\n\t40\n")
        .replace("历史标准\n", "历史标准\n\t22.5\n")
        .replace("行业标准\n", "行业标准\n\t10分\n");
    let project = check(&text).projects.remove(0);
    assert_eq!(project.budget.map(|amount| amount.fen), Some(Fen(2_000)));
    let plan = project.plan.expect("a plan");
    assert_eq!((plan.basis, plan.points[0].amount), (PlanBasis::Amount, Some(Fen(500))));
    let weights: Vec<i64> = project.indicators.iter().filter_map(|row| row.weight).map(|weight| weight.0).collect();
    assert_eq!(weights, [40_000_000, 22_500_000, 10_000_000]);
    let unknown = sample::disclosure().replace("单位：万元", "单位：亿元");
    assert_eq!((rejected(&unknown).label.as_str(), rejected(&unknown).reason), ("单位：亿元", Reason::MoneyUnit));
}

#[test]
fn the_regime_of_2021_is_read() {
    let text = sample::disclosure()
        .replace("\t产出指标\n\t数量指标\n", "\t成本指标\n\t经济成本指标\n")
        .replace("≥201名", "≤12万元")
        .replace("\t效益指标\n", "\t产出指标(40分)\n")
        .replace("社会效益", "质量");
    let checked = check(&text);
    let codes: Vec<_> = checked.projects[0].indicators.iter().map(|row| (row.level1.code, row.level2.code)).collect();
    let expected =
        [(Some("R2021-4"), Some("R2021-41")), (Some("R2021-1"), Some("R2021-12")), (Some("R2021-3"), Some("R2021-31"))];
    assert_eq!(codes, expected);
    assert_eq!(checked.projects[0].indicators[1].level1.raw, "产出指标(40分)");
}

#[test]
fn other_forms_are_recognised_and_refused() {
    let whole = "2022年部门预算绩效文本\n部门整体支出绩效目标表\n\t部门（单位）名称\n\t某局\n\t年度主要任务\n\t任务名称\n\t主要内容\n";
    let refused = sample::check(whole, &options()).expect_err("F3");
    assert!(matches!(refused, CheckError::OtherForm { form: OtherForm::WholeDepartment, .. }), "{refused:?}");
    assert!(refused.to_string().contains("line 3"), "{refused}");

    let self_evaluation = sample::disclosure().replace("\t指标值确定依据\n", "\t实际完成值\n\t分值\n\t得分\n");
    assert_eq!(rejected(&self_evaluation).reason, Reason::OtherForm(OtherForm::SelfEvaluation));

    let duties = format!("{}职责活动\n\t职责活动\n\t优\n\t良\n{}", sample::part_one(), sample::project(1, "设备更新"));
    assert_eq!(rejected(&duties).reason, Reason::OtherForm(OtherForm::Duties));
    assert_eq!(check(&duties).projects.len(), 1);

    let headless = sample::disclosure().replace("1.基层医生培训绩效目标表\n", "");
    let given = Options { unit_code: Some("450002".to_owned()), unit_name: Some("某局".to_owned()), ..options() };
    let refused = sample::check(&headless, &given).expect("a complete document").rejected.remove(0);
    assert_eq!((refused.reason, refused.ordinal), (Reason::NoHeading, None));
    assert_eq!(sample::check("会议纪要\n一切顺利。\n", &options()), Err(CheckError::Nothing));
}

#[test]
fn what_is_missing_is_asked_for_by_its_option() {
    let refused = |text: &str, options: &Options| sample::check(text, options).expect_err("a question").to_string();
    let untitled = sample::disclosure().replace("2022年部门预算绩效文本\n", "");
    let nothing = Options { fiscal_year: None, ..options() };
    assert!(refused(&untitled, &nothing).contains("--fiscal-year 2020"));
    let nameless = sample::disclosure().replace("\t450002某区卫生健康局\n\t单位：万元\n", "");
    assert!(refused(&nameless, &options()).contains("--unit 450002 --unit-name"));
    let codeless = sample::disclosure().replace("450002某区", "某区");
    assert!(refused(&codeless, &options()).contains("--unit 450002"));
    let unnamed = sample::disclosure().replace("450002某区卫生健康局", "450002");
    assert!(refused(&unnamed, &options()).contains("--unit-name"));
    let mut wrong = Options { division: "河北".to_owned(), ..options() };
    assert_eq!(sample::check(&untitled, &wrong), Err(CheckError::Division("河北".to_owned())));
    wrong = Options { fiscal_year: Some(20), ..options() };
    assert_eq!(sample::check(&untitled, &wrong), Err(CheckError::Year(20)));
    wrong = Options { unit_code: Some("4".to_owned()), ..options() };
    assert_eq!(sample::check(&untitled, &wrong), Err(CheckError::UnitCode("4".to_owned())));
}

#[test]
fn several_units_keep_their_projects() {
    let other = sample::project(2, "设备更新").replace("450002某区卫生健康局", "450003某区疾控中心");
    let third = sample::project(3, "疫苗接种").replace("450002某区", "某区");
    let checked = check(&format!("{}{other}{third}", sample::disclosure()));
    let units: Vec<&str> = checked.projects.iter().map(|project| project.unit_code.as_str()).collect();
    assert_eq!(units, ["450002", "450003", "450002"]);
    assert_eq!((checked.unit_code.as_str(), checked.units.len()), ("450002", 2));
}

fn word(body: &str) -> Checked {
    let document = import::read(&with_body(body), &Limits::default()).expect("a Word document");
    import::check(&document, &options()).expect("a complete document")
}

fn cell(text: &str) -> String {
    format!("<w:tc><w:p>{}</w:p></w:tc>", run(text))
}

/// The sample's table in Word, a row a list of cells.
fn rows() -> Vec<String> {
    let text = sample::project(1, "设备更新");
    let cells: Vec<String> =
        text.lines().skip(1).filter(|line| line.starts_with('\t')).map(|line| cell(line.trim())).collect();
    let mut rest = cells.as_slice();
    [2, 4, 7, 2, 5, 5, 2, 6, 6, 6, 6]
        .into_iter()
        .map(|count| {
            let (row, after) = rest.split_at(count);
            rest = after;
            row.concat()
        })
        .collect()
}

fn table(rows: &[String]) -> String {
    rows.iter().map(|row| format!("<w:tr>{row}</w:tr>")).collect()
}

#[test]
fn headings_numbered_by_word_and_tables_split_in_two_are_read() {
    let rows = rows();
    let (first, second) = rows.split_at(7);
    let body = format!(
        "{}<w:tbl>{}</w:tbl><w:p/><w:tbl>{}</w:tbl>",
        paragraph("设备更新绩效目标表", 0),
        table(first),
        table(second)
    );
    let checked = word(&body);
    assert_eq!((checked.projects.len(), checked.projects[0].name.as_str()), (1, "设备更新"));
    assert_eq!(checked.projects[0].indicators[2].place.to_string(), "table 2, row 4");
}

#[test]
fn a_row_of_a_word_table_that_lost_a_cell_is_named_by_table_and_row() {
    let mut rows = rows();
    // One cell too few here, one too many there: the count of all cells is right.
    rows[8] = rows[8].replacen(&cell("数量指标"), "", 1);
    rows[9].push_str(&cell("多余"));
    let checked = word(&format!("{}<w:tbl>{}</w:tbl>", paragraph("1.设备更新绩效目标表", 0), table(&rows)));
    let [refused] = checked.rejected.as_slice() else { panic!("{:?}", checked.rejected) };
    assert_eq!((refused.label.as_str(), refused.reason), ("产出指标", Reason::CellCount { expected: 6 }));
    assert_eq!(refused.place.to_string(), "table 1, row 9");
}

#[test]
fn nested_tables_breaks_and_tabs_are_text_of_their_cell() {
    let mut rows = rows();
    rows[6] = format!(
        "{}<w:tc><w:p><w:r><w:t>1.完成</w:t><w:br/><w:t>2.提高</w:t><w:tab/><w:t>水平</w:t></w:r></w:p><w:tbl><w:tr>{}{}</w:tr></w:tbl><w:p/></w:tc>",
        cell("绩效目标"),
        cell("3.普及"),
        cell("4.巩固"),
    );
    let checked = word(&format!("{}<w:tbl>{}</w:tbl>", paragraph("1.设备更新绩效目标表", 0), table(&rows)));
    let texts: Vec<&str> = checked.projects[0].objectives.iter().map(|objective| objective.text.as_str()).collect();
    assert_eq!(texts, ["完成", "提高 水平", "普及", "巩固"]);
}
