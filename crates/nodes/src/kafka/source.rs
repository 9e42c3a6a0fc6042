//! Reads a topic for a preview or a run, and keeps the offsets of runs.

use std::any::Any;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use flowloom_flow::{
    Ask, Cancel, Counts, KeptOffsets, Pending, Position, Problem, Progress, Range, Read, Sample, Scope, Site,
    Source,
};
use flowloom_kafka::codec::Outline;
use flowloom_kafka::offsets::{self, Isolation, Offsets, TopicOffsets};
use flowloom_kafka::read::{self, Batches, Ended, Held, ReadRequest, Reading};
use polars::prelude::{
    IntoLazy as _, IpcScanOptions, LazyFrame, PlRefPath, ScanSources, Schema, UnifiedScanArgs, col,
};

use super::keeper::Keeper;
use super::{Reach, columns, metrics, problem, topics};
use crate::arrow::frame;
use crate::kafka_source::{BadMessages, Fallback, KafkaSource, OffsetsKept, Start};

/// One node's topic.
pub(crate) struct TopicSource {
    settings: KafkaSource,
    reach: Reach,
    keeper: Keeper,
    spill_dir: PathBuf,
    memory_bytes: usize,
    decode_threads: usize,
    /// The client that looks what waits, once somebody has asked.
    waiting: Option<read::Waiting>,
}

impl TopicSource {
    pub(crate) fn new(settings: &KafkaSource, site: &Site<'_>) -> Result<Self, Problem> {
        columns::fields(settings)?;
        topics::one(settings)?;
        let reach = Reach::of(settings, site.host)?;
        Ok(Self {
            settings: settings.clone(),
            keeper: Keeper::new(settings, reach.clone(), site),
            reach,
            spill_dir: site.host.spill_dir()?.to_owned(),
            memory_bytes: usize::try_from(site.host.memory_bytes()).unwrap_or(usize::MAX),
            decode_threads: site.host.decode_threads(),
            waiting: None,
        })
    }

    /// Spills what exceeds `bytes`, less than what the host allows.
    #[cfg(test)]
    pub(crate) fn spill_beyond(&mut self, bytes: usize) {
        self.memory_bytes = bytes;
    }

    fn keeps_offsets(&self) -> bool {
        self.settings.start != Start::Earliest
    }

    fn topic(&self) -> &str {
        self.settings.topic.single().unwrap_or_default()
    }

    fn isolation(&self) -> Isolation {
        isolation(&self.settings)
    }

    fn request(&self, ask: &Ask<'_>) -> Result<ReadRequest, Problem> {
        let wanted = self.wanted(ask);
        let is_wanted = |name: &str| wanted.is_none_or(|wanted| wanted.iter().any(|each| each == name));
        let settings = &self.settings;
        let outline = Outline::plain(&*columns::payload(settings, is_wanted)?).map_err(problem)?;
        let mut request = ReadRequest::new(self.topic(), outline);
        let metadata = columns::metadata(settings).into_iter().filter(|column| is_wanted(column.name()));
        request.metadata = metadata.map(Into::into).collect();
        request.isolation = self.isolation();
        request.lost = read::Lost::Earliest;
        request.bad_messages = match settings.bad_messages {
            BadMessages::Fail => read::BadMessages::Fail,
            BadMessages::Skip => read::BadMessages::Skip,
            BadMessages::Reject => read::BadMessages::Reject,
        };
        request.decode_threads = self.decode_threads.max(1);
        request.memory_budget_bytes = self.memory_bytes;
        request.spill_folder = Some(self.spill_dir.clone());
        match (ask.scope, ask.range) {
            (Scope::Preview { rows, from: Sample::Newest }, _) => {
                request.start = read::Start::Tail(rows as u64);
            }
            (Scope::Preview { rows, from: Sample::Oldest }, _) => {
                request.limits.messages = Some(rows as u64);
            }
            (Scope::Run, Some(range)) => {
                let ranges = range.topics.get(self.topic()).ok_or_else(|| self.other_topic(range))?;
                request.start = read::Start::Offsets {
                    offsets: self.of_topic(ends(ranges, |range| range.from)),
                    others: read::Others::Omitted,
                };
                request.end = read::End::Offsets(self.of_topic(ends(ranges, |range| range.to)));
            }
            (Scope::Run, None) => {
                request.start = self.start(ask)?;
                let limit = |value: i64| (value > 0).then_some(value.unsigned_abs());
                request.limits.messages = limit(settings.max_messages);
                request.limits.bytes = limit(settings.max_bytes);
                request.limits.time = limit(settings.max_seconds).map(Duration::from_secs);
            }
        }
        Ok(request)
    }

    /// The columns of the first output that the plan needs; `None`: all.
    ///
    /// A value that does not fit is found in decoded columns alone, so where bad messages are left out
    /// of the rows, every column decides which ones, whatever the plan needs.
    fn wanted<'a>(&self, ask: &'a Ask<'_>) -> Option<&'a Vec<String>> {
        match self.settings.bad_messages {
            BadMessages::Fail => ask.columns.first()?.as_ref(),
            BadMessages::Skip | BadMessages::Reject => None,
        }
    }

    fn other_topic(&self, range: &Position) -> Problem {
        let topics: Vec<_> = range.topics.keys().map(|topic| format!("`{topic}`")).collect();
        Problem::user(format!(
            "a batch of {} is not finished, but this node reads `{}` under the same sync name `{}`",
            topics.join(", "),
            self.topic(),
            self.keeper.sync()
        ))
        .hint("choose another sync name for the new topic")
        .at_field("sync_name")
    }

    /// Where a run starts: where the group stands, but not before what every sink has.
    fn start(&self, ask: &Ask<'_>) -> Result<read::Start, Problem> {
        let fallback = match self.settings.fallback {
            Fallback::Earliest => read::Fallback::Earliest,
            Fallback::Latest => read::Fallback::Latest,
        };
        // A live run begins once where the settings say, and goes on from there.
        let go_on = |begin| match ask.go_on {
            Some(ended) => {
                let offsets =
                    ended.topics.iter().map(|(topic, ranges)| (topic.clone(), ends(ranges, |at| at.to)));
                read::Start::Known { offsets: offsets.collect(), fallback: read::Fallback::Earliest }
            }
            None => begin,
        };
        match self.settings.start {
            Start::Earliest => return Ok(go_on(read::Start::Earliest)),
            Start::Latest => return Ok(go_on(read::Start::Latest)),
            Start::Committed => {}
        }
        let KeptOffsets { resets, mut offsets } =
            self.keeper.stands(&topics::wanted(&self.settings)?, ask.cancel)?;
        // A batch from before the last reset says nothing about where to go on.
        let after = ask.after.filter(|after| after.resets >= resets);
        for (topic, ranges) in after.iter().flat_map(|after| &after.topics) {
            for (partition, range) in ranges {
                let stands = offsets.entry(topic.clone()).or_default().entry(*partition).or_insert(range.to);
                *stands = range.to.max(*stands);
            }
        }
        Ok(read::Start::Known { offsets, fallback })
    }

    fn of_topic(&self, offsets: Offsets) -> TopicOffsets {
        TopicOffsets::from([(self.topic().to_owned(), offsets)])
    }

    fn position(&self, reading: &Reading, ask: &Ask<'_>) -> Result<Option<Position>, Problem> {
        if !self.keeps_offsets() {
            return Ok(None);
        }
        let resets = match (ask.scope, ask.range) {
            (Scope::Preview { .. }, _) => 0,
            (Scope::Run, Some(range)) => range.resets,
            (Scope::Run, None) => {
                let found = self.keeper.stands(&topics::wanted(&self.settings)?, ask.cancel)?.resets;
                found.max(ask.after.map_or(0, |after| after.resets))
            }
        };
        // Writers keep what they wrote: where there is nothing to write, nothing has moved.
        let stays = self.settings.offsets == OffsetsKept::Sink && reading.counts.read == 0;
        let mut topics = BTreeMap::<String, BTreeMap<i32, Range>>::new();
        for read in &reading.partitions {
            let range = Range { from: read.from, to: if stays { read.from } else { read.to } };
            topics.entry(read.topic.clone()).or_default().insert(read.partition, range);
        }
        Ok(Some(Position { sync: self.keeper.sync().to_owned(), topics, resets }))
    }

    /// What the user should know about what was not read.
    fn notes(&self, reading: &Reading, scope: Scope) -> Vec<Problem> {
        let mut notes = Vec::new();
        let lost = reading.lost();
        if lost > 0 {
            let partitions = reading.partitions.iter().filter(|read| read.lost > 0);
            let partitions: Vec<_> = partitions.map(|read| read.partition.to_string()).collect();
            notes.push(
                Problem::external(format!(
                    "{lost} offsets of topic `{}` were removed by its retention before they were read, in {} {}",
                    self.topic(),
                    if partitions.len() == 1 { "partition" } else { "partitions" },
                    partitions.join(", ")
                ))
                .hint("run more often, or keep messages longer by the topic's retention settings"),
            );
        }
        if let Some(first) = &reading.first_bad {
            let (count, became) = match reading.counts.rejected {
                0 => (reading.counts.skipped, "skipped"),
                rejected => (rejected, "rejected"),
            };
            let (messages, were) = if count == 1 { ("message", "was") } else { ("messages", "were") };
            notes.push(
                Problem::user(format!(
                    "{count} bad {messages} {were} {became}; first at offset {} of partition {}: {}",
                    first.offset, first.partition, first.reason
                ))
                .at_field("bad_messages"),
            );
        }
        let limit = match (scope, reading.ended) {
            (Scope::Preview { .. }, _) | (_, Ended::AtEnd) => None,
            (_, Ended::MessageLimit) => Some("max_messages"),
            (_, Ended::ByteLimit) => Some("max_bytes"),
            (_, Ended::TimeLimit) => Some("max_seconds"),
        };
        if let Some(limit) = limit {
            let message = format!("the read ended at its limit `{limit}`; more messages wait");
            notes.push(Problem::user(message).hint("the next run goes on from there").at_field(limit));
        }
        notes.into_iter().map(Problem::warning).collect()
    }
}

impl Source for TopicSource {
    fn fingerprint(&self, scope: Scope, cancel: &Cancel) -> Result<Option<String>, Problem> {
        if scope == Scope::Run {
            return Ok(None);
        }
        let marks = offsets::watermarks(
            &self.reach.cluster()?,
            self.topic(),
            self.isolation(),
            &cancel.flag().into(),
        );
        let marks = marks.map_err(problem)?;
        let marks = marks.iter().map(|(partition, mark)| format!("{partition}:{}-{}", mark.low, mark.high));
        let marks = marks.collect::<Vec<_>>().join(" ");
        Ok(Some(format!("{} {marks}", self.reach.fingerprint())))
    }

    fn begin(&mut self, cancel: &Cancel) -> Result<(), Problem> {
        if self.keeps_offsets() {
            self.keeper.begin(&topics::wanted(&self.settings)?, cancel)
        } else {
            Ok(())
        }
    }

    fn read(&mut self, ask: &Ask<'_>) -> Result<Read, Problem> {
        let cancel: flowloom_kafka::Cancel = ask.cancel.flag().into();
        let cluster = self.reach.cluster()?;
        let request = self.request(ask)?;
        let mut progress = |progress: read::Progress| {
            // Offsets count gaps as well, messages do not.
            let target = progress.messages + progress.total_offsets.saturating_sub(progress.offsets);
            let target = (request.limits == read::Limits::default()).then_some(target);
            (ask.progress)(Progress { records: progress.messages, bytes: progress.bytes, target });
        };
        let reading = read::read(&cluster, &request, &cancel, &mut progress).map_err(problem)?;
        let wanted = self.wanted(ask);
        let is_wanted = |name: &str| wanted.is_none_or(|wanted| wanted.iter().any(|each| each == name));
        let rows = columns::rows(&self.settings)?;
        let rows = rows.into_iter().filter(|(name, _)| is_wanted(name)).collect();
        Ok(Read {
            frames: vec![lazy(&reading.rows, &rows)?, lazy(&reading.rejects, &columns::rejects())?],
            position: self.position(&reading, ask)?,
            counts: Counts {
                read: reading.counts.read,
                decoded: reading.counts.decoded,
                skipped: reading.counts.skipped,
                rejected: reading.counts.rejected,
                bytes: reading.counts.bytes,
            },
            metrics: Some(metrics::metrics(&reading)),
            notes: self.notes(&reading, ask.scope),
            keep: keep(reading),
        })
    }

    fn pending(&mut self, after: &Position, cancel: &Cancel) -> Result<Option<Pending>, Problem> {
        let waiting = match self.waiting.take() {
            Some(waiting) => waiting,
            None => read::Waiting::open(&self.reach.cluster()?, self.topic().into(), self.isolation())
                .map_err(problem)?,
        };
        let after = after.topics.iter().map(|(topic, ranges)| (topic.clone(), ends(ranges, |at| at.to)));
        let messages = waiting.offsets(&after.collect(), &cancel.flag().into()).map_err(problem)?;
        self.waiting = Some(waiting);
        Ok(Some(Pending { messages, bytes: None }))
    }

    fn sync(&self) -> Option<&str> {
        self.keeps_offsets().then(|| self.keeper.sync())
    }

    fn is_acknowledged(&self, position: &Position) -> Result<bool, Problem> {
        self.keeper.is_acknowledged(position)
    }

    fn acknowledge(&mut self, position: &Position) -> Result<(), Problem> {
        self.keeper.acknowledge(position)
    }
}

/// Which messages of transactions are read.
pub(super) fn isolation(settings: &KafkaSource) -> Isolation {
    match settings.isolation {
        crate::kafka_source::Isolation::ReadCommitted => Isolation::Committed,
        crate::kafka_source::Isolation::ReadUncommitted => Isolation::Uncommitted,
    }
}

/// The sync name of the settings, or the one that is made for them.
pub(super) fn group(settings: &KafkaSource, flow: &str, node: &str) -> String {
    match settings.sync_name.trim() {
        "" => format!("flowloom-{}-{node}", flow.trim().replace(char::is_whitespace, "-")),
        name => name.to_owned(),
    }
}

fn ends(ranges: &BTreeMap<i32, Range>, end: impl Fn(&Range) -> i64) -> Offsets {
    ranges.iter().map(|(partition, range)| (*partition, end(range))).collect()
}

/// `batches` as a frame of `schema`: scanned from its files, or in memory.
fn lazy(batches: &Batches, schema: &Schema) -> Result<LazyFrame, Problem> {
    let rows = match &batches.held {
        Held::Memory(held) => frame(&batches.schema, held)?.lazy(),
        Held::Files(files) if files.paths.is_empty() => frame(&batches.schema, &[])?.lazy(),
        Held::Files(files) => {
            let paths: Vec<PlRefPath> =
                files.paths.iter().map(|path| PlRefPath::try_from_path(path)).collect::<Result<_, _>>()?;
            let args = UnifiedScanArgs { glob: false, ..UnifiedScanArgs::default() };
            LazyFrame::scan_ipc_sources(
                ScanSources::Paths(paths.into_iter().collect()),
                IpcScanOptions::default(),
                args,
            )?
        }
    };
    if schema.is_empty() {
        return Ok(rows);
    }
    Ok(rows
        .select(schema.iter().map(|(name, dtype)| col(name.clone()).cast(dtype.clone())).collect::<Vec<_>>()))
}

/// The files that the frames read from.
fn keep(reading: Reading) -> Box<dyn Any + Send + Sync> {
    let files = |batches: Batches| match batches.held {
        Held::Files(files) => Some(files),
        Held::Memory(_) => None,
    };
    Box::new((files(reading.rows), files(reading.rejects)))
}
