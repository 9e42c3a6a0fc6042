"""Messages as Python writes them: produce.py BROKER REGISTRY SCHEMA_TOPIC JSON_TOPIC CSV_TOPIC"""
import csv
import datetime
import io
import json
import sys

from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

broker, registry, by_schema, by_json, by_csv = sys.argv[1:]
producer = Producer({"bootstrap.servers": broker})


def send(topic, value, key=None):
    producer.produce(topic, value=value, key=key)


# 1. JSON Schema: two generations, the second with a reference.
client = SchemaRegistryClient({"url": registry})
address = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Address",
    "type": "object",
    "properties": {"city": {"type": "string"}, "zip": {"type": ["integer", "null"]}},
}
client.register_schema(by_schema + "-address", Schema(json.dumps(address), "JSON"))
first = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Order",
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "price": {"type": "number"},
        "at": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "state": {"enum": ["new", "paid"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "note": {"oneOf": [{"type": "null"}, {"type": "string"}]},
    },
    "required": ["id"],
}
second = json.loads(json.dumps(first))
second["properties"]["address"] = {"$ref": "address.json"}
context = SerializationContext(by_schema, MessageField.VALUE)
latest = {"auto.register.schemas": True}
one = JSONSerializer(json.dumps(first), client, conf=latest)
references = [SchemaReference("address.json", by_schema + "-address", 1)]
two = JSONSerializer(Schema(json.dumps(second), "JSON", references), client, conf=latest)
at = datetime.datetime(2026, 1, 1, 12, 30, 0, 250000, tzinfo=datetime.timezone.utc)
for n in range(3):
    order = {"id": n, "price": n + 0.5, "at": at.isoformat(), "day": "2026-01-0%d" % (n + 1), "state": "new",
             "tags": ["a", "ü"][:n], "note": None if n == 1 else "x"}
    send(by_schema, one(order, context))
for n in range(3, 5):
    send(by_schema, two({"id": n, "address": {"city": "Köln", "zip": None if n == 3 else 50667}}, context))
send(by_schema, b'{"id": 7}')
send(by_schema, b"\x00\x7f\xff\xff\xff{}")

# 2. JSON as Python's json writes it, and what is none.
for n in range(4):
    order = {"id": n, "at": at.isoformat(), "updated_ms": 1767225600000 + n, "price": "12.50", "big": 10**30 + n,
             "nested": {"deep": [n, None, {"é": True}]}}
    text = json.dumps(order, ensure_ascii=n % 2 == 0, indent=2 if n == 2 else None)
    send(by_json, text, key=str(n))
for odd in [
    json.dumps({"id": float("nan")}),
    json.dumps({"id": float("inf")}),
    "{}",
    b'{"id": "\xff"}',
    '{"id": 1, "id": 8}',
    '{"id": 123456789012345678901234567890}',
    '{"id": 9} {"id": 10}',
    '{"id": 11, "surprise": {"x": [1, 2.50]}}',
    '"\\ud800"',
    "",
]:
    send(by_json, odd)
send(by_json, None, key="gone")

# 3. CSV by its writer, in three dialects.
rows = [[1, "plain", 1.5, True, None], [2, 'a "quote", and\r\na line', -0.25, False, ""], [3, "ä;b", 1e-7, True, "x"]]
for row in rows:
    out = io.StringIO()
    csv.writer(out).writerow(row)
    send(by_csv, out.getvalue())
send(by_csv, "4,too few\n")
send(by_csv, '5,"open,1,True,\n')
producer.flush()
