//! JSON written by hand.

use entity::value::{Fen, Micro};

/// Bytes that grow.
pub struct Json(Vec<u8>);

impl Json {
    /// Begins with these bytes.
    pub fn begin(start: &str) -> Self {
        Self(start.as_bytes().to_vec())
    }

    /// As it is.
    pub fn raw(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// A string.
    pub fn text(&mut self, text: &str) -> &mut Self {
        // Strings can always be written to memory.
        let _ = serde_json::to_writer(&mut self.0, text);
        self
    }

    /// A string, or null.
    pub fn maybe(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => self.raw("null"),
        }
    }

    /// A number.
    pub fn number(&mut self, number: impl Into<i64>) -> &mut Self {
        self.raw(&number.into().to_string())
    }

    /// An amount in 万元.
    pub fn money(&mut self, fen: Option<i64>) -> &mut Self {
        match fen {
            Some(fen) => self.raw("{\"amount\":\"").raw(&Fen(fen).wan_yuan()).raw("\"}"),
            None => self.raw("null"),
        }
    }

    /// A decimal.
    pub fn decimal(&mut self, micros: Option<i64>) -> &mut Self {
        match micros {
            Some(micros) => self.raw("\"").raw(&Micro(micros).decimal()).raw("\""),
            None => self.raw("null"),
        }
    }

    /// A comma before all entries of a list but the first.
    pub fn comma(&mut self, first: &mut bool) -> &mut Self {
        if !std::mem::replace(first, false) {
            self.raw(",");
        }
        self
    }

    /// Ends with these bytes.
    pub fn end(mut self, end: &str) -> Vec<u8> {
        self.raw(end);
        self.0
    }
}
