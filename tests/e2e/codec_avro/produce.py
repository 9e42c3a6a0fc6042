"""Orders as Confluent's serializer writes them, in three generations of their schema, and bare ones by fastavro."""

import io
import json
import sys
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import fastavro
from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

bootstrap, registry, topic, bare = sys.argv[1:]
client = SchemaRegistryClient({"url": registry})
producer = Producer({"bootstrap.servers": bootstrap})


def record(name, fields, **more):
    return {"type": "record", "name": name, "namespace": "shop", "fields": fields, **more}


def field(name, of, **more):
    return {"name": name, "type": of, **more}


def logical(of, meaning, **more):
    return {"type": of, "logicalType": meaning, **more}


money = record("Money", [field("currency", "string"), field("amount", logical("bytes", "decimal", precision=12, scale=2))])
client.register_schema(f"{topic}-money", Schema(json.dumps(money), "AVRO"))
reference = SchemaReference("shop.Money", f"{topic}-money", 1)

first = record("Order", [
    field("id", "int"),
    field("name", "string"),
    field("paid", "shop.Money"),
    field("state", {"type": "enum", "name": "State", "symbols": ["NEW", "PAID"]}),
])
second = record("Order", [
    field("paid", ["null", "shop.Money"]),
    field("id", "long"),
    field("customer", ["null", "string"], aliases=["name"]),
    field("state", {"type": "enum", "name": "State", "symbols": ["PAID", "NEW", "LOST"]}),
    field("tags", {"type": "array", "items": "string"}),
])
third = record("Order", [
    field("id", "long"),
    field("customer", "string"),
    field("paid", "shop.Money"),
    field("ratio", "float"),
    field("day", logical("int", "date")),
    field("clock", logical("int", "time-millis")),
    field("clock_us", logical("long", "time-micros")),
    field("at_ms", logical("long", "timestamp-millis")),
    field("at_us", logical("long", "timestamp-micros")),
    field("local_ms", logical("long", "local-timestamp-millis")),
    field("uuid", logical("string", "uuid")),
    field("exact", logical("fixed", "decimal", name="Exact", size=8, precision=18, scale=4)),
    field("hash", {"type": "fixed", "name": "Hash", "size": 4}),
    field("raw", "bytes"),
    field("counts", {"type": "map", "values": "long"}),
    field("either", ["null", "string", "long", "boolean"]),
    field("parent", ["null", "Order"]),
    field("lines", {"type": "array", "items": record("Line", [field("sku", "string"), field("qty", ["null", "int"])])}),
])


def paid(amount):
    return {"currency": "EUR", "amount": Decimal(amount)}


def late(number, parent):
    return {
        "id": number, "customer": "Zoë", "paid": paid("-0.05"), "ratio": 1.5, "day": date(2024, 2, 29),
        "clock": time(12, 34, 56, 789000), "clock_us": time(0, 0, 0, 7),
        "at_ms": datetime(2024, 2, 29, 12, 0, 0, 5000, tzinfo=timezone.utc),
        "at_us": datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=timezone.utc),
        "local_ms": datetime(2024, 2, 29, 12, 0, 0, 5000),
        "uuid": UUID("12345678-1234-5678-1234-567812345678"), "exact": Decimal("12345678901234.5678"),
        "hash": b"\x00\xff\x10\x41", "raw": b"\x01\x02", "counts": {"x": 1, "y": -2}, "either": 7,
        "parent": parent, "lines": [{"sku": "a", "qty": 3}, {"sku": "b", "qty": None}],
    }


generations = [
    (first, [{"id": 1, "name": "Ann", "paid": paid("12.34"), "state": "PAID"}]),
    (second, [
        {"id": 2**40, "customer": None, "paid": None, "state": "LOST", "tags": []},
        {"id": 3, "customer": "Bob", "paid": paid("1.00"), "state": "NEW", "tags": ["x", "y"]},
    ]),
    (third, [late(4, None), late(5, late(6, None))]),
    (first, [{"id": 7, "name": "Eve", "paid": paid("0"), "state": "NEW"}]),
]
value = SerializationContext(topic, MessageField.VALUE)
key = SerializationContext(topic, MessageField.KEY)
key_serializer = AvroSerializer(client, json.dumps(record("Key", [field("tenant", "string"), field("n", "long")])))
for schema, orders in generations:
    serializer = AvroSerializer(client, Schema(json.dumps(schema), "AVRO", [reference]))
    for order in orders:
        key_bytes = key_serializer({"tenant": "t", "n": order["id"]}, key)
        producer.produce(topic, serializer(order, value), key=key_bytes)

# The newest generation is the reader's, with what the older ones lack.
reader = record("Order", [
    field("id", "double"),
    field("customer", ["string", "null"], aliases=["name"], default="nobody"),
    field("state", {"type": "enum", "name": "State", "symbols": ["UNKNOWN", "PAID", "NEW"], "default": "UNKNOWN"}, default="UNKNOWN"),
    field("tags", {"type": "array", "items": "string"}, default=["none"]),
    field("paid", ["null", "shop.Money"], default=None),
])
client.register_schema(f"{topic}-reader", Schema(json.dumps(reader), "AVRO", [reference]))

plain = fastavro.parse_schema(record("Plain", [
    field("n", "long"),
    field("at", logical("long", "timestamp-micros")),
    field("note", ["null", "string"]),
    field("span", logical("fixed", "duration", name="Span", size=12)),
]))
for n in range(-2, 3):
    out = io.BytesIO()
    at = datetime(2024, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=n)
    span = (1).to_bytes(4, "little") + (2).to_bytes(4, "little") + (3004).to_bytes(4, "little")
    fastavro.schemaless_writer(out, plain, {"n": n * 2**40, "at": at, "note": None if n else "zero", "span": span})
    producer.produce(bare, out.getvalue(), key=n.to_bytes(1, "big", signed=True))
producer.flush(30)
