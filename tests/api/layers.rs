//! The direction of dependencies between the modules of the crate, read from the source.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Module by module, from below: the other modules of this crate that it may name.
const LAYERS: &[(&str, &[&str])] = &[
    // Below everything: plain values.
    ("clock", &[]),
    ("error", &[]),
    ("lang", &[]),
    ("network", &[]),
    ("request_id", &[]),
    ("tls", &["error"]),
    ("metrics", &["error"]),
    ("traces", &["error", "tls"]),
    ("rules", &["lang"]),
    ("input", &["lang"]),
    // The database and who asks.
    ("db", &["error", "metrics", "traces"]),
    ("limits", &["error"]),
    ("config", &["db", "error", "limits", "network"]),
    ("auth", &["clock", "config", "error", "tls"]),
    // What the service can do.
    ("service", &["auth", "clock", "db", "error", "input", "lang", "rules"]),
    ("login", &["auth", "clock", "db", "error", "service"]),
    ("import", &["auth", "clock", "db", "error", "lang", "rules", "service"]),
    ("bulk", &["auth", "clock", "db", "error", "input", "lang", "metrics", "service"]),
    ("intake", &["bulk", "error", "import", "input", "lang", "service"]),
    ("backup", &["auth", "clock", "db", "error", "service"]),
    // How it is asked.
    (
        "graphql",
        &[
            "auth",
            "bulk",
            "clock",
            "db",
            "error",
            "input",
            "intake",
            "lang",
            "limits",
            "network",
            "request_id",
            "service",
        ],
    ),
    (
        "http",
        &[
            "auth",
            "bulk",
            "clock",
            "db",
            "error",
            "graphql",
            "intake",
            "lang",
            "limits",
            "login",
            "metrics",
            "network",
            "request_id",
            "traces",
        ],
    ),
    // What puts it together.
    (
        "app",
        &[
            "auth", "backup", "bulk", "clock", "config", "db", "error", "graphql", "http", "import", "intake", "lang",
            "limits", "login", "metrics", "service", "traces",
        ],
    ),
    (
        "cli",
        &[
            "app", "auth", "backup", "bulk", "clock", "config", "db", "error", "graphql", "http", "import", "lang",
            "limits", "service", "tls",
        ],
    ),
];

/// Library by library: the modules that may name it.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("async_graphql", &["graphql", "http"]),
    ("argon2", &["auth"]),
    ("axum", &["app", "auth", "http"]),
    ("clap", &["cli"]),
    ("form_urlencoded", &["http"]),
    ("hashlink", &["http", "service"]),
    ("memchr", &["http"]),
    ("listenfd", &["app"]),
    ("migration", &["db"]),
    ("opentelemetry", &["traces"]),
    ("opentelemetry_sdk", &["traces"]),
    ("prometheus_client", &["metrics"]),
    ("sea_orm", &["app", "backup", "bulk", "cli", "db", "graphql", "import", "intake", "login", "service"]),
    ("sea_query_sqlx", &["db"]),
    ("sqlx", &["db"]),
    ("quick_xml", &["import"]),
    ("csv_core", &["import"]),
    ("rust_xlsxwriter", &["import"]),
    ("zip", &["import"]),
];

/// The source of a module, by file.
fn sources() -> BTreeMap<String, Vec<(String, String)>> {
    fn walk(folder: &Path, module: Option<&str>, found: &mut BTreeMap<String, Vec<(String, String)>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let module = module.unwrap_or(&stem);
            if path.is_dir() {
                walk(&path, Some(module), found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.entry(module.to_owned()).or_default().push((path.display().to_string(), text));
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), None, &mut found);
    found.remove("lib");
    found.remove("main");
    found
}

/// The names that stand right behind `prefix` in code, comments left out.
fn named(text: &str, prefix: &str) -> BTreeSet<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut names = BTreeSet::new();
    for line in code {
        for (at, _) in line.match_indices(prefix) {
            let name: String =
                line[at + prefix.len()..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            assert!(!name.is_empty(), "write one `use crate::module` a line: {line}");
            names.insert(name);
        }
    }
    names
}

/// Whether code names a library: `library::` that neither belongs to a longer name nor begins a text.
fn names_library(text: &str, library: &str) -> bool {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let path = format!("{library}::");
    let starts = |line: &str, at: usize| {
        !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':' || c == '"')
    };
    code.into_iter().any(|line| line.match_indices(&path).any(|(at, _)| starts(line, at)))
}

#[test]
fn every_module_names_only_what_lies_below_it() {
    let sources = sources();
    let listed: BTreeSet<&str> = LAYERS.iter().map(|(module, _)| *module).collect();
    assert_eq!(listed, sources.keys().map(String::as_str).collect(), "every module has its line in the table");
    for (module, allowed) in LAYERS {
        for (file, text) in &sources[*module] {
            for name in named(text, "crate::") {
                // A macro of the crate and the module itself are no dependency.
                let fine = name == *module || allowed.contains(&name.as_str());
                assert!(fine, "{file} names crate::{name}, which lies not below {module}");
            }
        }
    }
}

#[test]
fn every_permission_is_needed() {
    let sources = sources();
    for (module, allowed) in LAYERS {
        let used: BTreeSet<String> = sources[*module].iter().flat_map(|(_, text)| named(text, "crate::")).collect();
        for name in *allowed {
            assert!(used.contains(*name), "{module} does not use {name} any more: take it out of the table");
        }
    }
}

#[test]
fn the_table_has_no_circle() {
    let mut below: BTreeSet<&str> = BTreeSet::new();
    for (module, allowed) in LAYERS {
        for name in *allowed {
            assert!(below.contains(name), "{module} may name {name}, which stands not above it in the table");
        }
        below.insert(module);
    }
}

#[test]
fn libraries_stay_where_they_belong() {
    for (module, files) in sources() {
        for (file, text) in &files {
            for (library, modules) in LIBRARIES {
                let fine = modules.contains(&module.as_str()) || !names_library(text, library);
                assert!(fine, "{file} names {library}, which belongs to {modules:?}");
            }
        }
    }
}

#[test]
fn rows_are_defined_apart_from_how_they_are_asked_for() {
    for (folder, stranger) in [("entity/src", "async_graphql"), ("migration/src", "entity")] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            assert!(!names_library(&text, stranger), "{} names {stranger}", path.display());
        }
    }
}
