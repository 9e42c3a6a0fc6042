//! Messages that ciborium writes, and the examples of the RFC.

use arrow::datatypes::{DataType, TimeUnit};
use ciborium::Value;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::super::tokens::tests::{
    Sent, any_value, check_drift, check_fields, check_noise, check_text, rows, value_of,
};
use super::*;

fn written(sent: &Sent) -> Value {
    match sent {
        Sent::Null => Value::Null,
        Sent::Bool(value) => Value::Bool(*value),
        Sent::Int(value) => Value::from(*value),
        Sent::Unsigned(value) => Value::from(*value),
        Sent::Single(value) => Value::Float(f64::from(*value)),
        Sent::Double(value) => Value::Float(*value),
        Sent::Text(value) => Value::Text(value.clone()),
        Sent::Bytes(bytes) => Value::Bytes(bytes.clone()),
        Sent::List(items) => Value::Array(items.iter().map(written).collect()),
        Sent::Map(entries) => {
            Value::Map(entries.iter().map(|(key, value)| (written(key), written(value))).collect())
        }
    }
}

/// ciborium writes every float as short as it can be, so there is but one kind of them.
fn one_float(sent: Sent) -> Sent {
    match sent {
        Sent::Single(value) => one_float(Sent::Double(f64::from(value))),
        Sent::Double(value) if f64::from(value as f32).to_bits() == value.to_bits() => {
            Sent::Single(value as f32)
        }
        Sent::List(items) => Sent::List(items.into_iter().map(one_float).collect()),
        Sent::Map(entries) => {
            Sent::Map(entries.into_iter().map(|(key, value)| (key, one_float(value))).collect())
        }
        other => other,
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_is_read(fields in vec(("[a-e]{1,2}", any_value().prop_map(one_float)), 0..6)) {
        let map = fields.iter().map(|(name, value)| (Value::from(name.as_str()), written(value))).collect();
        check_fields(&Cbor, &fields, &bytes(&Value::Map(map)));
    }

    #[test]
    fn a_value_is_text(
        value in any_value().prop_map(one_float).prop_filter("an object", |value| !matches!(value, Sent::Map(_))),
    ) {
        check_text(&Cbor, &value, &bytes(&written(&value)));
    }

    #[test]
    fn noise_harms_nothing(value in any_value(), noise: Vec<u8>, places: Vec<(u8, u8)>) {
        let good = bytes(&Value::Map(vec![(Value::from("a"), written(&value))]));
        check_noise(&Cbor, &good, &noise);
        let mut bad = good.clone();
        for (at, byte) in places {
            let length = bad.len();
            bad[usize::from(at) % length] = byte;
        }
        check_noise(&Cbor, &good, &bad);
        check_noise(&Cbor, &good, &good[..good.len() / 2]);
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn the_examples_of_the_rfc_are_read() {
    for (payload, expected) in [
        ("1bffffffffffffffff", "18446744073709551615"),
        ("c249010000000000000000", "18446744073709551616"),
        ("3bffffffffffffffff", "-18446744073709551616"),
        ("c349010000000000000000", "-18446744073709551617"),
        ("f90000", "0"),
        ("f93c00", "1"),
        ("f93e00", "1.5"),
        ("f97bff", "65504"),
        ("f90001", "0.000000059604645"),
        ("f90400", "0.000061035156"),
        ("f9c400", "-4"),
        ("f97c00", "inf"),
        ("f97e00", "NaN"),
        ("f9fc00", "-inf"),
        ("fa47c35000", "100000"),
        ("fb3ff199999999999a", "1.1"),
        ("f5", "true"),
        ("f0", "16"),
        ("f8ff", "255"),
        ("c074323031332d30332d32315432303a30343a30305a", "2013-03-21T20:04:00Z"),
        ("c11a514b67b0", "2013-03-21T20:04:00Z"),
        ("c1fb41d452d9ec200000", "2013-03-21T20:04:00.500Z"),
        ("d818456449455446", "dIETF"),
        ("d82076687474703a2f2f7777772e6578616d706c652e636f6d", "http://www.example.com"),
        ("d9d9f763616263", "abc"),
        ("62225c", "\"\\"),
        ("7f657374726561646d696e67ff", "streaming"),
        ("5f42616243636465ff", "abcde"),
        ("8301820203820405", "[1,[2,3],[4,5]]"),
        ("9f018202039f0405ffff", "[1,[2,3],[4,5]]"),
        ("81bf61610161629f0203ffff", "[{\"a\":1,\"b\":[2,3]}]"),
        ("81a201020304", "[{\"1\":2,\"3\":4}]"),
        ("81f7", "[null]"),
        ("c48221196ab3", "273.15"),
        ("c5822003", "1.5"),
        ("d8641929b3", "1999-03-25"),
        ("d903ec6a323031332d30332d3231", "2013-03-21"),
        ("c482391387c249010000000000000000", "18446744073709551616e-5000"),
        ("c25048bb41a5b9bbc9cddeed7f2a7d1ac8d3", "96676706695812756766328571205099636947"),
    ] {
        assert_eq!(value_of(&Cbor, &hex(payload), DataType::Utf8View), Ok(json!(expected)), "{payload}");
    }
}

#[test]
fn values_go_where_they_fit() {
    let of = |payload: &str, of: DataType| value_of(&Cbor, &hex(payload), of);
    assert_eq!(of("c48221196ab3", DataType::Decimal128(10, 3)), Ok(json!("273.150")));
    assert_eq!(of("c249010000000000000000", DataType::Decimal128(38, 0)), Ok(json!("18446744073709551616")));
    assert!(of("c249010000000000000000", DataType::Int64).is_err());
    assert_eq!(of("d8641929b3", DataType::Date32), Ok(json!(10_675)));
    let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
    assert_eq!(of("c1fb41d452d9ec200000", micros.clone()), Ok(json!(1_363_896_240_500_000_i64)));
    assert_eq!(of("c1f97e00", DataType::Utf8View), Ok(json!("NaN")), "what is no time is what it is");
    assert_eq!(of("c120", micros), Ok(json!(-1_000_000)));
    // 2^130, beyond what any integer holds.
    let large = format!("c251{}{}", "04", "00".repeat(16));
    assert_eq!(of(&large, DataType::Utf8View), Ok(json!("1361129467683753853853498429727072845824")));
    assert_eq!(of(&large, DataType::Float64), Ok(json!(2_f64.powi(130))));
    assert!(of(&large, DataType::Decimal128(38, 0)).is_err());
    let least = format!("c351{}", "ff".repeat(17));
    assert_eq!(
        of(&least, DataType::Utf8View),
        Ok(json!(format!("-{}", "87112285931760246646623899502532662132736")))
    );
}

#[test]
fn what_is_no_message_is_bad() {
    let told = |payload: &str| value_of(&Cbor, &hex(payload), DataType::Int64).unwrap_err();
    assert_eq!(told(""), "empty payload");
    assert_eq!(told("010203"), "2 bytes follow the end of the message");
    assert!(told("ff").contains("a byte that begins nothing"));
    assert!(told("1c").contains("a byte that begins nothing"));
    assert!(told("61ff").contains("text that is not valid UTF-8"));
    assert!(told("7bffffffffffffffff").contains("bytes where 0 are left"));
    assert!(told("bf6161").contains("it ends within a value"));
    assert!(told("bf61610161").contains("bytes where 0 are left"));
    assert!(told("7f4161ff").contains("of another kind"));
    assert!(told("c40102").contains("an exponent and a mantissa"));
    assert!(told("f818").contains("one byte too many"));
    assert!(told("c201").contains("not written in bytes"));
    for deep in [
        "81".repeat(100_000),
        format!("a1{}", "81".repeat(100_000)),
        "c482".repeat(100_000),
        "c4".repeat(100_000),
    ] {
        assert!(!told(&deep).is_empty());
        assert!(value_of(&Cbor, &hex(&deep), DataType::Utf8View).is_err());
    }
    let tags = format!("{}07", "d9d9f7".repeat(100_000));
    assert_eq!(value_of(&Cbor, &hex(&tags), DataType::Int64), Ok(json!(7)));
}

#[test]
fn objects_without_a_length_are_rows() {
    let columns = [("a", DataType::Int64), ("b", DataType::new_list(DataType::Int64, true))];
    let found = rows(&Cbor, &columns, &[&hex("bf61610161629f0203ffff"), &hex("a0"), &hex("bf7f6161ff01ff")]);
    assert_eq!(found, [json!([1, [2, 3]]), json!([null, null]), json!([1, null])]);
}

#[test]
fn fields_that_are_not_known_are_told() {
    let text = |text: &str| Value::Text(text.to_owned());
    let item = |n: i64, x: Value| Value::Map(vec![(text("x"), x), (text("n"), n.into())]);
    let items = Value::Array(vec![item(1, text("a")), item(2, Value::Array(vec![1.into()]))]);
    let message =
        Value::Map(vec![(text("items"), items), (text("tier"), text("gold")), (7.into(), true.into())]);
    check_drift(&Cbor, &bytes(&message));
}
