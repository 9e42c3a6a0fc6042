//! Reads a topic for a preview or a run, and keeps the offsets of runs.

use std::any::Any;
use std::collections::BTreeMap;
use std::path::PathBuf;

use flowloom_flow::{
    Ask, Cancel, Counts, KeptOffsets, Pending, Position, Problem, Progress, Range, Read, Sample, Scope, Site,
    Source,
};
use flowloom_kafka::codec::EXTRA;
use flowloom_kafka::offsets::{self, Offsets, TopicOffsets};
use flowloom_kafka::read::{self, Batches, Held, ReadRequest, Reading};
use polars::prelude::{
    IntoLazy as _, IpcScanOptions, LazyFrame, PlRefPath, ScanSources, Schema, UnifiedScanArgs, col,
};
use serde_json::Map;

use super::choices::{BadMessages, Drift, End, OffsetsKept, Start};
use super::dead::DeadLetters;
use super::format::Formats;
use super::keeper::Keeper;
use super::{Reach, columns, grown, metrics, notes, problem, request, topics};
use crate::arrow::frame;
use crate::kafka_source::KafkaSource;

/// One node's topic.
pub(crate) struct TopicSource {
    settings: KafkaSource,
    formats: Formats,
    /// Bad messages on their way to where somebody looks after them.
    dead: DeadLetters,
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
        topics::wanted(settings)?;
        let reach = Reach::of(settings, site.host)?;
        let sync = group(settings, site.flow, site.node.as_str());
        Ok(Self {
            settings: settings.clone(),
            formats: Formats::new(settings, site.host)?,
            dead: DeadLetters::new(settings, &sync, site),
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
        self.settings.start.keeps_offsets()
    }

    fn request(&self, ask: &Ask<'_>) -> Result<ReadRequest, Problem> {
        let wanted = self.wanted(ask);
        let grows = self.settings.drift == Drift::Add;
        let is_wanted = |name: &str| {
            (grows && name == EXTRA) || wanted.is_none_or(|wanted| wanted.iter().any(|each| each == name))
        };
        let mut request = request::request(&self.settings, &self.formats, is_wanted)?;
        request.decode_threads = self.decode_threads.max(1);
        request.memory_budget_bytes = self.memory_bytes;
        request.spill_folder = Some(self.spill_dir.clone());
        match (ask.scope, ask.range) {
            (Scope::Preview { rows, from }, _) => {
                // A preview shows what a run would read, but never waits for it.
                request.rate = read::Rate::default();
                request.lost = read::Lost::Earliest;
                let most = rows as u64;
                match (request::start(&self.settings)?, from) {
                    (Some(start @ (read::Start::Timestamp(_) | read::Start::Offsets { .. })), _) => {
                        (request.start, request.end) = (start, request::end(&self.settings)?);
                        request.limits.messages = Some(most);
                    }
                    (_, Sample::Newest) => request.start = read::Start::Tail(most),
                    (_, Sample::Oldest) => request.limits.messages = Some(most),
                }
            }
            (Scope::Run, Some(range)) => {
                let of = |end: fn(&Range) -> i64| -> TopicOffsets {
                    range.topics.iter().map(|(topic, ranges)| (topic.clone(), ends(ranges, end))).collect()
                };
                self.check_topics(range)?;
                request.start =
                    read::Start::Offsets { offsets: of(|range| range.from), others: read::Others::Omitted };
                request.end = read::End::Offsets(of(|range| range.to));
            }
            (Scope::Run, None) => {
                request.start = self.start(ask)?;
                request.end = request::end(&self.settings)?;
                request.limits = request::limits(&self.settings);
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
            _ => None,
        }
    }

    /// A batch that has to be read again must be one of the topics that this node reads.
    fn check_topics(&self, range: &Position) -> Result<(), Problem> {
        let others: Vec<_> = range
            .topics
            .keys()
            .filter(|topic| !topics::covers(&self.settings.topic, topic))
            .map(|topic| format!("`{topic}`"))
            .collect();
        if others.is_empty() {
            return Ok(());
        }
        Err(Problem::user(format!(
            "a batch of {} is not finished, but this node reads {} under the same sync name `{}`",
            others.join(", "),
            topics::called(&self.settings.topic),
            self.keeper.sync()
        ))
        .hint("choose another sync name for the new topics")
        .at_field("sync_name"))
    }

    /// Where a run starts: where the group stands, but not before what every sink has.
    fn start(&self, ask: &Ask<'_>) -> Result<read::Start, Problem> {
        if let Some(start) = request::start(&self.settings)? {
            // A live run begins once where the settings say, and goes on from there.
            let Some(ended) = ask.go_on else { return Ok(start) };
            // What is kept under the sync name counts more: the last batch may be committed already.
            if self.keeps_offsets() {
                return self.kept_start(ask, Some(ended));
            }
            let offsets =
                ended.topics.iter().map(|(topic, ranges)| (topic.clone(), ends(ranges, |at| at.to)));
            let offsets = offsets.collect();
            return Ok(match start {
                // Partitions that are not named stay out.
                read::Start::Offsets { others, .. } => read::Start::Offsets { offsets, others },
                _ => read::Start::Known { offsets, fallback: read::Fallback::Earliest },
            });
        }
        self.kept_start(ask, None)
    }

    /// Where the sync name stands, but not before what every sink has; a partition that has neither goes on where
    /// `ended` says.
    fn kept_start(&self, ask: &Ask<'_>, ended: Option<&Position>) -> Result<read::Start, Problem> {
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
        for (topic, ranges) in ended.into_iter().flat_map(|ended| &ended.topics) {
            for (partition, range) in ranges {
                offsets.entry(topic.clone()).or_default().entry(*partition).or_insert(range.to);
            }
        }
        Ok(read::Start::Known { offsets, fallback: request::fallback(&self.settings) })
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
}

impl Source for TopicSource {
    fn fingerprint(&self, scope: Scope, cancel: &Cancel) -> Result<Option<String>, Problem> {
        if scope == Scope::Run {
            return Ok(None);
        }
        let (cluster, cancel) = (self.reach.cluster()?, cancel.flag().into());
        let isolation = request::isolation(&self.settings);
        let places = topics::wanted(&self.settings)?.partitions(&cluster, &cancel).map_err(problem)?;
        let marks = offsets::marks(&cluster, &places, isolation, &cancel).map_err(problem)?;
        let mut text = format!("{} {}", self.reach.fingerprint(), self.formats.fingerprint);
        for (topic, marks) in marks {
            text.extend(
                marks
                    .iter()
                    .map(|(partition, mark)| format!(" {topic}:{partition}:{}-{}", mark.low, mark.high)),
            );
        }
        Ok(Some(text))
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
        if ask.scope == Scope::Run {
            self.dead.take(&self.reach.fingerprint(), &reading);
        }
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
            metrics: Some(metrics::metrics(&reading, self.keeps_offsets())),
            notes: notes::of(&self.settings, &reading, ask.scope),
            proposed: if ask.scope == Scope::Run {
                grown::proposed(&self.settings, &reading)?
            } else {
                Map::new()
            },
            keep: keep(reading),
        })
    }

    fn pending(&mut self, after: &Position, cancel: &Cancel) -> Result<Option<Pending>, Problem> {
        // Beyond a fixed end nothing waits, and partitions that are not named are not read.
        if self.settings.end != End::Latest || self.settings.start == Start::Offsets {
            return Ok(None);
        }
        let waiting = if let Some(waiting) = self.waiting.take() {
            waiting
        } else {
            let topics = topics::wanted(&self.settings)?;
            let isolation = request::isolation(&self.settings);
            read::Waiting::open(&self.reach.cluster()?, topics, isolation).map_err(problem)?
        };
        let after = after.topics.iter().map(|(topic, ranges)| (topic.clone(), ends(ranges, |at| at.to)));
        let messages = waiting.offsets(&after.collect(), &cancel.flag().into()).map_err(problem)?;
        self.waiting = Some(waiting);
        Ok(Some(Pending { messages, bytes: None }))
    }

    fn prepare(&mut self, cancel: &Cancel) -> Result<(), Problem> {
        self.dead.write(&self.reach, cancel)
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
pub(super) fn lazy(batches: &Batches, schema: &Schema) -> Result<LazyFrame, Problem> {
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
