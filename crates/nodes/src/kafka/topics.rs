//! The topics of a node's cluster: which there are, and what there is to know of those that somebody looks at.

use std::collections::BTreeMap;
use std::time::Duration;

use flowloom_flow::value::{TopicPattern, Topics};
use flowloom_flow::{Cancel, Fact, Problem, Site, Suggestion, ValueFacts};
use flowloom_kafka::inspect::{self, PartitionFacts};
use flowloom_kafka::offsets::Offsets;
use flowloom_kafka::{Cluster, read, topic};

use super::choices::OffsetsKept;
use super::source::group;
use super::{Reach, problem};
use crate::kafka_source::KafkaSource;

/// How long a list of topics is waited for: somebody looks at an open list.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether `topic` is one of them.
pub(super) fn covers(topics: &Topics, topic: &str) -> bool {
    match topics.pattern() {
        Some(pattern) => TopicPattern::new(pattern).is_ok_and(|pattern| pattern.fits(topic)),
        None => topics.names().contains(&topic),
    }
}

/// What a read covers.
pub(super) fn wanted(settings: &KafkaSource) -> Result<read::Topics, Problem> {
    let at_topic = |problem: Problem| problem.at_field("topic");
    if settings.topic.is_empty() {
        return Err(at_topic(Problem::user("no topic is chosen")));
    }
    let Some(wanted) = settings.topic.parts().transpose().map_err(at_topic)? else {
        return Ok(read::Topics::Pattern(settings.topic.pattern().unwrap_or_default().to_owned()));
    };
    let wanted =
        wanted.into_iter().map(|(topic, partitions)| read::Wanted { topic: topic.to_owned(), partitions });
    Ok(read::Topics::Named(wanted.collect()))
}

/// `topic `orders``, `2 topics`, `topics like `a.*``.
pub(crate) fn called(topics: &Topics) -> String {
    match (topics.pattern(), topics.names().as_slice()) {
        (Some(pattern), _) => format!("topics like `{pattern}`"),
        (None, [topic]) => format!("topic `{topic}`"),
        (None, names) => format!("{} topics", names.len()),
    }
}

/// The topics that the cluster's users made, by name.
pub(crate) fn suggest(
    settings: &KafkaSource,
    site: &Site<'_>,
    cancel: &Cancel,
) -> Result<Vec<Suggestion>, Problem> {
    let topics = topic::topics(&cluster(settings, site)?, &cancel.flag().into()).map_err(problem)?;
    let topics = topics.into_iter().filter(|topic| !topic.internal).map(|topic| Suggestion {
        value: topic.name,
        detail: match topic.partitions {
            1 => "1 partition".to_owned(),
            many => format!("{many} partitions"),
        },
    });
    Ok(topics.collect())
}

/// Partitions, messages, lag and last message of `topics`; one that is not there is left out.
pub(crate) fn facts(
    settings: &KafkaSource,
    topics: &[String],
    site: &Site<'_>,
    cancel: &Cancel,
) -> Result<ValueFacts, Problem> {
    let (cluster, flag) = (cluster(settings, site)?, cancel.flag().into());
    let found = match inspect::offsets(&cluster, topics, &flag) {
        // The only one that was asked for is not there.
        Err(flowloom_kafka::Error::UnknownTopic { .. }) => BTreeMap::new(),
        found => found.map_err(problem)?,
    };
    // Of offsets that are kept elsewhere Kafka's group says nothing.
    let keeps_offsets = settings.start.keeps_offsets() && settings.offsets == OffsetsKept::Kafka;
    let group = group(settings, site.flow, site.node.as_str());
    // Who may not see the group sees the topics still.
    let committed = keeps_offsets.then(|| inspect::committed(&cluster, &group, &found, &flag).ok()).flatten();
    if cancel.is_cancelled() {
        return Err(Problem::cancelled());
    }
    let nothing = Offsets::new();
    let values = found.iter().map(|(topic, partitions)| {
        let stands = committed.as_ref().map(|topics| topics.get(topic).unwrap_or(&nothing));
        (topic.clone(), row(partitions, stands))
    });
    Ok(ValueFacts {
        columns: vec!["Partitions", "Messages", "Lag", "Last message"],
        values: values.collect(),
    })
}

/// `committed`: `None` where nobody could say, or no offsets are kept.
fn row(partitions: &[PartitionFacts], committed: Option<&Offsets>) -> Vec<Fact> {
    let sum = |each: &dyn Fn(&PartitionFacts) -> Option<u64>| {
        let total: Option<u64> = partitions.iter().map(each).sum();
        total.map_or(Fact::Unknown, Fact::Count)
    };
    let lag = |committed: &Offsets| {
        sum(&|partition| {
            let (low, high) = (partition.low?, partition.high?);
            let stands = committed.get(&partition.partition);
            // What retention took away is not there to be read.
            Some((high - stands.copied().unwrap_or(low).max(low)).max(0) as u64)
        })
    };
    let last = partitions.iter().filter_map(|partition| partition.last_timestamp_ms).max();
    vec![
        Fact::Count(partitions.len() as u64),
        sum(&PartitionFacts::offsets),
        committed.map_or(Fact::Unknown, lag),
        last.map_or(Fact::Unknown, Fact::Time),
    ]
}

fn cluster(settings: &KafkaSource, site: &Site<'_>) -> Result<Cluster, Problem> {
    let mut cluster = Reach::of(settings, site.host)?.cluster()?;
    cluster.connect_timeout = cluster.connect_timeout.min(PATIENCE);
    Ok(cluster)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(partition: i32, low: i64, high: i64, last_timestamp_ms: Option<i64>) -> PartitionFacts {
        PartitionFacts {
            partition,
            leader: Some(1),
            replicas: vec![1],
            in_sync: vec![1],
            low: Some(low),
            high: Some(high),
            last_timestamp_ms,
        }
    }

    #[test]
    fn lag_is_what_this_node_has_left_to_read() {
        let partitions = [partition(0, 10, 30, Some(5)), partition(1, 0, 7, None)];
        let counts = |lag| vec![Fact::Count(2), Fact::Count(27), lag, Fact::Time(5)];
        assert_eq!(row(&partitions, None), counts(Fact::Unknown));
        assert_eq!(
            row(&partitions, Some(&Offsets::new())),
            counts(Fact::Count(27)),
            "nothing is committed yet"
        );
        let committed = Offsets::from([(0, 4), (1, 9)]);
        assert_eq!(row(&partitions, Some(&committed)), counts(Fact::Count(20)), "offset 4 is gone");
        let unled = [PartitionFacts { low: None, high: None, ..partition(0, 0, 0, None) }];
        assert_eq!(row(&unled, None), [Fact::Count(1), Fact::Unknown, Fact::Unknown, Fact::Unknown]);
    }
}
