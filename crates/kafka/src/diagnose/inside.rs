//! What the cluster shows us once we are in: its brokers, its topics, a group.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use flowloom_net::reach::{Reached, Resolved};
use flowloom_net::{Address, Failure, Passed};
use rdkafka::consumer::Consumer as _;
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};

use super::{Client, GROUP, failure, ours};
use crate::cancel::Cancel;
use crate::client::{Complaints, DEFAULT_PORT, code_of};

/// How long a broker's own address may take to answer; they are all tried at once.
const ANSWER: Duration = Duration::from_secs(2);

const ADVERTISED: &str = "Set `advertised.listeners` of the brokers to names and ports that this machine can reach; \
    in Docker the container's own name or `localhost` is mostly left there";

/// Names of brokers that a message shows.
const SHOWN: usize = 4;

/// The cluster's id, and whether its brokers can be reached where they say that they are.
pub(super) fn brokers(
    client: &Arc<Client>,
    asked: &[Address],
    left: Duration,
) -> Result<Passed<()>, Failure> {
    let id = client.connection.consumer().client().fetch_cluster_id(left.min(ANSWER));
    let brokers = &client.brokers;
    if brokers.is_empty() {
        return Err(Failure::new("the cluster tells of no broker that could be reached by this listener")
            .hint("Add the listener to `advertised.listeners` of the brokers"));
    }
    let names: Vec<_> = brokers.iter().map(|broker| format!("`{broker}`")).collect();
    let shown = if names.len() > SHOWN {
        format!("{} and {} more", names[..SHOWN].join(", "), names.len() - SHOWN)
    } else {
        names.join(", ")
    };
    let count = if names.len() == 1 { "1 broker".to_owned() } else { format!("{} brokers", names.len()) };
    let cluster = id.map_or_else(|| "the cluster".to_owned(), |id| format!("cluster `{id}`"));
    let message = format!("{cluster} has {count}: {shown}");
    let (away, all) = (unreachable(brokers, left.min(ANSWER)), brokers.len());
    if away.is_empty() {
        let passed = Passed::new((), message);
        return Ok(match elsewhere(brokers, asked) {
            Some(warning) => passed.warn(warning),
            None => passed,
        });
    }
    let is_all = away.len() == all;
    let failure = not_reached(&away, all);
    if is_all { Err(failure) } else { Ok(Passed::new((), message).warn(failure)) }
}

/// Brokers that cannot be reached, and why not.
fn unreachable(brokers: &[Address], limit: Duration) -> Vec<(Address, Failure)> {
    thread::scope(|scope| {
        let tried: Vec<_> = brokers
            .iter()
            .map(|broker| {
                let work =
                    move || Resolved::of(broker).and_then(|resolved| Reached::of(&resolved, limit)).err();
                (broker, scope.spawn(work))
            })
            .collect();
        let ended = |thread: thread::ScopedJoinHandle<'_, Option<Failure>>| thread.join().ok().flatten();
        tried.into_iter().filter_map(|(broker, thread)| Some((broker.clone(), ended(thread)?))).collect()
    })
}

fn not_reached(away: &[(Address, Failure)], all: usize) -> Failure {
    let names: Vec<_> = away.iter().take(SHOWN).map(|(broker, _)| format!("`{broker}`")).collect();
    let why = away.first().map(|(_, failure)| failure.message.clone()).unwrap_or_default();
    let details: Vec<_> =
        away.iter().map(|(broker, failure)| format!("{broker}: {}", failure.details)).collect();
    let message = if all == 1 {
        format!("the cluster answers, but sends clients on to its broker at {}: {why}", names.join(", "))
    } else {
        format!(
            "{} of {all} brokers cannot be reached where the cluster sends clients ({}): {why}",
            away.len(),
            names.join(", ")
        )
    };
    Failure::new(message).hint(ADVERTISED).details(&details.join("\n"))
}

/// The library drops who answered first as soon as it knows the brokers' own addresses; if nobody answers there, what it
/// complains of is not who was `asked`.
pub(super) fn sent_on(complaints: &Complaints, asked: &[Address], details: &str) -> Option<Failure> {
    let complaint = complaints.resolve.as_ref().or(complaints.transport.as_ref())?;
    let named = complaint.strip_prefix('`')?.split('`').next()?;
    let named = Address::parse(named, DEFAULT_PORT).ok()?;
    if asked.is_empty() || asked.contains(&named) {
        return None;
    }
    let message = format!("the cluster answers, but sends clients on to other addresses: {complaint}");
    Some(Failure::new(message).hint(ADVERTISED).details(details))
}

/// Brokers that say that they are on this machine, though we asked another one.
fn elsewhere(brokers: &[Address], asked: &[Address]) -> Option<Failure> {
    if asked.iter().any(Address::is_loopback) {
        return None;
    }
    let local = brokers.iter().find(|broker| broker.is_loopback())?;
    Some(
        Failure::new(format!(
            "the cluster sends clients on to `{local}`, which is every machine's own address"
        ))
        .hint("Set `advertised.listeners` of the brokers to names that other machines can reach"),
    )
}

/// How many topics we may see.
pub(super) fn topics(client: &Client) -> Passed<()> {
    let count = client.topics.len();
    let message = match count {
        1 => "1 topic may be listed".to_owned(),
        count => format!("{count} topics may be listed"),
    };
    let passed = Passed::new((), message);
    if count > 0 {
        return passed;
    }
    passed.warn(
        Failure::new("no topic may be listed: there is none, or this login may not see any")
            .hint("Create a topic, or ask for the right to describe topics (ACL `Describe` on `Topic`)"),
    )
}

/// Whether we may keep our place under a group: its coordinator is asked for offsets that nobody committed.
pub(super) fn group(client: &Client, cancel: &Cancel) -> Result<Passed<()>, Failure> {
    let topic = client.topics.first().cloned().unwrap_or_else(|| GROUP.to_owned());
    let answer = client.connection.ask_group(cancel, move |consumer, timeout| {
        let mut wanted = TopicPartitionList::new();
        wanted.add_partition_offset(&topic, 0, Offset::Invalid)?;
        let offsets = consumer.committed_offsets(wanted, timeout)?;
        for element in offsets.elements() {
            element.error()?;
        }
        Ok(())
    });
    let passed = Passed::new(
        (),
        format!("offsets may be kept under a group; tried with `{GROUP}`, nothing was stored"),
    );
    match answer.map_err(|error| ours(&client.connection, &error))? {
        Ok(()) => Ok(passed),
        Err(error) => match code_of(&error) {
            // The group itself was let through then.
            Code::TopicAuthorizationFailed | Code::UnknownTopicOrPartition | Code::UnknownTopic => Ok(passed),
            Code::GroupAuthorizationFailed => Ok(passed.warn(
                Failure::new(format!("this login may not use the consumer group `{GROUP}`"))
                    .hint(
                        "Flows that go on where they stopped need a sync name that it may use: ask for the right to \
                         read groups (ACL `Read` on `Group`), or for a prefix that is allowed",
                    )
                    .details(&error),
            )),
            _ => Err(failure("the group coordinator does not answer", &client.connection)
                .hint("Look at the state of the cluster: the topic `__consumer_offsets` may be without a leader")
                .details(&error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Address {
        Address::parse(text, 9092).unwrap()
    }

    #[test]
    fn brokers_that_hide_are_named_with_what_to_do() {
        let broker = at("flowloom-no-such-host.invalid:9092");
        let away = unreachable(std::slice::from_ref(&broker), Duration::from_secs(5));
        let failure = not_reached(&away, 1);
        assert!(failure.message.contains("`flowloom-no-such-host.invalid:9092`: "), "{failure:?}");
        assert!(failure.hint.contains("advertised.listeners"), "{failure:?}");
    }

    #[test]
    fn a_complaint_of_somebody_who_was_not_asked_is_told() {
        let asked = [at("127.0.0.1:29092")];
        let of = |text: &str| Complaints { transport: Some(text.into()), ..Complaints::default() };
        let failure = sent_on(&of("`localhost:9092` refuses connections"), &asked, "raw").unwrap();
        assert!(failure.message.ends_with("`localhost:9092` refuses connections"), "{failure:?}");
        assert!(failure.hint.contains("advertised.listeners"), "{failure:?}");
        assert!(sent_on(&of("`127.0.0.1:29092` refuses connections"), &asked, "raw").is_none());
    }

    #[test]
    fn an_own_address_of_another_machine_is_told() {
        let local = [at("localhost:9092")];
        assert!(elsewhere(&local, &[at("10.0.0.7:9092")]).is_some());
        assert!(elsewhere(&local, &[at("127.0.0.1:9092")]).is_none());
        assert!(elsewhere(&[at("kafka:9092")], &[at("10.0.0.7:9092")]).is_none());
    }
}
