//! Messages of one schema as another one has them.

use super::*;

/// The messages, which `written` wrote, as the reader's schema has them.
fn read_as(written: &str, reader: &str, messages: &[&[u8]]) -> RecordBatch {
    let avro = with_reader(written, reader);
    let schema = inferred(&avro, messages);
    let mut decoder = avro.decoder(&Shape::new(schema), &Cancel::default()).unwrap();
    for message in messages {
        decoder.decode(message).unwrap();
    }
    decoder.finish().unwrap()
}

fn with_reader(written: &str, reader: &str) -> Avro {
    local(written).read_as(AvroReader::Local { schema: reader.to_owned(), references: Vec::new() })
}

/// The type and the text of a value that `written` wrote and that is read as `reader`.
fn one(written: &str, reader: &str, bytes: &[u8]) -> (DataType, String) {
    let field = |of: &str| record(&format!(r#"{{"name":"v","type":{of}}}"#));
    let batch = read_as(&field(written), &field(reader), &[bytes]);
    let data_type = batch.column(0).data_type().clone();
    // Arrow writes times of zones by their offset alone.
    let array = match &data_type {
        DataType::Timestamp(unit, Some(_)) => {
            arrow::compute::cast(batch.column(0), &DataType::Timestamp(*unit, Some("+00:00".into()))).unwrap()
        }
        _ => Arc::clone(batch.column(0)),
    };
    let formatted = arrow::util::display::array_value_to_string(&array, 0).unwrap();
    (data_type, formatted)
}

fn refused(written: &str, reader: &str, bytes: &[u8]) -> String {
    let field = |of: &str| record(&format!(r#"{{"name":"v","type":{of}}}"#));
    let avro = with_reader(&field(written), &field(reader));
    bad(&mut *decoder(&avro, vec![Field::new("v", DataType::Utf8View, true)]), bytes)
}

#[test]
fn promotions_of_the_specification() {
    use DataType::{Binary, Float32, Float64, Int64, Utf8View};
    for (written, reader, bytes, data_type, expected) in [
        (r#""int""#, r#""long""#, &[6][..], Int64, "3"),
        (r#""int""#, r#""float""#, &[6], Float32, "3.0"),
        (r#""int""#, r#""double""#, &[6], Float64, "3.0"),
        (r#""long""#, r#""float""#, &[6], Float32, "3.0"),
        (r#""long""#, r#""double""#, &[6], Float64, "3.0"),
        (r#""float""#, r#""double""#, &1.5_f32.to_le_bytes(), Float64, "1.5"),
        (r#""string""#, r#""bytes""#, b"\x02a", Binary, "61"),
        (r#""bytes""#, r#""string""#, b"\x02a", Utf8View, "a"),
        (r#""long""#, r#"["null","string","double"]"#, &[6], Utf8View, "3"),
        (r#"["null","int"]"#, r#""long""#, &[2, 6], Int64, "3"),
        (r#"["null","int"]"#, r#"["long","null"]"#, &[0], Int64, ""),
        (r#""int""#, r#"["null","int"]"#, &[6], DataType::Int32, "3"),
        (
            r#""int""#,
            r#"{"type":"long","logicalType":"timestamp-millis"}"#,
            &[6],
            DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            "1970-01-01T00:00:00.003Z",
        ),
        (
            r#"{"type":"long","logicalType":"timestamp-millis"}"#,
            r#"{"type":"long","logicalType":"timestamp-micros"}"#,
            &[6],
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            "1970-01-01T00:00:00.003Z",
        ),
        (
            r#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":1}"#,
            r#"{"type":"bytes","logicalType":"decimal","precision":6,"scale":3}"#,
            &[2, 15],
            DataType::Decimal128(6, 3),
            "1.500",
        ),
        (
            r#"{"type":"array","items":"int"}"#,
            r#"{"type":"array","items":"double"}"#,
            &[2, 6, 0],
            DataType::new_list(Float64, true),
            "[3.0]",
        ),
    ] {
        assert_eq!(one(written, reader, bytes), (data_type, expected.to_owned()), "{written} as {reader}");
    }
    assert!(refused(r#""long""#, r#""int""#, &[6]).contains("has an int where the message has a long"));
    assert!(
        refused(r#"["null","string"]"#, r#""string""#, &[0])
            .contains("has a string where the message has null")
    );
    assert!(refused(r#""boolean""#, r#"["null","int"]"#, &[1]).contains("no branch that takes a boolean"));
}

#[test]
fn names_aliases_and_defaults() {
    let written = record(
        r#"{"name":"old","type":"int"},{"name":"gone","type":{"type":"array","items":"string"}},{"name":"kept","type":"string"}"#,
    );
    let reader = record(
        r#"{"name":"kept","type":"string"},
        {"name":"new","type":"long","aliases":["old"]},
        {"name":"tags","type":{"type":"array","items":"string"},"default":["a","b"]},
        {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":4,"scale":2},"default":"\u0001\u0000"},
        {"name":"who","type":{"type":"record","name":"W","fields":[{"name":"n","type":"string"},{"name":"m","type":"int","default":7}]},
            "default":{"n":"x"}},
        {"name":"note","type":["null","string"],"default":null},
        {"name":"more","type":["null","string"],"default":"late"},
        {"name":"map","type":{"type":"map","values":"double"},"default":{"k":1.5}}"#,
    );
    let messages: [&[u8]; 2] = [&[10, 2, 2, b'z', 0, 2, b'k'], &[12, 0, 2, b'l']];
    let batch = read_as(&written, &reader, &messages);
    assert_eq!(text(&batch, "kept"), [Some("k".to_owned()), Some("l".to_owned())]);
    assert_eq!(column(&batch, "new").as_primitive::<Int64Type>().values(), &[5, 6]);
    assert_eq!(column(&batch, "tags").as_list::<i32>().value(1).len(), 2);
    assert_eq!(column(&batch, "price").as_primitive::<Decimal128Type>().values(), &[256, 256]);
    let who = column(&batch, "who");
    assert_eq!(who.as_struct().column(0).as_string_view().value(0), "x");
    assert_eq!(who.as_struct().column(1).as_primitive::<Int32Type>().values(), &[7, 7]);
    assert_eq!(text(&batch, "note"), [None, None]);
    assert_eq!(text(&batch, "more")[1].as_deref(), Some("late"));

    // A default of which only a part is wanted, and one as text.
    let member = DataType::Struct(vec![Field::new("m", DataType::Int64, true)].into());
    let columns = vec![Field::new("who", member, true), Field::new("map", DataType::Utf8View, true)];
    let mut decoder = decoder(&with_reader(&written, &reader), columns);
    decoder.decode(messages[0]).unwrap();
    let batch = decoder.finish().unwrap();
    assert_eq!(batch.column(0).as_struct().column(0).as_primitive::<Int64Type>().values(), &[7]);
    assert_eq!(text(&batch, "map"), [Some(r#"{"k":1.5}"#.to_owned())]);
    let drift = {
        decoder.decode(messages[0]).unwrap();
        decoder.drift()
    };
    let unknown: Vec<_> = drift.unknown.keys().map(String::as_str).collect();
    assert_eq!(unknown, ["gone", "kept", "new"], "what has an alias goes by its new name");
}

#[test]
fn a_field_without_a_default_is_missed() {
    let reader = record(r#"{"name":"a","type":"int"},{"name":"b","type":"int"}"#);
    let avro = with_reader(&record(r#"{"name":"a","type":"int"}"#), &reader);
    let mut decoder = decoder(&avro, vec![Field::new("a", DataType::Int64, true)]);
    let reason = bad(&mut *decoder, &[2]);
    assert_eq!(reason, "field `b`: the message's schema lacks it and the reader's has no default");
    let wrong = record(r#"{"name":"b","type":"int","default":"x"}"#);
    let avro = with_reader(&record(r#"{"name":"a","type":"int"}"#), &wrong);
    let mut decoder = super::decoder(&avro, vec![Field::new("b", DataType::Int64, true)]);
    let reason = bad(&mut *decoder, &[2]);
    assert_eq!(reason, "field `b`: the reader's default \"x\" is not of the field's type");
}

#[test]
fn enums_and_named_types() {
    let of = |name: &str, symbols: &str, more: &str| {
        format!(r#"{{"type":"enum","name":"{name}","symbols":[{symbols}]{more}}}"#)
    };
    let written = of("E", r#""A","B","C""#, "");
    let reader = of("E", r#""C","A","OTHER""#, r#","default":"OTHER""#);
    let taken = |byte: u8| one(&written, &reader, &[byte]).1;
    assert_eq!([taken(0), taken(2), taken(4)], ["A", "OTHER", "C"]);
    let strict = of("E", r#""A""#, "");
    assert!(refused(&written, &strict, &[2]).contains("the reader's enum lacks symbol 1"));
    let renamed = of("F", r#""A","B","C""#, r#","aliases":["E"]"#);
    assert_eq!(one(&written, &renamed, &[2]).1, "B");
    assert!(refused(&written, &of("F", r#""A""#, ""), &[0]).ends_with("has `F`, which has no alias `E`"));
    let fixed = |size: usize| format!(r#"{{"type":"fixed","name":"X","size":{size}}}"#);
    assert!(refused(&fixed(2), &fixed(3), &[1, 2]).contains("has 3 bytes and the message's 2"));
    // Of two records in a union the one of the same name.
    let record = |name: &str, field: &str| {
        format!(r#"{{"type":"record","name":"{name}","fields":[{{"name":"{field}","type":"int"}}]}}"#)
    };
    let union = format!("[{},{}]", record("P", "p"), record("Q", "q"));
    let field = |of: &str| super::record(&format!(r#"{{"name":"v","type":{of}}}"#));
    let avro = with_reader(&field(&union), &field(&union));
    let members = ["p", "q"].map(|name| Field::new(name, DataType::Int64, true)).to_vec();
    let mut decoder = decoder(&avro, vec![Field::new("v", DataType::Struct(members.into()), true)]);
    decoder.decode(&[0, 2]).unwrap();
    decoder.decode(&[2, 4]).unwrap();
    let batch = decoder.finish().unwrap();
    let member = |index: usize| {
        batch.column(0).as_struct().column(index).as_primitive::<Int64Type>().iter().collect::<Vec<_>>()
    };
    assert_eq!((member(0), member(1)), (vec![Some(1), None], vec![None, Some(2)]));
}
