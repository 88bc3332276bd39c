//! Anchors: the heads of the chains at one time, as lines of text to be kept elsewhere.
//!
//! ```text
//! 130304 17 5f3a…(64 digits) 1795305600000000
//! ```
//!
//! Chain, number and hash of its newest entry, and the time of that entry in microseconds since 1970. The chain without
//! name is written `-`. Lines that start with `#` are comments.

use std::fmt;

use entity::audit_head;
use entity::value::Timestamp;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::chain::hex;
use crate::auth::Caller;
use crate::auth::policy::Permission;
use crate::error::{AppError, AppResult};

/// The head of a chain at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The chain.
    pub chain: String,
    /// Number of its newest entry.
    pub seq: i64,
    /// Hash of that entry, in hexadecimal.
    pub hash: String,
    /// Time of that entry.
    pub at: Timestamp,
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chain = if self.chain.is_empty() { "-" } else { &self.chain };
        write!(f, "{chain} {} {} {}", self.seq, self.hash, self.at.0)
    }
}

impl Anchor {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let chain = words.next()?;
        let chain = if chain == "-" { "" } else { chain }.to_owned();
        let (seq, hash, at) = (words.next()?.parse().ok()?, words.next()?.to_owned(), words.next()?.parse().ok()?);
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (is_hash && words.next().is_none()).then_some(Self { chain, seq, hash, at: Timestamp(at) })
    }
}

/// Reads lines of anchors.
///
/// # Errors
/// `BAD_USER_INPUT` with the number of a line that is none.
pub fn read(text: &str) -> AppResult<Vec<Anchor>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let anchors = lines.map(|(n, line)| {
        Anchor::parse(line).ok_or_else(|| {
            let line = n + 1;
            AppError::bad_input(format!(
                "Line {line} is no anchor: write what `jixiao admin audit anchor` printed, unchanged."
            ))
        })
    });
    anchors.collect()
}

/// The anchors of this moment, by chain.
///
/// # Errors
/// `FORBIDDEN` for who may not do this everywhere, and what reading can end with.
pub async fn now(db: &impl ConnectionTrait, caller: &Caller) -> AppResult<Vec<Anchor>> {
    caller.must_everywhere(Permission::AuditRead)?;
    let heads = audit_head::Entity::find()
        .filter(audit_head::Column::Seq.gt(0))
        .order_by_asc(audit_head::Column::Chain)
        .all(db)
        .await?;
    let anchors = heads.into_iter().map(|head| {
        let audit_head::Model { chain, seq, at, hash } = head;
        Anchor { chain, seq, hash: hex(&hash), at }
    });
    Ok(anchors.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_read_back_and_nothing_else_is_one() {
        let hash = "0123456789abcdef".repeat(4);
        for chain in ["", "130304"] {
            let anchor = Anchor { chain: chain.to_owned(), seq: 17, hash: hash.clone(), at: Timestamp(5) };
            assert_eq!(read(&format!("# heads\n\n{anchor}\n")).unwrap(), [anchor]);
        }
        for bad in ["130304", "130304 x 00 1", &format!("130304 1 {hash}"), &format!("130304 1 {hash}0 1"), "- 1 0 1"] {
            let refused = read(&format!("\n{bad}")).unwrap_err();
            assert!(refused.message().starts_with("Line 2 is no anchor"), "{bad}: {refused}");
        }
    }
}
