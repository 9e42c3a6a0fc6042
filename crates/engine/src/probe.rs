//! Counts rows as they pass an output port, and ends the plan when the job is cancelled.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use flowloom_flow::Cancel;
use polars::prelude::{LazyFrame, OptFlags, PolarsError};

/// Message by which a cancelled plan is told from a failed one.
pub(crate) const CANCELLED: &str = "flowloom: cancelled";

/// The count of one port. Exact: predicates are not pushed past it, projections are.
#[derive(Clone)]
pub(crate) struct Probe(Arc<Inner>);

struct Inner {
    rows: AtomicU64,
    start: Instant,
    /// Microseconds since `start`; `u64::MAX` until rows come.
    first: AtomicU64,
    last: AtomicU64,
}

impl Probe {
    pub(crate) fn new(start: Instant) -> Self {
        Self(Arc::new(Inner {
            rows: AtomicU64::new(0),
            start,
            first: AtomicU64::new(u64::MAX),
            last: AtomicU64::new(0),
        }))
    }

    pub(crate) fn rows(&self) -> u64 {
        self.0.rows.load(Ordering::Relaxed)
    }

    /// Milliseconds between the first rows and the last.
    pub(crate) fn elapsed_ms(&self) -> f64 {
        let (first, last) = (self.0.first.load(Ordering::Relaxed), self.0.last.load(Ordering::Relaxed));
        last.saturating_sub(first) as f64 / 1e3
    }

    /// `frame` with this probe behind it.
    pub(crate) fn attach(&self, frame: LazyFrame, cancel: &Cancel) -> LazyFrame {
        let (probe, cancel) = (self.clone(), cancel.clone());
        frame.map(
            move |rows| {
                if cancel.is_cancelled() {
                    return Err(PolarsError::ComputeError(CANCELLED.into()));
                }
                let now = probe.0.start.elapsed().as_micros() as u64;
                probe.0.first.fetch_min(now, Ordering::Relaxed);
                probe.0.last.fetch_max(now, Ordering::Relaxed);
                probe.0.rows.fetch_add(rows.height() as u64, Ordering::Relaxed);
                Ok(rows)
            },
            OptFlags::PROJECTION_PUSHDOWN | OptFlags::STREAMING,
            None,
            Some("rows"),
        )
    }
}
