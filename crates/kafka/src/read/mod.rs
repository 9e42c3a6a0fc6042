//! The bounded read: `[start, pinned end)` of every partition, into Arrow.
//!
//! Partitions are assigned, never subscribed, so no group is joined and nothing waits for a
//! rebalance. The end is the high watermark at the start of the read (the last stable offset under
//! read committed), and a partition is done when its *position* has reached its end, so compaction
//! gaps, transaction markers and aborted messages neither hang the read nor cut it short.
//!
//! One thread takes messages from librdkafka in batches, others decode them; chunks carry their
//! partition and number, so the rows come out by partition and offset whatever the timing.

mod chunk;
mod fetch;
mod gather;
mod metadata;
mod pipeline;
mod plan;
mod queue;
mod reading;
mod rejects;
mod request;
mod router;
mod tail;
mod topics;
mod waiting;

use std::sync::Arc;
use std::time::Instant;

pub use crate::client::RoundTrip;
pub(crate) use fetch::{Fetch, Sink, fetch};
pub use metadata::{Metadata, MetadataColumn};
pub(crate) use plan::{Span, shares};
pub(crate) use queue::{Message, MessageQueue};
pub use reading::{BadExample, Batches, Counts, Ended, Held, PartitionRead, Reading, SpillFiles, Timings};
pub use request::{
    BadMessages, DecodedKey, End, Fallback, Limits, Lost, Others, Progress, Rate, ReadRequest, Start,
    Tombstones,
};
pub use topics::{Topics, Wanted};
pub use waiting::Waiting;

use crate::cancel::Cancel;
use crate::client::{Cluster, Connection};
use crate::error::Result;
use pipeline::Pipeline;

/// Client properties of every read: fast, with the memory bounded by the queue's size and that of an answer.
pub(crate) const TUNING: &[(&str, &str)] = &[
    ("auto.offset.reset", "error"),
    ("check.crcs", "false"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("enable.partition.eof", "true"),
    ("fetch.error.backoff.ms", "50"),
    // Of one broker's answer; a message that is larger comes alone.
    ("fetch.max.bytes", "16777216"),
    ("fetch.message.max.bytes", "2097152"),
    ("fetch.queue.backoff.ms", "2"),
    ("fetch.wait.max.ms", "50"),
    ("offset.store.method", "none"),
    ("queued.max.messages.kbytes", "24576"),
    ("queued.min.messages", "100000"),
    ("statistics.interval.ms", "1000"),
];

/// Reads what `request` asks for.
///
/// `progress` is called from this thread about ten times a second. The outcome accounts for every
/// message: `read = decoded + skipped + rejected`. Nothing is committed. Topics and partitions are those that
/// are there as the read begins; those added later are for the next one.
///
/// A broker that goes away and comes back within the connect timeout is waited for.
///
/// Fails with [`Error::Unreachable`](crate::Error::Unreachable) and its kin within the connect
/// timeout, with [`Error::ConnectionLost`](crate::Error::ConnectionLost),
/// [`Error::TopicDeleted`](crate::Error::TopicDeleted) or [`Error::Stalled`](crate::Error::Stalled)
/// when a topic stops answering, with [`Error::OffsetRemoved`](crate::Error::OffsetRemoved) under the policy
/// [`Lost::Fail`], and with [`Error::BadMessage`](crate::Error::BadMessage) under [`BadMessages::Fail`].
pub fn read(
    cluster: &Cluster,
    request: &ReadRequest,
    cancel: &Cancel,
    progress: &mut dyn FnMut(Progress),
) -> Result<Reading> {
    let started = Instant::now();
    let schema = request.check()?;
    let mut tuning = TUNING.to_vec();
    tuning.push(("isolation.level", request.isolation.level()));
    let connection = match &request.rack {
        None => Connection::open(cluster, &tuning)?,
        Some(rack) => {
            // The read's own setting counts more than the cluster's.
            let mut near = cluster.clone();
            near.properties.insert("client.rack".into(), rack.clone());
            Connection::open(&near, &tuning)?
        }
    };
    let mut plan = plan::plan(cluster, &connection, request, cancel)?;
    let connected = started.elapsed();

    let pass = |plan: &plan::Plan, progress: &mut dyn FnMut(Progress)| {
        Pipeline::new(request, Arc::clone(&schema), plan, cancel)?.run(&connection, progress)
    };
    let mut outcome = pass(&plan, progress)?;
    if let Some(total) = request.newest()
        && outcome.is_complete()
    {
        let had = outcome.messages();
        if tail::widen(&connection, request, &mut plan, &had, total, cancel)? {
            drop(outcome);
            outcome = pass(&plan, progress)?;
        }
    }
    let mut reading = outcome.into_reading(&plan, connected, started.elapsed());
    if reading.ended == Ended::AtEnd && request.is_held_back(&reading) {
        reading.ended = Ended::MessageLimit;
    }
    reading.timings.round_trip = connection.round_trip();
    Ok(reading)
}

#[cfg(test)]
mod mock_tests;
#[cfg(test)]
mod topics_tests;
