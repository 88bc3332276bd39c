//! Calls of the system that fail, by strace attached to the service.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use bench::service::Service;
use bench::world::World;
use bench::{Done, Failure};
use clap::ValueEnum;

/// How long strace may need to take hold of every thread.
const PATIENCE: Duration = Duration::from_secs(30);

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fault {
    /// Writing, as on a full disk.
    WriteEnospc,
    /// Writing, as on a broken disk.
    WriteEio,
    /// Bringing to disk, as on a broken disk.
    SyncEio,
}

impl Fault {
    /// The calls and their error, as strace names them.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::WriteEnospc => ("pwrite64", "ENOSPC"),
            Self::WriteEio => ("pwrite64", "EIO"),
            Self::SyncEio => ("fsync,fdatasync", "EIO"),
        }
    }
}

/// A disk that fails, as long as it is held.
pub struct Injection {
    strace: Child,
    log: PathBuf,
}

impl Injection {
    /// Lets calls of each thread fail, from the `first` on every third.
    ///
    /// # Errors
    /// When strace is missing or may not trace.
    pub fn begin(world: &World, service: &Service, fault: Fault, first: u64) -> Done<Self> {
        let log = world.folder().join("strace");
        let (calls, error) = fault.words();
        let strace = Command::new("strace")
            .args(["-f", "-qq", "-p", &service.number().to_string(), "-o"])
            .arg(&log)
            .args(["-e", &format!("trace={calls}"), "-e", &format!("inject={calls}:error={error}:when={first}+3")])
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("strace: {error}"))?;
        let mut injection = Self { strace, log };
        let began = Instant::now();
        while !is_traced(service.number())? {
            if injection.strace.try_wait()?.is_some() || began.elapsed() > PATIENCE {
                return Err(Failure::from("strace does not take hold of the service"));
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(injection)
    }

    /// Lets the disk be well again, and gives how many calls failed.
    ///
    /// # Errors
    /// When strace does not end.
    pub fn end(mut self) -> Done<u64> {
        Command::new("kill").args(["-TERM", &self.strace.id().to_string()]).status()?;
        self.strace.wait()?;
        let failed = fs::read_to_string(&self.log)?.matches("(INJECTED)").count();
        Ok(u64::try_from(failed)?)
    }
}

impl Drop for Injection {
    fn drop(&mut self) {
        // One that has ended already is as good.
        let _ = self.strace.kill();
        let _ = self.strace.wait();
    }
}

/// Whether every thread of a process is traced.
fn is_traced(process: u32) -> Done<bool> {
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let status = fs::read_to_string(thread?.path().join("status")).unwrap_or_default();
        if status.lines().any(|line| line == "TracerPid:\t0") {
            return Ok(false);
        }
    }
    Ok(true)
}
