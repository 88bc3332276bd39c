//! Compares what is stored with what was sent, past the service.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use bench::projects::FISCAL_YEAR;
use bench::{Done, Failure};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

use crate::batch::{Batch, Sent};

/// What is wrong with a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not all of its rows are there, or they are of several revisions.
    Half(String),
    /// What was acknowledged is not there.
    Lost(String),
    /// It is stored in a revision that nobody sent.
    Unsent(String),
    /// A row is not as it was sent, or has other parts.
    Content(String),
    /// Versions, audit, outbox or the idempotency table say something else than the rows.
    Record(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Half(what) => write!(f, "half a batch: {what}"),
            Self::Lost(what) => write!(f, "lost: {what}"),
            Self::Unsent(what) => write!(f, "never sent: {what}"),
            Self::Content(what) => write!(f, "other content: {what}"),
            Self::Record(what) => write!(f, "the record differs: {what}"),
        }
    }
}

/// What is stored of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stored {
    budget: i64,
    points: (i64, i64),
    indicators: (i64, i64),
    version: i64,
    audited: i64,
    fed: i64,
}

impl Stored {
    fn read(row: &QueryResult) -> Done<Self> {
        let number = |index| row.try_get_by_index::<i64>(index);
        Ok(Self {
            budget: number(1)?,
            points: (number(2)?, number(3)?),
            indicators: (number(4)?, number(5)?),
            version: number(6)?,
            audited: number(7)?,
            fed: number(8)?,
        })
    }
}

async fn rows<C: ConnectionTrait>(db: &C, sql: String) -> Done<Vec<QueryResult>> {
    Ok(db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?)
}

async fn number<C: ConnectionTrait>(db: &C, sql: String) -> Done<i64> {
    let rows = rows(db, sql).await?;
    Ok(rows.first().ok_or("no row")?.try_get_by_index(0)?)
}

/// The revision in which a batch is stored as a whole, or what is wrong; `sent` is what was sent of it last and is not
/// known to be stored yet.
///
/// # Errors
/// When the database does not answer.
pub async fn batch<C: ConnectionTrait>(db: &C, batch: &Batch, sent: Option<&Sent>) -> Done<Result<Option<u32>, Fault>> {
    let (first, end) = (batch.code(0), batch.code(batch.rows));
    let sql = format!(
        "SELECT p.code, p.budget, \
         (SELECT count(*) FROM plan_point t JOIN spending_plan s ON s.id = t.plan_id WHERE s.project_id = p.id), \
         (SELECT CAST(coalesce(sum(t.percent), 0) AS BIGINT) FROM plan_point t \
          JOIN spending_plan s ON s.id = t.plan_id WHERE s.project_id = p.id), \
         (SELECT count(*) FROM indicator i WHERE i.project_id = p.id), \
         (SELECT CAST(coalesce(sum(i.value), 0) AS BIGINT) FROM indicator i WHERE i.project_id = p.id), \
         CAST(p.version AS BIGINT), \
         (SELECT count(*) FROM audit_entry a WHERE a.entity_id = p.id), \
         (SELECT count(*) FROM audit_entry a JOIN change c ON c.chain = a.chain AND c.audit_seq = a.seq \
          WHERE a.entity_id = p.id AND c.entity_id = p.id) \
         FROM project p WHERE p.fiscal_year = {FISCAL_YEAR} AND p.code >= '{first}' AND p.code < '{end}'"
    );
    let mut stored = BTreeMap::new();
    for row in rows(db, sql).await? {
        stored.insert(row.try_get_by_index::<String>(0)?, Stored::read(&row)?);
    }
    let key = match sent.and_then(|sent| sent.key.as_ref()) {
        None => None,
        Some(key) => Some(
            number(db, format!("SELECT count(*) FROM idempotency WHERE key = '{key}' OR key = '\"{key}\"'")).await?,
        ),
    };
    Ok(judge(batch, sent, &stored, key))
}

fn judge(
    batch: &Batch,
    sent: Option<&Sent>,
    stored: &BTreeMap<String, Stored>,
    keys: Option<i64>,
) -> Result<Option<u32>, Fault> {
    let first = batch.code(0);
    let (present, rows) = (stored.len() as u64, batch.rows);
    if present != 0 && present != rows {
        return Err(Fault::Half(format!("{present} of {rows} rows from {first} on")));
    }
    // Each revision was one write, so the version of a row is its revision.
    let version = stored.values().next().map(|row| row.version);
    if let Some(other) = stored.iter().find(|(_, row)| Some(row.version) != version) {
        return Err(Fault::Half(format!("{} is of another revision than {first}", other.0)));
    }
    let revision = version.map(|version| u32::try_from(version).unwrap_or(u32::MAX));
    let is_sent = sent.is_some_and(|sent| revision == Some(sent.revision));
    if sent.is_some_and(|sent| sent.acknowledged) && !is_sent {
        return Err(Fault::Lost(format!("{rows} rows from {first} on, stored is {revision:?}")));
    }
    if revision != batch.stored && !is_sent {
        let fault = if revision < batch.stored { Fault::Lost } else { Fault::Unsent };
        return Err(fault(format!("{first} is of revision {revision:?} after {:?}", batch.stored)));
    }
    for project in revision.map(|revision| batch.projects(revision)).unwrap_or_default() {
        let Some(row) = stored.get(&project.code) else {
            return Err(Fault::Half(format!("{} is not there", project.code)));
        };
        let millionths = 1_000_000;
        let points =
            (project.points.len() as i64, project.points.iter().map(|point| point.1).sum::<i64>() * millionths);
        let values = project.indicators.iter().map(|indicator| indicator.value).sum::<i64>() * millionths;
        if (row.budget, row.points, row.indicators)
            != (project.budget * 100, points, (project.indicators.len() as i64, values))
        {
            return Err(Fault::Content(format!("{} {row:?}", project.code)));
        }
        if (row.audited, row.fed) != (row.version, row.version) {
            return Err(Fault::Record(format!("{} {row:?}", project.code)));
        }
    }
    match keys {
        Some(keys) if keys != i64::from(is_sent) => {
            Err(Fault::Record(format!("{keys} keys are kept for {first}, which is of revision {revision:?}")))
        }
        Some(_) | None => Ok(revision),
    }
}

/// Finds rows that belong to no known batch.
///
/// # Errors
/// When there are some.
pub async fn nothing_else<'a, C: ConnectionTrait>(db: &C, batches: impl Iterator<Item = &'a Batch>) -> Done<()> {
    no_more_than(db, batches.filter(|batch| batch.stored.is_some()).map(|batch| batch.rows).sum()).await
}

/// Finds projects beyond so many.
///
/// # Errors
/// When there are some, or fewer.
pub async fn no_more_than<C: ConnectionTrait>(db: &C, expected: u64) -> Done<()> {
    let found = number(db, format!("SELECT count(*) FROM project WHERE fiscal_year = {FISCAL_YEAR}")).await?;
    if u64::try_from(found)? == expected {
        return Ok(());
    }
    Err(Failure::from(format!("{found} projects are stored, {expected} were written")))
}

/// Waits until the transactions of a killed process are gone.
///
/// # Errors
/// When the database does not answer.
pub async fn settled<C: ConnectionTrait>(db: &C) -> Done<()> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL \
                AND pid <> pg_backend_pid()";
    while number(db, open.to_owned()).await? > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}
