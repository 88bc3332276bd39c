//! The form in which an entry of the audit is hashed.
//!
//! ```text
//! entry  = 0x01 field*19 prev              0x01 is the version of this form
//! field  = 0xFFFFFFFF                      for what is null
//!        | length bytes                    length: 32 bits, big end first
//! prev   = 32 bytes                        the hash of the entry before; zeros in the first of a chain
//! hash   = SHA-256(entry)
//! ```
//!
//! The fields, in this order: `alg`, `chain`, `seq`, `at`, `actor_id`, `actor_name`, `on_behalf_of`, `client`,
//! `request_id`, `action`, `kind`, `entity_type`, `entity_id`, `division_code`, `unit_id`, `version`, `changed_at`,
//! `diff`, `result`. Text is UTF-8 as stored; a number is 8 bytes, big end first, two's complement; times are
//! microseconds since 1970 in UTC; a key is its 16 bytes.

use aws_lc_rs::digest::{SHA256, digest};
use entity::audit_entry;

/// Version of the form.
const FORM: u8 = 1;
/// The algorithm of new entries.
pub const ALGORITHM: &str = "SHA-256";
/// What stands for the hash before the first entry.
pub const START: [u8; 32] = [0; 32];

/// The hash of an entry; none for an algorithm that this version does not know.
pub fn hash(entry: &audit_entry::Model) -> Option<Vec<u8>> {
    (entry.alg == ALGORITHM).then(|| digest(&SHA256, &form(entry)).as_ref().to_vec())
}

/// The bytes that are hashed.
fn form(entry: &audit_entry::Model) -> Vec<u8> {
    let mut form = Form(Vec::with_capacity(384 + entry.diff.len()));
    form.0.push(FORM);
    form.text(&entry.alg);
    form.text(&entry.chain);
    form.number(entry.seq);
    form.number(entry.at.0);
    form.field(entry.actor_id.map(|id| id.0.into_bytes()));
    form.text(&entry.actor_name);
    form.field(entry.on_behalf_of.as_deref());
    form.field(entry.client.as_deref());
    form.field(entry.request_id.as_deref());
    form.text(&entry.action);
    form.text(entry.kind.code());
    form.text(&entry.entity_type);
    form.field(Some(entry.entity_id.into_bytes()));
    form.field(entry.division_code.as_deref());
    form.field(entry.unit_id.map(|id| id.0.into_bytes()));
    form.number(i64::from(entry.version));
    form.number(entry.changed_at.0);
    form.text(&entry.diff);
    form.text(entry.result.code());
    form.0.extend_from_slice(&entry.prev);
    form.0
}

struct Form(Vec<u8>);

impl Form {
    fn field(&mut self, field: Option<impl AsRef<[u8]>>) {
        let Some(field) = field else { return self.0.extend_from_slice(&u32::MAX.to_be_bytes()) };
        let field = field.as_ref();
        // No value is near 4 GiB: neither database takes it.
        self.0.extend_from_slice(&u32::try_from(field.len()).unwrap_or(u32::MAX - 1).to_be_bytes());
        self.0.extend_from_slice(field);
    }

    fn text(&mut self, text: &str) {
        self.field(Some(text));
    }

    fn number(&mut self, number: i64) {
        self.field(Some(number.to_be_bytes()));
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use entity::id::{AccountId, UnitId};
    use entity::value::{AuditResult, ChangeKind, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn entry() -> audit_entry::Model {
        audit_entry::Model {
            chain: "130304".to_owned(),
            seq: 1,
            at: Timestamp(1_795_305_600_000_000),
            actor_id: Some(AccountId(Uuid::from_u128(1))),
            actor_name: "lin".to_owned(),
            on_behalf_of: None,
            client: None,
            request_id: Some("r1".to_owned()),
            action: "import".to_owned(),
            kind: ChangeKind::Created,
            entity_type: "unit".to_owned(),
            entity_id: Uuid::from_u128(2),
            division_code: Some("130304".to_owned()),
            unit_id: Some(UnitId(Uuid::from_u128(2))),
            version: 1,
            changed_at: Timestamp(1_795_305_600_000_000),
            diff: "[]".to_owned(),
            result: AuditResult::Done,
            alg: ALGORITHM.to_owned(),
            prev: START.to_vec(),
            hash: Vec::new(),
        }
    }

    #[test]
    fn the_form_is_fixed() {
        // Made by hand from the documentation of this module, by a script of a few lines in another language.
        let expected = "16ebd7481b77dcd6beb1316a9b3acf064051c0179b7ec257fa0d863660897516";
        assert_eq!(hash(&entry()).map(|hash| hex(&hash)).as_deref(), Some(expected));
    }

    #[test]
    fn every_field_counts() {
        let changes: [fn(&mut audit_entry::Model); 20] = [
            |e| e.chain.push('0'),
            |e| e.seq += 1,
            |e| e.at.0 += 1,
            |e| e.actor_id = None,
            |e| e.actor_name.push('x'),
            |e| e.on_behalf_of = Some(String::new()),
            |e| e.client = Some("10.0.0.1".to_owned()),
            |e| e.request_id = None,
            |e| e.action.push('x'),
            |e| e.kind = ChangeKind::Deleted,
            |e| e.entity_type.push('x'),
            |e| e.entity_id = Uuid::from_u128(3),
            |e| e.division_code = None,
            |e| e.unit_id = None,
            |e| e.version += 1,
            |e| e.changed_at.0 += 1,
            |e| e.diff.push(' '),
            |e| e.prev[31] = 1,
            |e| {
                // What leaves one field and enters the next.
                e.actor_name = "li".to_owned();
                e.action = "nimport".to_owned();
            },
            |e| e.alg = "MD5".to_owned(),
        ];
        let whole = hash(&entry());
        for (n, change) in changes.iter().enumerate() {
            let mut changed = entry();
            change(&mut changed);
            assert_ne!(hash(&changed), whole, "change {n}");
        }
    }
}
