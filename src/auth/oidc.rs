//! The identity provider: an OpenID Connect issuer whose access tokens are accepted beside those of this service.
//!
//! Its keys are fetched when the service starts and every ten minutes, and when a token names one that is not known: then the
//! request waits for it, three seconds at the most. There is one fetch at a time and none within 30 seconds of the last, whatever
//! tokens are sent. While the provider does not answer, the last good keys hold for a day.

mod fetch;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use entity::value::Timestamp;
use tokio::sync::Mutex;
use tokio::time::sleep;

use self::fetch::{FetchError, Source};
use super::keyset::{CheckingKey, published};
use super::members::Members;
use crate::clock::Clock;
use crate::error::AppResult;

/// Age at which keys are fetched again, in microseconds: 10 minutes.
const FRESH: u64 = 600 * 1_000_000;
/// Age at which keys are not used any more, in microseconds: 24 hours.
const STALE: u64 = 24 * 3600 * 1_000_000;
/// Least time between two fetches, in microseconds: 30 seconds.
const APART: u64 = 30 * 1_000_000;
/// Longest name of an account, in bytes.
const MAX_SUBJECT: usize = 255;

/// What the settings say of a provider.
#[derive(Clone, Debug)]
pub struct ProviderSettings<'a> {
    /// The issuer, `https://…`, as it stands in its tokens (`iss`).
    pub issuer: &'a str,
    /// The name of this service in its tokens (`aud`).
    pub audience: &'a str,
    /// The claim that names the account.
    pub claim: &'a str,
    /// PEM file of the authority of its certificate, where that is not a public one.
    pub authority: Option<&'a Path>,
}

/// An identity provider with the keys that it published.
pub struct Provider {
    issuer: String,
    audience: String,
    claim: String,
    source: Source,
    held: RwLock<Option<Held>>,
    /// When the last fetch began; held while one runs.
    last: Mutex<Option<Timestamp>>,
    clock: Clock,
}

/// Keys by name.
type Keys = HashMap<String, Arc<CheckingKey>>;

/// The last good keys.
#[derive(Clone)]
struct Held {
    keys: Arc<Keys>,
    fetched_at: Timestamp,
}

impl Provider {
    /// A provider whose keys are not fetched yet.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when the issuer is no address, or the file of the authority cannot be used.
    pub fn new(settings: &ProviderSettings<'_>, clock: Clock) -> AppResult<Arc<Self>> {
        Ok(Arc::new(Self {
            issuer: settings.issuer.to_owned(),
            audience: settings.audience.to_owned(),
            claim: settings.claim.to_owned(),
            source: Source::new(settings.issuer, settings.authority)?,
            held: RwLock::default(),
            last: Mutex::default(),
            clock,
        }))
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn audience(&self) -> &str {
        &self.audience
    }

    /// What a token calls the account.
    pub(super) fn subject<'a>(&self, claims: &'a Members) -> Option<&'a str> {
        claims.text(&self.claim).filter(|name| (1..=MAX_SUBJECT).contains(&name.len()))
    }

    /// The key of this name among the last good ones, unless they are too old.
    pub(super) fn find(&self, kid: &str, now: Timestamp) -> Option<Arc<CheckingKey>> {
        let held = self.held().filter(|held| age(held.fetched_at, now) < STALE)?;
        held.keys.get(kid).map(Arc::clone)
    }

    fn held(&self) -> Option<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches the keys, unless that was tried a moment ago; tells whether they were fetched since this was called.
    pub async fn renew(self: Arc<Self>) -> bool {
        let before = self.held().map(|held| held.keys);
        // On a task of its own: who goes away while it runs does not end it for the others.
        let renewed = tokio::spawn(async move {
            let mut last = self.last.lock().await;
            let held = self.held().map(|held| held.keys);
            let same = match (&before, &held) {
                (Some(before), Some(held)) => Arc::ptr_eq(before, held),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            if !same {
                return true;
            }
            let now = (self.clock)();
            if last.is_some_and(|last| age(last, now) < APART) {
                return false;
            }
            *last = Some(now);
            match self.fetch().await {
                Ok(keys) => {
                    let held = Held { keys: Arc::new(keys), fetched_at: now };
                    *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
                    true
                }
                Err(error) => {
                    tracing::warn!(issuer = self.issuer, %error, "the keys of the identity provider were not fetched");
                    false
                }
            }
        });
        renewed.await.unwrap_or(false)
    }

    async fn fetch(&self) -> Result<Keys, FetchError> {
        let json = self.source.published_keys(&self.issuer).await?;
        Ok(published(&json, &self.issuer)?)
    }

    /// Fetches the keys where they are older than ten minutes.
    pub async fn refresh(self: &Arc<Self>) {
        let now = (self.clock)();
        if self.held().is_none_or(|held| age(held.fetched_at, now) >= FRESH) {
            Arc::clone(self).renew().await;
        }
    }

    /// Keeps the keys fresh for ever.
    pub async fn keep_fresh(self: Arc<Self>) {
        loop {
            self.refresh().await;
            sleep(Duration::from_micros(APART)).await;
        }
    }
}

/// Microseconds between two times, whichever is later: a clock that was set back must not put off the next fetch.
fn age(then: Timestamp, now: Timestamp) -> u64 {
    now.0.abs_diff(then.0)
}
