//! What is kept of a registry's answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use indexmap::IndexMap;

use super::{RegistrySchema, Unusable};
use crate::show::Decoder;

/// Schemas, and decoders, that are kept; the oldest goes first.
const MOST: usize = 1000;

/// For how long a schema that could not be had is not asked for again.
const SULK: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) schemas: Bounded<Arc<RegistrySchema>>,
    decoders: Bounded<Arc<Decoder>>,
    failed: Bounded<(Instant, Unusable)>,
    missing: Bounded<Instant>,
}

impl Kept {
    pub(super) fn decoder(&self, id: i32) -> Option<Result<Arc<Decoder>, Unusable>> {
        if let Some(decoder) = self.decoders.get(id) {
            return Some(Ok(Arc::clone(decoder)));
        }
        let (since, reason) = self.failed.get(id)?;
        (since.elapsed() < SULK).then(|| Err(reason.clone()))
    }

    /// Whether the registry said a short while ago that it has no schema `id`.
    pub(super) fn is_missing(&self, id: i32) -> bool {
        self.missing.get(id).is_some_and(|since| since.elapsed() < SULK)
    }

    pub(super) fn miss(&mut self, id: i32) {
        self.missing.put(id, Instant::now());
    }

    pub(super) fn keep(&mut self, id: i32, decoder: Result<Arc<Decoder>, Unusable>) {
        match decoder {
            Ok(decoder) => self.decoders.put(id, decoder),
            Err(reason) => self.failed.put(id, (Instant::now(), reason)),
        }
    }
}

/// The newest values by id.
#[derive(Debug)]
pub(super) struct Bounded<T>(IndexMap<i32, T>);

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

impl<T> Bounded<T> {
    pub(super) fn get(&self, id: i32) -> Option<&T> {
        self.0.get(&id)
    }

    pub(super) fn put(&mut self, id: i32, value: T) {
        if self.0.len() >= MOST && !self.0.contains_key(&id) {
            self.0.shift_remove_index(0);
        }
        self.0.insert(id, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let mut kept = Bounded::default();
        for id in 0..=MOST as i32 {
            kept.put(id, id);
        }
        assert_eq!((kept.get(0), kept.get(1), kept.0.len()), (None, Some(&1), MOST));
    }
}
