//! Why a file gives no rows at all. Each refusal says what was met, where, and what to do, in both languages.

use std::fmt;
use std::io;

use super::columns::TableKind;
use super::header::HeaderFaults;
use crate::import::error::ReadError;
use crate::lang::Lang;

/// A table that is refused as a whole.
#[derive(Debug)]
pub enum FileError {
    /// Nothing in the file.
    Empty,
    /// Another format, known by its first bytes or its parts.
    OtherFormat(OtherFormat),
    /// Text in no encoding that is read.
    NotText,
    /// A workbook that is damaged, hostile or beyond the limits of its package.
    Workbook(ReadError),
    /// A part of a workbook that is well-formed, but makes no sense as what it is.
    Unsound {
        /// Name of the part, or of the sheet.
        part: String,
    },
    /// More than a limit allows.
    TooMany {
        /// What there is too much of.
        what: Excess,
        /// The limit.
        limit: u64,
    },
    /// No sheet with rows.
    NoSheet {
        /// Whose sheet was looked for; none when any would do.
        kind: Option<TableKind>,
    },
    /// A table without headings.
    NoHeadings {
        /// The sheet; none for a text file.
        sheet: Option<String>,
    },
    /// Headings that cannot be taken, all of them.
    Headings(Box<HeaderFaults>),
    /// Headings that fit no kind of table.
    KindUnknown,
    /// A position that is not one of this file.
    Position,
    /// The file cannot be read; for the log.
    Unreadable(io::Error),
}

/// A format that is known and not read as a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherFormat {
    /// An old workbook (.xls), or one with a password.
    OldOrEncrypted,
    /// A workbook with macros (.xlsm).
    Macros,
    /// A binary workbook (.xlsb).
    Binary,
    /// Another package than a workbook, e.g. a Word document.
    NotAWorkbook,
    /// A workbook where text was expected.
    Package,
    /// A PDF.
    Pdf,
    /// Text in UTF-16, as "Unicode text" of Excel.
    Utf16,
}

/// What there can be too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// Bytes of the file.
    Bytes,
    /// Columns of a table.
    Columns,
    /// Merged ranges.
    Merges,
    /// Texts of a workbook.
    Texts,
    /// Bytes of all of them.
    TextBytes,
}

impl FileError {
    /// The reason in words.
    pub fn message(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.english(),
            Lang::Zh => self.chinese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::Empty => "The file is empty.".to_owned(),
            Self::OtherFormat(other) => other.english().to_owned(),
            Self::NotText => "The file is not text in UTF-8 or GB18030. Save it as UTF-8.".to_owned(),
            Self::Workbook(error) => match error {
                ReadError::TooLarge { what, limit } => {
                    format!("The workbook has {what}; at most {limit} are read. Divide it, or send CSV or JSONL.")
                }
                ReadError::Bomb { part, ratio } => {
                    format!("The part {part} of the workbook unpacks to more than {ratio} times its size. Save it again with Excel.")
                }
                ReadError::TooSlow => "The workbook could not be read in the time allowed. Divide it.".to_owned(),
                ReadError::Package(fault) => {
                    format!("The file is not a sound workbook: {fault}. Save it again with Excel as .xlsx.")
                }
                ReadError::Xml { part, fault, .. } => {
                    format!("The part {part} of the workbook is not sound: {fault}. Save it again with Excel as .xlsx.")
                }
                ReadError::Empty | ReadError::OtherFormat(_) | ReadError::NotText { .. } | ReadError::TooMany { .. } => {
                    "The file is not a workbook. Save it with Excel as .xlsx.".to_owned()
                }
            },
            Self::Unsound { part } => format!("\"{part}\" of the workbook is not sound. Save it again with Excel as .xlsx."),
            Self::TooMany { what, limit } => {
                let what = match what {
                    Excess::Bytes => "bytes",
                    Excess::Columns => "columns",
                    Excess::Merges => "merged ranges",
                    Excess::Texts => "texts",
                    Excess::TextBytes => "bytes of text",
                };
                format!("The file has more than {limit} {what}. Divide it, or remove what does not belong to it.")
            }
            Self::NoSheet { kind: None } => {
                format!("No sheet of the workbook has rows and one of the names {}. Name the sheet, or give the kind of the rows.", sheets())
            }
            Self::NoSheet { kind: Some(kind) } => format!("The workbook has no sheet {} with rows.", kind.sheet()),
            Self::NoHeadings { sheet: None } => "The first line must hold the headings of the columns.".to_owned(),
            Self::NoHeadings { sheet: Some(sheet) } => {
                format!("The sheet {sheet} has no row with the headings of the columns.")
            }
            Self::Headings(faults) => faults.message(Lang::En),
            Self::KindUnknown => {
                "The headings fit no kind of table. Give the kind of the rows, or take a template: jixiao import --template csv.".to_owned()
            }
            Self::Position => "The file is not the one in which the reading was interrupted.".to_owned(),
            Self::Unreadable(_) => "The file cannot be read.".to_owned(),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::Empty => "文件是空的。".to_owned(),
            Self::OtherFormat(other) => other.chinese().to_owned(),
            Self::NotText => "文件不是UTF-8或GB18030编码的文本，请另存为UTF-8。".to_owned(),
            Self::Workbook(error) => match error {
                ReadError::TooLarge { .. } => "工作簿过大，请拆分，或改用CSV、JSONL。".to_owned(),
                ReadError::Bomb { part, ratio } => {
                    format!("工作簿中的{part}解压后超过原大小的{ratio}倍，请用Excel重新保存。")
                }
                ReadError::TooSlow => "未能在规定时间内读完工作簿，请拆分。".to_owned(),
                ReadError::Xml { part, .. } => format!("工作簿中的{part}已损坏，请用Excel重新保存为.xlsx。"),
                ReadError::Package(_)
                | ReadError::Empty
                | ReadError::OtherFormat(_)
                | ReadError::NotText { .. }
                | ReadError::TooMany { .. } => "文件不是完好的工作簿，请用Excel重新保存为.xlsx。".to_owned(),
            },
            Self::Unsound { part } => format!("工作簿中的“{part}”已损坏，请用Excel重新保存为.xlsx。"),
            Self::TooMany { what, limit } => {
                let what = match what {
                    Excess::Bytes => "字节",
                    Excess::Columns => "列",
                    Excess::Merges => "个合并区域",
                    Excess::Texts => "个文本",
                    Excess::TextBytes => "字节文本",
                };
                format!("文件超过{limit}{what}，请拆分，或删除无关内容。")
            }
            Self::NoSheet { kind: None } => {
                format!("工作簿中没有名为{}且有数据的工作表，请更改工作表名称，或指定行的种类。", sheets())
            }
            Self::NoSheet { kind: Some(kind) } => format!("工作簿中没有带数据的工作表“{}”。", kind.sheet()),
            Self::NoHeadings { sheet: None } => "第一行必须是表头。".to_owned(),
            Self::NoHeadings { sheet: Some(sheet) } => format!("工作表“{sheet}”没有表头行。"),
            Self::Headings(faults) => faults.message(Lang::Zh),
            Self::KindUnknown => {
                "表头不符合任何一种表格，请指定行的种类，或使用模板：jixiao import --template csv。".to_owned()
            }
            Self::Position => "该文件不是中断时正在读取的文件。".to_owned(),
            Self::Unreadable(_) => "无法读取文件。".to_owned(),
        }
    }
}

impl OtherFormat {
    fn english(self) -> &'static str {
        match self {
            Self::OldOrEncrypted => {
                "The file is an old workbook (.xls) or protected by a password. Remove the password and save it as .xlsx."
            }
            Self::Macros => "The workbook may run macros (.xlsm), which is refused. Save it as .xlsx.",
            Self::Binary => "The file is a binary workbook (.xlsb). Save it as .xlsx.",
            Self::NotAWorkbook => "The file is not a workbook. Save it with Excel as .xlsx.",
            Self::Package => {
                "The file is a workbook or another package, not text. Import it as XLSX, or save it as CSV."
            }
            Self::Pdf => "The file is a PDF, which is not read as a table.",
            Self::Utf16 => "The file is text in UTF-16. Save it as CSV UTF-8.",
        }
    }

    fn chinese(self) -> &'static str {
        match self {
            Self::OldOrEncrypted => "文件是旧版工作簿（.xls）或有密码保护，请取消密码并另存为.xlsx。",
            Self::Macros => "工作簿可能含有宏（.xlsm），不予读取，请另存为.xlsx。",
            Self::Binary => "文件是二进制工作簿（.xlsb），请另存为.xlsx。",
            Self::NotAWorkbook => "文件不是工作簿，请用Excel另存为.xlsx。",
            Self::Package => "文件是工作簿或其他压缩包，不是文本，请按XLSX导入，或另存为CSV。",
            Self::Pdf => "文件是PDF，不能作为表格读取。",
            Self::Utf16 => "文件是UTF-16编码的文本，请另存为CSV UTF-8。",
        }
    }
}

fn sheets() -> String {
    TableKind::ALL.map(TableKind::sheet).join("、")
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable(error) => Some(error),
            Self::Workbook(error) => Some(error),
            Self::Empty
            | Self::OtherFormat(_)
            | Self::NotText
            | Self::Unsound { .. }
            | Self::TooMany { .. }
            | Self::NoSheet { .. }
            | Self::NoHeadings { .. }
            | Self::Headings(_)
            | Self::KindUnknown
            | Self::Position => None,
        }
    }
}

impl From<ReadError> for FileError {
    fn from(error: ReadError) -> Self {
        Self::Workbook(error)
    }
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}
