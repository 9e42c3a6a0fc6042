//! `flowloom topics`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use flowloom_studio::connections::{Answer, Ask, PartitionFacts, Topic, TopicDetails};
use serde_json::{Value, json};

use super::{ask, unexpected};
use crate::args::connections::Topics;
use crate::output::{Call, Ended, bytes, json_line, line, thousands};
use crate::time;

pub(crate) fn run(args: &Topics) -> Call {
    match &args.topic {
        None => all(args),
        Some(topic) => one(args, topic),
    }
}

fn all(args: &Topics) -> Call {
    let connection = args.connection.clone();
    let Answer::Topics(topics) = ask(Ask::Topics { connection })? else { return Err(unexpected()) };
    let search = args.search.as_deref().unwrap_or_default().to_lowercase();
    let is_wanted =
        |topic: &Topic| (args.internal || !topic.internal) && topic.name.to_lowercase().contains(&search);
    let topics: Vec<Topic> = topics.into_iter().filter(is_wanted).collect();
    let names: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
    let (facts, sizes) = (facts(args, names.clone())?, sizes(args, names)?);
    let of = |topic: &Topic| facts.get(&topic.name).map(Vec::as_slice).unwrap_or_default();
    if args.json {
        let found = topics.iter().map(|topic| {
            let partitions = of(topic);
            json!({
                "topic": topic.name, "partitions": topic.partitions, "replicas": topic.replicas,
                "internal": topic.internal, "messages": messages(partitions),
                "size_bytes": sizes.get(&topic.name), "last_ms": last_ms(partitions),
            })
        });
        json_line(&found.collect::<Vec<Value>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if topics.is_empty() {
        line("no topics; `--internal` shows Kafka's own too")?;
        return Ok(ExitCode::SUCCESS);
    }
    let width = topics.iter().map(|topic| topic.name.chars().count()).max().unwrap_or(0).max(5);
    line(&format!(
        "{:width$}  {:>10}  {:>14}  {:>9}  LAST MESSAGE",
        "TOPIC", "PARTITIONS", "MESSAGES", "SIZE"
    ))?;
    for topic in &topics {
        let partitions = of(topic);
        let count = messages(partitions).map_or_else(|| "?".to_owned(), thousands);
        let size = sizes.get(&topic.name).copied().map_or_else(|| "?".to_owned(), bytes);
        let last = last_ms(partitions).map(time::show).unwrap_or_default();
        let row = format!("{:width$}  {:>10}  {count:>14}  {size:>9}  {last}", topic.name, topic.partitions);
        line(row.trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn facts(args: &Topics, topics: Vec<String>) -> Result<BTreeMap<String, Vec<PartitionFacts>>, Ended> {
    if topics.is_empty() {
        return Ok(BTreeMap::new());
    }
    match ask(Ask::Offsets { connection: args.connection.clone(), topics })? {
        Answer::Offsets(facts) => Ok(facts),
        _ => Err(unexpected()),
    }
}

/// Bytes on disk, of the topics whose brokers tell them.
fn sizes(args: &Topics, topics: Vec<String>) -> Result<BTreeMap<String, u64>, Ended> {
    match ask(Ask::Sizes { connection: args.connection.clone(), topics })? {
        Answer::Sizes(sizes) => Ok(sizes),
        _ => Err(unexpected()),
    }
}

/// Offsets between the watermarks; compacted and transactional topics hold fewer messages.
fn messages(partitions: &[PartitionFacts]) -> Option<u64> {
    partitions.iter().map(PartitionFacts::offsets).sum()
}

fn last_ms(partitions: &[PartitionFacts]) -> Option<i64> {
    partitions.iter().filter_map(|partition| partition.last_timestamp_ms).max()
}

fn one(args: &Topics, topic: &str) -> Call {
    let facts = facts(args, vec![topic.to_owned()])?;
    let partitions = facts.get(topic).map(Vec::as_slice).unwrap_or_default();
    let size = sizes(args, vec![topic.to_owned()])?.get(topic).copied();
    let wanted = Ask::Topic { connection: args.connection.clone(), topic: topic.to_owned() };
    let Answer::Topic(details) = ask(wanted)? else { return Err(unexpected()) };
    if args.json {
        json_line(&as_json(topic, partitions, size, &details))?;
        return Ok(ExitCode::SUCCESS);
    }
    let on_disk = size.map(|size| format!(", {} on disk", bytes(size))).unwrap_or_default();
    line(&format!("{topic}: {} partitions{on_disk}", partitions.len()))?;
    for partition in partitions {
        let number = |value: Option<i64>| value.map_or_else(|| "?".to_owned(), |value| value.to_string());
        let last =
            partition.last_timestamp_ms.map(|ms| format!(", last {}", time::show(ms))).unwrap_or_default();
        let leader = partition.leader.map_or("no leader".to_owned(), |leader| format!("leader {leader}"));
        let (low, high) = (number(partition.low), number(partition.high));
        line(&format!("  {:>4}  {low} to {high}, {leader}{last}", partition.partition))?;
    }
    match &details.configuration {
        Ok(entries) => {
            line("settings that were changed:")?;
            for entry in entries.iter().filter(|entry| !entry.is_default) {
                line(&format!("  {} = {}", entry.name, entry.value.as_deref().unwrap_or("(hidden)")))?;
            }
        }
        Err(reason) => line(&format!("settings: {reason}"))?,
    }
    match &details.groups {
        Ok(groups) => {
            line("consumer groups:")?;
            for group in &groups.groups {
                let lag: Option<u64> = group.partitions.iter().filter_map(|one| one.lag).reduce(|a, b| a + b);
                let lag = lag.map_or_else(|| "?".to_owned(), thousands);
                line(&format!("  {}: lag {lag}, {}, {} members", group.group, group.state, group.members))?;
            }
            if groups.refused > 0 {
                line(&format!("  and {} that this login may not see", groups.refused))?;
            }
        }
        Err(reason) => line(&format!("consumer groups: {reason}"))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(topic: &str, partitions: &[PartitionFacts], size: Option<u64>, details: &TopicDetails) -> Value {
    let partitions: Vec<Value> = partitions
        .iter()
        .map(|one| {
            json!({
                "partition": one.partition, "leader": one.leader, "replicas": one.replicas, "in_sync": one.in_sync,
                "low": one.low, "high": one.high, "last_ms": one.last_timestamp_ms,
            })
        })
        .collect();
    let configuration = match &details.configuration {
        Ok(entries) => entries
            .iter()
            .map(|entry| json!({"name": entry.name, "value": entry.value, "is_default": entry.is_default}))
            .collect::<Value>(),
        Err(reason) => json!({ "problem": reason }),
    };
    let groups = match &details.groups {
        Ok(groups) => groups
            .groups
            .iter()
            .map(|group| {
                let partitions: Vec<Value> = group
                    .partitions
                    .iter()
                    .map(|one| json!({"partition": one.partition, "committed": one.committed, "lag": one.lag}))
                    .collect();
                json!({"group": group.group, "state": group.state, "members": group.members, "partitions": partitions})
            })
            .collect::<Value>(),
        Err(reason) => json!({ "problem": reason }),
    };
    json!({
        "topic": topic, "size_bytes": size, "partitions": partitions, "configuration": configuration, "groups": groups,
    })
}
