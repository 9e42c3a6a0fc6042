//! Waiting for a condition with a deadline, instead of sleeping and hoping.

use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for what should take milliseconds, on a machine that is busy with other tests.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Asks until there is an answer, and fails the test by name when there is none within [`DEADLINE`].
///
/// ```ignore
/// let low = eventually("retention moves the low watermark", || topic.watermarks()[0].0.checked_sub(1));
/// ```
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < DEADLINE, "still waiting after {DEADLINE:?}: {what}");
        thread::park_timeout(Duration::from_millis(20));
    }
}
