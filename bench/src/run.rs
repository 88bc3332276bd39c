//! The service against the floor, turn by turn, on the same rows.

mod load;
mod report;

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::cluster::Cluster;
use crate::data::{Size, Unit};
use crate::dice::Dice;
use crate::operations::{ALL, Operation};
use crate::service::{Client, Service};
use crate::world::{Kind, World};
use crate::{Done, Failure, generate, http, usage};

use load::{Load, Requests};
use report::{Report, Side};

/// Different requests of an operation, sent one after the other again and again.
const REQUESTS: u64 = 256;
/// How long the floor may take to become ready: it makes an index of a province.
const PATIENCE: Duration = Duration::from_secs(300);

/// Ask the service and the floor for the same, turn by turn, and compare
///
/// Both work on one database. Before an operation is measured, some answers of both are compared; they must hold the same.
#[derive(Debug, Args)]
pub struct Run {
    /// The database under test
    #[arg(long, value_enum)]
    db: Kind,
    /// How much is in it
    #[arg(long, value_enum, default_value_t = Size::City)]
    size: Size,
    /// A database that `generate` has filled with as much, instead of a new one
    #[arg(long)]
    url: Option<String>,
    /// The operations, by commas; all without it
    #[arg(long, value_delimiter = ',')]
    operations: Vec<String>,
    /// Connections of each side
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Rounds, in each of which both are asked
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Seconds of one side in one round
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
}

/// The process of the floor; killed when dropped.
struct Floor {
    process: Child,
    address: SocketAddr,
}

impl Drop for Floor {
    fn drop(&mut self) {
        // A process that is gone already is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Floor {
    fn start(url: &str) -> Done<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["floor", "--url", url, "--listen", &address.to_string()]).stdin(Stdio::null());
        let floor = Self { process: command.spawn()?, address };
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if http::send(address, "GET", "/readyz", &[], b"").is_ok_and(|answer| answer.status == 200) {
                return Ok(floor);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(Failure::from("the floor does not become ready"))
    }
}

/// One request for both.
struct Pair {
    service: Vec<u8>,
    floor: Vec<u8>,
}

impl Run {
    /// Measures and prints.
    pub async fn run(self) -> Done<()> {
        let cluster = match (self.db, &self.url) {
            (Kind::Postgres, None) => Some(Cluster::start()?),
            (Kind::Postgres, Some(_)) | (Kind::Sqlite, _) => None,
        };
        let world = match &self.url {
            Some(url) => World::at(url).await?,
            None => {
                let world = World::new(cluster.as_ref(), "service").await?;
                generate::fill(&world, self.size).await?;
                world
            }
        };
        if world.kind() != self.db {
            return Err(Failure::from("`--url` is a database of the other kind"));
        }
        let token = world.token()?;
        let service = Service::start(&world, &token)?;
        let floor = Floor::start(&world.url)?;
        let units = self.size.units();
        let wanted = |operation: &&&Operation| {
            self.operations.is_empty() || self.operations.iter().any(|name| name.eq_ignore_ascii_case(operation.name))
        };
        let mut report = Report::new(self.db, self.size, self.connections);
        for operation in ALL.iter().filter(wanted) {
            let pairs = pairs(operation, &units, &service.client())?;
            compare(operation, &pairs, &service.client(), floor.address)?;
            report.line(operation, self.measure(operation, &pairs, &world, &service, &floor).await?);
        }
        drop(service);
        let began = Instant::now();
        let service = Service::start(&world, &token)?;
        let body = json!({"query": "{ projects(first: 1) { nodes { id } } }"}).to_string();
        let answer = service.client().post(body.as_bytes(), None)?;
        if answer.status != 200 {
            return Err(Failure::from(answer.body));
        }
        println!("start to first answer: {} ms", began.elapsed().as_millis());
        Ok(())
    }

    async fn measure(
        &self,
        operation: &Operation,
        pairs: &[Pair],
        world: &World,
        service: &Service,
        floor: &Floor,
    ) -> Done<[Side; 2]> {
        let client = service.client();
        let path = format!("/{}", operation.name);
        let authorization = format!("Authorization: Bearer {}\r\n", client.token());
        let requests = [
            Requests::new(client.address, "/graphql", &authorization, pairs.iter().map(|pair| pair.service.as_slice())),
            Requests::new(floor.address, &path, "", pairs.iter().map(|pair| pair.floor.as_slice())),
        ];
        let processes = [service.number(), floor.process.id()];
        let mut sides = [Side::default(), Side::default()];
        for requests in &requests {
            Load::run(requests, self.connections, Duration::from_millis(300)).await?;
        }
        for process in processes {
            usage::forget_peak(process)?;
        }
        for round in 0..self.rounds {
            let turns = if round % 2 == 0 { [0, 1] } else { [1, 0] };
            for turn in turns {
                let backends = backends(world, ["jixiao", "floor"][turn]).await?;
                let used = || -> Done<(f64, f64)> {
                    let of_database: Done<Vec<f64>> = backends.iter().map(|backend| usage::cpu(*backend)).collect();
                    Ok((usage::cpu(processes[turn])?, of_database?.iter().sum()))
                };
                let before = used()?;
                let load = Load::run(&requests[turn], self.connections, Duration::from_secs_f64(self.seconds)).await?;
                let after = used()?;
                sides[turn].add(load, after.0 - before.0, after.1 - before.1);
            }
        }
        for (side, process) in sides.iter_mut().zip(processes) {
            side.peak_memory = usage::peak_memory(process)?;
        }
        Ok(sides)
    }
}

/// The processes of PostgreSQL that work for a program on this database.
async fn backends(world: &World, program: &str) -> Done<Vec<u32>> {
    match world.kind() {
        Kind::Sqlite => Ok(Vec::new()),
        Kind::Postgres => {
            let mut db = PgConnection::connect(&world.url).await?;
            let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1";
            let pids: Vec<i32> = sqlx::query_scalar(sql).bind(program).fetch_all(&mut db).await?;
            db.close().await?;
            Ok(pids.into_iter().filter_map(|pid| u32::try_from(pid).ok()).collect())
        }
    }
}

fn pairs(operation: &Operation, units: &[Unit], client: &Client) -> Done<Vec<Pair>> {
    let mut dice = Dice::new(1);
    let pair = |_| {
        let asked = (operation.asked)(units, &mut dice);
        let variables = (operation.variables)(&asked, client)?;
        let service = json!({"query": operation.document, "variables": variables}).to_string().into_bytes();
        Ok(Pair { service, floor: asked.to_string().into_bytes() })
    };
    (0..REQUESTS).map(pair).collect()
}

/// Some answers of both hold the same.
fn compare(operation: &Operation, pairs: &[Pair], client: &Client, floor: SocketAddr) -> Done<()> {
    let json_headers = ["Content-Type: application/json".to_owned()];
    for pair in pairs.iter().take(8) {
        let answer = client.post(&pair.service, None)?.body;
        let wanted = http::send(floor, "POST", &format!("/{}", operation.name), &json_headers, &pair.floor)?.body;
        let data = |text: &str| {
            serde_json::from_str::<Value>(text).ok().and_then(|mut json| Some(json.get_mut("data")?.take()))
        };
        if data(&answer).is_none_or(|given| Some(given) != data(&wanted)) {
            return Err(Failure::from(format!("{}: the service says {answer}, the floor {wanted}", operation.name)));
        }
    }
    Ok(())
}
