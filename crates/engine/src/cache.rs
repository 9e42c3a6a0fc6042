//! Results of previews, so that an edit computes only what stands below it.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowloom_flow::{Counts, Problem};
use parking_lot::Mutex;
use polars::prelude::DataFrame;

/// What one node gave.
pub(crate) struct Cached {
    /// One frame for each output port; of a writer: the rows that it would take.
    pub(crate) frames: Vec<DataFrame>,
    pub(crate) counts: Option<Counts>,
    pub(crate) notes: Vec<Problem>,
}

/// Bounded by the size of the frames; what was used longest ago goes first.
pub struct Cache {
    inner: Mutex<Inner>,
    capacity_bytes: usize,
}

#[derive(Default)]
struct Inner {
    entries: BTreeMap<String, (u64, Arc<Cached>)>,
    clock: u64,
    bytes: usize,
}

impl Default for Cache {
    fn default() -> Self {
        Self::new(256 << 20)
    }
}

impl Cache {
    pub fn new(capacity_bytes: usize) -> Self {
        Self { inner: Mutex::default(), capacity_bytes }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Arc<Cached>> {
        let mut inner = self.inner.lock();
        inner.clock += 1;
        let now = inner.clock;
        let (used, cached) = inner.entries.get_mut(key)?;
        *used = now;
        Some(Arc::clone(cached))
    }

    pub(crate) fn put(&self, key: String, cached: Arc<Cached>) {
        let size = cached.size_bytes();
        if size > self.capacity_bytes {
            return;
        }
        let mut inner = self.inner.lock();
        inner.clock += 1;
        let now = inner.clock;
        if let Some((_, old)) = inner.entries.insert(key, (now, cached)) {
            inner.bytes -= old.size_bytes();
        }
        inner.bytes += size;
        while inner.bytes > self.capacity_bytes {
            let oldest = inner.entries.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| key.clone());
            let Some((_, old)) = oldest.and_then(|key| inner.entries.remove(&key)) else { break };
            inner.bytes -= old.size_bytes();
        }
    }
}

impl Cached {
    fn size_bytes(&self) -> usize {
        self.frames.iter().map(DataFrame::estimated_size).sum()
    }
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    fn cached(rows: usize) -> Arc<Cached> {
        let frame = df!("n" => vec![1_i64; rows]).expect("frame");
        Arc::new(Cached { frames: vec![frame], counts: None, notes: Vec::new() })
    }

    #[test]
    fn the_longest_unused_goes_first() {
        let cache = Cache::new(2_000);
        cache.put("a".into(), cached(100));
        cache.put("b".into(), cached(100));
        assert!(cache.get("a").is_some());
        cache.put("c".into(), cached(100));
        assert!(cache.get("b").is_none(), "used before `a`");
        assert!(cache.get("a").is_some() && cache.get("c").is_some());
    }

    #[test]
    fn what_is_too_large_is_not_kept() {
        let cache = Cache::new(100);
        cache.put("a".into(), cached(1_000));
        assert!(cache.get("a").is_none());
    }
}
