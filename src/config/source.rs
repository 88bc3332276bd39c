//! Where values come from: layers of texts by setting, the last one wins.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::limits::LimitLayers;
use super::{SETTINGS, Setting};
use crate::error::AppError;

/// The table of the file that holds the limits.
const LIMITS: &str = "limits";

/// Stands for the data folder in a default.
const DATA: &str = "{data}";

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Built in.
    Default,
    /// The file of settings.
    File(PathBuf),
    /// A variable.
    Environment,
    /// An argument.
    CommandLine,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => path.display().fmt(f),
            Self::Environment => f.write_str("environment"),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

/// Why the settings cannot be used, in words for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the settings file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("the settings file {} is not TOML: {problem}", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Place and reason.
        problem: String,
    },
    /// A name that is no setting.
    #[error("there is no setting `{name}` ({origin}); the nearest is `{nearest}`")]
    Unknown {
        /// The name.
        name: String,
        /// Where it stands.
        origin: Source,
        /// The setting whose name is most like it.
        nearest: &'static str,
    },
    /// A value that is not of the form that its setting needs.
    #[error("the setting `{name}` ({origin}) is {value}, but must be {form}; for example: {example}")]
    BadValue {
        /// The setting.
        name: &'static str,
        /// Where the value stands.
        origin: Source,
        /// The value, without secrets.
        value: String,
        /// What it must be.
        form: String,
        /// A good value.
        example: &'static str,
    },
    /// A limit that is no number.
    #[error("the limit `{name}` ({origin}) is `{value}`, but must be a whole number")]
    BadLimit {
        /// The limit with its profile.
        name: String,
        /// Where the value stands.
        origin: Source,
        /// The value.
        value: String,
    },
    /// A value where there must be a table of limits.
    #[error("`{name}` in the settings file must be a table; for example: [limits.public]")]
    NotATable {
        /// The name.
        name: String,
    },
    /// Limits that contradict each other, or are above the ceiling.
    #[error("{0}")]
    Limits(AppError),
    /// Documents must be named by ids, and there are none.
    #[error("`{0}` is `require`, but `trusted_documents` names no manifest: nothing could be asked")]
    NothingTrusted(&'static str),
    /// Keys of an issuer without a name, or the reverse.
    #[error("`trusted_keys` and `trusted_issuer` belong together: give both or none")]
    HalfTrusted,
    /// The identity provider has the name of another issuer.
    #[error("`oidc_issuer` must be another issuer than `issuer` and `trusted_issuer`: tokens are told apart by it")]
    SameIssuer,
}

/// A setting as `config show` prints it.
pub(super) struct Shown {
    pub(super) name: Cow<'static, str>,
    pub(super) value: String,
    pub(super) source: Source,
}

/// The given texts, by name.
#[derive(Default)]
pub(super) struct Layers {
    given: HashMap<&'static str, (String, Source)>,
    pub(super) limits: LimitLayers,
}

impl Layers {
    /// Adds the values of a TOML file: texts, whole numbers, truth values and lists of texts.
    pub(super) fn add_file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| ConfigError::NotToml {
            path: path.to_owned(),
            problem: error.to_string(),
        })?;
        for (name, value) in table {
            let source = Source::File(path.to_owned());
            if name == LIMITS {
                self.limits.add_table(value, &source)?;
                continue;
            }
            let setting = find(&name, &source)?;
            let text = plain_text(value).ok_or_else(|| ConfigError::BadValue {
                name: setting.name,
                origin: source.clone(),
                value: "of another type".to_owned(),
                form: "a text, a whole number or a list of texts".to_owned(),
                example: setting.example,
            })?;
            self.given.insert(setting.name, (text, source));
        }
        Ok(())
    }

    /// Adds the values of the variables that are set and not empty.
    pub(super) fn add_variables(&mut self, variable: impl Fn(&str) -> Option<OsString>) -> Result<(), ConfigError> {
        self.limits.add_variables(&variable)?;
        for setting in SETTINGS {
            let Some(value) = variable(&setting.variable()).filter(|value| !value.is_empty()) else { continue };
            let text = value.into_string().map_err(|_| ConfigError::BadValue {
                name: setting.name,
                origin: Source::Environment,
                value: "not Unicode".to_owned(),
                form: "a text in UTF-8".to_owned(),
                example: setting.example,
            })?;
            self.given.insert(setting.name, (text, Source::Environment));
        }
        Ok(())
    }

    /// Adds the values of the command line.
    pub(super) fn add_arguments(&mut self, arguments: &[(&'static str, String)]) -> Result<(), ConfigError> {
        for (name, value) in arguments {
            let setting = find(name, &Source::CommandLine)?;
            self.given.insert(setting.name, (value.clone(), Source::CommandLine));
        }
        Ok(())
    }

    /// Reads the value of a setting and notes how to show it.
    pub(super) fn value<T>(
        &self,
        name: &'static str,
        shown: &mut Vec<Shown>,
        read: impl Fn(&str) -> Result<T, String>,
        show: impl Fn(&str) -> String,
    ) -> Result<T, ConfigError> {
        let setting = find(name, &Source::Default)?;
        let (text, source) = self.text(setting);
        let value = read(&text).map_err(|form| ConfigError::BadValue {
            name: setting.name,
            origin: source.clone(),
            value: format!("`{}`", show(&text)),
            form,
            example: setting.example,
        })?;
        let seen = if text.is_empty() { "(none)".to_owned() } else { show(&text) };
        shown.push(Shown { name: setting.name.into(), value: seen, source });
        Ok(value)
    }

    /// The text of a setting as the last layer gives it.
    fn text(&self, setting: &Setting) -> (String, Source) {
        if let Some(given) = self.given.get(setting.name) {
            return given.clone();
        }
        match setting.default.split_once(DATA) {
            Some((before, after)) => (format!("{before}{}{after}", self.data_in_url()), Source::Default),
            None => (setting.default.to_owned(), Source::Default),
        }
    }

    /// The data folder as part of a URL: two characters would end its path or be read as another.
    fn data_in_url(&self) -> String {
        let data = SETTINGS.iter().find(|setting| setting.name == "data");
        data.map(|data| self.text(data).0.replace('%', "%25").replace('?', "%3F")).unwrap_or_default()
    }
}

/// The setting of this name, or an error that names the most similar one.
fn find(name: &str, origin: &Source) -> Result<&'static Setting, ConfigError> {
    let distance = |setting: &&Setting| strsim::damerau_levenshtein(name, setting.name);
    match SETTINGS.iter().find(|setting| setting.name == name) {
        Some(setting) => Ok(setting),
        None => Err(ConfigError::Unknown {
            name: name.to_owned(),
            origin: origin.clone(),
            nearest: SETTINGS.iter().min_by_key(distance).map_or("listen", |setting| setting.name),
        }),
    }
}

/// The text that would stand in a variable for the same value; `None` for types that no setting has.
pub(super) fn plain_text(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        toml::Value::Array(list) => {
            let texts: Option<Vec<&str>> = list.iter().map(toml::Value::as_str).collect();
            Some(texts?.join(","))
        }
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}
