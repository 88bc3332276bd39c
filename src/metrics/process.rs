//! What the process takes of the machine, as Linux tells it; nothing on other systems.
//!
//! The names are those that every exporter of Prometheus uses.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Units of `/proc/self/stat` in a second: fixed in the interface of Linux (`USER_HZ`), whatever the kernel counts by.
const TICKS: f64 = 100.0;

/// This process.
#[derive(Debug)]
pub struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        if let Some(seconds) = cpu_seconds(&stat) {
            tell(&mut encoder, "process_cpu_seconds", "Time of processors", &ConstCounter::new(seconds))?;
        }
        let gauges = [
            ("process_resident_memory_bytes", "Memory that is resident", resident_bytes()),
            ("process_open_fds", "Open files and connections", open_files()),
            ("process_max_fds", "Open files and connections that there may be", most_files()),
            ("process_threads", "Threads", field(&stat, 20)),
            ("process_start_time_seconds", "When it began, in seconds since 1970", began(&stat)),
        ];
        for (name, help, value) in gauges {
            if let Some(value) = value {
                tell(&mut encoder, name, help, &ConstGauge::new(value))?;
            }
        }
        Ok(())
    }
}

fn tell(encoder: &mut DescriptorEncoder, name: &str, help: &str, metric: &impl EncodeMetric) -> Result<(), fmt::Error> {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

/// A field of `/proc/self/stat`, counted from 1 as in proc(5). The second one, a name, may hold anything.
fn field(stat: &str, number: usize) -> Option<f64> {
    let behind_name = &stat[stat.rfind(')')? + 1..];
    behind_name.split_whitespace().nth(number.checked_sub(3)?)?.parse().ok()
}

fn cpu_seconds(stat: &str) -> Option<f64> {
    Some((field(stat, 14)? + field(stat, 15)?) / TICKS)
}

fn began(stat: &str) -> Option<f64> {
    let system = fs::read_to_string("/proc/stat").ok()?;
    let boot: f64 = system.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(boot + field(stat, 22)? / TICKS)
}

fn resident_bytes() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kib: f64 =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024.0)
}

fn open_files() -> Option<f64> {
    let entries = fs::read_dir("/proc/self/fd").ok()?.count();
    u32::try_from(entries).ok().map(f64::from)
}

fn most_files() -> Option<f64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    limits.lines().find_map(|line| line.strip_prefix("Max open files"))?.split_whitespace().next()?.parse().ok()
}
