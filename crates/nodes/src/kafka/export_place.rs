//! Where an exported program starts and ends, in its one topic.

use std::collections::BTreeSet;

use flowloom_flow::Problem;
use flowloom_kafka::offsets::{Offsets, TopicOffsets};
use flowloom_kafka::read;

use super::exportable::topic;
use super::request;
use crate::kafka_source::KafkaSource;

/// What a program is told of its topic.
pub(super) struct Place {
    pub(super) topic: String,
    /// `None`: all.
    pub(super) partitions: Option<BTreeSet<i32>>,
    pub(super) start: Begin,
    pub(super) end: Finish,
}

pub(super) enum Begin {
    Committed,
    Earliest,
    Latest,
    /// In milliseconds since 1970.
    Time(i64),
    /// Of the partitions that are read.
    Offsets(Offsets),
}

pub(super) enum Finish {
    Latest,
    /// Where this group stands.
    Committed(String),
    Time(i64),
    /// Of the partitions that are read.
    Offsets(Offsets),
}

impl Place {
    pub(super) fn of(settings: &KafkaSource) -> Result<Self, Problem> {
        let topic = topic(settings).to_owned();
        let parts = settings.topic.parts().transpose()?.unwrap_or_default();
        let partitions = parts.into_values().next().flatten();
        let own = |offsets: TopicOffsets, key: &str| of_topic(offsets, &topic, key);
        let start = match request::start(settings)? {
            None => Begin::Committed,
            Some(read::Start::Latest) => Begin::Latest,
            // No message is older, and negative times mean something else to a broker.
            Some(read::Start::Timestamp(time_ms)) => Begin::Time(time_ms.max(0)),
            Some(read::Start::Offsets { offsets, .. }) => Begin::Offsets(own(offsets, "start_offsets")?),
            Some(_) => Begin::Earliest,
        };
        let end = match request::end(settings)? {
            read::End::HighWatermark => Finish::Latest,
            read::End::Committed { group } => Finish::Committed(group),
            read::End::Timestamp(time_ms) => Finish::Time(time_ms.max(0)),
            read::End::Offsets(offsets) => Finish::Offsets(own(offsets, "end_offsets")?),
        };
        Ok(Self { topic, partitions, start, end })
    }

    /// The offsets that are given, by the name of the variable that holds them.
    pub(super) fn given(&self) -> Vec<(&'static str, &Offsets)> {
        let start = if let Begin::Offsets(offsets) = &self.start { Some(offsets) } else { None };
        let end = if let Finish::Offsets(offsets) = &self.end { Some(offsets) } else { None };
        let named = [("start_offsets", start), ("end_offsets", end)];
        named.into_iter().filter_map(|(name, offsets)| Some((name, offsets?))).collect()
    }

    /// Whether the end may stand before the start: nothing is read then.
    pub(super) fn may_end_early(&self) -> bool {
        !matches!(self.end, Finish::Latest)
    }
}

fn of_topic(mut offsets: TopicOffsets, topic: &str, key: &str) -> Result<Offsets, Problem> {
    let own = offsets.remove(topic).unwrap_or_default();
    match offsets.into_keys().next() {
        None => Ok(own),
        Some(other) => Err(Problem::user(format!("offsets of topic `{other}` are given, which is not read"))
            .hint(format!("give offsets of topic `{topic}` only"))
            .at_field(key)),
    }
}
