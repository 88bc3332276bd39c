//! Reads a GraphQL request out of an HTTP request: what GraphQL over HTTP allows and nothing else.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use tokio::time::timeout;

use crate::error::{AppError, ErrorCode};
use crate::limits::ProfileLimits;

use super::answer::Refused;

/// Longest time in seconds for a whole body, however steadily it trickles, besides a second for each [`BODY_RATE`].
const BODY_SECONDS: u64 = 10;
/// Bytes of the largest body allowed that give a second more.
const BODY_RATE: u64 = 256 * 1024;
/// Longest path and query of an address, in bytes.
const MAX_ADDRESS: usize = 8 * 1024;

/// What a client asks to execute.
#[derive(Debug)]
pub struct Asked {
    /// The document.
    pub query: String,
    /// Which of its operations.
    pub operation_name: Option<String>,
    /// Values of the variables.
    pub variables: Map<String, Json>,
}

/// What must hold of the head before anything else is looked at: method, content type, content encoding, length of the address.
///
/// # Errors
/// 405, 414, 415.
pub fn check_head(method: &Method, address: &axum::http::Uri, headers: &HeaderMap) -> Result<(), Refused> {
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

/// Reads the parameters of a request whose head was checked.
///
/// # Errors
/// 400 for what is no GraphQL request, 408 for a body that takes too long, 413 for one that is too large.
pub async fn read(request: Request, limits: &ProfileLimits) -> Result<Asked, Refused> {
    if request.method() == Method::GET {
        return from_address(&request);
    }
    let bytes = read_body(request.into_body(), limits.body_bytes).await?;
    let json = serde_json::from_slice(&bytes).map_err(|error| {
        // serde_json ends its messages with the place; the words before it are its own.
        bad(format!("The body is not JSON: error at line {}, column {}.", error.line(), error.column()))
    })?;
    match json {
        Json::Object(parameters) => from_parameters(parameters),
        Json::Array(_) => Err(bad("Batches of requests are not supported; send one operation per request.")),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            Err(bad("The body must be a JSON object with `query`."))
        }
    }
}

fn bad(message: impl Into<String>) -> Refused {
    Refused::http(StatusCode::BAD_REQUEST, ErrorCode::BadUserInput, message)
}

async fn read_body(body: Body, max: u64) -> Result<Bytes, Refused> {
    let too_large = || {
        let message = format!("The body has more than {max} bytes.");
        Refused::http(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::TooLarge, message)
            .with(header::CONNECTION, HeaderValue::from_static("close"))
    };
    if axum::body::HttpBody::size_hint(&body).lower() > max {
        return Err(too_large());
    }
    let limited = Limited::new(body, usize::try_from(max).unwrap_or(usize::MAX));
    let seconds = BODY_SECONDS + max / BODY_RATE;
    match timeout(Duration::from_secs(seconds), limited.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_broken)) => Err(bad("The body did not arrive as announced.")),
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
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

fn from_address(request: &Request) -> Result<Asked, Refused> {
    let Ok(Query(parameters)) = Query::<AddressParameters>::try_from_uri(request.uri()) else {
        return Err(bad("Each of `query`, `operationName`, `variables`, `extensions` may stand once in the address."));
    };
    let mut json = Map::new();
    json.extend(parameters.query.map(|query| ("query".to_owned(), query.into())));
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
    match take("query") {
        Some(Json::String(query)) => Ok(Asked { query, operation_name, variables }),
        Some(_) => Err(bad("`query` must be a string.")),
        // The text is what clients of this protocol look for; they then send the whole document.
        None if extensions.contains_key("persistedQuery") => {
            Err(AppError::new(ErrorCode::PersistedQueryNotFound, "PersistedQueryNotFound").into())
        }
        None => Err(bad("`query` is missing: the text of a GraphQL document.")),
    }
}
