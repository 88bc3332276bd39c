//! Writers: they send batches of projects until nobody answers, and remember what was said.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bench::dice::Dice;
use bench::service::Client;
use bench::{Done, Failure};
use sea_orm::ConnectionTrait;

use crate::batch::{self, Batch, Sent};
use crate::check::{self, Fault};

/// How long a repeated request may be refused.
const PATIENCE: Duration = Duration::from_secs(20);

/// What became of the batches that were sent.
#[derive(Debug, Default)]
pub struct Counts {
    /// Said to be written.
    pub acknowledged: u64,
    /// Said not to be written.
    pub refused: u64,
    unanswered: u64,
    unanswered_written: u64,
    repeated: u64,
    replayed: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { acknowledged, refused, unanswered, unanswered_written, repeated, replayed } = self;
        write!(
            f,
            "{acknowledged} batches acknowledged, {refused} refused with an answer, {unanswered} without an answer, "
        )?;
        write!(f, "of which {unanswered_written} were written whole and the others not at all; ")?;
        write!(f, "{repeated} repeated with their key, {replayed} of them had been done")
    }
}

/// All writers of a run.
pub struct Writers(Vec<Writer>);

/// Writers at work.
pub struct Writing {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Writer>>,
}

impl Writers {
    /// So many, who have written nothing.
    pub fn new(writers: u64, seed: u64) -> Self {
        Self((0..writers).map(|writer| Writer::new(writer, seed)).collect())
    }

    /// Lets all of them send batch after batch.
    pub fn begin(self, client: &Client) -> Writing {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = self.0.into_iter().map(|writer| {
            let (client, stop) = (client.clone(), Arc::clone(&stop));
            thread::spawn(move || writer.write_until(&client, &stop))
        });
        Writing { threads: threads.collect(), stop }
    }

    /// Compares what is stored with what was sent, and takes what is stored as known from now on.
    ///
    /// # Errors
    /// When something is lost or half, and when the database does not answer.
    pub async fn settle<C: ConnectionTrait>(&mut self, db: &C, everything: bool, counts: &mut Counts) -> Done<()> {
        for writer in &mut self.0 {
            writer.settle(db, everything, counts).await?;
        }
        Ok(())
    }

    /// Sends again what had a key and no answer: it must end as if it had been sent once.
    ///
    /// # Errors
    /// When it is refused for good.
    pub fn repeat(&mut self, client: &Client, counts: &mut Counts) -> Done<()> {
        self.0.iter_mut().try_for_each(|writer| writer.repeat(client, counts))
    }

    /// All batches.
    pub fn batches(&self) -> impl Iterator<Item = &Batch> {
        self.0.iter().flat_map(|writer| writer.batches.values())
    }

    /// All batches, each as it was sent since the last [`settle`](Self::settle).
    pub fn sent(&self) -> impl Iterator<Item = (&Batch, Option<&Sent>)> {
        self.0.iter().flat_map(|writer| {
            writer.batches.iter().map(|(number, batch)| {
                let sent = writer.sent.iter().find(|(sent, _)| sent == number);
                (batch, sent.map(|(_, sent)| sent))
            })
        })
    }

    /// Projects that are known to be stored.
    pub fn rows(&self) -> u64 {
        self.batches().filter(|batch| batch.stored.is_some()).map(|batch| batch.rows).sum()
    }
}

impl Writing {
    /// Waits until every writer has its last answer, or none.
    ///
    /// # Errors
    /// When a writer broke.
    pub fn end(self) -> Done<Writers> {
        self.stop.store(true, Ordering::Relaxed);
        let join = |thread: JoinHandle<Writer>| thread.join().map_err(|_| Failure::from("a writer broke"));
        Ok(Writers(self.threads.into_iter().map(join).collect::<Done<_>>()?))
    }
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
            let mut sent = Sent::new(revision, key);
            match client.post(&batch.request(revision), sent.key.as_deref()) {
                Ok(answer) => {
                    sent.answered = true;
                    sent.acknowledged = batch::acknowledges(&answer);
                    sent.acknowledged_at = sent.acknowledged.then(Instant::now);
                    self.refused += u64::from(!sent.acknowledged);
                    if !sent.acknowledged && !batch::can_be_repeated(&answer) && self.refused <= 3 {
                        let shown: String = answer.body.chars().take(300).collect();
                        eprintln!("refused: {} {shown}", answer.status);
                    }
                    sent.refusal = (!sent.acknowledged).then_some(answer.body);
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
    async fn settle<C: ConnectionTrait>(&mut self, db: &C, everything: bool, counts: &mut Counts) -> Done<()> {
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
