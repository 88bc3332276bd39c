//! One account at work while a crowd takes all it can get and slow clients keep what they have.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use crate::dice::Dice;
use crate::projects::{Project, request, single_request};
use crate::service::{Client, Service};
use crate::world::{Kind, World};
use crate::{Done, Failure, usage};

/// Projects of the database.
const PROJECTS: u64 = 2_000;
/// Requests of the account at work that run at one time, and the pause before the next.
const AT_WORK: u64 = 4;
const PAUSE: Duration = Duration::from_millis(500);
/// How much slower the account at work may become.
const MOST: f64 = 2.0;

/// Overload the service with a crowd and slow clients, and see what another account notices
///
/// The account at work reads (80 %), writes (15 %) and writes many rows (5 %), within its limits. First it is alone; then a
/// crowd, with the token of one other account and without any, asks as fast as it can, and slow clients send half a head, half
/// a body, or take nothing of an answer of megabytes. Fails when there is an answer other than 200, 429 and 503, when the
/// account at work is refused, or when its p99 more than doubles. The limits are those that ship.
#[derive(Debug, Args)]
pub struct Overload {
    /// The database under test
    #[arg(long, value_enum)]
    db: Kind,
    /// Seconds of each phase
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Clients of the crowd; with the slow ones fewer than 60, since one address may have 64 connections
    #[arg(long, default_value_t = 32)]
    crowd: u64,
    /// Slow clients
    #[arg(long, default_value_t = 24)]
    slow: u64,
    /// Only print, whatever comes out
    #[arg(long)]
    lenient: bool,
}

/// What one kind of client saw: the times of accepted requests, and how many there were of each status.
#[derive(Default)]
struct Seen {
    times: Vec<Duration>,
    statuses: BTreeMap<u16, u64>,
}

impl Seen {
    fn note(&mut self, status: u16, time: Duration) {
        *self.statuses.entry(status).or_default() += 1;
        if status == 200 {
            self.times.push(time);
        }
    }

    /// A percentile in milliseconds.
    fn percentile(&mut self, percent: usize) -> f64 {
        self.times.sort_unstable();
        let at = self.times.len().saturating_sub(1) * percent / 100;
        self.times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }
}

impl Overload {
    /// Measures and prints.
    pub async fn run(self) -> Done<()> {
        let cluster = self.db.cluster()?;
        let world = World::new(cluster.as_ref(), "service").await?;
        let (token, crowd_token) = (world.token()?, world.crowd_token()?);
        let service = Service::start_as_shipped(&world, &token)?;
        let client = service.client();
        for first in (0..PROJECTS).step_by(500) {
            let projects: Vec<Project> = (first..first + 500).map(|number| Project::new(number, 1, 4)).collect();
            let answer = client.post(&request(&projects), None)?;
            if answer.status != 200 {
                return Err(Failure::from(format!("the projects are not written: {}", answer.body)));
            }
        }

        let stop = AtomicBool::new(false);
        let mut alone = at_work(&client, self.seconds)?;
        let crowd = Mutex::new(Seen::default());
        let crowd_clients = [service.client_with(Some(&crowd_token)), service.client_with(None)];
        let busy = thread::scope(|scope| {
            for number in 0..self.crowd {
                let client = &crowd_clients[usize::from(number % 2 == 1)];
                let (stop, crowd) = (&stop, &crowd);
                scope.spawn(move || in_the_crowd(client, stop, crowd));
            }
            for number in 0..self.slow {
                let (stop, client) = (&stop, &crowd_clients[0]);
                let token = crowd_token.as_str();
                scope.spawn(move || slow(client, token, number, stop));
            }
            let busy = at_work(&client, self.seconds);
            stop.store(true, Ordering::SeqCst);
            busy
        });
        let mut busy = busy?;
        let mut after = at_work(&client, self.seconds.min(10))?;
        let mut crowd = crowd.into_inner().map_err(|_| "a client of the crowd panicked")?;

        println!("{:<24} {:>8} {:>8}  statuses", "", "p50 ms", "p99 ms");
        for (name, seen) in [
            ("alone", &mut alone),
            ("beside the crowd", &mut busy),
            ("afterwards", &mut after),
            ("the crowd", &mut crowd),
        ] {
            let (middle, high) = (seen.percentile(50), seen.percentile(99));
            println!("{name:<24} {middle:>8.1} {high:>8.1}  {:?}", seen.statuses);
        }
        let ratio = busy.percentile(99) / alone.percentile(99);
        println!(
            "p99 beside the crowd is {ratio:.2} times that alone; peak memory {} kB",
            usage::peak_memory(service.number())?
        );
        if self.lenient {
            return Ok(());
        }
        if crowd.statuses.keys().any(|status| ![200, 429, 503].contains(status)) {
            return Err(Failure::from("the crowd got another answer than 200, 429 and 503"));
        }
        if [&alone, &busy, &after].iter().any(|seen| seen.statuses.keys().any(|status| *status != 200)) {
            return Err(Failure::from("the account at work was refused"));
        }
        if ratio > MOST {
            return Err(Failure::from(format!("the p99 of the account at work is more than {MOST} times what it was")));
        }
        Ok(())
    }
}

/// The account at work for some seconds.
fn at_work(client: &Client, seconds: u64) -> Done<Seen> {
    let until = Instant::now() + Duration::from_secs(seconds);
    let seen = Mutex::new(Seen::default());
    thread::scope(|scope| {
        for number in 0..AT_WORK {
            let seen = &seen;
            scope.spawn(move || {
                let mut dice = Dice::new(number);
                while Instant::now() < until {
                    let body = work(&mut dice);
                    let began = Instant::now();
                    let status = client.post(&body, None).map_or(0, |answer| answer.status);
                    if let Ok(mut seen) = seen.lock() {
                        seen.note(status, began.elapsed());
                    }
                    thread::sleep(PAUSE);
                }
            });
        }
    });
    seen.into_inner().map_err(|_| Failure::from("a client panicked"))
}

/// One request of the account at work.
fn work(dice: &mut Dice) -> Vec<u8> {
    let first = dice.below(PROJECTS - 20);
    match dice.below(100) {
        0..80 => page(20),
        80..95 => single_request(&Project::new(first, 1, 4)),
        _ => request(&(first..first + 20).map(|number| Project::new(number, 1, 4)).collect::<Vec<_>>()),
    }
}

/// A page of projects with what belongs to them.
fn page(first: u64) -> Vec<u8> {
    let query = format!(
        "{{ projects(first: {first}) {{ totalCount nodes {{ name budget {{ amount }} unit {{ name }} \
         indicators(first: 10) {{ nodes {{ name target {{ raw }} }} }} }} }} }}"
    );
    json!({ "query": query }).to_string().into_bytes()
}

/// A client that asks again at once, whatever the answer was.
fn in_the_crowd(client: &Client, stop: &AtomicBool, crowd: &Mutex<Seen>) {
    let body = page(50);
    while !stop.load(Ordering::SeqCst) {
        let began = Instant::now();
        // Connections beyond the bound of one address are closed without an answer, which is no status.
        if let (Ok(answer), Ok(mut crowd)) = (client.post(&body, None), crowd.lock()) {
            crowd.note(answer.status, began.elapsed());
        }
    }
}

/// A client that keeps its connection: with half a head, half a body, or an answer of which it takes a byte now and then.
fn slow(client: &Client, token: &str, number: u64, stop: &AtomicBool) {
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\n"
    );
    let body = page(500);
    let bytes = match number % 3 {
        0 => head.into_bytes(),
        1 => format!("{head}Content-Length: {}\r\n\r\n{{", body.len()).into_bytes(),
        _ => [format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat(),
    };
    while !stop.load(Ordering::SeqCst) {
        // Whatever goes wrong here is what the service does about such clients.
        let Ok(mut stream) = TcpStream::connect(client.address) else { continue };
        let _ = stream.set_read_timeout(Some(Duration::from_millis(500)));
        let _ = stream.write_all(&bytes);
        while !stop.load(Ordering::SeqCst) {
            if matches!(stream.read(&mut [0; 1]), Ok(0)) {
                break;
            }
            thread::sleep(Duration::from_millis(500));
        }
    }
}
