//! Many keys, each sent several times at once over HTTP by clients that hang up, to a service that is killed and started
//! again: each has one effect, and one answer.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::cli::program::{self, Program};
use crate::support::dice::Dice;

const KEYS: usize = 2_000;
/// How many keys are under way at one time; a system may have 16 requests running.
const AT_ONCE: usize = 6;
/// After how many keys the service is killed.
const KILLED_AFTER: &[usize] = &[300, 900, 1_500];

/// A client: where the service is, and with which token.
struct Client {
    address: SocketAddr,
    token: String,
}

impl Client {
    /// Sends the mutation of a key; `leave_after` is when the client hangs up. Gives the body of an answer.
    async fn send(&self, key: usize, leave_after: Option<Duration>) -> Option<String> {
        let query = format!(
            "mutation {{ it: divisionCreate(input: {{key: {{code: \\\"{key}\\\"}}, set: {{}}}}) {{ outcome division {{ version }} }} }}"
        );
        let body = format!("{{\"query\": \"{query}\"}}");
        let mut stream = TcpStream::connect(self.address).await.ok()?;
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {}\r\nIdempotency-Key: \"key-{key:012}\"\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        stream.write_all(head.as_bytes()).await.ok()?;
        if let Some(patience) = leave_after {
            sleep(patience).await;
            return None;
        }
        let mut answer = String::new();
        timeout(Duration::from_secs(60), stream.read_to_string(&mut answer)).await.ok()?.ok()?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        Some(body.to_owned())
    }

    /// Sends until there is an answer that says what was done.
    async fn insist(&self, key: usize) -> String {
        loop {
            match self.send(key, None).await {
                Some(body) if body.starts_with("{\"data\":{\"it\":{") => return body,
                Some(body) => assert!(
                    body.contains("IDEMPOTENCY_IN_PROGRESS") || body.contains("UNAVAILABLE"),
                    "key {key}: {body}"
                ),
                None => {}
            }
            sleep(Duration::from_millis(5)).await;
        }
    }
}

/// An answer without what it cost, which is another thing each time.
fn without_cost(body: &str) -> Value {
    let mut body: Value = serde_json::from_str(body).expect("an answer is JSON");
    body["extensions"].as_object_mut().expect("an answer tells what it cost").remove("cost").expect("the cost");
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_key_has_one_effect_and_one_answer() {
    let (_database, mut program) = program::with_database().await;
    let address = free_address();
    program.set("JIXIAO_LISTEN", &address.to_string());
    for arguments in
        [&["account", "add", "loader", "--service"][..], &["account", "grant", "loader", "--role", "SERVICE"]]
    {
        assert_eq!(program.run(arguments).code, 0);
    }
    let token = program.run(&["token", "--account", "loader", "--valid-for", "1h"]).stdout.trim().to_owned();
    // More than any system may ask for in a minute.
    for limit in ["REQUESTS", "WRITES"] {
        program.set(&format!("JIXIAO_LIMITS_SERVICE_{limit}_MINUTE"), "1000000");
    }
    let client = Client { address, token };
    let mut service = Service::start(&program);
    let answers: Mutex<HashMap<usize, Vec<Value>>> = Mutex::default();
    let mut dice = Dice(20_261_122);

    let mut begun = 0;
    for until in KILLED_AFTER.iter().copied().chain([KEYS]) {
        let keys: Vec<_> = (begun..until).map(|key| (key + 1, attempts(&mut dice))).collect();
        begun = until;
        let storm = stream::iter(keys).for_each_concurrent(AT_ONCE, async |(key, attempts)| {
            let sent = attempts.into_iter().map(|patience| client.send(key, patience));
            let mut given: Vec<_> = join_all(sent).await.into_iter().flatten().collect();
            given.retain(|body| body.starts_with("{\"data\":{\"it\":{"));
            given.push(client.insist(key).await);
            let given = given.iter().map(|body| without_cost(body));
            answers.lock().expect("not poisoned").entry(key).or_default().extend(given);
        });
        let kill = async {
            // In the middle of this part of the storm; the clients go on at the new address.
            sleep(Duration::from_millis(400)).await;
            if until < KEYS {
                // The one before is dead before the next one starts.
                service.kill();
                service = Service::start(&program);
            }
        };
        tokio::join!(storm, kill);
    }

    let answers = answers.into_inner().expect("not poisoned");
    assert_eq!(answers.len(), KEYS);
    let data = json!({ "it": { "outcome": "CREATED", "division": { "version": 1 } } });
    let first = json!({ "data": data, "extensions": {} });
    let again = json!({ "data": data, "extensions": { "idempotency": { "replayed": ["it"] } } });
    for (key, given) in &answers {
        // One that was done twice would answer that the division is there already.
        assert!(given.iter().all(|body| *body == first || *body == again), "key {key}: {given:#?}");
        assert!(given.iter().filter(|body| **body == first).count() <= 1, "key {key}: {given:#?}");
        assert_eq!(client.send(*key, None).await.as_deref().map(without_cost), Some(again.clone()), "key {key}");
    }
    let lost = answers.values().filter(|given| !given.contains(&first)).count();
    println!("{lost} of {KEYS} first answers were lost");
    assert!(lost >= KEYS / 100, "the clients hung up too rarely to show anything: {lost}");
}

/// An address of this machine that nothing listens at.
fn free_address() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

/// A process that serves, killed at the end.
struct Service(Child);

impl Service {
    fn start(program: &Program) -> Self {
        let mut command = program.command(&["serve", "--unsafe"]);
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts"))
    }

    /// SIGKILL.
    fn kill(&mut self) {
        self.0.kill().expect("the process lives");
        self.0.wait().expect("the process has ended");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // An error says that it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Two to five attempts at once: whether each waits for its answer, or when it hangs up.
fn attempts(dice: &mut Dice) -> Vec<Option<Duration>> {
    let count = 1 + dice.below(4);
    (0..count).map(|_| (dice.below(2) == 0).then(|| Duration::from_micros(dice.below(40_000) as u64))).collect()
}
