//! Which addresses a provider may have, and a provider behind TLS with a certificate of an authority of one's own.

use jixiao::auth::oidc::{Provider, ProviderSettings};
use jixiao::config::{ConfigError, Settings, is_provider_url};

use super::issuer::{Issuer, Key, clock};
use crate::support::tls;

fn settings(given: &[(&'static str, &str)]) -> Result<Settings, ConfigError> {
    let given: Vec<(&'static str, String)> = given.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Settings::from_sources(None, |_| None, &given)
}

#[test]
fn a_provider_is_asked_over_tls_or_on_this_machine() {
    for good in [
        "https://login.example",
        "https://login.example:8443/realms/main",
        "https://[2001:db8::1]/x",
        "http://127.0.0.1:9000",
        "http://127.9.9.9",
        "http://[::1]:9000/realms/main",
        "http://localhost:9000",
    ] {
        assert!(is_provider_url(good), "{good}");
        assert!(settings(&[("oidc_issuer", good)]).is_ok(), "{good}");
    }
    for bad in [
        "login.example",
        "http://login.example",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "http://127.0.0.1@login.example",
        "http://192.168.1.1",
        "http://[::2]",
        "https://",
        "https:///x",
        "https://user:secret@login.example",
        "https://login.example/#x",
        "https://login.example/ x",
        "https://login.example/\n",
        "file:///etc/passwd",
        "ftp://login.example",
    ] {
        assert!(!is_provider_url(bad), "{bad}");
        let error = settings(&[("oidc_issuer", bad)]).err().unwrap().to_string();
        assert!(error.contains("must be an https address (http only on this machine)"), "{error}");
    }
    // The address of keys may have a query, an issuer has none (OpenID Connect Discovery 3).
    assert!(is_provider_url("https://login.example/keys?p=1"));
    assert!(settings(&[("oidc_issuer", "https://login.example/?p=1")]).is_err());
}

#[test]
fn issuers_have_different_names() {
    let same = "https://login.example";
    for other in [&[("issuer", same)][..], &[("trusted_issuer", same), ("trusted_keys", "x")]] {
        let error = settings(&[&[("oidc_issuer", same)], other].concat()).err().unwrap();
        assert!(matches!(error, ConfigError::SameIssuer), "{error}");
    }
}

#[test]
fn an_authority_that_is_no_certificate_is_refused_at_the_start() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "nonsense").unwrap();
    let settings =
        ProviderSettings { issuer: "https://login.example", audience: "x", claim: "sub", authority: Some(file.path()) };
    let error = Provider::new(&settings, clock).err().unwrap();
    assert!(error.message().ends_with("is no PEM file with certificates."), "{error}");
}

#[tokio::test]
async fn a_certificate_of_the_own_authority_is_trusted_and_no_other() {
    let issuer = Issuer::start(&[&Key::new("one")]).await;
    let plain = issuer.url.strip_prefix("http://").unwrap().split('/').next().unwrap().parse().unwrap();
    let (front, pem) = tls::front(plain);
    let authority = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(authority.path(), pem).unwrap();
    let url = |host: &str| format!("https://{host}:{}/realms/main", front.port());
    let fetch = async |host: &str, authority| {
        issuer.shared.lock().unwrap().url = url(host);
        let settings = ProviderSettings { issuer: &url(host), audience: "x", claim: "sub", authority };
        Provider::new(&settings, clock).unwrap().renew().await
    };
    assert!(fetch("localhost", Some(authority.path())).await);
    assert!(!fetch("localhost", None).await, "no public authority has signed it");
    assert!(!fetch("127.0.0.1", Some(authority.path())).await, "it is not for this host");
    assert_eq!(issuer.fetches(), 1);
}
