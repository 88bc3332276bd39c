//! Every setting with its default, its meaning and where its value came from.
//!
//! A value is taken from the last of these that gives one: the default, `jixiao.toml` in the working folder (or the file
//! that `--config` or `JIXIAO_CONFIG` names), the variable `JIXIAO_<NAME>`, the command line. An empty variable gives none. Unknown
//! names in the file are errors; unknown variables are not, because container platforms set some of their own. The limits of
//! [`crate::limits`] are settings by profile and name: `[limits.public]` and `cost = 500` in the file, or `JIXIAO_LIMITS_PUBLIC_COST`.

mod limits;
mod source;
#[cfg(test)]
mod tests;
mod value;

use std::env;
use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use self::source::{ConfigError, Source};
use self::source::{Layers, Shown};
pub use self::value::{LogFormat, Secret, is_provider_url};
use self::value::{
    address, base_url, count, database_read_urls, database_url, document_policy, log_filter, log_format, masked,
    masked_url, masked_urls, networks, optional, origins, path, paths, plain, profiles, provider, seconds, secret,
    switch, text, truth,
};

use self::limits::LimitLayers;
use crate::db::DatabaseSettings;
use crate::limits::{ByProfile, DocumentPolicy, Limits};
use crate::network::Network;

/// The file of settings in the working folder.
const FILE: &str = "jixiao.toml";

/// Names another file of settings.
const FILE_VARIABLE: &str = "JIXIAO_CONFIG";

/// What is known about a setting before any value is read: a row of the settings table.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Name in the file; the variable is `JIXIAO_` and the name in capitals.
    pub name: &'static str,
    /// What it means, one sentence.
    pub meaning: &'static str,
    /// Value without any source; empty for none; `{data}` stands for the data folder.
    pub default: &'static str,
    /// A value that differs from the default.
    pub example: &'static str,
}

impl Setting {
    /// Name of the variable.
    pub fn variable(&self) -> String {
        format!("JIXIAO_{}", self.name.to_ascii_uppercase())
    }
}

/// Each row: meaning, name, type, default, example, how to read the text, how to show it.
macro_rules! settings {
    ($($(#[doc = $meaning:literal])+ $name:ident: $type:ty, $default:literal, $example:literal, $read:expr, $show:expr;)*) => {
        /// All settings in their order.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            name: stringify!($name),
            meaning: concat!($($meaning),+).trim_ascii(),
            default: $default,
            example: $example,
        }),*];

        /// The values of all settings.
        pub struct Settings {
            $($(#[doc = $meaning])+ pub $name: $type,)*
            /// What callers may ask for.
            pub limits: Limits,
            shown: Vec<Shown>,
        }

        impl Settings {
            fn read(layers: Layers) -> Result<Self, ConfigError> {
                let mut shown = Vec::with_capacity(SETTINGS.len());
                $(let $name = layers.value(stringify!($name), &mut shown, $read, $show)?;)*
                let LimitLayers { limits, given } = layers.limits;
                shown.extend(given);
                Ok(Self { $($name,)* limits, shown })
            }
        }
    };
}

settings! {
    /// Address and port of the HTTP service.
    listen: SocketAddr, "127.0.0.1:8080", "0.0.0.0:8080", address, plain;
    /// Folder of the keys, the uploads and the embedded database.
    data: PathBuf, "./data", "/var/lib/jixiao", path, plain;
    /// Database: a file of SQLite, or PostgreSQL 15 and newer.
    database_url: Secret, "sqlite://{data}/jixiao.sqlite", "postgres://jixiao@localhost/jixiao", database_url, masked_url;
    /// Streaming replicas of the PostgreSQL server, separated by commas; they answer queries, and nothing else is asked of them.
    database_read_urls: Vec<Secret>, "", "postgres://jixiao@replica/jixiao", database_read_urls, masked_urls;
    /// How old a replica may be that answers, in seconds; an older one is passed over.
    database_replica_lag_seconds: Duration, "10", "2", |text| seconds(text, 1..=600), plain;
    /// Reading connections to the database, and to each replica.
    database_readers: u32, "4", "16", |text| count(text, 1..=1000), plain;
    /// Writing connections to PostgreSQL; SQLite always has one.
    database_writers: u32, "8", "16", |text| count(text, 1..=1000), plain;
    /// How long a request waits for a connection before it is told to come again, in seconds.
    connection_wait_seconds: Duration, "2", "5", |text| seconds(text, 1..=60), plain;
    /// How long one reading statement may run, in seconds.
    read_timeout_seconds: Duration, "10", "5", |text| seconds(text, 1..=3600), plain;
    /// How long one writing statement may run, in seconds.
    write_timeout_seconds: Duration, "25", "60", |text| seconds(text, 1..=3600), plain;
    /// How long a statement waits for a lock, in seconds.
    lock_timeout_seconds: Duration, "3", "5", |text| seconds(text, 1..=60), plain;
    /// Whether PostgreSQL itself shows each caller only what the caller may see: `on` or `off`; the role of the URL may be no superuser.
    database_row_security: bool, "off", "on", switch, plain;
    /// Address at which clients reach the service, as they write it; without one `http://` and the listening address.
    public_url: Option<String>, "", "https://jixiao.example", |text| optional(text, base_url), plain;
    /// Name of this service in the tokens it issues (`iss`); the same address, if other programs look for its keys.
    issuer: String, "jixiao", "https://jixiao.example", text, plain;
    /// Name of this service in the tokens it accepts (`aud`).
    audience: String, "jixiao", "https://jixiao.example/graphql", text, plain;
    /// Life of the access tokens that this service issues, in seconds, 15 minutes at most.
    token_life_seconds: Duration, "900", "300", |text| seconds(text, 1..=900), plain;
    /// JWK set file with the public keys of another issuer of tokens.
    trusted_keys: Option<PathBuf>, "", "/etc/jixiao/trusted.json", |text| optional(text, path), plain;
    /// Name of that other issuer (`iss`).
    trusted_issuer: Option<String>, "", "https://login.example", |text| optional(text, self::text), plain;
    /// Identity provider (OpenID Connect) whose access tokens are accepted.
    oidc_issuer: Option<String>, "", "https://login.example/realms/main", |text| optional(text, provider), plain;
    /// Name of this service in the tokens of the identity provider (`aud`); the setting `audience` when empty.
    oidc_audience: Option<String>, "", "jixiao-api", |text| optional(text, self::text), plain;
    /// Claim by which the identity provider names the account.
    oidc_claim: String, "sub", "employee_number", text, plain;
    /// PEM file of the authority of the identity provider's certificate, where that is not a public one.
    oidc_authority: Option<PathBuf>, "", "/etc/jixiao/authority.pem", |text| optional(text, path), plain;
    /// Whether people can sign in by password; `false` where an identity provider does it.
    local_login: bool, "true", "false", truth, plain;
    /// Development only: shared secret of HS256 tokens, 32 bytes or more.
    development_secret: Option<Secret>, "", "$(openssl rand -base64 48)", |text| optional(text, secret), masked;
    /// Web origins whose pages may call the service, separated by commas.
    cors_origins: Vec<String>, "", "https://app.example,http://localhost:3000", origins, plain;
    /// Proxies before the service, addresses or networks, separated by commas: what their `X-Forwarded-For` says is believed.
    trusted_proxies: Vec<Network>, "", "10.0.0.0/8,::1", networks, plain;
    /// Callers whose questions for the schema are answered: `public`, `staff`, `service`, or `none`.
    introspection: ByProfile<bool>, "public,staff,service", "staff,service", profiles, plain;
    /// Manifests of trusted documents (`persisted-documents.json`), separated by commas; read at the start and on SIGHUP.
    trusted_documents: Vec<PathBuf>, "", "/etc/jixiao/persisted-documents.json", paths, plain;
    /// Documents of callers without a token: `off` (as text), `prefer` (also by id) or `require` (by id only).
    documents_public: DocumentPolicy, "off", "prefer", document_policy, plain;
    /// Documents of people, likewise.
    documents_staff: DocumentPolicy, "off", "prefer", document_policy, plain;
    /// Documents of other systems, likewise.
    documents_service: DocumentPolicy, "off", "prefer", document_policy, plain;
    /// Form of the log: `text` or `json`.
    log_format: LogFormat, "text", "json", log_format, plain;
    /// What is logged: a level, or several with targets.
    log_level: String, "info", "warn,jixiao=debug", log_filter, plain;
    /// Address at which Prometheus finds `/metrics`; without one there are none. Whoever reaches it can read them.
    metrics_listen: Option<SocketAddr>, "", "127.0.0.1:9090", |text| optional(text, address), plain;
    /// Collector of traces by OTLP (HTTP, protobuf), below which `/v1/traces` is; without one there are none.
    otlp_endpoint: Option<String>, "", "http://127.0.0.1:4318", |text| optional(text, base_url), plain;
    /// How long the service says at `/readyz` that it will stop, before it stops taking connections, in seconds.
    drain_notice_seconds: Duration, "5", "0", |text| seconds(text, 0..=600), plain;
    /// How long running requests may take after that, in seconds.
    drain_seconds: Duration, "25", "60", |text| seconds(text, 0..=600), plain;
    /// Whether everybody may ask at `/public/graphql` for what is published.
    public: bool, "true", "false", truth, plain;
    /// Bulk operations that this process works on at a time; 0 leaves them to other processes on the same data folder.
    bulk_workers: u32, "2", "4", |text| count(text, 0..=16), plain;
    /// Largest file that a system may upload, in MiB; people may upload 20 MiB at the most.
    upload_limit_mebibytes: u32, "4096", "1024", |text| count(text, 1..=65_536), plain;
}

impl Settings {
    /// The settings of this process; `file` and `arguments` (names and values) are what the command line gives.
    ///
    /// # Errors
    /// For an unreadable file, an unknown name in it, and a value that is not of its setting's form; each says where.
    pub fn load(file: Option<&Path>, arguments: &[(&'static str, String)]) -> Result<Self, ConfigError> {
        let variable = || env::var_os(FILE_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        let named = file.map(Path::to_owned).or_else(variable);
        let path = named.clone().unwrap_or_else(|| PathBuf::from(FILE));
        let file = match fs::read_to_string(&path) {
            Ok(text) => Some((path.as_path(), text)),
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => None,
            Err(source) => return Err(ConfigError::Unreadable { path, source }),
        };
        let file = file.as_ref().map(|(path, text)| (*path, text.as_str()));
        Self::from_sources(file, |name| env::var_os(name), arguments)
    }

    /// The settings of a file (name and text), of variables and of command line arguments.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn from_sources(
        file: Option<(&Path, &str)>,
        variable: impl Fn(&str) -> Option<OsString>,
        arguments: &[(&'static str, String)],
    ) -> Result<Self, ConfigError> {
        let mut layers = Layers::default();
        if let Some((path, text)) = file {
            layers.add_file(path, text)?;
        }
        layers.add_variables(variable)?;
        layers.add_arguments(arguments)?;
        let settings = Self::read(layers)?;
        settings.limits.check().map_err(ConfigError::Limits)?;
        for (name, policy) in [
            ("documents_public", settings.documents_public),
            ("documents_staff", settings.documents_staff),
            ("documents_service", settings.documents_service),
        ] {
            if policy == DocumentPolicy::Require && settings.trusted_documents.is_empty() {
                return Err(ConfigError::NothingTrusted(name));
            }
        }
        if settings.trusted_keys.is_some() != settings.trusted_issuer.is_some() {
            return Err(ConfigError::HalfTrusted);
        }
        let own = [Some(&settings.issuer), settings.trusted_issuer.as_ref()];
        if settings.oidc_issuer.is_some() && own.contains(&settings.oidc_issuer.as_ref()) {
            return Err(ConfigError::SameIssuer);
        }
        Ok(settings)
    }

    /// How to connect to the database.
    pub fn database(&self) -> DatabaseSettings {
        DatabaseSettings {
            url: self.database_url.expose().to_owned(),
            readers: self.database_readers,
            writers: self.database_writers,
            acquire_timeout: self.connection_wait_seconds,
            read_timeout: self.read_timeout_seconds,
            write_timeout: self.write_timeout_seconds,
            lock_timeout: self.lock_timeout_seconds,
            row_security: self.database_row_security,
            read_urls: self.database_read_urls.iter().map(|url| url.expose().to_owned()).collect(),
            replica_lag: self.database_replica_lag_seconds,
        }
    }

    /// The address at which clients reach the service that listens at `listening`, without a slash at its end.
    pub fn base_url(&self, listening: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{listening}"))
    }

    /// Refuses limits above the ceiling.
    ///
    /// # Errors
    /// With the limit, its value and the ceiling.
    pub fn refuse_above_ceiling(&self) -> Result<(), ConfigError> {
        self.limits.check_ceiling().map_err(ConfigError::Limits)
    }

    /// Which documents callers may send.
    pub fn document_policies(&self) -> ByProfile<DocumentPolicy> {
        ByProfile { public: self.documents_public, staff: self.documents_staff, service: self.documents_service }
    }

    /// Folder of the keys.
    pub fn keys_folder(&self) -> PathBuf {
        self.data.join("keys")
    }

    /// Folder of the imported files.
    pub fn files_folder(&self) -> PathBuf {
        self.data.join("files")
    }

    /// All settings as lines of name, value and source, without secrets.
    pub fn show(&self) -> String {
        let width =
            |text: fn(&Shown) -> &str| self.shown.iter().map(|row| text(row).chars().count()).max().unwrap_or(0);
        let (names, values) = (width(|row| &row.name), width(|row| &row.value));
        self.shown.iter().fold(String::new(), |mut lines, Shown { name, value, source }| {
            // Writing to a String cannot fail.
            let _ = writeln!(lines, "{name:names$}  {value:values$}  {source}");
            lines
        })
    }
}
