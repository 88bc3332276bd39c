//! The whole service on a database, and clients that ask it for tokens.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use entity::value::Role;
use jixiao::app::{self, Assembled};
use jixiao::auth::{Grant, Scope};
use jixiao::config::Settings;
use jixiao::db::Db;
use jixiao::http::{Lifecycle, ServeOptions, serve};
use jixiao::metrics::Metrics;
use jixiao::service::{account, client};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::support::database::{self, TestDatabase};
use crate::token::world::World;
use crate::toy::{Answer, read};

/// What a client of these tests may.
pub const SCOPES: [&str; 2] = ["import:run", "project:read"];

/// A life that no test outlives.
pub const LONG: std::time::Duration = std::time::Duration::from_secs(86_400);

/// A service; others may serve the same database and keys.
pub struct Site {
    pub address: SocketAddr,
    pub db: Db,
    pub folder: Arc<TempDir>,
    pub database: Arc<TestDatabase>,
    serving: JoinHandle<()>,
}

impl Site {
    pub async fn new() -> Self {
        let (database, db) = database::migrated().await;
        Self::start(Arc::new(database), db, Arc::new(TempDir::new().unwrap())).await
    }

    /// Another service on the same database and keys, which shares nothing else.
    pub async fn beside(&self) -> Self {
        let db = Db::connect(&self.database.settings).await.unwrap();
        Self::start(Arc::clone(&self.database), db, Arc::clone(&self.folder)).await
    }

    /// A service on a database, with its keys in this folder.
    pub async fn start(database: Arc<TestDatabase>, db: Db, folder: Arc<TempDir>) -> Self {
        let arguments = [("data", folder.path().display().to_string())];
        let settings = Settings::from_sources(None, |_| None, &arguments).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (bulk, lifecycle) = (app::bulk(&settings, &db, app::handlers(&settings)), Lifecycle::new());
        let assembled =
            app::assemble(&settings, &db, address, bulk, &Metrics::new("none"), None, lifecycle.clone()).await.unwrap();
        let serving = tokio::spawn(async move {
            let Assembled { router, .. } = &assembled;
            serve(listener, router.clone(), &ServeOptions::default(), lifecycle).await;
        });
        Self { address, db, folder, database, serving }
    }

    /// Makes a client that reads everything, and gives it a secret.
    pub async fn client(&self, name: &str) -> String {
        let scopes = SCOPES.map(str::to_owned).into();
        let made = database::work(&self.db, async |work| {
            let id = client::add(work, name, &scopes).await?;
            account::grant(work, id, &Grant::view(Role::Service, Scope::Everything), None).await?;
            client::add_secret(work, name, LONG).await
        });
        made.await.unwrap()
    }

    /// Makes a client whose keys are those of the other issuer of a world.
    pub async fn client_with_keys(&self, name: &str, world: &World) {
        self.client(name).await;
        let keys = world.jwks().to_string();
        database::work(&self.db, async |work| client::add_keys(work, name, &keys).await).await.unwrap();
    }

    pub async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(format!("{head}content-length: {length}\r\n\r\n{body}").as_bytes()).await;
        read(stream).await
    }

    /// Posts a form.
    pub async fn form(&self, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend(headers);
        self.send("POST", target, &all, body).await
    }

    /// Asks for a token by a secret.
    pub async fn by_secret(&self, name: &str, secret: &str, more: &str) -> Answer {
        let header = basic(name, secret);
        self.form("/oauth/token", &[("authorization", &header)], &format!("grant_type=client_credentials{more}")).await
    }

    /// Asks for a token by an assertion.
    pub async fn by_assertion(&self, jwt: &str) -> Answer {
        self.form("/oauth/token", &[], &format!("grant_type=client_credentials&{}", asserted(jwt))).await
    }

    /// A token of a client.
    pub async fn token(&self, name: &str, secret: &str) -> String {
        let answer = self.by_secret(name, secret, "").await;
        answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }

    /// The status that GraphQL answers to a token with.
    pub async fn asked_with(&self, token: &str) -> u16 {
        self.ask(token, "{ viewer { account { name } } }", &[]).await.status
    }

    /// What GraphQL answers; `more` are headers besides the token.
    pub async fn ask(&self, token: &str, query: &str, more: &[(&str, &str)]) -> Answer {
        let header = format!("Bearer {token}");
        let mut headers = vec![("authorization", header.as_str()), ("content-type", "application/json")];
        headers.extend(more);
        self.send("POST", "/graphql", &headers, &json!({ "query": query }).to_string()).await
    }

    /// Where tokens are issued, as assertions name it.
    pub fn endpoint(&self) -> String {
        format!("http://{}/oauth/token", self.address)
    }

    /// The folder of the keys and everything else.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

pub fn basic(name: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{secret}")))
}

/// The parameters of an assertion.
pub fn asserted(jwt: &str) -> String {
    format!(
        "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={jwt}"
    )
}

/// What an assertion of a client says now.
pub fn assertion(name: &str, audience: &str) -> Value {
    let now = jixiao::clock::system().0 / 1_000_000;
    json!({ "iss": name, "sub": name, "aud": audience, "iat": now, "exp": now + 60, "jti": Uuid::now_v7().to_string() })
}

/// The header and the claims of a token.
pub fn parts(token: &str) -> [Value; 2] {
    let part =
        |at| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap()).unwrap();
    [part(0), part(1)]
}
