//! What a broker can do, by its answer to `ApiVersions`.

use std::ops::RangeInclusive;

use super::METADATA;
use super::coding::Reader;

/// What a broker says that it can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Abilities {
    /// Key, lowest and highest version of each request.
    apis: Vec<(i16, i16, i16)>,
    /// The newest layout of metadata that this broker's software knows.
    metadata_version: Option<i16>,
}

/// Highest level of the feature `metadata.version` of each release with `KRaft`.
const RELEASES: &[(i16, &str)] = &[
    (7, "3.3"),
    (8, "3.4"),
    (11, "3.5"),
    (14, "3.6"),
    (19, "3.7"),
    (20, "3.8"),
    (21, "3.9"),
    (25, "4.0"),
    (27, "4.1"),
    (29, "4.2"),
    (30, "4.3"),
    (33, "4.4"),
];

/// Highest version of `Fetch` and the first release that had it.
const FETCHES: &[(i16, &str)] =
    &[(4, "0.11"), (10, "2.1"), (11, "2.3"), (12, "2.7"), (13, "3.1"), (15, "3.5"), (16, "3.7"), (17, "3.9")];

impl Abilities {
    /// The newest version of the request `key` that the broker and we know.
    pub(super) fn version(&self, key: i16, ours: RangeInclusive<i16>) -> Option<i16> {
        let (_, lowest, highest) = self.apis.iter().find(|(found, ..)| *found == key)?;
        let version = (*highest).min(*ours.end());
        (version >= *lowest && version >= *ours.start()).then_some(version)
    }

    /// Whether it is a broker; a controller of `KRaft` speaks Kafka, too, but has no metadata for clients.
    pub(crate) fn is_broker(&self) -> bool {
        self.apis.iter().any(|(key, ..)| *key == METADATA)
    }

    /// The broker's release, as far as it shows.
    pub(crate) fn release(&self) -> String {
        if let Some(level) = self.metadata_version {
            return match RELEASES.iter().find(|(newest, _)| level <= *newest) {
                Some((_, release)) => format!("Kafka {release}"),
                None => format!("Kafka newer than {}", RELEASES.last().map_or("4", |(_, release)| release)),
            };
        }
        let fetch = self.apis.iter().find(|(key, ..)| *key == 1).map_or(0, |(.., newest)| *newest);
        match FETCHES.iter().rev().find(|(version, _)| fetch >= *version) {
            Some((_, release)) => format!("the protocol of Kafka {release} or newer"),
            None => "the protocol of an old Kafka".to_owned(),
        }
    }
}

/// Version 0.
pub(super) fn read_old_abilities(answer: &[u8]) -> Option<Abilities> {
    let mut reader = Reader::fixed(answer);
    let error = reader.i16()?;
    let count = reader.count()?;
    let apis =
        (0..count).map(|_| Some((reader.i16()?, reader.i16()?, reader.i16()?))).collect::<Option<_>>()?;
    (error == 0).then_some(Abilities { apis, metadata_version: None })
}

/// Version 3.
pub(super) fn read_abilities(answer: &[u8]) -> Option<Abilities> {
    let mut reader = Reader::compact(answer);
    let error = reader.i16()?;
    if error != 0 {
        return None;
    }
    let mut apis = Vec::new();
    for _ in 0..reader.count()? {
        apis.push((reader.i16()?, reader.i16()?, reader.i16()?));
        reader.end()?;
    }
    reader.i32()?;
    let mut features = None;
    reader.tags(|tag, field| {
        if tag == 0 {
            features = Some(field);
        }
    })?;
    let metadata_version = features.and_then(read_metadata_version);
    Some(Abilities { apis, metadata_version })
}

/// The highest supported level of the feature `metadata.version`.
fn read_metadata_version(features: &[u8]) -> Option<i16> {
    let mut reader = Reader::compact(features);
    for _ in 0..reader.count()? {
        let name = reader.text()?;
        let (_, newest) = (reader.i16()?, reader.i16()?);
        reader.end()?;
        if name == "metadata.version" {
            return Some(newest);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_broker_s_abilities_are_read_in_old_and_new_form() {
        let old = [&[0, 0, 0, 0, 0, 2][..], &[0, 1, 0, 0, 0, 11], &[0, 3, 0, 1, 0, 8]].concat();
        let old = read_old_abilities(&old).unwrap();
        assert!(old.is_broker());
        assert_eq!(old.release(), "the protocol of Kafka 2.3 or newer");
        assert_eq!((old.version(3, 0..=4), old.version(3, 2..=12)), (Some(4), Some(8)));
        assert_eq!(
            (old.version(3, 9..=12), old.version(3, 0..=0), old.version(35, 0..=3)),
            (None, None, None)
        );
        let name = b"metadata.version";
        let feature = [&[2, name.len() as u8 + 1][..], name, &[0, 1, 0, 25, 0]].concat();
        let new =
            [&[0, 0, 2][..], &[0, 18, 0, 0, 0, 4, 0], &[0, 0, 0, 0], &[1, 0, feature.len() as u8], &feature]
                .concat();
        let new = read_abilities(&new).unwrap();
        assert!(!new.is_broker(), "without metadata it is a controller");
        assert_eq!(new.release(), "Kafka 4.0");
    }

    proptest! {
        #[test]
        fn no_answer_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            read_abilities(&bytes);
            read_old_abilities(&bytes);
            read_metadata_version(&bytes);
        }
    }
}
