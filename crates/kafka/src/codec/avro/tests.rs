//! Messages by apache-avro's writer, or byte by byte where none would write them.

mod evolution;
mod random;
mod registry;

use apache_avro::Schema as AvroSchema;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, Float32Type, Float64Type, Int32Type, Int64Type, SchemaRef,
    Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType,
};

use super::*;
use crate::codec::{EXTRA, Unknown};

/// Messages of `schema`, in which they are bare.
fn local(schema: &str) -> Avro {
    Avro::new(AvroSchemas::local(schema, Framing::Bare))
}

/// A record `R` with these fields, in JSON.
fn record(fields: &str) -> String {
    format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#)
}

fn encoded(schema: &str, values: Vec<(&str, Value)>) -> Vec<u8> {
    let schema = AvroSchema::parse_str(schema).unwrap();
    let fields = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    datum(&schema, Value::Record(fields))
}

fn datum(schema: &AvroSchema, value: Value) -> Vec<u8> {
    let writer = GenericDatumWriter::builder(schema).build().unwrap();
    writer.write_value_to_vec(value).unwrap()
}

fn decoder(avro: &Avro, columns: Vec<Field>) -> Box<dyn Decode> {
    avro.decoder(&Shape::new(Arc::new(Schema::new(columns))), &Cancel::default()).unwrap()
}

fn inferred(avro: &Avro, messages: &[&[u8]]) -> SchemaRef {
    let found = avro.infer(messages, &Cancel::default()).unwrap();
    assert_eq!(found.bad, 0, "{:?}", found.first_bad);
    Arc::new(found.schema)
}

/// The messages in the columns that are inferred of them.
fn read(avro: &Avro, messages: &[&[u8]]) -> RecordBatch {
    let schema = inferred(avro, messages);
    let mut decoder = avro.decoder(&Shape::new(schema), &Cancel::default()).unwrap();
    for message in messages {
        decoder.decode(message).unwrap();
    }
    decoder.finish().unwrap()
}

fn column(batch: &RecordBatch, name: &str) -> ArrayRef {
    Arc::clone(batch.column_by_name(name).unwrap())
}

fn text(batch: &RecordBatch, name: &str) -> Vec<Option<String>> {
    column(batch, name).as_string_view().iter().map(|text| text.map(str::to_owned)).collect()
}

fn bad(decoder: &mut dyn Decode, message: &[u8]) -> String {
    match decoder.decode(message) {
        Err(Fault::Bad(reason)) => reason.to_string(),
        other => panic!("{other:?}"),
    }
}

const LOGICAL: &str = r#"
    {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}},
    {"name":"exact","type":{"type":"fixed","name":"F","size":16,"logicalType":"decimal","precision":38,"scale":3}},
    {"name":"huge","type":{"type":"bytes","logicalType":"decimal","precision":50,"scale":1}},
    {"name":"day","type":{"type":"int","logicalType":"date"}},
    {"name":"tms","type":{"type":"int","logicalType":"time-millis"}},
    {"name":"tus","type":{"type":"long","logicalType":"time-micros"}},
    {"name":"ms","type":{"type":"long","logicalType":"timestamp-millis"}},
    {"name":"us","type":{"type":"long","logicalType":"timestamp-micros"}},
    {"name":"ns","type":{"type":"long","logicalType":"timestamp-nanos"}},
    {"name":"lms","type":{"type":"long","logicalType":"local-timestamp-millis"}},
    {"name":"lus","type":{"type":"long","logicalType":"local-timestamp-micros"}},
    {"name":"lns","type":{"type":"long","logicalType":"local-timestamp-nanos"}},
    {"name":"uuid","type":{"type":"string","logicalType":"uuid"}},
    {"name":"uuid16","type":{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}},
    {"name":"span","type":{"type":"fixed","name":"D","size":12,"logicalType":"duration"}},
    {"name":"state","type":{"type":"enum","name":"E","symbols":["NEW","PAID"]}},
    {"name":"hash","type":{"type":"fixed","name":"H","size":2}},
    {"name":"raw","type":"bytes"}"#;

fn logical() -> Vec<u8> {
    let mut message = vec![4, 0xfb, 0x2e];
    message.extend((-5_i128).to_be_bytes());
    message.extend([42]);
    message.extend([[0x7f].as_slice(), &[0; 20]].concat());
    // 19800 days, 1.5 s and 2 µs of a day, and moments around 1970.
    message.extend([0xb0, 0xb5, 0x02, 0xb8, 0x17, 4, 3, 5, 7, 9, 11, 13]);
    message.push(72);
    message.extend(b"12345678-1234-5678-1234-567812345678");
    message.extend([0x12; 16]);
    message.extend([1, 0, 0, 0, 2, 0, 0, 0, 0xbc, 0x0b, 0, 0]);
    message.extend([2, 0xab, 0xcd, 4, 1, 2]);
    message
}

#[test]
fn every_logical_type_has_its_column() {
    let avro = local(&record(LOGICAL));
    let batch = read(&avro, &[&logical()]);
    let decimal = column(&batch, "price");
    assert_eq!(decimal.data_type(), &DataType::Decimal128(10, 2));
    assert_eq!(decimal.as_primitive::<Decimal128Type>().value(0), -1234);
    assert_eq!(column(&batch, "exact").as_primitive::<Decimal128Type>().value(0), -5);
    let huge = text(&batch, "huge")[0].clone().unwrap();
    assert!(huge.starts_with("18561072800") && huge.ends_with(".2") || huge.contains('.'), "{huge}");
    assert_eq!(column(&batch, "day").as_primitive::<Date32Type>().value(0), 19_800);
    assert_eq!(column(&batch, "tms").as_primitive::<Time64NanosecondType>().value(0), 1_500_000_000);
    assert_eq!(column(&batch, "tus").as_primitive::<Time64NanosecondType>().value(0), 2_000);
    let utc = |unit| DataType::Timestamp(unit, Some("UTC".into()));
    assert_eq!(column(&batch, "ms").data_type(), &utc(TimeUnit::Millisecond));
    assert_eq!(column(&batch, "ms").as_primitive::<TimestampMillisecondType>().value(0), -2);
    assert_eq!(column(&batch, "us").as_primitive::<TimestampMicrosecondType>().value(0), -3);
    assert_eq!(column(&batch, "ns").as_primitive::<TimestampNanosecondType>().value(0), -4);
    assert_eq!(column(&batch, "lms").data_type(), &DataType::Timestamp(TimeUnit::Millisecond, None));
    assert_eq!(column(&batch, "lus").as_primitive::<TimestampMicrosecondType>().value(0), -6);
    assert_eq!(column(&batch, "lns").as_primitive::<TimestampNanosecondType>().value(0), -7);
    for (name, expected) in [
        ("uuid", "12345678-1234-5678-1234-567812345678"),
        ("uuid16", "12121212-1212-1212-1212-121212121212"),
        ("span", "P1M2DT3.004S"),
        ("state", "PAID"),
    ] {
        assert_eq!(text(&batch, name), [Some(expected.to_owned())], "{name}");
    }
    assert_eq!(column(&batch, "hash").as_binary::<i32>().value(0), [0xab, 0xcd]);
    assert_eq!(column(&batch, "raw").as_binary::<i32>().value(0), [1, 2]);
}

#[test]
fn a_sample_tells_what_values_are_like() {
    let found = local(&record(LOGICAL)).infer(&[&logical(), &[1]], &Cancel::default()).unwrap();
    assert_eq!((found.messages, found.bad, found.facts.len()), (1, 1, found.schema.fields().len()));
    let example = |key: &str| found.facts.iter().find(|facts| facts.key == key).unwrap().examples[0].clone();
    assert_eq!(
        (example("price"), example("ms")),
        ("-12.34".to_owned(), "1969-12-31T23:59:59.998Z".to_owned())
    );
    assert_eq!((example("hash"), example("day")), ("0xabcd".to_owned(), "2024-03-18".to_owned()));
}

#[test]
fn logical_types_as_text_are_written_as_people_do() {
    let avro = local(&record(LOGICAL));
    let names = ["price", "day", "tms", "tus", "ms", "lms", "span", "uuid16"];
    let columns = names.iter().map(|name| Field::new(*name, DataType::Utf8View, true)).collect();
    let mut decoder = decoder(&avro, columns);
    decoder.decode(&logical()).unwrap();
    let batch = decoder.finish().unwrap();
    let told: Vec<_> = names.iter().map(|name| text(&batch, name)[0].clone().unwrap()).collect();
    let expected = [
        "-12.34",
        "2024-03-18",
        "00:00:01.500",
        "00:00:00.000002",
        "1969-12-31T23:59:59.998Z",
        "1969-12-31T23:59:59.995",
        "P1M2DT3.004S",
        "12121212-1212-1212-1212-121212121212",
    ];
    assert_eq!(told, expected);
}

#[test]
fn composed_values_are_structs_and_lists_or_json_text() {
    let schema = record(
        r#"{"name":"lines","type":{"type":"array","items":{"type":"record","name":"L","fields":[
            {"name":"sku","type":"string"},{"name":"qty","type":["null","int"]}]}}},
        {"name":"counts","type":{"type":"map","values":"long"}},
        {"name":"again","type":["null","R"]}"#,
    );
    let line = |sku: &str, qty: Option<i32>| {
        let qty = qty
            .map_or(Value::Union(0, Box::new(Value::Null)), |qty| Value::Union(1, Box::new(Value::Int(qty))));
        Value::Record(vec![("sku".into(), Value::String(sku.into())), ("qty".into(), qty)])
    };
    let message = |again: Value| {
        let counts = [("x\"".to_owned(), Value::Long(-1))].into_iter().collect();
        vec![
            ("lines", Value::Array(vec![line("a", Some(2)), line("b", None)])),
            ("counts", Value::Map(counts)),
            ("again", again),
        ]
    };
    let owned = |values: Vec<(&str, Value)>| {
        Value::Record(values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    let null = Value::Union(0, Box::new(Value::Null));
    let inner = Value::Union(1, Box::new(owned(message(null.clone()))));
    let (flat, nested) = (encoded(&schema, message(null)), encoded(&schema, message(inner)));
    let avro = local(&schema);
    let batch = read(&avro, &[&flat, &nested]);
    let lines = column(&batch, "lines");
    let first = lines.as_list::<i32>().value(0);
    let first = first.as_struct();
    assert_eq!(first.column(0).as_string_view().iter().collect::<Vec<_>>(), [Some("a"), Some("b")]);
    assert_eq!(first.column(1).as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [Some(2), None]);
    let counts = column(&batch, "counts").as_list::<i32>().value(1);
    assert_eq!(counts.as_struct().column(0).as_string_view().value(0), "x\"");
    assert_eq!(counts.as_struct().column(1).as_primitive::<Int64Type>().value(0), -1);
    let json = r#"{"lines":[{"sku":"a","qty":2},{"sku":"b","qty":null}],"counts":{"x\"":-1},"again":null}"#;
    assert_eq!(text(&batch, "again"), [None, Some(json.to_owned())], "from where it begins again");

    let mut as_text = decoder(&avro, vec![Field::new("counts", DataType::Utf8View, true)]);
    as_text.decode(&flat).unwrap();
    assert_eq!(text(&as_text.finish().unwrap(), "counts"), [Some(r#"{"x\"":-1}"#.to_owned())]);
    let entry = DataType::Struct(vec![Field::new("key", DataType::Utf8View, true)].into());
    let mut keys = decoder(&avro, vec![Field::new("counts", DataType::new_large_list(entry, true), true)]);
    keys.decode(&nested).unwrap();
    assert_eq!(keys.finish().unwrap().column(0).as_list::<i64>().value(0).len(), 1);
    let mut numbers = decoder(&avro, vec![Field::new("lines", DataType::Int64, true)]);
    assert_eq!(bad(&mut *numbers, &flat), "field `lines`: expected a 64-bit integer, found an array");
}

#[test]
fn unions_of_several_types_lose_nothing() {
    let schema = record(
        r#"{"name":"n","type":["int","long","null"]},
        {"name":"f","type":["null","int","double"]},
        {"name":"e","type":["long","double"]},
        {"name":"t","type":["string","int","bytes","boolean",{"type":"array","items":"int"}]}"#,
    );
    let avro = local(&schema);
    let messages: [&[u8]; 3] = [
        &[0, 8, 2, 6, 0, 4, 0, 2, b'1'],
        &[2, 8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x40, 4, 2, 1],
        &[4, 0, 0, 2, 8, 2, 10, 0],
    ];
    let batch = read(&avro, &messages);
    assert_eq!(
        column(&batch, "n").as_primitive::<Int64Type>().iter().collect::<Vec<_>>(),
        [Some(4), Some(4), None]
    );
    assert_eq!(
        column(&batch, "f").as_primitive::<Float64Type>().iter().collect::<Vec<_>>(),
        [Some(3.0), None, None]
    );
    let texts = |name| text(&batch, name).into_iter().map(Option::unwrap).collect::<Vec<_>>();
    assert_eq!(texts("e"), ["2", "2", "1"]);
    assert_eq!(texts("t"), ["1", "0x01", "[5]"]);
    let list: &[u8] = &[4, 0, 0, 2, 8, 4, 2, 4, 0];
    assert_eq!(text(&read(&avro, &[list]), "t"), [Some("[1,2]".to_owned())]);
    let mut wrong = decoder(&avro, vec![]);
    assert_eq!(
        bad(&mut *wrong, &[6]),
        "field `n`: not valid Avro at byte 0: a union has no branch number 3 of 3"
    );
}

#[test]
fn floats_keep_their_digits_as_text() {
    let schema = record(r#"{"name":"f","type":"float"},{"name":"d","type":"double"}"#);
    let message = [0.1_f32.to_le_bytes().as_slice(), &0.1_f64.to_le_bytes()].concat();
    let batch = read(&local(&schema), &[&message]);
    assert_eq!(column(&batch, "f").as_primitive::<Float32Type>().value(0).to_bits(), 0.1_f32.to_bits());
    let columns = ["f", "d"].map(|name| Field::new(name, DataType::Utf8View, true)).to_vec();
    let mut decoder = decoder(&local(&schema), columns);
    decoder.decode(&message).unwrap();
    decoder.decode(&[f32::NAN.to_le_bytes().as_slice(), &f64::INFINITY.to_le_bytes()].concat()).unwrap();
    let batch = decoder.finish().unwrap();
    assert_eq!(text(&batch, "f"), [Some("0.1".to_owned()), Some("NaN".to_owned())]);
    assert_eq!(text(&batch, "d"), [Some("0.1".to_owned()), Some("inf".to_owned())]);
}

#[test]
fn a_message_that_is_no_record_is_the_value() {
    for (schema, message, expected) in [
        (r#""string""#, &b"\x04hi"[..], "hi"),
        ("string", b"\x04hi", "hi"),
        (r#"{"type":"array","items":"int"}"#, &[2, 6, 0], "[3]"),
    ] {
        let avro = local(schema);
        let mut decoder = decoder(&avro, vec![Field::new("value", DataType::Utf8View, true)]);
        decoder.decode(message).unwrap();
        decoder.decode_null();
        decoder.decode(message).unwrap();
        decoder.undo();
        assert_eq!(text(&decoder.finish().unwrap(), "value"), [Some(expected.to_owned()), None]);
        assert_eq!(inferred(&avro, &[message]).field(0).name(), "value");
        assert!(bad(&mut *decoder, &message[..1]).contains("ends too early"));
    }
}

#[test]
fn several_records_share_the_columns() {
    let schema = r#"["null",
        {"type":"record","name":"A","fields":[{"name":"id","type":"int"},{"name":"a","type":"string"}]},
        {"type":"record","name":"B","fields":[{"name":"b","type":"boolean"},{"name":"id","type":"long"}]}]"#;
    let batch = read(&local(schema), &[&[2, 2, 2, b'x'], &[4, 1, 4], &[0]]);
    assert_eq!(
        column(&batch, "id").as_primitive::<Int64Type>().iter().collect::<Vec<_>>(),
        [Some(1), Some(2), None]
    );
    assert_eq!(text(&batch, "a"), [Some("x".to_owned()), None, None]);
    assert_eq!(column(&batch, "b").null_count(), 2);
}

#[test]
fn a_bad_message_says_where_and_harms_no_other() {
    let schema = record(
        r#"{"name":"id","type":"long"},{"name":"items","type":{"type":"array","items":
            {"type":"record","name":"I","fields":[{"name":"price","type":"double"},{"name":"sku","type":"string"}]}}}"#,
    );
    let avro = local(&schema);
    let good = encoded(
        &schema,
        vec![
            ("id", Value::Long(300)),
            (
                "items",
                Value::Array(vec![Value::Record(vec![
                    ("price".into(), Value::Double(1.5)),
                    ("sku".into(), Value::String("ü".into())),
                ])]),
            ),
        ],
    );
    let columns = inferred(&avro, &[&good]);
    let all: Vec<Field> = columns.fields().iter().map(|field| field.as_ref().clone()).collect();
    for columns in [all, Vec::new()] {
        let mut decoder = decoder(&avro, columns);
        for end in 0..good.len() {
            decoder.decode(&good).unwrap();
            assert!(bad(&mut *decoder, &good[..end]).contains("not valid Avro at byte"), "{end}");
        }
        assert_eq!(decoder.rows(), good.len());
        let cut = |at: usize, byte: u8| {
            let mut message = good.clone();
            message[at] = byte;
            message
        };
        assert_eq!(
            bad(&mut *decoder, &good[..9]),
            "field `items[]`: not valid Avro at byte 3: it ends too early (items claimed: 1, bytes left: 6)"
        );
        assert_eq!(
            bad(&mut *decoder, &cut(12, 0xff)),
            "field `items[].sku`: not valid Avro at byte 11: a string is not UTF-8"
        );
        assert_eq!(
            bad(&mut *decoder, &[good.as_slice(), &[7]].concat()),
            "not valid Avro at byte 15: 1 byte follows that the schema does not know"
        );
        assert_eq!(decoder.finish().unwrap().num_rows(), good.len());
    }
}

#[test]
fn depth_and_counts_are_bounded() {
    let schema =
        record(r#"{"name":"next","type":["null","R"]},{"name":"n","type":{"type":"array","items":"null"}}"#);
    let avro = local(&schema);
    let deep = [vec![2; 200], vec![0; 400]].concat();
    let mut many = vec![0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0];
    for columns in [
        vec![],
        vec![Field::new("next", DataType::Utf8View, true), Field::new("n", DataType::Utf8View, true)],
    ] {
        let mut decoder = decoder(&avro, columns);
        assert!(bad(&mut *decoder, &deep).ends_with("it is nested deeper than 128"));
        assert!(bad(&mut *decoder, &many).ends_with("more than 1024 items without a byte"));
        // The same as deep as it may go.
        decoder.decode(&[vec![2; 126], vec![0; 128]].concat()).unwrap();
    }
    many.truncate(1);
    assert!(bad(&mut *decoder(&avro, vec![]), &many).contains("ends too early"));
}

#[test]
fn unknown_fields_are_drift_kept_or_refused() {
    let schema = record(
        r#"{"name":"id","type":"int"},{"name":"tier","type":["null","string"]},
        {"name":"who","type":["null",{"type":"record","name":"W","fields":[
            {"name":"name","type":"string"},{"name":"age","type":"int"}]}]},
        {"name":"items","type":{"type":"array","items":{"type":"record","name":"I","fields":[
            {"name":"sku","type":"string"},{"name":"qty","type":"int"}]}}}"#,
    );
    let avro = local(&schema);
    let object = |name: &str| DataType::Struct(vec![Field::new(name, DataType::Utf8View, true)].into());
    let known = Schema::new(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("who", object("name"), true),
        Field::new("items", DataType::new_list(object("sku"), true), true),
    ]);
    let messages: [&[u8]; 2] =
        [&[2, 2, 4, b'"', b'a', 2, 2, b'x', 60, 4, 2, b's', 6, 2, b't', 8, 0], &[2, 0, 0, 0]];
    let shape = |unknown, extra: bool| {
        let mut wanted = vec![Field::new("id", DataType::Int64, true)];
        if extra {
            wanted.push(Field::new(EXTRA, DataType::Utf8View, true));
        }
        Shape { schema: Arc::new(Schema::new(wanted)), known: Arc::new(known.clone()), unknown }
    };
    for extra in [false, true] {
        let mut decoder = avro.decoder(&shape(Unknown::Keep, extra), &Cancel::default()).unwrap();
        for message in messages {
            decoder.decode(message).unwrap();
        }
        let drift = decoder.drift();
        let told: Vec<_> = drift
            .unknown
            .iter()
            .map(|(path, field)| (path.as_str(), field.messages, field.example.as_str()))
            .collect();
        assert_eq!(told, [("items[].qty", 2, "3,4"), ("tier", 2, r#""\"a""#), ("who.age", 2, "30")]);
        assert!(decoder.drift().is_empty());
        let batch = decoder.finish().unwrap();
        assert_eq!(column(&batch, "id").as_primitive::<Int64Type>().values(), &[1, 1]);
        if extra {
            let expected = [r#"{"tier":"\"a","who.age":30,"items[].qty":[3,4]}"#, r#"{"tier":null}"#];
            assert_eq!(text(&batch, EXTRA), expected.map(|text| Some(text.to_owned())));
        }
    }
    let mut decoder = avro.decoder(&shape(Unknown::Fail, false), &Cancel::default()).unwrap();
    assert_eq!(bad(&mut *decoder, messages[1]), "the field `tier` is not known");
    assert!(decoder.drift().is_empty());
    let mut calm = decoder_of_known(&avro, &known);
    assert!(calm.decode(messages[0]).is_ok() && calm.drift().unknown.len() == 3);
}

#[test]
fn a_field_may_have_the_name_of_the_column_of_unknown_ones() {
    let schema = record(r#"{"name":"_extra","type":"string"},{"name":"b","type":"int"}"#);
    let avro = local(&schema);
    let columns = Arc::new(Schema::new(vec![Field::new(EXTRA, DataType::Utf8View, true)]));
    for (unknown, expected, drift) in
        [(Unknown::Ignore, "own", vec!["b"]), (Unknown::Keep, r#"{"_extra":"own","b":1}"#, vec![EXTRA, "b"])]
    {
        let shape = Shape { schema: Arc::clone(&columns), known: Arc::clone(&columns), unknown };
        let mut decoder = avro.decoder(&shape, &Cancel::default()).unwrap();
        for _ in 0..2 {
            decoder.decode(&[6, b'o', b'w', b'n', 2]).unwrap();
        }
        decoder.undo();
        decoder.decode_null();
        decoder.undo();
        let met = decoder.drift().unknown;
        assert_eq!(met.keys().collect::<Vec<_>>(), drift);
        assert!(met.values().all(|field| field.messages == 1), "a row that is taken back is not counted");
        assert_eq!(text(&decoder.finish().unwrap(), EXTRA), [Some(expected.to_owned())]);
    }
}

fn decoder_of_known(avro: &Avro, known: &Schema) -> Box<dyn Decode> {
    avro.decoder(&Shape::new(Arc::new(known.clone())), &Cancel::default()).unwrap()
}

#[test]
fn schemas_that_explode_are_bounded() {
    let level = |n: usize| {
        let inner = if n == 0 { r#""int""#.to_owned() } else { format!(r#""L{}""#, n - 1) };
        let fields: Vec<_> = (0..4).map(|f| format!(r#"{{"name":"f{f}","type":{inner}}}"#)).collect();
        format!(r#"{{"type":"record","name":"L{n}","fields":[{}]}}"#, fields.join(","))
    };
    let references: Vec<String> = (0..14).map(level).collect();
    let avro = Avro::new(AvroSchemas::Local { schema: level(14), references, framing: Framing::Bare });
    let found = avro.infer(&[], &Cancel::default()).unwrap();
    assert_eq!(found.schema.fields().len(), 4);
    let mut decoder = decoder(&avro, vec![]);
    assert!(bad(&mut *decoder, &[2; 100]).contains("at byte 100: it ends too early"));
}

#[test]
fn schemas_that_are_none_are_refused_with_the_reason() {
    let refused = |schema: &str| {
        let shape = Shape::new(Arc::new(Schema::empty()));
        local(schema).decoder(&shape, &Cancel::default()).err().unwrap().to_string()
    };
    assert!(refused("{").starts_with("the schema is no Avro schema: it is not JSON"));
    assert!(refused(r#"{"type":"nonsense"}"#).starts_with("the schema is no Avro schema: "));
    // apache-avro alone refuses the default that Debezium writes.
    let debezium = record(
        r#"{"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":4,"scale":2},"default":"\u0001"}"#,
    );
    read(&local(&debezium), &[&[2, 7]]);
}
