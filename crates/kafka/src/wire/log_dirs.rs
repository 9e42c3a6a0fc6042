//! `DescribeLogDirs`: how many bytes a broker holds of each partition (KIP-113). librdkafka does not have it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::coding::{Reader, Writer};
use super::{Abilities, Broken, Channel, DESCRIBE_LOG_DIRS};

/// Bytes of each partition, by topic.
pub(crate) type Sizes = BTreeMap<String, BTreeMap<i32, u64>>;

/// Version 1 is laid out as version 0, version 2 is the first in the compact form, version 3 has an error code.
const VERSIONS: RangeInclusive<i16> = 0..=3;

/// Partitions of one request: with the longest names of topics, and each partition on its way to another disk, the
/// answer has 2.9 MB.
const MOST_PARTITIONS: usize = 5000;

impl Abilities {
    /// The version in which this broker tells the sizes of partitions, if it does.
    pub(crate) fn log_dirs(&self) -> Option<i16> {
        self.version(DESCRIBE_LOG_DIRS, VERSIONS)
    }
}

impl Channel {
    /// The sizes of `wanted` on this broker, sorted by topic. Those that it does not hold are missing: all of them where
    /// this login may not see them, which needs `Describe` on `Cluster`.
    pub(crate) fn log_dirs(&mut self, version: i16, wanted: &[(Arc<str>, i32)]) -> Result<Sizes, Broken> {
        let mut sizes = Sizes::new();
        for wanted in wanted.chunks(MOST_PARTITIONS) {
            let answer = self.ask(DESCRIBE_LOG_DIRS, version, &request(version, wanted))?;
            match read(&answer, version, &mut sizes) {
                Some(0) => {}
                Some(error) => {
                    tracing::debug!(error, "the broker does not tell the sizes of topics");
                    break;
                }
                None => return Err(Broken::Strange(answer)),
            }
        }
        Ok(sizes)
    }
}

fn request(version: i16, wanted: &[(Arc<str>, i32)]) -> Writer {
    let mut body = if version < 2 { Writer::fixed() } else { Writer::compact() };
    let topics = || wanted.chunk_by(|(one, _), (next, _)| one == next);
    body.count(topics().count());
    for partitions in topics() {
        body.text(partitions.first().map_or("", |(topic, _)| topic));
        body.count(partitions.len());
        for (_, partition) in partitions {
            body.i32(*partition);
        }
        body.end();
    }
    body.end();
    body
}

/// Adds what a broker says to `sizes`, and returns its error code.
fn read(answer: &[u8], version: i16, sizes: &mut Sizes) -> Option<i16> {
    let mut reader = if version < 2 { Reader::fixed(answer) } else { Reader::compact(answer) };
    let _throttle_ms = reader.i32()?;
    let error = if version < 3 { 0 } else { reader.i16()? };
    for _ in 0..reader.count()? {
        // A disk that is broken has an error and no topics.
        let (_error, _folder) = (reader.i16()?, reader.text()?);
        for _ in 0..reader.count()? {
            let topic = reader.text()?;
            for _ in 0..reader.count()? {
                let (partition, size, _lag) = (reader.i32()?, reader.i64()?, reader.i64()?);
                let is_future = reader.u8()? != 0;
                reader.end()?;
                // A copy on its way to another disk is not there twice.
                if let Ok(size) = u64::try_from(size)
                    && !is_future
                {
                    sizes.entry(topic.clone()).or_default().insert(partition, size);
                }
            }
            reader.end()?;
        }
        reader.end()?;
    }
    reader.end()?;
    Some(error)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wanted() -> Vec<(Arc<str>, i32)> {
        let (one, two): (Arc<str>, Arc<str>) = ("a".into(), "bc".into());
        vec![(Arc::clone(&one), 0), (one, 2), (two, 1)]
    }

    #[test]
    fn requests_have_the_bytes_of_the_protocol() {
        let fixed = [
            &[0, 0, 0, 2][..],
            &[0, 1, b'a', 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2],
            &[0, 2, b'b', b'c', 0, 0, 0, 1, 0, 0, 0, 1],
        ];
        assert_eq!(request(1, &wanted()).bytes(), fixed.concat());
        let compact =
            [&[3][..], &[2, b'a', 3, 0, 0, 0, 0, 0, 0, 0, 2, 0], &[3, b'b', b'c', 2, 0, 0, 0, 1, 0], &[0]];
        assert_eq!(request(3, &wanted()).bytes(), compact.concat());
    }

    /// One folder with the topic `a`: partition 0 of 258 bytes, a copy of it on its way, partition 2 of 3 bytes; and
    /// a broken one.
    fn answer(version: i16) -> Vec<u8> {
        let is_compact = version >= 2;
        let end: &[u8] = if is_compact { &[0] } else { &[] };
        let count = |count: u8| if is_compact { vec![count + 1] } else { vec![0, 0, 0, count] };
        let text = |text: &str| {
            let size = text.len() as u8;
            let mut bytes = if is_compact { vec![size + 1] } else { vec![0, size] };
            bytes.extend(text.as_bytes());
            bytes
        };
        let partition = |id: u8, size: u16, is_future: u8| {
            [&[0, 0, 0, id, 0, 0, 0, 0, 0, 0][..], &size.to_be_bytes(), &[0; 8], &[is_future], end].concat()
        };
        let error: &[u8] = if version >= 3 { &[0, 0] } else { &[] };
        let topic =
            [text("a"), count(3), partition(0, 258, 0), partition(0, 4, 1), partition(2, 3, 0), end.to_vec()];
        let well = [&[0, 0][..], &text("/data"), &count(1), &topic.concat(), end].concat();
        let broken = [&[0, 56][..], &text("/bad"), &count(0), end].concat();
        [&[0, 0, 0, 0][..], error, &count(2), &well, &broken, end].concat()
    }

    #[test]
    fn answers_of_every_version_are_read() {
        for version in VERSIONS {
            let mut sizes = Sizes::new();
            assert_eq!(read(&answer(version), version, &mut sizes), Some(0), "version {version}");
            let expected = BTreeMap::from([("a".to_owned(), BTreeMap::from([(0, 258), (2, 3)]))]);
            assert_eq!(sizes, expected, "version {version}");
        }
        let refused = [0, 0, 0, 0, 0, 31, 1, 0];
        assert_eq!(read(&refused, 3, &mut Sizes::new()), Some(31));
    }

    proptest! {
        #[test]
        fn no_answer_panics(
            version in VERSIONS,
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            at in 0..80_usize,
            wrong in any::<u8>(),
        ) {
            read(&bytes, version, &mut Sizes::new());
            let mut answer = answer(version);
            answer.truncate(at + 30);
            if let Some(byte) = answer.get_mut(at) {
                *byte = wrong;
            }
            read(&answer, version, &mut Sizes::new());
        }
    }
}
