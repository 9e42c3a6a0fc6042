//! CBOR, after RFC 8949 and the tags of the IANA registry.

mod reader;
#[cfg(test)]
mod tests;

use super::tokens::{Notation, TokenDecoder, infer};
use super::{Codec, Decode, Inference, Shape};
use crate::cancel::Cancel;
use crate::error::Result;
use reader::Reader;

/// CBOR: maps as rows, any other value in the column [`WRAPPED`](super::WRAPPED).
///
/// | tag | is |
/// |---|---|
/// | 0, 1 | a point in time |
/// | 2, 3 | an integer of any size; as text beyond 128 bits |
/// | 4 | a decimal |
/// | 5 | a float |
/// | 100, 1004 | a date |
/// | any other | what it is put on |
///
/// Lists, maps, text and bytes may have no length. Keys that are not text go by their JSON text, of keys that come twice
/// the last holds. `undefined` is null.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cbor;

impl Codec for Cbor {
    fn name(&self) -> &'static str {
        "CBOR"
    }

    fn decoder(&self, shape: &Shape, _cancel: &Cancel) -> Result<Box<dyn Decode>> {
        Ok(Box::new(TokenDecoder::<Self>::new(shape)?))
    }

    fn infer(&self, payloads: &[&[u8]], cancel: &Cancel) -> Result<Inference> {
        infer::<Self>(payloads, cancel)
    }
}

impl Notation for Cbor {
    type Source<'a> = Reader<'a>;

    fn source(payload: &[u8]) -> Reader<'_> {
        Reader::new(payload)
    }
}
