//! Lines of exported Rust programs about starts and ends.

pub(super) const COMMITTED: &str = r"/// What the consumer's group has committed.
fn committed(
    consumer: &BaseConsumer,
    topic: &str,
    marks: &BTreeMap<i32, (i64, i64)>,
) -> Result<BTreeMap<i32, i64>, Box<dyn Error>> {
    let mut partitions = TopicPartitionList::new();
    for &partition in marks.keys() {
        partitions.add_partition(topic, partition);
    }
    let mut committed = BTreeMap::new();
    for found in consumer.committed_offsets(partitions, TIMEOUT)?.elements() {
        if let Offset::Offset(offset) = found.offset() {
            committed.insert(found.partition(), offset);
        }
    }
    Ok(committed)
}";

pub(super) const CHOSEN: &str = r#"/// The partitions that stand in all of `wanted`; the topic must have each of them.
fn chosen(
    topic: &str,
    marks: &BTreeMap<i32, (i64, i64)>,
    wanted: &[BTreeSet<i32>],
) -> Result<BTreeMap<i32, (i64, i64)>, Box<dyn Error>> {
    for partition in wanted.iter().flatten() {
        if !marks.contains_key(partition) {
            return Err(format!("topic {topic} has no partition {partition} that is read").into());
        }
    }
    let mut chosen = marks.clone();
    chosen.retain(|partition, _| wanted.iter().all(|each| each.contains(partition)));
    Ok(chosen)
}"#;

pub(super) const REFUSE_UNWRITTEN: &str = r#"/// An offset that was never written is of another topic of that name.
fn refuse_unwritten(
    topic: &str,
    marks: &BTreeMap<i32, (i64, i64)>,
    offsets: &BTreeMap<i32, i64>,
) -> Result<(), Box<dyn Error>> {
    for (partition, offset) in offsets {
        if *offset > marks[partition].1 {
            return Err(format!("partition {partition} of {topic} has no offset {offset}").into());
        }
    }
    Ok(())
}"#;

pub(super) const FIRST_MESSAGES: &str = r"/// The first message of each partition with this time or a later one, if there is one. Brokers find
/// markers of transactions too, so what stands there is looked at.
fn first_messages(
    consumer: &BaseConsumer,
    topic: &str,
    marks: &BTreeMap<i32, (i64, i64)>,
    time_ms: i64,
) -> Result<BTreeMap<i32, i64>, Box<dyn Error>> {
    let mut asked = TopicPartitionList::new();
    for &partition in marks.keys() {
        asked.add_partition_offset(topic, partition, Offset::Offset(time_ms))?;
    }
    let (mut starts, mut ends) = (BTreeMap::new(), BTreeMap::new());
    for found in consumer.offsets_for_times(asked, TIMEOUT)?.elements() {
        found.error()?;
        let (_, high) = marks[&found.partition()];
        let start = match found.offset() {
            Offset::Offset(offset) => offset.min(high),
            _ => high,
        };
        starts.insert(found.partition(), start);
        ends.insert(found.partition(), high);
    }
    let mut first = BTreeMap::new();
    read_messages(consumer, topic, &starts, &mut ends, resume_at_first, |message, end| {
        if message.timestamp().to_millis() >= Some(time_ms) {
            first.insert(message.partition(), message.offset());
            *end = message.offset() + 1;
        }
        Ok(())
    })?;
    Ok(first)
}";

/// Its name says the policy.
pub(super) const RESUME_AT_FIRST: &str = r#"/// Kept offsets, or the first one left where retention removed messages.
fn resume_at_first(
    topic: &str,
    kept: &BTreeMap<i32, i64>,
    marks: &BTreeMap<i32, (i64, i64)>,
    ends: &BTreeMap<i32, i64>,
) -> Result<BTreeMap<i32, i64>, Box<dyn Error>> {
    refuse_unwritten(topic, marks, kept)?;
    let mut starts = BTreeMap::new();
    for (&partition, &offset) in kept {
        let first = marks[&partition].0.min(ends[&partition]);
        if offset < first {
            let lost = first - offset;
            eprintln!("partition {partition} of {topic}: {lost} offsets are lost");
        }
        starts.insert(partition, offset.max(first));
    }
    Ok(starts)
}"#;

pub(super) const RESUME_AT_END: &str = r#"/// Kept offsets, or the end where retention removed messages.
fn resume_at_end(
    topic: &str,
    kept: &BTreeMap<i32, i64>,
    marks: &BTreeMap<i32, (i64, i64)>,
    ends: &BTreeMap<i32, i64>,
) -> Result<BTreeMap<i32, i64>, Box<dyn Error>> {
    refuse_unwritten(topic, marks, kept)?;
    let mut starts = kept.clone();
    for (partition, start) in &mut starts {
        let end = ends[partition];
        if *start < marks[partition].0.min(end) {
            let lost = end - *start;
            eprintln!("partition {partition} of {topic}: {lost} offsets are lost");
            *start = end;
        }
    }
    Ok(starts)
}"#;

pub(super) const RESUME_OR_FAIL: &str = r#"/// Kept offsets; fails where retention removed messages.
fn resume_or_fail(
    topic: &str,
    kept: &BTreeMap<i32, i64>,
    marks: &BTreeMap<i32, (i64, i64)>,
    ends: &BTreeMap<i32, i64>,
) -> Result<BTreeMap<i32, i64>, Box<dyn Error>> {
    refuse_unwritten(topic, marks, kept)?;
    for (partition, offset) in kept {
        let first = marks[partition].0.min(ends[partition]);
        if *offset < first {
            let lost = first - offset;
            let place = format!("{offset} is the next to read, and {first} the first one left");
            let what = format!("partition {partition} of {topic}: {lost} offsets are lost");
            return Err(format!("{what}: {place}").into());
        }
    }
    Ok(kept.clone())
}"#;
