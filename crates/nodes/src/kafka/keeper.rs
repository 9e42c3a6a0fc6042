//! Who keeps the offsets of a source: the consumer group, our own table, or the writers below.

use std::sync::Arc;

use flowloom_flow::{Cancel, Hold, KeptOffsets, Locks, OffsetTable, Position, Problem, Range, Site, SyncKey};
use flowloom_kafka::offsets::{Group, Kept, Places};
use flowloom_kafka::read::Topics;

use super::choices::OffsetsKept;
use super::{Reach, problem};
use crate::kafka_source::KafkaSource;

/// The offsets of one source, wherever they are.
pub(crate) struct Keeper {
    kept: OffsetsKept,
    reach: Reach,
    sync: String,
    flow: String,
    table: Arc<dyn OffsetTable>,
    locks: Arc<dyn Locks>,
    /// What a run took and found when it began.
    run: Option<Run>,
}

struct Run {
    key: SyncKey,
    places: Places,
    found: KeptOffsets,
    /// Nobody on this machine uses the sync name as long as this lives.
    _hold: Hold,
}

impl Run {
    /// Whether it looked at every topic of `position`.
    fn covers(&self, position: &Position) -> bool {
        position.topics.keys().all(|topic| self.places.contains_key(topic))
    }
}

impl Keeper {
    pub(crate) fn new(settings: &KafkaSource, reach: Reach, site: &Site<'_>) -> Self {
        Self {
            kept: settings.offsets,
            reach,
            sync: super::source::group(settings, site.flow, site.node.as_str()),
            flow: site.flow.to_owned(),
            table: site.host.offsets(),
            locks: site.host.locks(),
            run: None,
        }
    }

    /// The sync name.
    pub(crate) fn sync(&self) -> &str {
        &self.sync
    }

    /// Where the offsets are, for people.
    pub(crate) fn place(&self) -> &'static str {
        match self.kept {
            OffsetsKept::Kafka => "Kafka",
            OffsetsKept::Table => "Flowloom's table",
            OffsetsKept::Sink => "the writers",
        }
    }

    /// Takes the sync name for a run, and looks at what is kept before anybody else may move it.
    pub(crate) fn begin(&mut self, topics: &Topics, cancel: &Cancel) -> Result<(), Problem> {
        let (group, cancel) = (self.group()?, cancel.flag().into());
        let key = self.key(&group, &cancel)?;
        let hold = self.locks.hold(&key, &self.flow)?;
        if self.kept == OffsetsKept::Kafka {
            group.ensure_idle(&cancel).map_err(problem)?;
        }
        let places = group.places(topics, &cancel).map_err(problem)?;
        let found = self.look(&group, &key, &places, &cancel)?;
        self.run = Some(Run { key, places, found, _hold: hold });
        Ok(())
    }

    /// What is kept for `topics`: as it was when the run began, or now where there is none.
    pub(crate) fn stands(&self, topics: &Topics, cancel: &Cancel) -> Result<KeptOffsets, Problem> {
        match (&self.run, self.kept) {
            (Some(run), _) => Ok(run.found.clone()),
            (None, OffsetsKept::Sink) => Ok(KeptOffsets::default()),
            (None, OffsetsKept::Kafka | OffsetsKept::Table) => {
                let (group, cancel) = (self.group()?, cancel.flag().into());
                let places = group.places(topics, &cancel).map_err(problem)?;
                self.look(&group, &self.key(&group, &cancel)?, &places, &cancel)
            }
        }
    }

    /// Whether nothing of `position` has to be read again. Of writers who keep the offsets the engine knows.
    pub(crate) fn is_acknowledged(&self, position: &Position) -> Result<bool, Problem> {
        if self.kept == OffsetsKept::Sink {
            return Ok(true);
        }
        let stands = match &self.run {
            Some(run) if run.covers(position) => run.found.clone(),
            _ => {
                let (group, cancel) = (self.group()?, flowloom_kafka::Cancel::default());
                let places = position.topics.iter();
                let places =
                    places.map(|(topic, ranges)| (topic.clone(), ranges.keys().copied().collect())).collect();
                self.look(&group, &self.key(&group, &cancel)?, &places, &cancel)?
            }
        };
        if stands.resets > position.resets {
            return Ok(true);
        }
        let mut ranges = ranges(position);
        Ok(ranges.all(|(topic, partition, range)| {
            range.from == range.to || stands.get(topic, partition).is_some_and(|stands| stands >= range.to)
        }))
    }

    /// Keeps the ends of `position`. A problem when the offsets are no longer what this run found.
    pub(crate) fn acknowledge(&mut self, position: &Position) -> Result<(), Problem> {
        if self.kept == OffsetsKept::Sink {
            return Ok(());
        }
        let mut to = KeptOffsets { resets: position.resets, ..KeptOffsets::default() };
        for (topic, partition, range) in ranges(position) {
            to.offsets.entry(topic.to_owned()).or_default().insert(partition, range.to);
        }
        let (group, cancel) = (self.group()?, Cancel::default());
        let (key, found) = match &self.run {
            Some(run) if run.covers(position) => (run.key.clone(), Some(run.found.clone())),
            _ => (self.key(&group, &cancel.flag().into())?, None),
        };
        self.put(&group, &key, found.as_ref(), &to, &cancel)?;
        if let Some(run) = &mut self.run {
            run.found.resets = run.found.resets.max(to.resets);
            for (topic, offsets) in to.offsets {
                run.found.offsets.entry(topic).or_default().extend(offsets);
            }
        }
        Ok(())
    }

    /// Moves the offsets from what was found at `found` to those of `to`, while no run uses the sync name.
    pub(crate) fn reset(
        &self,
        found: &KeptOffsets,
        to: &KeptOffsets,
        cancel: &Cancel,
    ) -> Result<(), Problem> {
        let group = self.group()?;
        let key = self.key(&group, &cancel.flag().into())?;
        let _hold = self.locks.hold(&key, &self.flow)?;
        self.put(&group, &key, Some(found), to, cancel)
    }

    /// Fails while consumers are subscribed under the sync name: the offsets are theirs.
    pub(crate) fn ensure_free(&self, cancel: &Cancel) -> Result<(), Problem> {
        match self.kept {
            OffsetsKept::Kafka => self.group()?.ensure_idle(&cancel.flag().into()).map_err(problem),
            OffsetsKept::Table | OffsetsKept::Sink => Ok(()),
        }
    }

    /// A client for the group, without which even a table does not know which cluster it is about.
    pub(crate) fn group(&self) -> Result<Group, Problem> {
        Group::open(&self.reach.cluster()?, &self.sync).map_err(problem)
    }

    fn key(&self, group: &Group, cancel: &flowloom_kafka::Cancel) -> Result<SyncKey, Problem> {
        Ok(SyncKey { cluster: group.cluster_id(cancel).map_err(problem)?, sync: self.sync.clone() })
    }

    fn look(
        &self,
        group: &Group,
        key: &SyncKey,
        places: &Places,
        cancel: &flowloom_kafka::Cancel,
    ) -> Result<KeptOffsets, Problem> {
        match self.kept {
            OffsetsKept::Kafka => {
                let Kept { offsets, resets } = group.kept(places, cancel).map_err(problem)?;
                Ok(KeptOffsets { offsets, resets })
            }
            OffsetsKept::Table => self.table.get(key).map_err(|problem| problem.at_field("offsets")),
            OffsetsKept::Sink => Ok(KeptOffsets::default()),
        }
    }

    fn put(
        &self,
        group: &Group,
        key: &SyncKey,
        found: Option<&KeptOffsets>,
        to: &KeptOffsets,
        cancel: &Cancel,
    ) -> Result<(), Problem> {
        let kept = |of: &KeptOffsets| Kept { offsets: of.offsets.clone(), resets: of.resets };
        match self.kept {
            OffsetsKept::Kafka => {
                group.keep(&kept(to), found.map(kept).as_ref(), &cancel.flag().into()).map_err(problem)
            }
            OffsetsKept::Table => {
                let in_table = |problem: Problem| problem.at_field("offsets");
                let now = found.is_none().then(|| self.table.get(key)).transpose().map_err(in_table)?;
                let found = found.or(now.as_ref());
                let none = KeptOffsets::default();
                if self.table.put(key, found.unwrap_or(&none), to).map_err(in_table)? {
                    return Ok(());
                }
                let text =
                    format!("the offsets under `{}` were moved in the table by somebody else", self.sync);
                Err(Problem::external(text)
                    .hint("find who else uses the sync name: each needs one of its own")
                    .at_field("sync_name"))
            }
            OffsetsKept::Sink => Ok(()),
        }
    }
}

fn ranges(position: &Position) -> impl Iterator<Item = (&str, i32, &Range)> {
    position.topics.iter().flat_map(|(topic, ranges)| {
        ranges.iter().map(|(partition, range)| (topic.as_str(), *partition, range))
    })
}
