//! How the text of a setting becomes its value, and how it is shown.
//!
//! A reader's error is the form that the text should have had, to stand after "must be".

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use tracing::level_filters::LevelFilter;

use crate::limits::{ByProfile, DocumentPolicy, Profile};
use crate::network::{Network, NotANetwork};

/// What stands in place of a secret.
const MASK: &str = "***";

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text, for the one place that uses it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "an IP address and a port".to_owned())
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("a path".to_owned()) } else { Ok(PathBuf::from(text)) }
}

pub(super) fn text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("a text that is not empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// An address of the web without anything behind its path; a slash at its end is no part of it.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    let address = text.strip_suffix('/').unwrap_or(text);
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let good = rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with('/')
            && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\"\\".contains(&byte))
    });
    if good { Ok(address.to_owned()) } else { Err("an address of http or https without ? and #".to_owned()) }
}

pub(super) fn count(text: &str, range: RangeInclusive<u32>) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("a whole number from {} to {}", range.start(), range.end()))
}

pub(super) fn seconds(text: &str, range: RangeInclusive<u32>) -> Result<Duration, String> {
    count(text, range).map(|seconds| Duration::from_secs(seconds.into()))
}

pub(super) fn truth(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "`true` or `false`".to_owned())
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("`on` or `off`".to_owned()),
    }
}

pub(super) fn secret(text: &str) -> Result<Secret, String> {
    if text.len() < 32 { Err("32 or more characters".to_owned()) } else { Ok(Secret(text.to_owned())) }
}

pub(super) fn database_url(text: &str) -> Result<Secret, String> {
    let known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
    if known { Ok(Secret(text.to_owned())) } else { Err("a URL of SQLite or PostgreSQL".to_owned()) }
}

/// URLs of PostgreSQL.
pub(super) fn database_read_urls(text: &str) -> Result<Vec<Secret>, String> {
    let url = |text: &str| {
        let known = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        known.then(|| Secret(text.to_owned()))
    };
    listed(text).map(url).collect::<Option<_>>().ok_or_else(|| "URLs of PostgreSQL, separated by commas".to_owned())
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("`text` or `json`".to_owned()),
    }
}

/// A level, or several `target=level`, separated by commas.
pub(super) fn log_filter(text: &str) -> Result<String, String> {
    let level = |part: &str| {
        let (target, level) = part.split_once('=').unwrap_or(("all", part));
        !target.is_empty() && level.parse::<LevelFilter>().is_ok()
    };
    if text.split(',').all(level) {
        Ok(text.to_owned())
    } else {
        Err("off, error, warn, info, debug or trace, or a list of them by target".to_owned())
    }
}

/// Origins as browsers send them: scheme, host, port where it is not the usual one, nothing behind.
pub(super) fn origins(text: &str) -> Result<Vec<String>, String> {
    let is_host = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
    let origin = |text: &str| {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        (!host.is_empty() && host.bytes().all(is_host)).then(|| text.to_owned())
    };
    let read: Option<Vec<String>> = listed(text).map(origin).collect();
    read.ok_or_else(|| "web origins (scheme and host in small letters, no path), separated by commas".to_owned())
}

/// Address of an identity provider, without anything behind its path.
pub(super) fn provider(text: &str) -> Result<String, String> {
    let plain = is_provider_url(text) && !text.contains('?');
    if plain { Ok(text.to_owned()) } else { Err("an https address (http only on this machine)".to_owned()) }
}

/// Whether this is an address that may be asked for keys: https, or http on this machine, where nobody is between.
pub fn is_provider_url(text: &str) -> bool {
    let is_loopback = |host: &str| {
        let host = match host.strip_prefix('[') {
            Some(host) => host.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    let host = |rest: &'static str| text.strip_prefix(rest).and_then(|rest| rest.split(['/', '?']).next());
    let written = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    let named = |host: &str| !host.is_empty() && !host.contains('@');
    written
        && (host("https://").is_some_and(named) || host("http://").is_some_and(|host| named(host) && is_loopback(host)))
}

/// Parts of a list.
fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

pub(super) fn networks(text: &str) -> Result<Vec<Network>, String> {
    let read: Result<Vec<Network>, NotANetwork> = listed(text).map(str::parse).collect();
    read.map_err(|NotANetwork| "addresses or networks (10.0.0.0/8), separated by commas".to_owned())
}

pub(super) fn paths(text: &str) -> Result<Vec<PathBuf>, String> {
    Ok(listed(text).map(PathBuf::from).collect())
}

/// The profiles that are named.
pub(super) fn profiles(text: &str) -> Result<ByProfile<bool>, String> {
    let mut named = ByProfile::default();
    for name in listed(text).filter(|_| text != "none") {
        match Profile::ALL.into_iter().find(|profile| profile.name() == name) {
            Some(profile) => *named.of_mut(profile) = true,
            None => return Err("`public`, `staff` and `service`, separated by commas, or `none`".to_owned()),
        }
    }
    Ok(named)
}

pub(super) fn document_policy(text: &str) -> Result<DocumentPolicy, String> {
    match text {
        "off" => Ok(DocumentPolicy::Off),
        "prefer" => Ok(DocumentPolicy::Prefer),
        "require" => Ok(DocumentPolicy::Require),
        _ => Err("`off`, `prefer` or `require`".to_owned()),
    }
}

/// An empty text is no value.
pub(super) fn optional<T>(text: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}

/// Shows all.
pub(super) fn plain(text: &str) -> String {
    text.to_owned()
}

/// Shows nothing.
pub(super) fn masked(_: &str) -> String {
    MASK.to_owned()
}

/// Shows a database URL without its passwords: neither those in parameters nor the one before the host, which counts up
/// to the last `@`, because people forget to escape.
pub(super) fn masked_url(text: &str) -> String {
    let parameter = |piece: &str| match piece.split_once('=') {
        Some((name, value)) if name.ends_with("password") => {
            format!("{name}={MASK}{}", if value.ends_with('&') { "&" } else { "" })
        }
        _ => piece.to_owned(),
    };
    let text: String = text.split_inclusive(['?', '&']).map(parameter).collect();
    let Some((login, host)) = text.rsplit_once('@') else { return text };
    let user_at = login.find("://").map_or(0, |scheme| scheme + 3);
    match login[user_at..].find(':') {
        Some(colon) => format!("{}:{MASK}@{host}", &login[..user_at + colon]),
        None => text,
    }
}

/// Shows a list of database URLs without their passwords; one that is not read as a list is not shown at all.
pub(super) fn masked_urls(text: &str) -> String {
    match database_read_urls(text) {
        Ok(urls) => urls.iter().map(|url| masked_url(url.expose())).collect::<Vec<_>>().join(","),
        Err(_) => MASK.to_owned(),
    }
}
