//! A mutation with a key happens once, and its answer is given again.

mod storm;

use entity::value::{Duty, Role};
use jixiao::auth::{Caller, Grant, Scope};
use jixiao::clock;
use jixiao::graphql::mutation::{IdempotencyKey, Replays};
use jixiao::lang::Lang;
use jixiao::limits::ProfileLimits;
use jixiao::service::account;
use jixiao::service::idempotency::{self, Claim};
use jixiao::service::work::{Origin, Work};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::{Value, json};

use crate::mutation::divisions;
use crate::support::world::World;

const KEY: &str = "key-0123456789ab";

/// The answer as text, and the fields that were answered again.
async fn send(
    world: &World,
    caller: &Caller,
    header: Option<&str>,
    query: &str,
    variables: Value,
) -> (String, Vec<String>) {
    let replays = Replays::default();
    let mut request = async_graphql::Request::new(query)
        .variables(async_graphql::Variables::from_json(variables))
        .data(caller.clone())
        .data(ProfileLimits::SERVICE)
        .data(Lang::En)
        .data(replays.clone());
    if let Some(key) = header {
        request = request.data(IdempotencyKey(key.to_owned()));
    }
    let answer = world.schema.execute(request).await;
    (serde_json::to_string(&answer).expect("an answer is JSON"), replays.take())
}

/// An editor of everything who stands in the database, as everyone does who comes with a token.
async fn account(world: &World, name: &str) -> Caller {
    let add = async |tx: &DatabaseTransaction| {
        let (operator, origin) = (Caller::operator(), Origin::of("account add"));
        let mut work = Work::begin(tx, &operator, &origin, clock::system);
        let account = account::add(&mut work, name, Duty::Service).await?;
        work.finish().await?;
        Ok(account)
    };
    let account = world.db.write(add).await.expect("a new account");
    Caller::account(account, vec![Grant::new(Role::Service, Scope::Everything)])
}

fn upsert(name: &str) -> String {
    format!(
        r#"mutation {{ a: divisionUpsert(input: {{key: {{code: "1"}}, set: {{name: "{name}"}}}}) @idempotent(key: "{KEY}")
        {{ outcome division {{ version name }} }} }}"#
    )
}

fn code(answer: &str) -> String {
    let answer: Value = serde_json::from_str(answer).expect("an answer is JSON");
    // Messages tell the codes apart; the HTTP layer adds the codes themselves.
    answer["errors"][0]["message"].as_str().unwrap_or_default().to_owned()
}

const REUSED: &str = "This idempotency key was used for another request: repeat that one unchanged, or make a new key.";

#[tokio::test]
async fn a_repetition_does_nothing_and_gets_the_same_bytes() {
    let world = World::empty().await;
    let caller = account(&world, "loader").await;
    let (first, replayed) = send(&world, &caller, None, &upsert("甲"), json!({})).await;
    assert_eq!(first, r#"{"data":{"a":{"outcome":"CREATED","division":{"version":1,"name":"甲"}}}}"#);
    assert!(replayed.is_empty());
    crate::mutation::write(&world, "divisionUpsert", json!({"key": {"code": "1"}, "set": {"name": "乙"}}), "outcome")
        .await;
    let before = divisions(&world).await;
    assert_eq!(send(&world, &caller, None, &upsert("甲"), json!({})).await, (first, vec!["a".to_owned()]));
    assert_eq!(divisions(&world).await, before);
}

#[tokio::test]
async fn the_same_values_by_variables_are_the_same_request() {
    let world = World::empty().await;
    let caller = account(&world, "loader").await;
    let (first, _) = send(&world, &caller, None, &upsert("甲"), json!({})).await;
    let query = "mutation($i: DivisionUpsertInput!, $k: String!) {
        a: divisionUpsert(input: $i) @idempotent(key: $k) { outcome, division { version, name } } }";
    let variables = json!({"i": {"set": {"name": "甲"}, "key": {"code": "1"}}, "k": KEY});
    assert_eq!(send(&world, &caller, None, query, variables).await, (first, vec!["a".to_owned()]));
}

#[tokio::test]
async fn a_key_belongs_to_one_request_and_one_account() {
    let world = World::empty().await;
    let caller = account(&world, "loader").await;
    send(&world, &caller, None, &upsert("甲"), json!({})).await;
    for other in [
        upsert("乙"),
        upsert("甲").replace("outcome", "o: outcome"),
        upsert("甲").replace("divisionUpsert", "divisionUpdate"),
    ] {
        let (answer, replayed) = send(&world, &caller, None, &other, json!({})).await;
        assert_eq!((code(&answer).as_str(), replayed.len()), (REUSED, 0), "{other}");
    }
    let (answer, replayed) = send(&world, &account(&world, "other").await, None, &upsert("乙"), json!({})).await;
    assert_eq!(answer, r#"{"data":{"a":{"outcome":"UPDATED","division":{"version":2,"name":"乙"}}}}"#);
    assert!(replayed.is_empty());
}

#[tokio::test]
async fn mistakes_are_answers_and_failures_are_not() {
    let world = World::empty().await;
    let caller = account(&world, "loader").await;
    let query = format!(
        r#"mutation {{ a: divisionUpdate(input: {{key: {{code: "1"}}, set: {{}}}}) @idempotent(key: "{KEY}") {{ outcome }} }}"#
    );
    let (failed, _) = send(&world, &caller, None, &query, json!({})).await;
    assert_eq!(failed, r#"{"data":{"a":{"outcome":"FAILED"}}}"#);
    crate::mutation::write(&world, "divisionUpsert", json!({"key": {"code": "1"}, "set": {}}), "outcome").await;
    assert_eq!(send(&world, &caller, None, &query, json!({})).await, (failed, vec!["a".to_owned()]));

    // An attempt that ends with an error of the request leaves the key free.
    let other = "another-key-012345";
    let query = |argument: &str| {
        format!(
            r#"mutation {{ a: divisionUpsert(input: {{key: {{code: "2"}}, set: {{}}}}) @idempotent(key: "{other}")
            {{ outcome query {{ division(by: {{ {argument} }}) {{ code }} }} }} }}"#
        )
    };
    let broken = query(r#"code: "2\u0000""#);
    let (answer, _) = send(&world, &caller, None, &broken, json!({})).await;
    assert!(code(&answer).contains("U+0000"), "{answer}");
    let (answer, replayed) = send(&world, &caller, None, &query(r#"code: "2""#), json!({})).await;
    assert_eq!(answer, r#"{"data":{"a":{"outcome":"CREATED","query":{"division":{"code":"2"}}}}}"#);
    assert!(replayed.is_empty());
}

#[tokio::test]
async fn a_dry_run_neither_needs_nor_uses_up_a_key() {
    let world = World::empty().await;
    let caller = account(&world, "loader").await;
    let query = |dry: bool, code: u32| {
        format!(
            r#"mutation {{ a: divisionsUpsert(input: {{rows: [{{key: {{code: "{code}"}}, set: {{}}}}], dryRun: {dry}}})
            @idempotent(key: "{KEY}") {{ results {{ outcome }} }} }}"#
        )
    };
    let created = r#"{"data":{"a":{"results":[{"outcome":"CREATED"}]}}}"#;
    for (dry, code) in [(true, 1), (true, 2), (false, 3), (true, 4)] {
        let answer = send(&world, &caller, None, &query(dry, code), json!({})).await;
        assert_eq!(answer, (created.to_owned(), Vec::new()), "{dry} {code}");
    }
    let (replay, replayed) = send(&world, &caller, None, &query(false, 3), json!({})).await;
    assert_eq!((replay.as_str(), replayed.len()), (created, 1));
    assert_eq!(divisions(&world).await, json!([{"code": "3", "name": null, "version": 1}]));
}

#[tokio::test]
async fn the_header_is_for_one_mutation() {
    let world = World::empty().await;
    let caller = account(&world, "loader").await;
    let one = |name: &str| format!(r#"{name}: divisionUpsert(input: {{key: {{code: "1"}}, set: {{}}}}) {{ outcome }}"#);
    let (answer, _) =
        send(&world, &caller, Some(KEY), &format!("mutation {{ {} {} }}", one("a"), one("b")), json!({})).await;
    assert!(code(&answer).starts_with("The header `Idempotency-Key` is for a request with one mutation"), "{answer}");
    assert_eq!(divisions(&world).await, json!([]));
    let query = format!("mutation {{ __typename {} }}", one("a"));
    let (first, _) = send(&world, &caller, Some(KEY), &query, json!({})).await;
    assert_eq!(first, r#"{"data":{"__typename":"Mutation","a":{"outcome":"CREATED"}}}"#);
    assert_eq!(send(&world, &caller, Some(KEY), &query, json!({})).await, (first, vec!["a".to_owned()]));
    let two = format!("mutation {{ {} }}", one("a").replace(") {", &format!(") @idempotent(key: \"{KEY}-2\") {{")));
    let (answer, _) = send(&world, &caller, Some(KEY), &two, json!({})).await;
    assert_eq!(code(&answer), "`@idempotent(key:)` and the header `Idempotency-Key` name different keys.");
}

#[tokio::test]
async fn only_good_keys_of_accounts_are_taken() {
    let world = World::empty().await;
    let caller = account(&world, "loader").await;
    let long = "k".repeat(256);
    for bad in ["short-of-16-chrs", "a key with spaces in it", &long, "带有中文的幂等键一二三四五六七八"]
    {
        let bad = if bad == "short-of-16-chrs" { &bad[..15] } else { bad };
        let query = upsert("甲").replace(KEY, bad);
        let (answer, _) = send(&world, &caller, None, &query, json!({})).await;
        assert!(code(&answer).starts_with("An idempotency key has 16 to 255"), "{bad}: {answer}");
    }
    for good in [&long[..16], &long[..255]] {
        let (answer, _) = send(&world, &caller, None, &upsert("甲").replace(KEY, good), json!({})).await;
        assert_eq!(code(&answer), "");
    }
    let (answer, _) = send(&world, &Caller::operator(), None, &upsert("乙"), json!({})).await;
    assert!(code(&answer).starts_with("An idempotency key belongs to an account"), "{answer}");
}

#[tokio::test]
async fn while_an_attempt_runs_another_is_refused() {
    let world = World::empty().await;
    let caller = account(&world, "loader").await;
    let claim = Claim::take(&caller, KEY, "anything").expect("a free key");
    let refusals = world.refusals_as(&caller, &upsert("甲"), json!({})).await;
    assert_eq!(refusals.iter().map(|(_, code)| code.as_str()).collect::<Vec<_>>(), ["IDEMPOTENCY_IN_PROGRESS"]);
    drop(claim);
    let (answer, _) = send(&world, &caller, None, &upsert("甲"), json!({})).await;
    assert_eq!(code(&answer), "");
    let refusals = world.refusals_as(&caller, &upsert("乙"), json!({})).await;
    assert_eq!(refusals, [(REUSED.to_owned(), "IDEMPOTENCY_KEY_REUSED".to_owned())]);
}

#[tokio::test]
async fn an_answer_is_kept_for_72_hours() {
    let world = World::empty().await;
    let caller = account(&world, "loader").await;
    let age = async |hours: i64| {
        let micros = hours * 3600 * 1_000_000;
        let sql =
            format!("UPDATE idempotency SET expires_at = expires_at - {micros}, created_at = created_at - {micros}");
        world.db.write(async |tx| Ok(tx.execute_unprepared(&sql).await?)).await.expect("older rows");
    };
    let left = async || idempotency::sweep(&world.db, clock::system()).await.expect("swept");
    send(&world, &caller, None, &upsert("甲"), json!({})).await;
    age(71).await;
    assert_eq!(send(&world, &caller, None, &upsert("甲"), json!({})).await.1, ["a"]);
    assert_eq!(left().await, 0);
    age(1).await;
    let (answer, replayed) = send(&world, &caller, None, &upsert("甲"), json!({})).await;
    assert_eq!(answer, r#"{"data":{"a":{"outcome":"UNCHANGED","division":{"version":1,"name":"甲"}}}}"#);
    assert!(replayed.is_empty());
    assert_eq!(send(&world, &caller, None, &upsert("甲"), json!({})).await, (answer, vec!["a".to_owned()]));
    assert_eq!(left().await, 0);
    age(72).await;
    assert_eq!(left().await, 1);
}
