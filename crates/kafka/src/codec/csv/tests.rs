//! Given records and columns, then rows or reasons.

use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::{DataType, Date32Type, Field, Float64Type, Int64Type, Schema, TimeUnit};
use proptest::prelude::*;

use super::super::{Drift, Encoding};
use super::*;

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8View, true)
}

fn schema(fields: Vec<Field>) -> SchemaRef {
    Arc::new(Schema::new(fields))
}

/// A decoder into three columns of text.
fn three(settings: &Csv) -> Box<dyn Decode> {
    let shape = Shape::new(schema(["a", "b", "c"].map(text).to_vec()));
    settings.decoder(&shape, &Cancel::default()).unwrap()
}

/// What becomes of one record.
fn read(settings: &Csv, record: &str) -> std::result::Result<Vec<Option<String>>, String> {
    let mut decoder = three(settings);
    match decoder.decode(record.as_bytes()) {
        Ok(()) => {
            let batch = decoder.finish().unwrap();
            let values = batch.columns().iter().map(|it| it.as_string_view().iter().next().flatten());
            Ok(values.map(|value| value.map(str::to_owned)).collect())
        }
        Err(super::super::Fault::Bad(reason)) => {
            assert_eq!(decoder.finish().unwrap().num_rows(), 0);
            Err(reason.to_string())
        }
        Err(super::super::Fault::Failed(error)) => panic!("{error}"),
    }
}

fn values(values: [Option<&str>; 3]) -> Vec<Option<String>> {
    values.map(|value| value.map(str::to_owned)).to_vec()
}

#[test]
fn records_are_read_as_rfc_4180_says() {
    for (record, expected) in [
        ("x,y,z", [Some("x"), Some("y"), Some("z")]),
        ("x,,\"\"", [Some("x"), None, Some("")]),
        ("\"a,b\",\"c \"\"d\"\"\",\"e\r\nf\"\r\n", [Some("a,b"), Some("c \"d\""), Some("e\r\nf")]),
        (",,\n", [None, None, None]),
        (" x , ä ,z ", [Some(" x "), Some(" ä "), Some("z ")]),
        ("\"\"\"\",\"x\"\"\",\"\"\"y\"", [Some("\""), Some("x\""), Some("\"y")]),
    ] {
        assert_eq!(read(&Csv::default(), record), Ok(values(expected)), "{record}");
    }
    for (record, expected) in [
        ("", "empty payload"),
        ("x,y", "expected 3 values, found 2"),
        ("x,y,z,", "expected 3 values, found 4"),
        ("x,y,z\nx,y,z", "more than one record in one message"),
        ("x,y,z\n\n", "more than one record in one message"),
        ("x,a\"b,z", "not valid CSV at byte 3: a quote inside a value that is not quoted"),
        ("x,\"a\"b,z", "not valid CSV at byte 5: text after the closing quote"),
        ("x,y,\"z", "not valid CSV at byte 6: the quoted value does not end"),
    ] {
        assert_eq!(read(&Csv::default(), record), Err(expected.to_owned()), "{record}");
    }
    let mut decoder = three(&Csv::default());
    assert!(decoder.decode(b"x,y,\xff").is_err());
}

#[test]
fn settings_say_how_it_is_written() {
    let semicolons = Csv { delimiter: b';', quote: Some(b'\''), null: "NULL".into(), ..Csv::default() };
    assert_eq!(read(&semicolons, "'a;''b';NULL;"), Ok(values([Some("a;'b"), None, Some("")])));
    assert_eq!(read(&semicolons, "'NULL';x,y;\"z"), Ok(values([Some("NULL"), Some("x,y"), Some("\"z")])));
    let plain = Csv { delimiter: b'\t', quote: None, ..Csv::default() };
    assert_eq!(read(&plain, "\"a\t'b'\t"), Ok(values([Some("\"a"), Some("'b'"), None])));
    let backslash = Csv { escape: Escape::Backslash, null: "\\N".into(), ..Csv::default() };
    assert_eq!(read(&backslash, r#"a\,b,"c\"d\\",\N"#), Ok(values([Some("a,b"), Some("c\"d\\"), None])));
    assert_eq!(
        read(&backslash, r#"a,"b""c",d"#).unwrap_err(),
        "not valid CSV at byte 5: text after the closing quote"
    );
    assert!(read(&backslash, "a,b,c\\").unwrap_err().contains("nothing after the backslash"));
    let trim = Csv { trim: true, ..Csv::default() };
    assert_eq!(read(&trim, " x ,\t\" y \" ,  "), Ok(values([Some("x"), Some(" y "), None])));
    let trim = Csv { trim: true, escape: Escape::Backslash, ..Csv::default() };
    assert_eq!(read(&trim, r"a\\ ,b\ ,c\\\ "), Ok(values([Some("a\\"), Some("b "), Some("c\\ ")])));
    let fewer = Csv { fewer: true, ..Csv::default() };
    assert_eq!(read(&fewer, "x"), Ok(values([Some("x"), None, None])));
    for wrong in [
        Csv { delimiter: b'"', ..Csv::default() },
        Csv { delimiter: b'\n', ..Csv::default() },
        Csv { delimiter: 0xe4, ..Csv::default() },
        Csv { delimiter: b'\\', escape: Escape::Backslash, ..Csv::default() },
        Csv { delimiter: b' ', trim: true, ..Csv::default() },
        Csv { names: vec!["a".into(), "a".into()], ..Csv::default() },
    ] {
        assert!(wrong.check().is_err(), "{wrong:?}");
    }
}

#[test]
fn values_go_by_position_into_their_types() {
    let at = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let fields = vec![
        Field::new("price", DataType::Float64, true),
        Encoding::EpochMillis.on(Field::new("at", at, true)),
        Field::new("day", DataType::Date32, true),
        Field::new("id", DataType::Int64, true),
    ];
    let names = ["id", "price", "left_out", "at", "day"].map(str::to_owned).to_vec();
    let settings = Csv { names, ..Csv::default() };
    let known = schema([fields.clone(), vec![text("left_out")]].concat());
    let shape = Shape { schema: schema(fields), known, unknown: Unknown::Fail };
    let mut decoder = settings.decoder(&shape, &Cancel::default()).unwrap();
    decoder.decode(b"7,.5,x,1767225600000,2026-01-01").unwrap();
    decoder.decode(b"\"8\",,,,").unwrap();
    let Err(super::super::Fault::Bad(why)) = decoder.decode(b"1.5,,,,") else { panic!("1.5 is no integer") };
    assert_eq!(why.to_string(), "field `id`: expected a 64-bit integer, found 1.5");
    let batch = decoder.finish().unwrap();
    assert_eq!(batch.column(3).as_primitive::<Int64Type>().values(), &[7, 8]);
    assert_eq!(batch.column(0).as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), [Some(0.5), None]);
    assert_eq!(batch.column(2).as_primitive::<Date32Type>().value(0), 20_454);
    assert!(batch.column(1).is_null(1));

    let list = Field::new("l", DataType::new_list(DataType::Int64, true), true);
    assert!(Csv::default().decoder(&Shape::new(schema(vec![list])), &Cancel::default()).is_err());
    // Numbered columns stand where their numbers say; the others are passed over.
    let third = Shape::new(schema(vec![text("column_3"), text("column_1")]));
    let mut decoder = Csv::default().decoder(&third, &Cancel::default()).unwrap();
    decoder.decode(b"x,y,z").unwrap();
    let batch = decoder.finish().unwrap();
    assert_eq!(batch.column(0).as_string_view().value(0), "z");
    assert!(decoder.drift().is_empty());
}

#[test]
fn values_beyond_the_columns_are_drift() {
    let columns = |unknown| {
        let known = schema(vec![text("a"), text("b")]);
        Shape { schema: schema(vec![text("b"), text(EXTRA)]), known, unknown }
    };
    let settings = Csv { more: true, ..Csv::default() };
    let mut decoder = settings.decoder(&columns(Unknown::Keep), &Cancel::default()).unwrap();
    decoder.decode(b"1,2").unwrap();
    decoder.decode(b"1,2,\"x\"\"y\",").unwrap();
    decoder.decode(b"1,2,3").unwrap();
    decoder.undo();
    decoder.decode_null();
    let drift = decoder.drift();
    let told: Vec<_> =
        drift.unknown.iter().map(|(path, it)| (path.as_str(), it.messages, it.example.as_str())).collect();
    assert_eq!(told, [("column_3", 1, r#""x\"y""#), ("column_4", 1, "null")]);
    let batch = decoder.finish().unwrap();
    let extra: Vec<_> = batch.column(1).as_string_view().iter().collect();
    assert_eq!(extra, [None, Some(r#"{"column_3":"x\"y","column_4":null}"#), None]);
    let wide = vec!["1"; 1000].join(",");
    decoder.decode(wide.as_bytes()).unwrap();
    assert_eq!((decoder.drift().unknown.len(), decoder.finish().unwrap().num_rows()), (Drift::MOST, 1));

    let mut decoder = settings.decoder(&columns(Unknown::Fail), &Cancel::default()).unwrap();
    let Err(super::super::Fault::Bad(why)) = decoder.decode(b"1,2,3") else { panic!("refused") };
    assert_eq!(why.to_string(), "field `column_3`: it is not among the fields that are known");
    // A name that was given to a position and is not among the fields.
    let named = Csv { names: ["a", "new", "b"].map(str::to_owned).to_vec(), ..Csv::default() };
    let mut decoder = named.decoder(&columns(Unknown::Ignore), &Cancel::default()).unwrap();
    decoder.decode(b"1,2,3").unwrap();
    assert_eq!(decoder.drift().unknown["new"].messages, 1);
}

#[test]
fn a_sample_tells_types_by_value() {
    use DataType::{Boolean, Date32, Float64, Int64, Utf8View};
    let records: [&[u8]; 5] = [
        b"1,12.50,true,2026-01-01,2026-01-01T00:00:00Z,007,x",
        b"2,3,FALSE,2026-01-02,2026-01-01T00:00:00Z,\"\",y",
        b"3,,,,,,",
        b"1,2",
        b"\"",
    ];
    let found = Csv::default().infer(&records, &Cancel::default()).unwrap();
    assert_eq!((found.messages, found.bad), (3, 2));
    assert_eq!(found.first_bad.unwrap().to_string(), "expected 7 values, found 2");
    let types: Vec<_> = found.schema.fields().iter().map(|field| field.data_type().clone()).collect();
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(types, [Int64, Float64, Boolean, Date32, utc, Utf8View, Utf8View]);
    assert_eq!(found.facts[1].key, "column_2");
    assert_eq!((found.facts[1].seen, found.facts[1].nulls), (3, 1));
    let mut decoder =
        Csv::default().decoder(&Shape::new(Arc::new(found.schema)), &Cancel::default()).unwrap();
    for record in &records[..3] {
        decoder.decode(record).unwrap();
    }
    let names = ["id", "created_at"].map(str::to_owned).to_vec();
    let found =
        Csv { names, ..Csv::default() }.infer(&[b"1,1767225600".as_slice()], &Cancel::default()).unwrap();
    assert_eq!(found.facts[1].note, "epoch seconds");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_another_writer_writes_is_read(rows in prop::collection::vec(prop::collection::vec("[a\",;\\\\\r\n é0-9]{0,6}", 3), 1..10), backslash: bool, always: bool) {
        let escape = if backslash { Escape::Backslash } else { Escape::Doubled };
        // The writer leaves the empty text unquoted, which is null here.
        let mut decoder = three(&Csv { escape, null: "\0".to_owned(), ..Csv::default() });
        for row in &rows {
            let mut writer = ::csv::WriterBuilder::new()
                .has_headers(false)
                .double_quote(!backslash)
                .quote_style(if always || backslash { ::csv::QuoteStyle::Always } else { ::csv::QuoteStyle::Necessary })
                .from_writer(Vec::new());
            // It does not escape backslashes themselves.
            let row: Vec<_> = row.iter().map(|value| if backslash { value.replace('\\', "") } else { value.clone() }).collect();
            writer.write_record(&row).unwrap();
            let written = writer.into_inner().unwrap();
            prop_assert!(decoder.decode(&written).is_ok(), "{}", String::from_utf8_lossy(&written));
            let batch = decoder.finish().unwrap();
            let read: Vec<_> = batch.columns().iter().map(|column| column.as_string_view().value(0).to_owned()).collect();
            prop_assert_eq!(read, row);
        }
    }

    #[test]
    fn garbled_records_never_panic_and_are_rows_or_bad(records in prop::collection::vec(prop::collection::vec(prop::sample::select(b"a,\"\\\r\n \xff1;'".to_vec()), 0..30), 0..20), trim: bool, backslash: bool, fewer: bool, more: bool) {
        let escape = if backslash { Escape::Backslash } else { Escape::Doubled };
        let settings = Csv { escape, trim, fewer, more, ..Csv::default() };
        let mut decoder = three(&settings);
        let bad = records.iter().filter(|record| decoder.decode(record).is_err()).count();
        prop_assert_eq!(decoder.finish().unwrap().num_rows() + bad, records.len());
        // Whether a record is bad does not depend on the columns wanted.
        let known = schema(["a", "b", "c"].map(text).to_vec());
        let none = Shape { schema: schema(Vec::new()), known, unknown: Unknown::Ignore };
        let mut nothing = settings.decoder(&none, &Cancel::default()).unwrap();
        prop_assert_eq!(records.iter().filter(|record| nothing.decode(record).is_err()).count(), bad);
        let borrowed: Vec<_> = records.iter().map(Vec::as_slice).collect();
        let found = settings.infer(&borrowed, &Cancel::default()).unwrap();
        prop_assert_eq!(found.messages + found.bad, records.len());
    }
}
