//! A small schema of the suite's own behind the real HTTP layer: fields that fail in every position, fields that wait, panic
//! or answer much, and a client that can send what no proper client would.

use std::cell::RefCell;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use async_graphql::{Context, EmptySubscription, Error, Object, Result, Schema, SimpleObject};
use axum::http::{HeaderMap, HeaderValue, header};
use entity::id::AccountId;
use entity::value::AccountKind;
use futures_util::future::BoxFuture;
use jixiao::auth::{Account, Authenticate, Caller};
use jixiao::error::{AppError, AppResult, ErrorCode};
use jixiao::http::{Lifecycle, Rates, Ready, ServeOptions, Service, TrustedDocuments, router, serve};
use jixiao::lang::{ByLang, Lang};
use jixiao::limits::{ByProfile, DocumentPolicy, Limits, ProfileLimits};
use jixiao::login::Login;
use jixiao::request_id::RequestId;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a fault of the database would say and no client may read.
pub const SECRET: &str = "relation \"accounts\" at /var/lib/db";

fn fault() -> Error {
    AppError::internal(std::io::Error::other(SECRET)).into()
}

/// An object whose fields fail in every way.
pub struct Thing;

#[Object]
impl Thing {
    async fn ok(&self) -> i32 {
        1
    }
    /// Nullable, fails, as the service writes it.
    async fn maybe(&self) -> Option<Result<i32>> {
        Some(Err(AppError::bad_input("maybe failed").into()))
    }
    /// Never null, fails.
    async fn must(&self) -> Result<i32> {
        Err(AppError::bad_input("must failed").into())
    }
    /// Nullable, fails, written the other way round.
    async fn trap(&self) -> Result<Option<i32>> {
        Err(AppError::bad_input("trap failed").into())
    }
    async fn thing(&self) -> Thing {
        Thing
    }
    async fn maybe_thing(&self) -> Option<Thing> {
        Some(Thing)
    }
    async fn things(&self) -> Vec<Thing> {
        vec![Thing, Thing]
    }
    async fn maybe_things(&self) -> Vec<Option<Thing>> {
        vec![Some(Thing), None, Some(Thing)]
    }
    async fn numbers(&self) -> Vec<Option<Result<i32>>> {
        vec![Some(Ok(1)), Some(Err(AppError::bad_input("a number failed").into())), None]
    }
}

/// A page of things.
#[derive(SimpleObject)]
pub struct Page {
    nodes: Vec<Row>,
    total_count: i32,
}

/// A row of a page.
pub struct Row {
    number: i32,
}

#[Object]
impl Row {
    async fn number(&self) -> i32 {
        self.number
    }
    async fn page(&self, first: Option<i32>) -> Page {
        page_of(first)
    }
}

fn page_of(first: Option<i32>) -> Page {
    let nodes: Vec<Row> = (0..first.unwrap_or(20)).map(|number| Row { number }).collect();
    Page { total_count: nodes.len() as i32, nodes }
}

/// Counts what was begun and what was ended by being dropped.
#[derive(Default)]
pub struct Counts {
    pub begun: AtomicU64,
    pub dropped: AtomicU64,
}

struct Running<'a>(&'a Counts);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

pub struct Query;

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "hello"
    }
    async fn thing(&self) -> Thing {
        Thing
    }
    async fn maybe(&self) -> Option<Result<i32>> {
        Some(Err(AppError::bad_input("maybe failed").into()))
    }
    async fn must(&self) -> Result<i32> {
        Err(AppError::bad_input("must failed").into())
    }
    async fn maybe_thing(&self) -> Option<Thing> {
        Some(Thing)
    }
    async fn slow_hello(&self) -> &str {
        tokio::time::sleep(Duration::from_millis(20)).await;
        "slow"
    }
    async fn missing(&self) -> Option<Result<i32>> {
        Some(Err(AppError::new(ErrorCode::NotFound, "There is no such thing.").into()))
    }
    async fn fault(&self) -> Option<Result<i32>> {
        Some(Err(fault()))
    }
    async fn foreign(&self) -> Option<Result<i32>> {
        Some(Err(std::io::Error::other(SECRET).into()))
    }
    async fn bare(&self) -> Option<Result<i32>> {
        Some(Err(Error::new(SECRET)))
    }
    async fn panics(&self) -> i32 {
        if SECRET.is_empty() { 1 } else { panic!("{SECRET}") }
    }
    async fn echo(&self, number: i32, text: Option<String>) -> String {
        format!("{number}{}", text.unwrap_or_default())
    }
    async fn small(&self, number: u8) -> i32 {
        number.into()
    }
    async fn who(&self, ctx: &Context<'_>) -> Result<String> {
        let name = ctx.data::<Caller>()?.identity().map_or("nobody", |account| &account.name);
        let limits = ctx.data::<ProfileLimits>()?;
        let (lang, id) = (ctx.data::<Lang>()?, ctx.data::<RequestId>()?);
        Ok(format!("{name} {} {} {id}", limits.page_max, lang.tag()))
    }
    async fn page(&self, first: Option<i32>) -> Page {
        page_of(first)
    }
    async fn text(&self, bytes: i32) -> String {
        "x".repeat(bytes as usize)
    }
    async fn wait(&self, ctx: &Context<'_>, ms: u64) -> Result<&str> {
        let counts = ctx.data::<Arc<Counts>>()?;
        counts.begun.fetch_add(1, Ordering::SeqCst);
        let _running = Running(counts);
        tokio::time::sleep(Duration::from_millis(ms)).await;
        Ok("waited")
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn touch(&self, number: Option<i32>) -> i32 {
        number.unwrap_or(1)
    }
}

/// Knows the tokens `person` and `system` and the account names `Ann` and `robot`.
struct Tokens;

impl Authenticate for Tokens {
    fn caller<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, AppResult<Caller>> {
        let account = |name: &str, kind| {
            let account = Account { id: AccountId::new(), name: name.to_owned(), kind };
            Ok(Caller::account(account, Vec::new()))
        };
        let caller = match headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes) {
            None => Ok(Caller::anonymous()),
            Some(b"Bearer person") => account("Ann\nforged line", AccountKind::Person),
            Some(b"Bearer system") => account("robot", AccountKind::Service),
            Some(_) => Err(AppError::new(ErrorCode::Unauthenticated, "The token is not valid.")),
        };
        Box::pin(async { caller })
    }
}

/// How a server of a test differs from the usual one.
pub struct Setup {
    pub limits: Limits,
    pub options: ServeOptions,
    pub origins: Vec<String>,
    pub ready: Ready,
    pub login: Option<Login>,
    pub rates: Rates,
    pub introspection: ByProfile<bool>,
    pub documents: TrustedDocuments,
    pub policies: ByProfile<DocumentPolicy>,
}

/// The limits that ship, but so many requests that a test need not count them.
pub fn limits() -> Limits {
    let many = 1_000_000;
    let of = |limits: ProfileLimits| ProfileLimits { requests_minute: many, points_minute: many, ..limits };
    let Limits { public, staff, service } = Limits::DEFAULT;
    Limits { public: of(public), staff: of(staff), service: of(service) }
}

impl Default for Setup {
    fn default() -> Self {
        let ready: Ready = Arc::new(|| Box::pin(async { Ok(()) }));
        Self {
            limits: limits(),
            options: ServeOptions::default(),
            origins: Vec::new(),
            ready,
            rates: Rates::new(),
            introspection: ByProfile { public: true, staff: true, service: true },
            documents: TrustedDocuments::default(),
            policies: ByProfile::default(),
            login: None,
        }
    }
}

/// The schema of this file.
pub fn schema(counts: &Arc<Counts>) -> Schema<Query, Mutation, EmptySubscription> {
    Schema::build(Query, Mutation, EmptySubscription).limit_recursive_depth(64).data(Arc::clone(counts)).finish()
}

/// A running server on a port of its own.
pub struct Server {
    pub address: SocketAddr,
    pub lifecycle: Lifecycle,
    pub counts: Arc<Counts>,
    pub task: JoinHandle<()>,
}

impl Server {
    pub async fn usual() -> Self {
        Self::start(Setup::default()).await
    }

    pub async fn start(setup: Setup) -> Self {
        log_by_thread();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (lifecycle, counts) = (Lifecycle::new(), Arc::new(Counts::default()));
        let schema = schema(&counts);
        let sdl = ByLang::new(|lang| format!("# {}\n{}", lang.tag(), schema.sdl()));
        let schemas = ByLang::new(|_| schema.clone());
        let service = Service::new(schemas, sdl, Arc::new(Tokens), setup.limits, setup.ready, lifecycle.clone());
        let mut service = service
            .with_rates(setup.rates)
            .with_introspection(setup.introspection)
            .with_documents(setup.documents, setup.policies);
        if let Some(login) = setup.login {
            service = service.with_login(login);
        }
        let router = router(service, None, &setup.origins);
        let handle = lifecycle.clone();
        let task = tokio::spawn(async move { serve(listener, router, &setup.options, handle).await });
        Self { address, lifecycle, counts, task }
    }

    /// Sends bytes as they are and reads until the server closes.
    pub async fn raw(&self, bytes: impl AsRef<[u8]>) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // The server may close before it has read everything.
        let _ = stream.write_all(bytes.as_ref()).await;
        read(stream).await
    }

    /// Sends a request of one connection.
    pub async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || method == "POST" {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        self.raw([head.as_bytes(), body].concat()).await
    }

    pub async fn get(&self, target: &str) -> Answer {
        self.send("GET", target, &[], b"").await
    }

    /// Posts a GraphQL request with more headers than the necessary ones.
    pub async fn post(&self, body: &Json, headers: &[(&str, &str)]) -> Answer {
        let mut all = vec![("content-type", "application/json")];
        all.extend(headers);
        self.send("POST", "/graphql", &all, body.to_string().as_bytes()).await
    }

    /// Posts a document as an anonymous client of the new media type.
    pub async fn ask(&self, query: &str) -> Answer {
        self.post(&json!({ "query": query }), &[NEW]).await
    }

    /// Posts a document with the token of a system, whose limits are the widest.
    pub async fn ask_as_system(&self, query: &str) -> Answer {
        self.post(&json!({ "query": query }), &[NEW, SYSTEM]).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Accepts the new media type.
pub const NEW: (&str, &str) = ("accept", "application/graphql-response+json");
/// The token of a person.
pub const PERSON: (&str, &str) = ("authorization", "Bearer person");
/// The token of a system.
pub const SYSTEM: (&str, &str) = ("authorization", "Bearer system");

/// An answer; status 0 if the connection was closed without one.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n\n{}", self.head, String::from_utf8_lossy(&self.body))
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body without what it cost, which [`Answer::cost`] gives.
    pub fn json(&self) -> Json {
        let mut body = self.whole();
        if let Some(extensions) = body.get_mut("extensions").and_then(Json::as_object_mut) {
            extensions.remove("cost");
            if extensions.is_empty() {
                body.as_object_mut().unwrap().remove("extensions");
            }
        }
        body
    }

    /// What it cost: requested, actual, limit, remaining.
    pub fn cost(&self) -> [u64; 4] {
        let cost = &self.whole()["extensions"]["cost"];
        ["requested", "actual", "limit", "remaining"]
            .map(|name| cost[name].as_u64().unwrap_or_else(|| panic!("no {name}: {self:?}")))
    }

    fn whole(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Code and message of the first error.
    pub fn refusal(&self) -> (String, String) {
        let error = &self.json()["errors"][0];
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        (text(&error["extensions"]["code"]), text(&error["message"]))
    }
}

/// Reads until the other side closes or resets.
pub async fn read(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    while let Ok(read @ 1..) = stream.read(&mut chunk).await {
        bytes.extend_from_slice(&chunk[..read]);
    }
    let split = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(split) = split else { return Answer { status: 0, head: String::new(), body: bytes } };
    let head = String::from_utf8(bytes[..split].to_vec()).unwrap();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, head, body: bytes[split + 4..].to_vec() }
}

thread_local! {
    /// The log of this thread while a test collects it.
    static LINES: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Sends the log of every thread to that thread's [`LINES`]. One subscriber for the process, set before the first line of
/// the HTTP layer: subscribers that come and go beside each other lose lines.
fn log_by_thread() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(|| ThreadWriter)
            .init();
    });
}

/// The log of this thread, on which a test's runtime does everything.
pub struct Log(());

impl Log {
    /// Begins to collect.
    pub fn collect() -> Self {
        log_by_thread();
        LINES.set(Some(Vec::new()));
        Self(())
    }

    pub fn text(&self) -> String {
        LINES.with_borrow(|lines| String::from_utf8(lines.clone().unwrap_or_default()).unwrap())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        LINES.set(None);
    }
}

struct ThreadWriter;

impl std::io::Write for ThreadWriter {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.iter_mut().for_each(|lines| lines.extend_from_slice(line)));
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
