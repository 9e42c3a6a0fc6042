"""Orders in Avro with Avro keys, by the reference serializers: produce.py SERVERS REGISTRY TOPIC."""

import sys

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

ORDER = """{"type": "record", "name": "Order", "namespace": "shop", "fields": [
    {"name": "id", "type": "long"},
    {"name": "tags", "type": {"type": "array", "items": "string"}}]}"""
KEY = """{"type": "record", "name": "Key", "namespace": "shop", "fields": [
    {"name": "region", "type": "string"}, {"name": "number", "type": "int"}]}"""

servers, registry, topic = sys.argv[1:]
client = SchemaRegistryClient({"url": registry})
values, keys = AvroSerializer(client, ORDER), AvroSerializer(client, KEY)
producer = Producer({"bootstrap.servers": servers})
for number in (1, 2, 3):
    producer.produce(
        topic,
        value=values({"id": number, "tags": ["a", "b"]}, SerializationContext(topic, MessageField.VALUE)),
        key=keys({"region": "eu", "number": number}, SerializationContext(topic, MessageField.KEY)),
    )
assert producer.flush(30) == 0
