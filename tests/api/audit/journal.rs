//! What an import, a command and a dry run leave in the audit and in the outbox.

use std::collections::BTreeMap;

use entity::value::{Duty, Role};
use futures_util::future::join_all;
use jixiao::auth::{Caller, Grant, Scope};
use jixiao::clock;
use jixiao::db::Db;
use jixiao::error::AppError;
use jixiao::import::{self, FileStore, Options};
use jixiao::service::outbox::{self, Place};
use jixiao::service::work::{Origin, Work};
use jixiao::service::{account, audit};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::database::{self, number, postgres, rows, work};
use crate::support::generated;
use crate::support::sample;
use crate::support::world::{World, person};

async fn import(world: &World, text: String) {
    world.import("a.txt", text.into_bytes(), &generated::options()).await;
}

/// How many entries there are of each type and kind.
async fn entries(db: &DatabaseConnection) -> BTreeMap<(String, String), i64> {
    let sql = "SELECT entity_type, kind, count(*) FROM audit_entry GROUP BY 1, 2";
    rows::<(String, String, i64)>(db, sql).await.into_iter().map(|(ty, kind, count)| ((ty, kind), count)).collect()
}

fn expected(counts: &[(&str, &str, i64)]) -> BTreeMap<(String, String), i64> {
    counts.iter().map(|(ty, kind, count)| (((*ty).to_owned(), (*kind).to_owned()), *count)).collect()
}

/// Rows of the tables that a write fills beside the data.
async fn traces(db: &DatabaseConnection) -> i64 {
    let mut tables = vec!["audit_entry", "audit_head", "change"];
    tables.extend(jixiao::service::history::tables().map(|(_, states)| states));
    let counts: Vec<String> = tables.iter().map(|table| format!("(SELECT count(*) FROM {table})")).collect();
    number(db, &format!("SELECT {}", counts.join(" + "))).await
}

async fn sound(db: &DatabaseConnection) {
    let mut faults = Vec::new();
    let report = &mut |fault: audit::Fault| {
        faults.push(fault.to_string());
        Ok::<_, AppError>(())
    };
    audit::verify(db, &Caller::operator(), &[], report).await.expect("the audit can be read");
    assert_eq!(faults, Vec::<String>::new());
}

#[tokio::test]
async fn an_import_is_one_entry_for_each_entity() {
    let world = World::empty().await;
    import(&world, sample::disclosure()).await;
    let first = expected(&[
        ("division", "CREATED", 1),
        ("unit", "CREATED", 1),
        ("source_document", "CREATED", 1),
        ("department_goal", "CREATED", 1),
        ("project", "CREATED", 1),
    ]);
    assert_eq!(entries(world.db.read()).await, first);
    import(&world, sample::disclosure()).await;
    assert_eq!(entries(world.db.read()).await, first, "the same again is no change");

    import(&world, sample::disclosure().replace("≥90%", "≥91%")).await;
    let mut second = first;
    second.extend(expected(&[("project", "UPDATED", 1), ("source_document", "CREATED", 2)]));
    assert_eq!(entries(world.db.read()).await, second);
    sound(world.db.read()).await;

    let unpaired = "SELECT count(*) FROM audit_entry e FULL JOIN change c ON c.chain = e.chain AND c.audit_seq = e.seq
        WHERE e.seq IS NULL OR c.seq IS NULL OR e.at <> c.at OR e.kind <> c.kind OR e.entity_type <> c.entity_type
        OR e.entity_id <> c.entity_id OR e.division_code IS DISTINCT FROM c.division_code OR e.version <> c.version
        OR e.unit_id IS DISTINCT FROM c.unit_id OR e.request_id IS DISTINCT FROM c.request_id";
    assert_eq!(number(world.db.read(), unpaired).await, 0);
    assert_eq!(number(world.db.read(), "SELECT count(*) FROM change").await, 7);
}

#[tokio::test]
async fn a_dry_run_leaves_nothing_beside_the_data_either() {
    let world = World::empty().await;
    let dry = Options { dry_run: true, ..generated::options() };
    world.import("a.txt", sample::disclosure().into_bytes(), &dry).await;
    assert_eq!(traces(world.db.read()).await, 0);
    import(&world, sample::disclosure()).await;
    let before = traces(world.db.read()).await;
    let corrected = sample::disclosure().replace("≥90%", "≥91%");
    world.import("a.txt", corrected.clone().into_bytes(), &dry).await;
    assert_eq!(traces(world.db.read()).await, before);
    import(&world, corrected).await;
    assert!(traces(world.db.read()).await > before);
    sound(world.db.read()).await;
}

const HISTORY: &str = "{ projects { nodes { id history { totalCount nodes { id actor action kind version requestId onBehalfOf
        diff { type rowId kind field before after } } }
    indicators { nodes { id name history { totalCount nodes { kind version diff { type rowId field before after } } } } } } }
    units { nodes { history { nodes { kind diff { field before after } } } } } }";

#[tokio::test]
async fn the_history_of_an_object_says_what_changed() {
    let world = World::empty().await;
    import(&world, sample::disclosure()).await;
    import(&world, sample::disclosure().replace("≥90%", "≥91%").replace("某区卫生健康局", "某区卫健局")).await;
    let answer = world.ask(HISTORY, json!({})).await;
    let project = &answer["projects"]["nodes"][0];
    let history = project["history"]["nodes"].as_array().expect("a list");
    assert_eq!(project["history"]["totalCount"], 2);
    let newest = &history[0];
    for (field, value) in [("actor", "operator"), ("action", "import"), ("kind", "UPDATED")] {
        assert_eq!(newest[field], value);
    }
    let seq = number(world.db.read(), "SELECT MAX(seq) FROM audit_entry WHERE entity_type = 'project'").await;
    assert_eq!(newest["id"], format!("130304:{seq}"));
    assert_eq!(
        (&newest["version"], &newest["requestId"], &newest["onBehalfOf"]),
        (&json!(2), &Value::Null, &Value::Null)
    );
    let indicators = project["indicators"]["nodes"].as_array().expect("a list");
    let rate = indicators.iter().find(|indicator| indicator["name"] == "考核合格率").expect("an indicator");
    let change = |field: &str, before: &str, after: &str| json!({"type": "indicator", "rowId": rate["id"], "field": field, "before": before, "after": after});
    let changes = json!([change("targetRaw", "≥90%", "≥91%"), change("value", "90", "91")]);
    assert_eq!(rate["history"]["nodes"][0], json!({"kind": "UPDATED", "version": 2, "diff": changes}));
    assert_eq!(rate["history"]["totalCount"], 2);
    let other = indicators.iter().find(|indicator| indicator["name"] == "培训医生").expect("an indicator");
    assert_eq!(other["history"]["totalCount"], 1, "{other:#}");
    let made = other["history"]["nodes"][0]["diff"].as_array().expect("a list");
    assert!(made.iter().all(|field| field["rowId"] == other["id"] && field["before"].is_null()), "{made:?}");
    let budget = history[1]["diff"].as_array().expect("a list").iter().find(|field| field["field"] == "budget");
    assert_eq!(budget.expect("the budget")["after"], "200000");
    let unit = &answer["units"]["nodes"][0]["history"]["nodes"];
    let named = json!({"field": "name", "before": "某区卫生健康局", "after": "某区卫健局"});
    assert!(unit[0]["diff"].as_array().expect("a list").contains(&named), "{unit:#}");
    assert_eq!((&unit[0]["kind"], &unit[1]["kind"]), (&json!("UPDATED"), &json!("CREATED")));
}

#[tokio::test]
async fn history_has_pages_and_one_statement_for_all_objects() {
    let world = World::empty().await;
    for round in 0..5 {
        import(&world, sample::disclosure().replace("≥90%", &format!("≥{}%", 90 + round))).await;
    }
    let versions = async |arguments: &str| {
        let query = format!(
            "{{ projects {{ nodes {{ history({arguments}) {{ nodes {{ version }} pageInfo {{ hasNextPage endCursor }} }}
             indicators(filter: {{name: {{eq: \"考核合格率\"}}}}) {{ nodes {{
             history({arguments}) {{ nodes {{ version }} pageInfo {{ hasNextPage endCursor }} }} }} }} }} }} }}"
        );
        let project = world.ask(&query, json!({})).await["projects"]["nodes"][0].clone();
        assert_eq!(project["history"], project["indicators"]["nodes"][0]["history"], "{arguments}");
        let page = project["history"].clone();
        let nodes = page["nodes"].as_array().expect("a list").iter().map(|node| node["version"].as_i64()).collect();
        (nodes, page["pageInfo"]["hasNextPage"].clone(), page["pageInfo"]["endCursor"].clone())
    };
    let (nodes, more, end): (Vec<_>, _, _) = versions("first: 2").await;
    assert_eq!((nodes, more), (vec![Some(5), Some(4)], json!(true)));
    let (nodes, more, _): (Vec<_>, _, _) = versions(&format!("first: 3, after: {end}")).await;
    assert_eq!((nodes, more), (vec![Some(3), Some(2), Some(1)], json!(false)));
    let (nodes, ..): (Vec<_>, _, _) = versions("last: 1").await;
    assert_eq!(nodes, [Some(1)]);

    let (alone, _) = world.count(world.ask(HISTORY, json!({}))).await;
    for number in 1..4 {
        let source = generated::source(number);
        world.import(&source.name, source.bytes, &generated::options()).await;
    }
    let (many, _) = world.count(world.ask(HISTORY, json!({}))).await;
    assert_eq!(alone, many);
}

#[tokio::test]
async fn accounts_are_audited_with_their_actor() {
    let (_database, db) = database::migrated().await;
    let admin = person(vec![Grant::new(Role::SysAdmin, Scope::Everything)]);
    let origin = Origin {
        action: "accountCreate".to_owned(),
        request_id: Some("r-1".to_owned()),
        client: Some("203.0.113.7".to_owned()),
        on_behalf_of: Some("王".to_owned()),
    };
    let made = db
        .write(async |tx| {
            let mut work = Work::begin(tx, &admin, &origin, clock::system);
            let made = account::add(&mut work, "lin", Duty::Business).await?;
            work.finish().await?;
            Ok(made)
        })
        .await
        .unwrap();
    let grant = Grant::view(Role::Finance, Scope::Everything);
    work(&db, async |work| account::grant(work, made.id, &grant, None).await).await.unwrap();
    work(&db, async |work| account::revoke(work, made.id, grant.role, &grant.scope).await).await.unwrap();
    work(&db, async |work| account::disable(work, made.id).await).await.unwrap();
    let sql = "SELECT chain, kind, actor_name, version, diff FROM audit_entry ORDER BY seq";
    let entries = rows::<(String, String, String, i32, String)>(db.read(), sql).await;
    let read: Vec<_> = entries
        .iter()
        .map(|(chain, kind, actor, version, diff)| {
            let diff: Value = serde_json::from_str(diff).expect("a diff is JSON");
            (chain.as_str(), kind.as_str(), actor.as_str(), *version, diff[0]["type"].clone(), diff[0]["kind"].clone())
        })
        .collect();
    let (account, grant) = (json!("account"), json!("account_grant"));
    assert_eq!(
        read,
        [
            ("", "CREATED", "tester", 1, account.clone(), json!("CREATED")),
            ("", "UPDATED", "operator", 1, grant.clone(), json!("CREATED")),
            ("", "UPDATED", "operator", 1, grant, json!("DELETED")),
            ("", "UPDATED", "operator", 2, account, json!("UPDATED")),
        ]
    );
    let first = "SELECT action, request_id, on_behalf_of FROM audit_entry WHERE seq = 1";
    let first = rows::<(String, String, String)>(db.read(), first).await;
    assert_eq!(first, [("accountCreate".to_owned(), "r-1".to_owned(), "王".to_owned())]);
    sound(db.read()).await;
}

#[tokio::test]
async fn chains_are_dense_under_writers_at_the_same_time() {
    let (database, db) = database::migrated().await;
    let folder = TempDir::new().expect("a temporary folder");
    let files = FileStore::new(folder.path());
    let imports = (1..=8).map(async |number: u32| {
        let db = Db::connect(&database.settings).await.expect("a safe database");
        let options =
            Options { division: ["130304", "130916"][number as usize % 2].to_owned(), ..generated::options() };
        let report = import::run(&db, &files, &Caller::operator(), &generated::source(number), &options).await;
        report.expect("an accepted document");
        db.close().await.expect("the connections close");
    });
    join_all(imports).await;
    let chains = "SELECT chain, MIN(seq), MAX(seq), count(*) FROM audit_entry GROUP BY chain ORDER BY chain";
    // A division, and for each of four documents itself, its unit, its goal and its six projects.
    let each = 1 + 4 * (1 + 1 + 1 + 6);
    let expected = ["130304", "130916"].map(|chain| (chain.to_owned(), 1, each, each));
    assert_eq!(rows::<(String, i64, i64, i64)>(db.read(), chains).await, expected);
    let backwards = "SELECT count(*) FROM audit_entry a JOIN audit_entry b ON b.chain = a.chain AND b.seq = a.seq + 1
        WHERE b.at < a.at";
    assert_eq!(number(db.read(), backwards).await, 0);
    sound(db.read()).await;
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_the_past() {
    let world = World::empty().await;
    import(&world, sample::disclosure()).await;
    import(&world, sample::disclosure().replace("≥90%", "≥91%").replace("20.00", "21.00").replace("12.00", "13.00"))
        .await;
    let mut statements = vec![
        "UPDATE audit_entry SET actor_name = 'x'".to_owned(),
        "DELETE FROM audit_entry WHERE seq = 1".to_owned(),
        "UPDATE change SET kind = 'DELETED'".to_owned(),
        "DELETE FROM audit_head".to_owned(),
        "UPDATE audit_head SET seq = seq - 1".to_owned(),
        "UPDATE audit_head SET at = 0".to_owned(),
    ];
    let history = jixiao::service::history::tables();
    for states in ["project_history", "indicator_history"] {
        assert!(number(world.db.read(), &format!("SELECT count(*) FROM {states}")).await > 0, "{states}");
    }
    for (_, states) in history {
        statements.push(format!("UPDATE {states} SET valid_to = 0"));
        statements.push(format!("DELETE FROM {states}"));
    }
    if postgres().is_some() {
        statements.extend(["audit_entry", "audit_head", "project_history"].map(|table| format!("TRUNCATE {table}")));
    }
    let before = traces(world.db.read()).await;
    for sql in statements {
        // Triggers of SQLite look at each row, so a table without rows has nothing to refuse.
        let table = sql.split_whitespace().find(|word| word.contains('_') || *word == "change").expect("a table");
        if number(world.db.read(), &format!("SELECT count(*) FROM {table}")).await == 0 {
            continue;
        }
        let refused = world.db.write(async |tx| Ok(tx.execute_unprepared(&sql).await?)).await;
        let cause = std::error::Error::source(&refused.expect_err(&sql)).map(ToString::to_string).unwrap_or_default();
        assert!(cause.contains("only grows") || cause.contains("goes forward only"), "{sql}: {cause}");
    }
    assert_eq!(traces(world.db.read()).await, before);
}

/// The outbox after a place, a few rows at a time.
async fn read_on(db: &Db, place: &mut Place) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        let rows = outbox::settled(db.read(), &Caller::operator(), *place, 2).await.expect("the outbox");
        let Some(last) = rows.last() else { return seen };
        *place = Place::of(last);
        seen.extend(rows.iter().map(|row| row.request_id.clone().unwrap_or_default()));
    }
}

/// So many rows after a place. On PostgreSQL transactions of other databases of the server hold the horizon back, too.
async fn await_rows(db: &Db, place: &mut Place, count: usize) -> Vec<String> {
    let mut seen = Vec::new();
    while seen.len() < count {
        seen.extend(read_on(db, place).await);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    seen
}

async fn add(work: &mut Work<'_>, name: &str) {
    account::add(work, name, Duty::Business).await.expect("a new account");
}

#[tokio::test]
async fn nothing_appears_late_in_the_outbox() {
    let (database, db) = database::migrated().await;
    let of = |request: &str| Origin { request_id: Some(request.to_owned()), ..Origin::of("test") };
    let (slow, quick) = (of("slow"), of("quick"));
    let operator = Caller::operator();
    let mut place = Place::default();
    let write = async |db: &Db, origin: &Origin, name: &str| {
        db.write(async |tx| {
            let mut work = Work::begin(tx, &operator, origin, clock::system);
            add(&mut work, name).await;
            work.finish().await
        })
        .await
        .expect("a write");
    };
    if postgres().is_some() {
        let other = Db::connect(&database.settings).await.expect("a safe database");
        let seen_meanwhile = db
            .write(async |tx| {
                // The number of the transaction is taken here, before the quick one begins; its chain is locked last.
                tx.execute_unprepared("SELECT pg_current_xact_id()").await?;
                write(&other, &quick, "quick").await;
                let mut nowhere = Place::default();
                let seen = read_on(&other, &mut nowhere).await;
                let mut work = Work::begin(tx, &operator, &slow, clock::system);
                add(&mut work, "slow").await;
                work.finish().await?;
                Ok(seen)
            })
            .await
            .expect("a write");
        assert_eq!(seen_meanwhile, Vec::<String>::new(), "a row that others can still come before");
        assert_eq!(number(db.read(), "SELECT count(*) FROM change").await, 2);
        let by_number = rows::<(String,)>(db.read(), "SELECT request_id FROM change ORDER BY seq").await;
        assert_eq!(by_number, [("quick".to_owned(),), ("slow".to_owned(),)]);
    } else {
        write(&db, &slow, "slow").await;
        write(&db, &quick, "quick").await;
    }
    assert_eq!(await_rows(&db, &mut place, 2).await, ["slow", "quick"]);
    write(&db, &of("third"), "third").await;
    write(&db, &of("fourth"), "fourth").await;
    write(&db, &of("fifth"), "fifth").await;
    assert_eq!(await_rows(&db, &mut place, 3).await, ["third", "fourth", "fifth"]);
    assert_eq!(read_on(&db, &mut place).await, Vec::<String>::new());
    sound(db.read()).await;
}
