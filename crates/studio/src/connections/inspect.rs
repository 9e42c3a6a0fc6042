//! Looks through a Kafka cluster: topics, their settings and groups, raw messages.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use flowloom_connections::kinds::{Kafka, SchemaRegistry};
use flowloom_connections::{kafka_problem, open};
use flowloom_engine::guarded;
use flowloom_flow::{Cancel, Problem};
use flowloom_kafka::registry::Registry;
use flowloom_kafka::show::{Show, show};
use flowloom_kafka::{Cluster, inspect, peek, topic};

use super::work::outcome;
use super::{
    Book, ConfigEntry, Groups, Live, Message, PartitionFacts, PeekAsk, Peeked, Seen, Topic, TopicDetails,
};
use crate::job::{Job, Outcome};
use crate::session::Reply;

/// Somebody looks at an empty list: they are told sooner than a run.
const PATIENCE: Duration = Duration::from_secs(10);

/// Messages of a live tail that are kept, and bytes of them: old ones go when new ones come.
const TAIL: usize = 1_000;
const TAIL_BYTES: usize = 16 << 20;

pub(super) fn topics(book: &Book, connection: &str, cancel: &Cancel) -> Result<Vec<Topic>, Problem> {
    topic::topics(&cluster(book, connection)?, &cancel.flag().into()).map_err(kafka_problem)
}

pub(super) fn offsets(
    book: &Book,
    connection: &str,
    topics: &[String],
    cancel: &Cancel,
) -> Result<BTreeMap<String, Vec<PartitionFacts>>, Problem> {
    inspect::offsets(&cluster(book, connection)?, topics, &cancel.flag().into()).map_err(kafka_problem)
}

pub(super) fn sizes(
    book: &Book,
    connection: &str,
    topics: &[String],
    cancel: &Cancel,
) -> Result<BTreeMap<String, u64>, Problem> {
    inspect::sizes(&cluster(book, connection)?, topics, &cancel.flag().into()).map_err(kafka_problem)
}

/// A login may see one of both.
pub(super) fn topic(
    book: &Book,
    connection: &str,
    topic: &str,
    cancel: &Cancel,
) -> Result<TopicDetails, Problem> {
    let cluster = cluster(book, connection)?;
    let flag = cancel.flag().into();
    let configuration: Result<Vec<ConfigEntry>, String> =
        inspect::configuration(&cluster, topic, &flag).map_err(|error| error.to_string());
    let groups: Result<Groups, String> =
        inspect::groups(&cluster, topic, &flag).map_err(|error| error.to_string());
    Ok(TopicDetails { configuration, groups })
}

pub(super) fn peek(
    book: &Book,
    connection: &str,
    ask: &PeekAsk,
    how: Show,
    cancel: &Cancel,
) -> Result<Peeked, Problem> {
    let (cluster, registry) = reached(book, connection, how)?;
    let found = peek::peek(&cluster, ask, &cancel.flag().into()).map_err(kafka_problem)?;
    // Decoding may ask the registry: who has cancelled does not wait for it.
    let mut messages = Vec::with_capacity(found.messages.len());
    for message in found.messages {
        if cancel.is_cancelled() {
            return Err(Problem::cancelled());
        }
        messages.push(seen(message, how, registry.as_ref()));
    }
    Ok(Peeked { messages, scanned: found.scanned, ended: found.ended })
}

pub(super) fn tail(book: Book, connection: String, ask: PeekAsk, how: Show) -> Result<Reply, Problem> {
    let messages: Live<VecDeque<Seen>> = Live::default();
    let shown = Arc::clone(&messages);
    let job = Job::start("tail", move |cancel, _| {
        let mut held = 0;
        let ended = guarded(|| {
            let (cluster, registry) = reached(&book, &connection, how)?;
            let mut each = |new: Vec<Message>| {
                // Decoding may ask the registry: nobody waits for the lock meanwhile.
                let new: Vec<Seen> =
                    new.into_iter().map(|message| seen(message, how, registry.as_ref())).collect();
                let mut shown = shown.lock();
                for seen in new {
                    held += seen.message.size_bytes();
                    shown.push_back(seen);
                    while shown.len() > TAIL || (held > TAIL_BYTES && shown.len() > 1) {
                        held -= shown.pop_front().map_or(0, |old| old.message.size_bytes());
                    }
                }
            };
            peek::tail(&cluster, &ask, &cancel.flag().into(), &mut each).map_err(kafka_problem)
        });
        match ended {
            Ok(()) => Outcome::Cancelled,
            Err(problem) => outcome(Err(problem), cancel),
        }
    });
    Ok(Reply::Tail { job: job?, messages })
}

fn seen(message: Message, how: Show, registry: Option<&Registry>) -> Seen {
    // A key is mostly plain text; where it is decoded, it is by its own header.
    let key = show(message.key.as_deref(), if how == Show::Registry { Show::Auto } else { how }, registry);
    let value = show(message.value.as_deref(), how, registry);
    Seen { message, key, value }
}

fn cluster(book: &Book, connection: &str) -> Result<Cluster, Problem> {
    Ok(patient(&open(&book.access(connection)?)?))
}

/// The cluster, for somebody who waits for the answer.
fn patient(kafka: &Kafka) -> Cluster {
    let cluster = kafka.cluster();
    Cluster { connect_timeout: cluster.connect_timeout.min(PATIENCE), ..cluster }
}

/// The cluster and its registry, where it names one and bytes are to be decoded.
fn reached(book: &Book, connection: &str, how: Show) -> Result<(Cluster, Option<Registry>), Problem> {
    let kafka: Kafka = open(&book.access(connection)?)?;
    let name = kafka.schema_registry.0.trim();
    let registry = match (how, name) {
        (Show::Registry, "") => {
            return Err(Problem::user(format!("the connection `{connection}` names no schema registry"))
                .hint("choose one in the connection, or show the messages as JSON, text or hex"));
        }
        (Show::Registry | Show::Auto, name) if !name.is_empty() => {
            let registry: SchemaRegistry = open(&book.access(name)?)?;
            let made = Registry::new(&registry.access());
            Some(made.map_err(|error| Problem::external(error.to_string()).source(error))?)
        }
        _ => None,
    };
    Ok((patient(&kafka), registry))
}
