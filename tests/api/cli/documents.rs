//! Trusted documents of a running service: read at the start, and again on SIGHUP.

use serde_json::{Value, json};

use super::program::Program;

/// A line of the start that says it serves.
const READY: &str = "Ctrl-C";

#[test]
fn manifests_are_read_at_the_start_and_on_sighup() {
    let mut program = Program::new();
    let manifest = program.folder().join("persisted-documents.json");
    let write = |documents: Value| std::fs::write(&manifest, documents.to_string()).unwrap();
    program.set("JIXIAO_LISTEN", "127.0.0.1:0");
    program.set("JIXIAO_TRUSTED_DOCUMENTS", "persisted-documents.json");
    program.set("JIXIAO_DOCUMENTS_STAFF", "require");

    write(json!({ "x-bad": "{ service { nothing } }" }));
    let said = program.run(&["demo"]);
    assert_eq!(said.code, 1, "{}", said.stderr);
    let told = said.stderr.lines().last().unwrap();
    let document =
        "the manifest persisted-documents.json has a document that cannot be used, `x-bad`: line 1, column 13";
    assert!(told.contains(document), "{told}");

    write(json!({ "x-one": "{ service { name } }" }));
    let mut running = program.start(&["demo"], READY);
    let token = running.line_behind("Token of `reader`").to_owned();
    let by_id = |running: &super::program::Running, id: &str| running.graphql(&token, &json!({ "documentId": id }));
    let name = json!({ "service": { "name": "Jixiao" } });
    assert_eq!(by_id(&running, "x-one")["data"], name);
    let refused = running.ask(&token, "{ service { name } }");
    assert_eq!(refused["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_REQUIRED");

    // One that is not good changes nothing, and the log says why.
    write(json!({ "x-two": "{ service { name } }", "x-bad": "{" }));
    running.signal("-HUP");
    running.wait_until(|running| running.log().contains("trusted documents stay as they were"));
    assert_eq!(by_id(&running, "x-one")["data"], name);
    assert_eq!(by_id(&running, "x-two")["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");

    write(json!({ "x-two": "{ service { name } }" }));
    running.signal("-HUP");
    running.wait_until(|running| by_id(running, "x-two")["data"] == name);
    assert_eq!(by_id(&running, "x-one")["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(running.end_by("-TERM"), Some(0));
}

#[test]
fn limits_above_the_ceiling_are_asked_for_by_name() {
    let mut program = Program::new();
    program.set("JIXIAO_LIMITS_PUBLIC_POINTS_MINUTE", "1000000");
    program.set("JIXIAO_LIMITS_PUBLIC_COST", "100001");
    let said = program.run(&["config", "show"]);
    assert_eq!(said.code, 1);
    assert!(said.stderr.contains("limits.public.cost is 100001; the ceiling is 100000."), "{}", said.stderr);
    let said = program.run(&["config", "show", "--unsafe"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let line = said.stdout.lines().find(|line| line.starts_with("limits.public.cost ")).unwrap();
    assert!(line.contains(" 100001 ") && line.ends_with("environment"), "{line}");
}
