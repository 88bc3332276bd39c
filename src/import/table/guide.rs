//! The columns in words: for the sheet 说明 of the templates and for `docs/bulk-columns.md`.

use std::fmt::Write as _;

use super::columns::{Column, Form, Need, TableKind};
use crate::lang::Lang;

/// Headings of the description of a column, in the order of [`described`].
pub const HEADINGS: [&str; 7] = ["列", "English", "必填", "内容", "示例", "含义", "Meaning"];

/// A column in words.
pub fn described(column: &Column) -> [String; 7] {
    let need = match column.need {
        Need::Always => "是",
        Need::OneOf => "至少一列",
        Need::Never => "",
    };
    let english = match column.form {
        Form::Money => format!("{0}(wanYuan)", column.name),
        Form::Code | Form::Text | Form::Lines | Form::Integer | Form::Decimal | Form::Percent => column.name.to_owned(),
    };
    [
        column.printed(),
        english,
        need.to_owned(),
        form(column),
        column.example.to_owned(),
        column.meaning.zh.to_owned(),
        column.meaning.en.to_owned(),
    ]
}

/// What the cells hold.
fn form(column: &Column) -> String {
    let form = match column.form {
        Form::Code => "编码（文本格式）",
        Form::Text => "文本",
        Form::Lines => "文本，每行一条",
        Form::Integer => "整数",
        Form::Decimal => "数字，最多6位小数",
        Form::Percent => "百分数，最多6位小数",
        Form::Money => "金额，精确到分；表头也可为(元)",
    };
    let range = column.range.map(|(least, most)| format!("，{least}至{most}"));
    form.to_owned() + &range.unwrap_or_default()
}

/// What holds for every table, as the sheet 说明 prints it.
pub const NOTES: &[(&str, &str)] = &[
    (
        "列的顺序不限；未列出的列、重复的列会被拒绝，“校验结果”列会被忽略。",
        "Columns may stand in any order; unknown and repeated ones are refused, 校验结果 is passed over.",
    ),
    (
        "金额列的表头必须注明单位：(万元)或(元)；单元格自带单位的（如65万元、300元）以单元格为准。",
        "The heading of money names its unit, (万元) or (元); a unit inside the cell (65万元, 300元) goes before it.",
    ),
    (
        "编码列请设为文本格式；被转成数字且可能丢失位数的编码会被拒绝，不会被修补。",
        "Format columns of codes as text; a code that became a number and may have lost digits is refused, never repaired.",
    ),
    (
        "数字可含全角数字、千分位逗号和空格；数字列中的“无”“-”“/”视为空白。公式取保存时的结果。",
        "Numbers may have full-width digits, thousands commas and blanks; 无, - and / count as blank there. Of formulas the saved result is taken.",
    ),
    (
        "标识列和一级、二级指标可纵向合并，其值适用于合并的每一行；其他合并单元格会被拒绝。",
        "Cells of the key and of the first two levels may be merged downwards and hold for each row; other merged cells are refused.",
    ),
    (
        "没有的列保留原值；空白单元格按导入选项blankCells处理：KEEP保留原值，CLEAR清除。",
        "A column that is left out keeps what is stored; a blank cell keeps it with blankCells KEEP and clears it with CLEAR.",
    ),
    (
        "隐藏的行、列和工作表照常读取；整行空白会被跳过。",
        "Hidden rows, columns and sheets are read; blank rows are passed over.",
    ),
    (
        "表头上方可有标题行（只有一个单元格有内容的行）。",
        "Above the headings there may be titles: rows with one cell that holds something.",
    ),
];

/// The whole documentation of the columns, in Markdown.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Columns of bulk tables\n\n\
         <!-- Printed by `jixiao import --template guide`; a test compares. -->\n\n\
         CSV and XLSX tables have a row of headings, Chinese or English. Templates with these columns: \
         `jixiao import --template xlsx --kind projects -o projects.xlsx`.\n\n## For every table\n\n",
    );
    for (zh, en) in NOTES {
        line(&mut text, &format!("- {en}\\\n  {zh}"));
    }
    for kind in TableKind::ALL {
        line(&mut text, &format!("\n## {} ({}, sheet {})\n", kind.title(Lang::En), kind.argument(), kind.sheet()));
        line(&mut text, &format!("| {} |", HEADINGS.join(" | ")));
        line(&mut text, &format!("|{}", " --- |".repeat(HEADINGS.len())));
        for column in kind.columns() {
            line(&mut text, &format!("| {} |", described(column).join(" | ")));
        }
        for column in kind.columns().iter().filter(|column| !column.synonyms.is_empty()) {
            let (heading, synonyms) = (column.heading, column.synonyms.join("、"));
            line(&mut text, &format!("\n{heading} may also be headed {synonyms}."));
        }
    }
    text
}

fn line(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}
