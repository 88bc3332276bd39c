//! Tables sent to a service over HTTP, in parts that can be repeated.

use std::io::SeekFrom;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::net::TcpStream;

use super::tables::{State, name};
use crate::cli::failure::Failure;
use crate::cli::progress::Percent;
use crate::error::{AppError, ErrorCode};
use crate::tls::{Stream, Tls};

/// Bytes of a file that are sent at a time.
const PART: u64 = 8 << 20;
/// How often a request is tried while the service cannot be reached.
const ATTEMPTS: u32 = 5;

/// A service with the token for it.
pub struct Remote {
    authority: String,
    tls: Option<Tls>,
    token: String,
}

impl Remote {
    /// A service at an address such as `https://jixiao.example.gov.cn`; `ca` is a PEM file with the authority of its
    /// certificate, where that is not a public one.
    ///
    /// # Errors
    /// When the address or the file cannot be used.
    pub fn new(server: &str, token: &str, ca: Option<&Path>) -> Result<Self, Failure> {
        let bad = |reason: &str| Failure::App(AppError::bad_input(format!("--server {server}: {reason}.")));
        let uri: Uri = server.parse().map_err(|_| bad("this is no address; it looks like https://127.0.0.1:8080"))?;
        let authority = uri.authority().ok_or_else(|| bad("the host is missing"))?;
        let (tls, port) = match uri.scheme_str() {
            Some("https") => (Some(Tls::to(authority.host().trim_matches(['[', ']']), ca)?), 443),
            Some("http") => (None, 80),
            _ => return Err(bad("the address begins with http:// or https://")),
        };
        let authority = match authority.port() {
            Some(_) => authority.to_string(),
            None => format!("{authority}:{port}"),
        };
        Ok(Self { authority, tls, token: token.to_owned() })
    }

    async fn connect(&self) -> std::io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect(&self.authority).await?;
        match &self.tls {
            Some(tls) => tls.wrap(stream).await,
            None => Ok(Box::new(stream)),
        }
    }

    /// Sends a request, again while the service cannot be reached or is busy.
    async fn send(
        &self,
        method: &Method,
        path: &str,
        headers: &[(hyper::header::HeaderName, String)],
        body: &Bytes,
    ) -> Result<(StatusCode, Bytes), Failure> {
        let mut attempt = 1;
        loop {
            let answer = self.once(method, path, headers, body).await;
            let again = match &answer {
                Ok((status, _)) => matches!(
                    *status,
                    StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY
                ),
                Err(cause) => !is_untrusted(cause.as_ref()),
            };
            if !again || attempt == ATTEMPTS {
                return answer.map_err(|cause| {
                    let message = format!("The service at {} does not answer: {cause}.", self.authority);
                    AppError::new(ErrorCode::Unavailable, message).into()
                });
            }
            tokio::time::sleep(Duration::from_secs(1 << (attempt - 1))).await;
            attempt += 1;
        }
    }

    async fn once(
        &self,
        method: &Method,
        path: &str,
        headers: &[(hyper::header::HeaderName, String)],
        body: &Bytes,
    ) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let stream = TokioIo::new(self.connect().await?);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
        let connection = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.authority)
            .header(AUTHORIZATION, format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = sender.send_request(request.body(Full::new(body.clone()))?).await?;
        let status = answer.status();
        let bytes = answer.into_body().collect().await?.to_bytes();
        connection.abort();
        Ok((status, bytes))
    }

    async fn graphql(&self, query: &str, variables: Value) -> Result<Value, Failure> {
        let body = Bytes::from(json!({ "query": query, "variables": variables }).to_string());
        let headers = [(CONTENT_TYPE, "application/json".to_owned())];
        let (_, bytes) = self.send(&Method::POST, "/graphql", &headers, &body).await?;
        let answer: Value = serde_json::from_slice(&bytes).map_err(|_| self.strange())?;
        if let Some(message) = answer["errors"][0]["message"].as_str() {
            return Err(AppError::bad_input(message).into());
        }
        let payload = answer["data"]["it"].clone();
        match payload["userErrors"][0]["message"].as_str() {
            Some(message) => Err(AppError::bad_input(message).into()),
            None => Ok(payload),
        }
    }

    fn strange(&self) -> Failure {
        let message = format!("What answers at {} is not this service.", self.authority);
        AppError::new(ErrorCode::Unavailable, message).into()
    }

    pub async fn start(&self, file: &Path, options: &Map<String, Value>, bar: &Percent) -> Result<String, Failure> {
        let unread = |source| Failure::File { path: file.to_owned(), source };
        let mut open = tokio::fs::File::open(file).await.map_err(unread)?;
        let size = open.metadata().await.map_err(unread)?.len();
        let query = "mutation($input: UploadCreateInput!) { it: uploadCreate(input: $input) { upload { id url } \
                     userErrors { message } } }";
        let input = json!({ "fileName": name(file), "size": size.to_string() });
        let made = self.graphql(query, json!({ "input": input })).await?;
        let url = made["upload"]["url"].as_str().ok_or_else(|| self.strange())?;
        let mut from = 0;
        while from < size {
            let length = PART.min(size - from);
            let mut part = Vec::new();
            open.seek(SeekFrom::Start(from)).await.map_err(unread)?;
            (&mut open).take(length).read_to_end(&mut part).await.map_err(unread)?;
            let range = format!("bytes {from}-{}/{size}", from + length - 1);
            let (status, bytes) = self.send(&Method::PUT, url, &[(CONTENT_RANGE, range)], &part.into()).await?;
            // A part that came twice stands at another offset: the service says what it has.
            let told = status.is_success() || matches!(status, StatusCode::PERMANENT_REDIRECT | StatusCode::CONFLICT);
            let (_, state) = self.send(&Method::GET, url, &[], &Bytes::new()).await?;
            let state: Value = serde_json::from_slice(&state).map_err(|_| self.strange())?;
            let received = state["received"].as_u64().ok_or_else(|| self.strange())?;
            if !told && received <= from {
                let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
                let message = answer["errors"][0]["message"].as_str().unwrap_or("the file was refused");
                return Err(AppError::bad_input(message).into());
            }
            from = received;
            bar.at(0);
        }
        let query = "mutation($input: ImportStartInput!) { it: importStart(input: $input) { bulkOperation { id } \
                     userErrors { message } } }";
        let mut input = options.clone();
        input.insert("uploadId".to_owned(), made["upload"]["id"].clone());
        let started = self.graphql(query, json!({ "input": input })).await?;
        Ok(started["bulkOperation"]["id"].as_str().ok_or_else(|| self.strange())?.to_owned())
    }

    pub async fn state(&self, id: &str) -> Result<State, Failure> {
        let query = "query($id: ID!) { it: bulkOperation(id: $id) { status finishedAt failure { message } progress { \
                     percent rowsCreated rowsUpdated rowsUnchanged rowsDeleted rowsFailed rowsSkipped } } }";
        let row = self.graphql(query, json!({ "id": id })).await?;
        let progress = &row["progress"];
        let count = |name: &str| progress[name].as_i64().unwrap_or(0);
        Ok(State {
            percent: progress["percent"].as_u64().unwrap_or(0),
            has_ended: row["finishedAt"].is_string(),
            status: row["status"].as_str().ok_or_else(|| self.strange())?.to_owned(),
            rows: vec![
                ("created", count("rowsCreated")),
                ("updated", count("rowsUpdated")),
                ("unchanged", count("rowsUnchanged")),
                ("deleted", count("rowsDeleted")),
                ("failed", count("rowsFailed")),
                ("skipped", count("rowsSkipped")),
            ],
            failure: row["failure"]["message"].as_str().map(str::to_owned),
        })
    }

    pub async fn errors(&self, id: &str) -> Result<Vec<u8>, Failure> {
        let (_, bytes) = self.send(&Method::GET, &format!("/v1/operations/{id}/errors"), &[], &Bytes::new()).await?;
        Ok(bytes.into())
    }
}

/// Whether the other side is not who it should be, which no further attempt changes.
fn is_untrusted(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    cause.downcast_ref::<std::io::Error>().is_some_and(|cause| cause.kind() == std::io::ErrorKind::InvalidData)
}
