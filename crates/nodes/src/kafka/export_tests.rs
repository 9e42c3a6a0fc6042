//! Given settings, when exported, then scripts that a person could have written.

use flowloom_flow::Target;
use flowloom_flow::testing::code;
use flowloom_flow::value::{FieldSpec, Fields, Topics};

use super::KafkaSource;
use crate::kafka::choices::BadMessages;

/// Every kind of field and column that both targets know.
pub(super) fn exported() -> KafkaSource {
    KafkaSource {
        topic: Topics::from("orders"),
        sync_name: "orders-sync".to_owned(),
        fields: Fields(
            [("order_id", "Int64"), ("customer", "String"), ("amount", "Float64")]
                .map(|(name, dtype)| FieldSpec::new(name, dtype))
                .into(),
        ),
        ..KafkaSource::default()
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a whole program")]
fn python_reads_the_same() {
    let settings = KafkaSource { bad_messages: BadMessages::Reject, ..exported() };
    insta::assert_snapshot!(code(&settings, Target::Python, &[]).expect("written"), @r#"
    package confluent-kafka >=2.6 
    package polars >=2.1 
    environment KAFKA_BOOTSTRAP_SERVERS = Some("localhost:9092")
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Iterator
    from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
    from typing import Any
    import json
    import os
    import polars as pl
    import re
    import sys
    def integer(value: Any, low: int = -(2**63), high: int = 2**63 - 1) -> int | None:
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"expected an integer, found {value}")
        return value
    def text(value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False)
    def number(value: Any) -> float | None:
        if value is None:
            return None
        if type(value) not in (int, float) or abs(value) > sys.float_info.max:
            raise ValueError(f"expected a number, found {value}")
        return float(value)
    def refuse_constant(name: str) -> None:
        raise ValueError(f"{name} is not JSON")
    def as_written(record: str, key: str) -> str:
        """The value of `key` in a JSON object, as the text that stands there."""
        decoder, at, written = json.JSONDecoder(), 0, ""
        while (at := record.find('"', at)) >= 0:
            name, at = decoder.raw_decode(record, at)
            start = re.compile(r"\s*:\s*").match(record, at).end()
            _, at = decoder.raw_decode(record, start)
            if name == key:
                written = record[start:at]
        return written
    def decode_with_text(
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
        return row
    def watermarks(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
        """The first offset of each partition, and the next one to be written."""
        found = consumer.list_topics(topic, timeout=10).topics[topic]
        if found.error:
            raise KafkaException(found.error)
        return {
            partition: consumer.get_watermark_offsets(
                TopicPartition(topic, partition), timeout=10
            )
            for partition in sorted(found.partitions)
        }
    def committed(consumer: Consumer, topic: str, partitions: Iterable[int]) -> dict[int, int]:
        """What the consumer's group has committed."""
        asked = [TopicPartition(topic, partition) for partition in partitions]
        found = consumer.committed(asked, timeout=10)
        return {each.partition: each.offset for each in found if each.offset >= 0}
    def resume_at_first(
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
        return starts
    def refuse_unwritten(
        topic: str, marks: dict[int, tuple[int, int]], offsets: dict[int, int]
    ) -> None:
        """An offset that was never written is of another topic of that name."""
        for partition, offset in offsets.items():
            if offset > marks[partition][1]:
                raise ValueError(f"partition {partition} of {topic} has no offset {offset}")
    def messages(
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
                raise KafkaException(error)
    def under_test_consumer() -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092"),
                "group.id": "orders-sync",
                "isolation.level": "read_committed",
                "auto.offset.reset": "error",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
            }
        )
    def read_under_test() -> tuple[pl.LazyFrame, pl.LazyFrame, list[TopicPartition], int]:
        """New messages of the topic, by partition and offset; with the offsets to commit."""
        fields = {"order_id": integer, "customer": text, "amount": number}
        consumer = under_test_consumer()
        marks = watermarks(consumer, "orders")
        ends = {partition: high for partition, (_, high) in marks.items()}
        kept = committed(consumer, "orders", marks)
        starts = {partition: low for partition, (low, _) in marks.items()}
        starts.update(resume_at_first("orders", kept, marks, ends))
        rows = {partition: [] for partition in ends}
        rejects = {partition: [] for partition in ends}
        count = 0
        for message in messages(consumer, "orders", starts, ends, resume_at_first):
            count += 1
            partition, offset = message.partition(), message.offset()
            time_type, time_ms = message.timestamp()
            time = time_ms * 1000 if time_type else None
            try:
                row = decode_with_text(message.value(), fields)
                key = message.key()
                key = key.decode() if key is not None else None
            except ValueError as error:
                source = (message.value(), message.key(), message.topic())
                rejects[partition].append((str(error), *source, partition, offset, time))
                continue
            rows[partition].append((*row, key, partition, offset, time))
        consumer.close()
        schema = {
            "order_id": pl.Int64,
            "customer": pl.String,
            "amount": pl.Float64,
            "_kafka_key": pl.String,
            "_kafka_partition": pl.Int64,
            "_kafka_offset": pl.Int64,
            "_kafka_timestamp": pl.Datetime("us", "UTC"),
        }
        found = [row for part in rows.values() for row in part]
        reject_schema = {
            "reason": pl.String,
            "value": pl.Binary,
            "key": pl.Binary,
            "topic": pl.String,
            "partition": pl.Int64,
            "offset": pl.Int64,
            "timestamp": pl.Datetime("us", "UTC"),
        }
        bad = [row for part in rejects.values() for row in part]
        offsets = [TopicPartition("orders", *end) for end in ends.items()]
        return (
            pl.DataFrame(found, schema=schema, orient="row").lazy(),
            pl.DataFrame(bad, schema=reject_schema, orient="row").lazy(),
            offsets,
            count,
        )
    def commit_offsets(consumer: Consumer, offsets: list[TopicPartition]) -> None:
        """Keeps offsets, or fails: a partition may fail alone."""
        for kept in consumer.commit(offsets=offsets, asynchronous=False):
            if kept.error:
                raise RuntimeError(
                    "the rows are written, but Kafka has not kept the offset of partition "
                    f"{kept.partition} of {kept.topic}: {kept.error.str()}"
                )
    out, rejects, under_test_offsets, under_test_count = read_under_test()
    commit_offsets(under_test_consumer(), under_test_offsets)
    "#);
}
