//! Descriptions of the schema in the languages of the service, by schema coordinate. English ones stand in the code, beside
//! what they describe; those of other languages are files in `locales/`, built into the binary.

use std::sync::LazyLock;

use super::engine::registry::Translations;
use crate::lang::Lang;

const ZH_CN: &str = include_str!("../../locales/zh-CN.toml");

/// The descriptions that replace the English ones.
///
/// The files are part of the build and the suite reads them, so they parse. Should one not, the schema keeps its English
/// words: a description is no reason to refuse a request.
pub fn translations(lang: Lang) -> &'static Translations {
    static ENGLISH: Translations = Translations::new();
    static CHINESE: LazyLock<Translations> = LazyLock::new(|| toml::from_str(ZH_CN).unwrap_or_default());
    match lang {
        Lang::En => &ENGLISH,
        Lang::Zh => &CHINESE,
    }
}

#[cfg(test)]
mod tests {
    use super::{Translations, ZH_CN};

    #[test]
    fn the_file_parses() {
        if let Err(error) = toml::from_str::<Translations>(ZH_CN) {
            panic!("locales/zh-CN.toml: {error}");
        }
    }
}
