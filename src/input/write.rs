//! What every write has, whatever it is about.

use super::{Input, key, scalar};

/// An object to write: which one, and what it shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Write<K, F> {
    /// Which object.
    pub key: Option<K>,
    /// The version that the caller expects.
    pub expected_version: Option<i32>,
    /// What changes.
    pub set: Option<F>,
}

/// An object to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delete<K> {
    /// Which object.
    pub key: Option<K>,
    /// The version that the caller expects.
    pub expected_version: Option<i32>,
    /// Whether to delete what lies below it too, where that can be asked for.
    pub cascade: Option<bool>,
}

const EXPECTED_VERSION: &str = "The version that the caller has seen: another stored version is a conflict, and nothing \
                                is written. 0 expects that there is no such object yet.";

impl<T: Default + 'static> Input<T> {
    /// The version that the caller expects, from `least`: 0 where there may be no such object yet.
    #[must_use]
    pub(super) fn expected_version(self, least: i32, place: fn(&mut T) -> &mut Option<i32>) -> Self {
        self.int("expectedVersion: Int", EXPECTED_VERSION, least, i32::MAX, place)
    }

    /// The text by which a client finds its answer again. It is only checked here: the answer takes it from what was sent.
    #[must_use]
    pub(super) fn client_mutation_id(self) -> Self {
        let (signature, description) = key::CLIENT_MUTATION_ID;
        self.field(signature, description, None, |_, value, at, errors| {
            if !value.is_null() {
                errors.extend(scalar::text(value, at, key::NAME).err());
            }
        })
    }
}
