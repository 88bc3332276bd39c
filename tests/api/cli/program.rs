//! Running the built binary in a folder of its own, without the settings of whoever runs the tests.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::database::{self, TestDatabase};

/// Longest wait for a process to do what it should.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a command said and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The binary with its working folder and variables.
pub struct Program {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Program {
    pub fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), variables: Vec::new() }
    }

    /// Sets a variable for every command from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// The working folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jixiao"));
        command.args(arguments).current_dir(self.folder()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("JIXIAO_")) {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Said {
        let mut running = self.spawn(arguments);
        let ended = running.within_patience(|running| running.process.try_wait().unwrap());
        let ended = ended.unwrap_or_else(|| panic!("{arguments:?} does not end: {}", text(&running.stderr)));
        Said { code: ended.code().unwrap(), stdout: text(&running.stdout), stderr: text(&running.stderr) }
    }

    fn spawn(&self, arguments: &[&str]) -> Running {
        // Files that nobody else sees: a full pipe would stop the process, and the working folder stays as it is.
        let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let mut command = self.command(arguments);
        command.stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
        Running { process: command.spawn().unwrap(), stdout, stderr, printed: String::new() }
    }

    /// Imports a sample that is taken as a whole, and gives what was printed.
    pub fn import_sample(&self, options: &[&str]) -> String {
        let file = sample("beidaihe-culture-2020.txt");
        let said = self.run(&[&["import", &file, "--division", "130304"], options].concat());
        assert_eq!((said.code, said.stderr.as_str()), (0, ""));
        said.stdout
    }

    /// Starts a command that serves, and waits until it prints a line that begins with `until`.
    pub fn start(&self, arguments: &[&str], until: &str) -> Running {
        let mut running = self.spawn(arguments);
        let ready = running.within_patience(|running| {
            running.printed = text(&running.stdout);
            let ready =
                running.printed.split_inclusive('\n').any(|line| line.starts_with(until) && line.ends_with('\n'));
            let ended = running.process.try_wait().unwrap();
            (ready || ended.is_some()).then_some(ready)
        });
        assert_eq!(ready, Some(true), "{}\n{}", running.printed, text(&running.stderr));
        running
    }
}

/// All that was written to a file so far; leaves the place where the process writes on.
fn text(file: &File) -> String {
    let mut bytes = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A program with a migrated database of the kind under test.
pub async fn with_database() -> (TestDatabase, Program) {
    let database = database::empty().await;
    let mut program = Program::new();
    database.variables().into_iter().for_each(|(name, value)| program.set(name, value));
    assert_eq!(program.run(&["migrate"]).code, 0);
    (database, program)
}

/// Path of a sample.
pub fn sample(file: &str) -> String {
    format!("{}/samples/{file}", env!("CARGO_MANIFEST_DIR"))
}

/// A process that serves; killed when dropped.
pub struct Running {
    process: Child,
    stdout: File,
    stderr: File,
    /// What it printed when it was ready.
    pub printed: String,
}

impl Running {
    /// The address of the explorer that was printed.
    pub fn address(&self) -> SocketAddr {
        let url = self.printed.lines().find_map(|line| line.strip_prefix("Explorer: http://")).unwrap();
        url.trim_end_matches('/').parse().unwrap()
    }

    /// The line behind the one that begins so.
    pub fn line_behind(&self, start: &str) -> &str {
        let mut lines = self.printed.lines().skip_while(|line| !line.starts_with(start));
        lines.nth(1).unwrap_or_else(|| panic!("nothing behind `{start}`:\n{}", self.printed))
    }

    /// Asks by a POST of JSON.
    pub fn ask(&self, token: &str, query: &str) -> Value {
        self.graphql(token, &json!({ "query": query }))
    }

    /// Sends a request of GraphQL.
    pub fn graphql(&self, token: &str, body: &Value) -> Value {
        let bearer = format!("Bearer {token}");
        let (_, body) = self.post("/graphql", &[("Authorization", &bearer)], body);
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
    }

    /// Posts JSON with some more headers; gives the status and the body.
    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> (u16, String) {
        let body = body.to_string();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             {headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.strip_prefix("HTTP/1.1 ").and_then(|head| head.get(..3)?.parse().ok());
        (status.unwrap_or_else(|| panic!("{head}")), body.to_owned())
    }

    /// Sends a signal to this process.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// What it has written to standard error so far.
    pub fn log(&self) -> String {
        text(&self.stderr)
    }

    /// Waits until this holds.
    pub fn wait_until(&mut self, holds: impl Fn(&Self) -> bool) {
        let held = self.within_patience(|running| holds(running).then_some(()));
        assert!(held.is_some(), "{}", self.log());
    }

    /// Sends a signal to this process and waits for its end; gives the exit code, if it was not the signal that ended it.
    pub fn end_by(mut self, signal: &str) -> Option<i32> {
        self.signal(signal);
        let ended = self.within_patience(|running| running.process.try_wait().unwrap());
        ended.unwrap_or_else(|| panic!("the process goes on after {signal}")).code()
    }

    /// Looks again and again until there is an answer; `None` when that takes too long.
    fn within_patience<T>(&mut self, mut look: impl FnMut(&mut Self) -> Option<T>) -> Option<T> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(answer) = look(self) {
                return Some(answer);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error says that it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
