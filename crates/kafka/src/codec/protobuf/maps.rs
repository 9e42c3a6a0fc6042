//! Entries of a map: of those with one key the last holds.

use std::collections::HashSet;

use super::wire::{Layout, Wire};
use crate::codec::reason::Parsed;

/// Up to here each key is compared with each other one.
const FEW: usize = 8;

/// A key as it is on the wire; all keys of one map are of one type.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Leaves of the entries at `spans` the last of each key, in their order.
pub(super) fn keep_last(wire: &Wire<'_>, spans: &mut Vec<(usize, usize)>) -> Parsed<()> {
    if spans.len() <= FEW {
        let mut keys = [Key::Number(0); FEW];
        for (key, span) in keys.iter_mut().zip(spans.iter()) {
            *key = key_of(wire.slice(*span))?;
        }
        let keys = &keys[..spans.len()];
        let mut at = 0;
        spans.retain(|_| {
            at += 1;
            !keys[at..].contains(&keys[at - 1])
        });
        return Ok(());
    }
    let mut seen = HashSet::with_capacity(spans.len());
    let keys: Vec<_> = spans.iter().map(|span| key_of(wire.slice(*span))).collect::<Parsed<_>>()?;
    let mut is_last: Vec<bool> = keys.iter().rev().map(|key| seen.insert(*key)).collect();
    spans.retain(|_| is_last.pop().unwrap_or(true));
    Ok(())
}

fn key_of(entry: &[u8]) -> Parsed<Key<'_>> {
    let mut wire = Wire::new(entry);
    let mut key = None;
    while !wire.is_done() {
        let tag = wire.tag()?;
        if tag.field != 1 {
            wire.skip(tag)?;
            continue;
        }
        key = Some(match tag.layout {
            Layout::Varint => Key::Number(wire.varint()?),
            Layout::Fixed32 => Key::Number(u64::from(u32::from_le_bytes(wire.fixed32()?))),
            Layout::Fixed64 => Key::Number(u64::from_le_bytes(wire.fixed64()?)),
            Layout::Bytes => Key::Bytes(wire.bytes()?),
            _ => return Err(wire.stray_end()),
        });
    }
    // A key that is not written is the empty text or zero, whichever the map's keys are.
    Ok(match key {
        None | Some(Key::Number(0)) => Key::Bytes(&[]),
        Some(key) => key,
    })
}
