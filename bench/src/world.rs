//! A migrated database with one unit, and an account that may write.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::ValueEnum;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::{Done, Failure};

/// The division of all projects.
pub const DIVISION: &str = "130304";
/// The unit of all projects.
pub const UNIT: &str = "370001";
const ACCOUNT: &str = "loader";
/// Another account, which may read.
const CROWD: &str = "crowd";

/// The kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// The embedded one.
    Sqlite,
    /// A server of its own.
    Postgres,
}

impl Kind {
    /// A server for databases of this kind, where they need one.
    ///
    /// # Errors
    /// When it does not start.
    pub fn cluster(self) -> Done<Option<Cluster>> {
        match self {
            Self::Sqlite => Ok(None),
            Self::Postgres => Cluster::start().map(Some),
        }
    }
}

/// See the module. Everything goes with this value.
pub struct World {
    folder: TempDir,
    program: PathBuf,
    /// Where the database is.
    pub url: String,
}

impl World {
    /// Makes a world in a database of its own.
    ///
    /// # Errors
    /// When `jixiao` is not built, or a step of it fails.
    pub async fn new(cluster: Option<&Cluster>, name: &str) -> Done<Self> {
        let world = Self::empty(cluster, name).await?;
        world.run(&["migrate"])?;
        world.add_unit()?;
        world.add_accounts()?;
        Ok(world)
    }

    /// A place for a database of its own: no file yet, or no tables yet.
    ///
    /// # Errors
    /// When `jixiao` is not built, or the server refuses.
    pub async fn empty(cluster: Option<&Cluster>, name: &str) -> Done<Self> {
        let folder = TempDir::new()?;
        let url = match cluster {
            None => format!("sqlite://{}/{name}.sqlite", folder.path().display()),
            Some(cluster) => {
                let server = Database::connect(cluster.url("postgres")).await?;
                server.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
                server.close().await?;
                cluster.url(name)
            }
        };
        Self::with(folder, url)
    }

    /// A world in a database that stays; it is made where it is not there.
    ///
    /// # Errors
    /// As [`World::new`].
    pub async fn at(url: &str) -> Done<Self> {
        let world = Self::with(TempDir::new()?, url.to_owned())?;
        world.run(&["migrate"])?;
        if world.run(&["account", "list"]).is_ok_and(|accounts| !accounts.contains(ACCOUNT)) {
            world.add_accounts()?;
        }
        Ok(world)
    }

    fn with(folder: TempDir, url: String) -> Done<Self> {
        let program = std::env::current_exe()?.with_file_name("jixiao");
        if !program.exists() {
            return Err(Failure::from("`jixiao` is not built beside this program: cargo build --release"));
        }
        Ok(Self { folder, program, url })
    }

    fn add_unit(&self) -> Done<()> {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/beidaihe-science-2020.txt");
        let sample = sample.to_string_lossy().into_owned();
        let unit = ["--unit", UNIT, "--unit-name", "科技创新促进中心", "--fiscal-year", "2020"];
        self.run(&[&["import", &sample, "--division", DIVISION], unit.as_slice()].concat())?;
        Ok(())
    }

    fn add_accounts(&self) -> Done<()> {
        self.run(&["account", "add", ACCOUNT, "--service"])?;
        self.run(&["account", "grant", ACCOUNT, "--role", "SERVICE"])?;
        self.run(&["account", "add", CROWD, "--service"])?;
        self.run(&["account", "grant", CROWD, "--role", "SERVICE", "--view"])?;
        Ok(())
    }

    /// The kind of its database.
    pub fn kind(&self) -> Kind {
        if self.url.starts_with("sqlite:") { Kind::Sqlite } else { Kind::Postgres }
    }

    /// A command of `jixiao` on this database.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.prepared(Command::new(&self.program), arguments)
    }

    /// The same, started by another program that takes it as its last words.
    pub fn command_under(&self, mut starter: Command, arguments: &[&str]) -> Command {
        starter.arg(&self.program);
        self.prepared(starter, arguments)
    }

    fn prepared(&self, mut command: Command, arguments: &[&str]) -> Command {
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("JIXIAO_")) {
            command.env_remove(name);
        }
        command.env("JIXIAO_DATABASE_URL", &self.url).env("JIXIAO_DRAIN_NOTICE_SECONDS", "0");
        command
    }

    /// Runs a command to its end and gives what it printed.
    ///
    /// # Errors
    /// With what it said, when it fails.
    pub fn run(&self, arguments: &[&str]) -> Done<String> {
        let output = self.command(arguments).output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            return Ok(text(&output.stdout));
        }
        Err(Failure::from(format!("jixiao {arguments:?}:\n{}{}", text(&output.stdout), text(&output.stderr))))
    }

    /// A token for an hour.
    ///
    /// # Errors
    /// When none is given.
    pub fn token(&self) -> Done<String> {
        self.token_of(ACCOUNT)
    }

    /// A token of the account that may only read, for an hour.
    ///
    /// # Errors
    /// When none is given.
    pub fn crowd_token(&self) -> Done<String> {
        self.token_of(CROWD)
    }

    fn token_of(&self, account: &str) -> Done<String> {
        Ok(self.run(&["token", "--account", account, "--valid-for", "1h"])?.trim().to_owned())
    }

    /// A folder that nothing else uses.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file for what the service says.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn log(&self) -> Done<fs::File> {
        Ok(fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("log"))?)
    }

    /// A connection past the service.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn connect(&self) -> Done<DatabaseConnection> {
        let mut options = ConnectOptions::new(&self.url);
        options.max_connections(1).sqlx_logging(false);
        Ok(Database::connect(options).await?)
    }
}
