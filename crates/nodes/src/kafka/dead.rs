//! Bad messages of a run to where somebody looks after them: a topic, or files in a folder.
//!
//! They are written once the writers have staged their rows and before the first of them commits. A run that dies in
//! between reads the same batch again and writes them again: a file is replaced, a topic has them twice.

use std::path::PathBuf;

use flowloom_flow::{Cancel, Problem, Site};
use flowloom_kafka::dead_letter;
use flowloom_kafka::read::{Batches, Reading};
use polars::prelude::{Engine, FileWriteFormat, ParquetWriteOptions};

use super::choices::BadMessages;
use super::source::lazy;
use super::{Reach, columns, problem};
use crate::file::stage::Staged;
use crate::kafka_source::KafkaSource;

/// Where bad messages go, and those that are on their way.
pub(super) enum DeadLetters {
    /// Nowhere: the policy is another one.
    None,
    Topic {
        topic: String,
        waiting: Option<Batches>,
    },
    /// Each batch has a file of its own, named after where it starts.
    Folder {
        folder: PathBuf,
        sync: String,
        waiting: Option<(String, Batches)>,
    },
}

impl DeadLetters {
    pub(super) fn new(settings: &KafkaSource, sync: &str, site: &Site<'_>) -> Self {
        match settings.bad_messages {
            BadMessages::DeadLetterTopic => {
                Self::Topic { topic: settings.dead_letter_topic.trim().to_owned(), waiting: None }
            }
            BadMessages::DeadLetterFolder => Self::Folder {
                folder: site.host.path(&settings.dead_letter_folder.0),
                sync: sync.to_owned(),
                waiting: None,
            },
            BadMessages::Fail | BadMessages::Skip | BadMessages::Reject => Self::None,
        }
    }

    /// Takes the bad messages of a batch.
    ///
    /// `cluster` tells it from others.
    pub(super) fn take(&mut self, cluster: &str, reading: &Reading) {
        let rejects = (reading.rejects.rows > 0).then(|| reading.rejects.clone());
        match self {
            Self::None => {}
            Self::Topic { waiting, .. } => *waiting = rejects,
            Self::Folder { sync, waiting, .. } => {
                *waiting = rejects.map(|rejects| (file_name(cluster, sync, reading), rejects));
            }
        }
    }

    /// Writes those that were taken.
    pub(super) fn write(&mut self, reach: &Reach, cancel: &Cancel) -> Result<(), Problem> {
        match self {
            Self::Topic { topic, waiting } => {
                let Some(rejects) = waiting.take() else { return Ok(()) };
                dead_letter::write(&reach.cluster()?, topic, &rejects, &cancel.flag().into())
                    .map_err(|error| problem(error).at_field("dead_letter_topic"))?;
            }
            Self::Folder { folder, waiting, .. } => {
                let Some((name, rejects)) = waiting.take() else { return Ok(()) };
                let rows = lazy(&rejects, &columns::dead_letters())?;
                let target = folder.join(name);
                let staged = Staged::beside(&target)?;
                let format = FileWriteFormat::Parquet(ParquetWriteOptions::default().into());
                staged.plan(rows, format)?.collect_with_engine(Engine::Streaming)?;
                staged.sync()?;
                staged.replace(&target)?;
            }
            Self::None => {}
        }
        Ok(())
    }
}

/// Two batches of one sync name that start at the same offsets are one that is read again.
fn file_name(cluster: &str, sync: &str, reading: &Reading) -> String {
    let mut starts = blake3::Hasher::new();
    starts.update(cluster.as_bytes());
    for read in &reading.partitions {
        starts.update(format!("{}:{}:{}\n", read.topic, read.partition, read.from).as_bytes());
    }
    let starts = starts.finalize().to_hex();
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    format!("{}-{}.parquet", sync.chars().map(safe).collect::<String>(), &starts[..16])
}
