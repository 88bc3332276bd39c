//! One cell: what a file stores in it, and what it is as the value of a column.

use serde_json::{Value, json};

use super::columns::Form;
use super::fault::{Problem, shown as quoted};
use super::look::Look;
use super::number;
use crate::rules::decimal::{NumberError, scaled};
use crate::rules::money::{MoneyUnit, is_absent, own_unit};
use crate::rules::text::{plain, squeeze, tidy};

/// Decimals of numbers other than money.
const DECIMALS: u32 = 6;

/// What a file stores in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Blank,
    /// Text.
    Text(String),
    /// A number, in the digits of the file.
    Number(String, Look),
    /// TRUE or FALSE.
    Boolean(bool),
    /// An error value such as `#REF!`.
    Error(String),
    /// A formula without its result.
    NoResult,
}

impl Cell {
    /// Whether it shows nothing.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Blank => true,
            Self::Text(text) => squeeze(text).is_empty(),
            Self::Number(..) | Self::Boolean(_) | Self::Error(_) | Self::NoResult => false,
        }
    }

    /// The cell as plain text, as far as it has one: for headings.
    pub fn heading(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(stored, _) => number::shown(stored, 0).unwrap_or_else(|| stored.clone()),
            Self::Boolean(_) | Self::Error(_) | Self::NoResult | Self::Blank => String::new(),
        }
    }

    /// The value for a column of this form; `None` for a blank cell, and for a stroke or 无 where a number or code
    /// belongs. Money is in `unit` unless the cell names another one.
    ///
    /// # Errors
    /// The [`Problem`] with the cell.
    pub fn read(&self, form: Form, unit: MoneyUnit) -> Result<Option<Value>, Problem> {
        let text = match (self, form) {
            (Self::Blank, _) => return Ok(None),
            (Self::Error(found), _) => return Err(Problem::ErrorValue { found: quoted(found) }),
            (Self::NoResult, _) => return Err(Problem::NoResult),
            (Self::Number(_, Look::Date), _) => return Err(Problem::Date),
            (Self::Boolean(value), Form::Text | Form::Lines) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
            (Self::Boolean(_), Form::Code | Form::Integer | Form::Decimal | Form::Percent | Form::Money) => {
                return Err(Problem::Boolean);
            }
            (Self::Number(stored, look), form) => stored_number(stored, *look, form)?,
            (Self::Text(text), _) => text.clone(),
        };
        match form {
            Form::Text => Ok(Some(lines(&text).collect::<Vec<String>>().join("\n"))
                .filter(|text| !text.is_empty())
                .map(Value::from)),
            Form::Lines => {
                let list: Vec<Value> = lines(&text).filter(|line| !line.is_empty()).map(Value::from).collect();
                Ok(Some(list).filter(|list| !list.is_empty()).map(Value::from))
            }
            Form::Code | Form::Integer | Form::Decimal | Form::Percent | Form::Money if is_absent(&text) => Ok(None),
            Form::Code => code(&text),
            Form::Integer => integer(&text).map(Some),
            Form::Decimal => decimal(&unquoted(&text)).map(Some),
            Form::Percent => decimal(unquoted(&text).trim_end_matches('%')).map(Some),
            Form::Money => amount(&unquoted(&text), unit).map(Some),
        }
    }
}

/// A number cell as the text that a person reads in it.
fn stored_number(stored: &str, look: Look, form: Form) -> Result<String, Problem> {
    let not_a_number = || Problem::NotANumber { found: quoted(stored) };
    match (form, look) {
        (Form::Text | Form::Lines, Look::Percent) => {
            number::shown(stored, 2).map(|text| format!("{text}%")).ok_or_else(not_a_number)
        }
        (Form::Percent, Look::Percent) => number::shown(stored, 2).ok_or_else(not_a_number),
        (Form::Code | Form::Integer | Form::Decimal | Form::Money, Look::Percent) => {
            Err(Problem::Percent { found: quoted(stored) })
        }
        (Form::Code, Look::Plain | Look::Date) => {
            number::code(stored).ok_or_else(|| Problem::CodeAsNumber { found: quoted(stored) })
        }
        (Form::Text | Form::Lines | Form::Integer | Form::Decimal | Form::Percent | Form::Money, _) => {
            number::shown(stored, 0).ok_or_else(not_a_number)
        }
    }
}

/// Lines of a text, each without blanks at its ends; blank lines around the text are left out.
fn lines(text: &str) -> impl Iterator<Item = String> {
    text.trim().lines().map(tidy)
}

/// The text in one width of letters, without spaces, and without what makes a spreadsheet take digits for text: an
/// apostrophe before them, or `="…"` around them.
fn unquoted(text: &str) -> String {
    let text = plain(text);
    let inner = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or_else(|| text.trim_start_matches(['\'', '‘', '’'])).to_owned()
}

fn code(text: &str) -> Result<Option<Value>, Problem> {
    let code = unquoted(text);
    if is_number_in_disguise(&code) {
        return Err(Problem::CodeAsNumber { found: quoted(&code) });
    }
    Ok(Some(code).filter(|code| !code.is_empty()).map(Value::from))
}

/// Whether a text is a number as programs print it, `1.30304E+05` or `130304.0`: then a code went through a number.
fn is_number_in_disguise(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str| text.split_once('.').map_or(digits(text), |(whole, rest)| digits(whole) && digits(rest));
    let scientific = |(mantissa, exponent): (&str, &str)| number(mantissa) && digits(exponent);
    text.split_once("E+").or_else(|| text.split_once("e+")).is_some_and(scientific)
        || text.contains('.') && number(text)
}

fn integer(text: &str) -> Result<Value, Problem> {
    let plain = unquoted(text);
    let digits = plain.trim_end_matches(['年', '月']);
    let not_whole = || Problem::NotWhole { found: quoted(&plain) };
    scaled(digits, 0).map(Value::from).map_err(|_| not_whole())
}

fn decimal(text: &str) -> Result<Value, Problem> {
    scaled(text, DECIMALS).map_err(|error| problem(error, text, DECIMALS))?;
    Ok(Value::from(text.replace(',', "")))
}

fn amount(text: &str, unit: MoneyUnit) -> Result<Value, Problem> {
    let (number, unit) = own_unit(text).unwrap_or((text, unit));
    scaled(number, unit.decimals()).map_err(|error| problem(error, text, unit.decimals()))?;
    let member = match unit {
        MoneyUnit::WanYuan => "wanYuan",
        MoneyUnit::Yuan => "yuan",
    };
    Ok(json!({ member: number.replace(',', "") }))
}

fn problem(error: NumberError, text: &str, decimals: u32) -> Problem {
    match error {
        NumberError::NotNumeric => Problem::NotANumber { found: quoted(text) },
        NumberError::NotExact => Problem::NotExact { found: quoted(text), decimals },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::look::Look;
    use super::{Cell, Form, Problem};
    use crate::rules::money::MoneyUnit::{WanYuan, Yuan};

    fn text(text: &str, form: Form) -> Result<Option<serde_json::Value>, Problem> {
        Cell::Text(text.to_owned()).read(form, WanYuan)
    }

    #[test]
    fn numbers_come_in_every_disguise() {
        for (printed, amount) in [
            ("１，０００．５０", json!({ "wanYuan": "1000.50" })),
            ("\u{A0}12.50\u{3000}", json!({ "wanYuan": "12.50" })),
            ("'12.5", json!({ "wanYuan": "12.5" })),
            ("=\"12\"", json!({ "wanYuan": "12" })),
            ("300元", json!({ "yuan": "300" })),
            ("65 万元", json!({ "wanYuan": "65" })),
            ("-0.5", json!({ "wanYuan": "-0.5" })),
        ] {
            assert_eq!(text(printed, Form::Money), Ok(Some(amount)), "{printed}");
        }
        assert_eq!(Cell::Text("1".into()).read(Form::Money, Yuan), Ok(Some(json!({ "yuan": "1" }))));
        assert_eq!(text("25 ％", Form::Percent), Ok(Some(json!("25"))));
        assert_eq!(text("2026年", Form::Integer), Ok(Some(json!(2026))));
        for absent in ["", " \u{3000}", "-", "——", "无", "/"] {
            assert_eq!(text(absent, Form::Money), Ok(None), "{absent:?}");
        }
        assert_eq!(text("无", Form::Text), Ok(Some(json!("无"))), "a text may say 无");
    }

    #[test]
    fn what_is_no_number_is_told_apart_from_what_cannot_be_kept() {
        assert!(matches!(text("约20", Form::Money), Err(Problem::NotANumber { .. })));
        assert!(matches!(text("1,23", Form::Money), Err(Problem::NotANumber { .. })));
        assert!(matches!(text("0.0000001", Form::Money), Err(Problem::NotExact { decimals: 6, .. })));
        assert!(matches!(text("0.005元", Form::Money), Err(Problem::NotExact { decimals: 2, .. })));
        assert!(matches!(text("2026.5", Form::Integer), Err(Problem::NotWhole { .. })));
    }

    #[test]
    fn codes_are_never_repaired() {
        assert_eq!(text(" ４５０００２ ", Form::Code), Ok(Some(json!("450002"))));
        assert_eq!(text("'013", Form::Code), Ok(Some(json!("013"))));
        for lost in ["1.30304E+05", "130304.0", "4.5e+20", "1E+05"] {
            assert!(matches!(text(lost, Form::Code), Err(Problem::CodeAsNumber { .. })), "{lost}");
        }
        assert_eq!(text("13030426P00001", Form::Code), Ok(Some(json!("13030426P00001"))));
    }

    #[test]
    fn a_percentage_is_read_as_it_is_shown() {
        let cell = Cell::Number("0.25".to_owned(), Look::Percent);
        assert_eq!(cell.read(Form::Percent, WanYuan), Ok(Some(json!("25"))));
        assert_eq!(cell.read(Form::Text, WanYuan), Ok(Some(json!("25%"))));
        assert!(matches!(cell.read(Form::Money, WanYuan), Err(Problem::Percent { .. })));
        let plain = Cell::Number("0.25".to_owned(), Look::Plain);
        assert_eq!(plain.read(Form::Percent, WanYuan), Ok(Some(json!("0.25"))));
    }

    #[test]
    fn text_keeps_its_lines_and_loses_its_margins() {
        assert_eq!(text("\n一、甲 \u{3000}\n\n 二、乙\n \n", Form::Text), Ok(Some(json!("一、甲\n\n二、乙"))));
        assert_eq!(text("一、甲\r\n\n二、乙", Form::Lines), Ok(Some(json!(["一、甲", "二、乙"]))));
        assert_eq!(text("'引文", Form::Text), Ok(Some(json!("'引文"))), "an apostrophe of a text belongs to it");
    }
}
