//! A PostgreSQL server of its own, with the settings that ship, that can be killed and started again.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;

use crate::{Done, Failure};

/// How long the server may take to come back.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server; it stops with this value.
pub struct Cluster {
    folder: TempDir,
    port: u16,
}

impl Cluster {
    /// Makes and starts a server.
    ///
    /// # Errors
    /// When the programs of PostgreSQL are not there, or fail.
    pub fn start() -> Done<Self> {
        let folder = TempDir::new()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder.path()))?;
        }
        let cluster = Self { folder, port };
        let made = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"];
        run(program("initdb")?.arg("-D").arg(cluster.data()).args(made))?;
        cluster.begin()?;
        Ok(cluster)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn begin(&self) -> Done<()> {
        let options = format!("-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''", self.port);
        let log = self.folder.path().join("log");
        run(program("pg_ctl")?.arg("-D").arg(self.data()).args(["-w", "-o", &options, "-l"]).arg(log).arg("start"))
    }

    /// The address of a database of this server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Removes a database of this server.
    ///
    /// # Errors
    /// When somebody uses it.
    pub async fn drop_database(&self, database: &str) -> Done<()> {
        let server = Database::connect(self.url("postgres")).await?;
        server.execute_unprepared(&format!("DROP DATABASE {database}")).await?;
        Ok(server.close().await?)
    }

    /// A file that the server can read and write, with this name.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Kills the postmaster; its children notice that and end.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&self) -> Done<()> {
        let file = fs::read_to_string(self.data().join("postmaster.pid"))?;
        let postmaster = file.lines().next().ok_or("the postmaster left no number")?;
        run(Command::new("kill").args(["-9", postmaster]))
    }

    /// Starts the server again, as soon as the children of the killed one are gone.
    ///
    /// # Errors
    /// When it does not come back.
    pub fn restart(&self) -> Done<()> {
        let began = Instant::now();
        loop {
            match self.begin() {
                Err(_) if began.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(50)),
                ended => return ended,
            }
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stopped = program("pg_ctl")
            .and_then(|mut stop| run(stop.arg("-D").arg(self.data()).args(["-m", "immediate", "stop"])));
        if let Err(error) = stopped {
            eprintln!("the PostgreSQL server in {} did not stop: {error}", self.folder.path().display());
        }
    }
}

/// A program of PostgreSQL; the server refuses to run as root.
fn program(name: &str) -> Done<Command> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin"));
    let folders: Vec<PathBuf> = std::env::split_paths(&on_path).chain(debian).collect();
    let folder = folders.into_iter().find(|folder| folder.join("initdb").exists());
    let path = folder.ok_or("the programs of PostgreSQL (`initdb`) are not installed")?.join(name);
    if !is_root() {
        return Ok(Command::new(path));
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(path);
    Ok(command)
}

fn is_root() -> bool {
    Path::new("/proc/self").metadata().is_ok_and(|process| process.uid() == 0)
}

/// Runs a program to its end.
///
/// # Errors
/// With what it said, when it fails.
pub fn run(command: &mut Command) -> Done<()> {
    // The server that `pg_ctl` starts keeps what it inherits, so its output is no pipe that is read to the end.
    let status = command.current_dir("/").stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
    let status = status.stderr(std::process::Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(Failure::from(format!("{command:?}: {status}"))) }
}
