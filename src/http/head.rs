//! What every route knows of a request before it looks at it.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::network::ClientAddress;
use crate::request_id::RequestId;

use super::log::Subject;

/// The id of a request, its subject, and where it comes from.
#[derive(Clone, Debug)]
pub struct Head {
    /// The id.
    pub id: RequestId,
    /// What the log line wants to know.
    pub subject: Subject,
    /// The client's address; unknown where requests come past the accept loop.
    pub address: ClientAddress,
}

impl<S: Sync> FromRequestParts<S> for Head {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self {
            id: parts.extensions.get().cloned().unwrap_or_else(RequestId::fresh),
            subject: parts.extensions.get().cloned().unwrap_or_default(),
            address: parts.extensions.get().copied().unwrap_or(ClientAddress::UNKNOWN),
        })
    }
}
