//! The lines that structure a disclosure (6.3): title, parts, sections of part 1, and headings of project tables.
//!
//! Each function looks at one line alone; what stands around it is the matter of [`super::outline`].

use crate::rules::text::{plain, squeeze};

const SECTION_LENGTH: usize = 20;
const TITLE_LENGTH: usize = 60;
/// No mark is longer than this many bytes; longer lines are not even looked at.
const LONGEST: usize = 600;

/// A heading of a project table: `<number><separator><name>绩效目标表`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// The heading as printed.
    pub text: String,
    /// Whether a number is printed.
    pub numbered: bool,
    /// Whether `.` or `、` (or a bracket) follows the number.
    pub separated: bool,
    /// Name between the number and 绩效目标表.
    pub name: String,
}

/// A section of part 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// 总体绩效目标.
    Overall,
    /// 分项绩效目标.
    SubGoals,
    /// 工作保障措施.
    Measures,
}

/// The line that opens part 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartTwo {
    /// Whether 第二部分 is printed.
    pub numbered: bool,
    /// The title, unless it stands on the next line.
    pub title: Option<String>,
}

/// Reads a line as a heading, numbered or not.
pub fn heading(text: &str) -> Option<Heading> {
    let body = short(text)?.trim().strip_suffix("绩效目标表")?.trim_end();
    let (number, rest) = number(body);
    let name = rest.text.trim();
    (!name.is_empty()).then(|| Heading {
        text: text.trim().to_owned(),
        numbered: !number.is_empty(),
        separated: rest.separated,
        name: name.to_owned(),
    })
}

/// Whether a line opens part 1.
pub fn is_part_one(text: &str) -> bool {
    short(text).is_some_and(|text| squeeze(text).starts_with("第一部分") && text.chars().count() < 2 * SECTION_LENGTH)
}

/// Reads a line as the opening of part 2.
pub fn part_two(text: &str) -> Option<PartTwo> {
    let line = squeeze(short(text)?);
    let line = without_page_number(&line);
    if line.chars().count() >= 2 * SECTION_LENGTH {
        return None;
    }
    match line.strip_prefix("第二部分") {
        Some(title) => {
            let title = title.trim_start_matches(['、', '：', ':', '.', '．']);
            Some(PartTwo { numbered: true, title: Some(title.to_owned()).filter(|title| !title.is_empty()) })
        }
        None if matches!(line, "预算项目绩效目标" | "专项资金绩效目标") => {
            Some(PartTwo { numbered: false, title: Some(line.to_owned()) })
        }
        None => None,
    }
}

/// Reads a line as the heading of a section of part 1, with any numbering.
pub fn section(text: &str) -> Option<Section> {
    let line = squeeze(short(text)?);
    if line.chars().count() >= SECTION_LENGTH {
        return None;
    }
    [("总体绩效目标", Section::Overall), ("分项绩效目标", Section::SubGoals), ("工作保障措施", Section::Measures)]
        .into_iter()
        .find_map(|(words, section)| line.contains(words).then_some(section))
}

/// Whether a line is the title of a disclosure: a year, and 绩效信息 or 绩效文本, or 预算 with 绩效目标.
pub fn is_title(text: &str) -> bool {
    let Some(line) = short(text).map(plain) else { return false };
    let of_goals = line.contains("预算") && line.contains("绩效目标") && !line.contains("绩效目标表");
    let words = of_goals || ["绩效信息", "绩效文本"].iter().any(|words| line.contains(words));
    words && line.chars().count() <= TITLE_LENGTH && year(text).is_some()
}

/// The first fiscal year in a line: `2020年`, `２０２０ 年`, `二〇二〇年`.
pub fn year(text: &str) -> Option<i32> {
    let line: Vec<char> = plain(text).chars().map(western_digit).collect();
    line.windows(5).find_map(|window| match window {
        ['2', '0', tens, ones, '年'] => Some(2000 + i32::try_from(tens.to_digit(10)? * 10 + ones.to_digit(10)?).ok()?),
        _ => None,
    })
}

/// Whether a line can never be the continuation of a cell: it opens a part or a section.
pub fn opens_part(text: &str) -> bool {
    is_part_one(text) || part_two(text).is_some() || section(text).is_some()
}

fn short(text: &str) -> Option<&str> {
    Some(text).filter(|text| text.len() <= LONGEST)
}

struct AfterNumber<'a> {
    text: &'a str,
    separated: bool,
}

/// Splits a printed number from the text: `1.`, `2、`, `5`, `（三）`, `十、`.
fn number(text: &str) -> (&str, AfterNumber<'_>) {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 {
        let (number, rest) = text.split_at(digits);
        let separated = rest.starts_with(['.', '．', '、']);
        let rest = rest.strip_prefix(['.', '．', '、']).unwrap_or(rest);
        return (number, AfterNumber { text: rest, separated });
    }
    let is_numeral = |c: char| "一二三四五六七八九十".contains(c);
    let inner = text.strip_prefix(['（', '(']);
    let rest = inner.unwrap_or(text).trim_start_matches(is_numeral);
    let numeral = inner.unwrap_or(text).len() > rest.len();
    let end = if inner.is_some() { ['）', ')'].as_slice() } else { ['、', '.'].as_slice() };
    match rest.strip_prefix(end).filter(|_| numeral) {
        Some(rest) => (text.strip_suffix(rest).unwrap_or(text), AfterNumber { text: rest, separated: true }),
        None => ("", AfterNumber { text, separated: true }),
    }
}

/// A line of a table of contents ends in leaders and a page number.
fn without_page_number(line: &str) -> &str {
    line.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '…' | '·'))
}

fn western_digit(c: char) -> char {
    match c {
        '〇' | '○' | '零' | 'O' => '0',
        '一' => '1',
        '二' => '2',
        '三' => '3',
        '四' => '4',
        '五' => '5',
        '六' => '6',
        '七' => '7',
        '八' => '8',
        '九' => '9',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{PartTwo, Section, heading, is_title, part_two, section, year};

    fn parts(text: &str) -> Option<(bool, bool, String)> {
        heading(text).map(|heading| (heading.numbered, heading.separated, heading.name))
    }

    #[test]
    fn headings_have_any_separator_or_none() {
        assert_eq!(parts("1.国内招商绩效目标表"), Some((true, true, "国内招商".to_owned())));
        assert_eq!(parts(" 2、 宣传 绩效目标表 "), Some((true, true, "宣传".to_owned())));
        assert_eq!(parts("5“赤脚医生”养老补助绩效目标表"), Some((true, false, "“赤脚医生”养老补助".to_owned())));
        assert_eq!(parts("13.2022年防疫绩效目标表"), Some((true, true, "2022年防疫".to_owned())));
        assert_eq!(parts("（三）三农补贴绩效目标表"), Some((true, true, "三农补贴".to_owned())));
        assert_eq!(parts("三农补贴绩效目标表"), Some((false, true, "三农补贴".to_owned())));
        assert_eq!(parts("1.绩效目标表"), None);
        assert_eq!(parts("1.国内招商绩效目标表……3"), None);
    }

    #[test]
    fn part_two_has_a_number_a_title_or_both() {
        let part = |text: &str| part_two(text).map(|PartTwo { numbered, title }| (numbered, title.unwrap_or_default()));
        assert_eq!(part("第二部分 专项资金绩效目标"), Some((true, "专项资金绩效目标".to_owned())));
        assert_eq!(part("第二部分"), Some((true, String::new())));
        assert_eq!(part(" 预算项目绩效目标 "), Some((false, "预算项目绩效目标".to_owned())));
        assert_eq!(part("第二部分 预算项目绩效目标 …… 3"), Some((true, "预算项目绩效目标".to_owned())));
        assert_eq!(part("编报预算项目绩效目标"), None);
    }

    #[test]
    fn sections_are_short_lines() {
        assert_eq!(section("2、 分项绩效目标"), Some(Section::SubGoals));
        assert_eq!(section("（三）工作保障措施："), Some(Section::Measures));
        assert_eq!(section("围绕总体绩效目标，按照市委市政府的部署，认真做好各项工作"), None);
    }

    #[test]
    fn titles_have_a_year_in_any_digits() {
        assert!(is_title("2020年部门预算绩效信息") && is_title("某县医保局 2022 年度部门预算绩效文本"));
        assert!(is_title("2023年部门预算项目绩效目标") && !is_title("3.2023年预算编制绩效目标表"));
        assert!(!is_title("部门预算绩效信息") && !is_title("2020年部门预算"));
        assert_eq!(year("二〇二一年部门预算绩效文本"), Some(2021));
        assert_eq!(year("第2020号"), None);
    }
}
