//! What one request takes from its caller's allowance, and how the answer tells of it.

use std::time::Duration;

use async_graphql::{Value, value};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::error::ErrorCode;
use crate::limits::{Counted, ProfileLimits};

use super::answer::Refused;
use super::guard::Price;
use super::rate::{Payer, Rates, Standing, TooMany};

/// How much there may be in which time.
pub const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// How much of it is left.
pub const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// What is told in the headers of every answer.
const TOLD: [Counted; 2] = [Counted::Requests, Counted::Points];

/// The account of one request; its caller has paid for the request itself.
pub struct Toll<'a> {
    rates: &'a Rates,
    payer: Payer,
    limits: ProfileLimits,
    requested: u64,
    actual: u64,
}

impl<'a> Toll<'a> {
    /// Takes one request.
    ///
    /// # Errors
    /// 429 when there were too many.
    pub fn enter(rates: &'a Rates, payer: Payer, limits: ProfileLimits) -> Result<Self, Refused> {
        let toll = Self { rates, payer, limits, requested: 0, actual: 0 };
        toll.take(&[(Counted::Requests, 1)]).map(|()| toll)
    }

    /// Notes what the document is estimated to cost, before anything is decided about it.
    pub fn estimated(&mut self, price: &Price) {
        self.requested = price.cost;
    }

    /// Takes what the document is estimated to cost.
    ///
    /// # Errors
    /// 429 when there is too much of something; nothing is taken then.
    pub fn pay(&self, price: &Price) -> Result<(), Refused> {
        self.take(&[
            (Counted::Points, price.cost),
            (Counted::Writes, price.writes),
            (Counted::Bulk, price.bulk),
            (Counted::Imports, price.imports),
        ])
    }

    /// Gives back the points that were taken and turned out not to be needed.
    pub fn settle(&mut self, actual: u64) {
        self.actual = actual;
        self.rates.give_back(&self.payer, &self.limits, Counted::Points, self.requested.saturating_sub(actual));
    }

    /// `extensions.cost` of the answer.
    pub fn report(&self) -> Value {
        let remaining = self.rates.standing(&self.payer, &self.limits, Counted::Points).left;
        value!({
            "requested": self.requested,
            "actual": self.actual,
            "limit": self.limits.cost,
            "remaining": remaining,
        })
    }

    /// Tells in the headers of the answer what there may be and what is left.
    pub fn mark(&self, headers: &mut HeaderMap) {
        let standings = TOLD.map(|counted| (counted, self.rates.standing(&self.payer, &self.limits, counted)));
        mark(headers, &standings);
    }

    fn take(&self, wanted: &[(Counted, u64)]) -> Result<(), Refused> {
        self.rates.take(&self.payer, &self.limits, wanted).map_err(|too_many| {
            let standing = self.rates.standing(&self.payer, &self.limits, too_many.counted);
            refusal(&self.payer, too_many, standing)
        })
    }
}

/// 429, in words and in headers.
fn refusal(payer: &Payer, TooMany { counted, rate, wait }: TooMany, standing: Standing) -> Refused {
    let who = match payer {
        Payer::Account(_) => "This account",
        Payer::Address(_) => "Your address, without a token,",
    };
    let (most, what, period) = (rate.most, counted.name(), rate.period.as_secs());
    let seconds = whole_seconds(wait).max(1);
    let message = format!("{who} has used its {most} {what} in {period} seconds; try again in {seconds} seconds.");
    let mut headers = HeaderMap::new();
    mark(&mut headers, &[(counted, standing)]);
    let refused = Refused::http(StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited, message)
        .with(header::RETRY_AFTER, HeaderValue::from(seconds));
    headers.into_iter().fold(refused, |refused, (name, value)| match name {
        Some(name) => refused.with(name, value),
        None => refused,
    })
}

/// The fields of draft-ietf-httpapi-ratelimit-headers: names and numbers only, so they are always values of headers.
fn mark(headers: &mut HeaderMap, standings: &[(Counted, Standing)]) {
    let list = |one: fn(&(Counted, Standing)) -> String| standings.iter().map(one).collect::<Vec<_>>().join(", ");
    let policy =
        list(|(counted, at)| format!("\"{}\";q={};w={}", counted.name(), at.rate.most, at.rate.period.as_secs()));
    let left = list(|(counted, at)| format!("\"{}\";r={};t={}", counted.name(), at.left, whole_seconds(at.full_in)));
    for (name, text) in [(RATELIMIT_POLICY, policy), (RATELIMIT, left)] {
        if let Ok(value) = HeaderValue::try_from(text)
            && !headers.contains_key(&name)
        {
            headers.insert(name, value);
        }
    }
}

/// Seconds, none too few.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
