//! The service in process: a database with data, the schema over it, and a caller.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_graphql::parser::parse_query;
use async_graphql::{Request, Response, ServerError, Variables};
use entity::id::AccountId;
use entity::value::{AccountKind, Role};
use jixiao::auth::{Account, Caller, Grant, Scope};
use jixiao::db::{self, Db, Freshness};
use jixiao::error::{AppError, AppResult};
use jixiao::graphql::execution::{Document, Execution};
use jixiao::graphql::held::{self, Held};
use jixiao::graphql::queries::{Executed, Queries, Valid};
use jixiao::graphql::variables::with_defaults;
use jixiao::graphql::{self, ApiSchema};
use jixiao::import::{self, FileStore, Options, Report, Source};
use jixiao::lang::Lang;
use jixiao::limits::ProfileLimits;
use serde_json::{Map, Value};
use tempfile::TempDir;

use super::database::{self, TestDatabase};
use super::disclosures;

/// Everything that a test needs to ask the service.
pub struct World {
    /// The database.
    pub db: Db,
    /// The schema over it.
    pub schema: ApiSchema,
    /// Statements that ran so far.
    pub statements: Arc<AtomicUsize>,
    files: Arc<TempDir>,
    database: Arc<TestDatabase>,
}

impl World {
    /// A service with an empty database.
    pub async fn empty() -> Self {
        let (database, db) = database::migrated().await;
        Self::over(Arc::new(database), db, Arc::new(TempDir::new().expect("a temporary folder")))
    }

    /// Another service over the same database, with connections of its own as if it were another process.
    pub async fn beside(&self) -> Self {
        let db = Db::connect(&self.database.settings).await.expect("a safe database");
        Self::over(Arc::clone(&self.database), db, Arc::clone(&self.files))
    }

    fn over(database: Arc<TestDatabase>, mut db: Db, files: Arc<TempDir>) -> Self {
        let statements = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&statements);
        db.observe(move |info| {
            counter.fetch_add(1, Ordering::Relaxed);
            if info.failed {
                eprintln!("failed: {}", info.statement);
            }
        });
        let schema = graphql::schema(Some(db.clone()), Lang::En);
        Self { db, schema, statements, files, database }
    }

    /// A service that has read the four real disclosures.
    pub async fn with_disclosures() -> Self {
        let world = Self::empty().await;
        for disclosure in disclosures::ALL {
            world.import(disclosure.file, disclosure.bytes(), &disclosure.import_options()).await;
        }
        world
    }

    /// Where the database is.
    pub fn database_url(&self) -> &str {
        &self.database.settings.url
    }

    /// Imports a document that must be accepted.
    pub async fn import(&self, name: &str, bytes: Vec<u8>, options: &Options) -> Report {
        self.try_import(name, bytes, options).await.expect("an accepted document")
    }

    /// Imports a document that may be refused.
    pub async fn try_import(&self, name: &str, bytes: Vec<u8>, options: &Options) -> AppResult<Report> {
        self.import_as(&Caller::operator(), &Source { name: name.to_owned(), bytes }, options).await
    }

    /// Imports a document in somebody's name.
    pub async fn import_as(&self, caller: &Caller, source: &Source, options: &Options) -> AppResult<Report> {
        import::run(&self.db, &FileStore::new(self.files.path()), caller, source, options).await
    }

    /// Asks as a caller, and gives the answer as the service gives it.
    pub async fn answer(&self, caller: &Caller, query: &str, variables: Value) -> Response {
        let deadline = Instant::now() + Duration::from_secs(600);
        let response = db::until(deadline, self.read(caller, query, variables)).await;
        for error in &response.errors {
            if let Some(cause) = error.source::<AppError>().and_then(std::error::Error::source) {
                eprintln!("{error}: {cause}");
            }
        }
        response
    }

    async fn read(&self, caller: &Caller, query: &str, variables: Value) -> Response {
        match parse_query(query) {
            Ok(document) => self.execute(caller, &Document::new(document), variables).await,
            Err(_) => self.schema.execute(query).await,
        }
    }

    /// What the library answers when it executes a document by itself.
    pub async fn schema_answers(&self, caller: &Caller, query: &str, variables: Value) -> Response {
        let mut variables = Variables::from_json(variables);
        if let Ok(document) = parse_query(query)
            && let Some((_, operation)) = document.operations.iter().next()
        {
            variables = with_defaults(&operation.node, variables);
        }
        let request = Request::new(query).variables(variables);
        self.schema.execute(request.data(caller.clone()).data(ProfileLimits::SERVICE).data(Lang::En)).await
    }

    /// The answer to a document that may be known from before.
    pub async fn execute(&self, caller: &Caller, document: &Document, variables: Value) -> Response {
        let (limits, lang, freshness) = (ProfileLimits::SERVICE, Lang::En, Freshness::Latest);
        let (_, operation) = document.read.operations.iter().next().expect("an operation");
        let operation = &operation.node;
        let mut sent = match variables {
            Value::Object(sent) => sent,
            _ => Map::new(),
        };
        let all_fit = held::all_fit(operation, &sent);
        let held = &Held::take(operation, &mut sent);
        let variables = &with_defaults(operation, Variables::from_json(Value::Object(sent)));
        let asked =
            Valid { document: &document.read, operation, variables, held, caller, limits: &limits, lang, freshness };
        let queries = Queries::new(self.db.clone(), None);
        let (executor, queries) = (&self.schema, Some(&queries));
        let execution = Execution { executor, queries, document, name: None, asked, all_fit };
        let equip = |request: Request| request.data(caller.clone()).data(limits).data(lang).data(held.clone());
        match execution.run(equip).await {
            Ok(Executed { data, errors }) => {
                let mut response = Response::new(serde_json::from_slice::<async_graphql::Value>(&data).expect("JSON"));
                response.errors = errors;
                response
            }
            Err(errors) => Response::from_errors(errors),
        }
    }

    /// Asks as a caller, and gives the whole answer.
    pub async fn ask_as(&self, caller: &Caller, query: &str, variables: Value) -> Value {
        serde_json::to_value(self.answer(caller, query, variables).await).expect("an answer is JSON")
    }

    /// Asks as a reader of everything, and gives the data of an answer without errors.
    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        let answer = self.ask_as(&reader(), query, variables).await;
        assert_eq!(answer.get("errors"), None, "{query}\n{answer:#}");
        answer["data"].clone()
    }

    /// Asks as a reader of everything, and gives the errors: message and code.
    pub async fn refusals(&self, query: &str, variables: Value) -> Vec<(String, String)> {
        self.refusals_as(&reader(), query, variables).await
    }

    /// Asks as a caller, and gives the errors: message and code.
    pub async fn refusals_as(&self, caller: &Caller, query: &str, variables: Value) -> Vec<(String, String)> {
        let errors = self.answer(caller, query, variables).await.errors;
        let code =
            |error: &ServerError| error.source::<AppError>().map_or("", |error| error.code().as_str()).to_owned();
        errors.iter().map(|error| (error.message.clone(), code(error))).collect()
    }

    /// How many statements `work` runs.
    pub async fn count<T>(&self, work: impl Future<Output = T>) -> (usize, T) {
        let before = self.statements.load(Ordering::Relaxed);
        let value = work.await;
        (self.statements.load(Ordering::Relaxed) - before, value)
    }
}

/// A person with grants.
pub fn person(grants: Vec<Grant>) -> Caller {
    let account = Account { id: AccountId::new(), name: "tester".to_owned(), kind: AccountKind::Person };
    Caller::account(account, grants)
}

/// A person who may read on a scope.
pub fn reader_of(scope: Scope) -> Caller {
    person(vec![Grant::view(Role::Finance, scope)])
}

/// A person who may read everything.
pub fn reader() -> Caller {
    reader_of(Scope::Everything)
}
