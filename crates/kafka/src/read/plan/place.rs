//! The plan for known facts, partition by partition.

use std::collections::BTreeSet;

use super::{Facts, Found, Plan, Span, shares};
use crate::error::{Error, Result};
use crate::offsets::{TopicOffsets, Watermarks, marks_of, offset_in};
use crate::read::request::{End, Fallback, Lost, Others, ReadRequest, Start};

/// Where one partition starts.
enum Begin {
    /// At an offset that somebody keeps or gave: it may be gone.
    Kept(i64),
    /// At a place that was just looked up.
    Here(i64),
}

pub(super) fn plan(request: &ReadRequest, facts: &Facts) -> Result<Plan> {
    refuse_strangers(request, facts)?;
    let topics: Vec<_> = facts.places.keys().cloned().collect();
    let (mut spans, mut found) = (Vec::new(), Vec::new());
    for (index, (topic, partitions)) in facts.places.iter().enumerate() {
        for &partition in partitions {
            let place = Place::of(request, facts, topic, partition)?;
            let Some((from, end, found_there)) = place.ends()? else { continue };
            spans.push(Span { topic: index, partition, from, end, quota: u64::MAX });
            found.push(found_there);
        }
    }
    // The newest are no more than the limit, and it must not hold back those that are found further back.
    if let Some(total) = request.newest() {
        for (span, share) in shared(&spans, total) {
            spans[span].from = spans[span].end - share as i64;
        }
    } else if let Some(total) = request.limits.messages {
        for (span, share) in shared(&spans, total) {
            spans[span].quota = share;
        }
    }
    Ok(Plan { topics, spans, found })
}

fn shared(spans: &[Span], total: u64) -> Vec<(usize, u64)> {
    let available: Vec<_> = spans.iter().map(Span::offsets).collect();
    shares(&available, total).into_iter().enumerate().collect()
}

/// One partition, and what is known of it.
struct Place<'a> {
    request: &'a ReadRequest,
    facts: &'a Facts,
    topic: &'a str,
    partition: i32,
    mark: Watermarks,
}

impl<'a> Place<'a> {
    fn of(request: &'a ReadRequest, facts: &'a Facts, topic: &'a str, partition: i32) -> Result<Self> {
        let of = |offsets| offset_in(offsets, topic, partition);
        let mark = marks_of(topic, partition, of(&facts.low), of(&facts.high))?;
        Ok(Self { request, facts, topic, partition, mark })
    }

    /// Where the read of this partition starts and ends; `None`: it is not read.
    fn ends(&self) -> Result<Option<(i64, i64, Found)>> {
        let Some(end) = self.end()? else { return Ok(None) };
        let Some(begin) = self.begin(end) else { return Ok(None) };
        let Watermarks { low, high } = self.mark;
        let (from, kept, lost) = match begin {
            Begin::Here(offset) => (offset.max(low), None, 0),
            Begin::Kept(offset) => {
                self.in_range(offset, self.known(&self.facts.log_end).unwrap_or(high).max(high))?;
                let (from, lost) = self.kept(offset, end)?;
                (from, Some(offset), lost)
            }
        };
        Ok(Some((from, end.max(from), Found { low, high, kept, lost })))
    }

    fn end(&self) -> Result<Option<i64>> {
        let Watermarks { low, high } = self.mark;
        Ok(Some(match &self.request.end {
            End::HighWatermark => high,
            End::Committed { .. } => self.known(&self.facts.end_commits).unwrap_or(low).min(high),
            End::Timestamp(_) => self.known(&self.facts.end_times).unwrap_or(high).min(high),
            End::Offsets(ends) => match self.known(ends) {
                Some(end) => self.in_range(end, high).map(|()| end)?,
                None => return Ok(None),
            },
        }))
    }

    fn begin(&self, end: i64) -> Option<Begin> {
        let Watermarks { low, .. } = self.mark;
        let fallback = |fallback| match fallback {
            Fallback::Earliest => Begin::Here(low),
            Fallback::Latest => Begin::Here(end),
        };
        Some(match &self.request.start {
            Start::Earliest | Start::Tail(_) => Begin::Here(low),
            Start::Latest => Begin::Here(end),
            Start::Timestamp(_) => Begin::Here(self.known(&self.facts.start_times).unwrap_or(end)),
            Start::Committed { fallback: other, .. } => {
                self.known(&self.facts.start_commits).map_or_else(|| fallback(*other), Begin::Kept)
            }
            Start::Known { offsets, fallback: other } => {
                self.known(offsets).map_or_else(|| fallback(*other), Begin::Kept)
            }
            Start::Offsets { offsets, others } => match (self.known(offsets), others) {
                (Some(offset), _) => Begin::Kept(offset),
                (None, Others::Omitted) => return None,
                (None, Others::Earliest) => Begin::Here(low),
                (None, Others::Latest) => Begin::Here(end),
            },
        })
    }

    /// Where the read starts for a kept `offset`, and how many offsets are lost by that.
    fn kept(&self, offset: i64, end: i64) -> Result<(i64, i64)> {
        let first = self.mark.low.min(end);
        if offset >= first {
            return Ok((offset, 0));
        }
        match self.request.lost {
            Lost::Fail => Err(Error::OffsetRemoved {
                topic: self.topic.to_owned(),
                partition: self.partition,
                offset,
                lost: first - offset,
            }),
            Lost::Earliest => Ok((first, first - offset)),
            Lost::Latest => Ok((end, end - offset)),
        }
    }

    /// An offset past the end of the log was never written: the topic is not what it was.
    fn in_range(&self, offset: i64, high: i64) -> Result<()> {
        if (0..=high).contains(&offset) {
            return Ok(());
        }
        let (topic, low) = (self.topic.to_owned(), self.mark.low);
        Err(Error::OffsetOutOfRange { topic, partition: self.partition, offset, low, high })
    }

    fn known(&self, offsets: &TopicOffsets) -> Option<i64> {
        offset_in(offsets, self.topic, self.partition)
    }
}

/// Refuses offsets of partitions that are not read. Offsets that somebody keeps may be of more than is read, but
/// not of partitions that a topic no longer has: it is another topic of that name then.
fn refuse_strangers(request: &ReadRequest, facts: &Facts) -> Result<()> {
    let given = match &request.start {
        Start::Offsets { offsets, .. } => Some(offsets),
        _ => None,
    };
    let ends = if let End::Offsets(offsets) = &request.end { Some(offsets) } else { None };
    for offsets in given.into_iter().chain(ends) {
        refuse(offsets, facts, |_| false)?;
    }
    match &request.start {
        Start::Known { offsets, .. } => refuse(offsets, facts, |topic| {
            !facts.places.contains_key(topic) || request.topics.is_selection(topic)
        }),
        _ => Ok(()),
    }
}

fn refuse(offsets: &TopicOffsets, facts: &Facts, may_be_more: impl Fn(&str) -> bool) -> Result<()> {
    for (topic, of_topic) in offsets.iter().filter(|(topic, _)| !may_be_more(topic)) {
        let Some(read) = facts.places.get(topic) else {
            let reason = format!("offsets of topic `{topic}` are given, which is not read");
            return Err(Error::InvalidRequest { reason });
        };
        let read: BTreeSet<_> = read.iter().collect();
        if let Some(partition) = of_topic.keys().find(|partition| !read.contains(partition)) {
            let reason = format!(
                "topic `{topic}` has no partition {partition} that is read, but an offset of it is given"
            );
            return Err(Error::InvalidRequest { reason });
        }
    }
    Ok(())
}
