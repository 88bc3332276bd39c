//! White space and wording of printed text, brought to one form before anything is compared.

use unicode_normalization::UnicodeNormalization;

/// White space in the sense of printed forms, with the invisible signs that word processors leave behind.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

/// Every kind of space (NBSP, U+3000, TAB, …) as a plain one, invisible and control signs removed, both ends trimmed.
pub fn tidy(text: &str) -> String {
    let spaced: String = text
        .chars()
        .filter(|c| !matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}'))
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control())
        .collect();
    spaced.trim().to_owned()
}

/// The text without any white space: the form in which labels and names are compared.
pub fn squeeze(text: &str) -> String {
    // Most text has none, which costs little to see.
    if !text.contains(is_blank) {
        return text.to_owned();
    }
    let mut squeezed = String::with_capacity(text.len());
    squeezed.extend(text.chars().filter(|c| !is_blank(*c)));
    squeezed
}

/// NFKC without white space: `９５ ％` becomes `95%`, `＜` becomes `<` (the first step of the target parser, 2.2).
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match plain_sign(c) {
            Some(sign) => plain.push(sign),
            None if is_blank(c) => {}
            None => return text.nfkc().filter(|c| !is_blank(*c)).collect(),
        }
    }
    plain
}

/// The plain form of a sign that has one whatever stands beside it, as almost all signs of printed text do: no blank, nothing that
/// is composed with another sign or made of several.
fn plain_sign(c: char) -> Option<char> {
    match c {
        '!'..='~' | '\u{4E00}'..='\u{9FFF}' | '、' | '。' | '〈'..='】' => Some(c),
        '‘' | '’' | '“' | '”' | '—' | '≤' | '≥' => Some(c),
        // U+FF01 to U+FF5E are the signs from `!` to `~`.
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0),
        _ => None,
    }
}

/// The text as two texts are compared by the quality rules (5.3): without white space and without stops, commas and
/// semicolons at the end.
pub fn norm(text: &str) -> String {
    let squeezed = squeeze(text);
    squeezed.trim_end_matches(['。', '．', '.', '，', ',', '；', ';']).to_owned()
}

/// The name without a unit in brackets at its end: `群众满意度（%）` becomes `群众满意度`.
pub fn without_percent_suffix(name: &str) -> String {
    let name = plain(name);
    for suffix in ["(%)", "(百分比)", "%"] {
        if let Some(rest) = name.strip_suffix(suffix) {
            return rest.to_owned();
        }
    }
    name
}

/// Removes each printed `[bookmark: …]` mark (6.3); the flag says whether there was one.
pub fn without_bookmarks(line: &str) -> (String, bool) {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, mark)) = rest.split_once("[bookmark:") {
        let Some((_, after)) = mark.split_once(']') else { break };
        kept.push_str(before);
        rest = after;
    }
    let marked = rest.len() < line.len();
    kept.push_str(rest);
    (kept, marked)
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::{norm, plain, plain_sign, squeeze, tidy, without_percent_suffix};

    #[test]
    fn white_space_of_every_kind_is_the_same() {
        assert_eq!(tidy("\u{A0}其中：财政\u{3000}\t资金\u{FEFF} "), "其中：财政  资金");
        assert_eq!(squeeze("其中：财政 \u{A0}\u{3000} 资\n金"), "其中：财政资金");
        assert_eq!(plain("＜ ９５ ％"), "<95%");
    }

    #[test]
    fn a_sign_that_is_plain_by_itself_stays_so_beside_any_other() {
        let alone = |c: char| plain_sign(c).map(String::from);
        for c in ('\0'..=char::MAX).filter(|c| plain_sign(*c).is_some()) {
            let normal: String = [c].into_iter().nfkc().collect();
            assert_eq!(alone(c), Some(normal), "{c:?}");
        }
        let blanks = ('\0'..=char::MAX).filter(|c| super::is_blank(*c));
        assert!(blanks.nfkc().all(super::is_blank));
        // Of two such signs none makes a new one, as a letter and an accent do.
        let signs: String = ('!'..='～').filter(|c| plain_sign(*c).is_some()).collect();
        let reversed: String = signs.chars().rev().collect();
        for text in [signs, reversed] {
            let normal: String = text.nfkc().collect();
            assert_eq!(plain(&text), normal);
        }
    }

    #[test]
    fn ends_of_sentences_do_not_make_a_difference() {
        assert_eq!(norm("促进医药产业发展。 "), "促进医药产业发展");
        assert_eq!(norm("完成；。"), "完成");
        assert_eq!(norm("。开头"), "。开头");
    }

    #[test]
    fn a_unit_in_brackets_is_no_part_of_the_name() {
        assert_eq!(without_percent_suffix("群众满意度（%）"), "群众满意度");
        assert_eq!(without_percent_suffix("完成率 (％)"), "完成率");
        assert_eq!(without_percent_suffix("完成率"), "完成率");
    }
}
