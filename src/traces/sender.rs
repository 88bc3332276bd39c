//! How spans get to the collector: one connection for each batch, on the runtime of the service.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::tls;

/// Longest time for a batch.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest answer of a collector, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// Sends batches. They are made on a thread that has no runtime.
#[derive(Debug)]
pub struct Sender {
    runtime: Handle,
    failing: Arc<AtomicBool>,
}

impl Sender {
    /// On the runtime in which this is called.
    pub fn here() -> Self {
        Self { runtime: Handle::current(), failing: Arc::default() }
    }
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for Sender {
    fn send_bytes<'a, 'b>(&'a self, request: Request<Bytes>) -> Answer<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        let sent = self.runtime.spawn(async { timeout(PATIENCE, send(request)).await });
        let failing = Arc::clone(&self.failing);
        Box::pin(async move {
            let answer = sent.await?.unwrap_or_else(|late| Err(late.into()));
            let wrong = match &answer {
                Ok(answer) if answer.status().is_success() => None,
                Ok(answer) => Some(format!("the collector answers {}", answer.status())),
                Err(error) => Some(error.to_string()),
            };
            // Said once, not with every batch.
            match (wrong, failing.load(Ordering::Relaxed)) {
                (Some(error), false) => tracing::warn!(error, "traces are lost"),
                (None, true) => tracing::info!("traces are sent again"),
                (Some(_), true) | (None, false) => return answer,
            }
            failing.fetch_xor(true, Ordering::Relaxed);
            answer
        })
    }
}

async fn send(mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let address = request.uri().clone();
    let stream = tls::connect(&address, None).await?;
    if let Some(authority) = address.authority() {
        request.headers_mut().insert(HOST, HeaderValue::from_str(authority.as_str())?);
    }
    *request.uri_mut() = Uri::from(address.path_and_query().cloned().ok_or("the address has no path")?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Ends with this request, also when that is given up.
    let mut connection = JoinSet::from_iter([connection]);
    let answer = sender.send_request(request.map(Full::new)).await?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, MAX_BYTES).collect().await?.to_bytes();
    connection.abort_all();
    Ok(Response::from_parts(head, body))
}
