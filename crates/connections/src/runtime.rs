//! What asynchronous clients run on: one thread, the caller's.

use std::time::Duration;

use flowloom_net::Failure;
use tokio::runtime::{Builder, Runtime};

/// A runtime of its own for each client; it works only while somebody waits for an answer.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    Builder::new_current_thread().enable_all().build().map_err(|error| {
        Failure::new("this machine has no resources left for another client").details(&error)
    })
}

/// Waits for `work`, at most for `limit`.
pub(crate) fn wait<T>(
    runtime: &Runtime,
    limit: Duration,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    runtime.block_on(async { tokio::time::timeout(limit, work).await }).map_err(|_elapsed| {
        Failure::new(format!("there was no answer within {:.0} s", limit.as_secs_f64()))
            .hint("check that host and port are right and that no firewall drops the packets")
    })
}
