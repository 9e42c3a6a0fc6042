//! Lines of exported Rust programs that depend on no setting.

/// Words that no member of a struct may be named.
pub(super) const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

pub(super) const TIMESTAMP_TYPE: &str = r#"        row.kafka_timestamp_type = match message.timestamp() {
            Timestamp::NotAvailable => None,
            Timestamp::CreateTime(_) => Some("create"),
            Timestamp::LogAppendTime(_) => Some("append"),
        };"#;

pub(super) const FAIL: &str = r#"            Err(error) => {
                let (offset, partition) = (message.offset(), message.partition());
                return Err(format!("bad message at offset {offset} of partition {partition}: {error}").into());
            }"#;

pub(super) const SKIP: &str = r#"            Err(error) => {
                let (offset, partition) = (message.offset(), message.partition());
                eprintln!("skipped offset {offset} of partition {partition}: {error}");
            }"#;

pub(super) const UTC: &str = "    let utc = DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC));";

pub(super) const REJECT: &str = r"/// A message that could not be read, and why.
struct Reject {
    reason: String,
    value: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
    partition: i64,
    offset: i64,
    timestamp: Option<i64>,
}

impl Reject {
    fn new(message: &BorrowedMessage, reason: &dyn Error) -> Self {
        Self {
            reason: reason.to_string(),
            value: message.payload().map(Vec::from),
            key: message.key().map(Vec::from),
            partition: message.partition().into(),
            offset: message.offset(),
            timestamp: message.timestamp().to_millis().map(|ms| ms * 1000),
        }
    }
}";

pub(super) const REJECTED: &str = r#"    rejects.sort_by_key(|each: &Reject| (each.partition, each.offset));
    let rejected = df!(
        "reason" => rejects.iter().map(|each| each.reason.as_str()).collect::<Vec<_>>(),
        "value" => rejects.iter().map(|each| each.value.as_deref()).collect::<Vec<_>>(),
        "key" => rejects.iter().map(|each| each.key.as_deref()).collect::<Vec<_>>(),
        "topic" => vec![topic; rejects.len()],
        "partition" => rejects.iter().map(|each| each.partition).collect::<Vec<_>>(),
        "offset" => rejects.iter().map(|each| each.offset).collect::<Vec<_>>(),
        "timestamp" => rejects.iter().map(|each| each.timestamp).collect::<Vec<_>>(),
    )?;"#;

pub(super) const OFFSETS: &str = r"    let mut offsets = TopicPartitionList::new();
    for (&partition, &(_, end)) in &marks {
        offsets.add_partition_offset(topic, partition, Offset::Offset(end))?;
    }";

pub(super) const WATERMARKS: &str = r#"/// The first offset of each partition, and the next one to be written.
fn watermarks(
    consumer: &BaseConsumer,
    topic: &str,
) -> Result<BTreeMap<i32, (i64, i64)>, Box<dyn Error>> {
    let metadata = consumer.fetch_metadata(Some(topic), TIMEOUT)?;
    let mut marks = BTreeMap::new();
    for found in metadata.topics() {
        if let Some(error) = found.error() {
            return Err(format!("topic {topic}: {}", RDKafkaErrorCode::from(error)).into());
        }
        for partition in found.partitions() {
            let low_and_high = consumer.fetch_watermarks(topic, partition.id(), TIMEOUT)?;
            marks.insert(partition.id(), low_and_high);
        }
    }
    Ok(marks)
}"#;

pub(super) const READ_MESSAGES: &str = r#"/// Hands over messages from `starts` up to the ends in `marks`, whatever is written meanwhile.
fn read_messages(
    consumer: &BaseConsumer,
    topic: &str,
    starts: &BTreeMap<i32, i64>,
    marks: &BTreeMap<i32, (i64, i64)>,
    mut take: impl FnMut(&BorrowedMessage) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mut partitions = TopicPartitionList::new();
    let mut unread = BTreeSet::new();
    for (&partition, &start) in starts {
        let (_, end) = marks[&partition];
        if start > end {
            return Err(format!("partition {partition} of {topic} has no offset {start}").into());
        }
        if start < end {
            partitions.add_partition_offset(topic, partition, Offset::Offset(start))?;
            unread.insert(partition);
        }
    }
    consumer.assign(&partitions)?;
    while !unread.is_empty() {
        match consumer.poll(TIMEOUT) {
            None => return Err("Kafka has not answered for 30 seconds".into()),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                unread.remove(&partition);
            }
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(message)) => {
                let (_, end) = marks[&message.partition()];
                if message.offset() < end {
                    take(&message)?;
                }
                if message.offset() + 1 >= end {
                    unread.remove(&message.partition());
                }
            }
        }
    }
    Ok(())
}"#;

pub(super) const DECODE: &str = r#"/// A payload as a struct; one that is not an object is its field `value`.
fn decode<T: DeserializeOwned>(payload: Option<&[u8]>) -> Result<T, Box<dyn Error>> {
    let payload = std::str::from_utf8(payload.ok_or("null payload (tombstone)")?)?;
    if payload.trim_start().starts_with('{') {
        return Ok(serde_json::from_str(payload)?);
    }
    let value: &RawValue = serde_json::from_str(payload)?;
    Ok(serde_json::from_str(&format!("{{\"value\":{value}}}"))?)
}"#;

pub(super) const INTEGER: &str = r#"/// An integer, also one that is written as `1.0` or `1e3`.
fn integer<'de, D: Deserializer<'de>, T: TryFrom<i128>>(from: D) -> Result<Option<T>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(from)? else {
        return Ok(None);
    };
    let float = number.as_f64().filter(|float| float.fract() == 0.0);
    let integer = number.as_i128().or(float.map(|float| float as i128));
    match integer.and_then(|integer| T::try_from(integer).ok()) {
        Some(integer) => Ok(Some(integer)),
        None => Err(D::Error::custom(format!(
            "expected an integer, found {number}"
        ))),
    }
}"#;

pub(super) const TEXT: &str = r#"/// A string; any other value as the JSON text that stands there.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let Some(raw) = Option::<Box<RawValue>>::deserialize(from)? else {
        return Ok(None);
    };
    if raw.get().starts_with('"') {
        return serde_json::from_str(raw.get())
            .map(Some)
            .map_err(D::Error::custom);
    }
    Ok(Some(raw.get().to_owned()))
}"#;
