//! The labels of the forms (1.3): those of F2, which is read, and those by which other forms are known and refused.
//!
//! Labels are compared without white space.

use std::fmt;

use crate::rules::text::plain;

/// A label that opens a row of F2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// 项目编码.
    Code,
    /// 预算规模及资金用途.
    Budget,
    /// 资金支出计划.
    Plan,
    /// 绩效目标.
    Objectives,
    /// 一级指标, the first column of the indicators.
    Indicators,
}

/// A column of the indicators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// 一级指标.
    Level1,
    /// 二级指标.
    Level2,
    /// 三级指标.
    Level3,
    /// 绩效指标描述.
    Description,
    /// 指标值.
    Value,
    /// 指标值确定依据.
    Basis,
    /// 分值 or 权重.
    Weight,
}

/// A form that is recognised and refused, so that it is not misread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherForm {
    /// F1, 项目支出绩效目标申报表.
    Declaration,
    /// F3, 部门（单位）整体支出绩效目标表.
    WholeDepartment,
    /// 职责—活动 table with 优良中差, Hebei before 2020.
    Duties,
    /// F4, 绩效目标执行监控表.
    Monitoring,
    /// F5, 绩效自评表.
    SelfEvaluation,
}

/// The label that opens a row, if it is one of F2.
pub fn label(text: &str) -> Option<Label> {
    match text {
        "项目编码" => Some(Label::Code),
        "预算规模及资金用途" => Some(Label::Budget),
        "绩效目标" => Some(Label::Objectives),
        "一级指标" => Some(Label::Indicators),
        text if text.starts_with("资金支出计划") => Some(Label::Plan),
        _ => None,
    }
}

/// The column with this heading.
pub fn column(text: &str) -> Option<Column> {
    match text {
        "一级指标" => Some(Column::Level1),
        "二级指标" => Some(Column::Level2),
        "三级指标" => Some(Column::Level3),
        "绩效指标描述" | "指标描述" | "指标解释" => Some(Column::Description),
        "指标值" | "绩效指标值" | "目标值" => Some(Column::Value),
        "指标值确定依据" | "确定依据" => Some(Column::Basis),
        "分值" | "权重" => Some(Column::Weight),
        _ => None,
    }
}

/// The month of a milestone, as in `3月底`.
pub fn milestone(text: &str) -> Option<u8> {
    let text = plain(text);
    let month = text.strip_suffix("月底").or_else(|| text.strip_suffix("月末"))?;
    month.parse().ok().filter(|month| (1..=12).contains(month))
}

/// Whether a cell names the unit of money, as in `单位：万元`.
pub fn is_money_unit(text: &str) -> bool {
    let text = plain(text);
    text.starts_with("单位:") || text.starts_with("金额单位:")
}

/// The other form to which a label belongs, if it belongs to one.
pub fn other_form(text: &str) -> Option<OtherForm> {
    match plain(text).as_str() {
        "项目属性" | "项目期" | "中期目标" | "中期绩效目标" | "项目负责人" => {
            Some(OtherForm::Declaration)
        }
        "部门(单位)名称" | "年度主要任务" | "任务名称" => Some(OtherForm::WholeDepartment),
        "职责活动" | "职责-活动" | "职责—活动" | "部门职责" | "工作活动" | "评价标准" => {
            Some(OtherForm::Duties)
        }
        "年初预算数" | "偏差原因分析" | "完成目标可能性" | "全年预计完成情况" | "全年预计执行数" => {
            Some(OtherForm::Monitoring)
        }
        "实际完成值" | "全年实际完成值" | "实际完成情况" | "得分" | "偏差原因分析及改进措施" | "全年执行数" => {
            Some(OtherForm::SelfEvaluation)
        }
        _ => None,
    }
}

impl OtherForm {
    /// Name of the form as it is printed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Declaration => "项目支出绩效目标申报表",
            Self::WholeDepartment => "部门（单位）整体支出绩效目标表",
            Self::Duties => "职责活动绩效指标表",
            Self::Monitoring => "项目支出绩效目标执行监控表",
            Self::SelfEvaluation => "项目支出绩效自评表",
        }
    }
}

impl fmt::Display for OtherForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{OtherForm, column, is_money_unit, label, milestone, other_form};

    #[test]
    fn milestones_are_months() {
        assert_eq!(milestone("10月底"), Some(10));
        assert_eq!(milestone("１２月末"), Some(12));
        assert_eq!(milestone("13月底"), None);
        assert_eq!(milestone("一季度"), None);
    }

    #[test]
    fn labels_of_other_forms_are_not_labels_of_this_one() {
        for text in ["年度主要任务", "部门（单位）名称", "年初预算数", "实际完成值", "项目属性", "部门职责"]
        {
            assert!(other_form(text).is_some() && label(text).is_none() && column(text).is_none(), "{text}");
        }
        assert_eq!(other_form("部门(单位)名称"), Some(OtherForm::WholeDepartment));
        assert!(is_money_unit("单位：万元") && !is_money_unit("单位名称"));
    }
}
