//! Makes backups while writers load the service, restores each, and looks at what is in it.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use bench::cluster::Cluster;
use bench::dice::Dice;
use bench::service::Service;
use bench::world::{Kind, World};
use bench::{Done, Failure};
use clap::Args;
use sea_orm::ConnectionTrait;

use crate::check::Fault;
use crate::writer::{Counts, Writers};
use crate::{aftermath, check};

/// Back up under load, and restore every backup
///
/// While writers send batches of 1 to 500 projects, `jixiao admin backup` runs; then `jixiao admin restore` puts the backup into an
/// empty place. Every batch that was acknowledged before the backup began must be in it, every other batch as a whole or not
/// at all, and everything must hold that is checked elsewhere. At the end the checker must miss what was written after a backup,
/// and `restore` must refuse a backup in which a byte was changed.
#[derive(Debug, Args)]
pub struct Backups {
    /// The database under test
    #[arg(long, value_enum)]
    db: Kind,
    /// Backups
    #[arg(long, default_value_t = 100)]
    rounds: u64,
    /// Writers at a time
    #[arg(long, default_value_t = 3)]
    writers: u64,
    /// What the random sizes and times come from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Backups {
    /// Runs all rounds and prints what was found.
    pub async fn run(self) -> Done<()> {
        let cluster = self.db.cluster()?;
        let world = World::new(cluster.as_ref(), "service").await?;
        let mut dice = Dice::new(self.seed);
        let mut writers = Writers::new(self.writers, self.seed);
        let (mut counts, mut written_meanwhile) = (Counts::default(), 0);
        let mut slowest = Duration::ZERO;
        let service = Service::start(&world, &world.token()?)?;
        let folder = world.folder().join("backup");
        let path = folder.to_string_lossy().into_owned();
        let began = Instant::now();
        for round in 1..=self.rounds {
            let writing = writers.begin(&service.client_with(Some(&world.token()?)));
            thread::sleep(Duration::from_millis(dice.between(50, 300)));
            let asked = Instant::now();
            world.run(&["admin", "backup", &path])?;
            let there = Instant::now();
            slowest = slowest.max(there - asked);
            thread::sleep(Duration::from_millis(200));
            writers = writing.end()?;
            let name = format!("restored{round}");
            let restored = World::empty(cluster.as_ref(), &name).await?;
            restored.run(&["admin", "restore", &path])?;
            aftermath::check(&restored).await?;

            let db = restored.connect().await?;
            let as_of = |moment| compare(&db, &writers, moment);
            let (rows, found) = as_of(asked).await?.map_err(|fault| format!("round {round}: {fault}"))?;
            check::no_more_than(&db, rows).await?;
            written_meanwhile += found;
            if round == self.rounds {
                let Err(fault) = as_of(Instant::now()).await? else {
                    return Err(Failure::from("control: what was written after the backup is not missed"));
                };
                println!("control: what was written after the backup is missed: {fault}");
                refuses_damage(&world, cluster.as_ref(), &folder).await?;
            }
            db.close().await?;
            if let Some(cluster) = &cluster {
                cluster.drop_database(&name).await?;
            }
            fs::remove_dir_all(&folder)?;

            let db = world.connect().await?;
            writers.settle(&db, round == self.rounds, &mut counts).await?;
            db.close().await?;
        }
        aftermath::check(&world).await?;
        println!(
            "{} backups under load, each restored: {counts}; {written_meanwhile} batches were written while a backup was made and \
             are in it whole; {} projects at the end; 0 acknowledged rows missing, 0 half batches; the slowest backup took \
             {slowest:.1?}; {:.0?} in all",
            self.rounds,
            writers.rows(),
            began.elapsed(),
        );
        Ok(())
    }
}

/// Compares what was restored with what was acknowledged before a moment. Gives the number of projects, and of batches that are there
/// without having been acknowledged by then.
async fn compare<C: ConnectionTrait>(db: &C, writers: &Writers, moment: Instant) -> Done<Result<(u64, u64), Fault>> {
    let (mut rows, mut later) = (0, 0);
    for (batch, sent) in writers.sent() {
        let sent = sent.map(|sent| sent.as_of(moment));
        let stored = match check::batch(db, batch, sent.as_ref()).await? {
            Ok(stored) => stored,
            Err(fault) => return Ok(Err(fault)),
        };
        rows += if stored.is_some() { batch.rows } else { 0 };
        later += u64::from(sent.is_some_and(|sent| !sent.acknowledged && stored == Some(sent.revision)));
    }
    Ok(Ok((rows, later)))
}

/// The negative control of `restore`: one byte of the database in the backup is changed.
async fn refuses_damage(world: &World, cluster: Option<&Cluster>, backup: &Path) -> Done<()> {
    let name = match world.kind() {
        Kind::Sqlite => "database.sqlite",
        Kind::Postgres => "database.dump",
    };
    let file = fs::OpenOptions::new().read(true).write(true).open(backup.join(name))?;
    let (middle, mut byte) = (file.metadata()?.len() / 2, [0]);
    file.read_exact_at(&mut byte, middle)?;
    file.write_all_at(&[byte[0] ^ 1], middle)?;
    let place = World::empty(cluster, "damaged").await?;
    match place.run(&["admin", "restore", &backup.to_string_lossy()]) {
        Ok(_) => Err(Failure::from("control: a backup with a changed byte was restored")),
        Err(refused) => {
            println!(
                "control: a backup with a changed byte is refused: {}",
                refused.to_string().lines().last().unwrap_or("")
            );
            Ok(())
        }
    }
}
