//! A rate limit as a token bucket: what is taken is paid for, and who owes waits.

use std::time::{Duration, Instant};

use crate::read::request::Rate;

/// What is saved up while nothing is taken, as a share of a second.
const SAVED: f64 = 0.1;

/// How many messages may be taken when.
pub(super) struct Pace {
    messages: Option<Bucket>,
    bytes: Option<Bucket>,
    /// Bytes of a message, about.
    message_bytes: f64,
}

struct Bucket {
    per_s: f64,
    left: f64,
    filled: Instant,
}

impl Bucket {
    fn new(per_s: u64, now: Instant) -> Self {
        Self { per_s: per_s as f64, left: 0.0, filled: now }
    }

    fn fill(&mut self, now: Instant) {
        // One message can be saved up for at any rate.
        let most = (self.per_s * SAVED).max(1.0);
        self.left = (self.left + now.duration_since(self.filled).as_secs_f64() * self.per_s).min(most);
        self.filled = now;
    }

    /// How long until there is at least one.
    fn wait(&self) -> Duration {
        Duration::try_from_secs_f64(((1.0 - self.left) / self.per_s).max(0.0)).unwrap_or(Duration::MAX)
    }
}

impl Pace {
    /// None where nothing is limited.
    pub(super) fn new(rate: Rate, now: Instant) -> Option<Self> {
        let bucket = |per_s: Option<u64>| per_s.map(|per_s| Bucket::new(per_s, now));
        let (messages, bytes) = (bucket(rate.messages_per_s), bucket(rate.bytes_per_s));
        (messages.is_some() || bytes.is_some()).then_some(Self { messages, bytes, message_bytes: 0.0 })
    }

    /// How many messages may be taken now, or how long to wait for the next one.
    pub(super) fn room(&mut self, now: Instant) -> Result<usize, Duration> {
        let mut room = f64::MAX;
        for (bucket, each) in [(&mut self.messages, 1.0), (&mut self.bytes, self.message_bytes)] {
            let Some(bucket) = bucket else { continue };
            bucket.fill(now);
            if bucket.left < 1.0 {
                return Err(bucket.wait());
            }
            // Before the first message nobody knows how large they are.
            room = room.min(if each > 0.0 { (bucket.left / each).max(1.0) } else { 1.0 });
        }
        Ok(room as usize)
    }

    /// Pays for what was taken.
    pub(super) fn took(&mut self, messages: u64, bytes: u64) {
        if messages == 0 {
            return;
        }
        let each = bytes as f64 / messages as f64;
        self.message_bytes =
            if self.message_bytes > 0.0 { f64::midpoint(self.message_bytes, each) } else { each };
        for (bucket, paid) in [(&mut self.messages, messages), (&mut self.bytes, bytes)] {
            if let Some(bucket) = bucket {
                bucket.left -= paid as f64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages of `size` bytes that are taken within `seconds`, as often as one may.
    fn taken(rate: Rate, size: u64, seconds: f64) -> u64 {
        let start = Instant::now();
        let mut pace = Pace::new(rate, start).unwrap();
        let (mut now, mut taken) = (start, 0);
        while now.duration_since(start).as_secs_f64() < seconds {
            match pace.room(now) {
                Ok(room) => {
                    let count = room.min(1000) as u64;
                    pace.took(count, count * size);
                    taken += count;
                    now += Duration::from_millis(1);
                }
                Err(wait) => now += wait + Duration::from_micros(1),
            }
        }
        taken
    }

    #[test]
    fn no_more_than_the_rate_and_not_much_less() {
        let messages = |per_s| Rate { messages_per_s: Some(per_s), bytes_per_s: None };
        for per_s in [1, 7, 1000, 200_000] {
            let taken = taken(messages(per_s), 150, 10.0);
            assert!(taken <= 10 * per_s && taken >= 9 * per_s, "{per_s}: {taken}");
        }
        let bytes = Rate { messages_per_s: None, bytes_per_s: Some(1_000_000) };
        let small = taken(bytes, 100, 10.0);
        assert!((90_000..=101_000).contains(&small), "{small}");
        let large = taken(bytes, 10_000_000, 35.0);
        assert_eq!(large, 4, "one at once, and ten seconds for each");
        let both = Rate { messages_per_s: Some(10), bytes_per_s: Some(100) };
        let slowest = taken(both, 100, 10.0);
        assert!((9..=11).contains(&slowest), "{slowest}");
    }

    #[test]
    fn no_limit_is_no_pace() {
        assert!(Pace::new(Rate::default(), Instant::now()).is_none());
    }
}
