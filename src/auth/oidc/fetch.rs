//! Fetching what a provider publishes: its discovery document (OpenID Connect Discovery 4), and the keys that this names.
//!
//! What comes is bounded in time and size, no redirect is followed, and the document must be of the issuer that was asked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::header::{ACCEPT, HOST};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::super::key::KeyError;
use crate::config::is_provider_url;
use crate::error::{AppError, AppResult};
use crate::tls::{self, Tls};

/// Longest time for both documents together.
const PATIENCE: Duration = Duration::from_secs(3);
/// Largest document, in bytes.
const MAX_BYTES: usize = 64 * 1024;
/// Where the discovery document stands below the issuer.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Why keys were not fetched: for the log of the operator.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The connection failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// What came is no HTTP, or too large.
    #[error("the answer cannot be read: {0}")]
    Answer(Box<dyn std::error::Error + Send + Sync>),
    /// Another status than 200; redirects are not followed.
    #[error("the answer has the status {0}")]
    Status(StatusCode),
    /// Nothing came in time.
    #[error("no answer within {} seconds", PATIENCE.as_secs())]
    Late,
    /// The discovery document is not one of this issuer.
    #[error("the discovery document is not one, or of another issuer")]
    Discovery,
    /// An address that is not asked.
    #[error("the address of the keys must be https (http only on this machine)")]
    Address,
    /// The keys are not acceptable.
    #[error(transparent)]
    Keys(#[from] KeyError),
}

/// Where the documents of a provider are.
pub struct Source {
    discovery: String,
    authority: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Source {
    /// The documents of this issuer.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when the issuer is no address, or the file of the authority cannot be used.
    pub fn new(issuer: &str, authority: Option<&Path>) -> AppResult<Self> {
        let discovery = format!("{}{DISCOVERY}", issuer.trim_end_matches('/'));
        let host = discovery.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
        let host = host.ok_or_else(|| AppError::bad_input(format!("The identity provider {issuer} is no address.")))?;
        // The file is read for each connection; here it is looked at once, so that a wrong one shows at the start.
        Tls::to(host.trim_matches(['[', ']']), authority)?;
        Ok(Self { discovery, authority: authority.map(Path::to_owned) })
    }

    /// The key set that the provider publishes, as it is.
    pub async fn published_keys(&self, issuer: &str) -> Result<Bytes, FetchError> {
        let both = async {
            let document = self.get(&self.discovery).await?;
            let discovery: Discovery = serde_json::from_slice(&document).map_err(|_| FetchError::Discovery)?;
            if discovery.issuer != issuer {
                return Err(FetchError::Discovery);
            }
            self.get(&discovery.jwks_uri).await
        };
        timeout(PATIENCE, both).await.unwrap_or(Err(FetchError::Late))
    }

    async fn get(&self, address: &str) -> Result<Bytes, FetchError> {
        if !is_provider_url(address) {
            return Err(FetchError::Address);
        }
        let uri: Uri = address.parse().map_err(|_| FetchError::Address)?;
        let authority = uri.authority().ok_or(FetchError::Address)?;
        let stream = tls::connect(&uri, self.authority.as_deref()).await?;
        let request = Request::builder()
            .uri(uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(HOST, authority.as_str())
            .header(ACCEPT, "application/json")
            .body(Empty::<Bytes>::new())
            .map_err(|error| FetchError::Answer(error.into()))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| FetchError::Answer(error.into()))?;
        // Ends with this request, also when that is given up.
        let mut connection = JoinSet::from_iter([connection]);
        let answer = sender.send_request(request).await.map_err(|error| FetchError::Answer(error.into()))?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status()));
        }
        let body = Limited::new(answer.into_body(), MAX_BYTES).collect().await.map_err(FetchError::Answer)?;
        connection.abort_all();
        Ok(body.to_bytes())
    }
}
