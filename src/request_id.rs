//! The id under which one request is found in the answer, in the log and in the audit trail.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

/// Longest id that is taken over from a client.
const MAX_LEN: usize = 64;

/// Names one request: the client's own id where it sent a usable one, else a fresh UUIDv7.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// A fresh id.
    pub fn fresh() -> Self {
        Self(Uuid::now_v7().to_string().into())
    }

    /// The id that a client sent, if it is 1 to 64 letters, digits, `.`, `_` or `-`: nothing that could forge a log line.
    pub fn from_client(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let usable = (1..=MAX_LEN).contains(&text.len()) && text.bytes().all(plain);
        usable.then(|| Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::RequestId;

    #[test]
    fn only_plain_short_ids_are_taken_over() {
        for good in ["a", "7f3e-1.B_2", &"x".repeat(64)] {
            assert_eq!(RequestId::from_client(good).as_ref().map(RequestId::as_str), Some(good));
        }
        for bad in ["", "a b", "a\nb", "绩效", "a\"b", &"x".repeat(65)] {
            assert_eq!(RequestId::from_client(bad), None, "{bad:?}");
        }
        assert_ne!(RequestId::fresh(), RequestId::fresh());
    }
}
