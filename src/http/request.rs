//! Reads a GraphQL request out of an HTTP request: what GraphQL over HTTP allows and nothing else.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Frame;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use tokio::time::timeout;

use crate::db::{Freshness, NotAToken};
use crate::error::ErrorCode;
use crate::limits::ProfileLimits;

use super::answer::Refused;
use super::documents::{BY_HASH, id_by_hash};
use super::graphql::CONSISTENCY;
use super::memory::{HeldBody, Memory};

/// Longest time in seconds for a whole body, however steadily it trickles, besides a second for each [`BODY_RATE`].
const BODY_SECONDS: u64 = 10;
/// Bytes of the largest body allowed that give a second more.
const BODY_RATE: u64 = 256 * 1024;
/// Longest token of consistency, with room for quotes.
const MAX_TOKEN: usize = 40;
/// Longest path and query of an address, in bytes.
const MAX_ADDRESS: usize = 8 * 1024;

/// What a client asks to execute.
#[derive(Debug)]
pub struct Asked {
    /// The document.
    pub document: Sent,
    /// Which of its operations.
    pub operation_name: Option<String>,
    /// Values of the variables.
    pub variables: Map<String, Json>,
}

/// How a document is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// By its text, perhaps with its id, which is the hash of the text.
    Text {
        /// The text.
        text: String,
        /// The id.
        id: Option<String>,
    },
    /// By its id.
    Id(String),
}

/// What must hold of the head before anything else is looked at: method, content type, content encoding, length of the address.
///
/// # Errors
/// 405, 414, 415.
pub fn check_head(method: &Method, address: &Uri, headers: &HeaderMap) -> Result<(), Refused> {
    let refuse = |status, message: &str| Err(Refused::http(status, ErrorCode::BadUserInput, message));
    if address.path_and_query().is_some_and(|address| address.as_str().len() > MAX_ADDRESS) {
        return refuse(StatusCode::URI_TOO_LONG, "The address has more than 8 KiB; send the document by POST.");
    }
    match *method {
        Method::GET => Ok(()),
        Method::POST if !is_json(headers) => {
            let message = "Send the request as JSON with the header `Content-Type: application/json`.";
            refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
        }
        Method::POST if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") => {
            refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send the body without `Content-Encoding`.")
        }
        Method::POST => Ok(()),
        _ => refuse(StatusCode::METHOD_NOT_ALLOWED, "GraphQL is asked by GET or POST.")
            .map_err(|refused| refused.with(header::ALLOW, HeaderValue::from_static("GET, POST"))),
    }
}

/// Whether the content type is JSON in UTF-8. A browser sends this type to another site only after asking leave, so that
/// no foreign page can send requests.
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(Ok(value)), None) = (types.next().map(HeaderValue::to_str), types.next()) else { return false };
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let utf8 = |parameter: &str| match parameter.split_once('=') {
        Some((key, charset)) if key.eq_ignore_ascii_case("charset") => {
            charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    essence.eq_ignore_ascii_case("application/json") && parts.all(utf8)
}

/// The text of a header that may stand once; quotes around it, as structured headers have them, are no part of it.
///
/// # Errors
/// 400 for a header that stands twice, is longer than `longest` characters, or is not UTF-8.
pub fn short_header(headers: &HeaderMap, name: &str, longest: usize) -> Result<Option<String>, Refused> {
    let mut sent = headers.get_all(name).iter();
    let Some(value) = sent.next() else { return Ok(None) };
    let text = std::str::from_utf8(value.as_bytes()).ok().filter(|text| text.chars().count() <= longest);
    let (Some(text), None) = (text, sent.next()) else {
        return Err(bad(format!(
            "The header `{name}` may stand once, in UTF-8, with {longest} characters at the most."
        )));
    };
    let plain = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    Ok(Some(plain.to_owned()))
}

/// How new what is read must be, as the header with the token of a mutation says.
///
/// # Errors
/// 400 for what is no token.
pub fn freshness(headers: &HeaderMap) -> Result<Freshness, Refused> {
    let Some(token) = short_header(headers, CONSISTENCY.as_str(), MAX_TOKEN)? else { return Ok(Freshness::Any) };
    token.parse().map_err(|NotAToken| {
        bad("The header `Jixiao-Consistency` takes what a mutation was answered with in this header, or `latest`.")
    })
}

/// What of a request whose head was checked was read and not yet understood.
pub enum Unread {
    /// All is in the address.
    Address(Uri),
    /// The body.
    Body(HeldBody),
}

/// Takes the body off the network.
///
/// # Errors
/// 400 for a body that breaks off, 408 for one that takes too long, 413 for one that is too large, 503 when there are too
/// many at the moment.
pub async fn receive(request: Request, limits: &ProfileLimits, memory: &Memory) -> Result<Unread, Refused> {
    if request.method() == Method::GET {
        return Ok(Unread::Address(request.uri().clone()));
    }
    read_body(request.into_body(), limits.body_bytes, memory.body()).await.map(Unread::Body)
}

/// Reads the parameters of a request.
///
/// # Errors
/// 400 for what is no GraphQL request.
pub fn read(unread: &Unread) -> Result<Asked, Refused> {
    let body = match unread {
        Unread::Address(uri) => return from_address(uri),
        Unread::Body(body) => body.bytes(),
    };
    let json = serde_json::from_slice(body).map_err(|error| {
        // serde_json ends its messages with the place; the words before it are its own.
        bad(format!("The body is not JSON: error at line {}, column {}.", error.line(), error.column()))
    })?;
    match json {
        Json::Object(parameters) => from_parameters(parameters),
        Json::Array(_) => Err(bad("Batches of requests are not supported; send one operation per request.")),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            Err(bad("The body must be a JSON object with `query` or `documentId`."))
        }
    }
}

fn bad(message: impl Into<String>) -> Refused {
    Refused::http(StatusCode::BAD_REQUEST, ErrorCode::BadUserInput, message)
}

async fn read_body(body: Body, max: u64, mut held: HeldBody) -> Result<HeldBody, Refused> {
    let too_large = || {
        let message = format!("The body has more than {max} bytes.");
        Refused::http(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::TooLarge, message)
            .with(header::CONNECTION, HeaderValue::from_static("close"))
    };
    if axum::body::HttpBody::size_hint(&body).lower() > max {
        return Err(too_large());
    }
    let mut limited = Limited::new(body, usize::try_from(max).unwrap_or(usize::MAX));
    let seconds = BODY_SECONDS + max / BODY_RATE;
    let all = async {
        while let Some(frame) = limited.frame().await {
            match frame.map(Frame::into_data) {
                Ok(Ok(bytes)) => held.add(&bytes).map_err(Refused::from)?,
                Ok(Err(_trailers)) => {}
                Err(error) if error.is::<LengthLimitError>() => return Err(too_large()),
                Err(_broken) => return Err(bad("The body did not arrive as announced.")),
            }
        }
        Ok(held)
    };
    match timeout(Duration::from_secs(seconds), all).await {
        Ok(read) => read,
        Err(_late) => {
            let message = format!("The body took longer than {seconds} seconds.");
            Err(Refused::http(StatusCode::REQUEST_TIMEOUT, ErrorCode::Timeout, message)
                .with(header::CONNECTION, HeaderValue::from_static("close")))
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddressParameters {
    query: Option<String>,
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

fn from_address(uri: &Uri) -> Result<Asked, Refused> {
    let Ok(Query(parameters)) = Query::<AddressParameters>::try_from_uri(uri) else {
        let message =
            "Each of `query`, `documentId`, `operationName`, `variables`, `extensions` may stand once in the address.";
        return Err(bad(message));
    };
    let mut json = Map::new();
    json.extend(parameters.query.map(|query| ("query".to_owned(), query.into())));
    json.extend(parameters.document_id.map(|id| ("documentId".to_owned(), id.into())));
    json.extend(parameters.operation_name.map(|name| ("operationName".to_owned(), name.into())));
    for (name, text) in [("variables", parameters.variables), ("extensions", parameters.extensions)] {
        let Some(text) = text.filter(|text| !text.is_empty()) else { continue };
        let value: Json =
            serde_json::from_str(&text).map_err(|_| bad(format!("`{name}` in the address is not JSON.")))?;
        json.insert(name.to_owned(), value);
    }
    from_parameters(json)
}

fn from_parameters(mut parameters: Map<String, Json>) -> Result<Asked, Refused> {
    let mut take = |name: &str| parameters.remove(name).filter(|value| !value.is_null());
    let operation_name = match take("operationName") {
        None => None,
        Some(Json::String(name)) => Some(name),
        Some(_) => return Err(bad("`operationName` must be a string.")),
    };
    let mut map = |name: &str| match take(name) {
        None => Ok(Map::new()),
        Some(Json::Object(map)) => Ok(map),
        Some(_) => Err(bad(format!("`{name}` must be an object."))),
    };
    let (variables, extensions) = (map("variables")?, map("extensions")?);
    let text = match take("query") {
        None => None,
        Some(Json::String(text)) => Some(text),
        Some(_) => return Err(bad("`query` must be a string.")),
    };
    let id = match (take("documentId"), extensions.get("persistedQuery")) {
        (None, None) => None,
        (Some(Json::String(id)), None) => Some(id),
        (Some(_), None) => return Err(bad("`documentId` must be a string.")),
        (None, Some(persisted)) => match persisted.get("sha256Hash").and_then(Json::as_str) {
            Some(hash) => Some(format!("{BY_HASH}{}", hash.to_ascii_lowercase())),
            None => return Err(bad("`extensions.persistedQuery` must have a `sha256Hash`.")),
        },
        (Some(_), Some(_)) => {
            return Err(bad("Name the document by `documentId` or by `extensions.persistedQuery`, not by both."));
        }
    };
    let document = match (text, id) {
        (Some(text), Some(id)) if id != id_by_hash(&text) => {
            return Err(bad("The id is not the SHA-256 of the text in `query`; send one of them."));
        }
        (Some(text), id) => Sent::Text { text, id },
        (None, Some(id)) => Sent::Id(id),
        (None, None) => return Err(bad("`query` is missing: the text of a GraphQL document.")),
    };
    Ok(Asked { document, operation_name, variables })
}
