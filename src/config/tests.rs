use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{ConfigError, LogFormat, SETTINGS, Settings};
use crate::limits::{ByProfile, DocumentPolicy, Limits};

const NO_VARIABLES: &[(&str, &str)] = &[];

/// Settings from a file's text, variables and arguments.
fn load(file: &str, variables: &[(&str, &str)], arguments: &[(&'static str, &str)]) -> Result<Settings, ConfigError> {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    let arguments: Vec<(&'static str, String)> =
        arguments.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Settings::from_sources(
        Some((Path::new("jixiao.toml"), file)),
        |name| variables.get(name).map(OsString::from),
        &arguments,
    )
}

fn refusal(file: &str, variables: &[(&str, &str)], arguments: &[(&'static str, &str)]) -> String {
    load(file, variables, arguments).err().expect("the settings are refused").to_string()
}

/// The line of a setting in `config show`.
fn line(settings: &Settings, name: &str) -> Vec<String> {
    let shown = settings.show();
    let line = shown.lines().find(|line| line.split_whitespace().next() == Some(name)).expect(name);
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect()
}

#[test]
fn defaults_are_complete_and_good() {
    let settings = load("", NO_VARIABLES, &[]).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.data, PathBuf::from("./data"));
    assert_eq!(settings.database().url, "sqlite://./data/jixiao.sqlite");
    assert_eq!(settings.keys_folder(), PathBuf::from("./data/keys"));
    assert_eq!(settings.token_life_seconds, Duration::from_secs(900));
    assert_eq!((settings.issuer.as_str(), settings.audience.as_str()), ("jixiao", "jixiao"));
    assert!(settings.trusted_keys.is_none() && settings.development_secret.is_none());
    assert!(settings.cors_origins.is_empty());
    assert_eq!(settings.log_format, LogFormat::Text);
    assert_eq!(settings.show().lines().count(), SETTINGS.len());
    assert!(settings.show().lines().all(|line| line.ends_with("  default")));
}

#[test]
fn every_example_is_good_and_differs_from_the_default() {
    for setting in SETTINGS {
        assert_ne!(setting.example, setting.default, "{}", setting.name);
        assert!(!setting.meaning.is_empty() && setting.meaning.ends_with('.'), "{}", setting.name);
        let arguments = match setting.name {
            "trusted_keys" => vec![(setting.name, setting.example), ("trusted_issuer", "x")],
            "trusted_issuer" => vec![(setting.name, setting.example), ("trusted_keys", "x")],
            _ => vec![(setting.name, setting.example)],
        };
        if setting.name == "development_secret" {
            // A command for the shell: what people paste from a page must not become a secret.
            assert!(refusal("", NO_VARIABLES, &arguments).contains("32 or more characters"));
            continue;
        }
        let settings = load("", NO_VARIABLES, &arguments).unwrap();
        assert_eq!(line(&settings, setting.name).last().map(String::as_str), Some("command line"));
    }
}

#[test]
fn the_last_source_wins_and_is_shown() {
    let file = "listen = \"127.0.0.1:1\"\ndatabase_readers = 7\nissuer = \"file\"\naudience = \"file\"";
    let variables = [("JIXIAO_ISSUER", "variable"), ("JIXIAO_LISTEN", "127.0.0.1:2"), ("JIXIAO_AUDIENCE", "")];
    let settings = load(file, &variables, &[("listen", "127.0.0.1:3")]).unwrap();
    assert_eq!(settings.listen.port(), 3);
    assert_eq!(settings.issuer, "variable");
    assert_eq!(settings.audience, "file", "an empty variable gives no value");
    assert_eq!(settings.database_readers, 7);
    assert_eq!(line(&settings, "listen"), ["listen", "127.0.0.1:3", "command line"]);
    assert_eq!(line(&settings, "issuer"), ["issuer", "variable", "environment"]);
    assert_eq!(line(&settings, "database_readers"), ["database_readers", "7", "jixiao.toml"]);
    assert_eq!(line(&settings, "trusted_keys"), ["trusted_keys", "(none)", "default"]);
}

#[test]
fn a_list_may_be_a_list_or_a_text() {
    for file in [
        r#"cors_origins = ["https://a.example", "http://localhost:3000"]"#,
        r#"cors_origins = "https://a.example, http://localhost:3000""#,
    ] {
        let settings = load(file, NO_VARIABLES, &[]).unwrap();
        assert_eq!(settings.cors_origins, ["https://a.example", "http://localhost:3000"]);
    }
}

#[test]
fn the_default_database_is_in_the_data_folder() {
    let url = |data| load("", &[("JIXIAO_DATA", data)], &[]).unwrap().database().url;
    assert_eq!(url("/var/lib/jixiao"), "sqlite:///var/lib/jixiao/jixiao.sqlite");
    assert_eq!(url("/a?b%c"), "sqlite:///a%3Fb%25c/jixiao.sqlite");
    let given = load("", &[("JIXIAO_DATA", "/a"), ("JIXIAO_DATABASE_URL", "sqlite://b")], &[]).unwrap();
    assert_eq!(given.database().url, "sqlite://b");
}

#[test]
fn unknown_names_in_the_file_are_named_with_the_nearest_one() {
    let error = refusal("isuer = \"x\"", NO_VARIABLES, &[]);
    assert_eq!(error, "there is no setting `isuer` (jixiao.toml); the nearest is `issuer`");
    assert!(refusal("[database]\nurl = \"x\"", NO_VARIABLES, &[]).contains("`database` (jixiao.toml)"));
    assert!(refusal("", NO_VARIABLES, &[("lisen", "x")]).contains("`lisen` (command line); the nearest is `listen`"));
}

#[test]
fn variables_of_others_are_left_alone() {
    load("", &[("JIXIAO_PORT", "tcp://10.0.0.1:80"), ("JIXIAO_SERVICE_HOST", "10.0.0.1")], &[]).unwrap();
}

#[test]
fn a_bad_value_is_named_with_its_form_and_an_example() {
    assert_eq!(
        refusal("", &[("JIXIAO_LISTEN", "8080")], &[]),
        "the setting `listen` (environment) is `8080`, but must be an IP address and a port; for example: 0.0.0.0:8080"
    );
    assert_eq!(
        refusal("token_life_seconds = 901", NO_VARIABLES, &[]),
        "the setting `token_life_seconds` (jixiao.toml) is `901`, but must be a whole number from 1 to 900; for example: 300"
    );
    for (name, bad, form) in [
        ("data", "", "a path"),
        ("database_url", "mysql://x", "a URL of SQLite or PostgreSQL"),
        ("database_row_security", "true", "`on` or `off`"),
        ("database_read_urls", "sqlite://x", "URLs of PostgreSQL, separated by commas"),
        ("database_read_urls", "postgres://a/d,b", "URLs of PostgreSQL, separated by commas"),
        ("database_readers", "0", "a whole number from 1"),
        ("database_readers", "-1", "a whole number from 1"),
        ("database_readers", "many", "a whole number from 1"),
        ("drain_seconds", "601", "a whole number from 0 to 600"),
        ("issuer", " ", "a text that is not empty"),
        ("development_secret", "short", "32 or more characters"),
        ("cors_origins", "*", "web origins"),
        ("cors_origins", "https://a.example/", "web origins"),
        ("cors_origins", "https://A.example", "web origins"),
        ("cors_origins", "https://", "web origins"),
        ("log_format", "xml", "`text` or `json`"),
        ("log_level", "loud", "off, error, warn"),
        ("log_level", "info,=debug", "off, error, warn"),
    ] {
        let error = refusal("", NO_VARIABLES, &[(name, bad)]);
        assert!(error.contains(&format!("`{name}` (command line)")) && error.contains(form), "{error}");
    }
    for wrong in ["listen = 1.5", "listen = 2026-11-22", "cors_origins = [1]"] {
        assert!(refusal(wrong, NO_VARIABLES, &[]).contains("is of another type"), "{wrong}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_named_with_the_place() {
    let error = refusal("listen = \"x", NO_VARIABLES, &[]);
    assert!(error.contains("jixiao.toml is not TOML") && error.contains("line 1"), "{error}");
}

#[test]
fn a_variable_that_is_not_text_is_refused() {
    let bytes = |name: &str| (name == "JIXIAO_ISSUER").then(|| OsString::from_vec(vec![0xff]));
    let error = Settings::from_sources(None, bytes, &[]).err().unwrap().to_string();
    assert!(error.contains("`issuer` (environment) is not Unicode"), "{error}");
}

#[test]
fn trusted_keys_and_their_issuer_belong_together() {
    for half in ["trusted_keys", "trusted_issuer"] {
        assert!(refusal("", NO_VARIABLES, &[(half, "x")]).contains("belong together"));
    }
}

#[test]
fn secrets_are_never_shown() {
    let secret = "0123456789abcdef0123456789abcdef";
    let settings = load("", NO_VARIABLES, &[("development_secret", secret)]).unwrap();
    assert_eq!(line(&settings, "development_secret"), ["development_secret", "***", "command line"]);
    assert!(!format!("{:?}", settings.development_secret).contains(secret));
    assert!(!refusal("", NO_VARIABLES, &[("development_secret", "hunter2")]).contains("hunter2"));
    assert!(!refusal("", NO_VARIABLES, &[("database_url", "mysql://me:hunter2@h/d")]).contains("hunter2"));
    for (url, shown) in [
        ("postgres://me:hunter2@h:5432/d", "postgres://me:***@h:5432/d"),
        ("postgres://me@h/d", "postgres://me@h/d"),
        ("postgres://h:5432/d", "postgres://h:5432/d"),
        ("postgres://:hunter2@h/d", "postgres://:***@h/d"),
        ("postgres://me:hun@ter/2?x@h/d", "postgres://me:***@h/d"),
        ("postgres://h/d?password=hunter2", "postgres://h/d?password=***"),
        ("postgres://h/d?a=b&password=hunter2&c=d", "postgres://h/d?a=b&password=***&c=d"),
        ("postgres://h/d?user=a@b&password=hun@ter2", "postgres://h/d?user=a@b&password=***"),
        ("postgres://me:hunter2@h/d?sslpassword=hunter2", "postgres://me:***@h/d?sslpassword=***"),
        ("sqlite://data/x.sqlite?mode=rwc", "sqlite://data/x.sqlite?mode=rwc"),
    ] {
        let settings = load("", NO_VARIABLES, &[("database_url", url)]).unwrap();
        assert_eq!(line(&settings, "database_url")[1], shown);
        assert_eq!(settings.database().url, url);
    }
    let urls = "postgres://me:hunter2@a/d, postgresql://me:hunter2@b/d?password=hunter2";
    let settings = load("", NO_VARIABLES, &[("database_read_urls", urls)]).unwrap();
    assert!(
        settings.show().contains("postgres://me:***@a/d,postgresql://me:***@b/d?password=***"),
        "{}",
        settings.show()
    );
    assert_eq!(settings.database().read_urls.join(", "), urls);
    // The comma stands in a password.
    let error = refusal("", NO_VARIABLES, &[("database_read_urls", "postgres://me:hunter2,hunter2@a/d")]);
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn limits_are_settings_by_profile() {
    let file = "[limits.public]\ncost = 500\nrequests_minute = 30\n[limits.staff]\nrunning = 4";
    let variables = [("JIXIAO_LIMITS_PUBLIC_COST", "600"), ("JIXIAO_LIMITS_SERVICE_BULK_ROWS", "")];
    let settings = load(file, &variables, &[]).unwrap();
    let limits = settings.limits;
    assert_eq!((limits.public.cost, limits.public.requests_minute, limits.staff.running), (600, 30, 4));
    assert_eq!(limits.service, Limits::DEFAULT.service);
    assert_eq!(line(&settings, "limits.public.cost"), ["limits.public.cost", "600", "environment"]);
    assert_eq!(line(&settings, "limits.staff.running"), ["limits.staff.running", "4", "jixiao.toml"]);
    assert_eq!(settings.show().lines().count(), SETTINGS.len() + 3);
    for (file, error) in [
        (
            "[limits.public]\ncosts = 1",
            "there is no setting `limits.public.costs` (jixiao.toml); the nearest is `cost`",
        ),
        ("[limits.publik]\ncost = 1", "there is no setting `limits.publik` (jixiao.toml); the nearest is `public`"),
        (
            "[limits.public]\ncost = \"many\"",
            "the limit `limits.public.cost` (jixiao.toml) is `many`, but must be a whole number",
        ),
        (
            "[limits.public]\ncost = -1",
            "the limit `limits.public.cost` (jixiao.toml) is `-1`, but must be a whole number",
        ),
        (
            "[limits.public]\ncost = 1.5",
            "the limit `limits.public.cost` (jixiao.toml) is `of another type`, but must be a whole number",
        ),
        ("limits = 1", "`limits` in the settings file must be a table; for example: [limits.public]"),
        ("[limits]\npublic = 1", "`limits.public` in the settings file must be a table; for example: [limits.public]"),
        ("[limits.public]\npage_max = 10", "limits.public.page_default is 20, more than page_max, which is 10."),
    ] {
        assert_eq!(refusal(file, NO_VARIABLES, &[]), error);
    }
    let above = load("[limits.staff]\nbulk_rows = 5001", NO_VARIABLES, &[]).unwrap();
    let error = above.refuse_above_ceiling().unwrap_err().to_string();
    assert_eq!(error, "limits.staff.bulk_rows is 5001; the ceiling is 5000.");
    assert!(settings.refuse_above_ceiling().is_ok());
}

#[test]
fn who_may_ask_for_the_schema_and_who_must_name_documents_is_said_by_profile() {
    let settings = load("", &[("JIXIAO_INTROSPECTION", "staff, service")], &[]).unwrap();
    assert_eq!(settings.introspection, ByProfile { public: false, staff: true, service: true });
    let settings = load("introspection = \"none\"", NO_VARIABLES, &[]).unwrap();
    assert_eq!(settings.introspection, ByProfile::default());
    assert!(refusal("introspection = \"none,staff\"", NO_VARIABLES, &[]).contains("or `none`"));

    let file = "trusted_documents = [\"a.json\", \"b.json\"]\ndocuments_public = \"require\"";
    let settings = load(file, NO_VARIABLES, &[]).unwrap();
    assert_eq!(settings.trusted_documents, [PathBuf::from("a.json"), PathBuf::from("b.json")]);
    let policies = settings.document_policies();
    assert_eq!((policies.public, policies.staff), (DocumentPolicy::Require, DocumentPolicy::Off));
    let error = refusal("documents_public = \"require\"", NO_VARIABLES, &[]);
    assert_eq!(
        error,
        "`documents_public` is `require`, but `trusted_documents` names no manifest: nothing could be asked"
    );
    assert!(refusal("documents_staff = \"maybe\"", NO_VARIABLES, &[]).contains("`off`, `prefer` or `require`"));
}

#[test]
fn proxies_are_addresses_or_networks() {
    let settings = load("", &[("JIXIAO_TRUSTED_PROXIES", "10.0.0.0/8, ::1")], &[]).unwrap();
    assert!(settings.trusted_proxies.iter().any(|network| network.contains("10.1.2.3".parse().unwrap())));
    assert_eq!(settings.trusted_proxies.len(), 2);
    assert!(refusal("trusted_proxies = \"proxy.example\"", NO_VARIABLES, &[]).contains("addresses or networks"));
}
