//! As much of Kafka's protocol as it takes to tell who listens: framing, `ApiVersions`, `Metadata`, `SaslHandshake`.
//!
//! <https://kafka.apache.org/protocol>; the versions used here are spoken by every broker since 0.11.

use std::io::{self, ErrorKind, Read, Write};

/// An open connection, encrypted or not.
pub(super) trait Duplex: Read + Write + Send {}

impl<T: Read + Write + Send> Duplex for T {}

/// Answers larger than this are none: those that we ask for have a few kB.
const LARGEST: usize = 4 << 20;

const METADATA: i16 = 3;
const SASL_HANDSHAKE: i16 = 17;
const API_VERSIONS: i16 = 18;

pub(super) const UNSUPPORTED_SASL_MECHANISM: i16 = 33;
const UNSUPPORTED_VERSION: i16 = 35;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Broken {
    /// The other end closed the connection.
    Closed(String),
    /// It is silent.
    Silent(String),
    /// It said something else; its first bytes.
    Strange(Vec<u8>),
    Io(io::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::UnexpectedEof => Self::Closed("the connection was closed".to_owned()),
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
                Self::Closed(error.to_string())
            }
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Self::Silent(error.to_string()),
            _ => Self::Io(error),
        }
    }
}

/// What a broker says that it can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Abilities {
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
    /// Whether it is a broker; a controller of `KRaft` speaks Kafka, too, but has no metadata for clients.
    pub(super) fn is_broker(&self) -> bool {
        self.apis.iter().any(|(key, ..)| *key == METADATA)
    }

    /// The broker's release, as far as it shows.
    pub(super) fn release(&self) -> String {
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

/// Asks one after the other.
pub(super) struct Channel {
    stream: Box<dyn Duplex>,
    correlation: i32,
}

impl Channel {
    pub(super) fn new(stream: impl Duplex + 'static) -> Self {
        Self { stream: Box::new(stream), correlation: 0 }
    }

    /// What the broker can do; needs no login.
    pub(super) fn abilities(&mut self) -> Result<Abilities, Broken> {
        let mut body = Vec::new();
        compact(&mut body, "flowloom");
        compact(&mut body, env!("CARGO_PKG_VERSION"));
        body.push(0);
        let answer = self.ask(API_VERSIONS, 3, &body)?;
        if answer.starts_with(&UNSUPPORTED_VERSION.to_be_bytes()) {
            // An older broker, which says so in a form of its own.
            let answer = self.ask(API_VERSIONS, 0, &[])?;
            return read_old_abilities(&answer).ok_or(Broken::Strange(answer));
        }
        read_abilities(&answer).ok_or(Broken::Strange(answer))
    }

    /// Asks for the metadata of no topic: a listener that wants a login closes the connection.
    pub(super) fn metadata(&mut self) -> Result<(), Broken> {
        self.ask(METADATA, 4, &[0, 0, 0, 0, 0]).map(drop)
    }

    /// Starts a login with `mechanism`; the error code and the mechanisms that the listener offers.
    pub(super) fn sasl(&mut self, mechanism: &str) -> Result<(i16, Vec<String>), Broken> {
        let mut body = Vec::new();
        text(&mut body, mechanism);
        let answer = self.ask(SASL_HANDSHAKE, 1, &body)?;
        read_mechanisms(&answer).ok_or(Broken::Strange(answer))
    }

    /// Sends a request and returns the body of its answer.
    fn ask(&mut self, key: i16, version: i16, body: &[u8]) -> Result<Vec<u8>, Broken> {
        self.correlation += 1;
        let mut request = Vec::new();
        request.extend(key.to_be_bytes());
        request.extend(version.to_be_bytes());
        request.extend(self.correlation.to_be_bytes());
        text(&mut request, "flowloom");
        if key == API_VERSIONS && version >= 3 {
            // Its header has tagged fields then.
            request.push(0);
        }
        request.extend(body);
        let mut frame = (request.len() as u32).to_be_bytes().to_vec();
        frame.extend(request);
        self.stream.write_all(&frame)?;
        self.stream.flush()?;
        let mut head = [0; 4];
        self.stream.read_exact(&mut head)?;
        let size = u32::from_be_bytes(head) as usize;
        // `HTTP` and the first bytes of TLS are sizes of a gigabyte and more.
        if !(4..=LARGEST).contains(&size) {
            let mut bytes = head.to_vec();
            let mut more = [0; 60];
            let count = self.stream.read(&mut more).unwrap_or(0);
            bytes.extend(&more[..count]);
            return Err(Broken::Strange(bytes));
        }
        let mut answer = vec![0; size];
        self.stream.read_exact(&mut answer)?;
        let body = answer.split_off(4);
        if answer == self.correlation.to_be_bytes() { Ok(body) } else { Err(Broken::Strange(body)) }
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as i16).to_be_bytes());
    out.extend(text.as_bytes());
}

/// A short text with its length plus one in one byte.
fn compact(out: &mut Vec<u8>, text: &str) {
    out.push(text.len() as u8 + 1);
    out.extend(text.as_bytes());
}

/// What is left of an answer.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn i16(&mut self) -> Option<i16> {
        self.take(2)?.try_into().ok().map(i16::from_be_bytes)
    }

    fn i32(&mut self) -> Option<i32> {
        self.take(4)?.try_into().ok().map(i32::from_be_bytes)
    }

    fn varint(&mut self) -> Option<usize> {
        let mut value = 0_u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = *self.take(1)?.first()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value as usize);
            }
        }
        None
    }

    fn text(&mut self, size: usize) -> Option<String> {
        Some(String::from_utf8_lossy(self.take(size)?).into_owned())
    }

    /// Jumps over tagged fields; gives each to `each`.
    fn tags(&mut self, mut each: impl FnMut(usize, &'a [u8])) -> Option<()> {
        for _ in 0..self.varint()? {
            let (tag, size) = (self.varint()?, self.varint()?);
            each(tag, self.take(size)?);
        }
        Some(())
    }
}

/// Version 0.
fn read_old_abilities(answer: &[u8]) -> Option<Abilities> {
    let mut rest = Rest(answer);
    let error = rest.i16()?;
    let count = rest.i32()?;
    let apis = (0..count).map(|_| Some((rest.i16()?, rest.i16()?, rest.i16()?))).collect::<Option<_>>()?;
    (error == 0).then_some(Abilities { apis, metadata_version: None })
}

/// Version 3.
fn read_abilities(answer: &[u8]) -> Option<Abilities> {
    let mut rest = Rest(answer);
    let error = rest.i16()?;
    if error != 0 {
        return None;
    }
    let mut apis = Vec::new();
    for _ in 1..rest.varint()? {
        apis.push((rest.i16()?, rest.i16()?, rest.i16()?));
        rest.tags(|_, _| ())?;
    }
    rest.i32()?;
    let mut features = None;
    rest.tags(|tag, field| {
        if tag == 0 {
            features = Some(field);
        }
    })?;
    let metadata_version = features.and_then(read_metadata_version);
    Some(Abilities { apis, metadata_version })
}

/// The highest supported level of the feature `metadata.version`.
fn read_metadata_version(features: &[u8]) -> Option<i16> {
    let mut rest = Rest(features);
    for _ in 1..rest.varint()? {
        let size = rest.varint()?.checked_sub(1)?;
        let name = rest.text(size)?;
        let (_, newest) = (rest.i16()?, rest.i16()?);
        rest.tags(|_, _| ())?;
        if name == "metadata.version" {
            return Some(newest);
        }
    }
    None
}

fn read_mechanisms(answer: &[u8]) -> Option<(i16, Vec<String>)> {
    let mut rest = Rest(answer);
    let error = rest.i16()?;
    let count = rest.i32()?;
    let mechanisms = (0..count).map(|_| {
        let size = usize::try_from(rest.i16()?).ok()?;
        rest.text(size)
    });
    Some((error, mechanisms.collect::<Option<_>>()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_broker_s_abilities_are_read_in_old_and_new_form() {
        let old = [&[0, 0, 0, 0, 0, 2][..], &[0, 1, 0, 0, 0, 11], &[0, 3, 0, 0, 0, 8]].concat();
        let old = read_old_abilities(&old).unwrap();
        assert!(old.is_broker());
        assert_eq!(old.release(), "the protocol of Kafka 2.3 or newer");
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
            read_mechanisms(&bytes);
            read_metadata_version(&bytes);
        }
    }
}
