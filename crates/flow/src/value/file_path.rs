//! A file or folder.

use serde::{Deserialize, Serialize};

use crate::form::Value;

/// A path; relative ones start at the flow file's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FilePath(pub String);

impl Value for FilePath {
    const NAME: &'static str = "FilePath";
    const SHAPE: &'static str = "out/orders.parquet";
}
