//! Search in texts as people type them: any part of a name or a sentence is found, whatever its width, case and spaces.
//!
//! Chinese has no spaces between words, so texts are compared sign by sign. A text is [folded](fold()), the texts of an object
//! are [joined](join()) with an end of line before and behind each, and what is sought is simply a part of that. The end of line
//! stands in no folded text: nothing is found across two texts, and with it one can ask for a beginning or a whole text too.
//!
//! The index holds each [pair](write_pairs) of neighbouring signs. What is one or two signs long is found in it exactly; of what is
//! longer, all pairs are there, and the folded text decides.

use entity::value::SearchKind;
use unicode_normalization::char::canonical_combining_class;

use super::text;

/// The number of the rules of this module. It grows with every change of them that makes another index of the same texts.
pub const FORMAT: i32 = 1;

/// The longest query, in characters as typed.
pub const QUERY_LENGTH: usize = 200;

/// The most words of a query.
pub const WORDS: usize = 8;

/// What stands before and behind each text.
const END: char = '\n';

/// Which texts of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Its names and codes.
    Names,
    /// Its other texts.
    Texts,
    /// Texts that are not for the public.
    Others,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Names, Self::Texts, Self::Others];
}

/// The form in which texts are compared: NFKC in small letters, without white space and control signs.
pub fn fold(text: &str) -> String {
    let plain = text::plain(text);
    // Most texts have nothing but these.
    if plain.chars().all(|c| matches!(c, '!'..='@' | '['..='~' | '\u{2E80}'..='\u{9FFF}')) {
        return plain;
    }
    plain.chars().flat_map(char::to_lowercase).filter(|c| !c.is_control() && !c.is_whitespace()).collect()
}

/// Folded texts in one: each between two ends of line, nothing where there are none.
pub fn join<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for folded in texts.into_iter().map(fold).filter(|text| !text.is_empty()) {
        if joined.is_empty() {
            joined.push(END);
        }
        joined.push_str(&folded);
        joined.push(END);
    }
    joined
}

/// The letter with which the pairs of a part begin, so that what is found is found in the right objects and parts.
fn letter(kind: SearchKind, part: Part) -> char {
    let letters = match kind {
        SearchKind::Unit => ['a', 'b', 'c'],
        SearchKind::Project => ['d', 'e', 'f'],
        SearchKind::Indicator => ['g', 'h', 'i'],
        SearchKind::DepartmentGoal => ['j', 'k', 'l'],
    };
    match part {
        Part::Names => letters[0],
        Part::Texts => letters[1],
        Part::Others => letters[2],
    }
}

/// A sign as it stands in pairs: nothing in them means anything to a database. Full-width signs, and U+FF5F for the end of line,
/// are free for this, since NFKC leaves none of them in a folded text.
fn written(c: char) -> char {
    match c {
        END => '\u{FF5F}',
        c if c.is_ascii_graphic() && !c.is_ascii_alphanumeric() => {
            // U+FF01 to U+FF5E are the signs from `!` to `~`, so there is always one.
            char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c)
        }
        c => c,
    }
}

/// Writes the pairs of joined texts, those of one part only once, as words behind those that are there.
pub fn write_pairs(kind: SearchKind, part: Part, joined: &str, words: &mut String) {
    let mut signs = joined.chars().map(written);
    let Some(mut first) = signs.next() else { return };
    let mut pairs: Vec<(char, char)> = Vec::with_capacity(joined.len());
    for second in signs {
        pairs.push((first, second));
        first = second;
    }
    // In the order of the words: databases sort them, and what is sorted is quick to sort.
    pairs.sort_unstable_by_key(|(first, second)| u64::from(u32::from(*first)) << 32 | u64::from(u32::from(*second)));
    pairs.dedup();
    let letter = letter(kind, part);
    words.reserve(pairs.len() * 8);
    for (first, second) in pairs {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push(letter);
        words.push(first);
        words.push(second);
    }
}

/// What the index is asked for a part of joined texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// A word that begins so.
    Beginning(String),
    /// All of these words.
    All(Vec<String>),
}

/// The pairs of what is sought in a part of an object; the flag says whether they suffice.
pub fn sought_pairs(kind: SearchKind, part: Part, sought: &str) -> (Pairs, bool) {
    let signs = sought.chars().count();
    if signs < 2 {
        let beginning = [letter(kind, part)].into_iter().chain(sought.chars().map(written));
        return (Pairs::Beginning(beginning.collect()), true);
    }
    let mut words = String::new();
    write_pairs(kind, part, sought, &mut words);
    (Pairs::All(words.split(' ').map(str::to_owned).collect()), signs == 2)
}

/// Why a query cannot be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// It has nothing but spaces.
    #[error("must have at least one character besides spaces")]
    Empty,
    /// It is too long.
    #[error("may have {QUERY_LENGTH} characters at the most")]
    Long,
    /// It has too many words.
    #[error("may have {WORDS} words at the most")]
    ManyWords,
    /// It has a sign that stands in no text.
    #[error("must not hold the character U+0000")]
    Null,
}

/// The folded words of a query: all of them must be found. They are separated by spaces of any kind.
///
/// # Errors
/// For a query without a sign, or one that is too long.
pub fn words(query: &str) -> Result<Vec<String>, QueryError> {
    if query.chars().count() > QUERY_LENGTH {
        return Err(QueryError::Long);
    }
    if query.contains('\0') {
        return Err(QueryError::Null);
    }
    let mut words: Vec<String> = Vec::new();
    for word in query.split_whitespace().map(fold) {
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    }
    match words.len() {
        0 => Err(QueryError::Empty),
        1..=WORDS => Ok(words),
        _ => Err(QueryError::ManyWords),
    }
}

/// How well a word fits an object: the better, the higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It stands in another text.
    Text,
    /// It stands in a name or a code.
    Name,
    /// A name or a code begins with it.
    Beginning,
    /// It is a name or a code.
    Whole,
}

impl Fit {
    /// The best first.
    pub const ALL: [Self; 4] = [Self::Whole, Self::Beginning, Self::Name, Self::Text];

    /// The number by which it is published.
    pub const fn score(self) -> i32 {
        match self {
            Self::Text => 1,
            Self::Name => 2,
            Self::Beginning => 3,
            Self::Whole => 4,
        }
    }

    /// The fit with this number.
    pub fn of_score(score: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|fit| fit.score() == score)
    }

    /// The next better one.
    pub fn better(self) -> Option<Self> {
        Self::of_score(self.score() + 1)
    }

    /// What must be a part of the joined names, or of any joined texts, for a word to fit at least so.
    pub fn sought(self, word: &str) -> String {
        match self {
            Self::Whole => format!("{END}{word}{END}"),
            Self::Beginning => format!("{END}{word}"),
            Self::Name | Self::Text => word.to_owned(),
        }
    }
}

/// The places of words in a text as it is printed: ranges of characters, from one up to before the other, in order and apart.
pub fn ranges(printed: &str, words: &[String]) -> Vec<(usize, usize)> {
    let folded = fold(printed);
    let places = places(printed, &folded);
    let mut found: Vec<(usize, usize)> = Vec::new();
    for word in words {
        let length = word.chars().count();
        for (at, _) in folded.match_indices(word.as_str()) {
            let first = folded[..at].chars().count();
            found.push((places[first].0, places[first + length - 1].1));
        }
    }
    found.sort_unstable();
    let mut apart: Vec<(usize, usize)> = Vec::with_capacity(found.len());
    for (start, end) in found {
        match apart.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => apart.push((start, end)),
        }
    }
    apart
}

/// For each sign of a folded text the characters of the printed one that it comes from.
fn places(printed: &str, folded: &str) -> Vec<(usize, usize)> {
    let mut places = Vec::with_capacity(folded.len());
    let mut again = String::with_capacity(folded.len());
    let characters: Vec<char> = printed.chars().collect();
    let mut start = 0;
    while start < characters.len() {
        // What can be composed with the character before it belongs to that.
        let combines = |c: &char| {
            canonical_combining_class(*c) != 0
                || matches!(c, '\u{1161}'..='\u{11FF}' | '\u{3099}' | '\u{309A}' | '\u{FF9E}' | '\u{FF9F}')
        };
        let end = start + 1 + characters[start + 1..].iter().take_while(|c| combines(c)).count();
        let part: String = characters[start..end].iter().collect();
        let part = fold(&part);
        places.extend(part.chars().map(|_| (start, end)));
        again.push_str(&part);
        start = end;
    }
    // Where the parts do not make the whole, which no printed text was seen to do, all of it is shown.
    if again == folded { places } else { folded.chars().map(|_| (0, characters.len())).collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Fit, Pairs, Part, QueryError, fold, join, ranges, sought_pairs, words, write_pairs};
    use entity::value::SearchKind;

    #[test]
    fn width_case_and_spaces_make_no_difference() {
        assert_eq!(fold("ＰＭ２．５　监测（Ⅱ 期）\t"), "pm2.5监测(ii期)");
        assert_eq!(fold("國\u{200B}内\u{0007}招商"), "國内招商");
        assert_eq!(fold("İ ǅ"), "i\u{307}dž");
    }

    #[test]
    fn texts_stand_apart() {
        assert_eq!(join(["国内", " ", "招商Ａ"]), "\n国内\n招商a\n");
        assert_eq!(join([]), "");
    }

    #[test]
    fn a_query_is_words_and_nothing_else() {
        assert_eq!(words(" 招商　ＰＭ2.5 招商 "), Ok(vec!["招商".to_owned(), "pm2.5".to_owned()]));
        assert_eq!(words("\" * OR ' & %"), Ok(["\"", "*", "or", "'", "&", "%"].map(str::to_owned).to_vec()));
        assert_eq!(words(" \u{3000}\u{200B}"), Err(QueryError::Empty));
        assert_eq!(words(&"长".repeat(201)), Err(QueryError::Long));
        assert_eq!(words("1 2 3 4 5 6 7 8 9"), Err(QueryError::ManyWords));
        assert_eq!(words("a\0"), Err(QueryError::Null));
    }

    #[test]
    fn pairs_hold_nothing_that_a_database_reads() {
        let (pairs, enough) = sought_pairs(SearchKind::Project, Part::Names, "'*\"&");
        assert_eq!(pairs, Pairs::All(["d＂＆", "d＇＊", "d＊＂"].map(str::to_owned).to_vec()));
        assert!(!enough);
        assert_eq!(sought_pairs(SearchKind::Unit, Part::Texts, "(").0, Pairs::Beginning("b（".to_owned()));
        let sought = Fit::Whole.sought("局");
        let pairs = Pairs::All(["a局\u{FF5F}", "a\u{FF5F}局"].map(str::to_owned).to_vec());
        assert_eq!(sought_pairs(SearchKind::Unit, Part::Names, &sought), (pairs, false));
    }

    #[test]
    fn places_are_those_of_the_printed_text() {
        let found = |text: &str, query: &str| ranges(text, &words(query).unwrap());
        assert_eq!(found("国内 招 商（国内）", "国内 招商"), [(0, 2), (3, 6), (7, 9)]);
        assert_eq!(found("面积５㎡以上", "m2"), [(3, 4)]);
        assert_eq!(found("カ\u{3099}ス", "ガス"), [(0, 3)]);
        assert_eq!(found("aaaa", "aa"), [(0, 4)]);
        assert_eq!(found("无", "有"), []);
    }

    proptest! {
        #[test]
        fn what_is_folded_stays_so(text in ".{0,24}") {
            let once = fold(&text);
            prop_assert!(!once.contains(|c: char| c.is_whitespace() || c.is_control()));
            let beginning: Vec<String> = words(&once).into_iter().flatten().map(|word| word.chars().take(2).collect()).collect();
            for (start, end) in ranges(&text, &beginning) {
                prop_assert!(start < end && end <= text.chars().count());
            }
        }

        #[test]
        fn each_pair_is_one_word_of_three_signs(text in ".{0,24}") {
            let mut pairs = String::new();
            write_pairs(SearchKind::Unit, Part::Names, &join([text.as_str()]), &mut pairs);
            for word in pairs.split(' ').filter(|word| !word.is_empty()) {
                prop_assert_eq!(word.chars().count(), 3);
                prop_assert!(!word.contains(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric()), "{:?}", word);
            }
        }
    }
}
