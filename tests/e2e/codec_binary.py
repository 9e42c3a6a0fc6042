"""Messages as Python writes them: Protobuf by Confluent's serializer, MessagePack and CBOR by their usual libraries.

codec_binary.py BOOTSTRAP REGISTRY PROTOBUF_TOPIC MESSAGEPACK_TOPIC CBOR_TOPIC FOLDER
"""

import datetime
import decimal
import pathlib
import subprocess
import sys

import cbor2
import msgpack
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

bootstrap, registry, protobuf, packed, cbor, folder = sys.argv[1:]
folder = pathlib.Path(folder)

MONEY = """syntax = "proto3";
package shop;
message Money { string currency = 1; int64 cents = 2; }
message Key { string customer = 1; }
"""
ORDER = """syntax = "proto3";
package shop;
import "shop_money.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/wrappers.proto";
message Unused { string x = 1; }
message Order {
  message Line { string sku = 1; sint32 quantity = 2; Money price = 3; }
  enum State { NEW = 0; PAID = 1; }
  uint64 id = 1;
  repeated Line lines = 2;
  State state = 3;
  google.protobuf.Timestamp at = 4;
  map<string, int64> counts = 5;
  bytes raw = 6;
  optional double ratio = 7;
  oneof by { string card = 8; Money cash = 9; }
  google.protobuf.Duration took = 10;
  google.protobuf.StringValue note = 11;
  google.protobuf.Struct free = 12;
  repeated int32 numbers = 13;
}
"""
NEXT = """syntax = "proto3";
package next;
message Order { uint64 id = 1; string tier = 20; }
"""

for name, text in (("shop_money", MONEY), ("shop_order", ORDER), ("next_order", NEXT)):
    (folder / f"{name}.proto").write_text(text)
files = ["shop_money.proto", "shop_order.proto", "next_order.proto"]
subprocess.run([sys.executable, "-m", "grpc_tools.protoc", f"-I{folder}", f"--python_out={folder}",
                "--include_imports", f"--descriptor_set_out={folder}/order.desc", *files], check=True)
sys.path.insert(0, str(folder))
import next_order_pb2
import shop_money_pb2
import shop_order_pb2

client = SchemaRegistryClient({"url": registry})
producer = Producer({"bootstrap.servers": bootstrap})
value, key = SerializationContext(protobuf, MessageField.VALUE), SerializationContext(protobuf, MessageField.KEY)
config = {"use.deprecated.format": False}


def serializer(kind, subject):
    return ProtobufSerializer(kind, client, {**config, "subject.name.strategy": lambda *_: f"{protobuf}-{subject}"})


def order(n):
    made = shop_order_pb2.Order(id=2**64 - 1 - n, state=n % 2, raw=bytes([n, 255]), note={"value": f"ü{n}"},
                                counts={"x": -n}, numbers=[n, -n], card=f"card {n}")
    made.lines.add(sku=f"sku-{n}", quantity=-n, price={"currency": "EUR", "cents": 2**53 + n})
    made.at.FromDatetime(datetime.datetime(2024, 2, 29, 12, 0, n, 123456))
    made.took.FromTimedelta(datetime.timedelta(seconds=-n, milliseconds=-500))
    made.free.update({"a": [1, {"b": None}]})
    if n % 2:
        made.ratio = n / 4
        made.cash.cents = n
    return made


orders, lines = serializer(shop_order_pb2.Order, "orders"), serializer(shop_order_pb2.Order.Line, "lines")
later, keys = serializer(next_order_pb2.Order, "later"), serializer(shop_money_pb2.Key, "keys")
for n in range(4):
    producer.produce(protobuf, orders(order(n), value), keys(shop_money_pb2.Key(customer=f"c{n}"), key), partition=0)
producer.produce(protobuf, later(next_order_pb2.Order(id=7, tier="gold"), value), partition=0)
producer.produce(protobuf, lines(shop_order_pb2.Order.Line(sku="alone", quantity=3), value), partition=0)
producer.produce(protobuf, b"\x00\x7f\xff\xff\xff\x00", partition=0)
producer.produce(protobuf, b"{}", partition=0)

at = datetime.datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=datetime.timezone.utc)
plain = {"id": 2**63, "small": -1, "ratio": 0.5, "text": "grün", "raw": b"\xff\x00", "none": None, "at": at,
         "list": [1, 2], "inner": {"a": True, "b": [{"c": 1}]}, "nan": float("nan")}
producer.produce(packed, msgpack.packb(plain, datetime=True))
producer.produce(packed, msgpack.packb({**plain, 5: "five", "single": 1}, datetime=True, use_single_float=True))
producer.produce(packed, msgpack.packb([1, 2]) + b"\x00")
producer.produce(cbor, cbor2.dumps(plain))
producer.produce(cbor, cbor2.dumps({**plain, 5: "five", "big": 2**70, "money": decimal.Decimal("12.50")}))
producer.produce(cbor, cbor2.dumps(plain, datetime_as_timestamp=True, canonical=True))
producer.produce(cbor, b"\x81")
assert producer.flush(20) == 0
