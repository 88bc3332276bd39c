//! Clients that show who they are by assertions.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jixiao::auth::keyset::KeySet;
use jixiao::auth::oauth::client::Credentials;
use jixiao::auth::oauth::{Denied, TokenEndpoint};
use jixiao::auth::ring::KeyRing;
use jixiao::auth::token::{TokenChecker, TokenIssuer};
use jixiao::clock;
use jixiao::service::client;
use jixiao::service::client::directory::Directory;
use jixiao::service::revocation::Revocations;
use serde_json::{Value, json};

use super::site::{SCOPES, Site, asserted, assertion};
use crate::support::database;
use crate::token::world::{World, by_secret, text, with, without};

#[tokio::test]
async fn an_assertion_by_each_algorithm_gives_a_token() {
    let (site, world) = (Site::new().await, World::new());
    site.client_with_keys("system", &world).await;
    for (kid, alg) in [("rs", "RS256"), ("ps", "PS256"), ("es", "ES256"), ("ed", "EdDSA")] {
        for header in [
            json!({ "alg": alg, "kid": kid, "typ": "JWT" }),
            json!({ "alg": alg }),
            json!({ "alg": alg, "kid": kid, "typ": "client-authentication+jwt" }),
        ] {
            let jwt = world.other_with(alg, &header, &assertion("system", &site.endpoint()));
            let answer = site.by_assertion(&jwt).await;
            assert_eq!(
                (answer.status, &answer.json()["scope"]),
                (200, &json!(SCOPES.join(" "))),
                "{header} {answer:?}"
            );
            assert_eq!(site.asked_with(answer.json()["access_token"].as_str().unwrap()).await, 200);
        }
    }
    let base = format!("http://{}", site.address);
    for audience in [json!("jixiao"), json!(base), json!(["https://other.example", site.endpoint()])] {
        let claims = with(&assertion("system", ""), "aud", audience);
        assert_eq!(site.by_assertion(&world.other("ed", "EdDSA", &claims).replace("at+jwt", "")).await.status, 401);
        let jwt = world.other_with("EdDSA", &json!({ "alg": "EdDSA" }), &claims);
        assert_eq!(site.by_assertion(&jwt).await.status, 200, "{claims}");
    }
}

#[tokio::test]
async fn an_assertion_is_good_once_in_all_processes() {
    let (site, world) = (Site::new().await, World::new());
    site.client_with_keys("system", &world).await;
    site.client_with_keys("other", &World::new()).await;
    let other = site.beside().await;
    // Both accept what is meant for the issuer.
    let sign = |claims: &Value| world.other_with("ES256", &json!({ "alg": "ES256" }), claims);
    let claims = assertion("system", "jixiao");
    let jwt = sign(&claims);
    let at_once = join_all((0..8).map(async |n| {
        let site = if n % 2 == 0 { &site } else { &other };
        site.by_assertion(&jwt).await.status
    }));
    let mut statuses = at_once.await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|status| [401, 429].contains(status)), "{statuses:?}");
    assert_eq!(database::number(site.db.read(), "SELECT COUNT(*) FROM client_assertion").await, 1);
    // It is kept as long as it could be used, and not longer.
    let ends = claims["exp"].as_i64().unwrap();
    let at = |second: i64| entity::value::Timestamp((ends + second) * 1_000_000);
    assert_eq!(client::directory::sweep(&site.db, at(29)).await.unwrap(), 0);
    assert_eq!(client::directory::sweep(&site.db, at(30)).await.unwrap(), 1);
}

#[tokio::test]
async fn an_assertion_that_is_not_right_in_everything_gives_nothing() {
    let (site, world) = (Site::new().await, World::new());
    site.client_with_keys("system", &world).await;
    site.client_with_keys("stranger", &World::new()).await;
    let audience = site.endpoint();
    let ring = Arc::new(KeyRing::open(&site.data().join("keys"), "jixiao").unwrap());
    let checker = Arc::new(TokenChecker::new(KeySet::of(Arc::clone(&ring)), "jixiao"));
    let revocations = Revocations::read(&site.db, clock::system).await.unwrap();
    let clients = Box::new(Directory::new(site.db.clone(), revocations, clock::system));
    let life = Duration::from_secs(900);
    let issuer = TokenIssuer::new(ring, "jixiao");
    let endpoint = TokenEndpoint::new(clients, issuer, checker, [audience.clone()], life, clock::system);

    let good = || assertion("system", &audience);
    let now = clock::system().0 / 1_000_000;
    let sign = |claims: &Value| world.other_with("ES256", &json!({ "alg": "ES256", "kid": "es" }), claims);
    let claiming = |name: &str, value: Value| sign(&with(&good(), name, value));
    let heading = |header: Value| world.other_with("ES256", &header, &good());
    let right = sign(&good());
    let (message, _) = right.rsplit_once('.').unwrap();
    let cases: Vec<(&str, String)> = vec![
        ("empty", String::new()),
        ("no JWT", "a.b.c".to_owned()),
        ("without a signature", format!("{message}.")),
        ("a signature of zeros", format!("{message}.{}", text(&[0; 64]))),
        ("alg none", format!("{}.{}.", text(br#"{"alg":"none"}"#), message.split('.').nth(1).unwrap())),
        (
            "HS256 by the public key",
            by_secret(&json!({ "alg": "HS256" }), &good(), world.jwks().to_string().as_bytes()),
        ),
        ("an access token's type", heading(json!({ "alg": "ES256", "kid": "es", "typ": "at+jwt" }))),
        ("type a number", heading(json!({ "alg": "ES256", "typ": 1 }))),
        ("another key's name", heading(json!({ "alg": "ES256", "kid": "ed" }))),
        ("an unknown key's name", heading(json!({ "alg": "ES256", "kid": "nobody" }))),
        ("kid a number", heading(json!({ "alg": "ES256", "kid": 1 }))),
        ("crit", heading(json!({ "alg": "ES256", "crit": ["exp"] }))),
        ("somebody else's key", World::new().other_with("ES256", &json!({ "alg": "ES256" }), &good())),
        ("in the name of another client", sign(&assertion("stranger", &audience))),
        ("of an unknown client", sign(&assertion("nobody", &audience))),
        ("for another subject", claiming("sub", json!("stranger"))),
        ("without a subject", sign(&without(&good(), "sub"))),
        ("without an issuer", sign(&without(&good(), "iss"))),
        ("for another service", claiming("aud", json!("https://other.example/oauth/token"))),
        ("for a place below", claiming("aud", json!(format!("{audience}/")))),
        ("for nobody", sign(&without(&good(), "aud"))),
        ("for an empty list", claiming("aud", json!([]))),
        ("ended", claiming("exp", json!(now - 31))),
        ("without an end", sign(&without(&good(), "exp"))),
        ("its end a text", claiming("exp", json!("9999999999"))),
        ("ending too late", claiming("exp", json!(now + 400))),
        ("issued in the future", claiming("iat", json!(now + 100))),
        ("not yet good", claiming("nbf", json!(now + 100))),
        ("without a name", sign(&without(&good(), "jti"))),
        ("with an empty name", claiming("jti", json!(""))),
        ("with a long name", claiming("jti", json!("x".repeat(257)))),
        ("with a number for a name", claiming("jti", json!(1))),
        ("longer than 4 KiB", claiming("pad", json!("x".repeat(5000)))),
    ];
    let ask = async |n: usize, jwt: &str, client: Option<&str>| {
        // An address for each, so that none is refused for the failures of another.
        let from = IpAddr::from(Ipv4Addr::from_bits(0xc000_0200 + u32::try_from(n).unwrap()));
        let shown = Credentials::Assertion { client: client.map(str::to_owned), jwt: jwt.to_owned() };
        endpoint.grant(from, &shown, None).await
    };
    let outcomes =
        join_all(cases.iter().enumerate().map(async |(n, (what, jwt))| (*what, ask(n, jwt, None).await))).await;
    for (what, outcome) in outcomes {
        assert!(matches!(outcome, Err(Denied::InvalidClient)), "{what}: {:?}", outcome.map(|granted| granted.scope));
    }
    let beside = ask(200, &right, Some("stranger")).await;
    assert!(matches!(beside, Err(Denied::InvalidClient)), "another name beside it");
    assert!(ask(201, &right, Some("system")).await.is_ok(), "what was refused was not used up");
    assert!(ask(202, &claiming("exp", json!(now + 295)), None).await.is_ok());
    // A key that is trusted no more signs nothing.
    database::work(&site.db, async |work| client::remove_key(work, "system", "es").await).await.unwrap();
    assert!(matches!(ask(203, &sign(&good()), None).await, Err(Denied::InvalidClient)));
}

#[tokio::test]
async fn two_ways_at_once_are_refused() {
    let (site, world) = (Site::new().await, World::new());
    site.client_with_keys("system", &world).await;
    let jwt = world.other_with("EdDSA", &json!({ "alg": "EdDSA" }), &assertion("system", &site.endpoint()));
    let body = format!("grant_type=client_credentials&{}", asserted(&jwt));
    let answer = site.form("/oauth/token", &[("authorization", "Basic c3lzdGVtOmE=")], &body).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_request")));
    assert_eq!(site.form("/oauth/token", &[], &body).await.status, 200);
}

#[tokio::test]
async fn keys_of_clients_are_public_and_few() {
    let (site, world) = (Site::new().await, World::new());
    site.client_with_keys("system", &world).await;
    let add = async |json: &Value| {
        let json = json.to_string();
        let added = database::work(&site.db, async |work| client::add_keys(work, "system", &json).await).await;
        added.map_err(|error| error.message().to_owned())
    };
    let mut one = world.jwks()["keys"][3].clone();
    assert!(add(&one).await.unwrap_err().contains("has a key `ed` already"));
    one["kid"] = json!("fifth");
    let mut private = one.clone();
    private["d"] = json!("AQAB");
    assert!(add(&private).await.unwrap_err().contains("it is a private key"));
    assert_eq!(add(&one).await.unwrap(), ["fifth"]);
    one["kid"] = json!("sixth");
    assert!(add(&one).await.unwrap_err().contains("5 keys at the most"));
    one["alg"] = json!("HS256");
    assert!(add(&one).await.unwrap_err().contains("`alg` must be"));
    let caller = jixiao::auth::Caller::operator();
    let names: BTreeSet<String> =
        client::list(site.db.read(), &caller).await.unwrap().remove(0).keys.into_iter().map(|key| key.kid).collect();
    assert_eq!(names, ["ed", "es", "fifth", "ps", "rs"].map(str::to_owned).into());
}
