//! Kills the service, or the database under it, while writers load it, and looks at what is left.

mod batch;
mod check;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use sea_orm::{ConnectionTrait, DatabaseConnection, TransactionTrait};

use crate::cluster::Cluster;
use crate::dice::Dice;
use crate::service::{Client, Service};
use crate::world::{Kind, World};
use crate::{Done, Failure};
use batch::{Batch, Sent};
use check::Fault;

/// How long a repeated request may be refused.
const PATIENCE: Duration = Duration::from_secs(20);
/// Rounds between two looks at everything.
const FULL_CHECK_EVERY: u64 = 25;

/// Kill the service under bulk load again and again, and look for lost rows and half batches
///
/// Each round lets writers send batches of 1 to 500 projects, kills after 10 to 250 ms, starts again, compares what is
/// stored with what was acknowledged, and repeats unanswered requests that have a key. On PostgreSQL every other round
/// kills the postmaster, and the service goes on. At the end the checker must find faults that are made on purpose.
#[derive(Debug, Args)]
pub struct Kill9 {
    /// The database under test
    #[arg(long, value_enum)]
    db: Kind,
    /// Kills
    #[arg(long, default_value_t = 300)]
    rounds: u64,
    /// Writers at a time
    #[arg(long, default_value_t = 3)]
    writers: u64,
    /// What the random sizes and times come from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Default)]
struct Counts {
    acknowledged: u64,
    refused: u64,
    unanswered: u64,
    unanswered_written: u64,
    repeated: u64,
    replayed: u64,
    full_checks: u64,
    slowest_return: Duration,
}

impl Kill9 {
    /// Runs all rounds and prints what was found.
    pub async fn run(self) -> Done<()> {
        let cluster = match self.db {
            Kind::Sqlite => None,
            Kind::Postgres => Some(Cluster::start()?),
        };
        let world = World::new(cluster.as_ref(), "service").await?;
        let mut dice = Dice::new(self.seed);
        let mut writers: Vec<Writer> = (0..self.writers).map(|writer| Writer::new(writer, self.seed)).collect();
        let mut counts = Counts::default();
        let mut service = Service::start(&world, &world.token()?)?;
        let began = Instant::now();
        for round in 1..=self.rounds {
            let life = Duration::from_millis(dice.between(10, 250));
            let stop = Arc::new(AtomicBool::new(false));
            let threads: Vec<_> = writers
                .into_iter()
                .map(|writer| {
                    let (client, stop) = (service.client(), Arc::clone(&stop));
                    thread::spawn(move || writer.write_until(&client, &stop))
                })
                .collect();
            thread::sleep(life);
            let struck = Instant::now();
            match &cluster {
                Some(cluster) if round % 2 == 0 => {
                    cluster.kill()?;
                    stop.store(true, Ordering::Relaxed);
                    writers = joined(threads)?;
                    cluster.restart()?;
                    service.ready()?;
                }
                Some(_) | None => {
                    service.kill()?;
                    stop.store(true, Ordering::Relaxed);
                    writers = joined(threads)?;
                    service = Service::start(&world, &world.token()?)?;
                }
            }
            counts.slowest_return = counts.slowest_return.max(struck.elapsed());

            let db = world.connect().await?;
            check::settled(&db).await?;
            let everything = round % FULL_CHECK_EVERY == 0 || round == self.rounds;
            for writer in &mut writers {
                writer.settle(&db, everything, &mut counts).await.map_err(|error| format!("round {round}: {error}"))?;
                writer.repeat(&service.client(), &mut counts)?;
                writer
                    .settle(&db, false, &mut counts)
                    .await
                    .map_err(|error| format!("repeated in round {round}: {error}"))?;
            }
            check::nothing_else(&db, writers.iter().flat_map(|writer| writer.batches.values())).await?;
            db.close().await?;
            if everything {
                world.run(&["admin", "check"])?;
                world.run(&["admin", "audit", "verify"])?;
                check::integrity(&world).await?;
                counts.full_checks += 1;
                println!("round {round}: {} acknowledged, after {:.0?}", counts.acknowledged, began.elapsed());
            }
        }
        drop(service);
        let batches: Vec<&Batch> = writers.iter().flat_map(|writer| writer.batches.values()).collect();
        let rows: u64 = batches.iter().filter(|batch| batch.stored.is_some()).map(|batch| batch.rows).sum();
        println!(
            "{} kills: {} batches acknowledged, {} refused with an answer, {} without an answer, of which {} were written whole and the others not at all; {} repeated with their key, {} of them had been done; {rows} projects at the end; 0 acknowledged rows lost, 0 half batches; {} full checks; longest until ready again {:.1?}; {:.0?} in all",
            self.rounds,
            counts.acknowledged,
            counts.refused,
            counts.unanswered,
            counts.unanswered_written,
            counts.repeated,
            counts.replayed,
            counts.full_checks,
            counts.slowest_return,
            began.elapsed(),
        );
        control(&world, &batches).await
    }
}

/// The writers, back from their threads.
fn joined(threads: Vec<thread::JoinHandle<Writer>>) -> Done<Vec<Writer>> {
    let join = |thread: thread::JoinHandle<Writer>| thread.join().map_err(|_| Failure::from("a writer broke"));
    threads.into_iter().map(join).collect()
}

/// Who writes: his batches by their number, and what he sent last.
struct Writer {
    number: u64,
    dice: Dice,
    batches: BTreeMap<u64, Batch>,
    sent: Vec<(u64, Sent)>,
    refused: u64,
}

impl Writer {
    fn new(number: u64, seed: u64) -> Self {
        let dice = Dice::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
        Self { number, dice, batches: BTreeMap::new(), sent: Vec::new(), refused: 0 }
    }

    /// Sends batch after batch until there is no answer.
    fn write_until(mut self, client: &Client, stop: &AtomicBool) -> Self {
        self.sent.clear();
        while !stop.load(Ordering::Relaxed) {
            let (number, revision) = self.next();
            let key =
                self.dice.percent(40).then(|| format!("writer-{}-batch-{number}-revision-{revision}", self.number));
            let Some(batch) = self.batches.get_mut(&number) else { continue };
            let mut sent = Sent { revision, key, acknowledged: false, answered: false };
            match client.post(&batch.request(revision), sent.key.as_deref()) {
                Ok(answer) => {
                    sent.answered = true;
                    sent.acknowledged = batch::acknowledges(&answer);
                    self.refused += u64::from(!sent.acknowledged);
                    if !sent.acknowledged && !batch::can_be_repeated(&answer) && self.refused <= 3 {
                        let shown: String = answer.body.chars().take(300).collect();
                        eprintln!("refused: {} {shown}", answer.status);
                    }
                    self.sent.push((number, sent));
                }
                Err(_) => {
                    self.sent.push((number, sent));
                    break;
                }
            }
        }
        self
    }

    /// A new batch, or one that is stored in its next revision; a batch is sent once a round.
    fn next(&mut self) -> (u64, u32) {
        let known = self.batches.len() as u64;
        if known > 0 && self.dice.percent(30) {
            let number = self.dice.below(known);
            let is_free = self.sent.iter().all(|(sent, _)| *sent != number);
            if let Some(stored) = self.batches.get(&number).filter(|_| is_free).map(|batch| batch.stored) {
                return (number, stored.unwrap_or(0) + 1);
            }
        }
        let rows = if self.dice.percent(50) { self.dice.between(1, 30) } else { self.dice.between(1, 500) };
        self.batches.insert(known, Batch::new(self.number, known, rows));
        (known, 1)
    }

    /// Compares what is stored with what was sent, and takes what is stored as known from now on.
    async fn settle(&mut self, db: &DatabaseConnection, everything: bool, counts: &mut Counts) -> Done<()> {
        let mut faults: Vec<Fault> = Vec::new();
        for (number, sent) in std::mem::take(&mut self.sent) {
            let Some(batch) = self.batches.get_mut(&number) else { continue };
            let before = batch.stored;
            let found = check::batch(db, batch, Some(&sent)).await?;
            match found {
                Ok(stored) => batch.stored = stored,
                Err(fault) => faults.push(fault),
            }
            match (sent.acknowledged, sent.answered) {
                (true, _) => counts.acknowledged += 1,
                (false, true) => counts.refused += 1,
                (false, false) => {
                    counts.unanswered += 1;
                    counts.unanswered_written += u64::from(batch.stored != before);
                    self.sent.push((number, sent));
                }
            }
        }
        if everything {
            for batch in self.batches.values() {
                faults.extend(check::batch(db, batch, None).await?.err());
            }
        }
        match faults.first() {
            None => Ok(()),
            Some(first) => Err(Failure::from(format!("{} faults, the first: {first}", faults.len()))),
        }
    }

    /// Sends again what had a key and no answer: it must end as if it had been sent once.
    fn repeat(&mut self, client: &Client, counts: &mut Counts) -> Done<()> {
        let mut again = Vec::new();
        for (number, mut sent) in std::mem::take(&mut self.sent) {
            let (Some(key), Some(batch)) = (&sent.key, self.batches.get(&number)) else { continue };
            let began = Instant::now();
            let mut answer = client.post(&batch.request(sent.revision), Some(key))?;
            // The connections of the service to a database that was killed are found dead one by one.
            while batch::can_be_repeated(&answer) && began.elapsed() < PATIENCE {
                thread::sleep(Duration::from_millis(20));
                answer = client.post(&batch.request(sent.revision), Some(key))?;
            }
            if !batch::acknowledges(&answer) {
                return Err(Failure::from(format!(
                    "a repeated request was refused: {} {}",
                    answer.status, answer.body
                )));
            }
            counts.repeated += 1;
            counts.replayed += u64::from(batch.stored == Some(sent.revision));
            (sent.acknowledged, sent.answered) = (true, true);
            again.push((number, sent));
        }
        self.sent = again;
        Ok(())
    }
}

/// The negative control: the checker must find faults that are made on purpose, each in a transaction that is rolled back.
#[allow(clippy::disallowed_methods, reason = "the transaction is past the service, and rolled back")]
async fn control(world: &World, batches: &[&Batch]) -> Done<()> {
    let db = world.connect().await?;
    let whole = batches.iter().find(|batch| batch.stored.is_some() && batch.rows > 1);
    let batch = *whole.ok_or("no batch is there to be spoiled")?;
    let delete = |from: u64, to: u64| {
        format!("DELETE FROM project WHERE code >= '{}' AND code < '{}'", batch.code(from), batch.code(to))
    };
    let point = format!(
        "DELETE FROM plan_point WHERE id IN (SELECT t.id FROM plan_point t JOIN spending_plan s ON s.id = t.plan_id \
         JOIN project p ON p.id = s.project_id WHERE p.code = '{}' AND t.month = 12)",
        batch.code(0)
    );
    let feed =
        format!("DELETE FROM change WHERE entity_id IN (SELECT id FROM project WHERE code = '{}')", batch.code(0));
    // An unanswered batch may be missing as a whole, so half of one is the harder case.
    let unanswered = Sent { revision: batch.stored.unwrap_or(1), key: None, acknowledged: false, answered: false };
    let mut new = batch.clone();
    new.stored = None;
    let gone = delete(0, batch.rows);
    let half = delete(batch.rows / 2, batch.rows);
    let one = delete(0, 1);
    let spoiled: [(&str, &str, &Batch, Option<&Sent>); 5] = [
        ("one acknowledged row removed", &one, batch, None),
        ("an acknowledged batch removed", &gone, batch, None),
        ("half of an unanswered batch removed", &half, &new, Some(&unanswered)),
        ("a plan point removed", &point, batch, None),
        ("a row of the outbox removed", &feed, batch, None),
    ];
    for (what, sql, batch, sent) in spoiled {
        let tx = db.begin().await?;
        if tx.execute_unprepared(sql).await?.rows_affected() == 0 {
            return Err(Failure::from(format!("control: {what}: nothing was spoiled")));
        }
        let Err(fault) = check::batch(&tx, batch, sent).await? else {
            return Err(Failure::from(format!("control: {what}: the checker says nothing")));
        };
        println!("control: {what}: {fault}");
        tx.rollback().await?;
    }
    if let Err(fault) = check::batch(&db, batch, None).await? {
        return Err(Failure::from(format!("control: the data is spoiled: {fault}")));
    }
    Ok(db.close().await?)
}
