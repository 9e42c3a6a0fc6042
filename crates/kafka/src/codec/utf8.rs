//! Text: the whole message is one string of UTF-8.

use arrow::datatypes::{DataType, Field, Schema};

use super::single::{Single, Whole};
use super::{Codec, Decode, Inference, Shape, WRAPPED, facts};
use crate::cancel::Cancel;
use crate::error::Result;

/// Text: the whole message, in the column [`WRAPPED`]. An empty message is the empty text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text;

impl Codec for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn decoder(&self, shape: &Shape, _cancel: &Cancel) -> Result<Box<dyn Decode>> {
        Ok(Box::new(Single::new(shape, Whole::Text)?))
    }

    fn infer(&self, payloads: &[&[u8]], cancel: &Cancel) -> Result<Inference> {
        let schema = Schema::new(vec![Field::new(WRAPPED, DataType::Utf8View, true)]);
        facts::of_schema(self, schema, payloads, cancel)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Array as _, AsArray as _};
    use arrow::datatypes::Int64Type;
    use proptest::prelude::*;

    use super::*;

    fn decoder(fields: Vec<Field>) -> Box<dyn Decode> {
        Text.decoder(&Shape::new(Arc::new(Schema::new(fields))), &Cancel::default()).unwrap()
    }

    fn value(data_type: DataType) -> Field {
        Field::new(WRAPPED, data_type, true)
    }

    #[test]
    fn the_whole_message_is_the_value() {
        let mut text = decoder(vec![Field::new("other", DataType::Int64, true), value(DataType::Utf8View)]);
        text.decode("ä, ö".as_bytes()).unwrap();
        text.decode(b"").unwrap();
        text.decode_null();
        text.decode(b"gone").unwrap();
        text.undo();
        assert!(matches!(text.decode(b"a\xff"), Err(super::super::Fault::Bad(why))
            if why.to_string() == "not valid UTF-8 at byte 1"));
        let batch = text.finish().unwrap();
        let texts: Vec<_> = batch.column(1).as_string_view().iter().collect();
        assert_eq!(texts, [Some("ä, ö"), Some(""), None]);
        assert_eq!(batch.column(0).null_count(), 3);
        // Whether a message is bad does not depend on the columns wanted.
        assert!(decoder(Vec::new()).decode(b"\xff").is_err());
    }

    #[test]
    fn numbers_are_read_from_text() {
        let mut number = decoder(vec![value(DataType::Int64)]);
        number.decode(b"-42").unwrap();
        assert!(number.decode(b"4.5").is_err());
        assert_eq!(number.finish().unwrap().column(0).as_primitive::<Int64Type>().values(), &[-42]);
    }

    #[test]
    fn a_sample_tells_how_many_are_no_text() {
        let found = Text.infer(&[b"a", b"\xff", b"b"], &Cancel::default()).unwrap();
        assert_eq!((found.messages, found.bad), (2, 1));
        assert_eq!(found.first_bad.unwrap().to_string(), "not valid UTF-8 at byte 0");
        assert_eq!(found.facts[0].examples, ["a", "b"]);
    }

    proptest! {
        #[test]
        fn rows_and_bad_messages_are_all_messages(payloads: Vec<Vec<u8>>) {
            let mut text = decoder(vec![value(DataType::Utf8View)]);
            let bad = payloads.iter().filter(|payload| text.decode(payload).is_err()).count();
            let batch = text.finish().unwrap();
            prop_assert_eq!(batch.num_rows() + bad, payloads.len());
            let read: Vec<_> = batch.column(0).as_string_view().iter().flatten().collect();
            let expected: Vec<_> = payloads.iter().filter_map(|payload| std::str::from_utf8(payload).ok()).collect();
            prop_assert_eq!(read, expected);
        }
    }
}
