//! What a process has used of the machine.

use std::fs;

use crate::Done;

/// Seconds of processor that a process has used, in user and system.
///
/// # Errors
/// When it is gone.
pub fn cpu(process: u32) -> Done<f64> {
    /// Parts of a second in which the system counts the time of a processor.
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is a name in parentheses; user and system time are the 12th and 13th after it.
    let (_, fields) = stat.rsplit_once(") ").ok_or("the system counts in another form")?;
    let ticks: Vec<f64> = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    Ok(ticks.iter().sum::<f64>() / TICKS)
}

/// The largest memory that a process has had since it began, or since [`forget_peak`], in kilobytes.
///
/// # Errors
/// When it is gone.
pub fn peak_memory(process: u32) -> Done<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("the system does not tell")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Begins anew to look for the largest memory.
///
/// # Errors
/// When it is gone.
pub fn forget_peak(process: u32) -> Done<()> {
    Ok(fs::write(format!("/proc/{process}/clear_refs"), "5")?)
}
