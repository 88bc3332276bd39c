//! One-time codes by time (RFC 6238): SHA-1, six digits, 30 seconds, as every authenticator app makes them.
//!
//! A code of the step before or behind is taken too, since clocks differ. Taking none twice is the matter of who keeps the
//! step that [`Secret::step_of`] gives.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use aws_lc_rs::rand;
use entity::value::Timestamp;

use crate::error::{AppError, AppResult};

/// Length of a step, in microseconds.
const STEP: i64 = 30 * 1_000_000;
/// Steps by which a clock may be off.
const DRIFT: i64 = 1;
/// Bytes of a secret: as many as the hash has (RFC 4226 4).
const SECRET: usize = 20;
/// Codes are smaller than this.
const CODES: u32 = 1_000_000;
/// The alphabet of base 32 (RFC 4648 6).
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The secret that an authenticator app shares with this service; never printed.
pub struct Secret(Vec<u8>);

impl Secret {
    /// A new secret.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate() -> AppResult<Self> {
        let mut bytes = vec![0; SECRET];
        rand::fill(&mut bytes).map_err(AppError::internal)?;
        Ok(Self(bytes))
    }

    /// The secret of these bytes.
    pub fn of(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Its bytes, to be sealed.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret as people type it into an app: base 32.
    pub fn base32(&self) -> String {
        let mut text = String::with_capacity(self.0.len().div_ceil(5) * 8);
        for chunk in self.0.chunks(5) {
            let bits = (0..5).fold(0_u64, |bits, at| bits << 8 | u64::from(chunk.get(at).copied().unwrap_or(0)));
            let digits = (chunk.len() * 8).div_ceil(5);
            text.extend((0..digits).map(|digit| char::from(BASE32[(bits >> (35 - 5 * digit) & 31) as usize])));
        }
        text
    }

    /// The address that an app reads from a picture; `issuer` and `account` are what it shows.
    pub fn address(&self, issuer: &str, account: &str) -> String {
        let (issuer, secret) = (percent(issuer), self.base32());
        format!("otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}", percent(account))
    }

    /// The code of a step.
    fn code(&self, step: i64) -> String {
        let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        // Four bytes from where the last half byte says (RFC 4226 5.3); a hash has twenty.
        let at = usize::from(tag[tag.len() - 1] & 15);
        let number = tag[at..at + 4].iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        format!("{:06}", (number & 0x7fff_ffff) % CODES)
    }

    /// The step whose code this is, if it is one of this moment.
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<i64> {
        let current = now.0.div_euclid(STEP);
        let mut found = None;
        for step in current - DRIFT..=current + DRIFT {
            if verify_slices_are_equal(self.code(step).as_bytes(), code.as_bytes()).is_ok() {
                found = Some(step);
            }
        }
        found
    }
}

/// A text with every byte that has a meaning in addresses as `%XX`.
fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let bytes =
        text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use entity::value::Timestamp;

    use super::Secret;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    /// RFC 6238, appendix B, the last six of its eight digits.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        let secret = Secret::of(b"12345678901234567890".to_vec());
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.step_of(code, at(seconds)), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_good_one_step_before_and_behind() {
        let secret = Secret::of(b"12345678901234567890".to_vec());
        for (seconds, good) in [(0, true), (29, true), (30, true), (89, true), (90, false), (119, false)] {
            assert_eq!(secret.step_of("287082", at(seconds)).is_some(), good, "{seconds}");
        }
        assert_eq!(secret.step_of("287082", at(-1)), None);
        for wrong in ["", "287083", "28708", "2870820", " 287082", "２８７０８２"] {
            assert_eq!(secret.step_of(wrong, at(59)), None, "{wrong}");
        }
    }

    /// RFC 4648, section 10.
    #[test]
    fn secrets_are_shown_in_base_32() {
        for (bytes, text) in [
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(Secret::of(bytes.as_bytes().to_vec()).base32(), text);
        }
        let secret = Secret::of(b"foobar".to_vec());
        let address = "otpauth://totp/%E7%BB%A9%E6%95%88%20a:lin.x?secret=MZXW6YTBOI&issuer=%E7%BB%A9%E6%95%88%20a";
        assert_eq!(secret.address("绩效 a", "lin.x"), address);
        assert_ne!(Secret::generate().unwrap().base32(), Secret::generate().unwrap().base32());
        assert_eq!(Secret::generate().unwrap().base32().len(), 32);
    }
}
