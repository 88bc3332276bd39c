//! The running service.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::http::{self, Answer, Connection};
use crate::world::World;
use crate::{Done, Failure, usage};

/// How long it may take to become ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// The command without limits over time.
const SERVE: [&str; 2] = ["serve", "--unsafe"];

fn without_limits(mut command: Command) -> Command {
    for limit in ["REQUESTS", "WRITES", "BULK", "POINTS"] {
        command.env(format!("JIXIAO_LIMITS_SERVICE_{limit}_MINUTE"), "1000000000");
    }
    // As many as one account may ask at one time here.
    command.env("JIXIAO_LIMITS_SERVICE_RUNNING", "64");
    command
}

fn free_address() -> Done<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

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
        Self::start_on(world, token, free_address()?)
    }

    /// The same on an address of choice.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start_on(world: &World, token: &str, address: SocketAddr) -> Done<Self> {
        Self::run(without_limits(world.command(&SERVE)), address, world, token)
    }

    /// The same at a socket that is held here and outlives it, as systemd holds it; who comes from this machine counts as a
    /// proxy, so that it may have many connections.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start_at(world: &World, token: &str, socket: &TcpListener) -> Done<Self> {
        const HAND_OVER: &str = "exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\"";
        let mut shell = Command::new("sh");
        shell.args(["-c", HAND_OVER, "sh"]);
        let mut command = without_limits(world.command_under(shell, &SERVE));
        command.stdin(OwnedFd::from(socket.try_clone()?)).env("JIXIAO_TRUSTED_PROXIES", "127.0.0.1");
        Self::run(command, socket.local_addr()?, world, token)
    }

    /// Starts it with the limits that ship.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start_as_shipped(world: &World, token: &str) -> Done<Self> {
        Self::run(world.command(&["serve"]), free_address()?, world, token)
    }

    /// Runs it as the head of a process group of its own, and waits until it is ready.
    fn run(mut command: Command, address: SocketAddr, world: &World, token: &str) -> Done<Self> {
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

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// When it ends otherwise than well.
    pub fn stop(&mut self) -> Done<()> {
        Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status()?;
        let ended = self.process.wait()?;
        if ended.success() { Ok(()) } else { Err(Failure::from(format!("the service ended by {ended}"))) }
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
        http::send(self.address, "POST", "/graphql", &self.headers(key), body)
    }

    /// Posts a request of GraphQL on a connection that may be open already.
    ///
    /// # Errors
    /// When there is no whole answer.
    pub fn post_on(&self, connection: &mut Connection, body: &[u8]) -> Done<Answer> {
        connection.send("POST", "/graphql", &self.headers(None), body)
    }

    fn headers(&self, key: Option<&str>) -> Vec<String> {
        let mut headers = vec!["Content-Type: application/json".to_owned()];
        if !self.token.is_empty() {
            headers.push(format!("Authorization: Bearer {}", self.token));
        }
        headers.extend(key.map(|key| format!("Idempotency-Key: \"{key}\"")));
        headers
    }
}
