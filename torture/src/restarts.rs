//! Restarts the service under load at a socket that outlives it: nobody may notice but by waiting.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bench::dice::Dice;
use bench::http::Connection;
use bench::projects::FISCAL_YEAR;
use bench::service::{Client, Service};
use bench::world::{DIVISION, Kind, World};
use bench::{Done, Failure};
use clap::Args;
use serde_json::{Value, json};

use crate::batch::{self, Batch};
use crate::{aftermath, check};

/// Clients at a time; every other one opens a connection for each request.
const CLIENTS: u64 = 32;

/// Restart the service by SIGTERM under load, and look for a request that failed
///
/// The listening socket is held beside the service and handed to each process (`LISTEN_FDS`), as systemd does. Clients read and
/// write at a fixed rate, half of them over connections that stay open; a request fails when it has no whole answer, or one
/// with errors. What waited is sent as fast as it can be afterwards. At the end every acknowledged write must be there, and the
/// same load must see failures when the service takes the address itself.
#[derive(Debug, Args)]
pub struct Restarts {
    /// The database under test
    #[arg(long, value_enum)]
    db: Kind,
    /// Restarts
    #[arg(long, default_value_t = 50)]
    rounds: u64,
    /// Requests a second
    #[arg(long, default_value_t = 200)]
    rate: u64,
    /// The machine has other work too: what is refused for want of capacity is counted, and is no failure
    #[arg(long)]
    busy: bool,
    /// What the random times come from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What the clients saw.
#[derive(Debug, Default)]
struct Seen {
    answered: u64,
    written: u64,
    /// Answered that there is no capacity at the moment.
    refused: u64,
    failed: Vec<String>,
    slowest: Duration,
}

impl Restarts {
    /// Runs all rounds and prints what was found.
    pub async fn run(self) -> Done<()> {
        let cluster = self.db.cluster()?;
        let world = World::new(cluster.as_ref(), "service").await?;
        let mut dice = Dice::new(self.seed);
        let mut clients: Vec<Asking> = (0..CLIENTS).map(Asking::new).collect();

        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        let socket = socket.listen(4096)?.into_std()?;
        let start = |token: &str| Service::start_at(&world, token, &socket);
        let (seen, pauses) = self.under_load(&world, &mut clients, self.rounds, &mut dice, &start)?;
        let longest = pauses.iter().max().copied().unwrap_or_default();
        println!(
            "{} restarts under {} requests a second: {} answered, {} of them writes, {} refused for \
             want of capacity, {} failed; the slowest answer took \
             {:.2?}, the longest time from the signal until ready again {longest:.2?}",
            self.rounds,
            self.rate,
            seen.answered,
            seen.written,
            seen.refused,
            seen.failed.len(),
            seen.slowest,
        );
        if let Some(first) = seen.failed.first() {
            return Err(Failure::from(format!("{} requests failed, the first: {first}", seen.failed.len())));
        }
        if seen.refused > 0 && !self.busy {
            return Err(Failure::from(
                "requests were refused for want of capacity; --busy on a machine with other work",
            ));
        }
        let db = world.connect().await?;
        check::settled(&db).await?;
        for client in &clients {
            check::batch(&db, &client.batch, None).await?.map_err(|fault| fault.to_string())?;
        }
        check::nothing_else(&db, clients.iter().map(|client| &client.batch)).await?;
        db.close().await?;
        aftermath::check(&world).await?;

        drop(socket);
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let alone = |token: &str| Service::start_on(&world, token, address);
        let (seen, _) = self.under_load(&world, &mut clients, 3, &mut dice, &alone)?;
        let first =
            seen.failed.first().ok_or("control: without the socket no request failed, so the load sees nothing")?;
        println!("control: 3 restarts without the socket: {} requests failed, the first: {first}", seen.failed.len());
        Ok(())
    }

    /// Restarts the service again and again under load, and gives what the clients saw, and how long each restart took.
    fn under_load(
        &self,
        world: &World,
        clients: &mut [Asking],
        rounds: u64,
        dice: &mut Dice,
        start: &dyn Fn(&str) -> Done<Service>,
    ) -> Done<(Seen, Vec<Duration>)> {
        let mut service = start(&world.token()?)?;
        let client = service.client();
        let mut restart = || {
            let mut pauses = Vec::new();
            for _ in 0..rounds {
                thread::sleep(Duration::from_millis(dice.between(300, 900)));
                let token = world.token()?;
                let began = Instant::now();
                service.stop()?;
                service = start(&token)?;
                pauses.push(began.elapsed());
            }
            thread::sleep(Duration::from_millis(300));
            Ok(pauses)
        };
        let stop = AtomicBool::new(false);
        let every = Duration::from_secs(CLIENTS).div_f64(self.rate.max(1) as f64);
        thread::scope(|scope| {
            let (stop, client) = (&stop, &client);
            let threads: Vec<_> =
                clients.iter_mut().map(|asking| scope.spawn(move || asking.ask_until(client, every, stop))).collect();
            let pauses: Done<Vec<Duration>> = restart();
            stop.store(true, Ordering::Relaxed);
            let mut seen = Seen::default();
            for thread in threads {
                seen.add(thread.join().map_err(|_| "a client broke")?);
            }
            Ok((seen, pauses?))
        })
    }
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.answered += other.answered;
        self.written += other.written;
        self.refused += other.refused;
        self.failed.extend(other.failed);
        self.slowest = self.slowest.max(other.slowest);
    }
}

/// A client with a project of its own.
struct Asking {
    number: u64,
    batch: Batch,
}

impl Asking {
    fn new(number: u64) -> Self {
        Self { number, batch: Batch::new(number, 0, 1) }
    }

    /// Sends a request at each turn, the late ones at once; every fifth is a write.
    fn ask_until(&mut self, client: &Client, every: Duration, stop: &AtomicBool) -> Seen {
        let mut seen = Seen::default();
        let mut connection = Connection::to(client.address);
        let mut turn = Instant::now() + every.mul_f64(self.number as f64 / CLIENTS as f64);
        for count in 0_u64.. {
            thread::sleep(turn.saturating_duration_since(Instant::now()));
            if stop.load(Ordering::Relaxed) {
                break;
            }
            turn += every;
            let writes = count.is_multiple_of(5);
            let revision = self.batch.stored.unwrap_or(0) + 1;
            let body = if writes { self.batch.request(revision) } else { self.page() };
            if self.number.is_multiple_of(2) {
                connection = Connection::to(client.address);
            }
            let began = Instant::now();
            let answer = client.post_on(&mut connection, &body);
            let took = began.elapsed();
            let is_good = match &answer {
                Ok(answer) if writes => batch::acknowledges(answer),
                Ok(answer) => answer.status == 200 && !answer.body.contains("\"errors\""),
                Err(_) => false,
            };
            if is_good {
                seen.answered += 1;
                seen.slowest = seen.slowest.max(took);
                if writes {
                    seen.written += 1;
                    self.batch.stored = Some(revision);
                }
            } else if answer.as_ref().is_ok_and(batch::can_be_repeated) {
                seen.refused += 1;
            } else {
                let what = if writes { "a write" } else { "a read" };
                seen.failed.push(format!("{what} after {took:.2?}: {answer:?}"));
            }
        }
        seen
    }

    fn page(&self) -> Vec<u8> {
        let query = "query($division: String!, $year: Int!) { projects(first: 20, filter: { divisionCode: { eq: $division }, \
                     fiscalYear: { eq: $year } }) { nodes { id code name } } }";
        let variables: Value = json!({"division": DIVISION, "year": FISCAL_YEAR});
        json!({"query": query, "variables": variables}).to_string().into_bytes()
    }
}
