//! What is wrong with a row: each fault says where and what to do, in both languages.

use super::columns::TableKind;
use super::place::Place;
use crate::lang::Lang;

/// A printed text in a message is cut to this length.
const SHOWN_LENGTH: usize = 80;

/// Something in a row that could not be taken as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The row or the cell.
    pub place: Place,
    /// What is wrong.
    pub problem: Problem,
}

impl Fault {
    /// Place and problem in one sentence.
    pub fn message(&self, lang: Lang) -> String {
        match lang {
            Lang::En => format!("{}: {}", self.place.text(lang), self.problem.message(lang)),
            Lang::Zh => format!("{}：{}", self.place.text(lang), self.problem.message(lang)),
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Bytes that are no text in the encoding of the file.
    NotText {
        /// Name of the encoding.
        encoding: &'static str,
    },
    /// A line or record longer than [`super::Limits::record`].
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// A line that is no JSON.
    NotJson {
        /// Where in the line, in bytes from 1.
        byte: usize,
    },
    /// A line that is JSON, but no object.
    NotAnObject,
    /// Objects and lists nested too deep.
    TooDeep {
        /// Most levels.
        limit: usize,
    },
    /// A member that an object has twice.
    DuplicateMember {
        /// Its name, with the names of those around it.
        path: String,
    },
    /// A member `type` that is not known.
    UnknownType {
        /// What stands there.
        found: String,
    },
    /// A line of another kind than the file.
    OtherType {
        /// The kind of the file.
        expected: TableKind,
    },
    /// No member `type` where the file as a whole has no kind.
    NoType,
    /// A record that has not one cell for each heading.
    CellCount {
        /// Headings.
        expected: usize,
        /// Cells.
        found: usize,
    },
    /// A cell with a value under no heading.
    NoHeading,
    /// Something else than a number.
    NotANumber {
        /// What stands there.
        found: String,
    },
    /// A number with more decimals or digits than are kept.
    NotExact {
        /// What stands there.
        found: String,
        /// Most decimals.
        decimals: u32,
    },
    /// Something else than a whole number.
    NotWhole {
        /// What stands there.
        found: String,
    },
    /// A code that a spreadsheet turned into a number, so that its digits are uncertain.
    CodeAsNumber {
        /// What stands there.
        found: String,
    },
    /// A number shown as percent where it is none.
    Percent {
        /// The number behind it.
        found: String,
    },
    /// A date where text or a number belongs.
    Date,
    /// TRUE or FALSE where a number or code belongs.
    Boolean,
    /// An error value such as `#REF!`.
    ErrorValue {
        /// The value.
        found: String,
    },
    /// A formula whose result is not in the file.
    NoResult,
    /// A merged cell in a column where its value would belong to one row only.
    Merged {
        /// The range.
        range: String,
    },
    /// A plan of which only some months are filled.
    PlanPartlyBlank,
}

impl Problem {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotText { .. } => "ROW_NOT_TEXT",
            Self::TooLong { .. } => "ROW_TOO_LONG",
            Self::NotJson { .. } => "ROW_NOT_JSON",
            Self::NotAnObject => "ROW_NOT_AN_OBJECT",
            Self::TooDeep { .. } => "ROW_TOO_DEEP",
            Self::DuplicateMember { .. } => "ROW_DUPLICATE_MEMBER",
            Self::UnknownType { .. } => "ROW_UNKNOWN_TYPE",
            Self::OtherType { .. } => "ROW_OTHER_TYPE",
            Self::NoType => "ROW_NO_TYPE",
            Self::CellCount { .. } => "ROW_CELL_COUNT",
            Self::NoHeading => "CELL_NO_HEADING",
            Self::NotANumber { .. } => "CELL_NOT_A_NUMBER",
            Self::NotExact { .. } => "CELL_NOT_EXACT",
            Self::NotWhole { .. } => "CELL_NOT_WHOLE",
            Self::CodeAsNumber { .. } => "CELL_CODE_AS_NUMBER",
            Self::Percent { .. } => "CELL_PERCENT",
            Self::Date => "CELL_DATE",
            Self::Boolean => "CELL_BOOLEAN",
            Self::ErrorValue { .. } => "CELL_ERROR_VALUE",
            Self::NoResult => "CELL_NO_RESULT",
            Self::Merged { .. } => "CELL_MERGED",
            Self::PlanPartlyBlank => "CELL_PLAN_PARTLY_BLANK",
        }
    }

    /// What is wrong and what to do, without the place.
    pub fn message(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.english(),
            Lang::Zh => self.chinese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::NotText { encoding } => format!("The bytes are no text in {encoding}. Save the file as UTF-8."),
            Self::TooLong { limit } => {
                format!("Longer than {limit} bytes. Divide the row, or close a quotation mark that was left open.")
            }
            Self::NotJson { byte } => format!("Not valid JSON at byte {byte} of the line."),
            Self::NotAnObject => "A line must be one JSON object.".to_owned(),
            Self::TooDeep { limit } => format!("Nested deeper than {limit} levels."),
            Self::DuplicateMember { path } => format!("The member {path} stands twice. Keep one of them."),
            Self::UnknownType { found } => {
                format!("The type {found} is not known. It is one of {}.", row_types())
            }
            Self::OtherType { expected } => {
                format!("The rows of this import are of the type {}, and this one is not.", expected.row_type())
            }
            Self::NoType => {
                format!(
                    "Nothing says what the row is. Give the kind of the rows, or a member \"type\": {}.",
                    row_types()
                )
            }
            Self::CellCount { expected, found } => {
                format!(
                    "The row has {found} cells, the table has {expected} headings. Check separators and quotation marks."
                )
            }
            Self::NoHeading => "The cell stands under no heading. Give its column one, or clear it.".to_owned(),
            Self::NotANumber { found } => format!("\"{found}\" is not a number."),
            Self::NotExact { found, decimals } => format!(
                "{found} cannot be kept exactly: at most {decimals} decimals and 18 digits. Round it to what is meant."
            ),
            Self::NotWhole { found } => format!("\"{found}\" is not a whole number."),
            Self::CodeAsNumber { found } => format!(
                "The code stands as the number {found}, in which digits may be lost. Format the column as text and enter the code again."
            ),
            Self::Percent { found } => {
                format!("The cell shows the number {found} as percent. Format it as a plain number or as text.")
            }
            Self::Date => "The cell holds a date. Format it as text and enter what is meant.".to_owned(),
            Self::Boolean => "The cell holds TRUE or FALSE.".to_owned(),
            Self::ErrorValue { found } => format!("The cell holds the error {found}. Correct its formula."),
            Self::NoResult => {
                "The formula has no result in the file. Open and save it with Excel or WPS, or enter the value."
                    .to_owned()
            }
            Self::Merged { range } => {
                format!(
                    "The cell belongs to the merged range {range}, where it is not clear for which row it holds. Unmerge it."
                )
            }
            Self::PlanPartlyBlank => "Only some months of the plan are filled. Fill all of them or none.".to_owned(),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::NotText { encoding } => format!("内容不是{encoding}编码的文本，请将文件另存为UTF-8。"),
            Self::TooLong { limit } => format!("超过{limit}字节，请拆分本行，或检查引号是否缺少另一半。"),
            Self::NotJson { byte } => format!("第{byte}字节处不是有效的JSON。"),
            Self::NotAnObject => "每行必须是一个JSON对象。".to_owned(),
            Self::TooDeep { limit } => format!("嵌套超过{limit}层。"),
            Self::DuplicateMember { path } => format!("成员{path}重复，请只保留一个。"),
            Self::UnknownType { found } => format!("类型“{found}”未知，应为{}之一。", row_types()),
            Self::OtherType { expected } => format!("本次导入的行类型为{}，本行不是。", expected.row_type()),
            Self::NoType => format!("无法判断本行是什么，请指定行的种类，或填写成员\"type\"：{}。", row_types()),
            Self::CellCount { expected, found } => {
                format!("本行有{found}个单元格，表头有{expected}列，请检查分隔符和引号。")
            }
            Self::NoHeading => "该单元格所在列没有表头，请补表头或清空。".to_owned(),
            Self::NotANumber { found } => format!("“{found}”不是数字。"),
            Self::NotExact { found, decimals } => {
                format!("{found}无法精确保存：最多{decimals}位小数、18位数字，请改为确切的数值。")
            }
            Self::NotWhole { found } => format!("“{found}”不是整数。"),
            Self::CodeAsNumber { found } => {
                format!("编码被保存为数字{found}，可能已丢失位数，请将该列设为文本格式后重新填写。")
            }
            Self::Percent { found } => format!("该单元格以百分比显示数值{found}，请改为普通数字或文本格式。"),
            Self::Date => "该单元格是日期，请设为文本格式后重新填写。".to_owned(),
            Self::Boolean => "该单元格是逻辑值TRUE或FALSE。".to_owned(),
            Self::ErrorValue { found } => format!("该单元格是错误值{found}，请更正公式。"),
            Self::NoResult => "公式在文件中没有计算结果，请用Excel或WPS打开后保存，或直接填写数值。".to_owned(),
            Self::Merged { range } => format!("该单元格属于合并区域{range}，无法确定属于哪一行，请取消合并。"),
            Self::PlanPartlyBlank => "支出计划只填写了部分月份，请全部填写或全部留空。".to_owned(),
        }
    }
}

/// A text from the file as it stands in a message: short, on one line.
pub fn shown(text: &str) -> String {
    let mut chars = text.chars().filter(|c| !c.is_control());
    let mut shown: String = chars.by_ref().take(SHOWN_LENGTH).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}

fn row_types() -> String {
    TableKind::ALL.map(TableKind::row_type).join(", ")
}
