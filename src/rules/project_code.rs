//! Project codes (4.2): the 21-character form of the national systems with its check character, and the older Hebei
//! form.

/// The signs of the check character in order of their index; I, O, S, V and Z are absent.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const LENGTH: usize = 21;

/// What a printed project code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProjectCode {
    /// 21 characters with `P` at position 9, the form that carries a check character.
    Checked {
        /// Year in which the project probably entered the library; it may differ from the fiscal year.
        year: i32,
        /// What the check character says.
        check: Check,
    },
    /// 21 characters with another letter (R, Y, T in Sichuan); no check character.
    Unchecked {
        /// Year as in [`ProjectCode::Checked`].
        year: i32,
    },
    /// The older Hebei form, as in `450-0101-JBN-GZ2I`.
    Hebei,
    /// Neither form.
    Unknown,
}

/// Result of the check character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It fits.
    Holds,
    /// It does not fit: probably a typing error.
    Fails,
    /// A sign outside the alphabet stands in the code.
    NotComputable,
}

impl ProjectCode {
    /// Reads a code without white space.
    pub fn read(code: &str) -> Self {
        let bytes = code.as_bytes();
        if is_hebei(bytes) {
            return Self::Hebei;
        }
        let well_formed = bytes.len() == LENGTH
            && bytes.iter().take(8).all(u8::is_ascii_digit)
            && bytes.iter().skip(8).take(1).all(u8::is_ascii_uppercase)
            && bytes.iter().skip(9).all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        let Some(year) = code.get(6..8).filter(|_| well_formed).and_then(|year| year.parse::<i32>().ok()) else {
            return Self::Unknown;
        };
        let year = 2000 + year;
        match code.as_bytes().get(8) {
            Some(b'P') => Self::Checked { year, check: check(bytes) },
            _ => Self::Unchecked { year },
        }
    }

    /// Year in the code, where it has one.
    pub fn year(self) -> Option<i32> {
        match self {
            Self::Checked { year, .. } | Self::Unchecked { year } => Some(year),
            Self::Hebei | Self::Unknown => None,
        }
    }
}

/// The check character that belongs to the first 20 characters: `alphabet[(30 − Σ index(cᵢ)·3ⁱ) mod 31]`.
/// `None` when there are fewer than 20 or one is outside the alphabet.
pub fn check_character(code: &str) -> Option<char> {
    let body = code.as_bytes().get(..LENGTH - 1)?;
    let mut sum = 0;
    let mut weight = 1;
    for sign in body {
        sum = (sum + index(*sign)? * weight) % 31;
        weight = weight * 3 % 31;
    }
    ALPHABET.get((30 + 31 - sum) % 31).map(|sign| char::from(*sign))
}

fn check(code: &[u8]) -> Check {
    let Ok(text) = std::str::from_utf8(code) else { return Check::NotComputable };
    match (check_character(text), text.chars().last()) {
        (Some(expected), Some(printed)) if expected == printed => Check::Holds,
        (Some(_), _) => Check::Fails,
        (None, _) => Check::NotComputable,
    }
}

fn index(sign: u8) -> Option<usize> {
    ALPHABET.iter().position(|known| *known == sign)
}

/// `^\d{3}-\d{4}-[A-Z]{3}-[0-9A-Z]{4}$`
fn is_hebei(code: &[u8]) -> bool {
    let parts: Vec<&[u8]> = code.split(|byte| *byte == b'-').collect();
    let [department, activity, letters, rest] = parts.as_slice() else { return false };
    department.len() == 3
        && department.iter().all(u8::is_ascii_digit)
        && activity.len() == 4
        && activity.iter().all(u8::is_ascii_digit)
        && letters.len() == 3
        && letters.iter().all(u8::is_ascii_uppercase)
        && rest.len() == 4
        && rest.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::{Check, ProjectCode, check_character};

    const REAL: [&str; 12] = [
        "13091626P000175100046",
        "13091626P000177100055",
        "13091626P000178100047",
        "13091626P00017610004U",
        "13091626P00018210006K",
        "12000022P10000210006W",
        "12000021P34569010001A",
        "12000022P37006910001D",
        "12000022P67371310001B",
        "12000022P70000310001W",
        "12000022P71000110002B",
        "12000023P02DLNB10017K",
    ];

    #[test]
    fn the_check_character_of_twelve_real_codes_holds() {
        for code in REAL {
            assert_eq!(check_character(code), code.chars().last(), "{code}");
            assert!(matches!(ProjectCode::read(code), ProjectCode::Checked { check: Check::Holds, .. }), "{code}");
        }
        assert_eq!(ProjectCode::read(REAL[0]).year(), Some(2026));
    }

    #[test]
    fn every_single_wrong_sign_is_noticed() {
        for code in REAL {
            for (at, original) in code.char_indices().filter(|(at, _)| *at != 8) {
                let replacement = if original == '1' { "2" } else { "1" };
                let mut wrong = code.to_owned();
                wrong.replace_range(at..=at, replacement);
                assert!(
                    matches!(ProjectCode::read(&wrong), ProjectCode::Checked { check: Check::Fails, .. }),
                    "{wrong}"
                );
            }
        }
    }

    #[test]
    fn other_forms_are_known_for_what_they_are() {
        assert_eq!(ProjectCode::read("51000021R000000019951"), ProjectCode::Unchecked { year: 2021 });
        assert_eq!(ProjectCode::read("51092324T000010263357"), ProjectCode::Unchecked { year: 2024 });
        assert_eq!(ProjectCode::read("450-0101-JBN-GZ2I"), ProjectCode::Hebei);
        let with_i = "13091626P00I175100046";
        assert_eq!(ProjectCode::read(with_i), ProjectCode::Checked { year: 2026, check: Check::NotComputable });
        for other in [
            "",
            "450-101-JBN-GZ2I",
            "13091626P00017510004",
            "13091626p000175100046",
            "项目一二三四五六七八九十一二三四五六七",
        ] {
            assert_eq!(ProjectCode::read(other), ProjectCode::Unknown, "{other}");
        }
    }
}
