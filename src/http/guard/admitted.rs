//! Documents that were admitted before. Clients send the same few again and again, and to read one takes longer than many a
//! statement that answers it.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::ServerError;
use hashlink::LruCache;

use super::admit;
use crate::graphql::execution::Document;
use crate::limits::ProfileLimits;

/// The longest text that is kept, in bytes.
const LONGEST: usize = 16 * 1024;
/// All texts that are kept, in bytes. What was read from a text takes some thirty times its room.
const ALL: usize = 256 * 1024;

/// The documents of callers for whom the same limits hold; those that were not sent for the longest time are forgotten.
pub struct Admitted(Mutex<Kept>);

struct Kept {
    documents: LruCache<Arc<str>, Arc<Document>>,
    bytes: usize,
}

impl Admitted {
    /// None yet.
    pub fn new() -> Self {
        Self(Mutex::new(Kept { documents: LruCache::new_unbounded(), bytes: 0 }))
    }

    /// The document with this text, which is read if it was not before with the same limits.
    ///
    /// # Errors
    /// As [`admit`]; what was refused is read again each time.
    pub fn admit(&self, text: &Arc<str>, limits: &ProfileLimits) -> Result<Arc<Document>, ServerError> {
        if let Some(known) = self.kept(|kept| kept.documents.get(text).cloned()) {
            return Ok(known);
        }
        let document = Arc::new(Document::new(admit(text, limits)?));
        if text.len() <= LONGEST {
            self.kept(|kept| kept.keep(Arc::clone(text), Arc::clone(&document)));
        }
        Ok(document)
    }

    fn kept<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for Admitted {
    fn default() -> Self {
        Self::new()
    }
}

impl Kept {
    fn keep(&mut self, text: Arc<str>, document: Arc<Document>) {
        let length = text.len();
        if self.documents.insert(text, document).is_none() {
            self.bytes += length;
        }
        while self.bytes > ALL
            && let Some((forgotten, _)) = self.documents.remove_lru()
        {
            self.bytes -= forgotten.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{ALL, Admitted, LONGEST, ProfileLimits};

    const LIMITS: ProfileLimits = ProfileLimits { document_bytes: 1 << 20, ..ProfileLimits::SERVICE };

    fn text(number: usize, length: usize) -> Arc<str> {
        let text = format!("{{ hello{number} }}");
        let rest = " ".repeat(length - text.len());
        (text + &rest).into()
    }

    #[test]
    fn a_document_is_read_once() {
        let admitted = Admitted::new();
        let read = |text: &Arc<str>| admitted.admit(text, &LIMITS).unwrap();
        let first = read(&text(1, 100));
        assert!(Arc::ptr_eq(&first, &read(&text(1, 100))));
        assert!(!Arc::ptr_eq(&first, &read(&text(2, 100))));
        let long = text(1, LONGEST + 1);
        assert!(!Arc::ptr_eq(&read(&long), &read(&long)), "too long to be kept");
        for _ in 0..2 {
            assert!(admitted.admit(&"{ hello ".into(), &LIMITS).is_err());
        }
        assert_eq!(admitted.kept(|kept| (kept.documents.len(), kept.bytes)), (2, 200));
    }

    #[test]
    fn what_was_not_sent_for_long_is_forgotten() {
        let admitted = Admitted::new();
        let read = |text: &Arc<str>| admitted.admit(text, &LIMITS).unwrap();
        let (often, once) = (read(&text(0, LONGEST)), read(&text(1, LONGEST)));
        for number in 2..=ALL / LONGEST {
            read(&text(number, LONGEST));
            assert!(Arc::ptr_eq(&often, &read(&text(0, LONGEST))));
        }
        assert!(!Arc::ptr_eq(&once, &read(&text(1, LONGEST))));
        assert_eq!(admitted.kept(|kept| kept.bytes), ALL);
    }
}
