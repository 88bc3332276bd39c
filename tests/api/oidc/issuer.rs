//! An identity provider on this machine, which publishes keys and signs tokens, and can be told to misbehave.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, header};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::value::Timestamp;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub const AUDIENCE: &str = "jixiao-api";
pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 3600;

const BEGIN: i64 = 1_800_000_000;

thread_local! {
    /// The time of the test of this thread, in seconds.
    static NOW: Cell<i64> = const { Cell::new(BEGIN) };
}

pub fn clock() -> Timestamp {
    Timestamp(NOW.get() * 1_000_000)
}

/// Lets time pass.
pub fn pass(seconds: i64) {
    NOW.set(NOW.get() + seconds);
}

/// How a document is answered.
#[derive(Clone)]
pub enum Mode {
    /// As it should be.
    Good,
    /// With this document instead.
    Instead(Value),
    /// With this text instead.
    Text(&'static str),
    /// With a status alone.
    Status(u16),
    /// With a redirect to another address, where the right document is.
    Redirect,
    /// Never.
    Never,
    /// With a body that has no end.
    Endless,
}

pub struct Shared {
    /// What it says it is.
    pub url: String,
    pub keys: Vec<Value>,
    pub discovery: Mode,
    pub jwks: Mode,
}

/// The provider.
pub struct Issuer {
    pub url: String,
    pub shared: Arc<Mutex<Shared>>,
    fetches: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Site = State<(Arc<Mutex<Shared>>, Arc<AtomicUsize>)>;

impl Issuer {
    /// One that publishes the public halves of these keys.
    pub async fn start(keys: &[&Key]) -> Self {
        NOW.set(BEGIN);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/realms/main", listener.local_addr().unwrap());
        let keys = keys.iter().map(|key| key.jwk()).collect();
        let shared = Shared { url: url.clone(), keys, discovery: Mode::Good, jwks: Mode::Good };
        let (shared, fetches) = (Arc::new(Mutex::new(shared)), Arc::new(AtomicUsize::new(0)));
        let site = site(Arc::clone(&shared), Arc::clone(&fetches));
        let task = tokio::spawn(async move { axum::serve(listener, site).await.unwrap() });
        Self { url, shared, fetches, task }
    }

    /// How often its keys were asked for.
    pub fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    pub fn publish(&self, keys: &[&Key]) {
        self.shared.lock().unwrap().keys = keys.iter().map(|key| key.jwk()).collect();
    }

    pub fn answer(&self, discovery: Mode, jwks: Mode) {
        let mut shared = self.shared.lock().unwrap();
        (shared.discovery, shared.jwks) = (discovery, jwks);
    }

    /// What its tokens say of someone.
    pub fn claims(&self, subject: &str) -> Value {
        let now = NOW.get();
        json!({ "iss": self.url, "aud": AUDIENCE, "sub": subject, "iat": now - 5, "exp": now + 300, "client_id": "web",
                "jti": "1", "scope": "openid profile" })
    }
}

/// The routes of a provider.
pub fn site(shared: Arc<Mutex<Shared>>, fetches: Arc<AtomicUsize>) -> Router {
    Router::new()
        .route("/realms/main/.well-known/openid-configuration", get(discovery))
        .route("/realms/main/keys", get(keys))
        .route("/elsewhere", get(elsewhere))
        .with_state((shared, fetches))
}

async fn discovery(State((shared, _)): Site) -> Response<Body> {
    let (url, mode) = {
        let shared = shared.lock().unwrap();
        (shared.url.clone(), shared.discovery.clone())
    };
    let good = json!({ "issuer": url, "jwks_uri": format!("{url}/keys"), "response_types_supported": ["code"] });
    answer(mode, good).await
}

async fn keys(State((shared, fetches)): Site) -> Response<Body> {
    fetches.fetch_add(1, Ordering::SeqCst);
    let (keys, mode) = {
        let shared = shared.lock().unwrap();
        (shared.keys.clone(), shared.jwks.clone())
    };
    answer(mode, json!({ "keys": keys })).await
}

/// Where redirects lead: both documents in one.
async fn elsewhere(State((shared, _)): Site) -> Json<Value> {
    let shared = shared.lock().unwrap();
    Json(json!({ "issuer": shared.url, "jwks_uri": format!("{}/keys", shared.url), "keys": shared.keys }))
}

async fn answer(mode: Mode, good: Value) -> Response<Body> {
    let text = |text: String| Response::new(Body::from(text));
    match mode {
        Mode::Good => text(good.to_string()),
        Mode::Instead(other) => text(other.to_string()),
        Mode::Text(other) => text(other.to_owned()),
        Mode::Status(status) => Response::builder().status(status).body(Body::from(good.to_string())).unwrap(),
        Mode::Redirect => {
            Response::builder().status(302).header(header::LOCATION, "/elsewhere").body(Body::empty()).unwrap()
        }
        Mode::Never => {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            text(good.to_string())
        }
        Mode::Endless => {
            let spaces = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 8192]));
            Response::new(Body::from_stream(spaces))
        }
    }
}

/// A key of the provider.
pub struct Key {
    pub kid: String,
    pair: Ed25519KeyPair,
}

impl Key {
    pub fn new(kid: &str) -> Self {
        Self { kid: kid.to_owned(), pair: Ed25519KeyPair::generate().unwrap() }
    }

    pub fn jwk(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref());
        json!({ "kid": self.kid, "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "x": x })
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_as(&json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": self.kid }), claims)
    }

    pub fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.pair.sign(message.as_bytes()).as_ref());
        format!("{message}.{signature}")
    }
}
