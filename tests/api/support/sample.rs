//! A small disclosure without a single finding, to be spoilt by tests.

use std::fmt::Write;

use jixiao::import::check::Options;
use jixiao::import::{self, CheckError, Checked, Limits};
use jixiao::rules::project_code::check_character;

/// Options under which the sample is checked.
pub fn options() -> Options {
    Options { division: "130304".to_owned(), fiscal_year: Some(2022), ..Options::default() }
}

/// A project code of the national form with its check character.
pub fn project_code(year: u32, sequence: u32) -> String {
    let body = format!("130304{year:02}P{sequence:06}10001");
    let check = check_character(&body).expect("twenty known signs");
    format!("{body}{check}")
}

/// The sample: both parts and one project.
pub fn disclosure() -> String {
    format!("{}{}", part_one(), project(1, "基层医生培训"))
}

/// Title, part 1 and the title of part 2.
pub fn part_one() -> &'static str {
    "2022年部门预算绩效文本\n第一部分 部门整体绩效目标\n一、总体绩效目标\n办好人民满意的基层医疗。\n二、分项绩效目标\n1.培训基层医生。\n三、工作保障措施\n1.按月检查进度。\n第二部分 预算项目绩效目标\n"
}

/// One project without findings; each has its own code and its own count of people.
pub fn project(number: u32, name: &str) -> String {
    let code = project_code(22, number);
    let people = 200 + number;
    let rows: [&[&str]; 10] = [
        &["450002某区卫生健康局", "单位：万元"],
        &["项目编码", &code, "项目名称", name],
        &["预算规模及资金用途", "预算数", "20.00", "其中：财政资金", "12.00", "其他资金", "8.00"],
        &["", "支付讲课费和教材费"],
        &["资金支出计划（%）", "3月底", "6月底", "10月底", "12月底"],
        &["", "10", "40", "70", "100"],
        &["绩效目标", "1.完成全年培训\n2.提高诊疗水平"],
        &["一级指标", "二级指标", "三级指标", "绩效指标描述", "指标值", "指标值确定依据"],
        &["产出指标", "数量指标", "培训医生", "全年参加培训的医生", &format!("≥{people}名"), "年度计划"],
        &["效益指标", "社会效益指标", "考核合格率", "合格医生占参训医生的比重", "≥90%", "历史标准"],
    ];
    let satisfaction =
        ["满意度指标", "服务对象满意度指标", "学员满意度", "对培训表示满意的学员比重", "≥95%", "行业标准"];
    let mut text = format!("{number}.{name}绩效目标表\n");
    for cell in rows.iter().copied().chain([satisfaction.as_slice()]).flatten() {
        writeln!(text, "\t{cell}").expect("written to memory");
    }
    text
}

/// Reads and checks a text.
pub fn check(text: &str, options: &Options) -> Result<Checked, CheckError> {
    let document = import::read(text.as_bytes(), &Limits::default()).expect("a text");
    import::check(&document, options)
}
