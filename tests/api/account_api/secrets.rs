//! What is told once stands nowhere afterwards.

use serde_json::json;

use super::{administrators, bare, done, send};
use crate::support::dump;
use crate::support::world::World;
use entity::value::Duty;

#[tokio::test]
async fn secrets_are_told_once_and_stand_nowhere() {
    let world = World::empty().await;
    let all = administrators(&world).await;
    bare(&world, "lin", Duty::Business).await;
    bare(&world, "robot", Duty::Service).await;
    let create = json!({"account": {"name": "robot"}, "scopes": ["project:read"]});
    done(&world, &all.security, "serviceClientCreate", create, "").await;
    let by = json!({"by": {"name": "robot"}});
    let added = done(&world, &all.security, "serviceClientSecretAdd", by, "secret").await;
    let invited = done(&world, &all.system, "accountInvite", json!({"by": {"name": "lin"}}), "invitationCode").await;
    let dump = dump::tables(world.db.read()).await;
    let rows: Vec<&String> = dump.values().flatten().collect();
    assert!(rows.iter().any(|row| row.contains("accountInvite")), "the rows are looked at");
    for secret in [&added["secret"], &invited["invitationCode"]] {
        let secret = secret.as_str().expect("a secret");
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        for form in [secret, &hex] {
            let holding: Vec<_> = rows.iter().filter(|row| row.to_lowercase().contains(&form.to_lowercase())).collect();
            assert!(holding.is_empty(), "{form}: {holding:?}");
        }
    }
    // Nor do hashes of them stand in an answer or in the record.
    let hashes = crate::support::database::names(
        world.db.read(),
        "SELECT digest FROM client_secret UNION ALL SELECT code_hash FROM invitation",
    );
    let record = crate::support::database::names(world.db.read(), "SELECT diff FROM audit_entry").await.join("\n");
    let hashes = hashes.await;
    assert_eq!(hashes.len(), 2);
    assert!(hashes.iter().all(|hash| !record.contains(hash)), "{record}");
}

#[tokio::test]
async fn an_answer_with_a_secret_is_not_kept_for_a_repetition() {
    let world = World::empty().await;
    let all = administrators(&world).await;
    bare(&world, "lin", Duty::Business).await;
    let keyed =
        "mutation { accountInvite(input: {by: {name: \"lin\"}}) @idempotent(key: \"0123456789abcdef\") { outcome } }";
    let refused = world.refusals_as(&all.system, keyed, json!({})).await;
    assert_eq!(refused.iter().map(|(_, code)| code.as_str()).collect::<Vec<_>>(), ["BAD_USER_INPUT"]);
    assert!(refused[0].0.contains("without an idempotency key"), "{refused:?}");
    // Others happen once, as everywhere.
    let create = "mutation { accountCreate(input: {name: \"wang\", duty: BUSINESS}) @idempotent(key: \"0123456789abcdef\") { outcome } }";
    for _ in 0..2 {
        let answer = world.ask_as(&all.system, create, json!({})).await;
        assert_eq!(answer["data"]["accountCreate"]["outcome"], "CREATED", "{answer}");
    }
    let again = send(&world, &all.system, "accountInvite", json!({"by": {"name": "lin"}}), "invitationCode").await;
    assert!(again["data"]["it"]["invitationCode"].is_string());
}
