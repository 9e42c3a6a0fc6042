//! Reaching a service over the network, and saying step by step why it cannot be reached.
//!
//! A leaf crate: Kafka, registries, databases and buckets are all tested with the same first steps (name, port,
//! certificate), and all HTTP that we speak ourselves is here.

pub mod http;
pub mod probe;
pub mod reach;
pub mod tls;

pub use probe::{Failure, Passed, Probe, State, Step};
pub use reach::Address;
pub use tls::{Pem, Tls, Verify};
