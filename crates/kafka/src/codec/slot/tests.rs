use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::{Date32Type, Decimal128Type, Int32Type, TimestampMicrosecondType};

use super::*;

fn slot(data_type: DataType) -> Slot {
    Slot::new("a", &Field::new("a", data_type, true)).unwrap()
}

fn told(outcome: Parsed<()>) -> String {
    outcome.unwrap_err().to_string()
}

#[test]
fn integers_go_where_they_fit() {
    let mut small = slot(DataType::Int8);
    small.push_int(-128).unwrap();
    small.push_float(7.0).unwrap();
    small.push_decimal(900, 2).unwrap();
    assert_eq!(told(small.push_int(128)), "expected an 8-bit integer, found 128");
    assert_eq!(told(small.push_float(1.5)), "expected an 8-bit integer, found 1.5");
    assert_eq!(told(small.push_decimal(905, 2)), "expected an 8-bit integer, found 9.05");
    assert_eq!(told(small.push_text(b"7")), "expected an 8-bit integer, found 7");
    assert_eq!(small.rows(), 3);
    let mut large = slot(DataType::UInt64);
    large.push_wide(i128::from(u64::MAX)).unwrap();
    assert!(large.push_wide(i128::from(u64::MAX) + 1).is_err());
}

#[test]
fn floats_keep_what_is_no_number() {
    let mut single = slot(DataType::Float32);
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.1] {
        single.push_float(value).unwrap();
    }
    assert!(single.push_float(1e300).is_err());
    let mut integer = slot(DataType::Int64);
    assert!(integer.push_float(f64::NAN).is_err());
}

#[test]
fn decimals_are_exact_or_refused() {
    let mut money = slot(DataType::Decimal128(6, 2));
    for value in ["12.5", "-0.01", "1e2", "3", "9999.99", "1.500"] {
        money.push_text(value.as_bytes()).unwrap();
    }
    for value in ["0.001", "10000", "1e999999999", "x", "", ".", "--1"] {
        assert!(money.push_text(value.as_bytes()).is_err(), "{value}");
    }
    money.push_float(0.1).unwrap();
    money.push_decimal(-5, 1).unwrap();
    let array = money.finish().unwrap();
    let values = array.as_primitive::<Decimal128Type>().values().to_vec();
    assert_eq!(values, [1250, -1, 10_000, 300, 999_999, 150, 10, -50]);
}

#[test]
fn times_have_one_meaning() {
    let mut at = slot(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
    at.push_text(b"1970-01-01T01:00:00.000001+01:00").unwrap();
    at.push_int(5).unwrap();
    at.push_instant(7, TimeUnit::Millisecond).unwrap();
    at.push_instant(-1, TimeUnit::Nanosecond).unwrap();
    at.push_days(1).unwrap();
    assert_eq!(told(at.push_text(b"soon")), "expected a timestamp, found soon");
    assert!(at.push_instant(i64::MAX, TimeUnit::Second).is_err());
    let array = at.finish().unwrap();
    assert_eq!(
        array.as_primitive::<TimestampMicrosecondType>().values()[..],
        [1, 5, 7000, -1, 86_400_000_000]
    );

    let field =
        Encoding::EpochSeconds.on(Field::new("a", DataType::Timestamp(TimeUnit::Microsecond, None), true));
    let mut at = Slot::new("a", &field).unwrap();
    at.push_int(3).unwrap();
    at.push_float(1.5).unwrap();
    let array = at.finish().unwrap();
    assert_eq!(array.as_primitive::<TimestampMicrosecondType>().values()[..], [3_000_000, 1_500_000]);

    let mut day = slot(DataType::Date32);
    day.push_text(b"1970-01-03").unwrap();
    day.push_days(-1).unwrap();
    assert_eq!(day.finish().unwrap().as_primitive::<Date32Type>().values()[..], [2, -1]);
    let mut time = slot(DataType::Time64(TimeUnit::Nanosecond));
    time.push_text(b"00:00:01").unwrap();
    time.push_time(1, TimeUnit::Millisecond).unwrap();
    assert!(time.push_time(86_400, TimeUnit::Second).is_err());
}

#[test]
fn text_takes_anything_that_is_one_value() {
    let mut text = slot(DataType::Utf8View);
    text.push_int(7).unwrap();
    text.push_bool(true).unwrap();
    text.push_decimal(-1, 3).unwrap();
    text.push_days(0).unwrap();
    text.push_instant(1500, TimeUnit::Millisecond).unwrap();
    text.push_bytes("ä".as_bytes()).unwrap();
    assert!(text.push_bytes(b"\xff").is_err());
    let array = text.finish().unwrap();
    let values: Vec<_> = array.as_string_view().iter().flatten().collect();
    assert_eq!(values, ["7", "true", "-0.001", "1970-01-01", "1970-01-01T00:00:01.500Z", "ä"]);
}

#[test]
fn a_bad_row_leaves_nothing_behind() {
    let fields = vec![
        Field::new("a", DataType::Int32, true),
        Field::new("tags", DataType::new_list(DataType::Utf8View, true), true),
    ];
    let mut rows = StructSlot::new("", &fields.into()).unwrap();
    let row = |rows: &mut StructSlot, a: i64, tags: &[&str]| {
        rows.child(0).push_int(a).unwrap();
        let list = rows.child(1).as_list().unwrap();
        for tag in tags {
            list.items().push_text(tag.as_bytes()).unwrap();
        }
        list.end_row().unwrap();
        rows.end_row();
    };
    row(&mut rows, 1, &["x", "y"]);
    rows.child(0).push_int(2).unwrap();
    rows.child(1).as_list().unwrap().items().push_text(b"lost").unwrap();
    rows.truncate(1);
    // Of a value that comes twice the last one holds.
    rows.child(0).push_int(3).unwrap();
    rows.child(0).push_int(4).unwrap();
    rows.end_row();
    row(&mut rows, 5, &[]);
    let columns = rows.finish_children().unwrap();
    assert_eq!(columns[0].as_primitive::<Int32Type>().values()[..], [1, 4, 5]);
    let tags = columns[1].as_list::<i32>();
    assert_eq!((tags.value(0).len(), tags.is_null(1), tags.value(2).len()), (2, true, 0));
    assert_eq!(rows.rows(), 0);
}
