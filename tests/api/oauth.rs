//! Tokens for other systems: how clients get them, who gets none, and how they end.

mod assertion;
mod ending;
pub mod site;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use entity::value::Duty;
use jixiao::auth::keyset::public_keys;
use jixiao::error::ErrorCode;
use jixiao::service::{account, client};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use self::site::{LONG, SCOPES, Site, basic, parts};
use crate::support::database;

#[tokio::test]
async fn a_client_gets_a_token_that_is_limited_to_its_scopes() {
    let site = Site::new().await;
    let secret = site.client("budget-system").await;
    let answer = site.by_secret("budget-system", &secret, "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    let token = body["access_token"].as_str().unwrap();
    let told = json!({ "access_token": token, "token_type": "Bearer", "expires_in": 900, "scope": SCOPES.join(" ") });
    assert_eq!(body, told);
    let [header, claims] = parts(token);
    assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("EdDSA")));
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("jixiao"), &json!("jixiao")));
    assert_eq!((&claims["client_id"], &claims["scope"]), (&json!("budget-system"), &json!(SCOPES.join(" "))));
    assert!(claims["sub"].as_str().unwrap().starts_with("acc_") && claims["jti"].is_string());
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    assert_eq!(site.asked_with(token).await, 200);

    let narrow = site.by_secret("budget-system", &secret, "&scope=project%3Aread").await.json();
    assert_eq!(narrow["scope"], "project:read");
    assert_eq!(parts(narrow["access_token"].as_str().unwrap())[1]["scope"], "project:read");
    for more in ["project:read project:write", "project:publish", "everything"] {
        let answer = site.by_secret("budget-system", &secret, &format!("&scope={more}")).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_scope")), "{more}");
    }
}

#[tokio::test]
async fn what_is_no_request_for_a_token_is_told_so() {
    let site = Site::new().await;
    let secret = site.client("budget-system").await;
    let credentials = basic("budget-system", &secret);
    let by = [("authorization", credentials.as_str())];
    let large = format!("grant_type=client_credentials&pad={}", "x".repeat(16 * 1024));
    for (body, status, error) in [
        ("", 400, "invalid_request"),
        ("grant_type=", 400, "invalid_request"),
        ("grant_type=client_credentials&grant_type=client_credentials", 400, "invalid_request"),
        ("grant_type=password&username=a&password=b", 400, "unsupported_grant_type"),
        ("grant_type=authorization_code", 400, "unsupported_grant_type"),
        (large.as_str(), 413, "invalid_request"),
    ] {
        let answer = site.form("/oauth/token", &by, body).await;
        assert_eq!((answer.status, &answer.json()["error"]), (status, &json!(error)), "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(answer.json()["error_description"].as_str().unwrap().len() > 10);
    }
    let in_body = format!("grant_type=client_credentials&client_id=budget-system&client_secret={secret}");
    let answer = site.form("/oauth/token", &[], &in_body).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_request")));
    assert!(!answer.text().contains(&secret));
    let json = [("content-type", "application/json"), by[0]];
    assert_eq!(site.send("POST", "/oauth/token", &json, "{}").await.status, 415);
    let read = site.send("GET", "/oauth/token?grant_type=client_credentials", &by, "").await;
    assert_eq!((read.status, read.header("allow")), (405, Some("POST")));
}

#[tokio::test]
async fn whoever_is_no_client_learns_nothing_of_why_and_not_at_once() {
    let site = Site::new().await;
    let secret = site.client("good").await;
    let others = [site.client("disabled").await, site.client("ended").await, site.client("removed").await];
    database::work(&site.db, async |work| {
        let disabled = account::get_by_name(work.tx, work.caller, "disabled").await?.id;
        account::disable(work, disabled).await?;
        account::add(work, "person", Duty::Business).await?;
        account::add(work, "no-client", Duty::Service).await?;
        client::add(work, "no-secret", &SCOPES.map(str::to_owned).into()).await?;
        let all = client::list(work.tx, work.caller).await?;
        let removed = all.iter().find(|client| client.account.name == "removed").unwrap().secrets[0].id;
        client::remove_secret(work, "removed", removed).await
    })
    .await
    .unwrap();
    let ended =
        "UPDATE client_secret SET expires_at = 1 WHERE client_id = (SELECT id FROM account WHERE name = 'ended')";
    site.db.write(async |tx| Ok(tx.execute_unprepared(ended).await?)).await.unwrap();

    let mut answers = Vec::new();
    for (name, secret) in [
        ("good", "jxs_wrong"),
        ("good", ""),
        ("good", &secret[..secret.len() - 1]),
        ("unknown", &secret),
        ("", &secret),
        ("GOOD", &secret),
        ("disabled", &others[0]),
        ("ended", &others[1]),
        ("removed", &others[2]),
        ("person", &secret),
        ("no-client", &secret),
        ("no-secret", &secret),
        ("good' OR 1 --", &secret),
    ] {
        let began = Instant::now();
        let answer = site.by_secret(name, secret, "").await;
        assert!(began.elapsed() >= Duration::from_millis(250), "{name}");
        assert_eq!(answer.status, 401, "{name}: {answer:?}");
        let varying = ["date: ", "x-request-id: "];
        let head = answer.head.lines().filter(|line| !varying.iter().any(|start| line.starts_with(start)));
        answers.push((head.collect::<Vec<_>>().join("\n"), answer.text().to_owned()));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    let (head, body) = &answers[0];
    assert!(head.contains("www-authenticate: Basic realm=\"jixiao\"") && head.contains("cache-control: no-store"));
    assert_eq!(serde_json::from_str::<Value>(body).unwrap()["error"], "invalid_client");
    assert_eq!(site.by_secret("good", &secret, "").await.status, 200);
}

#[tokio::test]
async fn who_fails_too_often_waits() {
    let site = Site::new().await;
    let (secret, other) = (site.client("guessed").await, site.client("other").await);
    for _ in 0..5 {
        assert_eq!(site.by_secret("guessed", "jxs_wrong", "").await.status, 401);
    }
    for secret in ["jxs_wrong", secret.as_str()] {
        let answer = site.by_secret("guessed", secret, "").await;
        assert_eq!((answer.status, &answer.json()["error"]), (429, &json!("temporarily_unavailable")));
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=900).contains(&wait), "{wait}");
    }
    assert_eq!(site.by_secret("other", &other, "").await.status, 200);
}

#[tokio::test]
async fn two_secrets_overlap_and_no_secret_is_kept() {
    let site = Site::new().await;
    let first = site.client("system").await;
    let add = async || database::work(&site.db, async |work| client::add_secret(work, "system", LONG).await).await;
    let second = add().await.unwrap();
    for secret in [&first, &second] {
        assert_eq!(site.by_secret("system", secret, "").await.status, 200);
    }
    assert_eq!(add().await.unwrap_err().code(), ErrorCode::Conflict);
    let caller = jixiao::auth::Caller::operator();
    let oldest = client::list(site.db.read(), &caller).await.unwrap()[0].secrets[0].id;
    database::work(&site.db, async |work| client::remove_secret(work, "system", oldest).await).await.unwrap();
    assert_eq!(site.by_secret("system", &first, "").await.status, 401);
    assert_eq!(site.by_secret("system", &second, "").await.status, 200);
    let third = add().await.unwrap();
    assert_eq!(site.by_secret("system", &third, "").await.status, 200);
    // Neither a secret nor the hash of a live one stands in the audit or the outbox, and no secret anywhere.
    let tables = crate::support::dump::tables(site.db.read()).await;
    for (table, rows) in tables {
        for secret in [&first, &second, &third] {
            assert!(!rows.iter().any(|row| row.contains(secret.as_str())), "{table}");
            let digest = jixiao::auth::oauth::client::fingerprint(secret);
            let told = rows.iter().any(|row| row.contains(&digest));
            assert!(!told || table == "client_secret", "{table}");
        }
    }
}

#[tokio::test]
async fn a_client_is_made_with_scopes_that_systems_may_have() {
    let site = Site::new().await;
    site.client("system").await;
    let set = |names: &[&str]| -> BTreeSet<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    let add = async |name: &str, scopes: &[&str]| {
        let scopes = set(scopes);
        database::work(&site.db, async |work| client::add(work, name, &scopes).await)
            .await
            .map_err(|error| error.code())
    };
    for scopes in [&[][..], &["project:publish"], &["project:approve"], &["project:read", "x"], &[""]] {
        assert_eq!(add("new", scopes).await, Err(ErrorCode::BadUserInput), "{scopes:?}");
    }
    let many: Vec<String> =
        (0..200u8).map(|n| format!("noun_{}:read", char::from(b'a' + n % 26).to_string().repeat(n.into()))).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(add("new", &many).await, Err(ErrorCode::BadUserInput));
    assert_eq!(add("system", &["project:read"]).await, Err(ErrorCode::Conflict));
    database::work(&site.db, async |work| account::add(work, "person", Duty::Business).await).await.unwrap();
    assert_eq!(add("person", &["project:read"]).await, Err(ErrorCode::Conflict));
    assert_eq!(add("No Name", &["project:read"]).await, Err(ErrorCode::BadUserInput));
    // The account of a system becomes a client.
    database::work(&site.db, async |work| account::add(work, "old", Duty::Service).await).await.unwrap();
    assert!(add("old", &["project:read"]).await.is_ok());
    let change = async |scopes: BTreeSet<String>| {
        database::work(&site.db, async |work| client::set_scopes(work, "old", &scopes).await)
            .await
            .map_err(|error| error.code())
    };
    assert_eq!(change(set(&["audit:read"])).await, Ok(()));
    assert_eq!(change(set(&["audit:publish"])).await, Err(ErrorCode::BadUserInput));
    let caller = jixiao::auth::Caller::operator();
    let listed = client::list(site.db.read(), &caller).await.unwrap();
    let names: Vec<&str> = listed.iter().map(|client| client.account.name.as_str()).collect();
    assert_eq!(names, ["old", "system"]);
    assert_eq!(listed[0].scopes, set(&["audit:read"]));
    assert!(client::list(site.db.read(), &jixiao::auth::Caller::anonymous()).await.is_err());
}

#[tokio::test]
async fn programs_find_the_endpoints_and_the_keys() {
    let site = Site::new().await;
    let metadata = site.send("GET", "/.well-known/oauth-authorization-server", &[], "").await;
    assert_eq!((metadata.status, metadata.header("cache-control")), (200, Some("public, max-age=300")));
    let base = format!("http://{}", site.address);
    let metadata = metadata.json();
    assert_eq!(metadata["issuer"], "jixiao");
    assert_eq!(metadata["token_endpoint"], format!("{base}/oauth/token"));
    assert_eq!(metadata["revocation_endpoint"], format!("{base}/oauth/revoke"));
    assert_eq!(metadata["jwks_uri"], format!("{base}/.well-known/jwks.json"));
    assert_eq!(metadata["grant_types_supported"], json!(["client_credentials"]));
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], json!(["client_secret_basic", "private_key_jwt"]));

    let keys = site.send("GET", "/.well-known/jwks.json", &[], "").await;
    assert_eq!((keys.status, keys.header("cache-control")), (200, Some("public, max-age=300")));
    let read = public_keys(keys.text()).unwrap();
    assert_eq!(read.len(), 2, "the active key and the next one");
    let secret = site.client("system").await;
    let [header, _] = parts(&site.token("system", &secret).await);
    assert!(read.iter().any(|key| header["kid"] == key.kid.as_str()));
}
