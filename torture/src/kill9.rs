//! Kills the service, or the database under it, while writers load it, and looks at what is left.

use std::thread;
use std::time::{Duration, Instant};

use bench::dice::Dice;
use bench::service::Service;
use bench::world::{Kind, World};
use bench::{Done, Failure};
use clap::Args;
use sea_orm::{ConnectionTrait, TransactionTrait};

use crate::batch::{Batch, Sent};
use crate::writer::{Counts, Writers};
use crate::{aftermath, check};

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

impl Kill9 {
    /// Runs all rounds and prints what was found.
    pub async fn run(self) -> Done<()> {
        let cluster = self.db.cluster()?;
        let world = World::new(cluster.as_ref(), "service").await?;
        let mut dice = Dice::new(self.seed);
        let mut writers = Writers::new(self.writers, self.seed);
        let mut counts = Counts::default();
        let (mut full_checks, mut slowest_return) = (0, Duration::ZERO);
        let mut service = Service::start(&world, &world.token()?)?;
        let began = Instant::now();
        for round in 1..=self.rounds {
            let life = Duration::from_millis(dice.between(10, 250));
            let writing = writers.begin(&service.client());
            thread::sleep(life);
            let struck = Instant::now();
            match &cluster {
                Some(cluster) if round % 2 == 0 => {
                    cluster.kill()?;
                    writers = writing.end()?;
                    cluster.restart()?;
                    service.ready()?;
                }
                Some(_) | None => {
                    service.kill()?;
                    writers = writing.end()?;
                    service = Service::start(&world, &world.token()?)?;
                }
            }
            slowest_return = slowest_return.max(struck.elapsed());

            let db = world.connect().await?;
            check::settled(&db).await?;
            let everything = round % FULL_CHECK_EVERY == 0 || round == self.rounds;
            writers.settle(&db, everything, &mut counts).await.map_err(|error| format!("round {round}: {error}"))?;
            writers.repeat(&service.client(), &mut counts)?;
            let repeated = writers.settle(&db, false, &mut counts).await;
            repeated.map_err(|error| format!("repeated in round {round}: {error}"))?;
            check::nothing_else(&db, writers.batches()).await?;
            db.close().await?;
            if everything {
                aftermath::check(&world).await?;
                full_checks += 1;
                println!("round {round}: {} acknowledged, after {:.0?}", counts.acknowledged, began.elapsed());
            }
        }
        drop(service);
        println!(
            "{} kills: {counts}; {} projects at the end; 0 acknowledged rows lost, 0 half batches; {full_checks} full \
             checks; longest until ready again {slowest_return:.1?}; {:.0?} in all",
            self.rounds,
            writers.rows(),
            began.elapsed(),
        );
        control(&world, &writers.batches().collect::<Vec<_>>()).await
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
    let unanswered = Sent::new(batch.stored.unwrap_or(1), None);
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
