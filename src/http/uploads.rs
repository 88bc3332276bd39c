//! `/v1/uploads/{id}`: the bytes of a file that was announced by `uploadCreate`, whole or in parts.
//!
//! | request | answer |
//! | --- | --- |
//! | `PUT` without `Content-Range` | the whole file from its beginning |
//! | `PUT` with `Content-Range: bytes a-b/size` | these bytes; `a` must be the offset |
//! | `GET`, `HEAD` | 200, where the offset is |
//!
//! A `PUT` is answered with 201 when the file is whole now, 200 when it was before, 308 when more bytes are needed. It is refused
//! with 409 when the part belongs elsewhere, 413 when there are more bytes than announced, 422 when the checksum is another one,
//! 400 or 408 when the body ended early or took too long. Every one of these answers has `Upload-Offset`: the number of bytes
//! that are on disk, where the next part begins.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Executor;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use crate::bulk::receive::{Part, Received};
use crate::bulk::uploads::Described;
use crate::error::{AppError, ErrorCode};
use crate::request_id::RequestId;

use super::Service;
use super::answer::{Media, Refused};
use super::graphql::log_cause;
use super::head::Head;

/// Bytes of an upload that are here.
pub const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// Bytes of an upload altogether.
pub const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");

/// Longest time for the body of one request, however steadily it trickles.
const BODY_DEADLINE: Duration = Duration::from_secs(120);

/// `GET` and `HEAD`: how far the upload is.
pub async fn state<E: Executor>(
    State(service): State<Arc<Service<E>>>,
    head: Head,
    Path(upload): Path<String>,
    headers: HeaderMap,
) -> Response {
    let state = async {
        let (caller, _permit, bulk) = service.enter_bulk(&head, &headers).await?;
        let row = bulk.upload(&caller, &upload).await.inspect_err(|error| log_cause(error, &head.id))?;
        Ok(describe(StatusCode::OK, &Described::from(&row)))
    };
    state.await.unwrap_or_else(|refused: Refused| refused.into_response(Media::Json, &head.id))
}

/// `PUT`: bytes of the file.
pub async fn put<E: Executor>(
    State(service): State<Arc<Service<E>>>,
    head: Head,
    Path(upload): Path<String>,
    request: Request,
) -> Response {
    match receive(&service, &head, upload, request).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(Media::Json, &head.id),
    }
}

async fn receive<E: Executor>(
    service: &Service<E>,
    head: &Head,
    upload: String,
    request: Request,
) -> Result<Response, Refused> {
    let headers = request.headers();
    let (caller, permit, bulk) = service.enter_bulk(head, headers).await?;
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        let message = "Send the bytes of the file without `Content-Encoding`.";
        return Err(Refused::http(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::BadUserInput, message));
    }
    let part = part(headers)?;
    let length = axum::body::HttpBody::size_hint(request.body()).exact();
    if let (Part::Range { length: announced, .. }, Some(length)) = (part, length)
        && announced != length
    {
        let message = format!("`Content-Range` names {announced} bytes, the body has {length}.");
        return Err(AppError::bad_input(message).into());
    }

    // On a task of its own, so that what came is kept when the client goes away.
    let deadline = Instant::now() + BODY_DEADLINE;
    let (bulk, body) = (bulk.clone(), until(deadline, request.into_body().into_data_stream()));
    let received = tokio::spawn(async move {
        let received = bulk.receive(&caller, &upload, part, length, body).await;
        drop(permit);
        received
    });
    let received = received.await.map_err(AppError::internal)?.inspect_err(|error| log_cause(error, &head.id))?;
    answer(received, Instant::now() >= deadline)
}

fn answer(received: Received, late: bool) -> Result<Response, Refused> {
    let refuse = |status, code, message: String, row| {
        let Described { received, .. } = Described::from(&row);
        // What is left of the body is not read.
        Err(Refused::http(status, code, message)
            .with(UPLOAD_OFFSET, HeaderValue::from(received))
            .with(header::CONNECTION, HeaderValue::from_static("close")))
    };
    match received {
        Received::Known(row) => Ok(describe(StatusCode::OK, &Described::from(&row))),
        Received::Whole(row) => Ok(describe(StatusCode::CREATED, &Described::from(&row))),
        Received::Part(row) => Ok(describe(StatusCode::PERMANENT_REDIRECT, &Described::from(&row))),
        Received::WrongOffset(row) => {
            let message = format!("The next byte must be byte {}, counted from 0.", row.received);
            refuse(StatusCode::CONFLICT, ErrorCode::Conflict, message, row)
        }
        Received::TooLarge(row) => {
            let message = format!("There are more bytes than the {} that were announced; none were kept.", row.size);
            refuse(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::TooLarge, message, row)
        }
        Received::Broken(row) if late => {
            let seconds = BODY_DEADLINE.as_secs();
            let message = format!("The body took longer than {seconds} seconds; go on from byte {}.", row.received);
            refuse(StatusCode::REQUEST_TIMEOUT, ErrorCode::Timeout, message, row)
        }
        Received::Broken(row) => {
            let message = format!("The body ended early; go on from byte {}.", row.received);
            refuse(StatusCode::BAD_REQUEST, ErrorCode::BadUserInput, message, row)
        }
        Received::Mismatch(row) => {
            let message = "The SHA-256 of the bytes is not the announced one; send the file again from its beginning.";
            refuse(StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::BadUserInput, message.to_owned(), row)
        }
    }
}

fn describe(status: StatusCode, upload: &Described) -> Response {
    let mut response = (status, Json(upload)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(UPLOAD_OFFSET, HeaderValue::from(upload.received));
    headers.insert(UPLOAD_LENGTH, HeaderValue::from(upload.size));
    if status == StatusCode::PERMANENT_REDIRECT
        && let Some(last) = upload.received.checked_sub(1)
        && let Ok(range) = HeaderValue::from_str(&format!("bytes=0-{last}"))
    {
        headers.insert(header::RANGE, range);
    }
    response
}

/// Which part of the file the body is.
fn part(headers: &HeaderMap) -> Result<Part, AppError> {
    let Some(range) = headers.get(header::CONTENT_RANGE) else { return Ok(Part::Whole) };
    let read = || {
        let (span, total) = range.to_str().ok()?.trim().strip_prefix("bytes ")?.split_once('/')?;
        let (from, to) = span.split_once('-')?;
        let (from, to): (u64, u64) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
        let length = to.checked_sub(from)?.checked_add(1)?;
        let total = if total.trim() == "*" { None } else { Some(total.trim().parse().ok()?) };
        Some(Part::Range { from, length, total })
    };
    read().ok_or_else(|| {
        AppError::bad_input(
            "`Content-Range` must be `bytes a-b/size`, the first and the last byte counted from 0, e.g. `bytes 0-1023/4096`.",
        )
    })
}

/// The body until a deadline; an error ends it.
fn until<S, E>(deadline: Instant, body: S) -> impl Stream<Item = Result<Bytes, ()>> + Send
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    E: Send,
{
    stream::unfold(Some(body), move |body| async move {
        let mut body = body?;
        match timeout_at(deadline, body.next()).await {
            Ok(Some(Ok(bytes))) => Some((Ok(bytes), Some(body))),
            Ok(Some(Err(_broken))) => Some((Err(()), None)),
            Ok(None) => None,
            Err(_late) => Some((Err(()), None)),
        }
    })
}

/// Another method than those.
pub async fn method_not_allowed(Extension(id): Extension<RequestId>) -> Response {
    let message = "An upload is sent by PUT and looked at by GET.";
    Refused::http(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::BadUserInput, message)
        .with(header::ALLOW, HeaderValue::from_static("GET, HEAD, PUT"))
        .into_response(Media::Json, &id)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{Part, part};

    #[test]
    fn parts_are_named_by_their_first_and_last_byte() {
        let read = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_RANGE, HeaderValue::from_static(text));
            part(&headers).ok()
        };
        assert_eq!(part(&HeaderMap::new()).ok(), Some(Part::Whole));
        assert_eq!(read("bytes 0-0/1"), Some(Part::Range { from: 0, length: 1, total: Some(1) }));
        assert_eq!(read("bytes 1024-2047/*"), Some(Part::Range { from: 1024, length: 1024, total: None }));
        for wrong in ["", "bytes", "bytes 1-0/2", "bytes */5", "bytes 0-1", "lines 0-1/2", "bytes a-b/c", "bytes -1/2"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(read("bytes 0-18446744073709551615/1"), None);
    }
}
