//! Behaviour of the JSON decoder: given payloads and a schema, then rows or reasons.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, Float64Type, Int8Type, Int32Type, Int64Type, Schema,
    Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampNanosecondType, UInt64Type,
};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::codec::{Encoding, infer};

fn decoder(fields: &[(&str, DataType)]) -> Decoder {
    let fields: Vec<_> = fields.iter().map(|(name, of)| Field::new(*name, of.clone(), true)).collect();
    Decoder::new(Arc::new(Schema::new(fields))).unwrap()
}

fn rows(fields: &[(&str, DataType)], payloads: &[&str]) -> RecordBatch {
    let mut decoder = decoder(fields);
    for payload in payloads {
        decoder.decode(payload.as_bytes()).unwrap();
    }
    decoder.finish().unwrap()
}

fn reason(of: DataType, payload: &str) -> String {
    decoder(&[("a", of)]).decode(payload.as_bytes()).unwrap_err().to_string()
}

fn texts(column: &ArrayRef) -> Vec<Option<String>> {
    column.as_string_view().iter().map(|text| text.map(str::to_owned)).collect()
}

#[test]
fn columns_are_filled_whatever_the_order_of_keys() {
    let payloads = [
        r#"{"id":1,"name":"short","note":"a text that is longer than twelve bytes"}"#,
        r#" { "note" : "" , "name" : "exactly 12 b" , "id" : -2 } "#,
        r#"{"id":3}"#,
        r#"{"name":null,"unknown":[{"x":1}],"id":4}"#,
    ];
    let fields = [("id", DataType::Int64), ("name", DataType::Utf8View), ("note", DataType::Utf8View)];
    let batch = rows(&fields, &payloads);
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &[1, -2, 3, 4]);
    assert_eq!(texts(batch.column(1)), [Some("short".into()), Some("exactly 12 b".into()), None, None]);
    let long = "a text that is longer than twelve bytes";
    assert_eq!(texts(batch.column(2)), [Some(long.into()), Some(String::new()), None, None]);
}

#[test]
fn integers_are_never_rounded() {
    let batch = rows(&[("a", DataType::Int32)], &[r#"{"a":1.0}"#, r#"{"a":1e3}"#, r#"{"a":-7}"#]);
    assert_eq!(batch.column(0).as_primitive::<Int32Type>().values(), &[1, 1000, -7]);
    assert_eq!(reason(DataType::Int64, r#"{"a":1.5}"#), "field `a`: expected an integer, found 1.5");
    assert_eq!(reason(DataType::Int8, r#"{"a":128}"#), "field `a`: expected an 8-bit integer, found 128");
    assert_eq!(
        reason(DataType::UInt64, r#"{"a":-1}"#),
        "field `a`: expected an unsigned 64-bit integer, found -1"
    );
    assert_eq!(reason(DataType::Int64, r#"{"a":"1"}"#), "field `a`: expected an integer, found \"1\"");
    let batch = rows(&[("a", DataType::UInt64)], &[r#"{"a":18446744073709551615}"#]);
    assert_eq!(batch.column(0).as_primitive::<UInt64Type>().values(), &[u64::MAX]);
}

#[test]
fn floats_take_any_number_in_range() {
    let batch = rows(&[("a", DataType::Float64)], &[r#"{"a":1}"#, r#"{"a":-2.5e-3}"#]);
    assert_eq!(batch.column(0).as_primitive::<Float64Type>().values(), &[1.0, -0.0025]);
    assert!(reason(DataType::Float64, r#"{"a":1e999}"#).contains("in the range"));
    assert!(reason(DataType::Float32, r#"{"a":true}"#).contains("expected a number, found true"));
}

#[test]
fn text_keeps_other_values_as_they_are_written() {
    let payloads = [
        r#"{"a":1.50}"#,
        r#"{"a":{"b": [1, "x"]}}"#,
        r#"{"a":false}"#,
        r#"{"a":"q\"\u00e9"}"#,
        r#"{"a":null}"#,
    ];
    for of in [DataType::Utf8View, DataType::Utf8, DataType::LargeUtf8] {
        let batch = rows(&[("a", of)], &payloads);
        let views = arrow::compute::cast(batch.column(0), &DataType::Utf8View).unwrap();
        let expected = ["1.50", r#"{"b": [1, "x"]}"#, "false", "q\"é"].map(|text| Some(text.to_owned()));
        assert_eq!(texts(&views)[..4], expected);
        assert!(views.is_null(4));
    }
}

#[test]
fn nested_columns_hold_what_they_are_given() {
    let item = DataType::Struct(
        vec![Field::new("sku", DataType::Utf8View, true), Field::new("n", DataType::Int64, true)].into(),
    );
    let list = DataType::new_list(item, true);
    let payloads = [
        r#"{"items":[{"sku":"x","n":1},{"n":2},null]}"#,
        r#"{"items":[]}"#,
        r#"{"items":null}"#,
        "{}",
        r#"{"items":[{"n":3,"sku":"y","more":{}}]}"#,
    ];
    let batch = rows(&[("items", list.clone())], &payloads);
    let lists = batch.column(0).as_list::<i32>();
    assert_eq!(lists.offsets().as_ref(), &[0, 3, 3, 3, 3, 4]);
    assert_eq!((0..5).map(|row| lists.is_null(row)).collect::<Vec<_>>(), [false, false, true, true, false]);
    let structs = lists.values().as_struct();
    assert!(structs.is_null(2));
    assert_eq!(
        structs.column(1).as_primitive::<Int64Type>().iter().collect::<Vec<_>>(),
        [Some(1), Some(2), None, Some(3)]
    );
    let why = decoder(&[("items", list)]).decode(br#"{"items":[{"n":1},{"n":0.5}]}"#).unwrap_err();
    assert_eq!(why.to_string(), "field `items[].n`: expected an integer, found 0.5");
}

#[test]
fn a_bad_message_leaves_no_trace() {
    let inner = DataType::Struct(
        vec![Field::new("x", DataType::Int64, true), Field::new("y", DataType::Utf8View, true)].into(),
    );
    let fields = [
        ("l", DataType::new_list(inner.clone(), true)),
        ("s", inner),
        ("b", DataType::Boolean),
        ("z", DataType::Null),
    ];
    let good =
        r#"{"l":[{"x":1,"y":"one"},null],"s":{"x":2,"y":"a longer text, kept aside"},"b":true,"z":null}"#;
    let mut decoder = decoder(&fields);
    for end in 0..good.len() {
        decoder.decode(good.as_bytes()).unwrap();
        assert!(decoder.decode(&good.as_bytes()[..end]).is_err(), "cut at {end}");
    }
    let batch = decoder.finish().unwrap();
    let repeated = rows(&fields, &vec![good; good.len()]);
    assert_eq!(batch, repeated);
    assert_eq!(decoder.finish().unwrap().num_rows(), 0);
}

#[test]
fn the_last_of_equal_keys_holds() {
    let inner = DataType::Struct(vec![Field::new("x", DataType::Int64, true)].into());
    let batch = rows(
        &[("a", DataType::Int64), ("s", inner)],
        &[r#"{"a":1,"s":{"x":1},"a":2,"s":{},"\u0061":3}"#, r#"{"a":4}"#],
    );
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &[3, 4]);
    assert!(batch.column(1).as_struct().column(0).is_null(0));
}

#[test]
fn payloads_that_are_not_objects_are_wrapped() {
    let batch =
        rows(&[("value", DataType::Int8), ("other", DataType::Boolean)], &["7", r#"{"value":8}"#, "null"]);
    assert_eq!(
        batch.column(0).as_primitive::<Int8Type>().iter().collect::<Vec<_>>(),
        [Some(7), Some(8), None]
    );
    assert_eq!(batch.column(1).null_count(), 3);
    assert_eq!(rows(&[("a", DataType::Int8)], &["[1,2]"]).column(0).null_count(), 1);
}

#[test]
fn framing_is_one_value_in_one_message() {
    for (payload, expected) in [
        ("", "empty payload"),
        ("  ", "empty payload"),
        ("{} {}", "more than one JSON value in one message"),
        ("{\"a\":1}{\"a\":2}", "more than one JSON value in one message"),
        ("{\"a\":1", "not valid JSON at byte 6: expected `,` or `}`, found the end"),
        ("{\"a\":1}x", "not valid JSON at byte 7: expected the end of the message, found `x`"),
    ] {
        assert_eq!(reason(DataType::Int64, payload), expected, "{payload}");
    }
    let why = decoder(&[]).decode(b"{\"a\":\"\xff\"}").unwrap_err();
    assert_eq!(why.to_string(), "not valid UTF-8 at byte 6");
}

#[test]
fn syntax_is_checked_in_columns_that_are_not_wanted() {
    let mut decoder = decoder(&[]);
    assert!(decoder.decode(br#"{"a":01}"#).is_err());
    assert!(decoder.decode(br#"{"a":1}"#).is_ok());
    assert_eq!(decoder.finish().unwrap().num_rows(), 1);
}

#[test]
fn deep_nesting_is_bad_and_not_a_crash() {
    let payload = format!(r#"{{"a":{}}}"#, "[".repeat(100_000));
    assert!(reason(DataType::Utf8View, &payload).contains("nested deeper than 128 levels"));
}

#[test]
fn keys_with_escapes_and_many_keys_are_found() {
    let fields = [("a\"b", DataType::Int64), ("é", DataType::Int64)];
    let batch = rows(&fields, &[r#"{"a\"b":1,"\u00e9":2}"#, r#"{"é":4,"a\u0022b":3}"#]);
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &[1, 3]);
    assert_eq!(batch.column(1).as_primitive::<Int64Type>().values(), &[2, 4]);
    assert!(decoder(&fields).decode(br#"{"a"b":1}"#).is_err());
    let mut decoder = decoder(&[("last", DataType::Int64)]);
    for n in 0..3000 {
        decoder.decode(format!(r#"{{"key{n}":{n},"last":{n}}}"#).as_bytes()).unwrap();
    }
    let batch = decoder.finish().unwrap();
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().values()[2999], 2999);
}

#[test]
fn unsupported_types_are_refused_by_name() {
    let fields = vec![Field::new_struct(
        "s",
        vec![Field::new("at", DataType::Duration(TimeUnit::Second), true)],
        true,
    )];
    let refused = Decoder::new(Arc::new(Schema::new(fields))).err().unwrap().to_string();
    assert!(refused.contains("`s.at`") && refused.contains("Duration"), "{refused}");
}

/// A payload of random shape, with keys that repeat between messages.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        "[ -~é\\PC]{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec(("[a-f]", inner), 0..5)
                .prop_map(|fields| fields.into_iter().collect::<Value>()),
        ]
    })
}

/// The value at `row`, as `serde_json` would hold it, given what the column's type made of `original`.
fn agrees(array: &ArrayRef, row: usize, original: Option<&Value>) -> bool {
    let original = original.unwrap_or(&Value::Null);
    if original.is_null() {
        return array.is_null(row);
    }
    if array.is_null(row) {
        return false;
    }
    match array.data_type() {
        DataType::Boolean => original.as_bool() == Some(array.as_boolean().value(row)),
        DataType::Int64 => original.as_i64() == Some(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => original.as_f64() == Some(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8View => match original {
            Value::String(text) => text == array.as_string_view().value(row),
            other => {
                let reparsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
                reparsed(array.as_string_view().value(row)) == reparsed(&other.to_string())
            }
        },
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            original.as_array().is_some_and(|list| {
                list.len() == items.len()
                    && list.iter().enumerate().all(|(n, item)| agrees(&items, n, Some(item)))
            })
        }
        DataType::Struct(fields) => fields
            .iter()
            .zip(array.as_struct().columns())
            .all(|(field, child)| agrees(child, row, original.get(field.name()))),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_value_of_an_inferred_schema_is_what_serde_json_reads(documents in prop::collection::vec(json(), 1..12), pretty: bool) {
        let payloads: Vec<_> = documents.iter().map(|document| {
            if pretty { serde_json::to_string_pretty(document) } else { serde_json::to_string(document) }.unwrap()
        }).collect();
        let inferred = infer(payloads.iter().map(String::as_bytes));
        prop_assert_eq!(inferred.bad, 0);
        let mut decoder = Decoder::new(Arc::new(inferred.schema)).unwrap();
        for payload in &payloads {
            prop_assert_eq!(decoder.decode(payload.as_bytes()), Ok(()));
        }
        let batch = decoder.finish().unwrap();
        prop_assert_eq!(batch.num_rows(), documents.len());
        for (row, document) in documents.iter().enumerate() {
            for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                let original = if document.is_object() { document.get(field.name()) } else { (field.name() == "value").then_some(document) };
                prop_assert!(agrees(column, row, original), "{} of {document}: {column:?}", field.name());
            }
        }
    }

    #[test]
    fn garbled_payloads_never_panic_and_are_judged_as_serde_json_does(document in json(), at: prop::sample::Index, with: u8, cut: bool) {
        let mut payload = serde_json::to_vec(&document).unwrap();
        let at = at.index(payload.len());
        if cut { payload.truncate(at); } else { payload[at] = with; }
        let mut decoder = decoder(&[("a", DataType::Int64), ("b", DataType::Utf8View)]);
        let ours = decoder.decode(&payload);
        prop_assert_eq!(decoder.rows(), usize::from(ours.is_ok()));
        prop_assert_eq!(decoder.finish().unwrap().num_rows(), usize::from(ours.is_ok()));
        // serde_json refuses numbers beyond f64; text and unwanted columns take them.
        match serde_json::from_slice::<Value>(&payload) {
            Ok(_) => {}
            Err(error) if error.to_string().contains("out of range") => {}
            Err(error) => prop_assert!(ours.is_err(), "{error}: {}", String::from_utf8_lossy(&payload)),
        }
        let any_type = super::Decoder::new(Arc::new(Schema::empty())).unwrap().decode(&payload);
        if serde_json::from_slice::<Value>(&payload).is_ok() { prop_assert_eq!(any_type, Ok(())); }
    }

    #[test]
    fn arbitrary_bytes_never_panic(payload: Vec<u8>) {
        let mut decoder = decoder(&[("a", DataType::Int64), ("value", DataType::Float64)]);
        let decoded = decoder.decode(&payload).is_ok();
        prop_assert_eq!(decoder.finish().unwrap().num_rows(), usize::from(decoded));
        infer([payload.as_slice()]);
    }
}

#[test]
fn decimals_dates_times_and_bytes_are_read_without_loss() {
    let utc = |unit| DataType::Timestamp(unit, Some("UTC".into()));
    let fields = vec![
        Field::new("money", DataType::Decimal128(20, 4), true),
        Field::new("day", DataType::Date32, true),
        Field::new("time", DataType::Time64(TimeUnit::Nanosecond), true),
        Field::new("at", utc(TimeUnit::Microsecond), true),
        Encoding::EpochSeconds.on(Field::new("s", utc(TimeUnit::Nanosecond), true)),
        Field::new("b", DataType::Binary, true),
        Field::new("l", DataType::new_list(DataType::Date32, true), true),
    ];
    let mut decoder = Decoder::new(Arc::new(Schema::new(fields))).unwrap();
    for payload in [
        r#"{"money":1234567890123456.7891,"day":"2026-11-21","time":"01:02:03.5","at":"2026-11-21T20:57:12.5+01:00","s":1700000000.123456789,"b":"AP8=","l":["1970-01-02",null]}"#,
        r#"{"money":"-0.5","day":1,"at":7,"s":"1970-01-01T00:00:01Z","b":"AP8","money":1e3}"#,
        r#"{"money":null,"day":null,"time":null,"at":null,"s":null,"b":null}"#,
    ] {
        decoder.decode(payload.as_bytes()).unwrap();
    }
    for (payload, expected) in [
        (
            r#"{"money":0.00001}"#,
            "field `money`: expected a decimal that its column holds exactly, found 0.00001",
        ),
        (r#"{"money":1e17}"#, "field `money`: expected a decimal that its column holds exactly, found 1e17"),
        (r#"{"day":"2026-02-30"}"#, "field `day`: expected a date, found 2026-02-30"),
        (r#"{"at":true}"#, "field `at`: expected a timestamp, found true"),
        (r#"{"at":{"a":1}}"#, "field `at`: expected a timestamp, found {\"a\":1}"),
        (r#"{"b":"a-_"}"#, "field `b`: expected bytes in base64, found a-_"),
        (r#"{"l":["x"]}"#, "field `l[]`: expected a date, found x"),
    ] {
        assert_eq!(decoder.decode(payload.as_bytes()).unwrap_err().to_string(), expected);
    }
    let batch = decoder.finish().unwrap();
    let money = batch.column(0).as_primitive::<Decimal128Type>();
    assert_eq!((money.value(0), money.value(1)), (12_345_678_901_234_567_891, 10_000_000));
    assert_eq!(batch.column(1).as_primitive::<Date32Type>().values()[..2], [20_778, 1]);
    assert_eq!(batch.column(2).as_primitive::<Time64NanosecondType>().value(0), 3_723_500_000_000);
    let at = batch.column(3).as_primitive::<TimestampMicrosecondType>();
    assert_eq!(at.values()[..2], [1_795_291_032_500_000, 7]);
    let seconds = batch.column(4).as_primitive::<TimestampNanosecondType>();
    assert_eq!(seconds.values()[..2], [1_700_000_000_123_456_789, 1_000_000_000]);
    assert_eq!(batch.column(5).as_binary::<i32>().value(1), b"\x00\xff");
    assert!(batch.columns().iter().all(|column| column.is_null(2)));
}

#[test]
fn what_python_writes_for_no_number_is_refused() {
    for payload in [r#"{"a":NaN}"#, r#"{"a":Infinity}"#, r#"{"a":-Infinity}"#, r#"{"other":NaN}"#] {
        assert!(reason(DataType::Float64, payload).starts_with("not valid JSON at byte"), "{payload}");
    }
}

#[test]
fn large_messages_are_read_whole() {
    let long = "x".repeat(10 << 20);
    let batch = rows(&[("a", DataType::Utf8View)], &[&format!(r#"{{"a":"{long}"}}"#)]);
    assert_eq!(batch.column(0).as_string_view().value(0).len(), 10 << 20);
    let wide: Vec<_> = (0..2000).map(|n| format!(r#""k{n}":{n}"#)).collect();
    let fields: Vec<_> = (0..2000).map(|n| format!("k{n}")).collect();
    let columns: Vec<_> = fields.iter().map(|name| (name.as_str(), DataType::Int64)).collect();
    let batch = rows(&columns, &[&format!("{{{}}}", wide.join(","))]);
    assert_eq!(batch.column(1999).as_primitive::<Int64Type>().value(0), 1999);
    let deep = format!("{}1{}", r#"{"a":"#.repeat(100), "}".repeat(100));
    assert_eq!(
        texts(rows(&[("a", DataType::Utf8View)], &[&deep]).column(0))[0].as_ref().unwrap().len(),
        deep.len() - 6
    );
}
