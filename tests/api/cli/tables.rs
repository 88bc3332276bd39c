//! `jixiao import --kind`: tables directly on the database and through a service.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::program::{self, Program};
use crate::support::tls;

fn project(code: &str, unit: &str) -> String {
    let key = json!({ "divisionCode": "130304", "fiscalYear": 2031, "unitCode": unit, "code": code });
    format!("{}\n", json!({ "key": key, "set": { "name": "甲" } }))
}

fn write(program: &Program, name: &str, text: &str) -> String {
    let file = program.folder().join(name);
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn tables_are_tried_written_and_judged_on_the_database() {
    let (_database, program) = program::with_database().await;
    program.import_sample(&[]);
    let good = write(&program, "good.jsonl", &(project("A1", "361002") + &project("A2", "361002")));
    let bad = write(&program, "bad.jsonl", &(project("A1", "361002") + &project("A3", "999999")));
    let import =
        |file: &str, options: &[&str]| program.run(&[&["import", file, "--kind", "projects"], options].concat());

    let tried = import(&good, &[]);
    assert_eq!((tried.code, tried.stderr.as_str()), (0, ""), "{}", tried.stdout);
    assert!(tried.stdout.contains("created 2") && tried.stdout.contains("dry run"), "{}", tried.stdout);
    let written = import(&good, &["--apply"]);
    assert!(written.code == 0 && written.stdout.contains("created 2"), "{written:?}");
    let judged = import(&bad, &["--apply"]);
    assert_eq!(judged.code, 1, "{judged:?}");
    assert!(judged.stdout.contains("unchanged 1") && judged.stdout.contains("line 2  NOT_FOUND  "), "{judged:?}");
    let json = import(&bad, &["--json"]);
    let line: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.code, &line["errors"][0]["userErrors"][0]["place"]), (1, &json!("line 2")));
}

/// A service that is killed in the middle of a file goes on with it, and ends as an undisturbed one.
#[test]
fn tables_are_sent_to_a_service_that_may_be_killed() {
    let mut program = Program::new();
    program.set("JIXIAO_LISTEN", "127.0.0.1:0");
    let first = program.start(&["demo"], "Ctrl-C");
    let token = program.folder().join("token");
    fs::write(&token, first.line_behind("Token of `editor`")).unwrap();
    let server = format!("http://{}", first.address());
    let send = |file: &str| {
        let server = ["--server", &server, "--token-file", token.to_str().unwrap()];
        program.run(&[&["import", file, "--kind", "projects", "--apply"], &server[..]].concat())
    };
    let bad = write(&program, "bad.jsonl", &(project("A1", "361002") + &project("A3", "999999")));
    let sent = send(&bad);
    assert_eq!((sent.code, sent.stderr.as_str()), (1, ""), "{}", sent.stdout);
    assert!(sent.stdout.contains("created 1") && sent.stdout.contains("line 2  NOT_FOUND  "), "{}", sent.stdout);

    let rows: String = (0..4_000).map(|n| project(&format!("K{n}"), "361002")).collect();
    let many = write(&program, "many.jsonl", &rows);
    let mut sending = program.command(&[
        "import",
        &many,
        "--kind",
        "projects",
        "--apply",
        "--server",
        &server,
        "--token-file",
        token.to_str().unwrap(),
    ]);
    let mut sending = sending.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let editor = fs::read_to_string(&token).unwrap();
    let began = Instant::now();
    let progress = |running: &program::Running, token: &str| -> Vec<Value> {
        let query = "{ bulkOperations { nodes { status progress { rowsDone rowsCreated rowsUnchanged } } } }";
        running.ask(token, query)["data"]["bulkOperations"]["nodes"].as_array().unwrap().clone()
    };
    while progress(&first, editor.trim()).get(1).is_none_or(|many| many["progress"]["rowsDone"] == 0) {
        assert!(began.elapsed() < Duration::from_secs(60), "the file is not begun");
    }
    first.end_by("-KILL");
    let _ = sending.kill();
    let _ = sending.wait();

    let second = program.start(&["demo"], "Ctrl-C");
    let editor = second.line_behind("Token of `editor`").to_owned();
    loop {
        let many = progress(&second, &editor)[1].clone();
        if many["status"] == "COMPLETED" {
            // A row that was applied twice would be unchanged the second time.
            assert_eq!(many["progress"], json!({ "rowsDone": 4_000, "rowsCreated": 4_000, "rowsUnchanged": 0 }));
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(120), "the file does not end: {many}");
        std::thread::sleep(Duration::from_millis(100));
    }
    let query = "{ projects(filter: {fiscalYear: {eq: 2031}}) { totalCount } }";
    assert_eq!(second.ask(&editor, query)["data"]["projects"]["totalCount"], 4_001);
    second.end_by("-TERM");
}

#[test]
fn a_service_behind_tls_must_show_a_certificate_of_the_right_authority() {
    let mut program = Program::new();
    program.set("JIXIAO_LISTEN", "127.0.0.1:0");
    let running = program.start(&["demo"], "Ctrl-C");
    let token = program.folder().join("token");
    fs::write(&token, running.line_behind("Token of `editor`")).unwrap();
    let (address, pem) = tls::front(running.address());
    let ca = program.folder().join("ca.pem");
    fs::write(&ca, pem).unwrap();
    let rows = write(&program, "rows.jsonl", &project("T1", "361002"));
    let import = |host: &str, more: &[&str]| {
        let server = format!("https://{host}:{}", address.port());
        let sent = ["import", &rows, "--kind", "projects", "--apply", "--server", &server, "--token-file"];
        program.run(&[&sent[..], &[token.to_str().unwrap()], more].concat())
    };
    let known = import("localhost", &["--ca", ca.to_str().unwrap()]);
    assert!(known.code == 0 && known.stdout.contains("created 1"), "{known:?}");
    let stranger = import("localhost", &[]);
    assert!(stranger.code == 1 && stranger.stderr.contains("does not answer"), "{stranger:?}");
    let other_name = import("127.0.0.1", &["--ca", ca.to_str().unwrap()]);
    assert_eq!(other_name.code, 1, "{other_name:?}");
    let no_file = import("localhost", &["--ca", rows.as_str()]);
    assert!(no_file.code == 1 && no_file.stderr.contains("no PEM file"), "{no_file:?}");
}
