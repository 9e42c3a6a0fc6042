//! Who listens: Kafka or something else, with TLS or without, with a login or without.

use std::time::Duration;

use flowloom_net::reach::{Reached, Resolved};
use flowloom_net::tls::{self, Secured};
use flowloom_net::{Address, Failure, Passed, Tls, Verify};

use crate::client::Security;
use crate::wire::{Abilities, Broken, Channel, Duplex};

/// How long a second look at a listener may take.
const LOOK: Duration = Duration::from_millis(1500);

/// An open connection to a broker, before any login.
pub(super) struct Greeted {
    pub(super) address: Address,
    pub(super) channel: Channel,
}

/// Encrypts the connection. Who closes it may be a listener without TLS, which a second look tells.
pub(super) fn secure(reached: Reached, tls: &Tls, left: Duration) -> Result<Passed<Secured>, Failure> {
    let address = reached.address.clone();
    tls::handshake(reached, tls, left).map_err(|failure| {
        if failure.message.contains("closed the connection") && speaks_plain(&address) {
            return Failure::new(format!("the listener at `{address}` does not speak TLS"))
                .hint("Choose the protocol without TLS, or the port of the listener with TLS")
                .details(&failure.details);
        }
        failure
    })
}

/// Asks who is there, which a listener answers before any login.
pub(super) fn greet(
    address: Address,
    stream: impl Duplex + 'static,
    security: &Security,
) -> Result<Passed<Greeted>, Failure> {
    let mut channel = Channel::new(stream);
    let abilities = channel.abilities().map_err(|broken| no_answer(&address, broken, security))?;
    if !abilities.is_broker() {
        return Err(Failure::new(format!("a controller listens at `{address}`, not a broker"))
            .hint("Use the port of a broker's listener; controllers take no clients"));
    }
    if security.login.is_none() {
        channel.metadata().map_err(|broken| no_metadata(&address, broken, security))?;
    }
    let message = said(&address, &abilities);
    Ok(Passed::new(Greeted { address, channel }, message))
}

fn said(address: &Address, abilities: &Abilities) -> String {
    let release = abilities.release();
    if release.starts_with("the") {
        format!("`{address}` speaks {release}")
    } else {
        format!("`{address}` is a broker of {release}")
    }
}

/// Why nobody answered Kafka's first request.
fn no_answer(address: &Address, broken: Broken, security: &Security) -> Failure {
    let is_encrypted = security.tls.is_some();
    match broken {
        Broken::Strange(bytes) => strange(address, &bytes),
        Broken::Closed(raw) | Broken::Silent(raw) if !is_encrypted && speaks_tls(address) => {
            asks_for_tls(address).details(&raw)
        }
        Broken::Closed(raw) => tls::refusal(address, &raw, security.tls.as_ref()).unwrap_or_else(|| {
            Failure::new(format!("`{address}` closed the connection at Kafka's first request"))
                .hint(match &security.tls {
                    Some(tls) if tls.certificate.is_none() => {
                        "Perhaps it asks for a client certificate; else check that the port is that of a Kafka listener"
                    }
                    _ => "Check that the port is that of a Kafka listener",
                })
                .details(&raw)
        }),
        Broken::Silent(raw) => Failure::new(format!(
            "`{address}` takes the connection and does not answer Kafka's first request"
        ))
        .hint("Check that the port is that of a Kafka listener, and whether it asks for TLS")
        .details(&raw),
        Broken::Io(error) => {
            let raw = error.to_string();
            tls::refusal(address, &raw, security.tls.as_ref()).unwrap_or_else(|| {
                Failure::new(format!("the connection to `{address}` broke at Kafka's first request"))
                    .hint("Look into the broker's log")
                    .details(&raw)
            })
        }
    }
}

/// Why a listener that speaks Kafka does not answer without a login.
fn no_metadata(address: &Address, broken: Broken, security: &Security) -> Failure {
    let raw = match broken {
        Broken::Closed(raw) | Broken::Silent(raw) => raw,
        Broken::Strange(bytes) => return strange(address, &bytes),
        Broken::Io(error) => error.to_string(),
    };
    let offered = offered(address, security).unwrap_or_default();
    if offered.is_empty() {
        return Failure::new(format!(
            "`{address}` speaks Kafka but closed the connection at the first question"
        ))
        .hint("Mostly the listener asks for a login: choose a protocol with SASL")
        .details(&raw);
    }
    let protocol = if security.tls.is_some() { "SASL_SSL" } else { "SASL_PLAINTEXT" };
    Failure::new(format!("the listener at `{address}` asks for a login, and none is chosen"))
        .hint(format!("Choose the protocol {protocol} with one of its mechanisms: {}", offered.join(", ")))
        .details(&raw)
}

/// What speaks there instead.
fn strange(address: &Address, bytes: &[u8]) -> Failure {
    let failure = match bytes {
        // A TLS alert or handshake: 0x15 or 0x16, then the version 3.x.
        [0x15 | 0x16, 3, ..] => asks_for_tls(address),
        [b'H', b'T', b'T', b'P', ..] => Failure::new(format!(
            "an HTTP service listens at `{address}`, not Kafka"
        ))
        .hint("Use the port of a broker's listener; a schema registry or a REST proxy has a port of its own"),
        _ => Failure::new(format!("what listens at `{address}` does not speak Kafka"))
            .hint("Check host and port: brokers mostly listen on 9092 to 9094"),
    };
    let shown: String =
        bytes.iter().take(40).flat_map(|byte| std::ascii::escape_default(*byte)).map(char::from).collect();
    failure.details(&format!("its answer starts with {shown}"))
}

fn asks_for_tls(address: &Address) -> Failure {
    Failure::new(format!("the listener at `{address}` asks for TLS, and the protocol has none"))
        .hint("Choose the protocol SSL, or SASL_SSL with a login")
}

/// A new connection, for a look that must not take long.
fn again(address: &Address) -> Option<Reached> {
    let reached = Reached::of(&Resolved::of(address).ok()?, LOOK).ok()?;
    reached.stream.set_read_timeout(Some(LOOK)).ok()?;
    reached.stream.set_write_timeout(Some(LOOK)).ok()?;
    Some(reached)
}

fn speaks_plain(address: &Address) -> bool {
    again(address).is_some_and(|reached| Channel::new(reached.stream).abilities().is_ok())
}

/// Whether a handshake succeeds, or fails for a reason that only somebody with TLS has.
fn speaks_tls(address: &Address) -> bool {
    let anybody = Tls { verify: Verify::Nothing, ..Tls::default() };
    again(address).is_some_and(|reached| match tls::handshake(reached, &anybody, LOOK) {
        Ok(_) => true,
        Err(failure) => failure.details.contains("alert"),
    })
}

/// The mechanisms that a listener offers.
fn offered(address: &Address, security: &Security) -> Option<Vec<String>> {
    let reached = again(address)?;
    let mut channel = match &security.tls {
        None => Channel::new(reached.stream),
        Some(tls) => Channel::new(tls::handshake(reached, tls, LOOK).ok()?.value.stream),
    };
    // A mechanism that nobody has makes the listener name those that it has.
    channel.sasl("FLOWLOOM").ok().map(|(_, offered)| offered)
}
