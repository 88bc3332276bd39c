//! From settings to a service that answers: database, keys, schema, routes, and the loop until the end.
//!
//! A SQLite file belongs to this machine, so whoever opens it for work brings its tables up to date. A PostgreSQL
//! database may be in use by processes of the version before, so it is changed by `jixiao migrate` alone, and opening it
//! with changes pending is refused.

mod door;
mod metrics;

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use entity::value::BulkKind;
use sea_orm::DbBackend;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{JoinHandle, JoinSet};

use crate::auth::bearer::Bearer;
use crate::auth::key::KeyError;
use crate::auth::keyset::KeySet;
use crate::auth::oauth::TokenEndpoint;
use crate::auth::oidc::{Provider, ProviderSettings};
use crate::auth::ring::KeyRing;
use crate::auth::seal::SealingKey;
use crate::auth::token::{TokenChecker, TokenIssuer};
use crate::backup;
use crate::bulk::{Bulk, BulkSettings, Handler};
use crate::clock;
use crate::config::Settings;
use crate::db::{DatabaseSettings, Db};
use crate::error::AppError;
use crate::graphql;
use crate::graphql::queries::Queries;
use crate::http::{
    self, Everybody, Lifecycle, ManifestError, Oauth, Places, Ready, ServeOptions, Service, TrustedDocuments,
};
use crate::import::FileStore;
use crate::intake;
use crate::lang::{ByLang, Lang};
use crate::limits::ProfileLimits;
use crate::login::Login;
use crate::metrics::Metrics;
use crate::service::client::directory::{self, Directory};
use crate::service::revocation::{self, Revocations};
use crate::service::search::index;
use crate::service::{idempotency, lockout, session};
use crate::traces::Traces;

pub use door::{Door, listen};

/// How often what has expired is deleted.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// How soon the index of search is put in order after a write.
const SETTLE_EVERY: Duration = Duration::from_secs(1);

/// How often the folder of the keys is read.
const KEYS_EVERY: Duration = Duration::from_secs(2);

/// Why the service cannot start, in words for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be made.
    #[error("the data folder {} cannot be made: {source}; choose another one with --data or JIXIAO_DATA", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no database to look into.
    #[error("there is no database {}: `jixiao demo`, `serve` and `migrate` make one; is --data the right folder?", .0.display())]
    NoDatabase(PathBuf),
    /// What is in the data folder is half restored.
    #[error("a restore into {} did not end well: run `jixiao admin restore` again", .0.display())]
    HalfRestored(PathBuf),
    /// The tables are not those of this version.
    #[error("the database lacks {0} of the changes that this version needs: run `jixiao migrate`")]
    Pending(usize),
    /// Another program listens at the address.
    #[error(
        "{address} is taken by another program: stop it, or choose another address, e.g. {variable}={next}",
        next = SocketAddr::new(address.ip(), address.port().checked_add(1).unwrap_or(8080))
    )]
    Taken {
        /// The address.
        address: SocketAddr,
        /// The variable that names it.
        variable: &'static str,
    },
    /// The address cannot be listened at for another reason.
    #[error("the service cannot listen at {address}: {source}; choose another address with {variable}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The variable that names it.
        variable: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// What was given to listen at cannot be used.
    #[error(
        "the socket in LISTEN_FDS cannot be used: {0}; the unit for systemd names one `ListenStream=` with an IP address and a port"
    )]
    Socket(io::Error),
    /// The clock of the machine is wrong.
    #[error("the clock of this machine is behind the date of this version: set it right, since tokens expire by it")]
    Clock,
    /// The keys cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The trusted documents cannot be used.
    #[error(transparent)]
    Documents(#[from] ManifestError),
    /// The database cannot be used.
    #[error(transparent)]
    App(#[from] AppError),
}

/// Opens the database for work; makes folder, file and tables where they may be made.
///
/// # Errors
/// When the database does not answer or is not safe to use, and for a PostgreSQL database with changes pending.
pub async fn open(settings: &Settings) -> Result<Db, StartError> {
    make_data_folder(settings)?;
    let db = Db::connect(&settings.database()).await?;
    match db.backend() {
        DbBackend::Sqlite => {
            db.migrate().await?;
            index::bring_up_to_date(&db).await?;
        }
        _ => {
            refuse_pending(&db).await?;
            if !index::is_current(db.read()).await? {
                return Err(StartError::Pending(1));
            }
        }
    }
    Ok(db)
}

/// Opens a database that must have its tables already, to look something up in it.
///
/// # Errors
/// As [`open`], and for a SQLite file that is not there or any database with changes pending.
pub async fn open_existing(database: &DatabaseSettings) -> Result<Db, StartError> {
    if let Some(file) = database.missing_file() {
        return Err(StartError::NoDatabase(file));
    }
    let db = Db::connect(database).await?;
    refuse_pending(&db).await?;
    Ok(db)
}

/// Brings the tables of any database to the newest form and tells which changes that took.
///
/// # Errors
/// When the database does not answer, is not safe to use, or refuses a change.
pub async fn migrate(settings: &Settings) -> Result<(Db, Vec<String>), StartError> {
    make_data_folder(settings)?;
    let db = Db::connect(&settings.database()).await?;
    let pending = db.pending_migrations().await?;
    db.migrate().await?;
    index::bring_up_to_date(&db).await?;
    Ok((db, pending))
}

/// The signing keys of the data folder, which are made when they are missing.
///
/// # Errors
/// When a key cannot be used.
pub fn keys(settings: &Settings) -> Result<Arc<KeyRing>, StartError> {
    Ok(Arc::new(KeyRing::open(&settings.keys_folder(), &settings.issuer)?))
}

/// Issues tokens by the signing keys of the data folder.
///
/// # Errors
/// As [`keys`].
pub fn token_issuer(settings: &Settings) -> Result<TokenIssuer, StartError> {
    Ok(TokenIssuer::new(keys(settings)?, &settings.audience))
}

/// Signs people in by password, where the settings say so.
///
/// # Errors
/// When a key cannot be used.
fn login(
    settings: &Settings,
    db: &Db,
    keys: &Arc<KeyRing>,
    revocations: &Revocations,
) -> Result<Option<Login>, StartError> {
    if !settings.local_login {
        return Ok(None);
    }
    let sealing = SealingKey::open_or_create(&settings.keys_folder())?;
    let issuer = TokenIssuer::new(Arc::clone(keys), &settings.audience);
    Ok(Some(Login::new(db.clone(), issuer, sealing, revocations.clone(), &settings.issuer, clock::system)))
}

/// How the files of bulk operations are read and applied, by the kind of their rows.
pub type Handlers = BTreeMap<BulkKind, Handler>;

/// What ships for every kind.
pub fn handlers(settings: &Settings) -> Handlers {
    intake::handlers(FileStore::new(settings.files_folder()))
}

/// Bulk operations on a database, with their files in the data folder.
pub fn bulk(settings: &Settings, db: &Db, handlers: Handlers) -> Bulk {
    let bulk_settings = BulkSettings {
        workers: settings.bulk_workers as usize,
        upload_bytes: u64::from(settings.upload_limit_mebibytes) << 20,
        ..BulkSettings::DEFAULT
    };
    Bulk::new(db.clone(), &settings.data, bulk_settings, handlers, clock::system)
}

/// Serves, and works on bulk operations, until a signal ends it; then lets running requests and chunks finish and closes the
/// database. `announce` is how long requests are still accepted after the signal, unless the next process gets the same socket.
///
/// # Errors
/// When the clock is behind, when a key or the address of the metrics cannot be used, and when the database cannot be closed.
pub async fn serve(
    settings: &Settings,
    mut db: Db,
    door: Door,
    announce: Duration,
    handlers: Handlers,
) -> Result<(), StartError> {
    if !clock::is_plausible(clock::system()) {
        return Err(StartError::Clock);
    }
    let lifecycle = Lifecycle::new();
    let (metrics, traces) = metrics::begin(settings, &mut db)?;
    let bulk = bulk(settings, &db, handlers).with_metrics(metrics.clone());
    let _numbers = metrics::serve(settings, &db, &bulk, metrics.clone(), &lifecycle).await?;
    let address = door.address(settings);
    let assembled = assemble(settings, &db, address, bulk.clone(), &metrics, traces.clone(), lifecycle.clone()).await?;
    let stop = lifecycle.clone();
    let workers = tokio::spawn(async move {
        if let Err(error) = bulk.work(stop.draining()).await {
            tracing::error!(%error, cause = ?std::error::Error::source(&error), "bulk operations are not worked on");
        }
    });
    let signals = lifecycle.clone();
    tokio::spawn(async move {
        if let Err(error) = signals.follow_signals().await {
            tracing::error!(%error, "signals cannot be followed: the service can only be killed");
        }
    });
    let options = ServeOptions {
        announce,
        handed_over: door.handed_over,
        finish: settings.drain_seconds,
        trusted_proxies: settings.trusted_proxies.clone(),
        ..ServeOptions::default()
    };
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %address, "serving");
    http::serve(door.listener, assembled.router, &options, lifecycle.clone()).await;
    finish(workers, settings.drain_seconds, &lifecycle).await;
    if let Some(traces) = traces {
        tokio::task::spawn_blocking(move || traces.close()).await.map_err(AppError::internal)?;
    }
    Ok(db.close().await?)
}

/// Waits until the workers have given back what they had. What takes too long is dropped: its transaction is rolled back, and
/// another process goes on from the checkpoint.
async fn finish(mut workers: JoinHandle<()>, longest: Duration, lifecycle: &Lifecycle) {
    tokio::select! {
        _ended = &mut workers => return,
        () = tokio::time::sleep(longest) => {}
        () = lifecycle.forced() => {}
    }
    tracing::warn!("stopped: the chunks of bulk operations ran too long and were dropped");
    workers.abort();
    let _aborted = workers.await;
}

/// Deletes what has expired, now and then, as long as the service runs.
async fn sweep(db: Db) {
    let mut turns = tokio::time::interval(SWEEP_EVERY);
    loop {
        turns.tick().await;
        let now = clock::system();
        let swept = [
            idempotency::sweep(&db, now).await,
            revocation::sweep(&db, now).await,
            directory::sweep(&db, now).await,
            lockout::sweep(&db, now).await,
            session::sweep(&db, now).await,
        ];
        for error in swept.into_iter().filter_map(Result::err) {
            tracing::warn!(%error, "what has expired could not be deleted; it is tried again");
        }
    }
}

/// Puts what was written in its place in the index of search, soon after, as long as the service runs.
async fn settle(db: Db) {
    let commits = db.commits();
    let mut settled = None;
    let mut turns = tokio::time::interval(SETTLE_EVERY);
    loop {
        turns.tick().await;
        let now = Some(commits.load(Ordering::Acquire));
        if settled == now {
            continue;
        }
        match index::settle(db.read()).await {
            Ok(()) => settled = now,
            Err(error) => tracing::warn!(%error, "the index of search could not be put in order; it is tried again"),
        }
    }
}

/// Where trusted documents come from.
struct Manifests {
    documents: TrustedDocuments,
    files: Vec<PathBuf>,
    limits: ProfileLimits,
}

impl Manifests {
    fn of(settings: &Settings, documents: &TrustedDocuments) -> Self {
        let (files, limits) = (settings.trusted_documents.clone(), settings.limits.service);
        Self { documents: documents.clone(), files, limits }
    }

    async fn load(&self) -> Result<(), StartError> {
        // Documents are checked against the schema alone: nothing of them runs.
        let known = self.documents.load(&self.files, &graphql::schema(None, Lang::default()), &self.limits).await?;
        if !self.files.is_empty() {
            tracing::info!(known, "trusted documents");
        }
        Ok(())
    }

    /// Loads them again at each SIGHUP, if there are any: otherwise the end of a terminal ends the service, as usual. To be
    /// spawned.
    async fn follow(self) {
        if self.files.is_empty() {
            return;
        }
        let Ok(mut hangups) = signal(SignalKind::hangup()) else {
            return tracing::error!("SIGHUP cannot be followed: trusted documents are read at the start only");
        };
        while hangups.recv().await.is_some() {
            if let Err(error) = self.load().await {
                tracing::error!(%error, "trusted documents stay as they were");
            }
        }
    }
}

/// The identity provider of the settings.
///
/// # Errors
/// When its address or the authority of its certificate cannot be used.
fn provider(settings: &Settings) -> Result<Option<Arc<Provider>>, StartError> {
    let Some(issuer) = &settings.oidc_issuer else { return Ok(None) };
    let audience = settings.oidc_audience.as_ref().unwrap_or(&settings.audience);
    let authority = settings.oidc_authority.as_deref();
    let provider = ProviderSettings { issuer, audience, claim: &settings.oidc_claim, authority };
    Ok(Some(Provider::new(&provider, clock::system)?))
}

/// The service without its address: the routes, and the work beside requests, which goes on as long as this value lives.
pub struct Assembled {
    /// All routes.
    pub router: Router,
    _beside: JoinSet<()>,
}

/// Puts together all that a request meets, on a database; clients reach the service at `address`.
///
/// # Errors
/// When a key cannot be used, and when the database does not answer.
pub async fn assemble(
    settings: &Settings,
    db: &Db,
    address: SocketAddr,
    bulk: Bulk,
    metrics: &Metrics,
    traces: Option<Traces>,
    lifecycle: Lifecycle,
) -> Result<Assembled, StartError> {
    let documents = TrustedDocuments::default();
    let manifests = Manifests::of(settings, &documents);
    manifests.load().await?;
    let keys = keys(settings)?;
    let revocations = Revocations::read(db, clock::system).await?;
    let trusted = KeySet::configured(Arc::clone(&keys), settings)?;
    let provider = provider(settings)?;
    let mut checker = TokenChecker::new(trusted, &settings.audience);
    if let Some(provider) = &provider {
        checker = checker.with_provider(Arc::clone(provider));
    }
    let checker = Arc::new(checker);
    let bearer = Bearer::new(Arc::clone(&checker), db.read().clone(), revocations.set(), clock::system)
        .remembering(db.commits());

    let places = Places::below(settings.base_url(address));
    let audiences = [places.token.clone(), places.base.clone(), settings.issuer.clone()];
    let clients = Box::new(Directory::new(db.clone(), revocations.clone(), clock::system));
    let issuer = TokenIssuer::new(Arc::clone(&keys), &settings.audience);
    let life = settings.token_life_seconds;
    let endpoint = TokenEndpoint::new(clients, issuer, checker, audiences, life, clock::system);
    let oauth = Oauth::new(endpoint, Arc::clone(&keys), places, clock::system);

    let asked = db.clone();
    let ready: Ready = Arc::new(move || {
        let db = asked.clone();
        Box::pin(async move { db.ping().await })
    });
    let schemas = ByLang::new(|lang| graphql::schema_with_bulk(Some(db.clone()), Some(bulk.clone()), lang));
    let sdl = ByLang::new(graphql::sdl);
    let public = settings.public.then(|| public_routes(settings, db, ready.clone(), metrics, lifecycle.clone()));
    let service = Service::new(schemas, sdl, Arc::new(bearer), settings.limits, ready, lifecycle)
        .with_queries(Queries::new(db.clone(), Some(bulk.clone())))
        .with_introspection(settings.introspection)
        .with_documents(documents.clone(), settings.document_policies());
    let primary = db.clone();
    let service = service.with_written(Arc::new(move || {
        let db = primary.clone();
        Box::pin(async move { db.freshness().await })
    }));
    let mut service = service.with_bulk(bulk).with_oauth(oauth).with_metrics(metrics.clone()).with_traces(traces);
    if let Some(login) = login(settings, db, &keys, &revocations)? {
        service = service.with_login(login);
    }
    let router = http::router(service, public, &settings.cors_origins);

    let mut beside = JoinSet::new();
    beside.spawn(manifests.follow());
    if let Some(provider) = provider {
        beside.spawn(provider.keep_fresh());
    }
    beside.spawn(sweep(db.clone()));
    beside.spawn(settle(db.clone()));
    beside.spawn(follow_keys(keys));
    beside.spawn(revocations.follow());
    Ok(Assembled { router, _beside: beside })
}

/// Reads the folder of the keys again and again, so that a rotation needs no restart.
async fn follow_keys(keys: Arc<KeyRing>) {
    let mut turns = tokio::time::interval(KEYS_EVERY);
    loop {
        turns.tick().await;
        let keys = Arc::clone(&keys);
        match tokio::task::spawn_blocking(move || keys.refresh()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(%error, "the signing keys cannot be read again; those of before are used")
            }
            Err(error) => tracing::error!(%error, "the signing keys were not read again"),
        }
    }
}

/// The routes at which everybody asks for what is published.
fn public_routes(settings: &Settings, db: &Db, ready: Ready, metrics: &Metrics, lifecycle: Lifecycle) -> Router {
    let schemas = ByLang::new(|lang| graphql::public_schema(Some(db.clone()), lang));
    let sdl = ByLang::new(graphql::public_sdl);
    let everybody = Arc::new(Everybody);
    let service = Service::new(schemas, sdl, everybody, settings.limits, ready, lifecycle);
    let service = service.with_queries(Queries::new(db.clone(), None));
    http::public_router(service.with_metrics(metrics.clone()))
}

/// Makes the data folder, private to its owner; one that exists stays as it is, and must not be half restored.
fn make_data_folder(settings: &Settings) -> Result<(), StartError> {
    if backup::is_unfinished(&settings.data) {
        return Err(StartError::HalfRestored(settings.data.clone()));
    }
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&settings.data);
    made.map_err(|source| StartError::Folder { path: settings.data.clone(), source })
}

async fn refuse_pending(db: &Db) -> Result<(), StartError> {
    match db.pending_migrations().await?.len() {
        0 => Ok(db.refuse_unprotected().await?),
        pending => Err(StartError::Pending(pending)),
    }
}
