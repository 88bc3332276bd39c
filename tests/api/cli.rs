//! The program as an operator meets it: the built binary with its arguments, output and exit codes.

mod access;
mod demo;
mod documents;
mod handover;
mod load;
mod people;
pub mod program;
mod tables;

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::database;
use program::{Program, Said};

/// Every command by its words, with the example that its help must show.
const COMMANDS: &[&[&str]] = &[
    &[],
    &["demo"],
    &["serve"],
    &["import"],
    &["migrate"],
    &["schema"],
    &["token"],
    &["token", "revoke"],
    &["config"],
    &["config", "show"],
    &["admin"],
    &["admin", "check"],
    &["admin", "init"],
    &["admin", "backup"],
    &["admin", "restore"],
    &["admin", "reindex"],
    &["admin", "audit"],
    &["admin", "audit", "verify"],
    &["admin", "audit", "anchor"],
    &["account"],
    &["account", "init"],
    &["account", "add"],
    &["account", "grant"],
    &["account", "revoke"],
    &["account", "disable"],
    &["account", "invite"],
    &["account", "link"],
    &["account", "list"],
    &["client"],
    &["client", "add"],
    &["client", "secret"],
    &["client", "key"],
    &["client", "list"],
    &["client", "disable"],
    &["keys"],
    &["keys", "list"],
    &["keys", "rotate"],
    &["keys", "remove"],
];

/// The names under "Commands:" in a help text.
fn commands_in(help: &str) -> Vec<&str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    listed.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect()
}

#[test]
fn the_help_of_every_command_has_an_example() {
    let program = Program::new();
    for words in COMMANDS {
        let help = program.run(&[*words, &["--help"]].concat());
        assert_eq!((help.code, help.stderr.as_str()), (0, ""), "{words:?}");
        let example = format!("\n  {}", [&["jixiao"], *words].concat().join(" "));
        let shown = help.stdout.split_once("\nExample").map_or("", |(_, examples)| examples);
        let begins = |line: &str| line.contains(example.trim_start());
        assert!(shown.lines().any(begins), "{words:?} has no example:\n{}", help.stdout);
        for name in commands_in(&help.stdout) {
            assert!(COMMANDS.contains(&[*words, &[name]].concat().as_slice()), "{words:?} {name} is not listed here");
        }
    }
}

#[test]
fn the_schema_is_printed_without_settings_or_database() {
    let mut program = Program::new();
    program.set("JIXIAO_CONFIG", "/nowhere/jixiao.toml");
    program.set("JIXIAO_LISTEN", "nonsense");
    let file = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql")).unwrap();
    assert_eq!(program.run(&["schema"]), Said { code: 0, stdout: file.clone(), stderr: String::new() });
    let chinese = program.run(&["schema", "--lang", "zh"]);
    assert_eq!(chinese.code, 0);
    assert!(chinese.stdout != file && chinese.stdout.contains("预算项目"));
    assert_eq!(fs::read_dir(program.folder()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn config_show_prints_every_setting_and_no_secret() {
    let mut program = Program::new();
    program.set("JIXIAO_DATABASE_URL", "postgres://jixiao:wort@localhost/jixiao");
    program.set("JIXIAO_DEVELOPMENT_SECRET", &"geheim".repeat(8));
    fs::write(program.folder().join("other.toml"), "listen = \"127.0.0.1:1\"").unwrap();
    let shown = program.run(&["config", "show", "--config", "other.toml", "--data", "elsewhere"]);
    assert_eq!((shown.code, shown.stderr.as_str()), (0, ""));
    assert!(!shown.stdout.contains("wort") && !shown.stdout.contains("geheim"), "{}", shown.stdout);
    let line = |name: &str| -> Vec<&str> {
        let line = shown.stdout.lines().find(|line| line.split_whitespace().next() == Some(name)).expect(name);
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
    };
    assert_eq!(line("listen"), ["listen", "127.0.0.1:1", "other.toml"]);
    assert_eq!(line("data"), ["data", "elsewhere", "command line"]);
    assert_eq!(line("database_url"), ["database_url", "postgres://jixiao:***@localhost/jixiao", "environment"]);
    assert_eq!(line("development_secret"), ["development_secret", "***", "environment"]);
    assert_eq!(line("page_max"), ["page_max", "50", "100", "500"]);
}

#[test]
fn wrong_usage_ends_with_2_and_a_refusal_with_1() {
    let program = Program::new();
    let wrong: &[&[&str]] = &[
        &[],
        &["nonsense"],
        &["serve", "now"],
        &["token"],
        &["token", "--account", "reader", "--valid-for", "2h"],
        &["token", "revoke"],
        &["token", "revoke", "--id", "a", "--session", "b"],
        &["token", "--account", "reader", "revoke", "--id", "a"],
        &["client", "add", "system"],
        &["client", "secret", "system", "--valid-for", "401d"],
        &["client", "secret", "system", "--remove", "acc_1"],
        &["client", "key", "system"],
        &["client", "key", "system", "a.json", "--remove", "a"],
        &["import", "--division", "130304"],
        &["import", "a.txt"],
        &["import", "a.txt", "--division", "一三〇三〇四"],
        &["import", "a.txt", "--division", "130304", "--unit", "450002"],
        &["account", "grant", "lin", "--role", "OWNER"],
        &["account", "grant", "lin", "--role", "FINANCE", "--unit", "130304/450002", "--division", "130304"],
        &["account", "grant", "lin", "--role", "FINANCE", "--unit", "450002"],
        &["config", "show", "--database-url", "mysql://localhost"],
    ];
    for arguments in wrong {
        let said = program.run(arguments);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{arguments:?}: {}", said.stderr);
        assert!(!said.stderr.is_empty(), "{arguments:?}");
    }
    let refused: &[(&[&str], &str)] = &[
        (&["account", "list"], "there is no database ./data/jixiao.sqlite: "),
        (&["admin", "check"], "there is no database ./data/jixiao.sqlite: "),
        (&["serve", "--config", "absent.toml"], "the settings file absent.toml cannot be read: "),
        (&["serve", "--data", "/proc/jixiao"], "the data folder /proc/jixiao cannot be made: "),
    ];
    for (arguments, sentence) in refused {
        let mut program = Program::new();
        program.set("JIXIAO_LISTEN", "127.0.0.1:0");
        let said = program.run(arguments);
        assert_eq!(said.code, 1, "{arguments:?}");
        let last = said.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with(&format!("error: {sentence}")), "{arguments:?}: {last}");
        assert_eq!(fs::read_dir(program.folder()).unwrap().count(), 0, "{arguments:?} left something behind");
    }
}

#[tokio::test]
async fn tables_are_brought_up_to_date_by_the_one_whose_they_are() {
    let database = database::empty().await;
    let mut program = Program::new();
    database.variables().into_iter().for_each(|(name, value)| program.set(name, value));
    program.set("JIXIAO_LISTEN", "127.0.0.1:0");
    if database::postgres().is_some() {
        for command in [&["serve"][..], &["account", "init"], &["account", "list"], &["admin", "check"]] {
            let said = program.run(command);
            assert_eq!(said.code, 1, "{command:?}");
            assert!(said.stderr.ends_with("run `jixiao migrate`\n"), "{command:?}: {}", said.stderr);
        }
        let changes = program.run(&["migrate"]);
        assert!(
            changes.code == 0 && changes.stdout.starts_with("m20261122_000001_divisions_and_units\n"),
            "{changes:?}"
        );
    }
    let made = program.run(&["account", "init"]);
    assert_eq!((made.code, made.stdout.as_str()), (0, "reader: made\nsystem: made\n"), "{}", made.stderr);
    assert_eq!(program.run(&["migrate"]), Said { code: 0, stdout: String::new(), stderr: String::new() });
    let again = program.run(&["account", "init"]);
    assert_eq!((again.code, again.stdout.as_str()), (0, "reader: is there already\nsystem: is there already\n"));
}

#[tokio::test]
async fn accounts_get_grants_and_tokens_and_lose_them() {
    let (_database, program) = program::with_database().await;
    let done = |arguments: &[&str]| {
        let said = program.run(arguments);
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{arguments:?}");
        said.stdout
    };
    let refused = |arguments: &[&str]| {
        let said = program.run(arguments);
        assert_eq!((said.code, said.stdout.as_str()), (1, ""), "{arguments:?}: {}", said.stderr);
        said.stderr
    };
    program.import_sample(&[]);
    assert_eq!(done(&["account", "add", "lin"]), "");
    assert_eq!(done(&["account", "add", "machine", "--service"]), "");
    assert_eq!(refused(&["account", "add", "lin"]), "error: There is already an account `lin`.\n");
    let unit = ["account", "grant", "lin", "--role", "unit_editor", "--unit", "130304/361002"];
    assert_eq!(done(&unit), "");
    assert_eq!(refused(&unit), "error: The account has this grant already.\n");
    done(&["account", "grant", "lin", "--role", "FINANCE", "--view", "--years", "2025-", "--division", "130304"]);
    done(&["account", "grant", "lin", "--role", "FINANCE"]);
    let nowhere = ["account", "grant", "lin", "--role", "FINANCE", "--unit", "130304/999999"];
    assert_eq!(refused(&nowhere), "error: There is no unit `130304/999999`.\n");
    let nowhere = ["account", "grant", "lin", "--role", "FINANCE", "--division", "999999"];
    assert_eq!(refused(&nowhere), "error: There is no division `999999`.\n");

    let token = done(&["token", "--account", "lin", "--valid-for", "15m"]);
    assert!(token.ends_with('\n') && token.trim_end().split('.').count() == 3, "the token stands alone: {token}");
    let nobody = "error: There is no account of this name.\n";
    assert_eq!(refused(&["token", "--account", "nobody"]), nobody);
    assert_eq!(refused(&["account", "disable", "nobody"]), nobody);

    done(&["account", "revoke", "lin", "--role", "FINANCE"]);
    assert_eq!(refused(&["account", "revoke", "lin", "--role", "FINANCE"]), "error: The account has no such grant.\n");
    done(&["account", "disable", "machine"]);
    assert!(refused(&["token", "--account", "machine"]).contains("is disabled"));
    let listed = "\
account  kind     state     may
lin      person   active    UNIT_EDITOR of unit 130304/361002, FINANCE (view) of division 130304 in 2025-
machine  service  disabled  nothing
";
    assert_eq!(done(&["account", "list"]), listed);
}

#[tokio::test]
async fn import_says_of_every_file_what_became_of_it() {
    let (_database, program) = program::with_database().await;
    let dry = program.import_sample(&["--dry-run"]);
    assert!(dry.contains("  dry run: nothing was stored\n") && !dry.contains("unchanged 8"), "{dry}");
    let json = |arguments: &[&str]| -> (i32, Vec<Value>) {
        let said = program.run(&[&["import", "--json", "--division", "130304"], arguments].concat());
        assert_eq!(said.stderr, "");
        (said.code, said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    };
    let sample = program::sample("beidaihe-culture-2020.txt");
    let (code, lines) = json(&[&sample]);
    assert_eq!((code, &lines[0]["projects"]["created"]), (0, &Value::from(8)));

    // The second of three is no document; the others are taken all the same, and nothing changes.
    let nothing = program.folder().join("nothing.txt");
    fs::write(&nothing, "今天天气很好。\n").unwrap();
    let (code, lines) = json(&[&sample, nothing.to_str().unwrap(), &sample]);
    assert_eq!((code, lines.len()), (1, 3));
    assert_eq!(lines[0]["projects"], lines[2]["projects"]);
    assert_eq!(lines[0]["projects"]["unchanged"], 8);
    assert!(lines[1]["file"] == "nothing.txt" && lines[1]["error"].as_str().is_some_and(|error| error.len() > 20));

    let text = program.run(&["import", "--division", "130304", &sample, "absent.docx"]);
    assert_eq!(text.code, 1);
    assert!(text.stdout.contains("  projects            0        0          8"), "{}", text.stdout);
    assert!(text.stderr.starts_with("error: absent.docx: absent.docx cannot be read: "), "{}", text.stderr);

    // A rejected project is told by the exit code as well.
    let defects = program::sample("lixian-agriculture-2024.txt");
    let rejected = program.run(&["import", "--division", "130635", &defects]);
    assert_eq!((rejected.code, rejected.stderr.as_str()), (1, ""));
    assert_eq!(rejected.stdout.matches("  rejected at ").count(), 4, "{}", rejected.stdout);
    let checked = program.run(&["admin", "check"]);
    assert_eq!((checked.code, checked.stderr.as_str()), (0, ""), "{}", checked.stdout);
    assert!(checked.stdout.lines().count() >= 10 && checked.stdout.lines().all(|line| line.starts_with("ok ")));
}

#[tokio::test]
async fn admin_check_names_what_is_damaged() {
    let (database, program) = program::with_database().await;
    program.import_sample(&[]);
    let db = database::direct(&database.settings.url).await;
    sea_orm::ConnectionTrait::execute_unprepared(&db, "UPDATE project SET version = 0").await.unwrap();
    let checked = program.run(&["admin", "check"]);
    assert_eq!((checked.code, checked.stderr.as_str()), (1, ""));
    let failed: Vec<&str> = checked.stdout.lines().filter(|line| !line.starts_with("ok ")).collect();
    assert!(failed.len() == 1 && failed[0].starts_with("FAILED  Versions count from 1. 8 rows: prj_"), "{failed:?}");
}

#[tokio::test]
async fn the_audit_is_verified_with_anchors_that_are_kept_elsewhere() {
    let (database, program) = program::with_database().await;
    program.import_sample(&[]);
    assert_eq!(program.run(&["account", "init"]).code, 0);
    let anchors = program.run(&["admin", "audit", "anchor"]);
    assert_eq!((anchors.code, anchors.stderr.as_str()), (0, ""));
    // The chain of accounts, which belong to no division, and that of the division.
    let chains: Vec<&str> = anchors.stdout.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(chains, ["-", "130304"]);
    let file = program.folder().join("anchors");
    fs::write(&file, format!("# kept\n{}", anchors.stdout)).unwrap();
    let verify = ["admin", "audit", "verify", "--anchor", file.to_str().unwrap()];
    let sound = program.run(&verify);
    assert_eq!((sound.code, sound.stderr.as_str()), (0, ""), "{}", sound.stdout);
    assert!(sound.stdout.ends_with(" entries in 2 chains, 0 faults\n"), "{}", sound.stdout);

    let db = database::vandal(&database.settings.url).await;
    let edit = "UPDATE audit_entry SET actor_name = 'nobody' WHERE seq = 2 AND chain = '130304';
        DELETE FROM audit_entry WHERE chain = ''; DELETE FROM audit_head WHERE chain = ''; DELETE FROM account";
    sea_orm::ConnectionTrait::execute_unprepared(&db, edit).await.unwrap();
    let damaged = program.run(&verify);
    assert_eq!((damaged.code, damaged.stderr.as_str()), (1, ""));
    let expected = [
        "FAILED  chain -: entries 1 to 2 cut off at the end",
        "FAILED  chain -: the head was edited or deleted",
        "FAILED  chain 130304: entry 2 was edited",
    ];
    let lines: Vec<&str> = damaged.stdout.lines().collect();
    assert_eq!(lines[..lines.len() - 1], expected);
    assert!(lines[lines.len() - 1].ends_with(" entries in 2 chains, 3 faults"), "{lines:?}");

    fs::write(&file, "no anchor\n").unwrap();
    let refused = program.run(&verify);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.starts_with("error: Line 1 is no anchor: "), "{}", refused.stderr);
}
