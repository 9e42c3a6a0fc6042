//! Raw: the message's bytes as they are.

use arrow::datatypes::{DataType, Field, Schema};

use super::single::{Single, Whole};
use super::{Codec, Decode, Inference, Shape, WRAPPED, facts};
use crate::cancel::Cancel;
use crate::error::Result;

/// Bytes: the whole message, in the column [`WRAPPED`]. No message is bad, unless the column is one of text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw;

impl Codec for Raw {
    fn name(&self) -> &'static str {
        "raw bytes"
    }

    fn decoder(&self, shape: &Shape, _cancel: &Cancel) -> Result<Box<dyn Decode>> {
        Ok(Box::new(Single::new(shape, Whole::Bytes)?))
    }

    fn infer(&self, payloads: &[&[u8]], cancel: &Cancel) -> Result<Inference> {
        let schema = Schema::new(vec![Field::new(WRAPPED, DataType::Binary, true)]);
        facts::of_schema(self, schema, payloads, cancel)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::AsArray as _;

    use super::*;

    #[test]
    fn every_byte_is_kept() {
        let payloads: [&[u8]; 3] = [b"", b"\xff\x00", b"text"];
        let found = Raw.infer(&payloads, &Cancel::default()).unwrap();
        assert_eq!((found.messages, found.bad), (3, 0));
        assert_eq!(found.facts[0].examples, ["", "0xff00", "0x74657874"]);
        let mut decoder = Raw.decoder(&Shape::new(Arc::new(found.schema)), &Cancel::default()).unwrap();
        for payload in payloads {
            decoder.decode(payload).unwrap();
        }
        decoder.decode_null();
        let batch = decoder.finish().unwrap();
        let read: Vec<_> = batch.column(0).as_binary::<i32>().iter().collect();
        assert_eq!(read, [Some(&b""[..]), Some(b"\xff\x00"), Some(b"text"), None]);
    }
}
