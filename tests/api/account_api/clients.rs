//! Clients: scopes, secrets and keys.

use entity::value::Duty;
use jixiao::auth::oauth::client::Clients;
use jixiao::clock;
use jixiao::service::client::directory::Directory;
use jixiao::service::revocation::Revocations;
use serde_json::{Value, json};

use super::{administrators, bare, done, mistake, send, words};
use crate::support::world::World;

const JWK: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"2026-11","alg":"EdDSA",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// Of RFC 8037 A.3, which has the same key.
const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

const CLIENT: &str = "serviceClient { id account { name grants { role } } scopes secrets { id } \
                      keys { kid algorithm thumbprint } version }";

async fn good_secrets(world: &World, name: &str) -> usize {
    let revocations = Revocations::read(&world.db, clock::system).await.expect("the revocations");
    let directory = Directory::new(world.db.clone(), revocations, clock::system);
    directory.find(name, clock::system()).await.expect("an answer").map_or(0, |client| client.secrets.len())
}

#[tokio::test]
async fn a_client_gets_scopes_secrets_and_keys() {
    let world = World::empty().await;
    let all = administrators(&world).await;
    // Who administers accounts makes the account, who administers security what it can do.
    done(&world, &all.system, "accountCreate", json!({"name": "budget", "duty": "SERVICE"}), "").await;
    let input = json!({"account": {"name": "budget"}, "scopes": ["project:read", "import:run", "project:read"]});
    let made = done(&world, &all.security, "serviceClientCreate", input.clone(), CLIENT).await;
    let client = &made["serviceClient"];
    assert_eq!(
        (&client["scopes"], &client["secrets"], &client["keys"]),
        (&json!(["import:run", "project:read"]), &json!([]), &json!([]))
    );
    let by = json!({"id": client["id"]});
    assert_eq!(mistake(&world, &all.security, "serviceClientCreate", input).await.0, "DUPLICATE");

    let update = json!({"by": by, "expectedVersion": 1, "scopes": ["audit:read"]});
    let updated = done(&world, &all.security, "serviceClientUpdate", update.clone(), CLIENT).await;
    assert_eq!((&updated["outcome"], &updated["serviceClient"]["scopes"]), (&json!("UPDATED"), &json!(["audit:read"])));
    assert_eq!(mistake(&world, &all.security, "serviceClientUpdate", update).await.0, "CONFLICT");
    let same = json!({"by": by, "scopes": ["audit:read"]});
    assert_eq!(done(&world, &all.security, "serviceClientUpdate", same, "").await["outcome"], "UNCHANGED");

    let secret = async || {
        let added = done(
            &world,
            &all.security,
            "serviceClientSecretAdd",
            json!({ "by": by }),
            "secret serviceClient { secrets { id } }",
        );
        added.await
    };
    let first = secret().await;
    let second = secret().await;
    assert!(first["secret"].as_str().is_some_and(|text| text.len() > 40) && first["secret"] != second["secret"]);
    assert_eq!(good_secrets(&world, "budget").await, 2);
    let found = mistake(&world, &all.security, "serviceClientSecretAdd", json!({ "by": by })).await;
    assert_eq!(words(&found), ("RULE_VIOLATED", "secrets", "by"));
    let retire = json!({"by": by, "id": first["serviceClient"]["secrets"][0]["id"]});
    let retired = done(&world, &all.security, "serviceClientSecretRetire", retire.clone(), CLIENT).await;
    assert_eq!(retired["serviceClient"]["secrets"].as_array().map(Vec::len), Some(1));
    assert_eq!(good_secrets(&world, "budget").await, 1);
    let found = mistake(&world, &all.security, "serviceClientSecretRetire", retire).await;
    assert_eq!(words(&found), ("NOT_FOUND", "secret", "id"));

    let keys = async |jwks: Value| {
        let set = done(&world, &all.security, "serviceClientKeysSet", json!({"by": by, "jwks": jwks}), CLIENT).await;
        set["serviceClient"]["keys"].clone()
    };
    let one = json!([{"kid": "2026-11", "algorithm": "EdDSA", "thumbprint": THUMBPRINT}]);
    assert_eq!(keys(json!(JWK)).await, one);
    let other = JWK.replace("2026-11", "2027-01");
    let both = keys(json!(format!("{{\"keys\":[{JWK},{other}]}}"))).await;
    assert_eq!(both.as_array().map(Vec::len), Some(2));
    assert_eq!(keys(json!(other)).await[0]["kid"], "2027-01");
    assert_eq!(keys(Value::Null).await, json!([]));
    let private = JWK.replace("\"kty\"", "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\",\"kty\"");
    let found = mistake(&world, &all.security, "serviceClientKeysSet", json!({"by": by, "jwks": private})).await;
    assert_eq!(words(&found), ("RULE_VIOLATED", "jwks", "jwks"));
}

#[tokio::test]
async fn a_person_is_no_client_and_no_scope_publishes() {
    let world = World::empty().await;
    let security = administrators(&world).await.security;
    bare(&world, "lin", Duty::Business).await;
    bare(&world, "robot", Duty::Service).await;
    let create = |name: &str, scopes: Value| json!({"account": {"name": name}, "scopes": scopes});
    let good = json!(["project:read"]);
    for (input, expected) in [
        (create("lin", good.clone()), ("RULE_VIOLATED", "system", "account")),
        (create("nobody", good), ("NOT_FOUND", "account", "account")),
        (create("robot", json!(["publication:approve"])), ("RULE_VIOLATED", "scope", "scopes")),
        (create("robot", json!([])), ("RULE_VIOLATED", "scopes", "scopes")),
    ] {
        let found = mistake(&world, &security, "serviceClientCreate", input.clone()).await;
        assert_eq!(words(&found), expected, "{input}");
    }
    let found = mistake(&world, &security, "serviceClientSecretAdd", json!({"by": {"name": "robot"}})).await;
    assert_eq!(words(&found), ("NOT_FOUND", "client", "by"));
    let long =
        send(&world, &security, "serviceClientSecretAdd", json!({"by": {"name": "robot"}, "days": 401}), "").await;
    assert_eq!(long["data"]["it"]["userErrors"][0]["code"], "OUT_OF_RANGE");
}
