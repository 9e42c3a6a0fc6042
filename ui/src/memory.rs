//! How much memory the program holds, asked at most once a second.

use std::time::{Duration, Instant};

use egui::{Context, Id};

/// Resident bytes; `None` where the system does not say.
pub(crate) fn resident_bytes(ctx: &Context) -> Option<u64> {
    let id = Id::unique("resident bytes");
    let known: Option<(Instant, Option<u64>)> = ctx.data(|data| data.get_temp(id));
    if let Some((at, bytes)) = known
        && at.elapsed() < Duration::from_secs(1)
    {
        return bytes;
    }
    let bytes = read();
    ctx.data_mut(|data| data.insert_temp(id, (Instant::now(), bytes)));
    bytes
}

/// The kernel answers from memory, so that this does not wait for a disk.
#[cfg(target_os = "linux")]
fn read() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(not(target_os = "linux"))]
fn read() -> Option<u64> {
    None
}
