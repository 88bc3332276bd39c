//! As what a workbook shows a number: the format decides whether it is a date or a percentage.

/// As what a number is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A number.
    Plain,
    /// A percentage: 0.25 is shown as 25 %.
    Percent,
    /// A date or a time.
    Date,
}

impl Look {
    /// The formats that every workbook has, ECMA-376 part 1, 18.8.30; those of East Asia included.
    pub fn built_in(id: u32) -> Look {
        match id {
            9 | 10 => Look::Percent,
            14..=22 | 27..=36 | 45..=47 | 50..=58 => Look::Date,
            _ => Look::Plain,
        }
    }

    /// What a format shows: its first section decides, without quoted and bracketed pieces.
    pub fn of(code: &str) -> Look {
        let mut signs = String::new();
        let mut chars = code.chars();
        while let Some(sign) = chars.next() {
            match sign {
                ';' => break,
                '"' => while chars.next().is_some_and(|sign| sign != '"') {},
                '[' => {
                    let inner: String = chars.by_ref().take_while(|sign| *sign != ']').collect();
                    // Elapsed time: [h], [mm], [ss].
                    let elapsed = inner.chars().all(|sign| matches!(sign.to_ascii_lowercase(), 'h' | 'm' | 's'));
                    if elapsed && !inner.is_empty() {
                        return Look::Date;
                    }
                }
                '\\' | '_' | '*' => {
                    chars.next();
                }
                sign => signs.push(sign.to_ascii_lowercase()),
            }
        }
        if signs.contains('%') {
            Look::Percent
        } else if signs != "general" && (signs.contains(['y', 'm', 'd', 'h', 's']) || signs.contains("aaa")) {
            Look::Date
        } else {
            Look::Plain
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Look;

    #[test]
    fn formats_tell_dates_from_numbers() {
        for code in ["yyyy\\-mm\\-dd", "yyyy\"年\"m\"月\"d\"日\"", "[$-804]aaaa;m/d", "[h]:mm", "m/d/yy h:mm"] {
            assert_eq!(Look::of(code), Look::Date, "{code}");
        }
        for code in ["0%", "0.00%", "#,##0.0%;[Red]-0%"] {
            assert_eq!(Look::of(code), Look::Percent, "{code}");
        }
        for code in ["General", "0.00", "#,##0.00_ ", "0\"元/日 day\"", "[Red]0", "@", "[$¥-804]#,##0", "\\d0"] {
            assert_eq!(Look::of(code), Look::Plain, "{code}");
        }
    }
}
