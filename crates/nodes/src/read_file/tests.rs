use flowloom_flow::{Cancel, CodeWriter, Kind as _, NodeId, Program, Target, Variables};
use polars::prelude::*;
use serde_json::{Value, from_value, json};

use super::ReadFile;
use crate::file::testing::{Desk, said};

fn rows(desk: &Desk, settings: Value) -> DataFrame {
    desk.read::<ReadFile>(settings).unwrap()
}

#[test]
fn csv_is_read_as_the_settings_say() {
    let desk = Desk::new();
    desk.put("a.csv", "1;'a;b';NA;2024-01-02\n2;;x;\n");
    let settings =
        json!({"path": "a.csv", "delimiter": ";", "header": false, "quote": "'", "null_text": "NA"});
    let days = Series::new("column_4".into(), [Some(19_724), None]).cast(&DataType::Date).unwrap();
    let expected = df!(
        "column_1" => [1_i64, 2],
        "column_2" => [Some("a;b"), None],
        "column_3" => [None, Some("x")],
        "column_4" => days,
    );
    let read = rows(&desk, settings);
    assert!(read.equals_missing(&expected.unwrap()), "{read}");
    let plain =
        rows(&desk, json!({"path": "a.csv", "delimiter": ";", "parse_dates": false, "header": false}));
    assert_eq!(plain.dtypes()[3], DataType::String);
}

#[test]
fn pinned_fields_decide_columns_order_and_types() {
    let desk = Desk::new();
    desk.put("a.csv", "id,amount,note\n1,2,x\n3,4.5,y\n");
    desk.put("a.jsonl", "{\"id\": 1, \"amount\": 2}\n{\"amount\": 4.5, \"id\": 3, \"more\": 1}\n");
    let all = rows(&desk, json!({"path": "a.csv"}));
    let mut file = std::fs::File::create(desk.path("a.parquet")).unwrap();
    ParquetWriter::new(&mut file).finish(&mut all.clone()).unwrap();
    let fields = json!([{"name": "amount", "type": "Float64"}, {"name": "id", "type": "Int32"}]);
    let expected = df!("amount" => [2.0, 4.5], "id" => [1_i32, 3]).unwrap();
    for path in ["a.csv", "a.jsonl", "a.parquet"] {
        let read = rows(&desk, json!({"path": path, "fields": fields}));
        assert!(read.equals(&expected), "{path}: {read}");
    }
    let names = json!([{"name": "a", "type": "String"}, {"name": "b", "type": "String"}, {"name": "c", "type": "String"}]);
    let read = rows(&desk, json!({"path": "a.csv", "header": false, "fields": names}));
    assert_eq!(read.shape(), (3, 3));
    let wrong = json!([{"name": "amont", "type": "Float64"}]);
    let result = desk.read::<ReadFile>(json!({"path": "a.csv", "fields": wrong}));
    assert_eq!(
        said(result, &desk.path("")),
        "fields: there is no column `amont`: `a.csv`; did you mean `amount`?"
    );
}

#[test]
fn late_values_of_another_type_fail_and_are_not_lost() {
    let desk = Desk::new();
    desk.put("a.csv", "n\n1\n1.5\n");
    desk.put("a.jsonl", "{\"n\": 1}\n{\"n\": 1.5}\n");
    for path in ["a.csv", "a.jsonl"] {
        assert!(desk.read::<ReadFile>(json!({"path": path, "infer_rows": 1})).is_err(), "{path}");
        let all = rows(&desk, json!({"path": path, "infer_rows": 0}));
        assert!(all.equals(&df!("n" => [1.0, 1.5]).unwrap()));
    }
    desk.put("latin.csv", b"n\n\xff\n");
    assert!(desk.read::<ReadFile>(json!({"path": "latin.csv"})).is_err());
}

#[test]
fn a_folder_and_a_pattern_are_one_table_sorted_by_name() {
    let desk = Desk::new();
    for (name, n) in [("b.csv", 2), ("a.csv", 1), ("c [x].csv", 3), (".hidden.csv", 9), ("_skip.csv", 9)] {
        desk.put(&format!("in/{name}"), format!("n\n{n}\n"));
    }
    desk.put("in/readme.md", "text");
    desk.put("in/deep/d.csv", "n\n4\n");
    let read = |path: &str| {
        let frame = rows(&desk, json!({"path": path}));
        frame.column("n").unwrap().i64().unwrap().into_no_null_iter().collect::<Vec<_>>()
    };
    assert_eq!(read("in"), [1, 2, 3]);
    assert_eq!(read("in/"), [1, 2, 3]);
    assert_eq!(read("in/*.csv"), [1, 2, 3]);
    assert_eq!(read("in/**/*.csv"), [1, 2, 3, 4]);
    assert_eq!(read("in/[ab].csv"), [1, 2]);
    assert_eq!(read("in/c [x].csv"), [3]);
}

#[test]
fn empty_json_lines_among_others_are_no_rows() {
    let desk = Desk::new();
    desk.put("in/a.jsonl", "");
    desk.put("in/b.jsonl", "{\"n\": 1}\n");
    assert_eq!(rows(&desk, json!({"path": "in"})).height(), 1);
}

#[test]
fn a_preview_is_bounded_and_a_change_changes_the_fingerprint() {
    let desk = Desk::new();
    desk.put("a.csv", "n\n1\n2\n3\n");
    let settings = json!({"path": "a.csv"});
    assert_eq!(desk.preview::<ReadFile>(settings.clone(), 2).unwrap().height(), 2);
    let before = desk.fingerprint::<ReadFile>(settings.clone());
    assert!(before.is_some());
    assert_eq!(before, desk.fingerprint::<ReadFile>(settings.clone()));
    desk.put("a.csv", "n\n1\n2\n3\n4\n");
    assert_ne!(before, desk.fingerprint::<ReadFile>(settings));
}

#[test]
fn only_the_columns_and_rows_of_the_plan_are_read() {
    let desk = Desk::new();
    let mut frame = df!("a" => [1_i64, 2], "b" => [3_i64, 4]).unwrap();
    let mut file = std::fs::File::create(desk.path("a.parquet")).unwrap();
    ParquetWriter::new(&mut file).finish(&mut frame).unwrap();
    let mut read = desk.source::<ReadFile>(json!({"path": "a.parquet"}), flowloom_flow::Scope::Run).unwrap();
    assert!(read.counts.bytes > 0);
    let plan = read.frames.remove(0).filter(col("a").gt(lit(1))).select([col("b")]);
    let text = plan.explain(true).unwrap();
    assert!(text.contains("PROJECT 1/2 COLUMNS") || text.contains("PROJECT 2/2 COLUMNS"), "{text}");
    assert!(text.contains("SELECTION"), "{text}");
}

#[test]
fn the_fields_can_be_looked_up() {
    let desk = Desk::new();
    desk.put("a.csv", "n,s\n1,x\n");
    let kind = from_value::<ReadFile>(json!({"path": "a.csv"})).unwrap();
    let inferred = kind.infer(&desk.site(), &Cancel::default()).unwrap().unwrap();
    let fields = json!([{"name": "n", "type": "Int64"}, {"name": "s", "type": "String"}]);
    assert_eq!(inferred.settings["fields"], fields);
    assert_eq!(inferred.facts[1].examples, ["x"]);
}

#[test]
fn what_is_wrong_is_said_in_plain_words() {
    let desk = Desk::new();
    desk.put("in/orders.csv", "a,b\n1,2\n");
    desk.put("in/orders2.csv", "b,a\n1,2\n");
    desk.put("mixed/a.csv", "a\n1\n");
    desk.put("mixed/b.jsonl", "{\"a\": 1}\n");
    desk.put("lines/a.jsonl", "{\"a\": 1}\n");
    desk.put("lines/b.jsonl", "{\"a\": 1, \"late\": 2}\n");
    desk.put("empty.csv", "");
    desk.put("empty.jsonl", "");
    desk.put("array.json", "[{\"a\": 1}]");
    desk.put("fake.parquet", "not at all");
    desk.put("short.parquet", "PAR1");
    std::fs::create_dir(desk.path("nothing")).unwrap();
    let fails = |settings: Value| said(desk.read::<ReadFile>(settings), &desk.path(""));
    let texts = [
        fails(json!({"path": ""})),
        fails(json!({"path": "in/order.csv"})),
        fails(json!({"path": "im/orders.csv"})),
        fails(json!({"path": "elsewhere.csv"})),
        fails(json!({"path": "in/*.parquet"})),
        fails(json!({"path": "in/***"})),
        fails(json!({"path": "nothing"})),
        fails(json!({"path": "in", "format": "parquet"})),
        fails(json!({"path": "in"})),
        fails(json!({"path": "mixed"})),
        fails(json!({"path": "lines"})),
        fails(json!({"path": "empty.csv"})),
        fails(json!({"path": "empty.jsonl"})),
        fails(json!({"path": "array.json"})),
        fails(json!({"path": "fake.parquet"})),
        fails(json!({"path": "short.parquet"})),
        fails(json!({"path": "in/orders.csv", "format": "ipc"})),
        fails(json!({"path": "in/orders.csv", "format": "jsonl"})),
        fails(json!({"path": "in/orders.csv", "quote": "''"})),
        fails(json!({"path": "in/orders.csv", "fields": [{"name": "a", "type": "Integre"}]})),
    ];
    insta::assert_snapshot!(texts.join("\n"), @r#"
    path: the path is missing; choose a file or a folder
    path: there is no such file or folder: `in/order.csv`; did you mean `orders.csv`?
    path: there is no such folder: `im`; did you mean `in`?
    path: there is no such file or folder: `elsewhere.csv`; check the path; a relative one starts at the flow file's folder
    path: no data file matches: `in/*.parquet`; check the path and the format
    path: the pattern is wrong, wildcards are either regular `*` or recursive `**`: `in/***`; `*` stands for any part of a name, `**` for any folders, `[ab]` for one of these characters
    path: the folder holds no data file: `nothing`; check the path and the format
    path: the folder holds no Parquet file: `in`; check the path and the format
    path: `orders.csv` and `orders2.csv` are not one table, the headers differ: `in`; read them in two nodes and join them with a union, or narrow the path with a pattern
    format: `a.csv` and `b.jsonl` are of different formats: `mixed`; choose one format, or narrow the path with a pattern such as `*.csv`
    path: `a.jsonl` and `b.jsonl` are not one table, `b.jsonl` alone has a column `late`: `lines`; pin the fields to read what is missing as no value, or narrow the path with a pattern
    path: the file is empty, not even a header is there: `empty.csv`; remove the file, or write it again
    fields: the file is empty, so its fields are unknown: `empty.jsonl`; set the fields
    path: the file holds one JSON array, not one object on each line: `array.json`; convert it, for example with `jq -c '.[]'`
    format: the content is not Parquet: `fake.parquet`; choose the format that it has, or check whether it is complete
    path: cannot read this as Parquet, parquet: File out of specification: A Parquet file must contain a header and footer with at least 12 bytes: `short.parquet`; the file may be damaged or incomplete: write it again
    format: the content is not Arrow IPC: `in/orders.csv`; choose the format that it has, or check whether it is complete
    format: the content is not JSON lines: `in/orders.csv`; choose the format that it has, or check whether it is complete
    quote: the quote is one character, not `''`; use a character such as `,` `;` `|`, or a tab
    fields: `Integre` is not a type; common types are `Int64`, `Float64`, `String`, `Boolean`, `Date`, `Datetime(us)`
    "#);
}

/// Constants and steps; the file need not be there.
fn code(settings: Value, target: Target) -> String {
    let id = NodeId::nearest("orders");
    let schema = Schema::from_iter([Field::new("id".into(), DataType::Int64)]);
    let outputs = [Variables { name: "orders".to_owned(), uses: 1 }];
    let mut program = Program::default();
    let schemas = [schema];
    let mut out = CodeWriter::new(target, &id, "test", Vec::new(), &[], &outputs, &schemas, &mut program);
    from_value::<ReadFile>(settings).unwrap().code(&mut out).unwrap();
    program.constants.into_iter().chain(program.steps).collect::<Vec<_>>().join("\n")
}

fn settings() -> [Value; 7] {
    let fields = json!([{"name": "id", "type": "Int64"}, {"name": "at", "type": "Datetime(us, UTC)"}]);
    [
        json!({"path": "in/orders.csv"}),
        json!({"path": "in/", "format": "parquet"}),
        json!({"path": "in/*.jsonl", "infer_rows": 0}),
        json!({"path": "in/orders.arrow"}),
        json!({"path": "a.csv", "delimiter": ";", "quote": "", "null_text": "NA", "fields": fields}),
        json!({"path": "a.jsonl", "fields": fields}),
        json!({"path": "a.parquet", "fields": fields}),
    ]
}

#[test]
fn python_scans() {
    let texts = settings().map(|settings| code(settings, Target::Python));
    insta::assert_snapshot!(texts.join("\n\n"), @r#"
    ORDERS_PATH = "in/orders.csv"
    orders = pl.scan_csv(ORDERS_PATH, infer_schema_length=1000, try_parse_dates=True)

    ORDERS_PATH = "in/*.parquet"
    orders = pl.scan_parquet(ORDERS_PATH)

    ORDERS_PATH = "in/*.jsonl"
    orders = pl.scan_ndjson(ORDERS_PATH, infer_schema_length=None)

    ORDERS_PATH = "in/orders.arrow"
    orders = pl.scan_ipc(ORDERS_PATH)

    ORDERS_PATH = "a.csv"
    ORDERS_SCHEMA = {
        "id": pl.Int64,
        "at": pl.Datetime("us", "UTC"),
    }
    orders = pl.scan_csv(
        ORDERS_PATH,
        separator=";",
        quote_char=None,
        null_values="NA",
        schema_overrides=ORDERS_SCHEMA,
    ).select(*ORDERS_SCHEMA)

    ORDERS_PATH = "a.jsonl"
    ORDERS_SCHEMA = {
        "id": pl.Int64,
        "at": pl.Datetime("us", "UTC"),
    }
    orders = pl.scan_ndjson(ORDERS_PATH, schema=ORDERS_SCHEMA)

    ORDERS_PATH = "a.parquet"
    ORDERS_SCHEMA = {
        "id": pl.Int64,
        "at": pl.Datetime("us", "UTC"),
    }
    orders = pl.scan_parquet(ORDERS_PATH).select(*ORDERS_SCHEMA).cast(ORDERS_SCHEMA)
    "#);
}

#[test]
fn rust_scans() {
    let texts = settings().map(|settings| code(settings, Target::Rust));
    insta::assert_snapshot!(texts.join("\n\n"), @r#"
    const ORDERS_PATH: &str = "in/orders.csv";
    let orders = LazyCsvReader::new(PlRefPath::new(ORDERS_PATH))
        .with_infer_schema_length(Some(1000))
        .with_try_parse_dates(true)
        .finish()?;

    const ORDERS_PATH: &str = "in/*.parquet";
    let orders = LazyFrame::scan_parquet(PlRefPath::new(ORDERS_PATH), ScanArgsParquet::default())?;

    const ORDERS_PATH: &str = "in/*.jsonl";
    let orders = LazyJsonLineReader::new(PlRefPath::new(ORDERS_PATH))
        .with_infer_schema_length(None)
        .finish()?;

    const ORDERS_PATH: &str = "in/orders.arrow";
    let orders = LazyFrame::scan_ipc(
        PlRefPath::new(ORDERS_PATH),
        IpcScanOptions::default(),
        UnifiedScanArgs::default(),
    )?;

    const ORDERS_PATH: &str = "a.csv";
    let orders_schema = Schema::from_iter([
        Field::new("id".into(), DataType::Int64),
        Field::new(
            "at".into(),
            DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
        ),
    ]);
    let orders = LazyCsvReader::new(PlRefPath::new(ORDERS_PATH))
        .with_separator(b';')
        .with_quote_char(None)
        .with_null_values(Some(NullValues::AllColumnsSingle("NA".into())))
        .with_dtype_overwrite(Some(Arc::new(orders_schema.clone())))
        .finish()?
        .select(
            orders_schema
                .iter_names()
                .cloned()
                .map(col)
                .collect::<Vec<_>>(),
        );

    const ORDERS_PATH: &str = "a.jsonl";
    let orders_schema = Schema::from_iter([
        Field::new("id".into(), DataType::Int64),
        Field::new(
            "at".into(),
            DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
        ),
    ]);
    let orders = LazyJsonLineReader::new(PlRefPath::new(ORDERS_PATH))
        .with_schema(Some(Arc::new(orders_schema)))
        .finish()?;

    const ORDERS_PATH: &str = "a.parquet";
    let orders_schema = Schema::from_iter([
        Field::new("id".into(), DataType::Int64),
        Field::new(
            "at".into(),
            DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
        ),
    ]);
    let orders = LazyFrame::scan_parquet(PlRefPath::new(ORDERS_PATH), ScanArgsParquet::default())?
        .select(
            orders_schema
                .iter()
                .map(|(name, dtype)| col(name.clone()).strict_cast(dtype.clone()))
                .collect::<Vec<_>>(),
        );
    "#);
}

#[test]
fn an_export_of_a_folder_needs_its_format() {
    let id = NodeId::nearest("orders");
    let outputs = [Variables { name: "orders".to_owned(), uses: 1 }];
    let mut program = Program::default();
    let mut out = CodeWriter::new(Target::Python, &id, "test", Vec::new(), &[], &outputs, &[], &mut program);
    let kind = from_value::<ReadFile>(json!({"path": "in"})).unwrap();
    let problem = kind.code(&mut out).unwrap_err();
    assert_eq!(problem.at.field.as_deref(), Some("format"));
    assert!(program.steps.is_empty());
}
