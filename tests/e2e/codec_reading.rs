//! Reading what a reference serializer has written: what the tests of all formats share.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array as _, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::util::display::array_value_to_string;
use flowloom_kafka::codec::{Codec, Inference, Outline};
use flowloom_kafka::read::{self, ReadRequest, Reading, Topics};
use flowloom_kafka::registry::{Registry, RegistryAccess};
use flowloom_kafka::sample::sample;
use flowloom_kafka::{Cancel, Cluster};
use flowloom_net::http::Auth;

use crate::broker::Broker;
use crate::service::Service;
use crate::topic::Topic;

pub(crate) fn registry() -> Registry {
    let access = RegistryAccess {
        url: Service::registry().env("REGISTRY_URL").to_owned(),
        auth: Auth::None,
        tls: None,
        timeout: Duration::from_secs(20),
    };
    Registry::new(&access).expect("an address that there is")
}

pub(crate) fn cluster() -> Cluster {
    Cluster::new(Broker::shared().bootstrap())
}

pub(crate) fn inferred(topic: &Topic<'_>, codec: &dyn Codec) -> Inference {
    let messages =
        sample(&cluster(), &Topics::from(topic.name.as_str()), 1000, &Cancel::default()).expect("a sample");
    let payloads: Vec<&[u8]> = messages.iter().filter_map(|message| message.value.as_deref()).collect();
    codec.infer(&payloads, &Cancel::default()).expect("a schema")
}

/// A read of `topic` into `fields`; a bad message fails it.
pub(crate) fn request(topic: &Topic<'_>, codec: impl Codec + 'static, fields: Vec<Field>) -> ReadRequest {
    let columns = Outline::plain(&Schema::new(fields)).expect("types that there are");
    let mut request = ReadRequest::new(Topics::from(topic.name.as_str()), columns);
    request.value = Arc::new(codec);
    request
}

pub(crate) fn read(request: &ReadRequest) -> (Reading, Vec<RecordBatch>) {
    let reading = read::read(&cluster(), request, &Cancel::default(), &mut |_| {}).expect("it reads");
    assert!(reading.counts.add_up(), "{:?}", reading.counts);
    let batches = reading.rows.collect().expect("the rows");
    (reading, batches)
}

/// The values of a column as text; `-` is null.
pub(crate) fn column(batches: &[RecordBatch], name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for batch in batches {
        let array = batch.column_by_name(name).unwrap_or_else(|| panic!("no column `{name}`"));
        // Arrow writes times of zones by their offset alone.
        let array = match array.data_type() {
            DataType::Timestamp(unit, Some(_)) => {
                let with_offset = DataType::Timestamp(*unit, Some("+00:00".into()));
                &arrow::compute::cast(array, &with_offset).expect("the same times")
            }
            _ => array,
        };
        found.extend((0..array.len()).map(|row| {
            if array.is_null(row) { "-".to_owned() } else { array_value_to_string(array, row).expect("text") }
        }));
    }
    found
}

pub(crate) fn fields(found: &Inference) -> Vec<Field> {
    found.schema.fields().iter().map(|field| field.as_ref().clone()).collect()
}
