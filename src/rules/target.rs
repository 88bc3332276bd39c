//! Target values of indicators (2.2): comparison, number and unit; a range; or text. [`parse`] reads the printed text,
//! [`text`] writes the text of a target that is given in parts.

mod parts;

pub use parts::{PartsError, text};

use entity::value::{Comparison, Micro, TargetKind};

use super::decimal::{number_prefix, scaled};
use super::quality::Rule;
use super::text::{plain, without_percent_suffix};

const HUNDRED: Micro = Micro(100_000_000);
const LONGEST_UNIT: usize = 6;
/// Longer words stand before the words that they contain.
const WORDS: [(&str, &str); 15] = [
    ("不低于", "≥"),
    ("不少于", "≥"),
    ("大于等于", "≥"),
    ("大于或等于", "≥"),
    ("不超过", "≤"),
    ("不高于", "≤"),
    ("不大于", "≤"),
    ("小于等于", "≤"),
    ("小于或等于", "≤"),
    ("大于", ">"),
    ("超过", ">"),
    ("高于", ">"),
    ("小于", "<"),
    ("低于", "<"),
    ("少于", "<"),
];
const SIGNS: [(&str, Comparison); 9] = [
    (">=", Comparison::Ge),
    ("<=", Comparison::Le),
    ("≥", Comparison::Ge),
    ("≧", Comparison::Ge),
    ("≤", Comparison::Le),
    ("≦", Comparison::Le),
    (">", Comparison::Gt),
    ("<", Comparison::Lt),
    ("=", Comparison::Eq),
];

/// A printed target, parsed. The raw text is kept by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Form of the target.
    pub kind: TargetKind,
    /// Comparison of a quantity.
    pub comparison: Option<Comparison>,
    /// Number of a quantity.
    pub value: Option<Micro>,
    /// Lower end of a range.
    pub low: Option<Micro>,
    /// Upper end of a range.
    pub high: Option<Micro>,
    /// Unit, with 百分比 written as `%`; `None` when none is printed or the target is text.
    pub unit: Option<String>,
}

/// A target with the rules that fired while it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The target.
    pub target: Target,
    /// Rules in the order of the section.
    pub rules: Vec<Rule>,
}

/// Reads the printed value `raw` of the indicator called `name` (level 3).
pub fn parse(raw: &str, name: &str) -> Reading {
    let text = plain(raw);
    if text.is_empty() {
        return qualitative(vec![Rule::ValueEmpty]);
    }
    let (text, mut rules) = match operator_word(&text) {
        Some(text) => (text, vec![Rule::ValueOperatorWords]),
        None => (text, Vec::new()),
    };
    if is_date(&text) {
        return qualitative(rules);
    }
    if let Some((low, high, unit)) = range(&text) {
        rules.push(Rule::ValueRange);
        return quantity_range(low, high, unit, rules);
    }
    let (comparison, rest) = sign(&text);
    let Some((number, unit)) = number_prefix(rest).filter(|(_, unit)| is_unit(unit)) else {
        return qualitative(rules);
    };
    let Ok(value) = scaled(number, 6).map(Micro) else {
        rules.push(Rule::ValueNotExact);
        return qualitative(rules);
    };
    if comparison.is_none() {
        rules.push(Rule::ValueNoOperator);
    }
    let unit = read_unit(unit, value, &mut rules);
    let is_rate = without_percent_suffix(name).ends_with(['率', '度']);
    if unit.as_deref() == Some("%") && value > HUNDRED && is_rate {
        rules.push(Rule::ValuePercentOver100);
    }
    let target = Target {
        kind: TargetKind::Quantity,
        comparison: Some(comparison.unwrap_or(Comparison::Eq)),
        value: Some(value),
        low: None,
        high: None,
        unit,
    };
    Reading { target, rules }
}

fn qualitative(rules: Vec<Rule>) -> Reading {
    let kind = TargetKind::Qualitative;
    Reading { target: Target { kind, comparison: None, value: None, low: None, high: None, unit: None }, rules }
}

fn quantity_range(low: &str, high: &str, unit: &str, mut rules: Vec<Rule>) -> Reading {
    let (Ok(low), Ok(high)) = (scaled(low, 6).map(Micro), scaled(high, 6).map(Micro)) else {
        rules.push(Rule::ValueNotExact);
        return qualitative(rules);
    };
    if low > high {
        return qualitative(Vec::new());
    }
    let unit = read_unit(unit, high, &mut rules);
    let kind = TargetKind::Range;
    Reading { target: Target { kind, comparison: None, value: None, low: Some(low), high: Some(high), unit }, rules }
}

/// The text with a leading word of comparison written as a sign; `None` without such a word before a digit.
fn operator_word(text: &str) -> Option<String> {
    let before_digit = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_digit());
    WORDS
        .iter()
        .chain(&[("等于", "=")])
        .find_map(|(word, sign)| text.strip_prefix(word).filter(before_digit).map(|rest| format!("{sign}{rest}")))
}

fn sign(text: &str) -> (Option<Comparison>, &str) {
    let found = SIGNS.iter().find_map(|(sign, comparison)| text.strip_prefix(sign).map(|rest| (*comparison, rest)));
    found.map_or((None, text), |(comparison, rest)| (Some(comparison), rest))
}

/// What may follow a number as its unit: not more of the number, and not the second end of a range.
fn is_unit(rest: &str) -> bool {
    let mut signs = rest.chars();
    match signs.next() {
        Some('.' | ',') => false,
        Some(c) if is_dash(c) => !signs.next().is_some_and(|c| c.is_ascii_digit()),
        Some(_) | None => true,
    }
}

fn read_unit(printed: &str, value: Micro, rules: &mut Vec<Rule>) -> Option<String> {
    let is_sentence =
        printed.chars().count() > LONGEST_UNIT || ["的", "占", "比例"].iter().any(|word| printed.contains(word));
    if printed == "百分比" {
        rules.push(Rule::ValueUnitWord);
        Some("%".to_owned())
    } else if is_sentence {
        rules.push(Rule::ValueUnitSentence);
        let says_percent = ["比例", "率", "占"].iter().any(|word| printed.contains(word)) && value <= HUNDRED;
        Some(if says_percent { "%" } else { printed }.to_owned())
    } else {
        Some(printed.to_owned()).filter(|unit| !unit.is_empty())
    }
}

/// `2000-2400人`, `10%-20%`: two numbers, both with the same unit or only the second with one.
fn range(text: &str) -> Option<(&str, &str, &str)> {
    let (low, rest) = number_prefix(text).filter(|(low, _)| !low.starts_with('-'))?;
    let dash = rest.find(is_dash)?;
    let (low_unit, after) = rest.split_at(dash);
    let after = after.trim_start_matches(is_dash);
    let (high, unit) = number_prefix(after)?;
    (is_unit(unit) && (low_unit.is_empty() || low_unit == unit)).then_some((low, high, unit))
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '~' | '—' | '–' | '〜' | '至')
}

/// Dates are text, not numbers: `2021年全年`, `2023.07-2024.01`, `5月31日前`, `12月底之前`.
fn is_date(text: &str) -> bool {
    is_year(text) || is_month(text)
}

fn is_year(text: &str) -> bool {
    let Some((year, rest)) = text.split_at_checked(4) else { return false };
    let in_our_time =
        year.bytes().all(|byte| byte.is_ascii_digit()) && ["19", "20"].iter().any(|c| year.starts_with(c));
    if !in_our_time {
        return false;
    }
    if rest.starts_with('年') {
        return true;
    }
    let Some(rest) = rest.strip_prefix(['.', '-', '/']) else { return false };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (month, rest) = rest.split_at(digits);
    let is_month = digits <= 2 && month.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month));
    is_month && (rest.is_empty() || rest.starts_with(['.', '-', '~', '—', '至', '/']))
}

fn is_month(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (month, rest) = text.split_at(digits);
    let is_month = !month.starts_with('0') && month.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month));
    let Some(rest) = rest.strip_prefix('月').filter(|_| is_month) else { return false };
    rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '底' | '末' | '初' | '前' | '份'))
}

#[cfg(test)]
mod tests {
    use entity::value::{Comparison, TargetKind};

    use super::parse;
    use crate::rules::quality::Rule;

    /// `(printed, name) → sign, value or range in millionths, unit, rules`, as one line to read.
    fn shown(raw: &str, name: &str) -> String {
        let reading = parse(raw, name);
        let target = reading.target;
        let number = match target.kind {
            TargetKind::Quantity => {
                format!("{} {}", target.comparison.map_or("?", Comparison::code), target.value.expect("a number").0)
            }
            TargetKind::Range => format!("{}..{}", target.low.expect("low").0, target.high.expect("high").0),
            TargetKind::Qualitative => "text".to_owned(),
        };
        let unit = target.unit.unwrap_or_default();
        let rules: Vec<&str> = reading.rules.iter().map(|rule| Rule::id(*rule)).collect();
        format!("{number} {unit} {}", rules.join(" ")).trim_end().to_owned()
    }

    #[test]
    fn printed_values_are_read_as_the_section_says() {
        let table = [
            ("≥90百分比", "完成率", "GE 90000000 % VALUE_UNIT_WORD"),
            ("≥20个", "个数", "GE 20000000 个"),
            ("100百分比", "完成率", "EQ 100000000 % VALUE_NO_OPERATOR VALUE_UNIT_WORD"),
            ("1年", "时限", "EQ 1000000 年 VALUE_NO_OPERATOR"),
            ("≥90满意群众数量占总数的比例", "满意度", "GE 90000000 % VALUE_UNIT_SENTENCE"),
            ("＜ ９５ ％", "", "LT 95000000 %"),
            ("＞1,234.5万元/公里", "", "GT 1234500000 万元/公里"),
            (">=3", "", "GE 3000000"),
            ("≦3", "", "LE 3000000"),
            ("不低于 95%", "", "GE 95000000 % VALUE_OPERATOR_WORDS"),
            ("大于或等于5次", "", "GE 5000000 次 VALUE_OPERATOR_WORDS"),
            ("等于5次", "", "EQ 5000000 次 VALUE_OPERATOR_WORDS"),
            ("不低于上年", "", "text"),
            ("2000-2400人", "", "2000000000..2400000000 人 VALUE_RANGE"),
            ("10%～20%", "", "10000000..20000000 % VALUE_RANGE"),
            ("5至3天", "", "text"),
            ("290%", "满意度（%）", "EQ 290000000 % VALUE_NO_OPERATOR VALUE_PERCENT_OVER_100"),
            ("-5℃", "", "EQ -5000000 °C VALUE_NO_OPERATOR"),
            ("0.1234567", "", "text  VALUE_NOT_EXACT"),
            ("≥90-95%", "", "text"),
            ("1.2.3", "", "text"),
            ("实际", "", "text"),
            (" ", "", "text  VALUE_EMPTY"),
        ];
        for (raw, name, expected) in table {
            let expected: Vec<&str> = expected.split_whitespace().collect();
            let found = shown(raw, name);
            assert_eq!(found.split_whitespace().collect::<Vec<_>>(), expected, "{raw}");
        }
    }

    #[test]
    fn dates_are_text_and_numbers_that_look_like_dates_are_not() {
        for date in ["2021年全年", "2023.07-2024.01", "2020-12", "5月31日前", "12月底之前", "10月", "2023/1"]
        {
            assert_eq!(shown(date, ""), "text", "{date}");
        }
        for number in ["2023.5万元", "1年", "10个月", "2000-2400人", "13月报", "2023人"] {
            assert_ne!(shown(number, ""), "text", "{number}");
        }
    }
}
