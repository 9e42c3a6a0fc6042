//! The first minute: the sample flow beside an embedded broker that has orders in it.

use std::fs;
use std::path::{Path, PathBuf};

use flowloom_flow::Problem;
use flowloom_kafka::embedded::EmbeddedBroker;
use serde_json::Value;

use crate::command::Values;

const FLOW: &str = include_str!("../../../flows/orders_by_currency.flow.yaml");
const FILE: &str = "orders_by_currency.flow.yaml";
const TOPIC: &str = "orders";
const ORDERS: usize = 5_000;

/// A running broker and the sample flow's file. The broker goes when this is dropped.
pub struct Demo {
    broker: EmbeddedBroker,
    /// The sample flow, in the demo's folder; a user's edits to it are kept.
    pub flow: PathBuf,
}

impl Demo {
    /// Starts the broker, fills its topic, and puts the sample flow into `folder`.
    pub fn start(folder: &Path) -> Result<Self, Problem> {
        let flow = folder.join(FILE);
        if !flow.exists() {
            fs::create_dir_all(folder).and_then(|()| fs::write(&flow, FLOW)).map_err(|error| {
                Problem::external(format!("the sample flow cannot be written: {error}; `{}`", flow.display()))
                    .hint("name another folder with --dir")
                    .source(error)
            })?;
        }
        let broker = EmbeddedBroker::with_orders(TOPIC, ORDERS)
            .map_err(|error| Problem::external("the embedded broker did not start").source(error))?;
        Ok(Self { broker, flow })
    }

    /// Where the broker listens: `127.0.0.1:port`.
    pub fn bootstrap_servers(&self) -> &str {
        self.broker.bootstrap_servers()
    }

    /// The flow's parameters for this broker.
    pub fn values(&self) -> Values {
        Values::from([("bootstrap".to_owned(), Value::from(self.bootstrap_servers()))])
    }

    /// Messages in the topic.
    pub fn orders(&self) -> usize {
        ORDERS
    }
}
