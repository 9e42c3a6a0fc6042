//! As much of Kafka's protocol as librdkafka does not do for us: who listens, before any login, and how large topics
//! are.
//!
//! <https://kafka.apache.org/protocol>; the versions used here are spoken by every broker since 0.11, those of
//! [`log_dirs`] since 1.0.

mod abilities;
mod coding;
mod log_dirs;
mod login;
mod scram;

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use openssl::ssl::SslStream;
use zeroize::Zeroizing;

pub(crate) use abilities::Abilities;
use abilities::{read_abilities, read_old_abilities};
use coding::{Reader, Writer};
pub(crate) use login::{Proof, Refused};

/// An open connection, encrypted or not.
pub(crate) trait Duplex: Read + Write + Send {
    /// How long one read or write may take from now on.
    fn limit(&self, limit: Duration) -> io::Result<()>;
}

impl Duplex for TcpStream {
    fn limit(&self, limit: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(limit)).and_then(|()| self.set_write_timeout(Some(limit)))
    }
}

impl Duplex for SslStream<TcpStream> {
    fn limit(&self, limit: Duration) -> io::Result<()> {
        self.get_ref().limit(limit)
    }
}

/// Answers larger than this are none: the largest that we ask for, of [`log_dirs`], stays below.
const LARGEST: usize = 4 << 20;

const METADATA: i16 = 3;
const SASL_HANDSHAKE: i16 = 17;
const API_VERSIONS: i16 = 18;
const DESCRIBE_LOG_DIRS: i16 = 35;
const SASL_AUTHENTICATE: i16 = 36;

pub(crate) const UNSUPPORTED_SASL_MECHANISM: i16 = 33;
const UNSUPPORTED_VERSION: i16 = 35;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Broken {
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

/// Asks one after the other.
pub(crate) struct Channel {
    stream: Box<dyn Duplex>,
    correlation: i32,
    until: Option<Instant>,
}

impl Channel {
    /// A channel whose stream has its time limits already.
    pub(crate) fn new(stream: impl Duplex + 'static) -> Self {
        Self { stream: Box::new(stream), correlation: 0, until: None }
    }

    /// A channel that is silent after `until`, however slowly the other end speaks.
    pub(crate) fn until(stream: impl Duplex + 'static, until: Instant) -> Self {
        Self { until: Some(until), ..Self::new(stream) }
    }

    /// What the broker can do; needs no login.
    pub(crate) fn abilities(&mut self) -> Result<Abilities, Broken> {
        let mut body = Writer::compact();
        body.text("flowloom");
        body.text(env!("CARGO_PKG_VERSION"));
        body.end();
        let answer = self.ask(API_VERSIONS, 3, &body)?;
        if answer.starts_with(&UNSUPPORTED_VERSION.to_be_bytes()) {
            // An older broker, which says so in a form of its own.
            let answer = self.ask(API_VERSIONS, 0, &Writer::fixed())?;
            return read_old_abilities(&answer).ok_or(Broken::Strange(answer));
        }
        read_abilities(&answer).ok_or(Broken::Strange(answer))
    }

    /// Asks for the metadata of no topic: a listener that wants a login closes the connection.
    pub(crate) fn metadata(&mut self) -> Result<(), Broken> {
        let mut body = Writer::fixed();
        body.count(0);
        body.bool(false);
        self.ask(METADATA, 4, &body).map(drop)
    }

    /// Starts a login with `mechanism`; the error code and the mechanisms that the listener offers.
    pub(crate) fn sasl(&mut self, mechanism: &str) -> Result<(i16, Vec<String>), Broken> {
        let mut body = Writer::fixed();
        body.text(mechanism);
        let answer = self.ask(SASL_HANDSHAKE, 1, &body)?;
        read_mechanisms(&answer).ok_or(Broken::Strange(answer))
    }

    /// Sends a request and returns the body of its answer.
    fn ask(&mut self, key: i16, version: i16, body: &Writer) -> Result<Vec<u8>, Broken> {
        self.correlation += 1;
        let mut head = Writer::fixed();
        head.i16(key);
        head.i16(version);
        head.i32(self.correlation);
        head.text("flowloom");
        if body.is_compact() {
            head.no_tags();
        }
        let (head, body) = (head.bytes(), body.bytes());
        let size = head.len() + body.len();
        // A login may be in it, and a buffer that grows leaves copies behind.
        let mut frame = Zeroizing::new(Vec::with_capacity(size + 4));
        frame.extend((size as u32).to_be_bytes());
        frame.extend(head);
        frame.extend(body);
        self.limit()?;
        self.stream.write_all(&frame)?;
        self.stream.flush()?;
        self.answer(key == DESCRIBE_LOG_DIRS && version >= 2)
    }

    /// `has_tags`: whether the answer's header has tagged fields, which that of `ApiVersions` never has.
    fn answer(&mut self, has_tags: bool) -> Result<Vec<u8>, Broken> {
        let mut head = [0; 4];
        self.fill(&mut head)?;
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
        self.fill(&mut answer)?;
        let body = answer.split_off(4);
        if answer != self.correlation.to_be_bytes() {
            return Err(Broken::Strange(body));
        }
        if !has_tags {
            return Ok(body);
        }
        let mut reader = Reader::compact(&body);
        match reader.end() {
            Some(()) => Ok(reader.left().to_vec()),
            None => Err(Broken::Strange(body)),
        }
    }

    /// As `read_exact`, within the time that is left.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Broken> {
        let mut filled = 0;
        while filled < bytes.len() {
            self.limit()?;
            match self.stream.read(&mut bytes[filled..]) {
                Ok(0) => return Err(io::Error::from(ErrorKind::UnexpectedEof).into()),
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn limit(&self) -> Result<(), Broken> {
        let Some(until) = self.until else { return Ok(()) };
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::Error::from(ErrorKind::TimedOut).into());
        }
        Ok(self.stream.limit(left)?)
    }
}

fn read_mechanisms(answer: &[u8]) -> Option<(i16, Vec<String>)> {
    let mut reader = Reader::fixed(answer);
    let error = reader.i16()?;
    let mechanisms = (0..reader.count()?).map(|_| reader.text()).collect::<Option<_>>()?;
    Some((error, mechanisms))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_answer_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            read_mechanisms(&bytes);
        }
    }

    #[test]
    fn mechanisms_are_read() {
        let answer = [&[0, 33, 0, 0, 0, 1, 0, 5][..], b"PLAIN"].concat();
        assert_eq!(read_mechanisms(&answer), Some((33, vec!["PLAIN".to_owned()])));
    }
}
