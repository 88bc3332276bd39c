//! The forged tokens.

use aws_lc_rs::signature::KeyPair;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use jixiao::auth::keyset::DEVELOPMENT_KID;
use jixiao::auth::token::Refusal;
use serde_json::{Value, json};

use super::world::{AUDIENCE, ISSUER, NOW, World, by_secret, claims, message, other_claims, text, with, without};

/// Every forgery: what it is, the token, the reason against it.
pub fn forgeries(w: &World) -> Vec<(&'static str, String, Refusal)> {
    let good = w.claiming(&claims());
    let parts: Vec<&str> = good.split('.').collect();
    let (head, body, seal) = (parts[0], parts[1], parts[2]);
    let header = w.header();
    let stranger = World::new();
    let pem =
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(w.rsa.public_key()));
    let claim = |name, value| w.claiming(&with(&claims(), name, value));
    let lacking = |name| w.claiming(&without(&claims(), name));
    let head_with = |name, value| w.heading(&with(&header, name, value));
    let raw_claims = |text: &str| w.signed(&header.to_string(), text);
    let doubled = |extra: &str| raw_claims(&claims().to_string().replacen('{', &format!("{{{extra},"), 1));
    let twice_head = header.to_string().replacen('{', &format!("{{\"kid\":\"{}\",", w.kid), 1);
    let hs = |kid: &str| json!({ "typ": "at+jwt", "alg": "HS256", "kid": kid });
    let ec_zero = format!(
        "{}.{}",
        message(&json!({ "typ": "at+jwt", "alg": "ES256", "kid": "es" }), &other_claims()),
        text(&[0; 64])
    );

    use Refusal as R;
    vec![
        ("empty", String::new(), R::Parts),
        ("one part", head.to_owned(), R::Parts),
        ("no signature part", format!("{head}.{body}"), R::Parts),
        ("five parts, as an encrypted token has", format!("{head}.{body}.{seal}.{body}.{seal}"), R::Parts),
        ("longer than 4 KiB", claim("pad", json!("x".repeat(5 * 1024))), R::Length),
        ("alg none, unsigned", format!("{}.", message(&with(&header, "alg", json!("none")), &claims())), R::Algorithm),
        ("alg None", head_with("alg", json!("None")), R::Algorithm),
        ("alg nOnE", head_with("alg", json!("nOnE")), R::Algorithm),
        ("alg absent", w.heading(&without(&header, "alg")), R::Algorithm),
        ("alg a list", head_with("alg", json!(["EdDSA"])), R::Algorithm),
        ("alg in other letters", head_with("alg", json!("eddsa")), R::Algorithm),
        ("alg of another family", head_with("alg", json!("ES256")), R::Algorithm),
        ("HS256 by the public RSA key", by_secret(&hs("rs"), &other_claims(), pem.as_bytes()), R::Algorithm),
        ("HS256 by our public name", by_secret(&hs(&w.kid), &claims(), w.kid.as_bytes()), R::Algorithm),
        ("HS256 by another secret", by_secret(&hs(DEVELOPMENT_KID), &claims(), &[7; 32]), R::Signature),
        ("PS256 by a key for RS256", w.other("rs", "PS256", &other_claims()), R::Algorithm),
        ("RS256 by a key for PS256", w.other("ps", "RS256", &other_claims()), R::Algorithm),
        ("ES256 by the RSA key's name", w.other("rs", "ES256", &other_claims()), R::Algorithm),
        ("EdDSA of another issuer by our name", w.other(&w.kid, "EdDSA", &claims()), R::Signature),
        ("EdDSA of ours by another issuer's name", head_with("kid", json!("ed")), R::Signature),
        ("ECDSA of zeros", ec_zero, R::Signature),
        ("signature stripped", format!("{head}.{body}."), R::Signature),
        ("signature cut", good[..good.len() - 4].to_owned(), R::Signature),
        ("signature of zeros", format!("{head}.{body}.{}", text(&[0; 64])), R::Signature),
        ("signature padded", format!("{good}=="), R::Signature),
        ("signature with stray bits", format!("{}{}", &good[..good.len() - 1], stray(&good)), R::Signature),
        ("another service's key under our name", stranger.heading(&header), R::Signature),
        ("another service's token", stranger.claiming(&claims()), R::UnknownKey),
        (
            "claims exchanged",
            format!("{head}.{}.{seal}", text(with(&claims(), "sub", json!("admin")).to_string().as_bytes())),
            R::Signature,
        ),
        (
            "header exchanged",
            format!("{}.{body}.{seal}", text(with(&header, "cty", json!("x")).to_string().as_bytes())),
            R::Signature,
        ),
        ("kid absent", w.heading(&without(&header, "kid")), R::KeyName),
        ("kid empty", head_with("kid", json!("")), R::KeyName),
        ("kid a number", head_with("kid", json!(1)), R::KeyName),
        ("kid a path", head_with("kid", json!("../../etc/passwd")), R::KeyName),
        ("kid SQL", head_with("kid", json!("x' OR '1'='1")), R::KeyName),
        ("kid with NUL", head_with("kid", json!(format!("{}\0", w.kid))), R::KeyName),
        ("kid too long", head_with("kid", json!("k".repeat(65))), R::KeyName),
        ("kid unknown", head_with("kid", json!("nobody")), R::UnknownKey),
        ("kid twice", w.signed(&twice_head, &claims().to_string()), R::Json),
        ("typ absent", w.heading(&without(&header, "typ")), R::Type),
        ("typ JWT", head_with("typ", json!("JWT")), R::Type),
        ("typ of an ID token", head_with("typ", json!("id_token")), R::Type),
        ("typ in capitals", head_with("typ", json!("AT+JWT")), R::Type),
        ("crit", head_with("crit", json!(["exp"])), R::Extension),
        ("crit empty", head_with("crit", json!([])), R::Extension),
        ("crit null", head_with("crit", Value::Null), R::Extension),
        ("b64 false", head_with("b64", json!(false)), R::Extension),
        ("zip", head_with("zip", json!("DEF")), R::Extension),
        ("enc", head_with("enc", json!("A256GCM")), R::Extension),
        ("header padded", w.sealed(&URL_SAFE.encode(format!("{header} ")), body), R::Encoding),
        ("header in plain base64", w.sealed(&STANDARD.encode(format!("{header}>>>???")), body), R::Encoding),
        ("header with a space", w.sealed(&format!("{head} "), body), R::Encoding),
        ("header with a line break", w.sealed(&format!("{head}\n"), body), R::Encoding),
        ("header not JSON", w.signed("typ=at+jwt", &claims().to_string()), R::Json),
        ("header a list", w.signed("[]", &claims().to_string()), R::Json),
        ("claims padded", w.sealed(head, &URL_SAFE.encode(format!("{} ", claims()))), R::Encoding),
        ("claims not JSON", raw_claims("sub=known"), R::Json),
        ("claims a list", raw_claims("[1]"), R::Json),
        ("claims with more behind", raw_claims(&format!("{} {{}}", claims())), R::Json),
        ("sub twice", doubled(r#""sub":"admin""#), R::Json),
        ("exp twice", doubled(r#""exp":1"#), R::Json),
        ("sub twice, once escaped", doubled(r#""\u0073ub":"admin""#), R::Json),
        ("unknown claim twice", doubled(r#""x":1,"x":2"#), R::Json),
        ("exp absent", lacking("exp"), R::Claim("exp")),
        ("exp a text", claim("exp", json!((NOW + 600).to_string())), R::Claim("exp")),
        ("exp a fraction", claim("exp", json!(NOW as f64 + 600.5)), R::Claim("exp")),
        ("exp beyond numbers", raw_claims(&claims().to_string().replace(&(NOW + 600).to_string(), "1e400")), R::Json),
        (
            "exp an exponent",
            raw_claims(&claims().to_string().replace(&(NOW + 600).to_string(), "1.8e9")),
            R::Claim("exp"),
        ),
        ("exp negative", claim("exp", json!(-1)), R::Claim("exp")),
        ("exp null", claim("exp", Value::Null), R::Claim("exp")),
        ("exp past the leeway", claim("exp", json!(NOW - 30)), R::Expired),
        ("exp long ago", claim("exp", json!(1)), R::Expired),
        (
            "exp before iat",
            w.claiming(&with(&with(&claims(), "iat", json!(NOW + 20)), "exp", json!(NOW + 10))),
            R::Lifetime,
        ),
        ("a life of an hour and a second", claim("exp", json!(NOW - 60 + 3601)), R::Lifetime),
        ("exp at the end of numbers", claim("exp", json!(i64::MAX)), R::Lifetime),
        ("exp past the end of numbers", claim("exp", json!(u64::MAX)), R::Claim("exp")),
        ("nbf past the leeway", claim("nbf", json!(NOW + 31)), R::NotYet),
        ("nbf a text", claim("nbf", json!("0")), R::Claim("nbf")),
        ("nbf null", claim("nbf", Value::Null), R::Claim("nbf")),
        ("iat absent", lacking("iat"), R::Claim("iat")),
        ("iat a text", claim("iat", json!("1")), R::Claim("iat")),
        ("iat past the leeway", claim("iat", json!(NOW + 31)), R::FromFuture),
        ("aud absent", lacking("aud"), R::Claim("aud")),
        ("aud wrong", claim("aud", json!("jixiao")), R::Audience),
        ("aud a list without us", claim("aud", json!(["a", "b"])), R::Audience),
        ("aud an empty list", claim("aud", json!([])), R::Audience),
        ("aud a number", claim("aud", json!(1)), R::Claim("aud")),
        ("aud a list with a number", claim("aud", json!([AUDIENCE, 1])), R::Claim("aud")),
        ("iss absent", lacking("iss"), R::Claim("iss")),
        ("iss wrong", claim("iss", json!("https://evil.example")), R::Issuer),
        ("iss a list", claim("iss", json!([ISSUER])), R::Claim("iss")),
        ("iss with a slash", claim("iss", json!(format!("{ISSUER}/"))), R::Issuer),
        ("our key for another trusted issuer", w.claiming(&other_claims()), R::Issuer),
        ("another issuer's key for us", w.other("ed", "EdDSA", &claims()), R::Issuer),
        ("jti absent", lacking("jti"), R::Claim("jti")),
        ("jti empty", claim("jti", json!("")), R::Claim("jti")),
        ("jti a number", claim("jti", json!(1)), R::Claim("jti")),
        ("jti too long", claim("jti", json!("x".repeat(129))), R::Claim("jti")),
        ("jti twice", doubled(r#""jti":"2""#), R::Json),
        ("sid a number", claim("sid", json!(1)), R::Claim("sid")),
        ("sid empty", claim("sid", json!("")), R::Claim("sid")),
        ("scope a list", claim("scope", json!(["project:read"])), R::Claim("scope")),
        ("scope null", claim("scope", Value::Null), R::Claim("scope")),
        ("client_id a number", claim("client_id", json!(1)), R::Claim("client_id")),
        ("sub absent", lacking("sub"), R::Claim("sub")),
        ("sub empty", claim("sub", json!("")), R::Claim("sub")),
        ("sub a number", claim("sub", json!(1)), R::Claim("sub")),
    ]
}

/// A last character that differs only in the bits that encode nothing (64 bytes leave four of them).
fn stray(token: &str) -> char {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = token.chars().last().and_then(|c| alphabet.find(c)).unwrap();
    alphabet.chars().nth(last ^ 1).unwrap()
}
