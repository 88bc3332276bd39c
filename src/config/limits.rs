//! The limits as settings: tables `[limits.public]`, `[limits.staff]` and `[limits.service]` in the file, variables
//! `JIXIAO_LIMITS_<PROFILE>_<LIMIT>`.

use std::ffi::OsString;

use super::source::{ConfigError, Shown, Source, plain_text};
use crate::limits::{Limits, Profile, ProfileLimits};

/// The limits, and which of them were given.
pub(super) struct LimitLayers {
    pub(super) limits: Limits,
    pub(super) given: Vec<Shown>,
}

impl Default for LimitLayers {
    fn default() -> Self {
        Self { limits: Limits::DEFAULT, given: Vec::new() }
    }
}

impl LimitLayers {
    /// Adds the table `limits` of a file.
    pub(super) fn add_table(&mut self, table: toml::Value, source: &Source) -> Result<(), ConfigError> {
        for (profile, limits) in tables(table, "limits")? {
            let Some(known) = Profile::ALL.into_iter().find(|known| known.name() == profile) else {
                let names = Profile::ALL.map(Profile::name);
                return Err(unknown(&format!("limits.{profile}"), &profile, source, names.into_iter()));
            };
            for (name, value) in tables(limits, &format!("limits.{profile}"))? {
                let text = plain_text(value).unwrap_or_else(|| "of another type".to_owned());
                self.set(known, &name, &text, source)?;
            }
        }
        Ok(())
    }

    /// Adds the values of the variables that are set and not empty.
    pub(super) fn add_variables(&mut self, variable: impl Fn(&str) -> Option<OsString>) -> Result<(), ConfigError> {
        for profile in Profile::ALL {
            for (name, _) in ProfileLimits::SERVICE.entries() {
                let key = format!("JIXIAO_LIMITS_{}_{name}", profile.name()).to_ascii_uppercase();
                if let Some(text) = variable(&key).filter(|text| !text.is_empty()) {
                    self.set(profile, name, &text.to_string_lossy(), &Source::Environment)?;
                }
            }
        }
        Ok(())
    }

    fn set(&mut self, profile: Profile, name: &str, text: &str, source: &Source) -> Result<(), ConfigError> {
        let full = format!("limits.{}.{name}", profile.name());
        let Some(limit) = self.limits.of_mut(profile).by_name(name) else {
            return Err(unknown(&full, name, source, ProfileLimits::SERVICE.entries().map(|(name, _)| name)));
        };
        let Ok(value) = text.parse() else {
            return Err(ConfigError::BadLimit { name: full, origin: source.clone(), value: text.to_owned() });
        };
        *limit = value;
        self.given.retain(|shown| shown.name != full);
        self.given.push(Shown { name: full.into(), value: text.to_owned(), source: source.clone() });
        Ok(())
    }
}

/// The entries of a table.
fn tables(value: toml::Value, name: &str) -> Result<toml::Table, ConfigError> {
    match value {
        toml::Value::Table(table) => Ok(table),
        _ => Err(ConfigError::NotATable { name: name.to_owned() }),
    }
}

fn unknown(full: &str, name: &str, origin: &Source, known: impl Iterator<Item = &'static str>) -> ConfigError {
    let nearest = known.min_by_key(|known| strsim::damerau_levenshtein(name, known)).unwrap_or("cost");
    ConfigError::Unknown { name: full.to_owned(), origin: origin.clone(), nearest }
}
