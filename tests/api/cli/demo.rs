//! `jixiao demo` from an empty folder to the second start.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::program::{Program, Running};

/// The last line before it serves.
const READY: &str = "Ctrl-C";

/// Projects, plans, objectives, indicators, findings, rejected; created, updated, unchanged: the sums of the table.
fn sums(running: &Running) -> Vec<u64> {
    let line = running.printed.lines().find(|line| line.starts_with("together")).unwrap();
    line.split_whitespace().skip(1).map(|number| number.parse().unwrap()).collect()
}

/// The same sums as `samples/expected.json` states them, as far as it does.
fn expected() -> [u64; 4] {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let sum = |of: fn(&Value) -> &Value| {
        expected.as_object().unwrap().values().map(|document| of(document).as_u64().unwrap()).sum()
    };
    [
        sum(|document| &document["projects"]),
        sum(|document| &document["plans"]),
        sum(|document| &document["objectives"]),
        sum(|document| &document["indicators"]["total"]),
    ]
}

fn demo() -> Program {
    let mut program = Program::new();
    program.set("JIXIAO_LISTEN", "127.0.0.1:0");
    program
}

#[test]
fn demo_loads_answers_stops_and_starts_again() {
    let program = demo();
    let first = program.start(&["demo"], READY);
    let loaded = sums(&first);
    assert_eq!(loaded[..4], expected());
    assert_eq!((loaded[5], loaded[7], loaded[8]), (4, 0, 0), "rejected, updated, unchanged");
    assert!(program.folder().join("data/jixiao.sqlite").is_file());

    // The printed tokens act with their grants.
    let reader = first.line_behind("Token of `reader`").to_owned();
    let editor = first.line_behind("Token of `editor`").to_owned();
    let answer = first.ask(&reader, "{ viewer { account { name } } projects { totalCount } units { totalCount } }");
    assert_eq!(answer["data"]["projects"]["totalCount"], loaded[0]);
    assert_eq!(answer["data"]["viewer"]["account"]["name"], "reader");
    let answer = first.ask(&editor, "{ viewer { grants { role } } units { nodes { code } } projects { totalCount } }");
    let own = json!({"data": {
        "viewer": {"grants": [{"role": "UNIT_EDITOR"}]},
        "units": {"nodes": [{"code": "361002"}]},
        "projects": {"totalCount": 8},
    }});
    assert_eq!(answer["data"], own["data"]);
    assert_eq!(answer.get("errors"), None);

    // Killed in the middle of its life, it finds everything again; the token of before still holds.
    assert_eq!(first.end_by("-KILL"), None);
    let second = program.start(&["demo"], READY);
    let again = sums(&second);
    assert_eq!(again[..6], loaded[..6]);
    assert_eq!(again[6..], [0, 0, loaded[6]], "created, updated, unchanged");
    assert_eq!(second.ask(&reader, "{ projects { totalCount } }")["data"]["projects"]["totalCount"], loaded[0]);
    assert_eq!(program.run(&["admin", "check"]).code, 0);
    let listed = program.run(&["account", "list"]).stdout;
    assert_eq!(listed.lines().count(), 5, "{listed}");

    // A wish to stop ends it in order, with nothing left beside the database.
    assert_eq!(second.end_by("-TERM"), Some(0));
    assert!(!program.folder().join("data/jixiao.sqlite-wal").exists(), "the log is folded into the file");
}

#[test]
fn the_printed_commands_work_when_pasted() {
    let program = demo();
    let running = program.start(&["demo", "--data", "elsewhere"], READY);
    assert!(program.folder().join("elsewhere/keys/signing.p8").is_file());
    let lines: Vec<&str> = running.printed.lines().filter(|line| line.starts_with("curl ")).collect();
    assert_eq!(lines.len(), 3);
    for line in lines {
        let output = Command::new("sh").args(["-c", line]).output().unwrap();
        let answer: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        assert!(answer["errors"].is_null(), "{answer}");
        assert!(answer["data"]["projects"].as_object().is_some_and(|projects| !projects.is_empty()), "{answer}");
    }
}

#[test]
fn a_taken_port_is_told_with_the_way_to_another() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for command in ["demo", "serve"] {
        let mut program = Program::new();
        program.set("JIXIAO_LISTEN", &address.to_string());
        let said = program.run(&[command]);
        assert_eq!((said.code, said.stdout.as_str()), (1, ""));
        let told = said.stderr.lines().last().unwrap_or_default();
        let begins = format!("error: {address} is taken by another program");
        assert!(told.starts_with(&begins) && told.contains("JIXIAO_LISTEN=127.0.0.1:"), "{told}");
        assert!(!program.folder().join("data").exists(), "nothing is made for a service that cannot start");
    }
}
