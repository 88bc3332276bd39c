//! What the log says of a request: one line, with its id, and never a token, a variable or the text of a document. And what
//! the metrics count of it.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;

use crate::error::{AppError, ErrorCode};
use crate::metrics::{Metrics, Operation, Outcome, Running};
use crate::network::ClientAddress;
use crate::request_id::RequestId;
use crate::traces::Traces;

use super::answer::{Media, Refused, Told};

/// The header that brings the client's id and takes ours back.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The routes of GraphQL.
const DOCUMENTS: [&str; 2] = ["/graphql", "/public/graphql"];

/// Longest text from outside in one field of a line.
const MAX_CHARS: usize = 2_000;

/// What a handler learns about its request and the log line wants to know.
#[derive(Clone, Debug, Default)]
pub struct Subject(Arc<SubjectParts>);

#[derive(Debug, Default)]
struct SubjectParts {
    account: OnceLock<String>,
    operation: OnceLock<String>,
    kind: OnceLock<Operation>,
}

impl Subject {
    /// Notes the name of the account that asks.
    pub fn account(&self, name: &str) {
        self.0.account.get_or_init(|| plain(name));
    }

    /// Notes the name of the operation that was selected.
    pub fn operation(&self, name: &str) {
        self.0.operation.get_or_init(|| plain(name));
    }

    /// Notes what the selected operation is.
    pub fn kind(&self, kind: Operation) {
        self.0.kind.get_or_init(|| kind);
    }
}

/// Text as it may stand in a line: control characters escaped, at most 2,000 characters.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len().min(MAX_CHARS));
    for c in text.chars().take(MAX_CHARS) {
        match c {
            // Line and paragraph separators end a line for some readers, direction marks reorder it.
            '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                plain.extend(c.escape_unicode());
            }
            _ if c.is_control() => plain.extend(c.escape_default()),
            _ => plain.push(c),
        }
    }
    plain
}

/// What counts requests, and what traces them where somebody wants traces.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Counts.
    pub metrics: Metrics,
    /// Traces.
    pub traces: Option<Traces>,
}

/// Gives every request its id, catches its panic, writes its line and sets the headers that every answer has.
pub async fn observe(
    State(Observed { metrics, traces }): State<Observed>,
    mut request: Request,
    next: Next,
) -> Response {
    let sent = request.headers().get(&X_REQUEST_ID).and_then(|id| id.to_str().ok());
    let id = sent.and_then(RequestId::from_client).unwrap_or_else(RequestId::fresh);
    let subject = Subject::default();
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(subject.clone());
    let mut line = Line {
        id: id.clone(),
        method: request.method().clone(),
        path: plain(request.uri().path()),
        client: request.extensions().get::<ClientAddress>().copied(),
        began: Instant::now(),
        subject,
        status: None,
        // A pattern of ours, never a path that somebody sent.
        route: request.extensions().get().map_or("none", MatchedPath::as_str).to_owned(),
        told: None,
        _running: metrics.run(),
        metrics,
    };

    // A request that panicked is dropped with all it held; the locks it shared with others are taken in spite of poison.
    let span = traces.map(|traces| traces.request(request.method().as_str(), &line.route, request.headers()));
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind();
    let answered = match &span {
        Some(span) => span.around(answered).await,
        None => answered.await,
    };
    let mut response = match answered {
        Ok(response) => response,
        Err(_payload) => {
            tracing::error!(request = %id, "the request panicked");
            Refused::from(AppError::internal("panic")).into_response(Media::Json, &id)
        }
    };
    line.status = Some(response.status());
    if let Some(span) = span {
        span.answered(response.status().as_u16());
    }
    line.told = response.extensions_mut().remove();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(X_REQUEST_ID, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
    response
}

/// The line of a request, written when it is dropped: also when the client went away and took the request with it.
struct Line {
    id: RequestId,
    method: Method,
    path: String,
    client: Option<ClientAddress>,
    began: Instant,
    subject: Subject,
    status: Option<StatusCode>,
    route: String,
    told: Option<Told>,
    metrics: Metrics,
    _running: Running,
}

impl Line {
    fn count(&self) {
        let (took, told) = (self.began.elapsed(), self.told.as_ref());
        if let Some(status) = self.status {
            self.metrics.request(&self.route, status.as_u16(), took);
        }
        told.into_iter().flat_map(|told| &told.errors).for_each(|code| self.metrics.error(*code));
        if DOCUMENTS.contains(&self.route.as_str()) {
            let outcome = match (self.status, told) {
                (None, _) => Outcome::Abandoned,
                (Some(_), Some(Told { executed: true, errors })) if errors.is_empty() => Outcome::Answered,
                (Some(_), Some(Told { executed: true, .. })) => Outcome::Failed,
                (Some(_), Some(Told { executed: false, .. }) | None) => Outcome::Refused,
            };
            let operation = self.subject.0.kind.get().copied().unwrap_or(Operation::Unknown);
            self.metrics.document(operation, outcome, took);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.count();
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let parts = &self.subject.0;
        let (account, operation) = (parts.account.get(), parts.operation.get());
        let (id, method, path) = (&self.id, &self.method, &self.path);
        let client = self.client.map(tracing::field::display);
        match self.status {
            Some(status) => {
                let status = status.as_u16();
                tracing::info!(request = %id, %method, path, status, ms, operation, account, client, "answered");
            }
            None => {
                tracing::info!(request = %id, %method, path, ms, operation, account, client, "abandoned by the client")
            }
        }
    }
}

/// Makes a panic one line of the log: the place, not the text, which may hold what a request brought.
pub fn log_panics_without_text() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line()));
        tracing::error!(code = ErrorCode::Internal.as_str(), place, "panic");
    }));
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn text_cannot_start_a_line_of_its_own() {
        assert_eq!(
            plain("绩效 a\r\nINFO b\u{1b}[2J\u{2028}\u{202e}"),
            "绩效 a\\r\\nINFO b\\u{1b}[2J\\u{2028}\\u{202e}"
        );
        assert_eq!(plain(&"x".repeat(5_000)).len(), 2_000);
    }
}
