//! Running the built binary in a folder of its own, without the settings of whoever runs the tests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
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
        let output = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Imports a sample that is taken as a whole, and gives what was printed.
    pub fn import_sample(&self, options: &[&str]) -> String {
        let file = sample("beidaihe-culture-2020.txt");
        let said = self.run(&[&["import", &file, "--division", "130304"], options].concat());
        assert_eq!((said.code, said.stderr.as_str()), (0, ""));
        said.stdout
    }

    /// Starts a command that serves, and reads what it prints until the line that begins with `until`.
    pub fn start(&self, arguments: &[&str], until: &str) -> Running {
        let log = std::fs::File::create(self.folder().join("log")).unwrap();
        let mut command = self.command(arguments);
        let process = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut running = Running { process, printed: String::new() };
        let mut lines = BufReader::new(running.process.stdout.take().unwrap());
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).unwrap() == 0 {
                let log = std::fs::read_to_string(self.folder().join("log")).unwrap();
                panic!("ended before `{until}`: {:?}\n{}\n{log}", running.process.wait(), running.printed);
            }
            running.printed.push_str(&line);
            if line.starts_with(until) {
                return running;
            }
        }
    }
}

/// A program with a migrated database of the kind under test.
pub async fn with_database() -> (TestDatabase, Program) {
    let database = database::empty().await;
    let mut program = Program::new();
    program.set("JIXIAO_DATABASE_URL", &database.settings.url);
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
        let body = json!({ "query": query }).to_string();
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "POST /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 "), "{head}");
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    /// Sends a signal to this process and waits for its end; gives the exit code, if it was not the signal that ended it.
    pub fn end_by(mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the process goes on after {signal}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error says that it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
