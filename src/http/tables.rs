//! `/v1/templates/{name}` gives tables to fill in, `/v1/operations/{id}/workbook` a submitted workbook with what became of
//! its rows.

use std::sync::Arc;

use async_graphql::Executor;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, SeekFrom};
use tokio::task::spawn_blocking;

use super::Service;
use super::answer::{Media, Refused};
use super::graphql::log_cause;
use super::head::Head;
use super::operations::read;
use crate::auth::Caller;
use crate::bulk::Bulk;
use crate::bulk::download::{Download, Submitted};
use crate::error::{AppError, AppResult};
use crate::intake;

/// A table to fill in; open to everyone, since it holds nothing of the database.
pub async fn template<E: Executor>(
    State(service): State<Arc<Service<E>>>,
    head: Head,
    Path(name): Path<String>,
) -> Response {
    if let Err(refused) = service.enter_unknown(head.address) {
        return refused.into_response(Media::Json, &head.id);
    }
    let made = spawn_blocking(move || intake::template(&name)).await.map_err(AppError::internal);
    match made.and_then(|made| made.inspect_err(|error| log_cause(error, &head.id))) {
        Ok(template) => file(template.bytes.into(), template.media_type, &template.file_name),
        Err(error) => super::refuse(error, &head.id),
    }
}

/// The submitted workbook with the column 校验结果.
pub async fn workbook<E: Executor>(
    State(service): State<Arc<Service<E>>>,
    head: Head,
    Path(operation): Path<String>,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        let (caller, _permit, bulk) = service.enter_bulk(&head, &headers).await?;
        let made = made(bulk, &caller, &operation).await.inspect_err(|error| log_cause(error, &head.id))?;
        let (body, length, name) = made;
        let mut response = file(body, intake::XLSX, &name);
        response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
        Ok(response)
    };
    answer.await.unwrap_or_else(|refused: Refused| refused.into_response(Media::Json, &head.id))
}

/// Makes the workbook in a temporary file, which is gone when it was sent.
async fn made(bulk: &Bulk, caller: &Caller, operation: &str) -> AppResult<(Body, u64, String)> {
    let Submitted { path, file_name, kind, results } = bulk.submitted(caller, operation).await?;
    let Download { file, length, .. } = results;
    let results = match file {
        Some(file) => Some(file.into_std().await),
        None => None,
    };
    let written = spawn_blocking(move || {
        let mut out = tempfile::tempfile().map_err(AppError::internal)?;
        intake::workbook(&path, kind, results, length, &mut out)?;
        Ok::<_, AppError>(out)
    });
    let mut out = File::from_std(written.await.map_err(AppError::internal)??);
    let length = out.seek(SeekFrom::End(0)).await.map_err(AppError::internal)?;
    out.seek(SeekFrom::Start(0)).await.map_err(AppError::internal)?;
    Ok((Body::from_stream(read(out, length)), length, file_name))
}

fn file(body: Body, media_type: &'static str, name: &str) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("authorization"));
    // RFC 8187: a name in any script.
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{}", percent(name))) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// A text with every byte that is no letter, digit, dot, hyphen or underscore as `%XX`.
fn percent(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut name, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            name.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(name, "%{byte:02X}");
        }
        name
    })
}
