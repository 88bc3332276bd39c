//! The explorer page and its files, in the binary: they work without internet and are as old as the service itself.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Extension;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::error::{AppError, ErrorCode};
use crate::request_id::RequestId;

use super::refuse;

/// Everything comes from this host, nothing is inline but one known style sheet; see `assets/explorer/README.md`.
const CONTENT_SECURITY_POLICY: HeaderValue =
    HeaderValue::from_static(include_str!("../../assets/explorer/content-security-policy.txt").trim_ascii_end());

/// A file of `assets/explorer`.
struct Asset {
    /// Its path in that folder and below `/explorer/`.
    path: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($path:literal,)*) => {
        /// Every file of `assets/explorer`; a test compares the list with the folder.
        const ASSETS: &[Asset] =
            &[$(Asset { path: $path, bytes: include_bytes!(concat!("../../assets/explorer/", $path)) },)*];
    };
}

assets! {
    "NOTICE.txt",
    "README.md",
    "app.css",
    "app.js",
    "checksums.txt",
    "content-security-policy.txt",
    "examples.json",
    "graphiql.min.css",
    "graphiql.min.js",
    "icon.svg",
    "index.html",
    "react-dom.production.min.js",
    "react.production.min.js",
}

/// The entity tags of [`ASSETS`], in the same order: the hash of the bytes.
static TAGS: LazyLock<Vec<HeaderValue>> = LazyLock::new(|| {
    let tag = |asset: &Asset| {
        let hash: String =
            digest(&SHA256, asset.bytes).as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        // Hexadecimal digits in quotes are a header value.
        HeaderValue::try_from(format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""))
    };
    ASSETS.iter().map(tag).collect()
});

/// `GET /`: the page.
pub async fn page(id: Extension<RequestId>, headers: HeaderMap) -> Response {
    asset(id, Path("index.html".to_owned()), headers).await
}

/// `GET /explorer/{path}`: a file of the page.
pub async fn asset(Extension(id): Extension<RequestId>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    let position = ASSETS.iter().position(|asset| asset.path == path);
    let Some((asset, tag)) = position.and_then(|at| Some((&ASSETS[at], TAGS.get(at)?))) else {
        return refuse(AppError::new(ErrorCode::NotFound, "The explorer has no such file."), &id);
    };
    let known = headers.get_all(header::IF_NONE_MATCH).iter().any(|tags| names(tags, tag));
    let status = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let body: &'static [u8] = if known { &[] } else { asset.bytes };
    let mut response = (status, body).into_response();
    let head = response.headers_mut();
    head.insert(header::CONTENT_TYPE, content_type(&path));
    head.insert(header::ETAG, tag.clone());
    // Names stay the same from version to version, so every use asks whether the file still is what it was.
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    head.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    response
}

/// Whether an `If-None-Match` header names the tag; a proxy that compresses may have made it a weak one.
fn names(tags: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(tags), Ok(tag)) = (tags.to_str(), tag.to_str()) else { return false };
    tags.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

/// The content type of a file, by the ending of its name.
fn content_type(path: &str) -> HeaderValue {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    HeaderValue::from_static(match ending {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{ASSETS, content_type};

    fn files(folder: &Path, below: &str, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{below}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                files(&entry.path(), &format!("{name}/"), found);
            } else {
                found.insert(name);
            }
        }
    }

    #[test]
    fn every_file_of_the_folder_is_served_with_a_known_type() {
        let mut folder = BTreeSet::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/explorer"), "", &mut folder);
        let served: BTreeSet<String> = ASSETS.iter().map(|asset| asset.path.to_owned()).collect();
        assert_eq!(served, folder);
        for path in served {
            assert_ne!(content_type(&path), "application/octet-stream", "{path}");
        }
    }
}
