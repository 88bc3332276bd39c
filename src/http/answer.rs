//! Answers: the media type a client accepts, the bytes of a response, and refusals in the one form of every route.

use async_graphql::{Pos, ServerError, Value};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

use crate::error::{AppError, ErrorCode};
use crate::graphql::engine::json;
use crate::graphql::queries::Executed;
use crate::request_id::RequestId;

use super::errors::{self, finish_executed, finish_refused, refusal};

/// The two media types of GraphQL over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`: a refused document is answered with status 200, as clients of this type expect.
    Json,
    /// `application/graphql-response+json`: the status says what happened.
    GraphqlResponse,
}

impl Media {
    /// The type that the `Accept` headers prefer, JSON among equals unless GraphQL's own comes first.
    /// `None` if they accept neither.
    pub fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        let mut asked = false;
        for header in headers.get_all(header::ACCEPT) {
            let Ok(header) = header.to_str() else { return None };
            for range in header.split(',').map(str::trim).filter(|range| !range.is_empty()) {
                asked = true;
                let mut parts = range.split(';').map(str::trim);
                let media = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                    "application/json" | "application/*" | "*/*" => Self::Json,
                    "application/graphql-response+json" => Self::GraphqlResponse,
                    _ => continue,
                };
                let mut quality = 1.0;
                let mut readable = true;
                for (key, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
                    match key.to_ascii_lowercase().as_str() {
                        "q" => quality = value.parse().unwrap_or(0.0),
                        "charset" => readable = value.trim_matches('"').eq_ignore_ascii_case("utf-8"),
                        _ => {}
                    }
                }
                if readable && quality > best.map_or(0.0, |(quality, _)| quality) {
                    best = Some((quality, media));
                }
            }
        }
        if asked { best.map(|(_, media)| media) } else { Some(Self::Json) }
    }

    const fn content_type(self) -> HeaderValue {
        match self {
            Self::Json => HeaderValue::from_static("application/json; charset=utf-8"),
            Self::GraphqlResponse => HeaderValue::from_static("application/graphql-response+json; charset=utf-8"),
        }
    }
}

/// What became of a request, for the metrics: in the extensions of its answer.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Whether a document was executed.
    pub executed: bool,
    /// The errors in the answer.
    pub errors: Vec<ErrorCode>,
}

/// A request that is answered without being executed.
#[derive(Debug)]
pub struct Refused {
    errors: Vec<ServerError>,
    status: RefusedStatus,
    headers: Vec<(HeaderName, HeaderValue)>,
    cost: Option<Box<Value>>,
}

#[derive(Clone, Copy, Debug)]
enum RefusedStatus {
    /// The request never became a GraphQL request: this status, whatever the media type.
    Http(StatusCode),
    /// What the code says; for [`Media::Json`] 200 unless the transport has to know.
    OfCode,
}

impl Refused {
    /// A request that is no GraphQL request.
    pub fn http(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Self {
        let errors = vec![refusal(code, message, None)];
        Self { errors, status: RefusedStatus::Http(status), headers: Vec::new(), cost: None }
    }

    /// A GraphQL request that is refused by what it says.
    pub fn document(errors: Vec<ServerError>) -> Self {
        Self { errors, status: RefusedStatus::OfCode, headers: Vec::new(), cost: None }
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Tells what the request cost.
    #[must_use]
    pub fn costing(self, cost: Value) -> Self {
        Self { cost: Some(Box::new(cost)), ..self }
    }

    /// The answer: errors with code and request id, no `data`.
    pub fn into_response(mut self, media: Media, id: &RequestId) -> Response {
        let codes = finish_refused(&mut self.errors, id);
        let code = codes.first().copied().unwrap_or(ErrorCode::Internal);
        let status = match (self.status, media) {
            (RefusedStatus::Http(status), _) => status,
            (RefusedStatus::OfCode, Media::GraphqlResponse) => errors::status(code),
            (RefusedStatus::OfCode, Media::Json) => match errors::status(code) {
                StatusCode::BAD_REQUEST | StatusCode::GATEWAY_TIMEOUT => StatusCode::OK,
                status => status,
            },
        };
        #[derive(Serialize)]
        struct Errors {
            errors: Vec<ServerError>,
            #[serde(skip_serializing_if = "Option::is_none")]
            extensions: Option<Extensions>,
        }
        #[derive(Serialize)]
        struct Extensions {
            cost: Box<Value>,
        }
        let refused = Errors { errors: self.errors, extensions: self.cost.map(|cost| Extensions { cost }) };
        // Strings, numbers and string keys only: there is nothing in it that JSON cannot say.
        let bytes = serde_json::to_vec(&refused).unwrap_or_default();
        let mut response = respond(status, media, bytes);
        response.headers_mut().extend(self.headers);
        response.extensions_mut().insert(Told { executed: false, errors: codes });
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<AppError> for Refused {
    fn from(error: AppError) -> Self {
        let refused = Self::http(errors::status(error.code()), error.code(), error.message());
        match error.code() {
            ErrorCode::Unavailable => refused.with(header::RETRY_AFTER, HeaderValue::from_static("1")),
            _ => refused,
        }
    }
}

impl From<ServerError> for Refused {
    fn from(error: ServerError) -> Self {
        Self::document(vec![error])
    }
}

/// The bytes of the answer, and what to tell of it.
///
/// # Errors
/// `COST_LIMIT` if it outgrew `max_bytes`.
pub fn finish(
    mut executed: Executed,
    extensions: &Value,
    id: &RequestId,
    max_bytes: u64,
) -> Result<(Vec<u8>, Told), Refused> {
    let told = Told { executed: true, errors: finish_executed(&mut executed.errors, id) };
    let mut bytes = Vec::with_capacity(executed.data.len() + 256);
    bytes.push(b'{');
    if !executed.errors.is_empty() {
        bytes.extend_from_slice(b"\"errors\":");
        serde_json::to_writer(&mut bytes, &executed.errors).map_err(AppError::internal)?;
        bytes.push(b',');
    }
    bytes.extend_from_slice(b"\"data\":");
    bytes.append(&mut executed.data);
    bytes.extend_from_slice(b",\"extensions\":");
    json::value(&mut bytes, extensions);
    bytes.push(b'}');
    if bytes.len() as u64 > max_bytes {
        let message = format!("The answer has more than {max_bytes} bytes. Select fewer fields or smaller pages.");
        return Err(refusal(ErrorCode::CostLimit, message, None::<Pos>).into());
    }
    Ok((bytes, told))
}

/// An answer of either media type, never stored on the way.
pub fn respond(status: StatusCode, media: Media, bytes: impl Into<Body>) -> Response {
    let mut response = Response::new(bytes.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media.content_type());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("accept, accept-language, authorization"));
    response
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::Media;

    #[test]
    fn the_preferred_media_type_wins() {
        use Media::{GraphqlResponse, Json};
        for (accept, media) in [
            (None, Some(Json)),
            (Some(""), Some(Json)),
            (Some("*/*"), Some(Json)),
            (Some("application/*"), Some(Json)),
            (Some("application/json"), Some(Json)),
            (Some("Application/JSON; charset=UTF-8"), Some(Json)),
            (Some("application/json; charset=latin1"), None),
            (Some("application/graphql-response+json, application/json;q=0.9"), Some(GraphqlResponse)),
            (Some("application/graphql-response+json;q=0.5, application/json"), Some(Json)),
            (Some("application/json, application/graphql-response+json"), Some(Json)),
            (Some("text/html, */*;q=0.1"), Some(Json)),
            (Some("text/html"), None),
            (Some("application/json;q=0"), None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            }
            assert_eq!(Media::negotiate(&headers), media, "{accept:?}");
        }
    }
}
