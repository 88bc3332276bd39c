//! Whatever is done to the audit behind its back is found, and where it was done is told.

use entity::{audit_entry, audit_head};
use jixiao::auth::Caller;
use jixiao::error::AppError;
use jixiao::service::audit::anchor::{self, Anchor};
use jixiao::service::audit::{self, chain};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, IntoActiveModel};
use sea_orm::{QueryFilter, QueryOrder};

use crate::support::database::{number, vandal};
use crate::support::generated;
use crate::support::world::World;

/// Two documents in one division: a chain of a division, two units, two documents, two goals and twelve projects.
async fn world() -> World {
    let world = World::empty().await;
    for number in [1, 2] {
        let source = generated::source(number);
        world.import(&source.name, source.bytes, &generated::options()).await;
    }
    world
}

async fn faults(db: &DatabaseConnection, anchors: &[Anchor]) -> Vec<String> {
    let mut faults = Vec::new();
    let verified = audit::verify(db, &Caller::operator(), anchors, &mut |fault| {
        faults.push(fault.to_string());
        Ok::<_, AppError>(())
    })
    .await
    .expect("the audit can be read");
    assert_eq!(verified.faults, faults.len() as u64);
    faults
}

/// Of the faults those of chains, without those of rows.
fn of_chains(faults: &[String]) -> Vec<&str> {
    faults.iter().filter(|fault| fault.starts_with("chain ")).map(String::as_str).collect()
}

const LENGTH: i64 = 19;

/// What is done, and what is found of it in the chain. `{last}` stands for the number of the newest entry.
const DAMAGES: &[(&str, &[&str])] = &[
    (
        "UPDATE audit_entry SET diff = replace(diff, '20', '21') WHERE chain = '130304' AND seq = 5",
        &["chain 130304: entry 5 was edited"],
    ),
    (
        "UPDATE audit_entry SET actor_name = 'somebody' WHERE chain = '130304' AND seq = 1",
        &["chain 130304: entry 1 was edited"],
    ),
    (
        "UPDATE audit_entry SET at = at - 1 WHERE chain = '130304' AND seq IN (7, 19)",
        &["chain 130304: entry 7 was edited", "chain 130304: entry 19 was edited"],
    ),
    (
        "UPDATE audit_entry SET alg = 'ROT-13' WHERE chain = '130304' AND seq = 2",
        &["chain 130304: entry 2 names an unknown algorithm"],
    ),
    ("DELETE FROM audit_entry WHERE chain = '130304' AND seq = 4", &["chain 130304: entry 4 missing"]),
    ("DELETE FROM audit_entry WHERE chain = '130304' AND seq < 3", &["chain 130304: entries 1 to 2 missing"]),
    (
        "DELETE FROM audit_entry WHERE chain = '130304' AND seq > 16",
        &["chain 130304: entries 17 to 19 cut off at the end"],
    ),
    (
        "UPDATE audit_entry SET seq = -3 WHERE chain = '130304' AND seq = 3;
         UPDATE audit_entry SET seq = 3 WHERE chain = '130304' AND seq = 4;
         UPDATE audit_entry SET seq = 4 WHERE chain = '130304' AND seq = -3",
        &[
            "chain 130304: entries 3 to 4 were edited, swapped or renumbered",
            "chain 130304: entry 5 does not follow entry 4: one was replaced",
        ],
    ),
    (
        "UPDATE audit_entry SET seq = seq + 1000 WHERE chain = '130304' AND seq > 9;
         UPDATE audit_entry SET seq = seq - 999 WHERE chain = '130304' AND seq > 1000;
         INSERT INTO audit_entry (chain, seq, at, actor_id, actor_name, action, kind, entity_type, entity_id,
             division_code, unit_id, version, changed_at, diff, result, alg, prev, hash)
         SELECT chain, 10, at, actor_id, actor_name, action, kind, entity_type, entity_id, division_code, unit_id,
             version, changed_at, diff, result, alg, prev, hash FROM audit_entry WHERE chain = '130304' AND seq = 9",
        &[
            "chain 130304: entries 10 to 20 were edited, swapped or renumbered",
            "chain 130304: entry 20 put in after the head",
        ],
    ),
    (
        "INSERT INTO audit_entry (chain, seq, at, actor_id, actor_name, action, kind, entity_type, entity_id,
             division_code, unit_id, version, changed_at, diff, result, alg, prev, hash)
         SELECT chain, 20, at, actor_id, actor_name, action, kind, entity_type, entity_id, division_code, unit_id,
             version, changed_at, diff, result, alg, hash, hash FROM audit_entry WHERE chain = '130304' AND seq = 19",
        &["chain 130304: entry 20 was edited", "chain 130304: entry 20 put in after the head"],
    ),
    ("DELETE FROM audit_head WHERE chain = '130304'", &["chain 130304: the head was edited or deleted"]),
    (
        "UPDATE audit_head SET hash = (SELECT hash FROM audit_entry WHERE chain = '130304' AND seq = 1)",
        &["chain 130304: the head was edited or deleted"],
    ),
    (
        "DELETE FROM audit_entry WHERE chain = '130304'; DELETE FROM audit_head WHERE chain = '130304'",
        &["chain 130304: entries 1 to 19 cut off at the end", "chain 130304: the head was edited or deleted"],
    ),
    (
        "DELETE FROM audit_entry WHERE chain = '130304' AND seq > 17;
         UPDATE audit_head SET seq = 17, hash = (SELECT hash FROM audit_entry WHERE chain = '130304' AND seq = 17)",
        &["chain 130304: entries 18 to 19 cut off at the end"],
    ),
];

#[tokio::test]
async fn every_damage_to_a_chain_is_found_and_located() {
    let world = world().await;
    let db = vandal(world.database_url()).await;
    assert_eq!(number(&db, "SELECT MAX(seq) FROM audit_entry WHERE chain = '130304'").await, LENGTH);
    let anchors = anchor::now(&db, &Caller::operator()).await.expect("the heads");
    assert_eq!(faults(&db, &anchors).await, Vec::<String>::new());
    for (sql, expected) in DAMAGES {
        db.execute_unprepared("BEGIN").await.unwrap();
        db.execute_unprepared(sql).await.unwrap();
        let found = faults(&db, &anchors).await;
        db.execute_unprepared("ROLLBACK").await.unwrap();
        let mut found = of_chains(&found);
        // The newest entry is anchored, so what was done to it is told a second time.
        found.retain(|fault| !fault.ends_with("the chain was rewritten") || expected.contains(fault));
        assert_eq!(found, *expected, "{sql}");
    }
    assert_eq!(faults(&db, &anchors).await, Vec::<String>::new());
}

/// What is done to the rows, and what is found.
const ROWS: &[(&str, &str, &str)] = &[
    (
        "UPDATE project SET version = version + 1 WHERE id = (SELECT id FROM project ORDER BY id LIMIT 1)",
        "project prj_",
        "its version or time is not that of its newest entry",
    ),
    (
        "UPDATE unit SET updated_at = updated_at + 1 WHERE id = (SELECT id FROM unit ORDER BY id LIMIT 1)",
        "unit unt_",
        "its version or time is not that of its newest entry",
    ),
    (
        "DELETE FROM department_goal WHERE id = (SELECT id FROM department_goal ORDER BY id LIMIT 1)",
        "department_goal dgl_",
        "it is gone, and no entry says so",
    ),
    (
        "INSERT INTO account (id, name, kind, version, created_at, updated_at)
         SELECT id, 'ghost', 'PERSON', version, created_at, updated_at FROM indicator_level WHERE code = 'R2015-1'",
        "account acc_",
        "the audit knows nothing of it",
    ),
];

#[tokio::test]
async fn rows_that_changed_without_an_entry_are_found() {
    let world = world().await;
    let db = vandal(world.database_url()).await;
    for (sql, row, how) in ROWS {
        db.execute_unprepared("BEGIN").await.unwrap();
        db.execute_unprepared(sql).await.unwrap();
        let found = faults(&db, &[]).await;
        db.execute_unprepared("ROLLBACK").await.unwrap();
        let [fault] = &found[..] else { panic!("{sql}: {found:?}") };
        assert!(fault.starts_with(row) && fault.ends_with(how), "{sql}: {fault}");
    }
}

/// Writes the entries of the chain again from one of them on, each with a hash that fits, as `change` makes them.
async fn rewrite(db: &DatabaseConnection, from: i64, to: i64, change: impl Fn(&mut audit_entry::Model)) {
    let entries = audit_entry::Entity::find()
        .filter(audit_entry::Column::Chain.eq("130304"))
        .filter(audit_entry::Column::Seq.gte(from))
        .filter(audit_entry::Column::Seq.lte(to))
        .order_by_asc(audit_entry::Column::Seq);
    let mut before: Option<Vec<u8>> = None;
    for mut entry in entries.all(db).await.unwrap() {
        change(&mut entry);
        entry.prev = before.unwrap_or(entry.prev);
        entry.hash = chain::hash(&entry).unwrap();
        before = Some(entry.hash.clone());
        let head =
            audit_head::Model { chain: entry.chain.clone(), seq: entry.seq, at: entry.at, hash: entry.hash.clone() };
        audit_entry::Entity::update(entry.into_active_model().reset_all()).exec(db).await.unwrap();
        if head.seq == LENGTH {
            audit_head::Entity::update(head.into_active_model().reset_all()).exec(db).await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_entry_with_a_hash_of_its_own_does_not_fit_the_next() {
    let world = world().await;
    let db = vandal(world.database_url()).await;
    rewrite(&db, 6, 6, |entry| entry.actor_name = "somebody".to_owned()).await;
    let expected = ["chain 130304: entry 7 does not follow entry 6: one was replaced"];
    assert_eq!(of_chains(&faults(&db, &[]).await), expected);
}

#[tokio::test]
async fn a_chain_that_was_rewritten_to_its_end_fits_but_not_its_anchors() {
    let world = world().await;
    let db = vandal(world.database_url()).await;
    let anchors = anchor::now(&db, &Caller::operator()).await.expect("the heads");
    rewrite(&db, 6, LENGTH, |entry| entry.actor_name = "somebody".to_owned()).await;
    assert_eq!(faults(&db, &[]).await, Vec::<String>::new());
    let expected = ["chain 130304: entry 19 is not the anchored one: the chain was rewritten"];
    assert_eq!(of_chains(&faults(&db, &anchors).await), expected);
}

#[tokio::test]
async fn former_anchors_hold_for_ever() {
    let world = World::empty().await;
    let mut anchors = Vec::new();
    for number in [1, 2, 3] {
        let source = generated::source(number);
        world.import(&source.name, source.bytes, &generated::options()).await;
        anchors.extend(anchor::now(world.db.read(), &Caller::operator()).await.expect("the heads"));
    }
    assert_eq!(anchors.iter().map(|anchor| anchor.seq).collect::<Vec<_>>(), [10, 19, 28]);
    let lines: String = anchors.iter().map(|anchor| format!("{anchor}\n")).collect();
    assert_eq!(anchor::read(&lines).unwrap(), anchors);
    let db = vandal(world.database_url()).await;
    assert_eq!(faults(&db, &anchors).await, Vec::<String>::new());
    db.execute_unprepared("UPDATE audit_entry SET action = 'nothing' WHERE seq = 3").await.unwrap();
    assert_eq!(faults(&db, &anchors).await, ["chain 130304: entry 3 was edited"]);
}
