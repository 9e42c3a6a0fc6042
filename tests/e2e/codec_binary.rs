//! Formats that are bytes, written by their reference libraries in Python: Protobuf by the real registry and by local
//! schemas, `MessagePack`, CBOR.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use arrow::datatypes::{
    DataType, Field, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt64Type,
};
use flowloom_kafka::codec::{Cbor, Codec, Framing, MessagePack, Outline, Protobuf};
use flowloom_kafka::read::{self, BadMessages, DecodedKey, ReadRequest, Reading};
use flowloom_kafka::{Cancel, Cluster};

use crate::broker::Broker;
use crate::cache::services_python;
use crate::codec_reading::registry;
use crate::service::Service;
use crate::topic::{Isolation, Topic};

/// Topics as Python has filled them, and the folder of the schemas.
struct Written {
    protobuf: Topic<'static>,
    packed: Topic<'static>,
    cbor: Topic<'static>,
    folder: tempfile::TempDir,
}

fn written() -> Written {
    let broker = Broker::shared();
    let topic = |name| Topic::create(broker, name, 1);
    let folder = tempfile::tempdir().expect("a folder");
    let written =
        Written { protobuf: topic("protobuf"), packed: topic("packed"), cbor: topic("cbor"), folder };
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/codec_binary.py");
    let output = std::process::Command::new(services_python())
        .arg(program)
        .args([broker.bootstrap(), Service::registry().env("REGISTRY_URL")])
        .args([&written.protobuf, &written.packed, &written.cbor].map(|topic| &topic.name))
        .arg(written.folder.path())
        .output()
        .expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    written
}

fn payloads(topic: &Topic<'_>) -> Vec<Vec<u8>> {
    topic.read(Isolation::Committed).into_iter().filter_map(|message| message.payload).collect()
}

/// All messages of `topic` in the columns that its sample has; bad ones are kept beside them.
fn everything(
    topic: &Topic<'_>,
    codec: impl Codec + Clone + 'static,
    key: Option<DecodedKey>,
) -> (Reading, RecordBatch) {
    let payloads = payloads(topic);
    let payloads: Vec<_> = payloads.iter().map(Vec::as_slice).collect();
    let found = codec.infer(&payloads, &Cancel::default()).expect("a schema");
    let mut request =
        ReadRequest::new(topic.name.as_str(), Outline::plain(&found.schema).expect("columns of a sample"));
    request.value = Arc::new(codec);
    request.key = key;
    request.bad_messages = BadMessages::Reject;
    request.decode_threads = 2;
    let reading =
        read::read(&Cluster::new(topic.broker.bootstrap()), &request, &Cancel::default(), &mut |_| {})
            .expect("it is read");
    assert!(reading.counts.add_up(), "{:?}", reading.counts);
    assert_eq!(
        (found.messages, found.bad),
        (reading.counts.decoded as usize, reading.counts.rejected as usize)
    );
    let batches = reading.rows.collect().expect("rows");
    let batch = arrow::compute::concat_batches(&reading.rows.schema, &batches).expect("one schema");
    (reading, batch)
}

#[track_caller]
fn column<'a>(batch: &'a RecordBatch, name: &str) -> &'a ArrayRef {
    batch.column_by_name(name).unwrap_or_else(|| panic!("no column `{name}` in {}", batch.schema()))
}

fn texts(column: &ArrayRef) -> Vec<Option<&str>> {
    column.as_string_view().iter().collect()
}

fn reasons(reading: &Reading) -> Vec<String> {
    let batches = reading.rejects.collect().expect("rejects");
    let of = |batch: &RecordBatch| -> Vec<String> {
        let reasons = column(batch, "reason").as_string::<i32>();
        reasons.iter().flatten().map(str::to_owned).collect()
    };
    batches.iter().flat_map(of).collect()
}

#[test]
fn what_python_writes_is_read() {
    let written = written();
    protobuf_by_the_registry(&written.protobuf);
    protobuf_by_local_schemas(&written.protobuf, written.folder.path());
    self_describing(&written.packed, MessagePack, &["follow the end of the message"]);
    self_describing(&written.cbor, Cbor, &["it ends within a value"]);
}

fn protobuf_by_the_registry(topic: &Topic<'_>) {
    let fields = vec![Field::new("customer", DataType::Utf8View, true)];
    let field = Field::new("key", DataType::Struct(fields.into()), true);
    let key = DecodedKey { codec: Arc::new(Protobuf::by_registry(registry(), None)), field };
    let (reading, rows) = everything(topic, Protobuf::by_registry(registry(), None), Some(key));
    assert_eq!((reading.counts.decoded, reading.counts.rejected), (6, 2));
    let why = reasons(&reading);
    assert!(
        why[0].contains("is not in the registry") && why[1].contains("too few for a schema")
            || why[1].contains("no schema's id"),
        "{why:?}"
    );

    let ids: Vec<_> = column(&rows, "id").as_primitive::<UInt64Type>().iter().collect();
    assert_eq!(
        ids,
        [0, 1, 2, 3].map(|n| Some(u64::MAX - n)).into_iter().chain([Some(7), None]).collect::<Vec<_>>()
    );
    assert_eq!(
        texts(column(&rows, "state"))[..5],
        [Some("NEW"), Some("PAID"), Some("NEW"), Some("PAID"), None]
    );
    assert_eq!(texts(column(&rows, "note"))[1..5], [Some("ü1"), Some("ü2"), Some("ü3"), None]);
    assert_eq!(texts(column(&rows, "tier"))[4], Some("gold"), "another schema of the same topic");
    assert_eq!(texts(column(&rows, "sku"))[5], Some("alone"), "a message within another one");
    assert_eq!(texts(column(&rows, "card"))[..3], [Some("card 0"), None, Some("card 2")]);
    assert_eq!(texts(column(&rows, "free"))[0], Some("{\"a\":[1.0,{\"b\":null}]}"));
    let ratios: Vec<_> = column(&rows, "ratio").as_primitive::<Float64Type>().iter().collect();
    assert_eq!(ratios[..4], [None, Some(0.25), None, Some(0.75)]);
    let times = column(&rows, "at").as_primitive::<TimestampMicrosecondType>();
    assert_eq!((times.value(2), times.is_null(4)), (1_709_208_002_123_456, true));
    assert_eq!(column(&rows, "took").as_primitive::<Int64Type>().value(3), -3_500_000_000);
    assert_eq!(column(&rows, "raw").as_binary::<i32>().value(1), [1, 255]);
    let numbers = column(&rows, "numbers").as_list::<i32>().value(3);
    assert_eq!(numbers.as_primitive::<Int32Type>().values()[..], [3, -3]);
    let lines = column(&rows, "lines").as_list::<i32>().value(1);
    let price = lines.as_struct().column_by_name("price").expect("a price").as_struct();
    assert_eq!(price.column(1).as_primitive::<Int64Type>().value(0), 9_007_199_254_740_993);
    let counts = column(&rows, "counts").as_list::<i32>().value(2);
    assert_eq!(counts.as_struct().column(1).as_primitive::<Int64Type>().value(0), -2);
    let keys = column(&rows, "key").as_struct();
    assert_eq!(texts(keys.column(0))[..4], [Some("c0"), Some("c1"), Some("c2"), Some("c3")]);
    assert!(keys.is_null(4));
}

/// The same messages by the files that they were compiled from, and by what `protoc` made of these.
fn protobuf_by_local_schemas(topic: &Topic<'_>, folder: &Path) {
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a schema");
    let imports = BTreeMap::from([("shop_money.proto".to_owned(), text("shop_money.proto"))]);
    let source = text("shop_order.proto");
    let set = std::fs::read(folder.join("order.desc")).expect("a descriptor set");
    let framing = Framing::Confluent;
    let by_source = Protobuf::by_source(&source, &imports, None, framing).expect("a schema");
    let by_set = Protobuf::by_descriptor_set(&set, Some("shop.Order"), framing).expect("a schema");
    let payloads = payloads(topic);
    for codec in [by_source, by_set] {
        let payloads: Vec<_> = payloads[..4].iter().map(Vec::as_slice).collect();
        let found = codec.infer(&payloads, &Cancel::default()).expect("a schema");
        assert_eq!((found.messages, found.bad), (4, 0), "{:?}", found.first_bad);
        let price = found.schema.field_with_name("lines").expect("lines").data_type().to_string();
        assert!(price.contains("cents"), "{price}");
    }
}

fn self_describing(topic: &Topic<'_>, codec: impl Codec + Clone + 'static, bad: &[&str]) {
    let (reading, rows) = everything(topic, codec, None);
    let why = reasons(&reading);
    assert!(why.iter().all(|why| bad.iter().any(|bad| why.contains(bad))) && why.len() == 1, "{why:?}");
    assert!(texts(column(&rows, "id")).iter().all(|id| *id == Some("9223372036854775808")));
    assert!(texts(column(&rows, "text")).iter().all(|text| *text == Some("grün")));
    assert!(column(&rows, "raw").as_binary::<i32>().iter().all(|raw| raw == Some(b"\xff\x00")));
    let times = column(&rows, "at").as_primitive::<TimestampMicrosecondType>();
    assert!(times.iter().all(|at| at == Some(1_709_208_000_123_456)), "{times:?}");
    let floats = column(&rows, "nan").as_primitive::<Float64Type>();
    assert!(floats.iter().flatten().all(f64::is_nan) && floats.null_count() == 0);
    assert_eq!(column(&rows, "none").null_count(), rows.num_rows());
    let inner = column(&rows, "inner").as_struct();
    let items = inner.column_by_name("b").expect("b").as_list::<i32>().value(0);
    assert_eq!(items.as_struct().column(0).as_primitive::<Int64Type>().value(0), 1);
    assert_eq!(texts(column(&rows, "5"))[..2], [None, Some("five")], "a key that is no text");
    if let Some(big) = rows.column_by_name("big") {
        assert_eq!(texts(big)[1], Some("1180591620717411303424"));
        assert_eq!(texts(column(&rows, "money"))[1], Some("12.50"));
    }
}
