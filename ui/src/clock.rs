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
