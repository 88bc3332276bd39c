//! How much a caller may ask over time, by a clock that the test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jixiao::http::{Rates, ServeOptions};
use jixiao::limits::{Limits, ProfileLimits};
use serde_json::json;

use crate::toy::{Answer, NEW, PERSON, SYSTEM, Server, Setup};

/// A clock that stands until it is moved.
#[derive(Clone, Default)]
struct Hands(Arc<AtomicU64>);

impl Hands {
    fn rates(&self) -> Rates {
        let hands = Arc::clone(&self.0);
        Rates::by(Arc::new(move || Duration::from_millis(hands.load(Ordering::SeqCst))))
    }

    fn forward(&self, seconds: u64) {
        self.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

/// A server behind a proxy of its own machine, with few of everything.
async fn server(hands: &Hands) -> Server {
    let limits = Limits {
        public: ProfileLimits { requests_minute: 3, points_minute: 1_000, ..ProfileLimits::PUBLIC },
        staff: ProfileLimits { requests_minute: 30, writes_minute: 4, points_minute: 10_000, ..ProfileLimits::STAFF },
        service: ProfileLimits { imports_hour: 1, bulk_minute: 2, ..ProfileLimits::SERVICE },
    };
    let options = ServeOptions { trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()], ..ServeOptions::default() };
    Server::start(Setup { limits, options, rates: hands.rates(), ..Setup::default() }).await
}

async fn from(server: &Server, address: &str, headers: &[(&str, &str)]) -> Answer {
    let mut all = vec![("x-forwarded-for", address)];
    all.extend(headers);
    server.post(&json!({ "query": "{ hello }" }), &all).await
}

#[tokio::test]
async fn an_address_without_a_token_is_told_when_to_come_again() {
    let hands = Hands::default();
    let server = server(&hands).await;
    for left in [2, 1, 0] {
        let answer = from(&server, "203.0.113.1", &[]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"requests\";q=3;w=60, \"points\";q=1000;w=60"));
        let expected = format!("\"requests\";r={left};t={}, \"points\";r=1000;t=0", 60 - left * 20);
        assert_eq!(answer.header("ratelimit"), Some(expected.as_str()));
    }
    for media in [NEW, super::OLD] {
        let answer = from(&server, "203.0.113.1", &[media]).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("20")));
        let error = &answer.json()["errors"][0];
        assert_eq!(error["extensions"]["code"], "RATE_LIMITED");
        assert_eq!(error["extensions"]["retryable"], true);
        let message = "Your address, without a token, has used its 3 requests in 60 seconds; try again in 20 seconds.";
        assert_eq!(error["message"], message);
        assert_eq!(answer.header("ratelimit"), Some("\"requests\";r=0;t=60"));
        assert_eq!(answer.json().get("data"), None);
    }
    // Neither another address nor an account behind the same one is concerned, and what a client claims is not believed.
    assert_eq!(from(&server, "203.0.113.2", &[]).await.status, 200);
    assert_eq!(from(&server, "203.0.113.1", &[PERSON]).await.status, 200);
    assert_eq!(from(&server, "198.51.100.7, 203.0.113.1", &[]).await.status, 429);
    // Time heals.
    hands.forward(20);
    assert_eq!(from(&server, "203.0.113.1", &[]).await.status, 200);
    assert_eq!(from(&server, "203.0.113.1", &[]).await.status, 429);
    hands.forward(600);
    for status in [200, 200, 200, 429] {
        assert_eq!(from(&server, "203.0.113.1", &[]).await.status, status);
    }
}

#[tokio::test]
async fn tokens_that_are_not_good_are_counted_by_address() {
    let server = server(&Hands::default()).await;
    let wrong = ("authorization", "Bearer guess");
    for status in [401, 401, 401, 429, 429] {
        assert_eq!(from(&server, "203.0.113.1", &[wrong]).await.status, status);
    }
    // A good one is worth what it was.
    assert_eq!(from(&server, "203.0.113.1", &[PERSON]).await.status, 200);
}

#[tokio::test]
async fn other_routes_that_cost_are_counted_too_and_those_for_machines_are_not() {
    let server = server(&Hands::default()).await;
    let get = async |target: &str, address: &str| {
        server.send("GET", target, &[("x-forwarded-for", address)], b"").await.status
    };
    for (address, target, first) in
        [("203.0.113.1", "/v1/templates/nothing", 404), ("203.0.113.2", "/schema.graphql", 200)]
    {
        for status in [first, first, first, 429] {
            assert_eq!(get(target, address).await, status, "{target}");
        }
        for target in ["/livez", "/readyz", "/version", "/"] {
            assert_eq!(get(target, address).await, 200, "{target}");
        }
    }
}

#[tokio::test]
async fn mutations_and_points_are_counted_for_an_account() {
    let hands = Hands::default();
    let server = server(&hands).await;
    let ask = async |who, query: &str| server.post(&json!({ "query": query }), &[who, NEW]).await;
    assert_eq!(ask(PERSON, "mutation { a: touch b: touch c: touch }").await.status, 200);
    let answer = ask(PERSON, "mutation { a: touch b: touch }").await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("15")));
    assert!(answer.refusal().1.starts_with("This account has used its 4 writes in 60 seconds;"), "{answer:?}");
    assert_eq!(ask(PERSON, "mutation { touch }").await.status, 200, "a refusal takes nothing");
    assert_eq!(ask(PERSON, "mutation { touch }").await.status, 429);

    // Points: 1 + 100 for a page, of which all are there.
    let page = "{ page(first: 100) { nodes { page(first: 90) { nodes { number } } } } }";
    let requested = 1 + 100 * (1 + 1 + 90);
    let answer = ask(PERSON, page).await;
    assert_eq!(answer.cost(), [requested, requested, 10_000, 10_000 - requested]);
    let answer = ask(PERSON, page).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("51")));
    assert_eq!(answer.cost(), [requested, 0, 10_000, 10_000 - requested]);
    hands.forward(51);
    assert_eq!(ask(PERSON, page).await.status, 200);
    // Others have their own.
    assert_eq!(ask(SYSTEM, page).await.status, 200);
}
