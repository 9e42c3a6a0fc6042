//! Fields that the messages of a run have and the node does not know, as fields of the node.

use std::collections::BTreeSet;

use arrow::array::AsArray as _;
use flowloom_flow::Problem;
use flowloom_flow::value::{FieldPath, FieldSpec, show_dtype};
use flowloom_kafka::Cancel;
use flowloom_kafka::codec::{Codec as _, EXTRA, Json};
use flowloom_kafka::read::Reading;
use serde_json::{Map, Value};

use super::choices::{Drift, Envelope};
use super::{columns, infer, problem};
use crate::arrow::from_arrow;
use crate::kafka_source::KafkaSource;

/// Messages that the types of new fields are inferred from.
const SAMPLE: usize = 1000;

/// The setting `fields` with what the messages of `reading` have beyond it; nothing where there is nothing new.
pub(super) fn proposed(settings: &KafkaSource, reading: &Reading) -> Result<Map<String, Value>, Problem> {
    if settings.drift != Drift::Add || reading.drift.is_empty() {
        return Ok(Map::new());
    }
    let mut texts = Vec::new();
    let kept = reading.rows.for_each(|batch| {
        if let Some(column) = batch.column_by_name(EXTRA) {
            let room = SAMPLE.saturating_sub(texts.len());
            let found = column.as_string_view().iter().flatten().take(room);
            texts.extend(found.map(|text| text.as_bytes().to_vec()));
        }
        Ok(())
    });
    kept.map_err(problem)?;
    let payloads: Vec<_> = texts.iter().map(Vec::as_slice).collect();
    let found = Json.infer(&payloads, &Cancel::default()).map_err(problem)?;
    let mut fields = settings.fields.clone();
    let mut names: BTreeSet<String> = fields.0.iter().map(|field| field.name.clone()).collect();
    for field in found.schema.fields() {
        let Some(path) = path(columns::envelope(settings), field.name()) else { continue };
        let Some(dtype) = from_arrow(field.data_type()) else { continue };
        let Some(name) = free_name(&path, &names) else { continue };
        names.insert(name.clone());
        let mut spec = FieldSpec::new(name, show_dtype(&dtype));
        spec.set_path(&path);
        spec.encoding = infer::encoding(field);
        fields.0.push(spec);
    }
    if fields == settings.fields {
        return Ok(Map::new());
    }
    let fields = infer::json(&fields)?;
    Ok(Map::from_iter([("fields".to_owned(), fields)]))
}

/// Where a field with this path of drift is read from; none where no column can read it: inside of a list, or beside
/// what the envelope holds.
fn path(envelope: Envelope, drifted: &str) -> Option<FieldPath> {
    let bodies: &[&str] = match envelope {
        Envelope::None => &[""],
        Envelope::Structured => &["data."],
        Envelope::Debezium => &["after.", "before."],
        Envelope::DebeziumWithSchema => &["payload.after.", "payload.before."],
    };
    let within = bodies.iter().find_map(|body| drifted.strip_prefix(body))?;
    if within.contains('[') { None } else { FieldPath::parse(within).ok() }
}

/// The last key of `path`, with those before it where it is taken.
fn free_name(path: &FieldPath, names: &BTreeSet<String>) -> Option<String> {
    (0..path.0.len()).rev().map(|from| path.0[from..].join("_")).find(|name| !names.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_column_can_read_is_proposed() {
        let told = |envelope, text| path(envelope, text).map(|path| path.to_string());
        assert_eq!(told(Envelope::None, "customer.tier").as_deref(), Some("customer.tier"));
        assert_eq!(told(Envelope::None, "items[0].x"), None);
        assert_eq!(told(Envelope::Debezium, "after.tier").as_deref(), Some("tier"));
        assert_eq!(told(Envelope::Debezium, "source.lsn"), None);
        let names = BTreeSet::from(["tier".to_owned()]);
        let path = FieldPath(vec!["customer".to_owned(), "tier".to_owned()]);
        assert_eq!(free_name(&path, &names).as_deref(), Some("customer_tier"));
        assert_eq!(free_name(&FieldPath::key("tier"), &names), None, "it is read already");
    }
}
