//! PostgreSQL servers of their own, for tests that change the settings of a whole server, and for replicas.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use jixiao::db::DatabaseSettings;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;

use super::database::names;

/// A running server; it stops with this value.
pub struct Cluster {
    folder: TempDir,
    port: u16,
}

/// The password of the only user.
pub const PASSWORD: &str = "correct-horse-7351";

impl Cluster {
    /// Makes and starts a server that asks for the password.
    pub fn start() -> Self {
        let cluster = Self::empty();
        let password = format!("--pwfile={}", cluster.path("password").display());
        run(program("initdb")
            .arg("-D")
            .arg(cluster.path("data"))
            .args(["-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8"])
            .args(["--locale=C.UTF-8", "-N", &password]));
        cluster.run();
        cluster
    }

    /// Makes and starts a streaming replica of this server.
    pub fn replica(&self) -> Self {
        let replica = Self::empty();
        let primary = format!("host=127.0.0.1 port={} user=postgres password={PASSWORD}", self.port);
        run(program("pg_basebackup")
            .args(["-R", "-X", "stream", "-c", "fast", "-d", &primary, "-D"])
            .arg(replica.path("data")));
        replica.run();
        replica
    }

    fn empty() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        std::fs::write(folder.path().join("password"), PASSWORD).expect("a file");
        if is_root() {
            run(Command::new("chown").args(["-R", "postgres"]).arg(folder.path()));
        }
        Self { folder, port }
    }

    fn run(&self) {
        let options = format!("-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''", self.port);
        run(program("pg_ctl")
            .arg("-D")
            .arg(self.path("data"))
            .args(["-w", "-o", &options, "-l"])
            .arg(self.path("log"))
            .arg("start"));
    }

    /// Stops all its processes where they are, or lets them go on.
    pub fn freeze(&self, frozen: bool) {
        let file = std::fs::read_to_string(self.path("data/postmaster.pid")).unwrap_or_default();
        let Some(first) = file.lines().next() else { return };
        let signal = |process: &str| {
            // One may have ended by itself.
            let _ = Command::new("kill").args([if frozen { "-STOP" } else { "-CONT" }, process]).output();
        };
        // The first makes no others once it is stopped.
        signal(first);
        let others = std::fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap_or_default();
        others.split_whitespace().for_each(signal);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// How to connect to a database of this server.
    pub fn settings(&self, password: &str, database: &str) -> DatabaseSettings {
        let url = format!("postgres://postgres:{password}@127.0.0.1:{}/{database}", self.port);
        DatabaseSettings { readers: 1, writers: 1, ..DatabaseSettings::at(url) }
    }

    /// A connection past the service.
    pub async fn admin(&self) -> DatabaseConnection {
        Database::connect(self.settings(PASSWORD, "postgres").url).await.expect("the server answers")
    }

    /// Changes a setting of the server, and waits until new connections have it.
    pub async fn set(&self, name: &str, value: &str) {
        let admin = self.admin().await;
        admin.execute_unprepared(&format!("ALTER SYSTEM SET {name} = {value}")).await.expect("a known setting");
        admin.execute_unprepared("SELECT pg_reload_conf()").await.expect("the settings are read again");
        admin.close().await.expect("the connection closes");
        let patience = Instant::now() + Duration::from_secs(10);
        loop {
            let admin = self.admin().await;
            let now = names(&admin, &format!("SELECT current_setting('{name}')")).await;
            admin.close().await.expect("the connection closes");
            if now == [value] {
                return;
            }
            assert!(Instant::now() < patience, "{name} stays {now:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.freeze(false);
        let stopped = program("pg_ctl").arg("-D").arg(self.path("data")).args(["-m", "immediate", "stop"]).output();
        if !stopped.is_ok_and(|output| output.status.success()) {
            eprintln!("the PostgreSQL server in {} did not stop", self.folder.path().display());
        }
    }
}

/// A program of PostgreSQL; the server refuses to run as root.
fn program(name: &str) -> Command {
    let path = folder_of_programs().join(name);
    if !is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(path);
    command
}

/// All of one version: only some of them may be linked into a folder of the path.
fn folder_of_programs() -> PathBuf {
    let named = std::env::var_os("JIXIAO_PG_BIN").map(PathBuf::from);
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = std::env::split_paths(&on_path).collect();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin"));
    let program =
        named.into_iter().chain(on_path).chain(debian).find_map(|folder| folder.join("initdb").canonicalize().ok());
    program.and_then(|program| Some(program.parent()?.to_owned())).expect("tests against PostgreSQL need its `initdb`")
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    Path::new("/proc/self").metadata().is_ok_and(|process| process.uid() == 0)
}

fn run(command: &mut Command) {
    let output = command.output().expect("a program that starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
