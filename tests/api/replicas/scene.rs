//! A service on a primary with two replicas.

use std::sync::Arc;
use std::time::{Duration, Instant};

use entity::value::Role;
use jixiao::auth::{Grant, Scope};
use jixiao::db::{DatabaseSettings, Db};
use jixiao::service::search::index;
use jixiao::service::{account, client};
use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;

use crate::oauth::site::{LONG, Site};
use crate::support::cluster::{Cluster, PASSWORD};
use crate::support::database::{self, TestDatabase, names};

/// Longest wait for what must come.
const PATIENCE: Duration = Duration::from_secs(90);

/// Longest time that an answer may take while servers are in trouble.
const BOUND: Duration = Duration::from_secs(30);

/// Waits until it is so.
pub async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A token of an account that may write units.
pub async fn writer(site: &Site) -> String {
    let scopes = ["unit:read", "unit:write"].map(str::to_owned).into();
    let secret = database::work(&site.db, async |work| {
        let id = client::add(work, "system", &scopes).await?;
        account::grant(work, id, &Grant::new(Role::Service, Scope::Everything), None).await?;
        client::add_secret(work, "system", LONG).await
    });
    site.token("system", &secret.await.unwrap()).await
}

pub struct Scene {
    pub site: Site,
    pub token: String,
    pub replicas: [Option<Cluster>; 2],
    _primary: Cluster,
}

impl Scene {
    /// `None` where PostgreSQL is not under test. Both replicas answer; `oldest` is how old they may be.
    pub async fn new(oldest: Duration) -> Option<Self> {
        database::postgres()?;
        let primary = Cluster::start();
        let settings = primary.settings(PASSWORD, "postgres");
        let db = Db::connect(&settings).await.unwrap();
        db.migrate().await.unwrap();
        index::bring_up_to_date(&db).await.unwrap();
        db.close().await.unwrap();
        let replicas = [primary.replica(), primary.replica()];
        let read_urls = replicas.iter().map(|replica| replica.settings(PASSWORD, "postgres").url).collect();
        let settings = DatabaseSettings { readers: 4, writers: 4, read_urls, replica_lag: oldest, ..settings };
        let db = Db::connect(&settings).await.unwrap();
        let site = Site::start(Arc::new(TestDatabase::of(settings)), db, Arc::new(TempDir::new().unwrap())).await;
        let token = writer(&site).await;
        let scene = Self { site, token, replicas: replicas.map(Some), _primary: primary };
        until("both replicas are reached", async || scene.usable() == [true, true]).await;
        Some(scene)
    }

    /// Names the division, and gives the token of consistency.
    pub async fn write(&self, name: &str) -> String {
        let query = format!(
            "mutation {{ divisionUpsert(input: {{key: {{code: \"13\"}}, set: {{name: \"{name}\"}}}}) {{ outcome }} }}"
        );
        let answer = self.site.ask(&self.token, &query, &[]).await;
        let token = answer.header("jixiao-consistency").unwrap_or_else(|| panic!("{answer:?}"));
        assert_eq!(token.len(), 16, "{answer:?}");
        token.to_owned()
    }

    /// The name of the division.
    pub async fn ask(&self, headers: &[(&str, &str)]) -> String {
        let asked = self.site.ask(&self.token, "{ division(by: {code: \"13\"}) { name } }", headers);
        let answer = tokio::time::timeout(BOUND, asked).await.expect("an answer in time");
        let name = answer.json()["data"]["division"]["name"].as_str().map(str::to_owned);
        name.unwrap_or_else(|| panic!("{answer:?}"))
    }

    /// The same, at least as new as a token says.
    pub async fn read(&self, token: &str) -> String {
        self.ask(&[("jixiao-consistency", token)]).await
    }

    /// Holds a replica at what it has, or lets it go on.
    pub async fn pause(&self, replica: usize, paused: bool) {
        let replica = self.replicas[replica].as_ref().unwrap();
        let admin = Database::connect(replica.settings(PASSWORD, "postgres").url).await.unwrap();
        let word = if paused { "pause" } else { "resume" };
        admin.execute_unprepared(&format!("SELECT pg_wal_replay_{word}()")).await.unwrap();
        let state = if paused { "paused" } else { "not paused" };
        until(state, async || names(&admin, "SELECT pg_get_wal_replay_pause_state()").await == [state]).await;
        admin.close().await.unwrap();
    }

    /// Which of the replicas may answer.
    pub fn usable(&self) -> [bool; 2] {
        let replicas = self.site.db.replicas();
        [replicas[0].usable, replicas[1].usable]
    }

    /// How many statements each replica has answered.
    pub fn answered(&self) -> [u64; 2] {
        let replicas = self.site.db.replicas();
        [replicas[0].answered, replicas[1].answered]
    }
}
