//! The columns of the tables, in one list: the readers, the templates and the documentation come from it.

use crate::lang::{ByLang, Lang};

/// What the rows of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TableKind {
    /// Budgeted units (预算单位).
    Units,
    /// Projects (预算项目), with plan and objectives in their columns.
    Projects,
    /// Indicators (绩效指标) of projects.
    Indicators,
    /// Points of spending plans (资金支出计划).
    PlanPoints,
}

impl TableKind {
    /// All kinds, in the order in which one needs the other.
    pub const ALL: [Self; 4] = [Self::Units, Self::Projects, Self::Indicators, Self::PlanPoints];

    /// Name of the sheet in a workbook.
    pub const fn sheet(self) -> &'static str {
        match self {
            Self::Units => "单位",
            Self::Projects => "项目",
            Self::Indicators => "指标",
            Self::PlanPoints => "资金支出计划",
        }
    }

    /// Name of one row, as the member `type` of a line of JSONL tells it.
    pub const fn row_type(self) -> &'static str {
        match self {
            Self::Units => "unit",
            Self::Projects => "project",
            Self::Indicators => "indicator",
            Self::PlanPoints => "planPoint",
        }
    }

    /// The kind whose rows have this name.
    pub fn of_row_type(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.row_type() == name)
    }

    /// What the rows are, in words.
    pub const fn title(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Units, Lang::En) => "Units",
            (Self::Projects, Lang::En) => "Projects",
            (Self::Indicators, Lang::En) => "Indicators",
            (Self::PlanPoints, Lang::En) => "Plan points",
            (Self::Units, Lang::Zh) => "预算单位",
            (Self::Projects, Lang::Zh) => "预算项目",
            (Self::Indicators, Lang::Zh) => "绩效指标",
            (Self::PlanPoints, Lang::Zh) => "资金支出计划",
        }
    }

    /// The kind as an argument of a command.
    pub const fn argument(self) -> &'static str {
        match self {
            Self::Units => "units",
            Self::Projects => "projects",
            Self::Indicators => "indicators",
            Self::PlanPoints => "plan-points",
        }
    }

    /// Columns of the table, in the order of the template.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Units => UNITS,
            Self::Projects => PROJECTS,
            Self::Indicators => INDICATORS,
            Self::PlanPoints => PLAN_POINTS,
        }
    }
}

/// What a cell of a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Digits and letters that are no number: they must come as they are.
    Code,
    /// Text of one or more lines.
    Text,
    /// A list with one text a line.
    Lines,
    /// A whole number.
    Integer,
    /// An exact number with at most six decimals.
    Decimal,
    /// The same, in percent; a sign behind it is allowed.
    Percent,
    /// Money; the heading names its unit.
    Money,
}

/// Where the value of a column goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Into this member; a blank cell clears the member of `set` that holds it.
    Member(&'static [&'static str]),
    /// The name of a project: into `key` where the row has no code, else into `field`.
    Name {
        /// Name of a project without a code.
        key: &'static [&'static str],
        /// Name of one with a code; not used where the row is about something else.
        field: Option<&'static [&'static str]>,
    },
    /// Into `set.plan`, as the percent at the end of this month.
    Plan(u8),
}

/// Whether a table needs a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Always.
    Always,
    /// This one or another one that says the same.
    OneOf,
    /// It may be left out.
    Never,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading; that of money without the unit.
    pub heading: &'static str,
    /// Its English heading.
    pub name: &'static str,
    /// Other headings that mean it.
    pub synonyms: &'static [&'static str],
    /// What its cells hold.
    pub form: Form,
    /// Where the value goes.
    pub target: Target,
    /// Whether a table needs it.
    pub need: Need,
    /// Whether a cell merged over several rows holds for each of them.
    pub spreads: bool,
    /// Least and greatest number that the field knows.
    pub range: Option<(i32, i32)>,
    /// What it means.
    pub meaning: ByLang<&'static str>,
    /// Value of the example in the template.
    pub example: &'static str,
}

impl Column {
    const fn new(heading: &'static str, name: &'static str, form: Form, target: Target) -> Self {
        Self {
            heading,
            name,
            synonyms: &[],
            form,
            target,
            need: Need::Never,
            spreads: false,
            range: None,
            meaning: ByLang { zh: "", en: "" },
            example: "",
        }
    }

    const fn means(self, zh: &'static str, en: &'static str) -> Self {
        Self { meaning: ByLang { zh, en }, ..self }
    }

    const fn also(self, synonyms: &'static [&'static str]) -> Self {
        Self { synonyms, ..self }
    }

    const fn needed(self, need: Need) -> Self {
        Self { need, ..self }
    }

    const fn spreading(self) -> Self {
        Self { spreads: true, ..self }
    }

    const fn between(self, least: i32, most: i32) -> Self {
        Self { range: Some((least, most)), ..self }
    }

    const fn example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    /// The heading as a template prints it.
    pub fn printed(&self) -> String {
        match self.form {
            Form::Money => format!("{}(万元)", self.heading),
            Form::Code | Form::Text | Form::Lines | Form::Integer | Form::Decimal | Form::Percent => {
                self.heading.to_owned()
            }
        }
    }
}

const fn division(path: &'static [&'static str]) -> Column {
    Column::new("财政区划", "divisionCode", Form::Code, Target::Member(path))
        .means(
            "财政区划代码，最多9位；只用一个区划时可省略",
            "Code of the fiscal division, up to 9 digits; may be left out where it is clear from the account",
        )
        .also(&["财政区划代码", "区划代码", "财政区划编码"])
        .spreading()
        .example("130304")
}

const fn year(path: &'static [&'static str]) -> Column {
    Column::new("预算年度", "fiscalYear", Form::Integer, Target::Member(path))
        .means("四位年份", "Fiscal year, four digits")
        .also(&["年度", "预算年份"])
        .needed(Need::Always)
        .spreading()
        .between(2000, 2099)
        .example("2026")
}

const fn unit(path: &'static [&'static str]) -> Column {
    Column::new("单位编码", "unitCode", Form::Code, Target::Member(path))
        .means("预算单位编码，一般6位", "Code of the budgeted unit, usually 6 digits")
        .also(&["预算单位编码", "单位代码"])
        .spreading()
        .example("450002")
}

const fn project_code(path: &'static [&'static str]) -> Column {
    Column::new("项目编码", "code", Form::Code, Target::Member(path))
        .means(
            "项目编码；没有编码的项目空着，以名称识别",
            "Project code; blank for a project without one, which is then known by its name",
        )
        .also(&["项目代码", "projectCode"])
        .needed(Need::OneOf)
        .spreading()
        .example("13030426P000000000001")
}

const fn project_name(key: &'static [&'static str], field: Option<&'static [&'static str]>) -> Column {
    Column::new("项目名称", "name", Form::Text, Target::Name { key, field })
        .also(&["projectName"])
        .needed(Need::OneOf)
        .spreading()
        .example("示例项目（请删除本行）")
}

const VERSION: Column = Column::new("版本", "expectedVersion", Form::Integer, Target::Member(&["expectedVersion"]))
    .means(
        "读取时的版本号；填写后，若数据已被他人修改则不写入",
        "Version that was read; where it is given and somebody has changed the row since, nothing is written",
    );

const fn plan(month: u8, heading: &'static str, name: &'static str, synonyms: &'static [&'static str]) -> Column {
    Column::new(heading, name, Form::Percent, Target::Plan(month))
        .also(synonyms)
        .means(
            "截至该月底的累计支出占预算的百分比；各月要么都填，要么都不填",
            "Cumulative spending at the end of the month in percent of the budget; fill all months or none",
        )
        .between(0, 100)
}

const UNITS: &[Column] = &[
    division(&["key", "divisionCode"]),
    unit(&["key", "code"]).also(&["预算单位编码", "单位代码", "code"]).needed(Need::Always),
    Column::new("单位名称", "name", Form::Text, Target::Member(&["set", "name"]))
        .means("单位全称", "Full name of the unit")
        .also(&["预算单位名称", "unitName"])
        .example("示例单位（请删除本行）"),
    Column::new("上级单位编码", "parentCode", Form::Code, Target::Member(&["set", "parentCode"]))
        .means("上级单位的编码", "Code of the unit above")
        .also(&["主管部门编码"])
        .example("450001"),
    VERSION,
];

const PROJECTS: &[Column] = &[
    division(&["key", "divisionCode"]),
    year(&["key", "fiscalYear"]),
    unit(&["key", "unitCode"]),
    project_code(&["key", "code"]),
    project_name(&["key", "name"], Some(&["set", "name"]))
        .means("项目名称；没有项目编码时用于识别项目", "Name of the project; without a code it identifies the project"),
    VERSION,
    Column::new("预算数", "budget", Form::Money, Target::Member(&["set", "budget"]))
        .means("预算总额", "Budget")
        .also(&["预算金额", "预算总额"])
        .example("120.5"),
    Column::new("财政资金", "fiscalFunds", Form::Money, Target::Member(&["set", "fiscalFunds"]))
        .means("其中：财政资金", "Of it, fiscal funds")
        .also(&["其中:财政资金"])
        .example("100.5"),
    Column::new("其他资金", "otherFunds", Form::Money, Target::Member(&["set", "otherFunds"]))
        .means("其中：其他资金", "Of it, other funds")
        .also(&["其中:其他资金"])
        .example("20"),
    Column::new("资金用途", "purpose", Form::Text, Target::Member(&["set", "purpose"]))
        .means("资金用途", "What the money is for")
        .example("用于示例"),
    Column::new("绩效目标", "objectives", Form::Lines, Target::Member(&["set", "objectives"]))
        .means("绩效目标，每行一条（单元格内换行）", "Objectives, one a line inside the cell")
        .example("完成示例工作"),
    plan(3, "3月底支出进度(%)", "percentMarch", &["3月底", "3月底(%)"]).example("25"),
    plan(6, "6月底支出进度(%)", "percentJune", &["6月底", "6月底(%)"]).example("50"),
    plan(10, "10月底支出进度(%)", "percentOctober", &["10月底", "10月底(%)"]).example("80"),
    plan(12, "12月底支出进度(%)", "percentDecember", &["12月底", "12月底(%)"]).example("100"),
];

const INDICATORS: &[Column] = &[
    division(&["key", "project", "divisionCode"]),
    year(&["key", "project", "fiscalYear"]),
    unit(&["key", "project", "unitCode"]),
    project_code(&["key", "project", "code"]),
    project_name(&["key", "project", "name"], None)
        .means("项目名称；有项目编码时仅供参考", "Name of the project; only for the eye where there is a code"),
    Column::new("序号", "ordinal", Form::Integer, Target::Member(&["key", "ordinal"]))
        .means("指标在项目中的序号，从1开始", "Place of the indicator in its project, from 1")
        .needed(Need::Always)
        .example("1"),
    VERSION,
    Column::new("一级指标", "level1", Form::Text, Target::Member(&["set", "level1"]))
        .means("一级指标名称，如产出指标", "First level, e.g. 产出指标")
        .spreading()
        .example("产出指标"),
    Column::new("二级指标", "level2", Form::Text, Target::Member(&["set", "level2"]))
        .means("二级指标名称，如数量指标", "Second level, e.g. 数量指标")
        .spreading()
        .example("数量指标"),
    Column::new("三级指标", "indicatorName", Form::Text, Target::Member(&["set", "name"]))
        .means("三级指标，即指标名称", "Third level: the name of the indicator")
        .also(&["指标名称"])
        .example("示例指标（请删除本行）"),
    Column::new("绩效指标描述", "description", Form::Text, Target::Member(&["set", "description"]))
        .means("指标说明", "Description")
        .also(&["指标描述", "指标解释"])
        .example("示例指标的说明"),
    Column::new("指标值", "target", Form::Text, Target::Member(&["set", "target", "text"]))
        .means("计算符号、数值和计量单位，或定性描述", "Comparison, number and unit of measure, or a description")
        .also(&["绩效指标值", "目标值"])
        .example("≥95%"),
    Column::new("指标值确定依据", "basis", Form::Text, Target::Member(&["set", "basis"]))
        .means("指标值的确定依据", "Basis of the value")
        .also(&["确定依据"])
        .example("年度工作计划"),
    Column::new("权重", "weight", Form::Decimal, Target::Member(&["set", "weight"]))
        .means("权重，以分计", "Weight in points")
        .also(&["分值"])
        .between(0, 100)
        .example("10"),
];

const PLAN_POINTS: &[Column] = &[
    division(&["key", "project", "divisionCode"]),
    year(&["key", "project", "fiscalYear"]),
    unit(&["key", "project", "unitCode"]),
    project_code(&["key", "project", "code"]),
    project_name(&["key", "project", "name"], None)
        .means("项目名称；有项目编码时仅供参考", "Name of the project; only for the eye where there is a code"),
    Column::new("月份", "month", Form::Integer, Target::Member(&["key", "month"]))
        .means("1至12，表示截至该月底", "1 to 12: the end of that month")
        .needed(Need::Always)
        .between(1, 12)
        .example("3"),
    VERSION,
    Column::new("支出进度(%)", "percent", Form::Percent, Target::Member(&["set", "percent"]))
        .means("累计支出占预算的百分比", "Cumulative spending in percent of the budget")
        .between(0, 100)
        .example("25"),
    Column::new("支出金额", "amount", Form::Money, Target::Member(&["set", "amount"]))
        .means("累计支出金额", "Cumulative spending as money")
        .example("30.125"),
];
