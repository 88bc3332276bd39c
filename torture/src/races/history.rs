//! What clients saw and wrote, and whether it can have happened in one line.

use std::collections::BTreeMap;

use bench::{Done, Failure};
use sea_orm::{ConnectionTrait, Statement};

/// Whether something was seen or done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A version was read.
    Read,
    /// A version was written, and that was acknowledged.
    Write,
}

/// One thing that a session saw or did.
#[derive(Clone, Debug)]
pub struct Event {
    /// Which of both.
    pub kind: Kind,
    /// Of which project.
    pub project: u64,
    /// The version.
    pub version: u32,
    /// What it bears; no two writes have the same.
    pub mark: u32,
}

/// The last version of each project, if the events of all sessions, each in its order, can have happened in one line.
///
/// # Errors
/// For a fork, a gap, a version that bears what was not written, and a session that goes back.
pub fn judge(sessions: &[Vec<Event>]) -> Done<BTreeMap<u64, u32>> {
    // A project is made as version 1 with mark 1.
    let mut lines: BTreeMap<u64, BTreeMap<u32, u32>> = BTreeMap::new();
    for write in sessions.iter().flatten().filter(|event| event.kind == Kind::Write) {
        let line = lines.entry(write.project).or_insert_with(|| BTreeMap::from([(1, 1)]));
        if line.insert(write.version, write.mark).is_some() {
            return Err(Failure::from(format!("a fork: two writes of one version, {write:?}")));
        }
    }
    for (project, line) in &lines {
        if let Some((_, gap)) = line.keys().zip(1..).find(|(version, place)| **version != *place) {
            return Err(Failure::from(format!("a gap: nobody wrote version {gap} of project {project}")));
        }
    }
    for session in sessions {
        let mut last: BTreeMap<u64, u32> = BTreeMap::new();
        for event in session {
            let mark = lines.get(&event.project).map_or(Some(&1), |line| line.get(&event.version));
            if mark != Some(&event.mark) {
                return Err(Failure::from(format!("a version that bears {mark:?} in the line: {event:?}")));
            }
            if let Some(last) = last.insert(event.project, event.version).filter(|last| *last > event.version) {
                return Err(Failure::from(format!("a session goes back: {event:?} after version {last}")));
            }
        }
    }
    Ok(lines.into_iter().map(|(project, line)| (project, line.keys().last().copied().unwrap_or(1))).collect())
}

/// Compares the last version of a project and the entries of the audit with what is stored.
///
/// # Errors
/// When they differ.
pub async fn compare<C: ConnectionTrait>(db: &C, code: &str, version: u32) -> Done<()> {
    let sql = format!(
        "SELECT CAST(version AS BIGINT), (SELECT count(*) FROM audit_entry WHERE entity_id = project.id) FROM project \
         WHERE code = '{code}'"
    );
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let row = row.ok_or_else(|| format!("{code} is not stored"))?;
    let stored: (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    if stored == (i64::from(version), i64::from(version)) {
        return Ok(());
    }
    Err(Failure::from(format!("{code}: version and entries are {stored:?} after {version} acknowledged ones")))
}

/// The negative control: the checker must find faults that are made on purpose.
///
/// # Errors
/// When it does not.
pub fn control(sessions: &[Vec<Event>]) -> Done<()> {
    let last_write = |sessions: &[Vec<Event>]| {
        let mut places = sessions.iter().enumerate().flat_map(|(session, events)| {
            let writes = events.iter().enumerate().filter(|(_, event)| event.kind == Kind::Write);
            writes.map(move |(place, event)| (session, place, event.clone()))
        });
        places.find(|(_, _, event)| event.version == 2).ok_or_else(|| Failure::from("control: nothing was written"))
    };
    let (session, place, write) = last_write(sessions)?;
    let spoiled = |spoil: &dyn Fn(&mut Vec<Event>)| {
        let mut copy = sessions.to_vec();
        copy.get_mut(session).map(spoil);
        copy
    };
    let older = Event { kind: Kind::Read, version: 1, mark: 1, ..write.clone() };
    let other = Event { kind: Kind::Read, mark: write.mark + 1, ..write.clone() };
    for (what, copy) in [
        ("a write acknowledged twice", spoiled(&|events| events.push(write.clone()))),
        (
            "an acknowledged write removed",
            spoiled(&|events| {
                events.remove(place);
            }),
        ),
        ("a read of an older version", spoiled(&|events| events.insert(place + 1, older.clone()))),
        ("a read of what was not written", spoiled(&|events| events.insert(place + 1, other.clone()))),
    ] {
        match judge(&copy) {
            Ok(_) => return Err(Failure::from(format!("control: {what}: the checker says nothing"))),
            Err(found) => println!("control: {what}: {found}"),
        }
    }
    Ok(())
}
