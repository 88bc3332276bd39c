//! Invitations that one process prints and another one takes.

use serde_json::{Value, json};

use super::program::{self, Program, Running};

const PASSWORD: &str = "tea under the old bridge";

/// The account and the code of each line behind the heads.
fn invitations(printed: &str) -> Vec<(&str, &str)> {
    printed.lines().skip(1).map(|line| line.split_once("  ").map(|(name, code)| (name, code.trim())).unwrap()).collect()
}

#[tokio::test]
async fn three_administrators_are_made_once() {
    let (_database, program) = program::with_database().await;
    let names = ["--system", "zhang.wei", "--security", "li.na", "--audit", "wang.fang"];
    let init = |arguments: &[&str]| program.run(&[&["admin", "init"], arguments].concat());
    let taken = init(&["--system", "li.na", "--security", "li.na"]);
    assert_eq!((taken.code, taken.stdout.as_str()), (1, ""), "three people, not two");
    let first = init(&names);
    assert_eq!((first.code, first.stderr.as_str()), (0, ""));
    let invited = invitations(&first.stdout);
    assert_eq!(invited.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["zhang.wei", "li.na", "wang.fang"]);
    assert!(invited.iter().all(|(_, code)| code.len() == 43), "{invited:?}");

    let refused = init(&names);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    let sentence = "error: There are administrators already: li.na, wang.fang, zhang.wei. ";
    assert!(refused.stderr.starts_with(sentence), "{}", refused.stderr);
    let again = init(&["--again", "li.na"]);
    assert_eq!((again.code, again.stderr.as_str()), (0, ""));
    let [("li.na", code)] = invitations(&again.stdout)[..] else { panic!("{}", again.stdout) };
    assert!(!first.stdout.contains(code));
    assert_eq!(program.run(&["account", "add", "lin"]).code, 0);
    for nobody in ["lin", "nobody"] {
        let refused = init(&["--again", nobody]);
        assert!(refused.code == 1 && refused.stderr.contains("is no administrator"), "{}", refused.stderr);
    }
    assert_eq!(init(&["--again", "li.na", "--system", "x"]).code, 2);
    for name in ["zhang.wei", "li.na", "wang.fang"] {
        assert_eq!(program.run(&["account", "disable", name]).code, 0);
    }
    assert_eq!(init(&[]).code, 0, "where nobody is left there can be others");
}

fn post(running: &Running, path: &str, body: &Value) -> (u16, Value) {
    let (status, text) = running.post(path, &[], body);
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

#[test]
fn an_invitation_is_used_at_the_service_that_runs() {
    let mut program = Program::new();
    program.set("JIXIAO_LISTEN", "127.0.0.1:0");
    let running = program.start(&["demo"], "Ctrl-C");
    let invited = program.run(&["account", "invite", "reader"]);
    assert_eq!((invited.code, invited.stderr.as_str()), (0, ""));
    let invitation = invitations(&invited.stdout)[0].1;
    let (status, opened) = post(&running, "/auth/activate", &json!({ "invitation": invitation }));
    assert_eq!((status, &opened["account"]), (200, &json!("reader")));
    let activation = json!({ "invitation": invitation, "password": PASSWORD });
    assert_eq!(post(&running, "/auth/activate", &activation).0, 204);
    let login = json!({ "name": "reader", "password": PASSWORD });
    let (status, tokens) = post(&running, "/auth/login", &login);
    assert_eq!(status, 200, "{tokens}");
    let viewer = running.ask(tokens["accessToken"].as_str().unwrap(), "{ viewer { account { name } } }");
    assert_eq!(viewer["data"]["viewer"]["account"]["name"], "reader", "{viewer}");
    for _ in 0..5 {
        assert_eq!(post(&running, "/auth/login", &json!({ "name": "reader", "password": "wrong" })).0, 401);
    }
    // Another process finds the lock, and the session.
    assert_eq!(running.end_by("-TERM"), Some(0));
    let running = program.start(&["demo"], "Ctrl-C");
    assert_eq!(post(&running, "/auth/login", &login).0, 429);
    let (status, _) = post(&running, "/auth/refresh", &json!({ "refreshToken": tokens["refreshToken"] }));
    assert_eq!(status, 200);
    running.end_by("-TERM");
    program.set("JIXIAO_LOCAL_LOGIN", "false");
    let running = program.start(&["demo"], "Ctrl-C");
    assert_eq!(post(&running, "/auth/login", &login).0, 404);
}

#[tokio::test]
async fn accounts_are_linked_to_the_identity_provider() {
    let (_database, program) = program::with_database().await;
    for name in ["lin", "wang"] {
        assert_eq!(program.run(&["account", "add", name]).code, 0);
    }
    let link = |arguments: &[&str]| program.run(&[&["account", "link"], arguments].concat());
    assert_eq!(link(&["lin", "u-1"]).code, 0);
    let taken = link(&["wang", "u-1"]);
    assert_eq!(taken.stderr, "error: Another account has this name at the identity provider.\n");
    assert_eq!(link(&["lin", "--remove"]).code, 0);
    assert_eq!(link(&["wang", "u-1"]).code, 0);
    assert_eq!((link(&["lin"]).code, link(&["lin", "u-2", "--remove"]).code), (2, 2));
    assert_eq!(link(&["nobody", "u-3"]).stderr, "error: There is no account of this name.\n");
}
