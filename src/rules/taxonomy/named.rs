//! A level as somebody names it: by the words of a form, or by our code.

use entity::value::IndicatorRegime;

use super::{Level, PrintedLevel, by_code, level1, level2};
use crate::rules::text::plain;

/// What a name of a level means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The level; `None` for local wording.
    pub known: Option<&'static Level>,
    /// Name of the level, or the local wording without white space; empty for a blank name.
    pub name: String,
    /// The text that is kept beside it: as given, or the name of the level for a code.
    pub raw: String,
    /// Whether the level was named by another word than its own name.
    pub is_synonym: bool,
}

/// What a first level is that is named by `text`, a code as in `R2015-1` or a printed name (2.1), looked for in
/// `regime` before the others.
pub fn named1(text: &str, regime: IndicatorRegime) -> Named {
    named(text, 1, |printed| level1(printed, regime))
}

/// What a second level is that is named by `text`, a code as in `R2015-11` or a printed name (2.1), looked for under
/// `above` before `regime` before the others. Under a level that leaves its children free a name is local wording.
pub fn named2(text: &str, above: Option<&Level>, regime: IndicatorRegime) -> Named {
    let is_free = above.is_some_and(Level::has_free_children);
    named(text, 2, |printed| level2(printed, above, regime).filter(|_| !is_free))
}

fn named(text: &str, rank: u8, find: impl Fn(&PrintedLevel) -> Option<&'static Level>) -> Named {
    if let Some(level) = coded(text).filter(|level| level.rank == rank) {
        let name = level.name.to_owned();
        return Named { known: Some(level), raw: name.clone(), name, is_synonym: false };
    }
    let printed = PrintedLevel::read(text);
    let known = find(&printed);
    let is_synonym = known.is_some_and(|level| !printed.is_canonical(level));
    let name = known.map_or(printed.name, |level| level.name.to_owned());
    Named { known, name, raw: text.to_owned(), is_synonym }
}

/// The level whose code the text is.
pub(super) fn coded(text: &str) -> Option<&'static Level> {
    by_code(&plain(text))
}

#[cfg(test)]
mod tests {
    use entity::value::IndicatorRegime::{R2015, R2021};

    use super::{Named, named1, named2};
    use crate::rules::taxonomy::{by_code, regime};

    fn shown(named: Named) -> String {
        let code = named.known.map_or("-", |level| level.code);
        format!("{code} {} {} {}", named.name, named.raw, if named.is_synonym { "synonym" } else { "" })
            .trim_end()
            .to_owned()
    }

    #[test]
    fn first_levels_are_named_by_code_name_and_synonym() {
        assert_eq!(shown(named1("R2015-1", R2021)), "R2015-1 产出指标 产出指标");
        assert_eq!(shown(named1("产出指标", R2021)), "R2021-1 产出指标 产出指标");
        assert_eq!(shown(named1("效果指标(30分)", R2015)), "R2015-2 效益指标 效果指标(30分) synonym");
        assert_eq!(shown(named1("成 效", R2015)), "- 成效 成 效");
        assert_eq!(shown(named1("", R2015)), "-");
    }

    #[test]
    fn a_code_of_the_other_rank_is_no_level_here() {
        assert_eq!(shown(named1("R2015-11", R2015)), "- R2015-11 R2015-11");
        assert_eq!(shown(named2("R2015-1", None, R2015)), "- R2015-1 R2015-1");
    }

    #[test]
    fn second_levels_are_looked_for_under_the_first() {
        let (output, duties) = (by_code("R2015-1"), by_code("DEPT-3"));
        assert_eq!(shown(named2("数量指标", output, R2021)), "R2015-11 数量指标 数量指标");
        assert_eq!(shown(named2("R2021-11", output, R2015)), "R2021-11 数量指标 数量指标");
        assert_eq!(shown(named2("环境效益", None, R2021)), "R2021-23 生态效益指标 环境效益 synonym");
        assert_eq!(shown(named2("数量指标", duties, R2015)), "- 数量指标 数量指标");
    }

    #[test]
    fn codes_show_their_regime_like_names() {
        assert_eq!(regime([("R2015-1", "R2015-14")].into_iter()), Some(R2015));
        assert_eq!(regime([("R2021-4", "R2021-41")].into_iter()), Some(R2021));
        assert_eq!(regime([("产出指标", "数量指标"), ("R2021-1", "R2021-11")].into_iter()), Some(R2021));
        assert_eq!(regime([("R2021-1", "质量指标"), ("产出指标", "成本指标")].into_iter()), Some(R2015));
    }
}
