//! Which keys a service trusts beside its own.

use std::path::Path;

use jixiao::auth::keyset::{DEVELOPMENT_KID, KeySet};
use jixiao::auth::token::{Refusal, TokenChecker};
use jixiao::config::Settings;
use serde_json::{Value, json};

use super::world::{AUDIENCE, ISSUER, OTHER_ISSUER, SECRET, World, by_secret, claims, now, other_claims, text};

#[test]
fn trusted_keys_are_checked_at_start() {
    let world = World::new();
    let jwks = world.jwks();
    let refused =
        |set: &Value| KeySet::of(world.ring()).trust_jwks(&set.to_string(), OTHER_ISSUER).unwrap_err().to_string();
    let altered = |position: usize, name: &str, value: Value| {
        let mut set = jwks.clone();
        set["keys"][position][name] = value;
        refused(&set)
    };
    for (error, words) in [
        (altered(0, "use", json!("enc")), "key 1 of the set: it is not for checking signatures"),
        (altered(1, "key_ops", json!(["sign"])), "key 2 of the set: it is not for checking signatures"),
        (altered(0, "n", json!(text(&[0xff; 128]))), "key 1 of the set: an RSA key needs 2048"),
        (altered(0, "n", json!(text(&[0xff; 2048]))), "key 1 of the set: an RSA key needs 2048"),
        (altered(0, "d", json!("AQAB")), "key 1 of the set: it is a private key"),
        (altered(2, "d", json!("AQAB")), "key 3 of the set: it is a private key"),
        (altered(0, "n", json!("a+b/")), "key 1 of the set: its numbers are not base64url"),
        (altered(0, "alg", json!("RS512")), "key 1 of the set: `alg` must be"),
        (altered(0, "alg", json!("HS256")), "key 1 of the set: `alg` must be"),
        (altered(0, "alg", Value::Null), "key 1 of the set: `alg` must be"),
        (altered(2, "crv", json!("P-384")), "key 3 of the set: `alg` must be"),
        (altered(2, "x", json!(text(&[1; 32]))), "key 3 of the set: its numbers are not a point"),
        (altered(3, "x", json!(text(&[1; 31]))), "key 4 of the set: its numbers are not a point"),
        (altered(3, "kid", json!("../x")), "key 4 of the set: `kid` is missing or not"),
        (altered(3, "kid", Value::Null), "key 4 of the set: `kid` is missing or not"),
        (altered(3, "kid", json!("rs")), "key 4 of the set: another key has the same `kid`"),
        (altered(3, "kid", json!(world.kid)), "key 4 of the set: another key has the same `kid`"),
        (
            refused(&json!({ "keys": [{ "kid": "s", "kty": "oct", "alg": "HS256", "k": text(SECRET) }] })),
            "`alg` must be",
        ),
        (refused(&json!({ "keys": [] })), "0 keys"),
        (refused(&json!({ "keys": vec![jwks["keys"][0].clone(); 21] })), "21 keys"),
        (refused(&json!({ "keys": [], "x": "x".repeat(64 * 1024) })), "larger than 65536 bytes"),
        (refused(&json!([])), "not a JWK set"),
    ] {
        assert!(error.contains(words), "{error} / {words}");
    }
}

#[test]
fn a_bad_key_leaves_the_set_as_it_was() {
    let world = World::new();
    let mut jwks = world.jwks();
    jwks["keys"][3]["kid"] = json!("rs");
    let mut keys = KeySet::of(world.ring());
    keys.trust_jwks(&jwks.to_string(), OTHER_ISSUER).unwrap_err();
    let checker = TokenChecker::new(keys, AUDIENCE);
    assert_eq!(checker.check(&world.other("rs", "RS256", &other_claims()), now()), Err(Refusal::UnknownKey));
    assert!(checker.check(&world.claiming(&claims()), now()).is_ok());
}

#[test]
fn trusted_keys_come_from_a_file() {
    let world = World::new();
    let path = world.folder.path().join("trusted.json");
    std::fs::write(&path, world.jwks().to_string()).unwrap();
    let mut keys = KeySet::of(world.ring());
    keys.trust_file(&path, OTHER_ISSUER).unwrap();
    let checker = TokenChecker::new(keys, AUDIENCE);
    assert!(checker.check(&world.other("es", "ES256", &other_claims()), now()).is_ok());
    let absent = Path::new("/nowhere/trusted.json");
    let error = KeySet::of(world.ring()).trust_file(absent, OTHER_ISSUER).unwrap_err().to_string();
    assert!(error.contains("/nowhere/trusted.json"), "{error}");
}

#[test]
fn the_settings_say_which_keys_are_trusted() {
    let world = World::new();
    let path = world.folder.path().join("trusted.json");
    std::fs::write(&path, world.jwks().to_string()).unwrap();
    let secret = String::from_utf8(SECRET.to_vec()).unwrap();
    let all = [
        ("issuer", ISSUER.to_owned()),
        ("trusted_keys", path.display().to_string()),
        ("trusted_issuer", OTHER_ISSUER.to_owned()),
        ("development_secret", secret),
    ];
    let development = json!({ "typ": "at+jwt", "alg": "HS256", "kid": DEVELOPMENT_KID });
    let tokens = [
        world.claiming(&claims()),
        world.other("ed", "EdDSA", &other_claims()),
        by_secret(&development, &claims(), SECRET),
    ];
    for (given, accepted) in
        [(&all[..1], [true, false, false]), (&all[..3], [true, true, false]), (&all[..], [true; 3])]
    {
        let settings = Settings::from_sources(None, |_| None, given).unwrap();
        let checker = TokenChecker::new(KeySet::configured(world.ring(), &settings).unwrap(), AUDIENCE);
        assert_eq!(tokens.each_ref().map(|token| checker.check(token, now()).is_ok()), accepted);
    }
}

#[test]
fn a_short_development_secret_is_refused() {
    let mut keys = KeySet::of(World::new().ring());
    let error = keys.trust_secret(&SECRET[..31], ISSUER).unwrap_err().to_string();
    assert!(error.contains("31 bytes") && error.contains("at least 32"), "{error}");
    keys.trust_secret(&SECRET[..32], ISSUER).unwrap();
}
