//! One key type for each table: a UUIDv7 made by the service, and the public form `prj_01j…`.
//!
//! The public form is the table's prefix and the 128 bits in Crockford's base 32 (26 lower-case characters). It tells
//! the type without the database and is stable for ever.

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn encode(prefix: &str, id: Uuid) -> String {
    let bits = id.as_u128();
    let mut text = String::with_capacity(prefix.len() + 27);
    text.push_str(prefix);
    text.push('_');
    for position in (0..26).rev() {
        let digit = (bits >> (position * 5)) & 31;
        text.push(char::from(ALPHABET[digit as usize]));
    }
    text
}

fn decode(prefix: &str, text: &str) -> Option<Uuid> {
    let digits = text.strip_prefix(prefix)?.strip_prefix('_')?;
    if digits.len() != 26 || digits.as_bytes()[0] > b'7' {
        return None;
    }
    let mut bits = 0_u128;
    for digit in digits.bytes() {
        let value = ALPHABET.iter().position(|&c| c == digit)?;
        bits = bits << 5 | value as u128;
    }
    Some(Uuid::from_u128(bits))
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, DeriveValueType)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The prefix of the public form.
            pub const PREFIX: &'static str = $prefix;

            /// A new key, later than every key made before in this process.
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The public form.
            pub fn public(self) -> String {
                encode(Self::PREFIX, self.0)
            }

            /// Reads the public form; `None` for any other text.
            pub fn parse(text: &str) -> Option<Self> {
                decode(Self::PREFIX, text).map(Self)
            }
        }

        impl crate::part::Empty for $name {
            fn empty() -> Self {
                Self(Uuid::nil())
            }
        }

        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
    };
}

key!(/** Key of a division. */ DivisionId, "div");
key!(/** Key of a unit. */ UnitId, "unt");
key!(/** Key of another name or code of a unit. */ UnitAliasId, "ual");
key!(/** Key of a department goal. */ DepartmentGoalId, "dgl");
key!(/** Key of a sub-goal or measure of a department goal. */ GoalItemId, "gli");
key!(/** Key of a project. */ ProjectId, "prj");
key!(/** Key of an objective. */ ObjectiveId, "obj");
key!(/** Key of a spending plan. */ SpendingPlanId, "pln");
key!(/** Key of a plan point. */ PlanPointId, "ppt");
key!(/** Key of an indicator. */ IndicatorId, "ind");
key!(/** Key of an indicator level. */ IndicatorLevelId, "lvl");
key!(/** Key of a source document. */ SourceDocumentId, "src");
key!(/** Key of a finding. */ FindingId, "fnd");
key!(/** Key of an account. */ AccountId, "acc");
key!(/** Key of a grant. */ AccountGrantId, "grt");
key!(/** Key of a client: that of its account, by another name. */ ClientId, "cli");
key!(/** Key of a secret of a client. */ ClientSecretId, "csc");
key!(/** Key of a public key of a client. */ ClientKeyId, "cky");
key!(/** Key of a credential. */ CredentialId, "crd");
key!(/** Key of an invitation. */ InvitationId, "inv");
key!(/** Key of a session. */ SessionId, "ses");
key!(/** Key of an upload. */ UploadId, "upl");
key!(/** Key of a bulk operation. */ BulkOperationId, "blk");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_form_reads_back_and_refuses_other_types() {
        let id = ProjectId::new();
        let text = id.public();
        assert_eq!(text.len(), 30);
        assert_eq!(ProjectId::parse(&text), Some(id));
        assert_eq!(UnitId::parse(&text), None);
        assert_eq!(ProjectId::parse(&text.to_uppercase()), None);
        assert_eq!(ProjectId::parse("prj_zzzzzzzzzzzzzzzzzzzzzzzzzz"), None);
    }
}
