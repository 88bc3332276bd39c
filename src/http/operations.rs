//! `/v1/operations/{id}/results` and `…/errors`: one line of JSON for each row, whole or from a place on.
//!
//! Bytes that were once given never change, only more come: a client that has the beginning fetches the rest by `Range` with the
//! entity tag in `If-Range`. Without a range the answer is compressed for clients that accept it.

use std::sync::Arc;

use async_graphql::Executor;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, SeekFrom};

use crate::bulk::download::Download;
use crate::bulk::results::Which;
use crate::error::{AppError, ErrorCode};

use super::Service;
use super::answer::{Media, Refused};
use super::graphql::log_cause;
use super::head::Head;

/// Bytes that are read at a time.
const READ: usize = 64 * 1024;

/// The lines of an operation, from the file that the route says.
pub async fn lines<E: Executor>(
    State(service): State<Arc<Service<E>>>,
    head: Head,
    Extension(which): Extension<Which>,
    Path(operation): Path<String>,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        let (caller, _permit, bulk) = service.enter_bulk(&head, &headers).await?;
        let download =
            bulk.download(&caller, &operation, which).await.inspect_err(|error| log_cause(error, &head.id))?;
        answer(download, &headers, which).await
    };
    answer.await.unwrap_or_else(|refused: Refused| refused.into_response(Media::Json, &head.id))
}

/// What is asked of a file of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span {
    Whole,
    Bytes { from: u64, length: u64 },
    Nowhere,
}

async fn answer(download: Download, headers: &HeaderMap, which: Which) -> Result<Response, Refused> {
    let Download { file, length, tag } = download;
    let strong = format!("\"{tag}\"");
    // A range of other bytes than the client has would make a file that never was.
    let unchanged = headers.get(header::IF_RANGE).is_none_or(|tag| tag.as_bytes() == strong.as_bytes());
    let span = match headers.get(header::RANGE).filter(|_| unchanged) {
        Some(range) => span(range, length),
        None => Span::Whole,
    };
    let (status, from, count) = match span {
        Span::Whole => (StatusCode::OK, 0, length),
        Span::Bytes { from, length } => (StatusCode::PARTIAL_CONTENT, from, length),
        Span::Nowhere => {
            let message = format!("The file has {length} bytes; there are none in this range.");
            let refused = Refused::http(StatusCode::RANGE_NOT_SATISFIABLE, ErrorCode::BadUserInput, message);
            return Err(match HeaderValue::from_str(&format!("bytes */{length}")) {
                Ok(range) => refused.with(header::CONTENT_RANGE, range),
                Err(_never) => refused,
            });
        }
    };
    let body = match file {
        Some(mut file) if count > 0 => {
            file.seek(SeekFrom::Start(from)).await.map_err(AppError::internal)?;
            Body::from_stream(read(file, count))
        }
        Some(_) | None => Body::empty(),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let name = which.file_name();
    let fields = [
        (header::CONTENT_TYPE, "application/jsonl".to_owned()),
        (header::CONTENT_LENGTH, count.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::VARY, "authorization".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        // Compressed bytes are others; a weak tag never stands for a range of them.
        (header::ETAG, if status == StatusCode::OK && accepts_gzip(headers) { format!("W/{strong}") } else { strong }),
    ];
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    if let (Span::Bytes { .. }, Ok(range)) =
        (span, HeaderValue::from_str(&format!("bytes {from}-{}/{length}", (from + count).saturating_sub(1))))
    {
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    Ok(response)
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.contains("gzip") || value.contains('*'))
}

/// One range of bytes; several, and what is no range of bytes, are answered with the whole file, as HTTP allows.
fn span(range: &HeaderValue, length: u64) -> Span {
    let read = || {
        let (first, last) = range.to_str().ok()?.trim().strip_prefix("bytes=")?.split_once('-')?;
        let number = |text: &str| if text.is_empty() { Some(None) } else { text.parse::<u64>().ok().map(Some) };
        match (number(first.trim())?, number(last.trim())?) {
            (None, None) => None,
            (None, Some(0)) => Some(Span::Nowhere),
            (None, Some(last)) => Some(bytes(length.saturating_sub(last), length, length)),
            (Some(first), None) => Some(bytes(first, length, length)),
            (Some(first), Some(last)) if last < first => None,
            (Some(first), Some(last)) => Some(bytes(first, last.saturating_add(1).min(length), length)),
        }
    };
    read().unwrap_or(Span::Whole)
}

/// The bytes from one place up to another, if there are any.
fn bytes(from: u64, to: u64, length: u64) -> Span {
    if from >= length { Span::Nowhere } else { Span::Bytes { from, length: to - from } }
}

/// So many bytes of a file from where it stands.
pub(super) fn read(file: File, count: u64) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    stream::try_unfold(file.take(count), |mut file| async move {
        let mut bytes = BytesMut::with_capacity(READ);
        match file.read_buf(&mut bytes).await? {
            0 if file.limit() > 0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            0 => Ok(None),
            _ => Ok(Some((bytes.freeze(), file))),
        }
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::{Span, span};

    #[test]
    fn one_range_is_read_and_all_else_is_the_whole() {
        let read = |text: &'static str| span(&HeaderValue::from_static(text), 100);
        let bytes = |from, length| Span::Bytes { from, length };
        assert_eq!(read("bytes=0-0"), bytes(0, 1));
        assert_eq!(read("bytes=10-"), bytes(10, 90));
        assert_eq!(read("bytes=-30"), bytes(70, 30));
        assert_eq!(read("bytes=-300"), bytes(0, 100));
        assert_eq!(read("bytes=90-300"), bytes(90, 10));
        assert_eq!(read("bytes=99-99"), bytes(99, 1));
        for none in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(read(none), Span::Nowhere, "{none}");
        }
        for other in ["bytes=5-4", "bytes=-", "lines=0-1", "bytes=0-1,5-6", "bytes=x-y"] {
            assert_eq!(read(other), Span::Whole, "{other}");
        }
        assert_eq!(span(&HeaderValue::from_static("bytes=0-"), 0), Span::Nowhere);
        assert_eq!(span(&HeaderValue::from_static("bytes=0-18446744073709551615"), 100), bytes(0, 100));
    }
}
