//! The last N messages, where offsets have no message: further back until there are as many.

use std::collections::VecDeque;

use super::fetch::{Fetch, Sink, fetch};
use super::plan::{Plan, Span, shares};
use super::queue::Message;
use super::request::{Limits, Lost, Progress, Rate, ReadRequest};
use crate::cancel::Cancel;
use crate::client::Connection;
use crate::error::Result;

/// A piece is at most this many times the messages that are missed, growing by as much: long gaps are passed soon.
const GROWTH: u64 = 4;

/// Starts the plan's spans earlier, so that they hold `total` messages, or all that there are; `had` is how many
/// each was found to hold. Says whether any of them starts earlier now.
pub(super) fn widen(
    connection: &Connection,
    request: &ReadRequest,
    plan: &mut Plan,
    had: &[u64],
    total: u64,
    cancel: &Cancel,
) -> Result<bool> {
    let mut held = had.to_vec();
    // Everything from here on was looked at.
    let mut edges: Vec<i64> = plan.spans.iter().map(|span| span.from).collect();
    let mut growth = 1;
    let mut is_wider = false;
    loop {
        let open: Vec<_> = edges
            .iter()
            .zip(&plan.found)
            .map(|(edge, found)| u64::try_from(edge - found.low).unwrap_or(0))
            .collect();
        let missing = missing(&held, &open, total);
        let pieces: Vec<_> = missing.iter().enumerate().filter(|(_, missing)| **missing > 0).collect();
        if pieces.is_empty() {
            break;
        }
        let spans: Vec<_> = pieces
            .iter()
            .map(|&(index, missing)| {
                let offsets = missing.saturating_mul(growth).min(open[index]);
                Span {
                    from: edges[index] - offsets as i64,
                    end: edges[index],
                    quota: u64::MAX,
                    ..plan.spans[index]
                }
            })
            .collect();
        let mut newest = Newest(pieces.iter().map(|(_, missing)| (**missing, VecDeque::new())).collect());
        let piece = Fetch {
            connection,
            topics: &plan.topics,
            spans: &spans,
            limits: Limits::default(),
            rate: Rate::default(),
            lost: Lost::Earliest,
            stall_timeout: request.stall_timeout,
            cancel,
        };
        fetch(&piece, &mut newest)?;
        for ((&(index, missing), span), (_, offsets)) in pieces.iter().zip(&spans).zip(&newest.0) {
            held[index] += offsets.len() as u64;
            edges[index] = span.from;
            if let Some(first) = offsets.front() {
                (plan.spans[index].from, is_wider) = (*first, true);
                if offsets.len() as u64 == *missing {
                    // There may be more of them in this piece, should other partitions have fewer.
                    edges[index] = *first;
                }
            }
        }
        growth = growth.saturating_mul(GROWTH);
    }
    Ok(is_wider)
}

/// How many more messages each span should have, so that they have `total` together and the same each, except
/// those that have all there are: no offset is `open` there.
fn missing(held: &[u64], open: &[u64], total: u64) -> Vec<u64> {
    let can: Vec<_> =
        held.iter().zip(open).map(|(held, open)| if *open == 0 { *held } else { u64::MAX }).collect();
    let mut left = total.saturating_sub(held.iter().sum());
    let missing = shares(&can, total).into_iter().zip(held).map(|(share, held)| {
        let missing = share.saturating_sub(*held).min(left);
        left -= missing;
        missing
    });
    missing.collect()
}

/// The offsets of the last so many messages of each span.
struct Newest(Vec<(u64, VecDeque<i64>)>);

impl Sink for Newest {
    fn take(&mut self, span: usize, message: Message<'_>) -> Result<()> {
        let (most, offsets) = &mut self.0[span];
        if offsets.len() as u64 == *most {
            offsets.pop_front();
        }
        offsets.push_back(message.view().offset());
        Ok(())
    }

    fn tick(&mut self, _: Progress) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_shared_by_those_that_may_have_more() {
        assert_eq!(missing(&[0, 0], &[9, 9], 4), [2, 2]);
        assert_eq!(missing(&[0, 2], &[9, 9], 4), [2, 0]);
        assert_eq!(missing(&[3, 1], &[9, 0], 10), [6, 0]);
        assert_eq!(missing(&[2, 1, 1], &[9, 9, 9], 4), [0, 0, 0]);
        assert_eq!(missing(&[1, 2], &[9, 9], 3), [0, 0]);
        assert_eq!(missing(&[3, 1], &[0, 0], 10), [0, 0]);
        assert_eq!(missing(&[], &[], 10), [0; 0]);
    }
}
