//! Requests to the endpoints of OAuth: forms of a few short parameters, each once, and how the client shows who it is.

use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;

use super::refusal;
use crate::auth::oauth::client::Credentials;

/// Largest body, in bytes: an assertion and a token have 4 KiB at the most.
const MAX_BODY: usize = 16 * 1024;

/// Longest time for a body.
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// The one type of assertions (RFC 7523 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Why a request is not understood: all are `invalid_request`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Another method than POST.
    Method,
    /// Not a form.
    Type,
    /// Larger than allowed.
    Large,
    /// Did not come in time.
    Slow,
    /// Ended early.
    Broken,
    /// A parameter stands twice.
    Twice,
    /// This parameter is missing.
    Missing(&'static str),
    /// No credentials.
    NoCredentials,
    /// More than one kind of credentials.
    TwoCredentials,
    /// A secret in the body.
    SecretInBody,
    /// An `Authorization` that is not basic, or of the wrong form.
    Authorization,
    /// An assertion of another type.
    AssertionType,
}

impl Malformed {
    /// What is told of it.
    pub fn answer(self) -> Response {
        let missing;
        let (status, text) = match self {
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "This address is asked by POST."),
            Self::Type => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Send `Content-Type: application/x-www-form-urlencoded`, not compressed.",
            ),
            Self::Large => (StatusCode::PAYLOAD_TOO_LARGE, "The body has more than 16 KiB."),
            Self::Slow => (StatusCode::REQUEST_TIMEOUT, "The body took longer than 10 seconds."),
            Self::Broken => (StatusCode::BAD_REQUEST, "The body ended early."),
            Self::Twice => (StatusCode::BAD_REQUEST, "A parameter stands twice."),
            Self::Missing(name) => {
                missing = format!("The parameter `{name}` is missing.");
                (StatusCode::BAD_REQUEST, missing.as_str())
            }
            Self::NoCredentials => (
                StatusCode::BAD_REQUEST,
                "Show who the client is: `Authorization: Basic …` or the parameters `client_assertion_type` and \
                 `client_assertion`.",
            ),
            Self::TwoCredentials => (StatusCode::BAD_REQUEST, "Show who the client is in one way, not in two."),
            Self::SecretInBody => {
                (StatusCode::BAD_REQUEST, "A secret is sent by `Authorization: Basic …`, not in the body.")
            }
            Self::Authorization => {
                (StatusCode::BAD_REQUEST, "`Authorization` must be `Basic` and the base64 of name, colon and secret.")
            }
            Self::AssertionType => (
                StatusCode::BAD_REQUEST,
                "`client_assertion_type` must be `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.",
            ),
        };
        refusal(status, "invalid_request", text)
    }
}

/// A request as it was sent.
pub struct Asked {
    headers: HeaderMap,
    parameters: Vec<(String, String)>,
}

impl Asked {
    /// Reads a request.
    ///
    /// # Errors
    /// When it is no form, or not a small one.
    pub async fn read(request: Request) -> Result<Self, Malformed> {
        let (parts, body) = request.into_parts();
        if !is_form(&parts.headers) {
            return Err(Malformed::Type);
        }
        let read = timeout(BODY_DEADLINE, Limited::new(body, MAX_BODY).collect());
        let body = match read.await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(Malformed::Large),
            Ok(Err(_)) => return Err(Malformed::Broken),
            Err(_late) => return Err(Malformed::Slow),
        };
        Ok(Self { headers: parts.headers, parameters: parameters(&body)? })
    }

    /// A parameter that has to be there.
    ///
    /// # Errors
    /// When it is not.
    pub fn parameter(&self, name: &'static str) -> Result<&str, Malformed> {
        self.optional(name).ok_or(Malformed::Missing(name))
    }

    /// A parameter; one without a value is none (RFC 6749 3.2).
    pub fn optional(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// How the client shows who it is.
    ///
    /// # Errors
    /// When it does not, in two ways, or in one that is not served here.
    pub fn credentials(&self) -> Result<Credentials, Malformed> {
        if self.optional("client_secret").is_some() {
            return Err(Malformed::SecretInBody);
        }
        let mut authorization = self.headers.get_all(AUTHORIZATION).iter();
        match (authorization.next(), authorization.next(), self.optional("client_assertion")) {
            (None, _, None) => Err(Malformed::NoCredentials),
            (Some(_), Some(_), _) | (Some(_), None, Some(_)) => Err(Malformed::TwoCredentials),
            (Some(value), None, None) => basic(value).ok_or(Malformed::Authorization),
            (None, _, Some(jwt)) => {
                if self.parameter("client_assertion_type")? != ASSERTION_TYPE {
                    return Err(Malformed::AssertionType);
                }
                let client = self.optional("client_id").map(str::to_owned);
                Ok(Credentials::Assertion { client, jwt: jwt.to_owned() })
            }
        }
    }
}

/// Whether the body is a form as it is.
fn is_form(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(Ok(value)), None) = (types.next().map(HeaderValue::to_str), types.next()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        && headers.get(CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity")
}

fn parameters(body: &[u8]) -> Result<Vec<(String, String)>, Malformed> {
    let mut parameters: Vec<(String, String)> = Vec::new();
    for (name, value) in form_urlencoded::parse(body).into_owned() {
        if parameters.iter().any(|(known, _)| *known == name) {
            return Err(Malformed::Twice);
        }
        parameters.push((name, value));
    }
    Ok(parameters)
}

/// `Basic` and the base64 of name and secret, each encoded as in a form (RFC 6749 2.3.1).
fn basic(value: &HeaderValue) -> Option<Credentials> {
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (client, secret) = text.split_once(':')?;
    Some(Credentials::Secret { client: decoded(client)?, secret: decoded(secret)? })
}

/// The text of one form-encoded value.
fn decoded(text: &str) -> Option<String> {
    if text.contains(['&', '=']) {
        return None;
    }
    let (value, _) = form_urlencoded::parse(text.as_bytes()).into_owned().next().unwrap_or_default();
    Some(value)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::Request;

    use super::{Asked, Credentials, MAX_BODY, Malformed};

    async fn asked(headers: &[(&str, &str)], body: &str) -> Result<Asked, Malformed> {
        let mut request = Request::builder().method("POST").header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Asked::read(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    async fn shown(headers: &[(&str, &str)], body: &str) -> Result<(Option<String>, String), Malformed> {
        asked(headers, body).await.and_then(|asked| asked.credentials()).map(|credentials| match credentials {
            Credentials::Secret { client, secret } => (Some(client), secret),
            Credentials::Assertion { client, jwt } => (client, jwt),
        })
    }

    #[tokio::test]
    async fn parameters_stand_once_and_are_few() {
        let good = asked(&[], "grant_type=client_credentials&scope=a%3Aread+b:run&empty=").await.unwrap();
        assert_eq!(good.parameter("grant_type"), Ok("client_credentials"));
        assert_eq!(good.optional("scope"), Some("a:read b:run"));
        assert_eq!((good.optional("empty"), good.optional("none")), (None, None));
        assert_eq!(good.parameter("token"), Err(Malformed::Missing("token")));
        assert_eq!(asked(&[], "a=1&b=2&a=1").await.err(), Some(Malformed::Twice));
        assert_eq!(asked(&[], "scope=&scope=").await.err(), Some(Malformed::Twice));
        assert!(asked(&[], &format!("a={}", "x".repeat(MAX_BODY - 2))).await.is_ok());
        assert_eq!(asked(&[], &format!("a={}", "x".repeat(MAX_BODY - 1))).await.err(), Some(Malformed::Large));
        assert_eq!(asked(&[("content-encoding", "gzip")], "").await.err(), Some(Malformed::Type));
        assert_eq!(asked(&[("content-type", "text/plain")], "").await.err(), Some(Malformed::Type));
        let json = Request::builder().header("content-type", "application/json").body(Body::empty()).unwrap();
        assert_eq!(Asked::read(json).await.err(), Some(Malformed::Type));
    }

    #[tokio::test]
    async fn credentials_come_in_one_of_two_ways() {
        let basic = |text: &str| {
            use base64::Engine;
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
        };
        let own = |client: Option<&str>, secret: &str| Ok((client.map(str::to_owned), secret.to_owned()));
        let by = async |text: &str| shown(&[("authorization", &basic(text))], "").await;
        assert_eq!(by("budget-system:jxs_a-_b").await, own(Some("budget-system"), "jxs_a-_b"));
        assert_eq!(by("a%2Db:c%3Ad+e:f").await, own(Some("a-b"), "c:d e:f"));
        assert_eq!(by(":").await, own(Some(""), ""));
        for wrong in ["budget-system", "a&b:c", "a:b=c"] {
            assert_eq!(by(wrong).await, Err(Malformed::Authorization), "{wrong}");
        }
        for wrong in ["Bearer x", "Basic", "Basic ****", "Basic /w==", "basic"] {
            assert_eq!(shown(&[("authorization", wrong)], "").await, Err(Malformed::Authorization), "{wrong}");
        }
        assert!(shown(&[("authorization", &basic("a:b").replace("Basic", "bAsIc"))], "").await.is_ok());

        let typed = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
        let signed = format!("{typed}&client_assertion=a.b.c");
        assert_eq!(shown(&[], &signed).await, own(None, "a.b.c"));
        assert_eq!(shown(&[], &format!("{signed}&client_id=a")).await, own(Some("a"), "a.b.c"));
        for (headers, body, why) in [
            (vec![], "", Malformed::NoCredentials),
            (vec![], typed, Malformed::NoCredentials),
            (vec![], "client_id=a", Malformed::NoCredentials),
            (vec![], "client_id=a&client_secret=b", Malformed::SecretInBody),
            (vec![], "client_assertion=a.b.c", Malformed::Missing("client_assertion_type")),
            (vec![], "client_assertion=a.b.c&client_assertion_type=saml2", Malformed::AssertionType),
            (vec![("authorization", "Basic YTpi")], signed.as_str(), Malformed::TwoCredentials),
            (vec![("authorization", "Basic YTpi"); 2], "", Malformed::TwoCredentials),
        ] {
            assert_eq!(shown(&headers, body).await, Err(why), "{body}");
        }
    }
}
