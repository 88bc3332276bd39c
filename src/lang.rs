//! The two languages of the service, and which of them a request wants.

/// A language of labels, messages and descriptions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English, the default.
    #[default]
    En,
    /// Chinese.
    Zh,
}

impl Lang {
    /// The tag for the headers `Accept-Language` and `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// The language that an `Accept-Language` header prefers; the first of equals, English when it names neither.
    pub fn from_accept_language(header: &str) -> Self {
        let mut best = (0.0, Self::default());
        for range in header.split(',') {
            let (tag, quality) = match range.split_once(';') {
                None => (range, 1.0),
                Some((tag, parameter)) => {
                    let quality = parameter.trim().strip_prefix("q=").and_then(|q| q.trim().parse().ok());
                    (tag, quality.unwrap_or(0.0))
                }
            };
            let primary = tag.trim().split('-').next().unwrap_or_default();
            let lang = match primary {
                _ if primary.eq_ignore_ascii_case("zh") => Self::Zh,
                _ if primary.eq_ignore_ascii_case("en") => Self::En,
                _ => continue,
            };
            if quality > best.0 {
                best = (quality, lang);
            }
        }
        best.1
    }
}

/// The same thing in each language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByLang<T> {
    /// In English.
    pub en: T,
    /// In Chinese.
    pub zh: T,
}

impl<T> ByLang<T> {
    /// Makes it for each language.
    pub fn new(mut make: impl FnMut(Lang) -> T) -> Self {
        Self { en: make(Lang::En), zh: make(Lang::Zh) }
    }

    /// The one of this language.
    pub fn get(&self, lang: Lang) -> &T {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lang;

    #[test]
    fn the_preferred_known_language_wins() {
        for (header, lang) in [
            ("", Lang::En),
            ("zh", Lang::Zh),
            ("zh-CN,zh;q=0.9,en;q=0.8", Lang::Zh),
            ("ZH-Hans", Lang::Zh),
            ("en-GB, zh;q=0.9", Lang::En),
            ("en;q=0.1, zh;q=0.2", Lang::Zh),
            ("fr, zh;q=0", Lang::En),
            ("de, *;q=0.5", Lang::En),
            ("zh;q=nonsense", Lang::En),
        ] {
            assert_eq!(Lang::from_accept_language(header), lang, "{header}");
        }
    }
}
