//! Tokens of an identity provider: whose they are, and keys that change, fail to come, or come as they should not.

mod issuer;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use entity::value::{Duty, Role};
use futures_util::future::join_all;
use jixiao::auth::bearer::Bearer;
use jixiao::auth::keyset::KeySet;
use jixiao::auth::oidc::{Provider, ProviderSettings};
use jixiao::auth::ring::KeyRing;
use jixiao::auth::token::{NewToken, TokenChecker, TokenIssuer};
use jixiao::auth::{Authenticate, Caller, Grant, Scope};
use jixiao::db::Db;
use jixiao::error::{AppResult, ErrorCode};
use jixiao::service::account;
use sea_orm::DatabaseConnection;
use serde_json::{Value, json};
use tempfile::TempDir;

use self::issuer::{AUDIENCE, HOUR, Issuer, Key, MINUTE, Mode, clock, pass};
use crate::support::database::{self, TestDatabase};

/// A service that trusts a provider, with the accounts `lin`, whom the provider calls `u-1`, and `wang`, whom it does not know.
struct World {
    issuer: Issuer,
    key: Key,
    bearer: Bearer<DatabaseConnection>,
    provider: Arc<Provider>,
    own: TokenIssuer,
    own_kid: String,
    db: Db,
    _database: TestDatabase,
    _keys: TempDir,
}

impl World {
    async fn new() -> Self {
        Self::by_claim("sub").await
    }

    async fn by_claim(claim: &str) -> Self {
        let key = Key::new("one");
        let issuer = Issuer::start(&[&key]).await;
        let (database, db) = database::migrated().await;
        let made = database::work(&db, async |work| {
            for (name, subject) in [("lin", Some("u-1")), ("wang", None)] {
                let made = account::add(work, name, Duty::Business).await?;
                account::grant(work, made.id, &Grant::view(Role::Finance, Scope::Everything), None).await?;
                account::set_external_subject(work, made.id, subject).await?;
            }
            Ok(())
        });
        made.await.unwrap();
        let keys = TempDir::new().unwrap();
        let ring = Arc::new(KeyRing::open(keys.path(), "jixiao").unwrap());
        let settings = ProviderSettings { issuer: &issuer.url, audience: AUDIENCE, claim, authority: None };
        let provider = Provider::new(&settings, clock).unwrap();
        let checker = TokenChecker::new(KeySet::of(Arc::clone(&ring)), "jixiao").with_provider(Arc::clone(&provider));
        let bearer = Bearer::new(Arc::new(checker), db.read().clone(), Arc::default(), clock);
        let own_kid = ring.kid();
        let own = TokenIssuer::new(ring, "jixiao");
        Self { issuer, key, bearer, provider, own, own_kid, db, _database: database, _keys: keys }
    }

    async fn ask(&self, token: &str) -> AppResult<Caller> {
        let header = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
        self.bearer.caller(&HeaderMap::from_iter([(AUTHORIZATION, header)])).await
    }

    async fn is_lin(&self, token: &str) -> bool {
        match self.ask(token).await {
            Ok(caller) => {
                assert_eq!(caller.identity().unwrap().name, "lin");
                true
            }
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::Unauthenticated, "{error}");
                false
            }
        }
    }

    /// A good token of `lin` of this moment.
    fn token(&self) -> String {
        self.key.sign(&self.issuer.claims("u-1"))
    }
}

fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[name] = value;
    object
}

#[tokio::test]
async fn a_token_of_the_provider_acts_for_the_account_that_is_linked() {
    let world = World::new().await;
    let caller = world.ask(&world.token()).await.unwrap();
    assert_eq!((caller.identity().unwrap().name.as_str(), caller.grants().len()), ("lin", 1));
    assert_eq!(caller.token_scopes(), None, "`openid` is no name of ours");
    let limited = with(&world.issuer.claims("u-1"), "scope", json!("openid project:read"));
    let limited = world.ask(&world.key.sign(&limited)).await.unwrap();
    assert_eq!(
        limited.token_scopes().map(|scopes| scopes.iter().map(|permission| permission.name().to_owned()).collect()),
        Some(vec!["project:read".to_owned()])
    );

    // What the provider calls somebody is neither the name nor the id of an account here.
    let wang = account::get_by_name(world.db.read(), &Caller::operator(), "wang").await.unwrap();
    let long = "u".repeat(256);
    for stranger in ["wang", "lin", "u-2", "U-1", "u-1 ", "", "u-1\0", &wang.id.public(), &long] {
        assert!(!world.is_lin(&world.key.sign(&world.issuer.claims(stranger))).await, "{stranger:?}");
    }
    let number = with(&world.issuer.claims("u-1"), "sub", json!(1));
    assert!(!world.is_lin(&world.key.sign(&number)).await);
    let lin = account::get_by_name(world.db.read(), &Caller::operator(), "lin").await.unwrap();
    database::work(&world.db, async |work| account::disable(work, lin.id).await).await.unwrap();
    assert!(!world.is_lin(&world.token()).await);
}

#[tokio::test]
async fn the_account_is_named_by_the_claim_of_the_settings() {
    let world = World::by_claim("employee_number").await;
    assert!(!world.is_lin(&world.token()).await, "`sub` says nothing here");
    let named = with(&world.issuer.claims("someone"), "employee_number", json!("u-1"));
    assert!(world.is_lin(&world.key.sign(&named)).await);
}

#[tokio::test]
async fn who_someone_is_there_is_unique_and_can_be_taken_back() {
    let world = World::new().await;
    let set = async |name: &str, subject: Option<&str>| {
        let set = database::work(&world.db, async |work| {
            let account = account::get_by_name(work.tx, work.caller, name).await?;
            account::set_external_subject(work, account.id, subject).await
        });
        set.await.map_err(|error| error.code())
    };
    assert_eq!(set("wang", Some("u-1")).await, Err(ErrorCode::Conflict));
    for bad in ["", &"u".repeat(256), "a\0b"] {
        assert_eq!(set("wang", Some(bad)).await, Err(ErrorCode::BadUserInput));
    }
    assert!(world.is_lin(&world.token()).await);
    assert_eq!(set("lin", None).await, Ok(()));
    assert!(!world.is_lin(&world.token()).await);
    assert_eq!(set("wang", Some("u-1")).await, Ok(()));
    assert_eq!(world.ask(&world.token()).await.unwrap().identity().unwrap().name, "wang");
}

#[tokio::test]
async fn nothing_forged_is_taken() {
    let world = World::new().await;
    assert!(world.is_lin(&world.token()).await);
    let claims = world.issuer.claims("u-1");
    let own = NewToken::of(
        account::get_by_name(world.db.read(), &Caller::operator(), "lin").await.unwrap().id,
        Duration::from_secs(60),
    );
    let own = world.own.issue(&own, clock()).unwrap();
    assert!(world.is_lin(&own).await, "tokens of this service go on");
    let of_other_key = Key::new("one");
    let ours = Key::new(&world.own_kid);
    let signing_input = |token: &str| token.rsplit_once('.').unwrap().0.to_owned();
    let head = |typ: &str, alg: &str| json!({ "typ": typ, "alg": alg, "kid": "one" });
    for (what, token) in [
        ("another key of the same name", of_other_key.sign(&claims)),
        ("no signature", format!("{}.", signing_input(&world.token()))),
        (
            "the signature of our token",
            format!("{}.{}", signing_input(&world.token()), own.rsplit_once('.').unwrap().1),
        ),
        ("an ID token", world.key.sign_as(&head("JWT", "EdDSA"), &claims)),
        ("alg none", world.key.sign_as(&head("at+jwt", "none"), &claims)),
        ("another alg", world.key.sign_as(&head("at+jwt", "RS256"), &claims)),
        ("our issuer by its key", world.key.sign(&with(&claims, "iss", json!("jixiao")))),
        (
            "our issuer and audience by its key",
            world.key.sign(&with(&with(&claims, "iss", json!("jixiao")), "aud", json!("jixiao"))),
        ),
        ("its issuer by a key named as ours", ours.sign(&claims)),
        ("the issuer with a slash", world.key.sign(&with(&claims, "iss", json!(format!("{}/", world.issuer.url))))),
        ("our audience", world.key.sign(&with(&claims, "aud", json!("jixiao")))),
        ("no audience", world.key.sign(&with(&claims, "aud", json!([])))),
        ("expired", world.key.sign(&with(&claims, "exp", json!(clock().0 / 1_000_000 - 31)))),
        ("for a day", world.key.sign(&with(&claims, "exp", json!(clock().0 / 1_000_000 + 24 * HOUR)))),
        (
            "kid of a file",
            world.key.sign_as(&with(&head("at+jwt", "EdDSA"), "kid", json!("../../etc/passwd")), &claims),
        ),
    ] {
        assert!(!world.is_lin(&token).await, "{what}");
    }
}

#[tokio::test]
async fn keys_come_and_go_as_the_provider_publishes_them() {
    let world = World::new().await;
    assert_eq!(world.issuer.fetches(), 0, "nothing was asked for yet");
    assert!(world.is_lin(&world.token()).await);
    assert_eq!(world.issuer.fetches(), 1);
    let two = Key::new("two");
    world.issuer.publish(&[&world.key, &two]);
    let by_two = || two.sign(&world.issuer.claims("u-1"));
    assert!(!world.is_lin(&by_two()).await, "the last fetch was a moment ago");
    pass(30);
    assert!(world.is_lin(&by_two()).await, "the first token by a new key fetches it");
    assert!(world.is_lin(&world.token()).await, "both hold while they overlap");
    assert_eq!(world.issuer.fetches(), 2);
    world.issuer.publish(&[&two]);
    pass(10 * MINUTE - 1);
    world.provider.refresh().await;
    assert!(world.is_lin(&world.token()).await, "fetched less than ten minutes ago");
    pass(1);
    world.provider.refresh().await;
    assert!(!world.is_lin(&world.token()).await);
    assert!(world.is_lin(&by_two()).await);
    assert_eq!(world.issuer.fetches(), 3);
}

#[tokio::test]
async fn whatever_keys_are_named_they_are_fetched_once_in_30_seconds() {
    let world = World::new().await;
    let claims = world.issuer.claims("u-1");
    let stranger = |number: usize| Key::new(&format!("k{number}")).sign(&claims);
    let tokens: Vec<String> = (0..300).map(stranger).collect();
    for answer in join_all(tokens.iter().map(|token| world.ask(token))).await {
        assert!(answer.is_err());
    }
    for token in tokens.iter().cycle().take(2_000) {
        assert!(!world.is_lin(token).await);
    }
    assert_eq!(world.issuer.fetches(), 1);
    pass(30);
    join_all(tokens.iter().map(|token| world.ask(token))).await;
    assert_eq!(world.issuer.fetches(), 2);
    // Known keys, and tokens that are not of the provider, fetch nothing.
    pass(30);
    assert!(world.is_lin(&world.token()).await);
    assert!(!world.is_lin(&Key::new("unknown").sign(&with(&claims, "iss", json!("https://other.example")))).await);
    assert_eq!(world.issuer.fetches(), 2);
}

#[tokio::test]
async fn while_the_provider_is_down_the_last_keys_hold_for_a_day() {
    let world = World::new().await;
    assert!(world.is_lin(&world.token()).await);
    world.issuer.answer(Mode::Status(503), Mode::Status(503));
    for _ in 0..23 {
        pass(HOUR);
        world.provider.refresh().await;
        assert!(world.is_lin(&world.token()).await);
    }
    pass(HOUR - 1);
    assert!(world.is_lin(&world.token()).await);
    pass(1);
    assert!(!world.is_lin(&world.token()).await);
    world.issuer.answer(Mode::Good, Mode::Good);
    pass(30);
    assert!(world.is_lin(&world.token()).await, "it is asked again");
}

#[tokio::test]
async fn hostile_answers_change_nothing() {
    let world = World::new().await;
    assert!(world.is_lin(&world.token()).await);
    let url = world.issuer.url.clone();
    let discovery = |issuer: &str, keys: &str| Mode::Instead(json!({ "issuer": issuer, "jwks_uri": keys }));
    let keys = |keys: Value| Mode::Instead(json!({ "keys": keys }));
    let evil = Key::new("evil");
    let altered = |name: &str, value: Value| keys(json!([with(&evil.jwk(), name, value)]));
    let public = format!("http://192.0.2.1{}", "/keys");
    for (what, of_discovery, of_keys) in [
        ("another issuer", discovery("http://127.0.0.1:1", &format!("{url}/keys")), Mode::Good),
        ("the issuer with a slash", discovery(&format!("{url}/"), &format!("{url}/keys")), Mode::Good),
        ("keys without encryption elsewhere", discovery(&url, &public), Mode::Good),
        ("keys in a file", discovery(&url, "file:///etc/passwd"), Mode::Good),
        ("keys nowhere", discovery(&url, ""), Mode::Good),
        ("no discovery", Mode::Status(404), Mode::Good),
        ("a page", Mode::Text("<html>"), Mode::Good),
        ("a redirect", Mode::Redirect, Mode::Good),
        ("a discovery without end", Mode::Endless, Mode::Good),
        ("keys behind a redirect", Mode::Good, Mode::Redirect),
        ("keys without end", Mode::Good, Mode::Endless),
        ("a failure", Mode::Good, Mode::Status(500)),
        ("nothing", Mode::Good, Mode::Text("")),
        ("no keys", Mode::Good, keys(json!([]))),
        ("a list", Mode::Good, Mode::Instead(json!([evil.jwk()]))),
        ("21 keys", Mode::Good, keys(json!(vec![evil.jwk(); 21]))),
        ("a key twice", Mode::Good, keys(json!([evil.jwk(), evil.jwk()]))),
        ("a shared secret", Mode::Good, keys(json!([{ "kid": "evil", "kty": "oct", "alg": "HS256", "k": "AAAA" }]))),
        ("a key for encryption", Mode::Good, altered("use", json!("enc"))),
        ("a key without alg", Mode::Good, altered("alg", Value::Null)),
        ("a key of another alg", Mode::Good, altered("alg", json!("ES256"))),
        ("a key without name", Mode::Good, altered("kid", Value::Null)),
        ("a key named as a file", Mode::Good, altered("kid", json!("../evil"))),
        ("a short key", Mode::Good, altered("x", json!("AAAA"))),
    ] {
        world.issuer.answer(of_discovery, of_keys);
        pass(31);
        assert!(!world.is_lin(&evil.sign(&world.issuer.claims("u-1"))).await, "{what}");
        assert!(world.is_lin(&world.token()).await, "{what}");
    }
    world.issuer.answer(Mode::Good, Mode::Good);
    world.issuer.publish(&[&evil]);
    pass(31);
    assert!(world.is_lin(&evil.sign(&world.issuer.claims("u-1"))).await, "the key itself is good");
}

#[tokio::test]
async fn keys_of_other_kinds_beside_good_ones_are_passed_over() {
    let world = World::new().await;
    let encryption = json!({ "kid": "e", "kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "n": "AQAB", "e": "AQAB" });
    let unknown = json!({ "kid": "f", "kty": "AKP", "alg": "ML-DSA-65", "pub": "AAAA" });
    let keys = vec![encryption, unknown, json!("nonsense"), world.key.jwk()];
    world.issuer.shared.lock().unwrap().keys = keys;
    assert!(world.is_lin(&world.token()).await);
}

#[tokio::test]
async fn a_provider_that_never_answers_is_not_waited_for() {
    let world = World::new().await;
    assert!(world.is_lin(&world.token()).await);
    let two = Key::new("two");
    world.issuer.publish(&[&world.key, &two]);
    for (discovery, keys) in [(Mode::Never, Mode::Good), (Mode::Good, Mode::Never)] {
        world.issuer.answer(discovery, keys);
        pass(30);
        let token = two.sign(&world.issuer.claims("u-1"));
        let (unknown, known) = (world.is_lin(&token), world.token());
        let (unknown, known) = tokio::join!(unknown, world.is_lin(&known));
        assert!(!unknown && known);
    }
    world.issuer.answer(Mode::Good, Mode::Good);
    pass(30);
    assert!(world.is_lin(&two.sign(&world.issuer.claims("u-1"))).await);
}

#[tokio::test]
async fn who_goes_away_does_not_end_the_fetch() {
    let world = World::new().await;
    let token = world.token();
    {
        let gone = world.ask(&token);
        tokio::pin!(gone);
        assert!(futures_util::poll!(&mut gone).is_pending());
    }
    // No second fetch is allowed for 30 seconds; it is the first that brings the key.
    assert!(world.is_lin(&token).await);
    assert_eq!(world.issuer.fetches(), 1);
}
