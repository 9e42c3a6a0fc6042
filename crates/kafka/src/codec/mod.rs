//! Payload bytes to Arrow columns.
//!
//! [`Decoder`] is the strict JSON reader of the bounded [`read`](crate::read::read);
//! [`infer`] finds the schema it needs from sample payloads. Both walk a payload with the same
//! cursor, so what one calls valid the other does too.

mod column;
mod cursor;
mod infer;
mod json;
mod keys;
mod nested;
mod number;
mod reason;
mod reserved;
mod string;
mod text;

pub use infer::{Inference, infer};
pub use json::Decoder;
pub use reason::Reason;
pub use reserved::{payload_column, payload_key};

/// The column that holds a message whose value is not an object.
pub const WRAPPED: &str = "value";

/// Objects and lists nested deeper than this make a message bad, so no input can exhaust the stack.
pub const MAX_DEPTH: usize = 128;
