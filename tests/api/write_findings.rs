//! Acknowledging findings.

use entity::value::{AccountKind, Role};
use entity::{finding, unit};
use jixiao::auth::{Account, Caller, Grant, Scope};
use jixiao::input::finding::{acknowledge as acknowledge_input, unacknowledge as unacknowledge_input};
use jixiao::service::write::Atomicity;
use jixiao::service::write::finding::apply;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};

use crate::support::database::work_as;
use crate::support::disclosures;
use crate::support::world::{World, person};
use crate::support::write::{rows, shown};

async fn acknowledged(world: &World, caller: &Caller, sent: &[Value]) -> Vec<String> {
    let rows = rows(acknowledge_input(), sent);
    let done = work_as(&world.db, caller, async |work| apply(work, &rows, Atomicity::All).await);
    shown(&done.await.expect("an answer"))
}

async fn taken_back(world: &World, caller: &Caller, sent: Value) -> Vec<String> {
    let rows = rows(unacknowledge_input(), &[sent]);
    let done = work_as(&world.db, caller, async |work| apply(work, &rows, Atomicity::All).await);
    shown(&done.await.expect("an answer"))
}

async fn findings(world: &World) -> Vec<finding::Model> {
    finding::Entity::find().order_by_asc(finding::Column::Id).all(world.db.read()).await.expect("the findings")
}

fn editor() -> (Account, Caller) {
    let account = Account { id: entity::id::AccountId::new(), name: "ann".to_owned(), kind: AccountKind::Person };
    let grant = Grant { role: Role::Editor, scope: Scope::Everything };
    (account.clone(), Caller::account(account, vec![grant]))
}

#[tokio::test]
async fn an_acknowledgement_says_who_when_and_why_and_outlives_the_next_import() {
    let world = World::with_disclosures().await;
    let before = findings(&world).await;
    let ((account, ann), id) = (editor(), before[0].id.public());
    let sent = json!({"id": id, "expectedVersion": 1, "reason": "原文如此"});
    assert_eq!(acknowledged(&world, &ann, std::slice::from_ref(&sent)).await, ["UPDATED"]);
    let after = findings(&world).await;
    let now = &after[0];
    assert_eq!(
        (now.version, now.acknowledged_by_id, now.acknowledged_by.as_deref(), now.acknowledged_reason.as_deref()),
        (2, Some(account.id), Some("ann"), Some("原文如此")),
    );
    assert!(now.acknowledged_at == Some(now.updated_at) && now.updated_at > before[0].updated_at);
    assert_eq!(after[1..], before[1..]);
    // The same reason again, even of another, changes nothing; a former version is a conflict.
    let again = json!({"id": id, "reason": "原文如此"});
    assert_eq!(acknowledged(&world, &Caller::operator(), std::slice::from_ref(&again)).await, ["UNCHANGED"]);
    assert_eq!(acknowledged(&world, &ann, &[sent]).await, ["FAILED CONFLICT 0.expectedVersion"]);
    for disclosure in disclosures::ALL {
        world.import(disclosure.file, disclosure.bytes(), &disclosure.import_options()).await;
    }
    assert_eq!(findings(&world).await, after);

    let query = "query($id: ID!) { node(id: $id) { ... on Finding { version acknowledgedBy acknowledgedReason } }
        left: findings(filter: {acknowledgedAt: {isNull: true}}) { totalCount }
        done: findings(filter: {acknowledgedAt: {isNull: false}}) { totalCount } }";
    let seen = world.ask(query, json!({"id": id})).await;
    let expected = json!({
        "node": {"version": 2, "acknowledgedBy": "ann", "acknowledgedReason": "原文如此"},
        "left": {"totalCount": before.len() - 1},
        "done": {"totalCount": 1},
    });
    assert_eq!(seen, expected);

    assert_eq!(taken_back(&world, &ann, json!({"id": id, "expectedVersion": 2})).await, ["UPDATED"]);
    assert_eq!(taken_back(&world, &ann, json!({"id": id})).await, ["UNCHANGED"]);
    let now = findings(&world).await[0].clone();
    let empty = (now.acknowledged_at, now.acknowledged_by_id, now.acknowledged_by, now.acknowledged_reason);
    assert_eq!((now.version, empty), (3, (None, None, None, None)));
}

#[tokio::test]
async fn every_mistake_is_named_and_nothing_is_written() {
    let world = World::with_disclosures().await;
    let before = findings(&world).await;
    let [one, two] = [0, 1].map(|n| before[n].id.public());
    let sent = [
        json!({"id": one, "reason": "原文如此"}),
        json!({"id": one, "reason": "又"}),
        json!({"id": two, "reason": " "}),
        json!({"id": two, "reason": "长".repeat(2_001)}),
        json!({"id": "fnd_00000000000000000000000000", "reason": "无"}),
        json!({"id": "prj_x"}),
    ];
    let expected = [
        "SKIPPED",
        "FAILED DUPLICATE_IN_REQUEST 1.id",
        "FAILED REQUIRED 2.reason",
        "FAILED TOO_LONG 3.reason DUPLICATE_IN_REQUEST 3.id",
        "FAILED NOT_FOUND 4.id",
        "FAILED REQUIRED 5.reason NOT_FOUND 5.id",
    ];
    assert_eq!(acknowledged(&world, &Caller::operator(), &sent).await, expected);
    assert_eq!(findings(&world).await, before);
}

#[tokio::test]
async fn who_may_not_write_a_unit_acknowledges_nothing_of_it() {
    let world = World::with_disclosures().await;
    let finding = findings(&world).await[0].clone();
    let units = unit::Entity::find().all(world.db.read()).await.expect("the units");
    let elsewhere = units.iter().find(|unit| unit.division_code != finding.division_code).expect("another division");
    let editor = Grant { role: Role::Editor, scope: Scope::Unit(elsewhere.id) };
    let sent = [json!({"id": finding.id.public(), "reason": "原文如此"})];
    assert_eq!(acknowledged(&world, &person(vec![editor.clone()]), &sent).await, ["FAILED NOT_FOUND 0.id"]);
    let reader = Grant { role: Role::Reader, scope: Scope::Everything };
    assert_eq!(acknowledged(&world, &person(vec![editor, reader]), &sent).await, ["FAILED FORBIDDEN 0.id"]);
}
