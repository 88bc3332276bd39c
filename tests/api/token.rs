//! Access tokens: what is accepted, and that nothing forged is, each for its own reason and all with one answer.

mod forgery;
mod transports;
mod trust;
pub mod world;

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use entity::id::AccountId;
use entity::value::{AccountKind, Timestamp};
use futures_util::future::BoxFuture;
use jixiao::auth::bearer::{Accounts, Bearer};
use jixiao::auth::keyset::DEVELOPMENT_KID;
use jixiao::auth::token::{MAX_LIFE, NewToken, Refusal, TokenIssuer};
use jixiao::auth::{Account, Authenticate, Caller};
use jixiao::error::{AppError, AppResult, ErrorCode};
use serde_json::json;

use self::forgery::forgeries;
use self::world::{AUDIENCE, NOW, SECRET, World, by_secret, claims, now, other_claims, with, without};

/// The one account that these tests know.
struct OneAccount;

impl Accounts for OneAccount {
    fn by_subject<'a>(&'a self, subject: &'a str, _: Timestamp) -> BoxFuture<'a, AppResult<Option<Caller>>> {
        let account = Account { id: AccountId::new(), name: subject.to_owned(), kind: AccountKind::Service };
        let caller = (subject == "known").then(|| Caller::account(account, Vec::new()));
        Box::pin(async { Ok(caller) })
    }

    fn by_external_subject<'a>(&'a self, _: &'a str, _: Timestamp) -> BoxFuture<'a, AppResult<Option<Caller>>> {
        Box::pin(async { Ok(None) })
    }
}

async fn ask(bearer: &Bearer<OneAccount>, headers: &[(HeaderName, &str)]) -> Result<Caller, AppError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    bearer.caller(&map).await
}

#[tokio::test]
async fn no_forged_token_is_accepted_and_all_get_one_answer() {
    let world = World::new();
    let checker = world.checker();
    let bearer = Bearer::new(world.checker(), OneAccount, Arc::default(), now);
    let mut answers = Vec::new();
    let forgeries = forgeries(&world);
    assert!(forgeries.len() >= 50);
    for (what, token, reason) in &forgeries {
        assert_eq!(checker.check(token, now()), Err(*reason), "{what}");
        // A line break cannot even stand in a header.
        if let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}")) {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
            let error = bearer.caller(&headers).await.expect_err(what);
            answers.push((error.code(), error.message().to_owned()));
        }
    }
    let unknown = world.claiming(&with(&claims(), "sub", json!("nobody")));
    let error = ask(&bearer, &[(AUTHORIZATION, &format!("Bearer {unknown}"))]).await.unwrap_err();
    answers.push((error.code(), error.message().to_owned()));
    assert_eq!(answers.len(), forgeries.len());
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0].0, ErrorCode::Unauthenticated);
}

#[test]
fn good_tokens_are_accepted() {
    let w = World::new();
    let checker = w.checker();
    let claim = |name, value| w.claiming(&with(&claims(), name, value));
    let head_with = |name, value| w.heading(&with(&w.header(), name, value));
    let development = json!({ "typ": "at+jwt", "alg": "HS256", "kid": DEVELOPMENT_KID });
    let long = || json!("x".repeat(128));
    for (what, token) in [
        ("plain", w.claiming(&claims())),
        ("aud a list with us", claim("aud", json!(["other", AUDIENCE]))),
        ("exp in the leeway", claim("exp", json!(NOW - 29))),
        ("iat in the leeway", claim("iat", json!(NOW + 30))),
        ("nbf in the leeway", claim("nbf", json!(NOW + 30))),
        ("a life of an hour", claim("exp", json!(NOW - 60 + 3600))),
        ("nearly 4 KiB", claim("pad", json!("x".repeat(2700)))),
        ("jti and sid of the greatest length", w.claiming(&with(&with(&claims(), "jti", long()), "sid", long()))),
        ("jku is not followed", head_with("jku", json!("https://127.0.0.1:1/keys"))),
        ("x5u is not followed", head_with("x5u", json!("https://127.0.0.1:1/cert"))),
        ("jwk is not used", head_with("jwk", World::new().jwks()["keys"][3].clone())),
        ("RS256", w.other("rs", "RS256", &other_claims())),
        ("PS256", w.other("ps", "PS256", &other_claims())),
        ("ES256", w.other("es", "ES256", &other_claims())),
        ("EdDSA", w.other("ed", "EdDSA", &other_claims())),
        ("another issuer's without jti", w.other("ed", "EdDSA", &without(&other_claims(), "jti"))),
        ("the development secret", by_secret(&development, &claims(), SECRET)),
    ] {
        assert_eq!(checker.check(&token, now()).map(|claims| claims.subject).as_deref(), Ok("known"), "{what}");
    }
}

#[test]
fn issued_tokens_are_accepted_until_they_expire() {
    let world = World::new();
    let account = AccountId::new();
    let issuer = TokenIssuer::new(world.ring(), AUDIENCE);
    let lasting = |life| NewToken::of(account, life);
    let token = issuer.issue(&lasting(Duration::from_secs(900)), now()).unwrap();
    let later = |after: i64| Timestamp(now().0 + after * 1_000_000);
    let at = |after: i64| world.checker().check(&token, later(after)).map(|claims| claims.subject);
    assert_eq!(at(0), Ok(account.public()));
    assert_eq!(at(929), Ok(account.public()));
    assert_eq!(at(930), Err(Refusal::Expired));
    assert_eq!(at(-31), Err(Refusal::FromFuture));
    for life in [Duration::ZERO, MAX_LIFE + Duration::from_secs(1)] {
        assert_eq!(issuer.issue(&lasting(life), now()).unwrap_err().code(), ErrorCode::BadUserInput);
    }
    assert!(issuer.issue(&lasting(MAX_LIFE), now()).is_ok());
}

#[test]
fn a_token_says_what_was_put_into_it() {
    let world = World::new();
    let account = AccountId::new();
    let issuer = TokenIssuer::new(world.ring(), AUDIENCE);
    let scopes = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let mut names = Vec::new();
    for (limits, session) in [
        (None, None),
        (scopes(&[]), None),
        (scopes(&["project:read"]), Some("ses_1".to_owned())),
        (scopes(&["import:run", "indicator:write"]), None),
    ] {
        let new = NewToken {
            client_id: "budget-system".to_owned(),
            scopes: limits,
            session,
            ..NewToken::of(account, Duration::from_secs(60))
        };
        let claims = world.checker().check(&issuer.issue(&new, now()).unwrap(), now()).unwrap();
        assert_eq!((&claims.scopes, &claims.session), (&new.scopes, &new.session));
        assert_eq!((claims.subject, claims.client_id), (account.public(), Some("budget-system".to_owned())));
        assert_eq!((claims.issued_at, claims.expires_at), (now(), Timestamp(now().0 + 60_000_000)));
        names.push(claims.jti.unwrap());
    }
    names.dedup();
    assert_eq!(names.len(), 4, "every token has its own name");
}

#[tokio::test]
async fn the_caller_is_limited_to_the_scopes_of_the_token() {
    let world = World::new();
    let bearer = Bearer::new(world.checker(), OneAccount, Arc::default(), now);
    for (scope, names) in [
        (None, None),
        (Some(""), Some(vec![])),
        (Some("project:read"), Some(vec!["project:read"])),
        (Some(" project:read  import:run "), Some(vec!["project:read", "import:run"])),
    ] {
        let claims = scope.map_or_else(claims, |scope| with(&claims(), "scope", json!(scope)));
        let caller = ask(&bearer, &[(AUTHORIZATION, &format!("Bearer {}", world.claiming(&claims)))]).await.unwrap();
        let limits = caller.token_scopes().map(|scopes| scopes.iter().map(|permission| permission.name()).collect());
        assert_eq!(limits, names, "{scope:?}");
    }
}

#[tokio::test]
async fn the_header_has_one_form() {
    let world = World::new();
    let bearer = Bearer::new(world.checker(), OneAccount, Arc::default(), now);
    let token = world.claiming(&claims());
    let good = format!("Bearer {token}");
    for value in [good.clone(), format!("bearer {token}"), format!("BEARER {token}")] {
        let caller = ask(&bearer, &[(AUTHORIZATION, &value)]).await.unwrap();
        assert_eq!(caller.identity().unwrap().name, "known", "{value}");
    }
    let mut answers = Vec::new();
    for bad in [
        vec![(AUTHORIZATION, good.as_str()), (AUTHORIZATION, good.as_str())],
        vec![(AUTHORIZATION, good.as_str()), (AUTHORIZATION, "Basic YTpi")],
        vec![(AUTHORIZATION, &format!("Bearer {good}"))],
        vec![(AUTHORIZATION, &format!("Bearer  {token}"))],
        vec![(AUTHORIZATION, &format!("Bearer {token} "))],
        vec![(AUTHORIZATION, &format!("Bearer {token}, {good}"))],
        vec![(AUTHORIZATION, &format!("Bearer\t{token}"))],
        vec![(AUTHORIZATION, &token)],
        vec![(AUTHORIZATION, "Bearer")],
        vec![(AUTHORIZATION, "Bearer ")],
        vec![(AUTHORIZATION, "")],
        vec![(AUTHORIZATION, "Basic YTpi")],
        vec![(AUTHORIZATION, &format!("Basic {token}"))],
        vec![(AUTHORIZATION, "Bearer 令牌")],
    ] {
        let error = ask(&bearer, &bad).await.expect_err(&format!("{bad:?}"));
        answers.push((error.code(), error.message().to_owned()));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0].0, ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn without_the_header_the_caller_is_anonymous() {
    let world = World::new();
    let bearer = Bearer::new(world.checker(), OneAccount, Arc::default(), now);
    let cookie = format!("access_token={}", world.claiming(&claims()));
    for headers in [vec![], vec![(COOKIE, cookie.as_str())]] {
        let caller = ask(&bearer, &headers).await.unwrap();
        assert!(caller.identity().is_none() && caller.grants().is_empty());
    }
}

/// What a test logs, for reading.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_reason_is_logged_without_the_token() {
    let world = World::new();
    let bearer = Bearer::new(world.checker(), OneAccount, Arc::default(), now);
    let token = world.claiming(&with(&claims(), "exp", json!(1)));
    let header = format!("Bearer {token}");
    // Once without a reader of logs: a place that first logs on another thread meanwhile would count as switched off.
    ask(&bearer, &[(AUTHORIZATION, &header)]).await.unwrap_err();
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    ask(&bearer, &[(AUTHORIZATION, &header)]).await.unwrap_err();
    drop(guard);
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("DEBUG") && logged.contains("expired"), "{logged}");
    assert!(token.split('.').all(|part| !logged.contains(part)), "{logged}");
}
