//! The real routes over the files of a scene, with a token for each account.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use futures_util::future::BoxFuture;
use jixiao::auth::{Authenticate, Caller};
use jixiao::bulk::Bulk;
use jixiao::error::{AppError, AppResult, ErrorCode};
use jixiao::graphql;
use jixiao::http::{Lifecycle, Ready, ServeOptions, Service, router, serve};
use jixiao::lang::ByLang;
use jixiao::limits::Limits;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::scene::Scene;
use crate::toy::{Answer, read};

struct Tokens(HashMap<String, Caller>);

impl Authenticate for Tokens {
    fn caller<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, AppResult<Caller>> {
        let token = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
        let caller = match token {
            None => Ok(Caller::anonymous()),
            Some(token) => self.0.get(&token).cloned().ok_or_else(|| AppError::new(ErrorCode::Unauthenticated, "No.")),
        };
        Box::pin(async { caller })
    }
}

/// A running server.
pub struct Server {
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves; the token of an account is its name.
    pub async fn of(scene: &Scene, bulk: &Bulk, callers: &[&Caller]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let name = |caller: &Caller| format!("Bearer {}", caller.identity().unwrap().name);
        let tokens = callers.iter().map(|caller| (name(caller), (*caller).clone())).collect();
        let ready: Ready = Arc::new(|| Box::pin(async { Ok(()) }));
        let schemas = ByLang::new(|lang| graphql::schema(Some(scene.db.clone()), lang));
        let (sdl, lifecycle) = (ByLang::new(graphql::sdl), Lifecycle::new());
        let service = Service::new(schemas, sdl, Arc::new(Tokens(tokens)), Limits::DEFAULT, ready, lifecycle.clone());
        let router = router(service.with_bulk(bulk.clone()), None, &[]);
        let task = tokio::spawn(async move { serve(listener, router, &ServeOptions::default(), lifecycle).await });
        Self { address, task }
    }

    /// Sends the head of a request and some bytes behind it, and leaves the connection open.
    pub async fn open(&self, method: &str, target: &str, headers: &[(&str, &str)], bytes: &[u8]) -> TcpStream {
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(&[head.as_bytes(), bytes].concat()).await;
        stream
    }

    /// Sends a request of an account.
    pub async fn send(&self, who: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let (token, length) = (format!("Bearer {who}"), body.len().to_string());
        let mut all = vec![("authorization", token.as_str())];
        if method == "PUT" {
            all.push(("content-length", &length));
        }
        all.extend(headers);
        read(self.open(method, target, &all, body).await).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
