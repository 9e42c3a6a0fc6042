//! The settings of a Kafka source as what its crate reads by.

use std::sync::Arc;
use std::time::Duration;

use flowloom_flow::Problem;
use flowloom_kafka::codec::Unknown;
use flowloom_kafka::offsets::Isolation;
use flowloom_kafka::read::{self, ReadRequest};

use super::choices::{self, BadMessages, Drift, End, Fallback, Lost, Start, Tombstones};
use super::format::Formats;
use super::{columns, place, topics};
use crate::kafka_source::KafkaSource;

/// What is read whatever a run or a preview starts from; only the columns that are `wanted`.
pub(super) fn request(
    settings: &KafkaSource,
    formats: &Formats,
    wanted: impl Fn(&str) -> bool,
) -> Result<ReadRequest, Problem> {
    let mut request = ReadRequest::new(topics::wanted(settings)?, columns::outline(settings, &wanted)?);
    request.value = Arc::clone(&formats.value);
    request.known = columns::known(settings)?;
    request.unknown = match settings.drift {
        Drift::Ignore => Unknown::Ignore,
        Drift::Extra | Drift::Add => Unknown::Keep,
        Drift::Fail => Unknown::Fail,
    };
    request.key = formats.key.clone().filter(|key| wanted(key.field.name()));
    request.metadata = columns::metadata(settings);
    request.metadata.retain(|column| wanted(&column.name));
    request.isolation = isolation(settings);
    request.lost = match settings.lost {
        Lost::Fail => read::Lost::Fail,
        Lost::Earliest => read::Lost::Earliest,
        Lost::Latest => read::Lost::Latest,
    };
    request.bad_messages = match settings.bad_messages {
        BadMessages::Fail => read::BadMessages::Fail,
        BadMessages::Skip => read::BadMessages::Skip,
        BadMessages::Reject | BadMessages::DeadLetterTopic | BadMessages::DeadLetterFolder => {
            read::BadMessages::Reject
        }
    };
    request.tombstones = match settings.tombstones {
        Tombstones::Bad => read::Tombstones::Bad,
        Tombstones::Nulls => read::Tombstones::Nulls,
        Tombstones::Skip => read::Tombstones::Skip,
    };
    let limit = |value: i64| (value > 0).then_some(value.unsigned_abs());
    request.rate.messages_per_s = limit(settings.messages_per_second);
    request.rate.bytes_per_s = limit(settings.bytes_per_second);
    let rack = settings.rack.trim();
    request.rack = (!rack.is_empty()).then(|| rack.to_owned());
    Ok(request)
}

/// Bounds that may end a run before its end.
pub(super) fn limits(settings: &KafkaSource) -> read::Limits {
    let limit = |value: i64| (value > 0).then_some(value.unsigned_abs());
    read::Limits {
        messages: limit(settings.max_messages),
        bytes: limit(settings.max_bytes),
        time: limit(settings.max_seconds).map(Duration::from_secs),
    }
}

/// Which messages of transactions are read.
pub(super) fn isolation(settings: &KafkaSource) -> Isolation {
    match settings.isolation {
        choices::Isolation::ReadCommitted => Isolation::Committed,
        choices::Isolation::ReadUncommitted => Isolation::Uncommitted,
    }
}

pub(super) fn fallback(settings: &KafkaSource) -> read::Fallback {
    match settings.fallback {
        Fallback::Earliest => read::Fallback::Earliest,
        Fallback::Latest => read::Fallback::Latest,
    }
}

/// Where a run starts that does not go on from another one; `None`: it goes on.
pub(super) fn start(settings: &KafkaSource) -> Result<Option<read::Start>, Problem> {
    Ok(Some(match settings.start {
        Start::Committed => return Ok(None),
        Start::Earliest => read::Start::Earliest,
        Start::Latest => read::Start::Latest,
        Start::Timestamp => read::Start::Timestamp(place::time_ms(&settings.start_at, "start_at")?),
        Start::Offsets => read::Start::Offsets {
            offsets: place::offsets(&settings.start_offsets, &settings.topic, "start_offsets")?,
            others: read::Others::Omitted,
        },
        Start::Last => read::Start::Tail(settings.last_messages.max(1).unsigned_abs()),
    }))
}

/// Where a run ends.
pub(super) fn end(settings: &KafkaSource) -> Result<read::End, Problem> {
    Ok(match settings.end {
        End::Latest => read::End::HighWatermark,
        End::Committed => match settings.end_group.trim() {
            "" => {
                return Err(Problem::user("no consumer group is given that the run ends at")
                    .hint("name one, or let the run end at the topic's end")
                    .at_field("end_group"));
            }
            group => read::End::Committed { group: group.to_owned() },
        },
        End::Timestamp => read::End::Timestamp(place::time_ms(&settings.end_at, "end_at")?),
        End::Offsets => {
            read::End::Offsets(place::offsets(&settings.end_offsets, &settings.topic, "end_offsets")?)
        }
    })
}
