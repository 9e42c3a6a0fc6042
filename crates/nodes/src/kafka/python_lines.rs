//! Lines of exported Python scripts that depend on no setting.

pub(super) const WATERMARKS: &str = r#"def watermarks(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
    """The first offset of each partition, and the next one to be written."""
    found = consumer.list_topics(topic, timeout=10).topics[topic]
    if found.error:
        raise KafkaException(found.error)
    return {
        partition: consumer.get_watermark_offsets(
            TopicPartition(topic, partition), timeout=10
        )
        for partition in sorted(found.partitions)
    }"#;

pub(super) const MESSAGES: &str = r#"def messages(
    consumer: Consumer,
    topic: str,
    starts: dict[int, int],
    ends: dict[int, int],
    resume: Callable[..., dict[int, int]],
) -> Iterator[Message]:
    """Messages from `starts` up to `ends`, whatever is written meanwhile.

    Who takes them may bring an end forward. `resume` says where to go on when retention
    removes what comes next.
    """
    unread = {each: start for each, start in starts.items() if start < ends[each]}
    consumer.assign([TopicPartition(topic, *each) for each in unread.items()])
    while unread:
        message = consumer.poll(30)
        if message is None:
            raise TimeoutError("Kafka has not answered for 30 seconds")
        partition, error = message.partition(), message.error()
        if error is None or error.code() == KafkaError._PARTITION_EOF:
            position = message.offset()
            if error is None:
                if position < ends[partition]:
                    yield message
                position += 1
            if position < ends[partition]:
                unread[partition] = position
            else:
                unread.pop(partition, None)
        elif error.code() == KafkaError._AUTO_OFFSET_RESET:
            found = resume(topic, unread, watermarks(consumer, topic), ends)
            unread = {each: start for each, start in found.items() if start < ends[each]}
            consumer.assign([TopicPartition(topic, *each) for each in unread.items()])
        else:
            raise KafkaException(error)"#;

/// `TOTAL`: the limit.
pub(super) const LIMIT: &str = r"    left = shares(starts, ends, TOTAL)
    ends = {
        partition: end if left[partition] else starts[partition]
        for partition, end in ends.items()
    }";

pub(super) const BRING_FORWARD: &str = r"        left[partition] -= 1
        if not left[partition]:
            ends[partition] = offset + 1";

pub(super) const SHARES: &str = r#"def shares(
    starts: dict[int, int], ends: dict[int, int], total: int
) -> dict[int, int]:
    """How many messages each partition gives so that all give `total`."""
    waiting = {partition: end - starts[partition] for partition, end in ends.items()}
    order = sorted(waiting, key=lambda partition: (waiting[partition], -partition))
    for takers, partition in zip(range(len(order), 0, -1), order):
        waiting[partition] = min(waiting[partition], total // takers)
        total -= waiting[partition]
    return waiting"#;

pub(super) const COMMIT: &str = r#"def commit_offsets(consumer: Consumer, offsets: list[TopicPartition]) -> None:
    """Keeps offsets, or fails: a partition may fail alone."""
    for kept in consumer.commit(offsets=offsets, asynchronous=False):
        if kept.error:
            raise RuntimeError(
                "the rows are written, but Kafka has not kept the offset of partition "
                f"{kept.partition} of {kept.topic}: {kept.error.str()}"
            )"#;

pub(super) const REFUSE_CONSTANT: &str = r#"def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")"#;

pub(super) const DECODE: &str = r#"def decode(payload: bytes | None, fields: dict[str, Callable[[Any], Any]]) -> list[Any]:
    """The fields of a message; a value that does not fit is a ValueError."""
    if payload is None:
        raise ValueError("null payload (tombstone)")
    record = json.loads(payload.decode(), parse_constant=refuse_constant)
    if not isinstance(record, dict):
        record = {"value": record}
    row = []
    for name, read in fields.items():
        try:
            row.append(read(record.get(name)))
        except ValueError as error:
            raise ValueError(f"field `{name}`: {error}") from error
    return row"#;

pub(super) const DECODE_WITH_TEXT: &str = r#"def decode_with_text(
    payload: bytes | None, fields: dict[str, Callable[[Any], Any]]
) -> list[Any]:
    """The fields of a message; a value that does not fit is a ValueError."""
    if payload is None:
        raise ValueError("null payload (tombstone)")
    written = payload.decode()
    record = json.loads(written, parse_constant=refuse_constant)
    if not isinstance(record, dict):
        record, written = {"value": record}, f'{{"value": {written.strip()}}}'
    row = []
    for name, read in fields.items():
        value = record.get(name)
        if read is text and value is not None and not isinstance(value, str):
            value = as_written(written, name)
        try:
            row.append(read(value))
        except ValueError as error:
            raise ValueError(f"field `{name}`: {error}") from error
    return row"#;

pub(super) const AS_WRITTEN: &str = r#"def as_written(record: str, key: str) -> str:
    """The value of `key` in a JSON object, as the text that stands there."""
    decoder, at, written = json.JSONDecoder(), 0, ""
    while (at := record.find('"', at)) >= 0:
        name, at = decoder.raw_decode(record, at)
        start = re.compile(r"\s*:\s*").match(record, at).end()
        _, at = decoder.raw_decode(record, start)
        if name == key:
            written = record[start:at]
    return written"#;

pub(super) const INTEGER: &str = r#"def integer(value: Any, low: int = -(2**63), high: int = 2**63 - 1) -> int | None:
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"expected an integer, found {value}")
    return value"#;

pub(super) const NUMBER: &str = r#"def number(value: Any) -> float | None:
    if value is None:
        return None
    if type(value) not in (int, float) or abs(value) > sys.float_info.max:
        raise ValueError(f"expected a number, found {value}")
    return float(value)"#;

pub(super) const BOOLEAN: &str = r#"def boolean(value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"expected true or false, found {value}")
    return value"#;

pub(super) const TEXT: &str = r"def text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)";

pub(super) const NOTHING: &str = r#"def nothing(value: Any) -> None:
    if value is not None:
        raise ValueError(f"expected null, found {value}")"#;

pub(super) const LIST_OF: &str = r#"def list_of(item: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> list[Any] | None:
        if value is not None and not isinstance(value, list):
            raise ValueError(f"expected a list, found {value}")
        return value and [item(each) for each in value]

    return read"#;

pub(super) const STRUCT_OF: &str = r#"def struct_of(fields: dict[str, Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def read(value: Any) -> dict[str, Any] | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise ValueError(f"expected an object, found {value}")
        return {name: field(value.get(name)) for name, field in fields.items()}

    return read"#;

/// `decode` where fields stand deeper, or under another name than their column's.
pub(super) const DECODE_PATHS: &str = r#"def decode_paths(
    payload: bytes | None, fields: list[tuple[list[str], Callable[[Any], Any]]]
) -> list[Any]:
    """The fields of a message by their places; a value that does not fit is a ValueError."""
    if payload is None:
        raise ValueError("null payload (tombstone)")
    written = payload.decode()
    record = json.loads(written, parse_constant=refuse_constant)
    if not isinstance(record, dict):
        record, written = {"value": record}, f'{{"value": {written.strip()}}}'
    row = []
    for path, read in fields:
        value, there = record, written
        try:
            for key in path:
                if value is None:
                    break
                if not isinstance(value, dict):
                    raise ValueError(f"expected an object, found {value}")
                value = value.get(key)
                if READS_TEXT and value is not None:
                    there = as_written(there, key)
            if read is text and value is not None and not isinstance(value, str):
                value = thereIN_FULL
            row.append(read(value))
        except ValueError as error:
            raise ValueError(f"field `{'.'.join(path)}`: {error}") from error
    return row"#;

/// What reads a value's text, and what is done with that: [`DECODE_PATHS`] where no field is a time.
pub(super) const NO_TIMES: [(&str, &str); 2] = [("READS_TEXT", "read is text"), ("IN_FULL", "")];

/// Where some are times: their numbers keep all digits.
pub(super) const TIMES: [(&str, &str); 2] = [
    ("READS_TEXT", "(read is text or isinstance(read, Instant))"),
    (
        "IN_FULL",
        "\n            if isinstance(read, Instant) and isinstance(value, float):\n                value = Decimal(there)",
    ),
];

/// The content of a message of one value.
pub(super) const CONTENT: &str = r#"def content(payload: bytes | None) -> bytes:
    if payload is None:
        raise ValueError("null payload (tombstone)")
    return payload"#;

pub(super) const COMMITTED: &str = r#"def committed(consumer: Consumer, topic: str, partitions: Iterable[int]) -> dict[int, int]:
    """What the consumer's group has committed."""
    asked = [TopicPartition(topic, partition) for partition in partitions]
    found = consumer.committed(asked, timeout=10)
    return {each.partition: each.offset for each in found if each.offset >= 0}"#;

pub(super) const CHOSEN: &str = r#"def chosen(
    topic: str, marks: dict[int, tuple[int, int]], *wanted: Collection[int]
) -> dict[int, tuple[int, int]]:
    """The partitions that stand in all of `wanted`; the topic must have each of them."""
    for partition in set().union(*wanted) - set(marks):
        raise ValueError(f"topic {topic} has no partition {partition} that is read")
    return {
        partition: mark
        for partition, mark in marks.items()
        if all(partition in each for each in wanted)
    }"#;

pub(super) const REFUSE_UNWRITTEN: &str = r#"def refuse_unwritten(
    topic: str, marks: dict[int, tuple[int, int]], offsets: dict[int, int]
) -> None:
    """An offset that was never written is of another topic of that name."""
    for partition, offset in offsets.items():
        if offset > marks[partition][1]:
            raise ValueError(f"partition {partition} of {topic} has no offset {offset}")"#;

pub(super) const FIRST_MESSAGES: &str = r#"def first_messages(
    consumer: Consumer, topic: str, marks: dict[int, tuple[int, int]], time_ms: int
) -> dict[int, int]:
    """The first message of each partition with this time or a later one, if there is one.

    Brokers find markers of transactions too, so what stands there is looked at.
    """
    asked = [TopicPartition(topic, partition, time_ms) for partition in marks]
    starts, ends = {}, {}
    for found in consumer.offsets_for_times(asked, timeout=10):
        if found.error:
            raise KafkaException(found.error)
        _, high = marks[found.partition]
        starts[found.partition] = found.offset if 0 <= found.offset < high else high
        ends[found.partition] = high
    first = {}
    for message in messages(consumer, topic, starts, ends, resume_at_first):
        if message.timestamp()[1] >= time_ms:
            partition = message.partition()
            first[partition] = message.offset()
            ends[partition] = message.offset() + 1
    return first"#;

/// Its name says the policy.
pub(super) const RESUME_AT_FIRST: &str = r#"def resume_at_first(
    topic: str,
    kept: dict[int, int],
    marks: dict[int, tuple[int, int]],
    ends: dict[int, int],
) -> dict[int, int]:
    """Kept offsets, or the first one left where retention removed messages."""
    refuse_unwritten(topic, marks, kept)
    starts = {}
    for partition, offset in kept.items():
        first = min(marks[partition][0], ends[partition])
        if offset < first:
            print(f"partition {partition} of {topic}: {first - offset} offsets are lost")
        starts[partition] = max(offset, first)
    return starts"#;

pub(super) const RESUME_AT_END: &str = r#"def resume_at_end(
    topic: str,
    kept: dict[int, int],
    marks: dict[int, tuple[int, int]],
    ends: dict[int, int],
) -> dict[int, int]:
    """Kept offsets, or the end where retention removed messages."""
    refuse_unwritten(topic, marks, kept)
    starts = {}
    for partition, offset in kept.items():
        end = ends[partition]
        if offset < min(marks[partition][0], end):
            print(f"partition {partition} of {topic}: {end - offset} offsets are lost")
            offset = end
        starts[partition] = offset
    return starts"#;

pub(super) const RESUME_OR_FAIL: &str = r#"def resume_or_fail(
    topic: str,
    kept: dict[int, int],
    marks: dict[int, tuple[int, int]],
    ends: dict[int, int],
) -> dict[int, int]:
    """Kept offsets; fails where retention removed messages."""
    refuse_unwritten(topic, marks, kept)
    for partition, offset in kept.items():
        first = min(marks[partition][0], ends[partition])
        if offset < first:
            raise ValueError(
                f"partition {partition} of {topic}: {first - offset} offsets are lost: "
                f"{offset} is the next to read, and {first} the first one left"
            )
    return kept"#;

pub(super) const INSTANT: &str = r#"class Instant:
    """Reads a time as 10**-`digits` seconds since 1970; numbers count 10**-`unit` seconds."""

    written = re.compile(
        r"(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?"
        r"([Zz]|[+-]\d\d(?::?\d\d)?)?",
        re.ASCII,
    )

    def __init__(self, digits: int, unit: int) -> None:
        self.digits, self.unit = digits, unit

    def __call__(self, value: Any) -> int | None:
        if value is None:
            return None
        if isinstance(value, str):
            time = self.parse(value)
        elif type(value) in (int, Decimal):
            scaled = Decimal(value).scaleb(self.digits - self.unit, Context(prec=60))
            time = scaled.to_integral_value(ROUND_FLOOR)
        else:
            raise ValueError(f"expected a time, found {value}")
        if not -(2**63) <= time < 2**63:
            raise ValueError(f"expected a time, found {value}")
        return int(time)

    def parse(self, value: str) -> int:
        found = self.written.fullmatch(value)
        if found is None:
            raise ValueError(f"expected a time, found {value}")
        day, hour, minute, second, fraction, zone = found.groups("0")
        away = zone[1:].replace(":", "").ljust(4, "0")
        clock = [int(part) for part in (hour, minute, second, away[:2], away[2:])]
        if any(part > most for part, most in zip(clock, (23, 59, 60, 23, 59))):
            raise ValueError(f"expected a time, found {value}")
        hours, minutes, seconds, *away = clock
        behind = away[0] * 3600 + away[1] * 60
        days = date.fromisoformat(day).toordinal() - date(1970, 1, 1).toordinal()
        seconds += days * 86400 + hours * 3600 + minutes * 60
        seconds += behind if zone[0] == "-" else -behind
        nanos = int(fraction[:9].ljust(9, "0"))
        return (seconds * 10**9 + nanos) // 10 ** (9 - self.digits)"#;
