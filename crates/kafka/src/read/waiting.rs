//! What waits to be read, asked again and again over one client.

use super::topics::Topics;
use crate::cancel::Cancel;
use crate::client::{Cluster, Connection};
use crate::error::Result;
use crate::offsets::{Isolation, TopicOffsets, offset_in, watermarks_in};

/// Looks what has come to topics since they were read; topics and partitions that are new are found as well.
pub struct Waiting {
    connection: Connection,
    topics: Topics,
}

impl Waiting {
    /// Connects when it is first asked.
    pub fn open(cluster: &Cluster, topics: Topics, isolation: Isolation) -> Result<Self> {
        topics.check()?;
        let connection = Connection::open(cluster, &[("isolation.level", isolation.level())])?;
        Ok(Self { connection, topics })
    }

    /// Offsets behind `after`, the next to read; a partition that is not in it counts from its first message. Gaps count,
    /// what retention took does not.
    pub fn offsets(&self, after: &TopicOffsets, cancel: &Cancel) -> Result<u64> {
        let places = self.topics.find(&self.connection, cancel)?;
        let marks = watermarks_in(&self.connection, &places, cancel)?;
        let waits = marks.iter().flat_map(|(topic, partitions)| {
            partitions.iter().map(|(partition, mark)| {
                let from = offset_in(after, topic, *partition).unwrap_or(mark.low).max(mark.low);
                mark.high.saturating_sub(from).max(0) as u64
            })
        });
        Ok(waits.sum())
    }
}
