//! Times of day as people read them.

use std::time::SystemTime;

use chrono::{DateTime, Local};

/// `10:42`, in the zone of this machine.
pub(crate) fn local_time(at: SystemTime) -> String {
    DateTime::<Local>::from(at).format("%H:%M").to_string()
}

/// `21 Nov, 10:42`, in the zone of this machine.
pub(crate) fn local_date_time(at: SystemTime) -> String {
    DateTime::<Local>::from(at).format("%-d %b, %H:%M").to_string()
}

/// Milliseconds since 1970 UTC.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
