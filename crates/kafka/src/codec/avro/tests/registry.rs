//! Messages that name their schema, in a registry of a few lines.

use std::sync::atomic::Ordering;

use super::*;
use crate::registry::tests::serve;

fn answer(schema: &str, more: &str) -> String {
    format!(r#"{{"id":0,"schema":{}{more}}}"#, serde_json::to_string(schema).unwrap())
}

fn framed(id: u8, body: &[u8]) -> Vec<u8> {
    [&[0, 0, 0, 0, id], body].concat()
}

#[test]
fn schemas_are_mixed_and_each_is_asked_for_once() {
    let one = answer(&record(r#"{"name":"id","type":"int"},{"name":"a","type":"string"}"#), "");
    let two = answer(&record(r#"{"name":"b","type":["null","double"]},{"name":"id","type":"long"}"#), "");
    let money =
        r#"{"type":"record","name":"Money","namespace":"x","fields":[{"name":"cents","type":"long"}]}"#;
    let three = answer(
        &record(r#"{"name":"id","type":"long"},{"name":"paid","type":"x.Money"}"#),
        r#","references":[{"name":"x.Money","subject":"money","version":1}]"#,
    );
    let (registry, asked) = serve(&[
        ("schemas/ids/1", 200, &one),
        ("schemas/ids/2", 200, &two),
        ("schemas/ids/3", 200, &three),
        ("subjects/money/versions/1", 200, &answer(money, "")),
        ("schemas/ids/4", 200, r#"{"schemaType":"JSON","schema":"{}"}"#),
        ("schemas/ids/5", 404, r#"{"error_code":40403,"message":"-"}"#),
        ("schemas/ids/6", 200, r#"{"schema":"{\"type\":\"nonsense\"}"}"#),
        ("subjects/late/versions/latest", 200, &two),
    ]);
    let messages =
        [framed(1, &[2, 2, b'x']), framed(2, &[0, 4]), framed(3, &[6, 20]), framed(1, &[8, 2, b'y'])];
    let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    let avro = Avro::new(AvroSchemas::Registry(registry.clone()));
    let batch = read(&avro, &messages);
    assert_eq!(column(&batch, "id").as_primitive::<Int64Type>().values(), &[1, 2, 3, 4]);
    assert_eq!(text(&batch, "a"), [Some("x".to_owned()), None, None, Some("y".to_owned())]);
    assert_eq!(column(&batch, "paid").null_count(), 3);
    assert_eq!(asked.load(Ordering::Relaxed), 4);

    let mut decoder = decoder(&avro, vec![Field::new("id", DataType::Int64, true)]);
    assert_eq!(bad(&mut *decoder, &framed(4, &[2])), "schema 4 is a JSON schema and no Avro one");
    assert_eq!(bad(&mut *decoder, &framed(5, &[2])), "schema 5 is not in the registry");
    assert!(bad(&mut *decoder, &framed(6, &[2])).starts_with("schema 6 cannot be used: "));
    assert!(bad(&mut *decoder, b"{}").contains("no schema's id stands in front"));
    decoder.decode(messages[0]).unwrap();
    assert_eq!(decoder.finish().unwrap().num_rows(), 1);

    let latest = avro.read_as(AvroReader::Latest { registry, subject: "late".to_owned() });
    let mut decoder = super::decoder(&latest, vec![Field::new("b", DataType::Float64, true)]);
    decoder.decode(messages[1]).unwrap();
    let reason = bad(&mut *decoder, messages[0]);
    assert_eq!(reason, "field `b`: the message's schema lacks it and the reader's has no default");
}

#[test]
fn a_registry_that_does_not_answer_ends_the_read() {
    let (registry, _) = serve(&[("schemas/ids/1", 500, "{}")]);
    let avro = Avro::new(AvroSchemas::Registry(registry));
    let failed = decoder(&avro, vec![]).decode(&framed(1, &[]));
    let Err(Fault::Failed(error)) = failed else { panic!("{failed:?}") };
    assert!(error.to_string().contains("failed to answer"), "{error}");
    assert!(error.is_retriable());
    assert!(avro.infer(&[&framed(1, &[])], &Cancel::default()).is_err());
}

#[test]
fn more_schemas_than_are_kept() {
    let schemas: Vec<_> = (1..=100)
        .map(|id| {
            (format!("schemas/ids/{id}"), answer(&record(&format!(r#"{{"name":"f{id}","type":"int"}}"#)), ""))
        })
        .collect();
    let answers: Vec<_> = schemas.iter().map(|(path, body)| (path.as_str(), 200, body.as_str())).collect();
    let (registry, asked) = serve(&answers);
    let avro = Avro::new(AvroSchemas::Registry(registry));
    let mut decoder = decoder(&avro, vec![Field::new("f100", DataType::Int64, true)]);
    for _ in 0..2 {
        (1..=100).for_each(|id| decoder.decode(&framed(id, &[2])).unwrap());
    }
    assert_eq!(asked.load(Ordering::Relaxed), 100);
    assert_eq!(decoder.finish().unwrap().column(0).null_count(), 198);
    let drift = decoder.drift();
    assert_eq!((drift.unknown.len(), drift.unknown["f1"].messages), (99, 2));
}
