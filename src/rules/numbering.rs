//! Numbers printed before the paragraphs of a list: `1.`, `2、`, `（三）`, `①`, `四、`, and the malformed `.1`.

/// A paragraph split into its number and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// The number as printed, with its separator.
    pub number: Option<String>,
    /// The text after it.
    pub text: String,
}

/// Splits a paragraph. A decimal (`1.5万人`) is no number of a list, a year after the number is (`1.2020年…`).
pub fn split(paragraph: &str) -> Numbered {
    let length = match well_formed(paragraph) {
        0 => swapped(paragraph),
        length => length,
    };
    let (number, text) = paragraph.split_at(length);
    Numbered {
        number: Some(number.trim().to_owned()).filter(|number| !number.is_empty()),
        text: text.trim().to_owned(),
    }
}

/// Whether a number that was split off has its separator before the digits instead of after them, as in `.1`.
pub fn is_malformed(number: &str) -> bool {
    !number.is_empty() && well_formed(number) == 0 && swapped(number) == number.len()
}

/// Bytes of a number with its separator at the start of the text, 0 without one.
fn well_formed(text: &str) -> usize {
    if let Some(rest) = text.strip_prefix(|c| matches!(c, '①'..='⑳')) {
        return text.len() - rest.len();
    }
    let inner = text.strip_prefix(['（', '(']);
    let start = inner.unwrap_or(text);
    let is_numeral = |c: char| "一二三四五六七八九十".contains(c);
    let digits = start.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = if digits.len() < start.len() { digits } else { start.trim_start_matches(is_numeral) };
    if rest.len() == start.len() || start.len() - rest.len() > "十十十".len() {
        return 0;
    }
    let after = match inner {
        Some(_) => rest.strip_prefix(['）', ')']),
        None if digits.len() < start.len() => rest.strip_prefix(['.', '．', '、', '）', ')']),
        None => rest.strip_prefix('、'),
    };
    match after {
        Some(after) if !is_decimal(rest, after) => text.len() - after.len(),
        Some(_) | None => 0,
    }
}

/// Whether what follows `.` makes the whole a decimal and not a number of a list.
fn is_decimal(separator: &str, after: &str) -> bool {
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let year = digits == 4 && after.get(digits..).is_some_and(|rest| rest.starts_with('年'));
    separator.starts_with('.') && digits > 0 && !year
}

fn swapped(text: &str) -> usize {
    let Some(rest) = text.strip_prefix(['.', '．', '、']) else { return 0 };
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    if after.len() == rest.len() { 0 } else { text.len() - after.len() }
}

#[cfg(test)]
mod tests {
    use super::{is_malformed, split};

    #[test]
    fn numbers_of_lists_are_split_off() {
        let table = [
            ("1.引进企业", "1.", "引进企业", false),
            ("2、 保障工作", "2、", "保障工作", false),
            ("（一）组织保障", "（一）", "组织保障", false),
            ("（2）绩效指标", "（2）", "绩效指标", false),
            ("三、措施", "三、", "措施", false),
            ("①完成", "①", "完成", false),
            ("1.2020年完成", "1.", "2020年完成", false),
            (".1对目标人群", ".1", "对目标人群", true),
            ("用于医药费", "", "用于医药费", false),
            ("1.5万人参保", "", "1.5万人参保", false),
            ("2020年完成", "", "2020年完成", false),
            ("一是充分评估", "", "一是充分评估", false),
            ("100%覆盖", "", "100%覆盖", false),
            ("。结尾", "", "。结尾", false),
        ];
        for (paragraph, number, text, malformed) in table {
            let split = split(paragraph);
            assert_eq!(is_malformed(number), malformed, "{paragraph}");
            assert_eq!(split.number.unwrap_or_default(), number, "{paragraph}");
            assert_eq!(split.text, text, "{paragraph}");
        }
    }
}
