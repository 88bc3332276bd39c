//! Made-up projects: the same number and revision always give the same project.

use serde_json::{Value, json};

use crate::dice::Dice;
use crate::world::{DIVISION, UNIT};

/// The fiscal year of all of them.
pub const FISCAL_YEAR: i32 = 2026;
/// The months of a plan.
const MONTHS: [i32; 4] = [3, 6, 10, 12];
/// Codes of the first and the second level, name, description, comparison, unit.
const KINDS: [(&str, &str, &str, &str, &str, &str); 8] = [
    ("R2015-1", "R2015-11", "完成数量", "反映年度内实际完成的工作数量与计划数量的对应情况，按台账逐项统计", "GE", "项"),
    (
        "R2015-1",
        "R2015-12",
        "验收合格率",
        "反映各项工作成果经检查验收后达到规定质量标准的比例，由验收单位出具结论",
        "GE",
        "%",
    ),
    (
        "R2015-1",
        "R2015-13",
        "按期完成率",
        "反映各项工作在规定时限内完成的比例，以工作安排中的时间节点作为比较对象",
        "GE",
        "%",
    ),
    (
        "R2015-1",
        "R2015-14",
        "单位成本",
        "反映完成每一单位工作所需要的资金数额，以结算资料和支付凭证为计算依据",
        "LE",
        "元",
    ),
    (
        "R2015-2",
        "R2015-21",
        "节约金额",
        "反映通过集中采购和流程调整带来的费用节约数额，与上一年度同口径数据相比较",
        "GE",
        "元",
    ),
    (
        "R2015-2",
        "R2015-22",
        "覆盖人数",
        "反映项目实施后受益的常住居民和服务对象人数，由业务科室按登记信息汇总统计",
        "GE",
        "人",
    ),
    (
        "R2015-2",
        "R2015-24",
        "持续服务年限",
        "反映项目形成的设施和制度能够持续发挥作用的时间，以设计年限和管护协议为准",
        "GE",
        "年",
    ),
    (
        "R2015-3",
        "R2015-31",
        "群众满意度",
        "反映服务对象对项目实施过程和实施效果的满意程度，通过现场问卷和电话回访取得",
        "GE",
        "%",
    ),
];
const PLACES: [&str; 8] = ["东片区", "西片区", "南片区", "北片区", "老城区", "沿河片区", "高铁片区", "园区"];
const THINGS: [&str; 8] =
    ["道路养护", "管网维修", "校舍加固", "设备更新", "人员培训", "信息系统运维", "绿化补植", "宣传服务"];
const GROUNDS: [&str; 4] = [
    "依据年度工作要点和部门职责，参考前两年完成情况确定",
    "依据单位内部管理制度和合同约定条款，结合实际需要确定",
    "依据上级下达的任务清单以及本年度预算安排综合测算确定",
    "依据行业管理规范中的一般要求，并征求业务科室意见后确定",
];

/// A project with its plan and its indicators.
#[derive(Clone, Debug)]
pub struct Project {
    /// What it is told by.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What the money is for.
    pub purpose: String,
    /// Its budget in yuan, all of it fiscal funds.
    pub budget: i64,
    /// Months and cumulative percents.
    pub points: Vec<(i32, i64)>,
    /// Its indicators in order.
    pub indicators: Vec<Indicator>,
}

/// An indicator.
#[derive(Clone, Debug)]
pub struct Indicator {
    /// Code of the first level.
    pub level1: &'static str,
    /// Code of the second level.
    pub level2: &'static str,
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// Why the target is as it is.
    pub basis: String,
    /// `GE` or `LE`.
    pub comparison: &'static str,
    /// The number to reach.
    pub value: i64,
    /// Unit of measure.
    pub unit: &'static str,
    /// Weight in percent.
    pub weight: i64,
}

/// The code of a project; codes sort as the numbers do.
pub fn code(number: u64) -> String {
    format!("K{number:015}")
}

impl Project {
    /// The project of a number as its revision, from 1, makes it: another revision differs in every row.
    pub fn new(number: u64, revision: u32, indicators: usize) -> Self {
        let mut dice = Dice::new(number);
        let (place, thing) = (dice.pick(&PLACES), dice.pick(&THINGS));
        let revision = i64::from(revision);
        let budget = i64::try_from(dice.between(10, 900)).unwrap_or(10) * 10_000 + revision * 100;
        let step = revision % 20;
        let indicators = KINDS.iter().zip(1..).take(indicators).map(|(kind, ordinal)| {
            let (level1, level2, name, description, comparison, unit) = *kind;
            let value = if unit == "%" { 60 + revision % 40 } else { 10 * ordinal + revision };
            Indicator {
                level1,
                level2,
                name: format!("{thing}{name}"),
                description: format!("{description}。范围为{place}。"),
                basis: format!("{}，第{revision}次核定", dice.pick(&GROUNDS)),
                comparison,
                value,
                unit,
                weight: 10,
            }
        });
        Self {
            code: code(number),
            name: format!("{place}{thing}项目{number}"),
            purpose: format!("用于{place}{thing}，包括材料、人工、检测和管护费用，第{revision}版"),
            budget,
            indicators: indicators.collect(),
            points: MONTHS.into_iter().zip([20 + step, 45 + step, 70 + step, 100]).collect(),
        }
        .with_changing_end(revision)
    }

    /// The last point changes with the revision too.
    fn with_changing_end(mut self, revision: i64) -> Self {
        if let Some((_, percent)) = self.points.last_mut() {
            *percent = 100 - revision % 5;
        }
        self
    }

    /// The row of `projectsUpsert`.
    pub fn row(&self) -> Value {
        let points = self.points.iter().map(|(month, percent)| json!({"month": month, "percent": percent.to_string()}));
        let indicators = self.indicators.iter().map(|indicator| {
            json!({
                "level1": indicator.level1,
                "level2": indicator.level2,
                "name": indicator.name,
                "description": indicator.description,
                "basis": indicator.basis,
                "weight": indicator.weight.to_string(),
                "target": {"quantity": {
                    "comparison": indicator.comparison,
                    "value": indicator.value.to_string(),
                    "unit": indicator.unit,
                }},
            })
        });
        json!({
            "key": {"divisionCode": DIVISION, "fiscalYear": FISCAL_YEAR, "unitCode": UNIT, "code": self.code},
            "set": {
                "name": self.name,
                "purpose": self.purpose,
                "budget": {"yuan": self.budget.to_string()},
                "fiscalFunds": {"yuan": self.budget.to_string()},
                "otherFunds": {"yuan": "0"},
                "plan": points.collect::<Vec<_>>(),
                "indicators": indicators.collect::<Vec<_>>(),
            },
        })
    }
}

/// The request that upserts projects, all or none, as bytes.
pub fn request(projects: &[Project]) -> Vec<u8> {
    let query = "mutation($input: ProjectsUpsertInput!) { projectsUpsert(input: $input) { \
                 committed summary { created updated unchanged } \
                 results { outcome } userErrors { code path message } } }";
    let rows: Vec<Value> = projects.iter().map(Project::row).collect();
    json!({"query": query, "variables": {"input": {"atomicity": "ALL", "rows": rows}}}).to_string().into_bytes()
}

/// The request that upserts one project by the mutation for one, as bytes.
pub fn single_request(project: &Project) -> Vec<u8> {
    let query = "mutation($input: ProjectUpsertInput!) { projectUpsert(input: $input) { \
                 outcome userErrors { code path message } } }";
    json!({"query": query, "variables": {"input": project.row()}}).to_string().into_bytes()
}
