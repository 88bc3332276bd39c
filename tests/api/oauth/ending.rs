//! How tokens end before their time: revoked by clients and operators, and by keys that are taken away.

use std::time::{Duration, Instant};

use entity::value::Timestamp;
use jixiao::auth::revoked::Revoked;
use jixiao::clock;
use jixiao::error::ErrorCode;
use jixiao::service::{account, revocation};
use serde_json::json;

use super::site::{Site, basic, parts};
use crate::cli::program::Program;
use crate::support::database;

/// Longest wait for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until it is so.
async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The program of an operator on the same database and keys as a service: another process.
fn operator(site: &Site) -> Program {
    let mut program = Program::new();
    site.database.variables().into_iter().for_each(|(name, value)| program.set(name, value));
    program.set("JIXIAO_DATA", &site.data().display().to_string());
    program
}

fn run(program: &Program, arguments: &[&str]) -> String {
    let said = program.run(arguments);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{arguments:?}");
    said.stdout
}

async fn revoke(site: &Site, name: &str, secret: &str, token: &str) -> (u16, String) {
    let header = basic(name, secret);
    let body = format!("token={token}&token_type_hint=access_token");
    let answer = site.form("/oauth/revoke", &[("authorization", &header)], &body).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let error = if answer.body.is_empty() { json!(null) } else { answer.json()["error"].clone() };
    (answer.status, error.as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_client_ends_its_own_tokens_at_once_and_everywhere() {
    let site = Site::new().await;
    let other = site.beside().await;
    let (secret, stranger) = (site.client("system").await, site.client("stranger").await);
    let (token, kept) = (site.token("system", &secret).await, site.token("system", &secret).await);
    assert_eq!((site.asked_with(&token).await, other.asked_with(&token).await), (200, 200));

    assert_eq!(revoke(&site, "stranger", &stranger, &token).await, (400, "unauthorized_client".to_owned()));
    assert_eq!(revoke(&site, "stranger", "jxs_wrong", &token).await, (401, "invalid_client".to_owned()));
    assert_eq!(site.asked_with(&token).await, 200);
    assert_eq!(revoke(&site, "system", &secret, &token).await, (200, String::new()));
    assert_eq!(site.asked_with(&token).await, 401, "at once in this process");
    until("the other process refuses it", async || other.asked_with(&token).await == 401).await;
    assert_eq!((site.asked_with(&kept).await, other.asked_with(&kept).await), (200, 200));

    // What is no good token any more needs no revoking.
    for nothing in [token.as_str(), "nonsense", &token[..token.len() - 2]] {
        assert_eq!(revoke(&site, "system", &secret, nothing).await, (200, String::new()));
    }
    let header = basic("system", &secret);
    let lacking = site.form("/oauth/revoke", &[("authorization", &header)], "").await;
    assert_eq!((lacking.status, &lacking.json()["error"]), (400, &json!("invalid_request")));
}

#[tokio::test]
async fn what_an_operator_revokes_ends_in_a_running_service() {
    let site = Site::new().await;
    let program = operator(&site);
    let secret = site.client("system").await;
    let (one, two) = (site.token("system", &secret).await, site.token("system", &secret).await);
    let jti = parts(&one)[1]["jti"].as_str().unwrap().to_owned();
    run(&program, &["token", "revoke", "--id", &jti]);
    until("the token is refused", async || site.asked_with(&one).await == 401).await;
    assert_eq!(site.asked_with(&two).await, 200);
    run(&program, &["token", "revoke", "--account", "system"]);
    until("the tokens of the account are refused", async || site.asked_with(&two).await == 401).await;
    // Those of the same second are refused too, later ones are not.
    until("a new token is good", async || site.asked_with(&site.token("system", &secret).await).await == 200).await;
    // A service that starts later knows it from the beginning.
    let later = site.beside().await;
    assert_eq!((later.asked_with(&one).await, later.asked_with(&two).await), (401, 401));
    let said = program.run(&["token", "revoke", "--account", "nobody"]);
    assert_eq!(said.code, 1, "{said:?}");

    run(&program, &["client", "disable", "system"]);
    assert_eq!(site.by_secret("system", &secret, "").await.status, 401);
}

#[tokio::test]
async fn revocations_add_up_and_are_forgotten_in_the_end() {
    let site = Site::new().await;
    let db = &site.db;
    site.client("system").await;
    let now = clock::system();
    let at = |seconds: i64| Timestamp(now.0 + seconds * 1_000_000);
    let account = database::work(db, async |work| Ok(account::get_by_name(work.tx, work.caller, "system").await?.id));
    let account = account.await.unwrap();
    let revoke = async |what: Revoked, until: Timestamp, at: Timestamp| {
        db.write(async |tx| revocation::revoke(tx, &what, until, at).await).await.unwrap();
    };
    revoke(Revoked::Account(account, at(5)), at(50), at(1)).await;
    revoke(Revoked::Account(account, at(2)), at(100), at(2)).await;
    revoke(Revoked::Account(account, at(1)), at(20), at(3)).await;
    revoke(Revoked::Session("ses_1".to_owned()), at(10), at(0)).await;
    revoke(Revoked::Session("ses_1".to_owned()), at(10), at(0)).await;
    let rows = "SELECT kind, value, issued_before, until, revoked_at FROM revocation ORDER BY kind";
    let rows: Vec<(String, String, Option<i64>, i64, i64)> = database::rows(db.read(), rows).await;
    let account_row = ("ACCOUNT".to_owned(), account.public(), Some(at(5).0), at(100).0, at(3).0);
    let session_row = ("SESSION".to_owned(), "ses_1".to_owned(), None, at(10).0, at(0).0);
    assert_eq!(rows, [account_row, session_row]);
    assert_eq!(revocation::sweep(db, at(9)).await.unwrap(), 0);
    assert_eq!(revocation::sweep(db, at(10)).await.unwrap(), 1);
    assert_eq!(revocation::sweep(db, at(100)).await.unwrap(), 1);
}

#[tokio::test]
async fn only_administrators_revoke_what_is_not_theirs() {
    let site = Site::new().await;
    let caller = jixiao::auth::Caller::anonymous();
    let origin = jixiao::service::work::Origin::of("test");
    let tried = site.db.write(async |tx| {
        let mut work = jixiao::service::work::Work::begin(tx, &caller, &origin, clock::system);
        let until = revocation::end_of_all(work.now);
        revocation::revoke_any(&mut work, &Revoked::Token("x".to_owned()), until).await
    });
    assert_eq!(tried.await.unwrap_err().code(), ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn a_running_service_follows_its_keys() {
    let site = Site::new().await;
    let other = site.beside().await;
    let program = operator(&site);
    let secret = site.client("system").await;
    let old = site.token("system", &secret).await;
    let kid = |token: &str| parts(token)[0]["kid"].as_str().unwrap().to_owned();
    let first = kid(&old);
    assert!(run(&program, &["keys", "list"]).lines().any(|line| line.starts_with(&first) && line.ends_with("active")));

    let second = run(&program, &["keys", "rotate"]).trim().to_owned();
    assert_ne!(second, first);
    until("new tokens are by the new key", async || kid(&site.token("system", &secret).await) == second).await;
    let new = site.token("system", &secret).await;
    for token in [&old, &new] {
        assert_eq!((site.asked_with(token).await, other.asked_with(token).await), (200, 200), "through the change");
    }
    let published = site.send("GET", "/.well-known/jwks.json", &[], "").await.json();
    let names: Vec<&str> =
        published["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert!(names.len() == 3 && names.contains(&first.as_str()) && names.contains(&second.as_str()), "{names:?}");

    let said = program.run(&["keys", "remove", &second]);
    assert!(said.code == 1 && said.stderr.contains("jixiao keys rotate"), "{said:?}");
    run(&program, &["keys", "remove", &first]);
    until("tokens by the removed key are refused", async || {
        site.asked_with(&old).await == 401 && other.asked_with(&old).await == 401
    })
    .await;
    assert_eq!((site.asked_with(&new).await, other.asked_with(&new).await), (200, 200));
}
