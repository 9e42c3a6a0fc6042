//! How far a source is, and moving it.

use std::collections::BTreeMap;

use flowloom_flow::{
    Cancel, KeptOffsets, PartitionReset, PartitionStanding, Position, Problem, Reset, ResetAsk, ResetTo,
    Site, Standing,
};
use flowloom_kafka::offsets::{self, TopicOffsets};
use flowloom_kafka::read::Topics;

use super::choices::{Fallback, OffsetsKept, Start};
use super::keeper::Keeper;
use super::{Reach, problem, request, topics};
use crate::kafka_source::KafkaSource;

/// A source's offsets, outside of a run.
struct Look<'a> {
    settings: &'a KafkaSource,
    reach: Reach,
    keeper: Keeper,
    topics: Topics,
    cancel: &'a Cancel,
}

impl<'a> Look<'a> {
    fn new(settings: &'a KafkaSource, site: &Site<'_>, cancel: &'a Cancel) -> Result<Self, Problem> {
        if !settings.start.keeps_offsets() {
            return Err(Problem::user("this source starts at the same place each time and keeps no offsets")
                .hint("let it start where the last run ended")
                .at_field("start"));
        }
        let reach = Reach::of(settings, site.host)?;
        let keeper = Keeper::new(settings, reach.clone(), site);
        Ok(Self { settings, keeper, topics: topics::wanted(settings)?, reach, cancel })
    }

    /// Every partition, by topic; `held` where the writers keep the offsets.
    fn partitions(&self, found: &KeptOffsets) -> Result<Vec<PartitionStanding>, Problem> {
        let (cluster, cancel) = (self.reach.cluster()?, self.cancel.flag().into());
        let places = self.topics.partitions(&cluster, &cancel).map_err(problem)?;
        let isolation = request::isolation(self.settings);
        let marks = offsets::marks(&cluster, &places, isolation, &cancel).map_err(problem)?;
        let partitions = marks.into_iter().flat_map(|(topic, marks)| {
            marks.into_iter().map(move |(partition, mark)| PartitionStanding {
                committed: found.get(&topic, partition),
                topic: topic.clone(),
                partition,
                low: mark.low,
                high: mark.high,
            })
        });
        Ok(partitions.collect())
    }

    /// Where the next run would go on.
    fn next(&self, standing: &PartitionStanding) -> i64 {
        standing.committed.unwrap_or(match self.settings.fallback {
            Fallback::Earliest => standing.low,
            Fallback::Latest => standing.high,
        })
    }

    /// What `ask` comes to, partition by partition.
    fn plan(&self, ask: &ResetAsk, standings: Vec<PartitionStanding>) -> Result<Reset, Problem> {
        let times = match &ask.to {
            ResetTo::Timestamp(ms) => {
                let (group, cancel) = (self.keeper.group()?, self.cancel.flag().into());
                let places = group.places(&self.topics, &cancel).map_err(problem)?;
                group.at_time(&places, *ms, &cancel).map_err(problem)?
            }
            _ => TopicOffsets::new(),
        };
        missing(ask, &standings)?;
        let (mut partitions, mut notes) = (Vec::new(), Vec::new());
        for standing in standings.into_iter().filter(|one| ask.is_about(&one.topic, one.partition)) {
            let at = |offsets: &TopicOffsets| offsets.get(&standing.topic)?.get(&standing.partition).copied();
            let next = self.next(&standing);
            let wanted = match &ask.to {
                ResetTo::Earliest => standing.low,
                ResetTo::Latest => standing.high,
                // Without a message of that time or later there is nothing to read.
                ResetTo::Timestamp(_) => at(&times).unwrap_or(standing.high),
                ResetTo::Offset(offset) => *offset,
                ResetTo::Shift(by) => next.saturating_add(*by),
                ResetTo::Each(each) => at(each).unwrap_or(next),
            };
            let to = wanted.clamp(standing.low, standing.high.max(standing.low));
            if to != wanted {
                notes.push(format!(
                    "partition {} of topic `{}` holds {} to {}: {to} instead of {wanted}",
                    standing.partition, standing.topic, standing.low, standing.high
                ));
            }
            partitions.push(PartitionReset::new(standing, to, next));
        }
        let (sync, kept) = (self.keeper.sync().to_owned(), self.keeper.place().to_owned());
        Ok(Reset::planned(sync, kept, partitions, notes))
    }
}

/// Fails where something is named that is not there.
fn missing(ask: &ResetAsk, standings: &[PartitionStanding]) -> Result<(), Problem> {
    let each = match &ask.to {
        ResetTo::Each(each) => Some(each),
        _ => None,
    };
    let each = each.into_iter().flatten();
    let of_each = each.flat_map(|(topic, offsets)| offsets.keys().map(move |partition| (topic, *partition)));
    let mut named = ask.only.iter().map(|(topic, partition)| (topic, *partition)).chain(of_each);
    let is_there = |topic: &String, partition: i32| {
        standings.iter().any(|standing| standing.topic == *topic && standing.partition == partition)
    };
    match named.find(|(topic, partition)| !is_there(topic, *partition)) {
        None => Ok(()),
        Some((topic, partition)) => {
            Err(Problem::user(format!("this source reads no partition {partition} of topic `{topic}`"))
                .hint("`flowloom offsets show` lists what it reads"))
        }
    }
}

pub(crate) fn standing(
    settings: &KafkaSource,
    site: &Site<'_>,
    held: Option<&Position>,
    cancel: &Cancel,
) -> Result<Standing, Problem> {
    let look = Look::new(settings, site, cancel)?;
    let found = match settings.offsets {
        OffsetsKept::Sink => held.map(ends).unwrap_or_default(),
        OffsetsKept::Kafka | OffsetsKept::Table => look.keeper.stands(&look.topics, cancel)?,
    };
    Ok(Standing {
        sync: look.keeper.sync().to_owned(),
        kept: look.keeper.place().to_owned(),
        partitions: look.partitions(&found)?,
    })
}

fn ends(position: &Position) -> KeptOffsets {
    let ends = position.topics.iter().map(|(topic, ranges)| {
        (topic.clone(), ranges.iter().map(|(partition, range)| (*partition, range.to)).collect())
    });
    KeptOffsets { resets: position.resets, offsets: ends.collect() }
}

pub(crate) fn reset(
    settings: &KafkaSource,
    site: &Site<'_>,
    ask: &ResetAsk,
    apply: bool,
    cancel: &Cancel,
) -> Result<Reset, Problem> {
    let look = Look::new(settings, site, cancel)?;
    if settings.start != Start::Committed {
        return Err(Problem::user("this source skips what waits each time, wherever the offsets are moved")
            .hint("let it start where the last run ended")
            .at_field("start"));
    }
    if settings.offsets == OffsetsKept::Sink {
        return Err(Problem::user(
            "the writers of this flow keep the offsets with their rows, so these cannot be reset alone",
        )
        .hint("write to a new place, or keep the offsets in Kafka or in Flowloom's table")
        .at_field("offsets"));
    }
    look.keeper.ensure_free(cancel)?;
    let found = look.keeper.stands(&look.topics, cancel)?;
    let mut reset = look.plan(ask, look.partitions(&found)?)?;
    if apply && !reset.partitions.is_empty() {
        // Counted, so that a batch from before the reset is not taken for one that a dead run left.
        let mut to = KeptOffsets { resets: found.resets + 1, offsets: BTreeMap::new() };
        for one in &reset.partitions {
            let offsets = to.offsets.entry(one.standing.topic.clone()).or_default();
            offsets.insert(one.standing.partition, one.to);
        }
        look.keeper.reset(&found, &to, cancel)?;
        reset.applied = true;
    }
    Ok(reset)
}
