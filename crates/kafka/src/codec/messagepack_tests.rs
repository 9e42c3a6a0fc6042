//! Messages that rmpv writes, and bytes by hand.

use arrow::datatypes::{DataType, TimeUnit};
use proptest::collection::vec;
use proptest::prelude::*;
use rmpv::Value;
use serde_json::json;

use super::super::tokens::tests::{
    Sent, any_value, check_drift, check_fields, check_noise, check_text, rows, value_of,
};
use super::*;

fn written(sent: &Sent) -> Value {
    match sent {
        Sent::Null => Value::Nil,
        Sent::Bool(value) => Value::Boolean(*value),
        Sent::Int(value) => Value::from(*value),
        Sent::Unsigned(value) => Value::from(*value),
        Sent::Single(value) => Value::F32(*value),
        Sent::Double(value) => Value::F64(*value),
        Sent::Text(value) => Value::from(value.as_str()),
        Sent::Bytes(bytes) => Value::Binary(bytes.clone()),
        Sent::List(items) => Value::Array(items.iter().map(written).collect()),
        Sent::Map(entries) => {
            Value::Map(entries.iter().map(|(key, value)| (written(key), written(value))).collect())
        }
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, value).unwrap();
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_is_read(fields in vec(("[a-e]{1,2}", any_value()), 0..6)) {
        let map = fields.iter().map(|(name, value)| (Value::from(name.as_str()), written(value))).collect();
        check_fields(&MessagePack, &fields, &bytes(&Value::Map(map)));
    }

    #[test]
    fn a_value_is_text(value in any_value().prop_filter("an object", |value| !matches!(value, Sent::Map(_)))) {
        check_text(&MessagePack, &value, &bytes(&written(&value)));
    }

    #[test]
    fn noise_harms_nothing(value in any_value(), noise: Vec<u8>, places: Vec<(u8, u8)>) {
        let good = bytes(&Value::Map(vec![(Value::from("a"), written(&value))]));
        check_noise(&MessagePack, &good, &noise);
        let mut bad = good.clone();
        for (at, byte) in places {
            let length = bad.len();
            bad[usize::from(at) % length] = byte;
        }
        check_noise(&MessagePack, &good, &bad);
        check_noise(&MessagePack, &good, &good[..good.len() / 2]);
    }
}

#[test]
fn every_width_is_read() {
    let of = |bytes: &[u8]| value_of(&MessagePack, bytes, DataType::Utf8View).unwrap();
    for (bytes, expected) in [
        (&[0x7f][..], "127"),
        (&[0xe0], "-32"),
        (&[0xcc, 0xff], "255"),
        (&[0xcd, 1, 0], "256"),
        (&[0xce, 0, 1, 0, 0], "65536"),
        (&[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "18446744073709551615"),
        (&[0xd0, 0x80], "-128"),
        (&[0xd1, 0x80, 0], "-32768"),
        (&[0xd2, 0x80, 0, 0, 0], "-2147483648"),
        (&[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], "-9223372036854775808"),
        (&[0xca, 0x3d, 0xcc, 0xcc, 0xcd], "0.1"),
        (&[0xca, 0x7f, 0xc0, 0, 0], "NaN"),
        (&[0xd9, 1, b'x'], "x"),
        (&[0xda, 0, 1, b'x'], "x"),
        (&[0xdb, 0, 0, 0, 1, b'x'], "x"),
        (&[0xc4, 1, b'x'], "x"),
        (&[0xc5, 0, 1, b'x'], "x"),
        (&[0xc6, 0, 0, 0, 1, b'x'], "x"),
        (&[0xd4, 5, b'x'], "x"),
        (&[0xc7, 1, 5, b'x'], "x"),
        (&[0xdc, 0, 1, 7], "[7]"),
        (&[0xdd, 0, 0, 0, 1, 0xdf, 0, 0, 0, 1, 0xa1, b'k', 0xc0], "[{\"k\":null}]"),
    ] {
        assert_eq!(of(bytes), json!(expected), "{bytes:?}");
    }
}

#[test]
fn timestamps_are_points_in_time() {
    let nanos = DataType::Timestamp(TimeUnit::Nanosecond, None);
    for (bytes, expected) in [
        (&[0xd6, 0xff, 0, 0, 0, 2][..], 2_000_000_000_i64),
        (&[0xd7, 0xff, 0, 0, 0, 4, 0, 0, 0, 2], 2_000_000_001),
        (&[0xc7, 12, 0xff, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], -999_999_999),
    ] {
        assert_eq!(value_of(&MessagePack, bytes, nanos.clone()), Ok(json!(expected)), "{bytes:?}");
    }
    let found = MessagePack.infer(&[&[0xd6, 0xff, 0, 0, 0, 2]], &Cancel::default()).unwrap();
    let of = found.schema.field(0).data_type().clone();
    assert_eq!(of, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
    for bad in [&[0xd4, 0xff, 0][..], &[0xd7, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]] {
        assert!(value_of(&MessagePack, bad, nanos.clone()).is_err());
    }
}

#[test]
fn what_is_no_message_is_bad() {
    let told = |bytes: &[u8]| value_of(&MessagePack, bytes, DataType::Int64).unwrap_err();
    assert_eq!(told(&[]), "empty payload");
    assert_eq!(told(&[1, 2, 3]), "2 bytes follow the end of the message");
    assert_eq!(told(&[0xc1]), "not valid MessagePack at byte 0: a byte that is never used");
    assert!(told(&[0xa1, 0xff]).contains("text that is not valid UTF-8"));
    assert!(told(&[0xdb, 0xff, 0xff, 0xff, 0xff]).contains("a value of 4294967295 bytes where 0 are left"));
    assert!(told(&[0xdd, 0xff, 0xff, 0xff, 0xff, 0]).contains("expected a 64-bit integer, found a list"));
    assert!(told(&[0x81, 0xa1, b'a']).contains("it ends within a value"));
    let deep = [vec![0x91; 1000], vec![0xc0]].concat();
    assert!(value_of(&MessagePack, &deep, DataType::Utf8View).unwrap_err().contains("nested deeper"));
    let deep = [vec![0x81], vec![0x91; 100_000], vec![0xc0, 0xc0]].concat();
    assert!(told(&deep).contains("nested deeper"));
}

#[test]
fn keys_within_keys_are_bounded() {
    let nested = |levels: usize| [vec![0x81; levels], vec![0xa1, b'a'], vec![0xc0; levels]].concat();
    let bad = value_of(&MessagePack, &nested(45), DataType::Int64).unwrap_err();
    assert!(bad.contains("its text is too long"), "{bad}");
    assert_eq!(MessagePack.infer(&[&nested(45)], &Cancel::default()).unwrap().bad, 1);
    let text = value_of(&MessagePack, &[vec![0x91], nested(3)].concat(), DataType::Utf8View).unwrap();
    assert_eq!(text, json!(r#"[{"{\"{\\\"a\\\":null}\":null}":null}]"#));
}

#[test]
fn of_a_key_that_comes_twice_the_last_holds() {
    let map = |entries: Vec<(Value, Value)>| bytes(&Value::Map(entries));
    let twice = map(vec![
        ("a".into(), Value::Array(vec![1.into()])),
        ("a".into(), Value::Array(vec![2.into(), 3.into()])),
        (7.into(), "seven".into()),
        (Value::Boolean(true), "yes".into()),
        (Value::Nil, "none".into()),
    ]);
    let columns = [
        ("a", DataType::new_list(DataType::Int64, true)),
        ("7", DataType::Utf8View),
        ("true", DataType::Utf8View),
        ("null", DataType::Utf8View),
    ];
    assert_eq!(
        rows(&MessagePack, &columns, &[&twice, &map(vec![])]),
        [json!([[2, 3], "seven", "yes", "none"]), json!([null, null, null, null])]
    );
}

#[test]
fn fields_that_are_not_known_are_told() {
    let item = |n: i64, x: Value| Value::Map(vec![("x".into(), x), ("n".into(), n.into())]);
    let items = Value::Array(vec![item(1, "a".into()), item(2, Value::Array(vec![1.into()]))]);
    let message =
        Value::Map(vec![("items".into(), items), ("tier".into(), "gold".into()), (7.into(), true.into())]);
    check_drift(&MessagePack, &bytes(&message));
}
