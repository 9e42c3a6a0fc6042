//! A Kafka topic.

use serde::{Deserialize, Serialize};

use crate::form::Value;

/// A topic by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Topic(pub String);

impl Value for Topic {
    const NAME: &'static str = "Topic";
    const SHAPE: &'static str = "orders";
}
