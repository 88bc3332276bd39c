//! What the service tells about itself in numbers, in the text form of OpenMetrics that Prometheus reads.
//!
//! Labels come from closed lists: routes and kinds of ours, codes, states. Nothing that a client sends becomes one, so there
//! are no more series tomorrow than today, and no secret among them. Counters and histograms are of this process and begin
//! with it; what is the same for all processes on one database, as the queue of operations, is read when it is asked for
//! ([`Now`]).

mod process;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::error::ErrorCode;

/// The media type of the numbers.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the buckets of requests, in seconds: from an answer out of memory to the deadline of an import.
const REQUEST_SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
/// Upper ends of the buckets of statements, in seconds.
const STATEMENT_SECONDS: [f64; 10] = [0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0];

/// What a document asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// To read.
    Query,
    /// To write.
    Mutation,
    /// It was refused before that was known.
    Unknown,
}

impl Operation {
    const fn label(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Unknown => "unknown",
        }
    }
}

/// What became of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Executed without an error.
    Answered,
    /// Executed, with errors in the answer.
    Failed,
    /// Not executed.
    Refused,
    /// The client went away first.
    Abandoned,
}

impl Outcome {
    const fn label(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Abandoned => "abandoned",
        }
    }
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statement {
    /// It reads rows.
    Read,
    /// It changes rows.
    Write,
    /// Anything else, as the end of a transaction.
    Other,
}

impl Statement {
    /// By the first word of its SQL; behind `WITH` by what follows.
    pub fn of(sql: &str) -> Self {
        match sql.split_whitespace().next().map(str::to_ascii_uppercase).as_deref() {
            Some("SELECT") => Self::Read,
            Some("WITH") => {
                let writes = |word: &str| matches!(word.trim_start_matches('('), "INSERT" | "UPDATE" | "DELETE");
                if sql.split_whitespace().any(writes) { Self::Write } else { Self::Read }
            }
            Some("INSERT" | "UPDATE" | "DELETE") => Self::Write,
            Some(_) | None => Self::Other,
        }
    }

    /// `read`, `write` or `other`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Other => "other",
        }
    }
}

/// The connections of one kind at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// What they are for.
    pub name: &'static str,
    /// Connections that work.
    pub used: u64,
    /// Connections that wait for work.
    pub idle: u64,
    /// As many as there may be.
    pub most: u64,
}

/// A replica at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replica {
    /// Its place in the settings, from 1.
    pub number: usize,
    /// Whether it may answer.
    pub usable: bool,
    /// What was committed so long ago, and before, it has; none while it is not reached.
    pub age: Option<Duration>,
    /// Statements that it answered.
    pub answered: u64,
}

/// What is read from the database when the numbers are asked for.
#[derive(Clone, Debug, Default)]
pub struct Now {
    /// The connections.
    pub pools: Vec<Pool>,
    /// The replicas.
    pub replicas: Vec<Replica>,
    /// Bulk operations that have not ended, by state; none when the database does not answer.
    pub queue: Option<Vec<(&'static str, u64)>>,
    /// Age of the oldest change that a reader of the outbox cannot have yet, in seconds; none when the database does not
    /// answer.
    pub outbox_lag: Option<f64>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfRequest {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfRoute {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfDocument {
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfOperation {
    operation: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfCode {
    code: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfRows {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfStatus {
    kind: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfState {
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfPool {
    pool: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfReplica {
    replica: u64,
}

/// Makes histograms with these buckets.
#[derive(Clone, Copy, Debug)]
struct Buckets(&'static [f64]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

type Timed<L> = Family<L, Histogram, Buckets>;

/// All numbers of a process; clones are the same.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Numbers>);

#[derive(Debug)]
struct Numbers {
    registry: Registry,
    requests: Family<OfRequest, Counter>,
    request_seconds: Timed<OfRoute>,
    running: Gauge,
    documents: Family<OfDocument, Counter>,
    document_seconds: Timed<OfOperation>,
    errors: Family<OfCode, Counter>,
    points_estimated: Counter,
    points_actual: Counter,
    statement_seconds: Timed<OfKind>,
    statements_failed: Counter,
    bulk_rows: Family<OfRows, Counter>,
    bulk_ended: Family<OfStatus, Counter>,
    database_up: Gauge,
    connections: Family<OfPool, Gauge>,
    replica_usable: Family<OfReplica, Gauge>,
    replica_lag: Family<OfReplica, Gauge<f64, AtomicU64>>,
    replica_statements: Family<OfReplica, Counter>,
    bulk_queue: Family<OfState, Gauge>,
    outbox_lag: Gauge<f64, AtomicU64>,
}

/// A request that runs, until dropped.
#[derive(Debug)]
pub struct Running(Metrics);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.0.running.dec();
    }
}

impl Metrics {
    /// Numbers that begin now; `database` is the kind of the database.
    pub fn new(database: &'static str) -> Self {
        let numbers = Numbers {
            registry: Registry::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(Buckets(&REQUEST_SECONDS)),
            running: Gauge::default(),
            documents: Family::default(),
            document_seconds: Family::new_with_constructor(Buckets(&REQUEST_SECONDS)),
            errors: Family::default(),
            points_estimated: Counter::default(),
            points_actual: Counter::default(),
            statement_seconds: Family::new_with_constructor(Buckets(&STATEMENT_SECONDS)),
            statements_failed: Counter::default(),
            bulk_rows: Family::default(),
            bulk_ended: Family::default(),
            database_up: Gauge::default(),
            connections: Family::default(),
            replica_usable: Family::default(),
            replica_lag: Family::default(),
            replica_statements: Family::default(),
            bulk_queue: Family::default(),
            outbox_lag: Gauge::default(),
        };
        // Errors that have not happened are told as zeros: an alert on a rate needs a first value.
        for code in ErrorCode::ALL {
            drop(numbers.errors.get_or_create(&OfCode { code: code.as_str() }));
        }
        Self(Arc::new(numbers.registered(database)))
    }

    /// A request that begins to run.
    pub fn run(&self) -> Running {
        self.0.running.inc();
        Running(self.clone())
    }

    /// A request was answered; `route` is the pattern of its path, not the path.
    pub fn request(&self, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        self.0.request_seconds.get_or_create(&OfRoute { route: route.clone() }).observe(took.as_secs_f64());
        self.0.requests.get_or_create(&OfRequest { route, status }).inc();
    }

    /// A document came to its end.
    pub fn document(&self, operation: Operation, outcome: Outcome, took: Duration) {
        let (operation, outcome) = (operation.label(), outcome.label());
        self.0.documents.get_or_create(&OfDocument { operation, outcome }).inc();
        self.0.document_seconds.get_or_create(&OfOperation { operation }).observe(took.as_secs_f64());
    }

    /// An error stands in an answer.
    pub fn error(&self, code: ErrorCode) {
        self.0.errors.get_or_create(&OfCode { code: code.as_str() }).inc();
    }

    /// What a document was estimated to cost, and did.
    pub fn points(&self, estimated: u64, actual: u64) {
        self.0.points_estimated.inc_by(estimated);
        self.0.points_actual.inc_by(actual);
    }

    /// A statement came to its end.
    pub fn statement(&self, kind: Statement, took: Duration, failed: bool) {
        self.0.statement_seconds.get_or_create(&OfKind { kind: kind.label() }).observe(took.as_secs_f64());
        if failed {
            self.0.statements_failed.inc();
        }
    }

    /// Rows of bulk operations of a kind came to this outcome.
    pub fn rows(&self, kind: &'static str, outcome: &'static str, rows: u64) {
        self.0.bulk_rows.get_or_create(&OfRows { kind, outcome }).inc_by(rows);
    }

    /// A bulk operation of a kind ended in this state.
    pub fn ended(&self, kind: &'static str, status: &'static str) {
        self.0.bulk_ended.get_or_create(&OfStatus { kind, status }).inc();
    }

    /// All numbers as text, with those of this moment.
    pub fn text(&self, now: &Now) -> String {
        let numbers = &self.0;
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        for Pool { name: pool, used, idle, most } in &now.pools {
            for (state, number) in [("used", used), ("idle", idle), ("most", most)] {
                numbers.connections.get_or_create(&OfPool { pool, state }).set(signed(*number));
            }
        }
        for Replica { number, usable, age, answered } in &now.replicas {
            let replica = OfReplica { replica: *number as u64 };
            numbers.replica_usable.get_or_create(&replica).set(i64::from(*usable));
            numbers.replica_lag.get_or_create(&replica).set(age.map_or(f64::NAN, |age| age.as_secs_f64()));
            numbers.replica_statements.get_or_create(&replica).inner().store(*answered, Ordering::Relaxed);
        }
        numbers.database_up.set(i64::from(now.queue.is_some()));
        // Old numbers of a database that does not answer would look like new ones.
        numbers.bulk_queue.clear();
        for (state, operations) in now.queue.iter().flatten() {
            numbers.bulk_queue.get_or_create(&OfState { state }).set(signed(*operations));
        }
        numbers.outbox_lag.set(now.outbox_lag.unwrap_or(f64::NAN));
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &numbers.registry);
        text
    }
}

impl Numbers {
    fn registered(mut self, database: &'static str) -> Self {
        let mut root = Registry::default();
        let registry = root.sub_registry_with_prefix("jixiao");
        let build = vec![("version", env!("CARGO_PKG_VERSION")), ("database", database)];
        registry.register("build", "The version, and the kind of the database", Info::new(build));
        registry.register("http_requests", "Requests by route and status", self.requests.clone());
        registry.register("http_request_seconds", "Time of requests by route", self.request_seconds.clone());
        registry.register("http_requests_running", "Requests that run or wait at this moment", self.running.clone());
        registry.register("documents", "GraphQL documents by kind and outcome", self.documents.clone());
        registry.register("document_seconds", "Time of GraphQL documents by kind", self.document_seconds.clone());
        registry.register("errors", "Errors in answers by code", self.errors.clone());
        registry.register(
            "cost_points_estimated",
            "Points that documents were estimated to cost",
            self.points_estimated.clone(),
        );
        registry.register("cost_points_actual", "Points that documents did cost", self.points_actual.clone());
        registry.register("statement_seconds", "Time of SQL statements by kind", self.statement_seconds.clone());
        registry.register("statements_failed", "SQL statements that failed", self.statements_failed.clone());
        registry.register("bulk_rows", "Rows of bulk operations by kind and outcome", self.bulk_rows.clone());
        registry.register(
            "bulk_operations_ended",
            "Bulk operations that ended, by kind and state",
            self.bulk_ended.clone(),
        );
        registry.register("database_up", "Whether the database answered just now", self.database_up.clone());
        registry.register("database_connections", "Connections by pool: used, idle, most", self.connections.clone());
        registry.register("replica_usable", "Whether the replica may answer", self.replica_usable.clone());
        registry.register(
            "replica_lag_seconds",
            "What was committed so long ago, and before, the replica has",
            self.replica_lag.clone(),
        );
        registry.register(
            "replica_statements",
            "SQL statements that the replica answered",
            self.replica_statements.clone(),
        );
        registry.register(
            "bulk_operations_open",
            "Bulk operations that have not ended, by state",
            self.bulk_queue.clone(),
        );
        registry.register(
            "outbox_lag_seconds",
            "Age of the oldest change that no reader of the outbox can have yet",
            self.outbox_lag.clone(),
        );
        root.register_collector(Box::new(process::Process));
        self.registry = root;
        self
    }
}

#[cfg(test)]
mod tests;
