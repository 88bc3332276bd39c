//! The running service.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::http::{self, Answer};
use crate::world::World;
use crate::{Done, Failure, usage};

/// How long it may take to become ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that serves; killed when dropped.
pub struct Service {
    process: Child,
    address: SocketAddr,
    token: String,
}

impl Service {
    /// Starts it without limits over time: what is measured is how fast it works, not how much of it one account may have.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start(world: &World, token: &str) -> Done<Self> {
        let mut command = world.command(&["serve", "--unsafe"]);
        for limit in ["REQUESTS", "WRITES", "BULK", "POINTS"] {
            command.env(format!("JIXIAO_LIMITS_SERVICE_{limit}_MINUTE"), "1000000000");
        }
        // As many as `run` may ask at one time by its one account.
        command.env("JIXIAO_LIMITS_SERVICE_RUNNING", "64");
        Self::run(command, world, token)
    }

    /// Starts it with the limits that ship.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start_as_shipped(world: &World, token: &str) -> Done<Self> {
        Self::run(world.command(&["serve"]), world, token)
    }

    /// Runs it as the head of a process group of its own, and waits until it is ready.
    fn run(mut command: Command, world: &World, token: &str) -> Done<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        command.env("JIXIAO_LISTEN", address.to_string()).env("JIXIAO_LOG_LEVEL", "warn");
        let process = command.stdout(world.log()?).stderr(world.log()?).process_group(0).spawn()?;
        let service = Self { process, address, token: token.to_owned() };
        service.ready()?;
        Ok(service)
    }

    /// Waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn ready(&self) -> Done<()> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if http::send(self.address, "GET", "/readyz", &[], b"").is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(Failure::from("the service does not become ready"))
    }

    /// What asks it, also from another thread.
    pub fn client(&self) -> Client {
        Client { address: self.address, token: self.token.clone() }
    }

    /// Its number in the system.
    pub fn number(&self) -> u32 {
        self.process.id()
    }

    /// Seconds of processor that it has used.
    ///
    /// # Errors
    /// When it is gone.
    pub fn cpu(&self) -> Done<f64> {
        usage::cpu(self.process.id())
    }

    /// What asks it with another token, or without one.
    pub fn client_with(&self, token: Option<&str>) -> Client {
        Client { address: self.address, token: token.unwrap_or_default().to_owned() }
    }

    /// Kills its process group.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill(mut self) -> Done<()> {
        let group = format!("-{}", self.process.id());
        Command::new("kill").args(["-9", "--", &group]).status()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // A process that is gone already is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Asks a service.
#[derive(Clone)]
pub struct Client {
    /// Where it is.
    pub address: SocketAddr,
    token: String,
}

impl Client {
    /// What it shows.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Posts a request of GraphQL.
    ///
    /// # Errors
    /// When there is no whole answer.
    pub fn post(&self, body: &[u8], key: Option<&str>) -> Done<Answer> {
        let mut headers = vec!["Content-Type: application/json".to_owned()];
        if !self.token.is_empty() {
            headers.push(format!("Authorization: Bearer {}", self.token));
        }
        headers.extend(key.map(|key| format!("Idempotency-Key: \"{key}\"")));
        http::send(self.address, "POST", "/graphql", &headers, body)
    }
}
