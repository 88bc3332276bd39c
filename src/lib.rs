//! Jixiao (绩效): the open budget-performance database. This page is the map of the code.
//!
//! Two things happen here: a published disclosure becomes rows, and a GraphQL document becomes an answer.
//!
//! # The path of a request
//!
//! 1. [`http`] accepts the connection under deadlines and bounds, gives the request its id and its line in the log, reads
//!    the body, and refuses what is no GraphQL over HTTP.
//! 2. [`auth`] turns the `Authorization` header into a [`Caller`](auth::Caller): an account with its grants as they stand at
//!    this moment, or nobody. [`limits`] says what this caller may ask for at once.
//! 3. The guard in [`http`] bounds the document before anything runs: bytes, tokens, nesting, fields after expansion of
//!    fragments, cost.
//! 4. [`graphql::execution`] lets the library check the document, once for all values of its variables. [`graphql::queries`]
//!    turns the selection into a plan that names every statement before the first one runs, one for each relation that is
//!    selected, never one for each row, and writes the rows as JSON level by level.
//! 5. [`service`] gives the plan its rows. Every read starts in [`service::scope`], so what lies outside the
//!    caller's grants does not exist: not in lists, counts, filters or look-ups.
//! 6. [`db`] runs the statements in the caller's name, which PostgreSQL can check once more, on a replica that is new enough
//!    where there is one, and stops them at the deadline of the request.
//!
//! # The path of a document
//!
//! 1. [`import::read`] turns bytes, a Word file or text, into one neutral form under limits.
//! 2. [`import::check()`] recognises the parts and tables in it and makes checked facts of them, by what [`rules`] knows of
//!    the field. What is odd becomes a finding, what cannot be read is rejected with its place.
//! 3. [`import::run()`] stores the facts in one transaction through the functions of [`service`], row by row by natural key:
//!    what is the same stays untouched.
//!
//! # The path of a write
//!
//! 1. [`input`] reads what was sent, a mutation's argument or a line of a file, by one table for each input, and names every
//!    mistake with its place.
//! 2. [`service::write`] locks the divisions that the rows touch, loads what is stored in a few statements, merges in memory,
//!    and judges by [`rules`]; only then it writes, set by set, or all at once where it is one object, through [`service::stored`].
//! 3. [`service::work::Work`] gathers what was changed and writes the record of it, [`service::journal`], at the end of the same
//!    transaction; the answer of an idempotent mutation is stored in it too. A dry run is the same, rolled back.
//!
//! # The modules
//!
//! From below; a module names only those above it in this list (`tests/api/layers.rs` holds this).
//!
//! - [`clock`], [`error`], [`lang`], [`network`], [`request_id`], [`tls`]: what everything else uses. [`error::AppError`] is the one
//!   error: a code and a sentence for the client, and the cause for the log.
//! - [`metrics`]: what the service tells about itself in numbers.
//! - [`traces`]: what the service did for one request, sent to a collector.
//! - [`rules`]: the knowledge of the field as pure functions: project codes, targets, spending plans, the taxonomy of
//!   indicators, data quality. No database, no clock.
//! - [`input`]: the inputs of writes as tables: names, meanings, and reading with every mistake named.
//! - [`db`]: connecting to SQLite or PostgreSQL with settings that lose nothing, migrating, and
//!   [`Db::write`](db::Db::write), the only way to open a writing transaction.
//! - [`limits`]: what a caller may ask for, at once and over time, by its kind.
//! - [`config`]: every setting with its default, its meaning and where its value came from.
//! - [`auth`]: keys, tokens, and who may do what. It asks the database for accounts through a trait, and knows no table.
//! - [`service`]: what can be done with each noun, without knowing who asks in which protocol.
//!   [`service::invariants`] is what must hold for the whole database, [`service::journal`] tells what each transaction
//!   changed: [`service::audit`] to people, [`service::outbox`] to other systems; [`service::history`] keeps what was.
//! - [`login`]: how people of installations without an identity provider prove who they are: passwords, one-time codes,
//!   sessions, invitations.
//! - [`import`]: the path of a document.
//! - [`bulk`]: files that are worked through in the background: uploads, the queue, checkpoints, results.
//! - [`intake`]: how files become writes: what [`bulk`] runs for each kind of file.
//! - [`backup`]: one state of the database with its files, and back.
//! - [`graphql`]: the public schema, one file for each noun, and the engine below it.
//! - [`http`]: routes, protocol, guard, accept loop, and the explorer.
//! - [`app`]: puts these together: from settings to a service that answers.
//! - [`cli`]: the commands of the program.
//!
//! Beside this crate: `entity` has the rows, keys and stored value types, `migration` the changes of the tables.

pub mod app;
pub mod auth;
pub mod backup;
pub mod bulk;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod graphql;
pub mod http;
pub mod import;
pub mod input;
pub mod intake;
pub mod lang;
pub mod limits;
pub mod login;
pub mod metrics;
pub mod network;
pub mod request_id;
pub mod rules;
pub mod service;
pub mod tls;
pub mod traces;
