//! Lines of exported Rust programs that depend on no setting.

/// Words that no member of a struct may be named.
pub(super) const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

pub(super) const TIMESTAMP_TYPE: &str = r#"match message.timestamp() {
                Timestamp::NotAvailable => None,
                Timestamp::CreateTime(_) => Some("create"),
                Timestamp::LogAppendTime(_) => Some("append"),
            }"#;

/// `TOTAL`: the limit.
pub(super) const LIMIT: &str = r"    let mut left = shares(&starts, &ends, TOTAL);
    for (partition, end) in &mut ends {
        if left[partition] == 0 {
            *end = starts[partition];
        }
    }";

pub(super) const BRING_FORWARD: &str = r"        let left = left.entry(message.partition()).or_default();
        *left -= 1;
        if *left == 0 {
            *end = message.offset() + 1;
        }";

pub(super) const FAIL: &str = r#"            Err(error) => {
                let (offset, partition) = (message.offset(), message.partition());
                let place = format!("offset {offset} of partition {partition}");
                return Err(format!("bad message at {place}: {error}").into());
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
    for (&partition, &end) in &ends {
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

/// Where to go on when the next offsets are gone, as the functions of a node's policy say.
pub(super) const RESUME: &str = r"/// Where to go on, given the topic, the next offsets, the watermarks and the ends.
type Resume = fn(
    &str,
    &BTreeMap<i32, i64>,
    &BTreeMap<i32, (i64, i64)>,
    &BTreeMap<i32, i64>,
) -> Result<BTreeMap<i32, i64>, Box<dyn Error>>;";

pub(super) const READ_MESSAGES: &str = r#"/// Hands over messages from `starts` up to `ends`, whatever is written meanwhile. Who takes them may
/// bring the end of their partition forward. `resume` says where to go on when retention removes
/// what comes next.
fn read_messages(
    consumer: &BaseConsumer,
    topic: &str,
    starts: &BTreeMap<i32, i64>,
    ends: &mut BTreeMap<i32, i64>,
    resume: Resume,
    mut take: impl FnMut(&BorrowedMessage, &mut i64) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mut unread = starts.clone();
    unread.retain(|partition, next| *next < ends[partition]);
    assign(consumer, topic, &unread)?;
    while !unread.is_empty() {
        match consumer.poll(TIMEOUT) {
            None => return Err("Kafka has not answered for 30 seconds".into()),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                unread.remove(&partition);
            }
            Some(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset))) => {
                unread = resume(topic, &unread, &watermarks(consumer, topic)?, ends)?;
                unread.retain(|partition, next| *next < ends[partition]);
                assign(consumer, topic, &unread)?;
            }
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(message)) => {
                let Some(end) = ends.get_mut(&message.partition()) else {
                    continue;
                };
                if message.offset() < *end {
                    take(&message, end)?;
                }
                if message.offset() + 1 < *end {
                    unread.insert(message.partition(), message.offset() + 1);
                } else {
                    unread.remove(&message.partition());
                }
            }
        }
    }
    Ok(())
}"#;

pub(super) const ASSIGN: &str = r"/// Reads each partition from its offset on.
fn assign(
    consumer: &BaseConsumer,
    topic: &str,
    offsets: &BTreeMap<i32, i64>,
) -> Result<(), Box<dyn Error>> {
    let mut partitions = TopicPartitionList::new();
    for (&partition, &offset) in offsets {
        partitions.add_partition_offset(topic, partition, Offset::Offset(offset))?;
    }
    Ok(consumer.assign(&partitions)?)
}";

pub(super) const COMMIT: &str = r#"/// Keeps offsets and reads them back, for a partition may fail alone.
fn commit_offsets(
    consumer: &BaseConsumer,
    offsets: &TopicPartitionList,
) -> Result<(), Box<dyn Error>> {
    consumer.commit(offsets, CommitMode::Sync)?;
    let kept = consumer.committed_offsets(offsets.clone(), TIMEOUT)?;
    if kept == *offsets {
        return Ok(());
    }
    Err("the rows are written, but Kafka has not kept the offsets of all partitions".into())
}"#;

pub(super) const SHARES: &str = r"/// How many messages each partition gives so that all give `total`, as evenly as there are any.
fn shares(
    starts: &BTreeMap<i32, i64>,
    ends: &BTreeMap<i32, i64>,
    mut total: i64,
) -> BTreeMap<i32, i64> {
    let mut waiting: Vec<_> = ends
        .iter()
        .map(|(partition, end)| (end - starts[partition], Reverse(*partition)))
        .collect();
    waiting.sort();
    let mut shares = BTreeMap::new();
    let takers = (1..=waiting.len() as i64).rev();
    for (takers, (count, Reverse(partition))) in takers.zip(waiting) {
        let share = count.min(total / takers);
        shares.insert(partition, share);
        total -= share;
    }
    shares
}";

pub(super) const FIELDS: &str = r"/// The fields of a message as they are written; `None`: null.
type Fields<'a> = BTreeMap<String, Option<&'a RawValue>>;";

pub(super) const DECODE: &str = r#"/// The fields of a payload; one that is not an object is its field `value`.
fn decode(payload: Option<&[u8]>) -> Result<Fields<'_>, Box<dyn Error>> {
    let payload = std::str::from_utf8(payload.ok_or("null payload (tombstone)")?)?;
    if payload.trim_start().starts_with('{') {
        return Ok(serde_json::from_str(payload)?);
    }
    let value = serde_json::from_str(payload)?;
    Ok(Fields::from([("value".into(), value)]))
}"#;

pub(super) const FIELD: &str = r#"/// The field `key` as `read` takes it; `None` where it is null or not there.
fn field<T>(
    fields: &Fields,
    key: &str,
    read: impl Fn(&str) -> Result<T, Box<dyn Error>>,
) -> Result<Option<T>, Box<dyn Error>> {
    let Some(Some(written)) = fields.get(key) else {
        return Ok(None);
    };
    match read(written.get()) {
        Ok(value) => Ok(Some(value)),
        Err(error) => Err(format!("field `{key}`: {error}").into()),
    }
}"#;

pub(super) const FIELD_AT: &str = r#"/// The field at `path`, down through objects.
fn field_at<T>(
    fields: &Fields,
    path: &[&str],
    read: impl Fn(&str) -> Result<T, Box<dyn Error>>,
) -> Result<Option<T>, Box<dyn Error>> {
    match path {
        [] => Ok(None),
        [key] => field(fields, key, read),
        [key, within @ ..] => match fields.get(*key) {
            Some(Some(written)) => match serde_json::from_str::<Fields>(written.get()) {
                Ok(fields) => field_at(&fields, within, read),
                Err(error) => Err(format!("field `{key}`: {error}").into()),
            },
            _ => Ok(None),
        },
    }
}"#;

pub(super) const INTEGER: &str = r#"/// An integer, also one that is written as `1.0` or `1e3`.
fn integer<T: TryFrom<i128>>(written: &str) -> Result<T, Box<dyn Error>> {
    let integer = match written.parse() {
        Ok(integer) => Some(integer),
        Err(_) => {
            let float = written.parse().ok();
            let whole = float.filter(|float: &f64| float.fract() == 0.0);
            whole.map(|float| float as i128)
        }
    };
    match integer.and_then(|integer: i128| T::try_from(integer).ok()) {
        Some(integer) => Ok(integer),
        None => Err(format!("expected an integer, found {written}").into()),
    }
}"#;

pub(super) const NUMBER: &str = r#"/// A number in the range of its type.
fn number<T: FromStr + Into<f64> + Copy>(written: &str) -> Result<T, Box<dyn Error>> {
    match written.parse() {
        Ok(number) if T::into(number).is_finite() => Ok(number),
        _ => Err(format!("expected a number, found {written}").into()),
    }
}"#;

pub(super) const BOOLEAN: &str = r#"fn boolean(written: &str) -> Result<bool, Box<dyn Error>> {
    match written.parse() {
        Ok(boolean) => Ok(boolean),
        Err(_) => Err(format!("expected true or false, found {written}").into()),
    }
}"#;

pub(super) const TEXT: &str = r#"/// A string; any other value as the JSON text that stands there.
fn text(written: &str) -> Result<String, Box<dyn Error>> {
    if written.starts_with('"') {
        return Ok(serde_json::from_str(written)?);
    }
    Ok(written.to_owned())
}"#;

pub(super) const NESTED: &str = r#"/// A value as its type has it.
fn nested(written: &str, dtype: &DataType) -> Result<AnyValue<'static>, Box<dyn Error>> {
    Ok(match dtype {
        _ if written == "null" => AnyValue::Null,
        DataType::Boolean => AnyValue::Boolean(boolean(written)?),
        DataType::Int8 => AnyValue::Int8(integer(written)?),
        DataType::Int16 => AnyValue::Int16(integer(written)?),
        DataType::Int32 => AnyValue::Int32(integer(written)?),
        DataType::Int64 => AnyValue::Int64(integer(written)?),
        DataType::UInt8 => AnyValue::UInt8(integer(written)?),
        DataType::UInt16 => AnyValue::UInt16(integer(written)?),
        DataType::UInt32 => AnyValue::UInt32(integer(written)?),
        DataType::UInt64 => AnyValue::UInt64(integer(written)?),
        DataType::Float32 => AnyValue::Float32(number(written)?),
        DataType::Float64 => AnyValue::Float64(number(written)?),
        DataType::String => AnyValue::StringOwned(text(written)?.into()),
        DataType::List(item) => {
            let items: Vec<&RawValue> = serde_json::from_str(written)?;
            let items: Result<Vec<_>, _> =
                items.iter().map(|each| nested(each.get(), item)).collect();
            let items = Series::from_any_values_and_dtype("".into(), &items?, item, true);
            AnyValue::List(items?)
        }
        DataType::Struct(members) => {
            let fields: Fields = serde_json::from_str(written)?;
            let read = |member: &Field| {
                let value = field(&fields, &member.name, |value| nested(value, &member.dtype));
                value.map(|value| value.unwrap_or(AnyValue::Null))
            };
            let values: Result<Vec<_>, _> = members.iter().map(read).collect();
            AnyValue::StructOwned(Box::new((values?, members.clone())))
        }
        _ => return Err(format!("expected null, found {written}").into()),
    })
}"#;

pub(super) const HEADERS: &str = r#"/// The headers of a message as a value of a list column.
fn headers(message: &BorrowedMessage) -> PolarsResult<AnyValue<'static>> {
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for header in message.headers().into_iter().flat_map(Headers::iter) {
        keys.push(header.key);
        values.push(header.value);
    }
    let headers = df!("key" => keys, "value" => values)?;
    Ok(AnyValue::List(headers.into_struct("".into()).into_series()))
}"#;
