//! Lets the disk fail under the service at one position after the other, and looks at what is left.

mod injection;

use std::thread;
use std::time::{Duration, Instant};

use bench::dice::Dice;
use bench::service::{Client, Service};
use bench::world::World;
use bench::{Done, Failure};
use clap::{Args, ValueEnum};

use crate::batch::{self, Batch};
use crate::writer::{Counts, Writers};
use crate::{aftermath, check};
use injection::{Fault, Injection};

/// How long writes may be refused when the disk is well again.
const PATIENCE: Duration = Duration::from_secs(30);
/// Positions between two looks at everything.
const FULL_CHECK_EVERY: u64 = 20;

/// Let the disk of SQLite fail under load, and look for lost rows and half batches
///
/// At each position writers send batches while calls of the system fail from the Nth on, every third (strace counts the calls
/// of each thread): writing with ENOSPC, writing with EIO, and bringing to disk with EIO, in turn. After ENOSPC and EIO in writing the
/// service must write again; after EIO in bringing a write to disk it must refuse every other until it is started again. Then it is killed,
/// started again, and what is stored must be what was acknowledged. Needs strace, and the right to trace.
#[derive(Debug, Args)]
pub struct Faults {
    /// Positions
    #[arg(long, default_value_t = 400)]
    positions: u64,
    /// Writers at a time
    #[arg(long, default_value_t = 3)]
    writers: u64,
    /// What the random sizes come from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only this fault; without, all in turn
    #[arg(long, value_enum)]
    fault: Option<Fault>,
}

impl Faults {
    /// Runs all positions and prints what was found.
    pub async fn run(self) -> Done<()> {
        let world = World::new(None, "service").await?;
        let mut dice = Dice::new(self.seed);
        let mut writers = Writers::new(self.writers, self.seed);
        let mut probe = Batch::new(self.writers, 0, 1);
        let mut counts = Counts::default();
        let (mut injected, mut struck, mut halted, mut full_checks) = (0, 0, 0, 0);
        let mut service = Service::start(&world, &world.token()?)?;
        let began = Instant::now();
        for position in 1..=self.positions {
            let failed = |error: Failure| format!("position {position}: {error}");
            let turn = usize::try_from(position)? % Fault::value_variants().len();
            let fault = self.fault.unwrap_or(Fault::value_variants()[turn]);
            let client = service.client();
            let injection = Injection::begin(&world, &service, fault, position.div_ceil(3))?;
            let writing = writers.begin(&client);
            thread::sleep(Duration::from_millis(dice.between(100, 400)));
            writers = writing.end()?;
            let hit = injection.end()?;
            injected += hit;
            struck += u64::from(hit > 0);
            match fault {
                Fault::SyncEio if is_refused(&writers) => {
                    refuses_writes(&client, &probe).map_err(failed)?;
                    halted += 1;
                }
                Fault::SyncEio | Fault::WriteEnospc | Fault::WriteEio => {
                    writes_again(&client, &mut probe).map_err(failed)?;
                }
            }
            service.kill()?;
            service = Service::start(&world, &world.token()?)?;

            let db = world.connect().await?;
            let everything = position % FULL_CHECK_EVERY == 0 || position == self.positions;
            writers.settle(&db, everything, &mut counts).await.map_err(failed)?;
            writers.repeat(&service.client(), &mut counts).map_err(failed)?;
            writers.settle(&db, false, &mut counts).await.map_err(failed)?;
            if let Err(fault) = check::batch(&db, &probe, None).await? {
                return Err(failed(fault.to_string().into()).into());
            }
            check::nothing_else(&db, writers.batches().chain([&probe])).await.map_err(failed)?;
            db.close().await?;
            if everything {
                aftermath::check(&world).await.map_err(failed)?;
                full_checks += 1;
                println!("position {position}: {} acknowledged, after {:.0?}", counts.acknowledged, began.elapsed());
            }
        }
        println!(
            "{} positions, {injected} failed calls at {struck} of them: {counts}; {} projects at the end; 0 acknowledged rows \
             lost, 0 half batches; writes refused until the next start {halted} times; {full_checks} full checks; {:.0?} in all",
            self.positions,
            writers.rows(),
            began.elapsed(),
        );
        if injected == 0 {
            return Err(Failure::from("control: not one call failed, so nothing was tried"));
        }
        Ok(())
    }
}

/// What the service says of a disk that fails.
const DISK_FAILS: &str = "The database cannot use its disk";

/// Whether a write was refused for the disk, and not since too many wait. A call that fails in folding the log into the file fails no write: the log still has everything.
fn is_refused(writers: &Writers) -> bool {
    let mut refusals = writers.sent().filter_map(|(_, sent)| sent?.refusal.as_ref());
    refusals.any(|refusal| refusal.contains(DISK_FAILS))
}

/// After a failure of writing: the next write is done as soon as the disk is well.
fn writes_again(client: &Client, probe: &mut Batch) -> Done<()> {
    let revision = probe.stored.unwrap_or(0) + 1;
    let began = Instant::now();
    loop {
        let answer = client.post(&probe.request(revision), None)?;
        if batch::acknowledges(&answer) {
            probe.stored = Some(revision);
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(Failure::from(format!("the disk is well, and the service does not write: {}", answer.body)));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// After a failure of bringing to disk: no write is acknowledged any more.
fn refuses_writes(client: &Client, probe: &Batch) -> Done<()> {
    let answer = client.post(&probe.request(probe.stored.unwrap_or(0) + 1), None)?;
    if !batch::acknowledges(&answer) && batch::can_be_repeated(&answer) {
        return Ok(());
    }
    Err(Failure::from(format!("a write after a failed fsync is not refused as UNAVAILABLE: {}", answer.body)))
}
