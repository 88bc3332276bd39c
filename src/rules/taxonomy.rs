//! Indicator levels (2.1): the regimes of 2015 and 2021, whole departments and central investment, with the wordings
//! that mean the same. [`named1`] and [`named2`] find a level by whatever name it is given.

mod named;

pub use named::{Named, named1, named2};

use entity::value::{IndicatorRegime, Micro};

use super::decimal::scaled;
use super::text::plain;

/// What an indicator level is about, across regimes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// Cost (成本).
    Cost,
    /// Output (产出).
    Output,
    /// Benefit (效益).
    Benefit,
    /// Satisfaction (满意度).
    Satisfaction,
    /// Management and anything else.
    Other,
}

/// One level of one regime. The table of the database is seeded from [`LEVELS`]; codes never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Our code, unique over all regimes.
    pub code: &'static str,
    /// Regime to which the level belongs.
    pub regime: IndicatorRegime,
    /// 1 or 2.
    pub rank: u8,
    /// Code of the level above.
    pub parent: Option<&'static str>,
    /// Code of the national standard's dictionaries, where one is known.
    pub standard_code: Option<&'static str>,
    /// Name as the regime prints it.
    pub name: &'static str,
    /// Name in English.
    pub name_en: &'static str,
    /// What it is about.
    pub aspect: Aspect,
}

macro_rules! levels {
    ($($regime:ident { $($code:literal $standard:expr, $name:literal, $en:literal, $aspect:ident
        [$($child:literal $child_standard:expr, $child_name:literal, $child_en:literal, $child_aspect:ident;)*])* })*) => {
        /// All levels, a level above before the levels under it.
        pub const LEVELS: &[Level] = &[$($(
            Level {
                code: $code, regime: IndicatorRegime::$regime, rank: 1, parent: None, standard_code: $standard,
                name: $name, name_en: $en, aspect: Aspect::$aspect,
            },
            $(Level {
                code: $child, regime: IndicatorRegime::$regime, rank: 2, parent: Some($code),
                standard_code: $child_standard, name: $child_name, name_en: $child_en, aspect: Aspect::$child_aspect,
            },)*
        )*)*];
    };
}

levels! {
    R2015 {
        "R2015-1" Some("1"), "产出指标", "Output", Output [
            "R2015-11" Some("11"), "数量指标", "Quantity", Output;
            "R2015-12" Some("12"), "质量指标", "Quality", Output;
            "R2015-13" Some("13"), "时效指标", "Timeliness", Output;
            "R2015-14" Some("14"), "成本指标", "Cost", Cost;
        ]
        "R2015-2" Some("2"), "效益指标", "Benefit", Benefit [
            "R2015-21" Some("21"), "经济效益指标", "Economic benefit", Benefit;
            "R2015-22" Some("22"), "社会效益指标", "Social benefit", Benefit;
            "R2015-23" Some("23"), "生态效益指标", "Ecological benefit", Benefit;
            "R2015-24" Some("24"), "可持续影响指标", "Sustained influence", Benefit;
        ]
        "R2015-3" Some("3"), "满意度指标", "Satisfaction", Satisfaction [
            "R2015-31" Some("31"), "服务对象满意度指标", "Satisfaction of those served", Satisfaction;
        ]
    }
    R2021 {
        "R2021-4" None, "成本指标", "Cost", Cost [
            "R2021-41" None, "经济成本指标", "Economic cost", Cost;
            "R2021-42" None, "社会成本指标", "Social cost", Cost;
            "R2021-43" None, "生态环境成本指标", "Ecological and environmental cost", Cost;
        ]
        "R2021-1" Some("1"), "产出指标", "Output", Output [
            "R2021-11" Some("11"), "数量指标", "Quantity", Output;
            "R2021-12" Some("12"), "质量指标", "Quality", Output;
            "R2021-13" Some("13"), "时效指标", "Timeliness", Output;
        ]
        "R2021-2" Some("2"), "效益指标", "Benefit", Benefit [
            "R2021-21" Some("21"), "经济效益指标", "Economic benefit", Benefit;
            "R2021-22" Some("22"), "社会效益指标", "Social benefit", Benefit;
            "R2021-23" Some("23"), "生态效益指标", "Ecological benefit", Benefit;
            "R2021-24" Some("24"), "可持续影响指标", "Sustained influence (used locally)", Benefit;
        ]
        "R2021-3" Some("3"), "满意度指标", "Satisfaction", Satisfaction [
            "R2021-31" Some("31"), "服务对象满意度指标", "Satisfaction of those served", Satisfaction;
        ]
    }
    WholeDepartment {
        "DEPT-1" None, "运行成本", "Running cost", Cost []
        "DEPT-2" None, "管理效率", "Efficiency of management", Other []
        "DEPT-3" None, "履职效能", "Performance of duties", Output []
        "DEPT-4" None, "社会效应", "Social effect", Benefit []
        "DEPT-5" None, "可持续发展能力", "Capacity for sustained development", Benefit []
        "DEPT-6" None, "服务对象满意度", "Satisfaction of those served", Satisfaction []
    }
    CentralInvestment {
        "INV-1" None, "实施效果指标", "Effect of implementation", Other [
            "INV-11" None, "产出指标", "Output", Output;
            "INV-12" None, "效益指标", "Benefit", Benefit;
            "INV-13" None, "满意度指标", "Satisfaction", Satisfaction;
        ]
        "INV-2" None, "过程管理指标", "Management of the process", Other [
            "INV-21" None, "计划管理指标", "Management of the plan", Other;
            "INV-22" None, "资金管理指标", "Management of funds", Other;
            "INV-23" None, "项目管理指标", "Management of the project", Other;
            "INV-24" None, "监督检查指标", "Supervision and inspection", Other;
        ]
    }
}

/// Stems that mean another stem (2.1); a stem is the name without 指标 at its end.
const SYNONYMS: [(&str, &str); 5] = [
    ("效果", "效益"),
    ("环境效益", "生态效益"),
    ("满意度", "服务对象满意度"),
    ("社会公众或服务对象满意度", "服务对象满意度"),
    ("可持续", "可持续影响"),
];

/// A level cell as printed: its name without white space, and the weight in brackets behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedLevel {
    /// Name without white space and weight.
    pub name: String,
    /// Weight as in `产出指标(50分)`.
    pub weight: Option<Micro>,
}

impl PrintedLevel {
    /// Reads a level cell.
    pub fn read(cell: &str) -> Self {
        let text = plain(cell);
        let split = text.strip_suffix(')').and_then(|text| text.rsplit_once('('));
        let weight = split.and_then(|(_, weight)| parse_weight(weight));
        match (split, weight) {
            (Some((name, _)), Some(_)) => Self { name: name.to_owned(), weight },
            _ => Self { name: text, weight: None },
        }
    }

    fn stem(&self) -> &str {
        self.name.strip_suffix("指标").unwrap_or(&self.name)
    }

    /// Whether the name is printed exactly as `level` is called.
    pub fn is_canonical(&self, level: &Level) -> bool {
        self.name == level.name
    }
}

/// A weight cell: `22.5`, `50分`, `10%`; `None` for anything else, negative numbers, and more than six decimals.
pub fn parse_weight(text: &str) -> Option<Micro> {
    let text = plain(text);
    let number = text.strip_suffix('分').or_else(|| text.strip_suffix('%')).unwrap_or(&text);
    scaled(number, 6).ok().filter(|weight| *weight >= 0).map(Micro)
}

impl Level {
    fn is_called(&self, stem: &str) -> bool {
        self.name.strip_suffix("指标").unwrap_or(self.name) == stem
    }

    /// Whether the regime leaves the levels under this one free (2.1, whole department).
    pub fn has_free_children(&self) -> bool {
        self.regime == IndicatorRegime::WholeDepartment
    }
}

/// The level with this code.
pub fn by_code(code: &str) -> Option<&'static Level> {
    LEVELS.iter().find(|level| level.code == code)
}

/// The regime that the levels of a project show: a cost level decides, then the first code of ours or 可持续影响, which
/// only 2015 defines. `None` when nothing tells the regimes apart.
pub fn regime<'a>(levels: impl Iterator<Item = (&'a str, &'a str)>) -> Option<IndicatorRegime> {
    let mut found = None;
    for (level1, level2) in levels {
        let codes = [level1, level2].map(named::coded);
        found = found.or_else(|| codes.iter().flatten().next().map(|level| level.regime));
        let [level1, level2] = [(level1, codes[0]), (level2, codes[1])]
            .map(|(text, level)| PrintedLevel::read(level.map_or(text, |level| level.name)));
        if level1.stem() == "成本" {
            return Some(IndicatorRegime::R2021);
        }
        match level2.stem() {
            "成本" => return Some(IndicatorRegime::R2015),
            "经济成本" | "社会成本" | "生态环境成本" => return Some(IndicatorRegime::R2021),
            "可持续影响" | "可持续" => found = found.or(Some(IndicatorRegime::R2015)),
            _ => {}
        }
    }
    found
}

/// The regime of a fiscal year when the levels do not tell: the rules of 2021 apply from the budget of 2022 on.
pub fn regime_of_year(fiscal_year: i32) -> IndicatorRegime {
    if fiscal_year >= 2022 { IndicatorRegime::R2021 } else { IndicatorRegime::R2015 }
}

/// The first level with this printed name, in `regime` before the others.
pub fn level1(printed: &PrintedLevel, regime: IndicatorRegime) -> Option<&'static Level> {
    find(1, printed, |level| u8::from(level.regime != regime))
}

/// The second level with this printed name: under `level1` before its regime, before the others.
pub fn level2(printed: &PrintedLevel, level1: Option<&Level>, regime: IndicatorRegime) -> Option<&'static Level> {
    find(2, printed, |level| match level1 {
        Some(above) if level.parent == Some(above.code) => 0,
        _ if level.regime == regime => 1,
        _ => 2,
    })
}

/// The level of this rank with the smallest `distance`; at the same distance its own name goes before a synonym.
fn find(rank: u8, printed: &PrintedLevel, distance: impl Fn(&Level) -> u8) -> Option<&'static Level> {
    let stem = printed.stem();
    let synonym = SYNONYMS.iter().find(|(word, _)| *word == stem).map(|(_, meaning)| *meaning);
    let name_rank = |level: &Level| {
        if level.is_called(stem) {
            Some(0)
        } else if synonym.is_some_and(|stem| level.is_called(stem)) {
            Some(1)
        } else {
            None
        }
    };
    LEVELS
        .iter()
        .filter(|level| level.rank == rank)
        .filter_map(|level| name_rank(level).map(|name| ((distance(level), name), level)))
        .min_by_key(|(order, _)| *order)
        .map(|(_, level)| level)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use entity::value::{IndicatorRegime, Micro};

    use super::{LEVELS, PrintedLevel, by_code, level1, level2, parse_weight, regime, regime_of_year};

    fn first(cell: &str, regime: IndicatorRegime) -> Option<&'static str> {
        level1(&PrintedLevel::read(cell), regime).map(|level| level.code)
    }

    fn second(cell: &str, above: &str, regime: IndicatorRegime) -> Option<&'static str> {
        level2(&PrintedLevel::read(cell), by_code(above), regime).map(|level| level.code)
    }

    #[test]
    fn codes_are_unique_and_parents_stand_before_their_children() {
        let mut seen = HashSet::new();
        for level in LEVELS {
            assert_eq!(level.parent.is_some(), level.rank == 2);
            assert!(level.parent.is_none_or(|parent| seen.contains(parent)), "{}", level.code);
            assert!(seen.insert(level.code), "{} twice", level.code);
        }
    }

    #[test]
    fn printed_names_find_their_level() {
        use IndicatorRegime::{R2015, R2021};
        assert_eq!(first("产 出\n指 标", R2015), Some("R2015-1"));
        assert_eq!(first("产出指标（50分）", R2021), Some("R2021-1"));
        assert_eq!(first("效果指标", R2015), Some("R2015-2"));
        assert_eq!(first("满意度", R2021), Some("R2021-3"));
        assert_eq!(first("成本指标", R2015), Some("R2021-4"));
        assert_eq!(first("履职效能", R2015), Some("DEPT-3"));
        assert_eq!(first("实施效果指标", R2021), Some("INV-1"));
        assert_eq!(first("其他指标", R2015), None);
        assert_eq!(second("环境效益指标", "R2015-2", R2015), Some("R2015-23"));
        assert_eq!(second("满意度指标", "R2021-3", R2021), Some("R2021-31"));
        assert_eq!(second("满意度指标", "INV-1", R2021), Some("INV-13"));
        assert_eq!(second("可持\n续影\n响指标", "R2021-2", R2021), Some("R2021-24"));
        assert_eq!(second("经济成本指标", "R2015-1", R2015), Some("R2021-41"));
        assert_eq!(second("社会效益", "R2015-2", R2015), Some("R2015-22"));
        assert_eq!(second("数量指标", "no level 1", R2021), Some("R2021-11"));
    }

    #[test]
    fn the_regime_shows_in_the_cost_levels() {
        use IndicatorRegime::{R2015, R2021};
        assert_eq!(regime([("产出指标", "成本指标")].into_iter()), Some(R2015));
        assert_eq!(regime([("成本指标", "社会成本指标")].into_iter()), Some(R2021));
        assert_eq!(regime([("产出指标", "数量指标"), ("效益指标", "可持续影响指标")].into_iter()), Some(R2015));
        assert_eq!(regime([("产出指标", "数量指标")].into_iter()), None);
        assert_eq!((regime_of_year(2021), regime_of_year(2022)), (R2015, R2021));
    }

    #[test]
    fn weights_are_read_with_their_fractions() {
        assert_eq!(PrintedLevel::read("产出指标(50分)").weight, Some(Micro(50_000_000)));
        assert_eq!(PrintedLevel::read("产出指标(其他)").name, "产出指标(其他)");
        assert_eq!(parse_weight("22.5"), Some(Micro(22_500_000)));
        assert_eq!(parse_weight("-1"), None);
        assert_eq!(parse_weight("十"), None);
    }
}
