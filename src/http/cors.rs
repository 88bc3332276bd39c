//! Pages of other origins: none may ask, unless the settings name them.

use axum::http::{HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::error::{AppError, AppResult};

use super::log::X_REQUEST_ID;

/// A web origin whose pages may ask: scheme, host and port, exactly as a browser sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

impl Origin {
    /// Reads an origin like `https://example.org` or `http://127.0.0.1:5173`.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for anything else, also for `*`: which pages use the API is a decision, not a default.
    pub fn parse(text: &str) -> AppResult<Self> {
        let lower = text.to_ascii_lowercase();
        let host = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")).unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        match HeaderValue::try_from(&lower) {
            Ok(value) if !host.is_empty() && host.bytes().all(plain) => Ok(Self(value)),
            _ => Err(AppError::bad_input(format!(
                "`{}` is not a web origin; write scheme, host and port, for example https://example.org:8443.",
                text.escape_debug()
            ))),
        }
    }
}

/// Lets pages of these origins ask and read what they need of the answer.
pub fn layer(origins: &[Origin]) -> CorsLayer {
    let origins = origins.to_vec();
    let known = move |origin: &HeaderValue, _: &_| origins.iter().any(|known| known.0 == *origin);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(known))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT_LANGUAGE, X_REQUEST_ID])
        .expose_headers([X_REQUEST_ID, header::RETRY_AFTER])
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn only_scheme_host_and_port_are_an_origin() {
        for good in ["https://example.org", "http://127.0.0.1:5173", "http://[::1]:8080", "HTTPS://Example.org"] {
            assert!(Origin::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["", "*", "example.org", "https://", "https://example.org/", "https://a.org,https://b.org", "file://a"]
        {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }
}
