//! Clients by the command line.

use std::fs;

use super::program::{Program, Said, with_database};
use crate::token::world::World;

fn done(program: &Program, arguments: &[&str]) -> String {
    let said = program.run(arguments);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{arguments:?}");
    said.stdout
}

fn refused(program: &Program, arguments: &[&str]) -> String {
    let Said { code, stdout, stderr } = program.run(arguments);
    assert_eq!((code, stdout.as_str()), (1, ""), "{arguments:?}");
    stderr
}

#[tokio::test]
async fn a_client_is_made_changed_and_disabled() {
    let (_database, program) = with_database().await;
    let new = ["client", "add", "budget-system", "--scope", "project:read", "--scope", "import:run"];
    assert_eq!(done(&program, &new), "");
    assert!(refused(&program, &new).contains("is a client already"));
    assert!(
        refused(&program, &["client", "add", "x", "--scope", "project:publish"])
            .contains("neither approve nor publish")
    );
    assert!(refused(&program, &["client", "secret", "nobody"]).contains("no account of this name"));

    let secret = done(&program, &["client", "secret", "budget-system", "--valid-for", "90d"]);
    assert!(secret.starts_with("jxs_") && secret.len() == 48 && secret.ends_with('\n'), "{secret}");
    let second = done(&program, &["client", "secret", "budget-system"]);
    assert_ne!(second, secret);
    assert!(refused(&program, &["client", "secret", "budget-system"]).contains("has two secrets already"));
    let list = done(&program, &["client", "list"]);
    let line = list.lines().nth(1).unwrap();
    assert!(line.starts_with("budget-system  active  import:run project:read  csc_"), "{list}");
    assert!(!list.contains(secret.trim()) && line.matches("good until 20").count() == 2, "{list}");
    let id = line.split_whitespace().find(|word| word.starts_with("csc_")).unwrap();
    done(&program, &["client", "secret", "budget-system", "--remove", id]);
    assert!(refused(&program, &["client", "secret", "budget-system", "--remove", id]).contains("no such secret"));

    fs::write(program.folder().join("keys.json"), World::new().jwks().to_string()).unwrap();
    assert_eq!(done(&program, &["client", "key", "budget-system", "keys.json"]), "rs\nps\nes\ned\n");
    done(&program, &["client", "key", "budget-system", "--remove", "rs"]);
    assert!(refused(&program, &["client", "key", "budget-system", "--remove", "rs"]).contains("no such key"));
    assert!(
        refused(&program, &["client", "key", "budget-system", "absent.json"]).contains("absent.json cannot be read")
    );
    fs::write(program.folder().join("not.json"), "-----BEGIN PUBLIC KEY-----").unwrap();
    assert!(refused(&program, &["client", "key", "budget-system", "not.json"]).contains("not a JWK set"));

    done(&program, &["client", "add", "budget-system", "--scope", "audit:read", "--change"]);
    done(&program, &["client", "disable", "budget-system"]);
    let list = done(&program, &["client", "list"]);
    let line = list.lines().nth(1).unwrap();
    assert!(
        line.starts_with("budget-system  disabled  audit:read  csc_") && line.ends_with("key ps, key es, key ed"),
        "{list}"
    );
    assert_eq!(program.run(&["admin", "check"]).code, 0);
    assert_eq!(program.run(&["admin", "audit", "verify"]).code, 0);
}
