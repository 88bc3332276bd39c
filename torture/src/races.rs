//! Lets many clients write the same things at the same time, and looks whether they took turns.

mod history;
mod moves;

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use bench::dice::Dice;
use bench::http::{Answer, Connection};
use bench::projects::{FISCAL_YEAR, code};
use bench::service::{Client, Service};
use bench::world::{DIVISION, Kind, UNIT, World};
use bench::{Done, Failure};
use clap::Args;
use serde_json::{Value, json};

use crate::batch::{self, Batch};
use crate::{aftermath, check};
use history::{Event, Kind as Happened};

/// How long a request may be refused for want of capacity.
const PATIENCE: Duration = Duration::from_secs(60);
/// Projects that all clients write.
const SHARED: u64 = 4;
/// Their budget in yuan, which transfers do not change.
const BUDGET: i64 = 1_000_000;
/// Where the numbers of the shared projects begin; batches have smaller ones.
const FIRST_SHARED: u64 = 900_000_000_000_000;

/// Let many clients write the same projects, units and rows, and look whether they took turns
///
/// Each round every client takes some steps: it reads a project and, mostly, transfers between its funds and its months,
/// expecting the version that it read; or it puts a unit under another one, whether or not that closes a circle. Then all send the
/// same rows at once. The versions of each project must form one line, without fork or gap; no session may see an older version than
/// before, or a state that nobody wrote; the same rows are created once. PostgreSQL is served by two processes. At the end the
/// checker must find faults that are made on purpose.
#[derive(Debug, Args)]
pub struct Races {
    /// The database under test
    #[arg(long, value_enum)]
    db: Kind,
    /// Rounds
    #[arg(long, default_value_t = 100)]
    rounds: u64,
    /// Steps of a client in a round
    #[arg(long, default_value_t = 10)]
    steps: u64,
    /// Clients at a time
    #[arg(long, default_value_t = 8)]
    clients: u64,
    /// What the random steps come from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// One client, and what it saw.
#[derive(Default)]
struct Session {
    events: Vec<Event>,
    conflicts: u64,
    moved: u64,
    circles: u64,
    created: u64,
    broken: Option<Failure>,
}

impl Races {
    /// Runs all rounds and prints what was found.
    pub async fn run(self) -> Done<()> {
        let cluster = self.db.cluster()?;
        let world = World::new(cluster.as_ref(), "service").await?;
        let token = world.token()?;
        let mut services = vec![Service::start(&world, &token)?];
        if cluster.is_some() {
            services.push(Service::start(&world, &token)?);
        }
        let clients: Vec<Client> = services.iter().map(Service::client).collect();
        let first = clients.first().ok_or("no service")?;
        moves::make_units(first)?;
        for project in 0..SHARED {
            let made = write(&mut Connection::to(first.address), first, project, None, 1)?;
            if made != Written::As(1) {
                return Err(Failure::from("a shared project could not be made"));
            }
        }
        let began = Instant::now();
        let barrier = Barrier::new(usize::try_from(self.clients)?);
        let sessions: Vec<Session> = thread::scope(|scope| {
            let threads: Vec<_> = (0..self.clients)
                .zip(clients.iter().cycle())
                .map(|(number, client)| {
                    let (barrier, races) = (&barrier, &self);
                    scope.spawn(move || races.session(number, client, barrier))
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().map_err(|_| "a client broke")).collect::<Result<_, _>>()
        })?;
        let (mut events, mut sums) = (Vec::new(), [0; 4]);
        for session in sessions {
            if let Some(broken) = session.broken {
                return Err(broken);
            }
            let counts = [session.conflicts, session.moved, session.circles, session.created];
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            events.push(session.events);
        }
        let [conflicts, moved, circles, created] = sums;
        let versions = history::judge(&events)?;

        drop(services);
        let db = world.connect().await?;
        check::settled(&db).await?;
        let mut rows = 0;
        for round in 0..self.rounds {
            let mut batch = same_rows(round);
            batch.stored = Some(1);
            rows += batch.rows;
            check::batch(&db, &batch, None).await?.map_err(|fault| fault.to_string())?;
        }
        check::no_more_than(&db, rows + SHARED).await?;
        for project in 0..SHARED {
            history::compare(&db, &code(FIRST_SHARED + project), versions.get(&project).copied().unwrap_or(1)).await?;
        }
        db.close().await?;
        aftermath::check(&world).await?;
        if created != rows {
            return Err(Failure::from(format!("{created} rows were said to be created, {rows} are there")));
        }
        let reads = events.iter().flatten().filter(|event| event.kind == Happened::Read).count();
        let written: u64 = versions.values().map(|version| u64::from(version - 1)).sum();
        println!(
            "{} rounds of {} clients: {written} transfers in one line of versions for each of {SHARED} projects, {conflicts} \
             conflicts, {reads} reads, none of them older than before; {moved} units moved, {circles} circles refused; {rows} rows \
             sent by all at once and created once; {:.0?} in all",
            self.rounds,
            self.clients,
            began.elapsed(),
        );
        if conflicts == 0 || circles == 0 || moved == 0 {
            return Err(Failure::from("control: the clients never met, so nothing was tried"));
        }
        history::control(&events)
    }

    /// The steps of one client in all rounds. What breaks is kept, since the others wait for this one.
    fn session(&self, number: u64, client: &Client, barrier: &Barrier) -> Session {
        let mut dice = Dice::new(self.seed.wrapping_mul(1_000_003).wrapping_add(number));
        let mut connection = Connection::to(client.address);
        let mut session = Session::default();
        for round in 0..self.rounds {
            let mut steps = || {
                for step in 0..self.steps {
                    if dice.percent(25) {
                        moves::step(&mut connection, client, &mut dice, &mut session)?;
                    } else {
                        let mark = u32::try_from((round * self.steps + step) * self.clients + number + 2)?;
                        transfer(&mut connection, client, dice.below(SHARED), mark, &mut session)?;
                    }
                }
                Ok(())
            };
            let stepped: Done<()> = steps();
            barrier.wait();
            let sent = stepped.and_then(|()| send_same_rows(&mut connection, client, round, &mut session));
            if let Err(broken) = sent {
                session.broken.get_or_insert(format!("client {number}, round {round}: {broken}").into());
            }
        }
        session
    }
}

/// The rows that all clients send in a round.
fn same_rows(round: u64) -> Batch {
    Batch::new(0, round, 20)
}

fn send_same_rows(connection: &mut Connection, client: &Client, round: u64, session: &mut Session) -> Done<()> {
    let answer = post(connection, client, &same_rows(round).request(1))?;
    if !batch::acknowledges(&answer) {
        return Err(Failure::from(format!("the same rows were refused: {}", answer.body)));
    }
    let read: Value = serde_json::from_str(&answer.body)?;
    session.created += read.pointer("/data/projectsUpsert/summary/created").and_then(Value::as_u64).unwrap_or(0);
    Ok(())
}

/// Sends a request, again while there is no capacity: such an answer says that nothing was changed.
fn post(connection: &mut Connection, client: &Client, body: &[u8]) -> Done<Answer> {
    let began = Instant::now();
    loop {
        let answer = client.post_on(connection, body)?;
        if !batch::can_be_repeated(&answer) || began.elapsed() > PATIENCE {
            return Ok(answer);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Sends a document, and gives the data of the answer.
fn ask(connection: &mut Connection, client: &Client, query: &str, variables: Value) -> Done<Value> {
    let body = json!({"query": query, "variables": variables}).to_string();
    let answer = post(connection, client, body.as_bytes())?;
    let mut read: Value = serde_json::from_str(&answer.body)?;
    if answer.status != 200 || read.get("errors").is_some() {
        return Err(Failure::from(format!("{}: {}", answer.status, answer.body)));
    }
    Ok(read["data"].take())
}

/// What became of a write.
#[derive(Debug, PartialEq, Eq)]
enum Written {
    /// It is there as this version.
    As(u32),
    /// Another version was there.
    Conflict,
}

/// Writes the state of a mark: its funds sum up to the budget, its months follow from it.
fn write(
    connection: &mut Connection,
    client: &Client,
    project: u64,
    expected: Option<u32>,
    mark: u32,
) -> Done<Written> {
    let query = "mutation($input: ProjectUpsertInput!) { projectUpsert(input: $input) { outcome project { version } \
                 userErrors { code message } } }";
    let state = State::of(mark);
    let months = [(3, state.march), (6, 50), (12, 100)];
    let plan: Vec<Value> =
        months.iter().map(|(month, percent)| json!({"month": month, "percent": percent.to_string()})).collect();
    let input = json!({
        "expectedVersion": expected,
        "key": {"divisionCode": DIVISION, "fiscalYear": FISCAL_YEAR, "unitCode": UNIT, "code": code(FIRST_SHARED + project)},
        "set": {
            "name": format!("共同项目{project}"),
            "purpose": mark.to_string(),
            "budget": {"yuan": BUDGET.to_string()},
            "fiscalFunds": {"yuan": state.fiscal.to_string()},
            "otherFunds": {"yuan": (BUDGET - state.fiscal).to_string()},
            "plan": plan,
        },
    });
    let done = &ask(connection, client, query, json!({"input": input}))?["projectUpsert"];
    if done["userErrors"][0]["code"] == "CONFLICT" {
        return Ok(Written::Conflict);
    }
    let version = done["project"]["version"].as_u64().filter(|_| done["outcome"] != "FAILED");
    let version = version.ok_or_else(|| Failure::from(format!("a write was refused: {done}")))?;
    Ok(Written::As(u32::try_from(version)?))
}

/// Reads a project and writes the state of a mark in the place of what was read.
fn transfer(connection: &mut Connection, client: &Client, project: u64, mark: u32, session: &mut Session) -> Done<()> {
    let query = "query($key: ProjectKeyInput!) { project(by: { key: $key }) { version purpose budget { amount(unit: YUAN) } \
                 fiscalFunds { amount(unit: YUAN) } otherFunds { amount(unit: YUAN) } plan { points { month percent } } } }";
    let key = json!({"divisionCode": DIVISION, "fiscalYear": FISCAL_YEAR, "code": code(FIRST_SHARED + project)});
    let read = &ask(connection, client, query, json!({"key": key}))?["project"];
    let number = |pointer: &str| -> Done<i64> {
        let value = read.pointer(pointer).ok_or_else(|| format!("{pointer} is missing: {read}"))?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        // Amounts are exact decimals, here of whole yuan and percents.
        Ok(text.split('.').next().unwrap_or_default().parse()?)
    };
    let (version, seen) = (u32::try_from(number("/version")?)?, u32::try_from(number("/purpose")?)?);
    let state = State::of(seen);
    let (fiscal, other) = (number("/fiscalFunds/amount")?, number("/otherFunds/amount")?);
    if (fiscal, other) != (state.fiscal, BUDGET - state.fiscal) {
        return Err(Failure::from(format!("a state that nobody wrote: {read}")));
    }
    // The months are another statement's, so they can be of a later moment; then the version is none any more.
    let of_one_moment = number("/plan/points/0/percent")? == state.march;
    session.events.push(Event { kind: Happened::Read, project, version, mark: seen });
    match write(connection, client, project, Some(version), mark)? {
        Written::As(_) if !of_one_moment => {
            return Err(Failure::from(format!("the months of another version under one that still holds: {read}")));
        }
        Written::As(written) if written == version + 1 => {
            session.events.push(Event { kind: Happened::Write, project, version: written, mark });
        }
        Written::As(written) => return Err(Failure::from(format!("version {written} was written upon {version}"))),
        Written::Conflict => session.conflicts += 1,
    }
    Ok(())
}

/// What a project has when it bears a mark.
struct State {
    fiscal: i64,
    march: i64,
}

impl State {
    fn of(mark: u32) -> Self {
        Self { fiscal: i64::from(mark) * 7 % BUDGET, march: i64::from(mark) % 40 }
    }
}
