//! A database, a folder, and rows that leave a mark each time they are applied.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use entity::value::{AccountKind, BulkKind, BulkMode, BulkStatus, Role};
use entity::{bulk_operation, division};
use futures_util::future::BoxFuture;
use futures_util::stream;
use jixiao::app::Handlers;
use jixiao::auth::{Action, Caller, Grant, Scope};
use jixiao::bulk::apply::{Answer, Apply, Fault, Handler, Place, Position, Read, Row, Rows, Source, Unread};
use jixiao::bulk::queue::NewOperation;
use jixiao::bulk::receive::{Part, Received};
use jixiao::bulk::uploads::NewUpload;
use jixiao::bulk::{self, Bulk, BulkSettings};
use jixiao::clock;
use jixiao::db::Db;
use jixiao::error::{AppError, AppResult, ErrorCode};
use jixiao::service::work::Work;
use jixiao::service::write::Outcome;
use jixiao::service::{account, division as divisions};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::database::{self, TestDatabase, work_as};

/// Longest wait for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Holds back the lines of a file until they may be read.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<Option<u64>>, Condvar)>);

impl Gate {
    /// Lets lines up to this one pass.
    pub fn at(line: u64) -> Self {
        Self(Arc::new((Mutex::new(Some(line)), Condvar::new())))
    }

    /// Lets all lines pass.
    pub fn open(&self) {
        *self.0.0.lock().unwrap() = None;
        self.0.1.notify_all();
    }

    fn pass(&self, line: u64) {
        let limit = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(limit, |limit| limit.is_some_and(|limit| line > limit)).unwrap());
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // A thread that waits for ever would keep the runtime.
        self.gate.open();
    }
}

/// Reads lines of JSON.
pub struct Lines(pub Gate);

struct OpenLines {
    file: BufReader<File>,
    at: u64,
    line: u64,
    gate: Gate,
}

impl Source for Lines {
    fn open(&self, file: &Path, _: &bulk_operation::Model, from: Option<&Position>) -> AppResult<Box<dyn Rows>> {
        let (at, line) = from.map_or((0, 0), |from| (from.bytes, from.state.as_u64().unwrap()));
        let mut file = File::open(file).map_err(AppError::internal)?;
        file.seek(SeekFrom::Start(at)).map_err(AppError::internal)?;
        Ok(Box::new(OpenLines { file: BufReader::new(file), at, line, gate: self.0.clone() }))
    }

    fn count(&self, file: &Path, _: &bulk_operation::Model) -> AppResult<Option<u64>> {
        let lines = BufReader::new(File::open(file).map_err(AppError::internal)?).lines().count();
        Ok(Some(lines as u64))
    }
}

impl Rows for OpenLines {
    fn next(&mut self) -> AppResult<Option<Read>> {
        self.gate.pass(self.line + 1);
        let mut text = String::new();
        match self.file.read_line(&mut text).map_err(AppError::internal)? {
            0 => return Ok(None),
            bytes => self.at += bytes as u64,
        }
        self.line += 1;
        let place = Place { line: self.line, sheet: None };
        Ok(Some(match serde_json::from_str(&text) {
            Ok(value) => Ok(Row { place, value, parts: None }),
            Err(_) => Err(Unread { place, faults: vec![fault("INVALID_FORMAT", "This line is not JSON.")] }),
        }))
    }

    fn position(&self) -> Position {
        Position { bytes: self.at, state: self.line.into() }
    }
}

fn fault(code: &str, message: &str) -> Fault {
    Fault {
        code: code.to_owned(),
        path: Vec::new(),
        message: message.to_owned(),
        message_zh: format!("中文 {message}"),
        place: None,
    }
}

/// Adds a mark to the name of the division that a row names, so that a row that is applied twice shows.
#[derive(Default)]
pub struct Marks {
    /// Time for each chunk.
    pub pause: Duration,
}

impl Marks {
    async fn row(work: &mut Work<'_>, row: &Row) -> AppResult<Answer> {
        let key = row.value["code"].as_str().map(str::to_owned);
        let failed = |code: &str, message: &str| {
            Ok(Answer { outcome: Outcome::Failed, key: key.clone(), faults: vec![fault(code, message)], seen: None })
        };
        if row.value["panic"] == true {
            panic!("a row that nobody can bear");
        }
        let Some(code) = &key else { return failed("REQUIRED", "`code` is missing.") };
        // Held first, so that what is read cannot change before it is written.
        let (known, made) = divisions::hold(work, code, None).await?;
        let seen = (made.created == 0).then_some(known.version.into());
        divisions::hold(work, code, Some(&format!("{}|", known.name.unwrap_or_default()))).await?;
        let outcome = if made.created > 0 { Outcome::Created } else { Outcome::Updated };
        Ok(Answer { outcome, key, faults: Vec::new(), seen })
    }
}

impl Apply for Marks {
    fn chunk<'a>(
        &'a self,
        work: &'a mut Work<'_>,
        _: &'a bulk_operation::Model,
        rows: &'a [Row],
        state: &'a mut Value,
    ) -> BoxFuture<'a, AppResult<Vec<Answer>>> {
        Box::pin(async move {
            assert!(rows.len() <= 500);
            work.caller.may(Action::Write)?;
            *state = (state.as_u64().unwrap_or(0) + rows.len() as u64).into();
            let mut answers = Vec::with_capacity(rows.len());
            for row in rows {
                answers.push(Self::row(work, row).await?);
            }
            tokio::time::sleep(self.pause).await;
            Ok(answers)
        })
    }
}

/// The handlers of the tests: projects are rows that leave marks.
pub fn handlers(gate: &Gate, pause: Duration) -> Handlers {
    let handler = Handler { source: Arc::new(Lines(gate.clone())), apply: Arc::new(Marks { pause }) };
    BTreeMap::from([(BulkKind::Projects, handler)])
}

/// Settings of a process that works on one operation at a time and looks often.
pub const ONE: BulkSettings = BulkSettings {
    workers: 1,
    poll: Duration::from_millis(10),
    slice: Duration::from_secs(3600),
    ..BulkSettings::DEFAULT
};

/// A database and a folder.
pub struct Scene {
    pub db: Db,
    pub folder: TempDir,
    pub database: Option<TestDatabase>,
    pub gate: Gate,
}

impl Scene {
    pub async fn new() -> Self {
        Self::with(Gate::default()).await
    }

    /// One whose files are read up to a line, until the gate is opened.
    pub async fn stopping_at(line: u64) -> Self {
        Self::with(Gate::at(line)).await
    }

    async fn with(gate: Gate) -> Self {
        let (database, db) = database::migrated().await;
        Self { db, folder: TempDir::new().unwrap(), database: Some(database), gate }
    }

    /// One over a database that is there already.
    pub fn over(db: Db) -> Self {
        Self { db, folder: TempDir::new().unwrap(), database: None, gate: Gate::default() }
    }

    /// Bulk operations on the database.
    pub fn bulk(&self, settings: BulkSettings) -> Bulk {
        self.bulk_behind(&self.gate, settings)
    }

    /// The same behind a gate of their own.
    pub fn bulk_behind(&self, gate: &Gate, settings: BulkSettings) -> Bulk {
        let handlers = handlers(gate, Duration::ZERO);
        Bulk::new(self.db.clone(), self.folder.path(), settings, handlers, clock::system)
    }

    /// Runs a statement that changes one row.
    pub async fn execute(&self, sql: &str) {
        let done = self.db.write(async |tx| tx.execute_unprepared(sql).await.map_err(AppError::from)).await;
        assert_eq!(done.unwrap().rows_affected(), 1, "{sql}");
    }

    /// A new account that may write everything.
    pub async fn account(&self, name: &str, kind: AccountKind) -> Caller {
        let grant = Grant { role: Role::Editor, scope: Scope::Everything };
        self.account_with(name, kind, grant).await
    }

    /// A new account with a grant.
    pub async fn account_with(&self, name: &str, kind: AccountKind, grant: Grant) -> Caller {
        let made = database::work(&self.db, async |work| {
            let made = account::add(work, name, kind).await?;
            account::grant(work, made.id, &grant).await?;
            account::by_subject(work.tx, &made.id.public()).await
        });
        made.await.unwrap().unwrap()
    }

    /// Does something as an account, in one unit of work.
    pub async fn as_caller<T>(
        &self,
        caller: &Caller,
        task: impl AsyncFn(&mut Work<'_>) -> AppResult<T>,
    ) -> AppResult<T> {
        work_as(&self.db, caller, task).await
    }

    /// Announces a file.
    pub async fn announce(&self, _: &Bulk, caller: &Caller, new: &NewUpload) -> AppResult<String> {
        self.as_caller(caller, async |work| bulk::create_upload(work, &ONE, new.clone()).await)
            .await
            .map(|row| row.id.public())
    }

    /// Sends a file.
    pub async fn upload(&self, bulk: &Bulk, caller: &Caller, bytes: &[u8]) -> String {
        let new = NewUpload { file_name: "rows.jsonl".to_owned(), size: bytes.len() as u64, sha256: None };
        let id = self.announce(bulk, caller, &new).await.unwrap();
        let body = stream::iter([Ok::<_, ()>(bytes.to_vec().into())]);
        let received = bulk.receive(caller, &id, Part::Whole, None, body).await.unwrap();
        assert!(matches!(received, Received::Whole(_)), "{received:?}");
        id
    }

    /// Sends a file and starts an operation on it.
    pub async fn start(&self, bulk: &Bulk, caller: &Caller, bytes: &[u8], dry_run: bool) -> bulk_operation::Model {
        let upload = self.upload(bulk, caller, bytes).await;
        let started = self.as_caller(caller, async |work| bulk::start(work, bulk, operation(&upload, dry_run)).await);
        let started = started.await.unwrap();
        bulk.wake();
        started
    }

    /// The operation as it stands.
    pub async fn now(&self, operation: &bulk_operation::Model) -> bulk_operation::Model {
        bulk_operation::Entity::find_by_id(operation.id).one(self.db.read()).await.unwrap().unwrap()
    }

    /// Waits until the operation is so.
    pub async fn until(
        &self,
        operation: &bulk_operation::Model,
        so: impl Fn(&bulk_operation::Model) -> bool,
    ) -> bulk_operation::Model {
        let began = std::time::Instant::now();
        loop {
            let now = self.now(operation).await;
            if so(&now) {
                return now;
            }
            assert!(began.elapsed() < PATIENCE, "{now:#?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits for the end of the operation.
    pub async fn ended(&self, operation: &bulk_operation::Model) -> bulk_operation::Model {
        self.until(operation, |row| row.finished_at.is_some()).await
    }

    /// The marks of every division.
    pub async fn marks(&self) -> BTreeMap<String, usize> {
        let divisions = division::Entity::find().all(self.db.read()).await.unwrap();
        divisions.into_iter().map(|row| (row.code, row.name.unwrap_or_default().len())).collect()
    }

    /// The two files of results of an operation.
    pub fn files(&self, operation: &bulk_operation::Model) -> [String; 2] {
        let folder = self.folder.path().join("operations").join(operation.id.public());
        ["results.jsonl", "errors.jsonl"].map(|name| std::fs::read_to_string(folder.join(name)).unwrap())
    }
}

/// What the tests do with a file.
pub fn operation(upload: &str, dry_run: bool) -> NewOperation {
    NewOperation {
        kind: BulkKind::Projects,
        mode: BulkMode::Upsert,
        upload: upload.to_owned(),
        dry_run,
        options: Map::new(),
        client_identifier: None,
    }
}

/// So many rows over so many divisions; every 97th is refused, every 101st is no JSON.
pub fn file(rows: usize, divisions: usize) -> Vec<u8> {
    file_of(0, rows, divisions)
}

/// The same over other divisions.
pub fn file_of(series: usize, rows: usize, divisions: usize) -> Vec<u8> {
    let mut text = String::new();
    for n in 1..=rows {
        match n {
            _ if n % 97 == 0 => text.push_str("{\"name\":\"nobody\"}\n"),
            _ if n % 101 == 0 => text.push_str("{\"code\":\n"),
            _ => text.push_str(&format!("{}\n", json!({ "code": format!("{series}{:05}", n % divisions) }))),
        }
    }
    text.into_bytes()
}

/// The marks that a file leaves.
pub fn marks_of(file: &[u8]) -> BTreeMap<String, usize> {
    let mut marks = BTreeMap::new();
    for line in std::str::from_utf8(file).unwrap().lines() {
        let code = serde_json::from_str::<Value>(line).ok().and_then(|row| row["code"].as_str().map(str::to_owned));
        if let Some(code) = code {
            *marks.entry(code).or_default() += 1;
        }
    }
    marks
}

/// The workers of a process, until stopped.
pub struct Workers {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Workers {
    pub fn of(bulk: &Bulk) -> Self {
        let (bulk, (stop, stopped)) = (bulk.clone(), oneshot::channel::<()>());
        let task = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            bulk.work(stopped).await.unwrap();
        });
        Self { stop: Some(stop), task }
    }

    /// Stops as a process that was asked to.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        (&mut self.task).await.unwrap();
    }

    /// Stops as a process that is killed, as far as that goes inside of one.
    pub async fn abort(self) {
        self.task.abort();
        while !self.task.is_finished() {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whether an operation took every row or told what is wrong.
pub fn is_complete(operation: &bulk_operation::Model) -> bool {
    matches!(operation.status, BulkStatus::Completed | BulkStatus::CompletedWithErrors)
}

/// The code of an error.
pub fn code<T: std::fmt::Debug>(result: AppResult<T>) -> ErrorCode {
    result.unwrap_err().code()
}
