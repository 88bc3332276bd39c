//! The figures of a run.

use crate::data::Size;
use crate::operations::Operation;
use crate::world::Kind;

use super::load::Load;

/// What one side did in an operation.
#[derive(Debug, Default)]
pub struct Side {
    /// Requests a second, of each round.
    rates: Vec<f64>,
    latencies: Vec<u32>,
    /// Seconds of processor of the server.
    server: f64,
    /// Seconds of processor of the database, where it is a server of its own.
    database: f64,
    bytes: u64,
    /// Kilobytes.
    pub peak_memory: u64,
}

impl Side {
    /// Adds a round.
    pub fn add(&mut self, load: Load, server: f64, database: f64) {
        self.rates.push(load.latencies.len() as f64 / load.elapsed.as_secs_f64());
        self.latencies.extend(load.latencies);
        self.server += server;
        self.database += database;
        self.bytes += load.bytes;
    }

    /// Microseconds that so many of a thousand requests took at the most.
    fn latency(&self, of_thousand: usize) -> f64 {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len() * of_thousand / 1000).map_or(0.0, |micros| f64::from(*micros))
    }

    /// Microseconds a request.
    fn each(&self, seconds: f64) -> f64 {
        seconds * 1e6 / self.latencies.len().max(1) as f64
    }

    fn all_cpu(&self) -> f64 {
        self.each(self.server + self.database)
    }
}

/// Prints a table of all operations.
pub struct Report;

impl Report {
    /// Prints its head.
    pub fn new(kind: Kind, size: Size, connections: usize) -> Self {
        println!("{kind:?}, {size:?}, {connections} connections; CPU in µs a request, times in ms, memory in MiB\n");
        println!(
            "| operation | ratio | of CPU | side | requests/s | p50 | p99 | CPU server | CPU database | bytes | peak |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|---|");
        Self
    }

    /// Prints a line for each side of an operation: service, floor. The ratio is the median of the rounds.
    pub fn line(&mut self, operation: &Operation, [service, floor]: [Side; 2]) {
        let mut ratios: Vec<f64> =
            service.rates.iter().zip(&floor.rates).map(|(service, floor)| service / floor).collect();
        ratios.sort_unstable_by(f64::total_cmp);
        let ratio = ratios.get(ratios.len() / 2).copied().unwrap_or_default();
        let of_cpu = floor.all_cpu() / service.all_cpu();
        for (name, side) in [("service", &service), ("floor", &floor)] {
            let head = match name {
                "service" => format!("{}: {} | **{ratio:.2}** | {of_cpu:.2}", operation.name, operation.about),
                _ => " | | ".to_owned(),
            };
            println!(
                "| {head} | {name} | {:.0} | {:.2} | {:.2} | {:.0} | {:.0} | {} | {:.0} |",
                side.rates.iter().sum::<f64>() / side.rates.len().max(1) as f64,
                side.latency(500) / 1000.0,
                side.latency(990) / 1000.0,
                side.each(side.server),
                side.each(side.database),
                side.bytes / side.latencies.len().max(1) as u64,
                side.peak_memory as f64 / 1024.0,
            );
        }
    }
}
