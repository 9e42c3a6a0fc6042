//! The first steps to a database or an object store: name, port and certificate.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use flowloom_flow::value::Certificate;
use flowloom_net::reach::{self, Reached};
use flowloom_net::{Address, Failure, Probe, Tls, tls};
use url::Url;

use crate::host;
use crate::ssl_mode::{Encryption, SslMode, pem};

/// How long a server may take for its first words: one of another protocol waits for ours.
const PATIENCE: Duration = Duration::from_secs(4);

/// What a protocol says before its TLS begins.
pub(crate) type Prelude = fn(&mut TcpStream) -> Result<(), Failure>;

/// `DNS` and `TCP`.
pub(crate) fn reach(probe: &mut Probe<'_>, host: &str, port: i64) -> Option<Reached> {
    let host = host.trim().trim_start_matches('[').trim_end_matches(']').to_owned();
    let servers = reach::dns(probe, &[Address { host, port: host::port(port) }])?;
    reach::tcp(probe, &servers)
}

/// `DNS`, `TCP` and, where it is on, `TLS`; whether all went well.
pub(crate) fn steps(probe: &mut Probe<'_>, encryption: &Encryption<'_>, port: i64, prelude: Prelude) -> bool {
    let Some(mut reached) = reach(probe, encryption.host, port) else { return false };
    let Some(tls) = encryption.tls() else {
        let why = match encryption.mode {
            SslMode::Auto => "nothing is encrypted within this machine",
            _ => "it is switched off",
        };
        probe.skip("TLS", why);
        return true;
    };
    let secured = probe.step("TLS", move |left| {
        let patience = Some((left * 9 / 10).clamp(Duration::from_millis(1), PATIENCE));
        let stream = &mut reached.stream;
        stream
            .set_read_timeout(patience)
            .and_then(|()| stream.set_write_timeout(patience))
            .map_err(|error| Failure::new("the connection cannot be used").details(&error))?;
        prelude(stream)?;
        tls::handshake(reached, &tls, left)
    });
    secured.is_some()
}

/// The same for a URL; `ca`: who signed its certificate, if not somebody whom this machine trusts.
pub(crate) fn endpoint(probe: &mut Probe<'_>, url: &str, ca: &Certificate) -> bool {
    let Some((host, port, is_encrypted)) = of_url(url) else {
        let wrong =
            Failure::new(format!("`{url}` is no URL")).hint("write the endpoint as `https://host:port`");
        return probe.step("DNS", move |_| Err::<flowloom_net::Passed<()>, _>(wrong)).is_some();
    };
    let Some(reached) = reach(probe, &host, port) else { return false };
    if !is_encrypted {
        probe.skip("TLS", "the endpoint is one without encryption");
        return true;
    }
    let trusted = Tls { ca: pem(ca), ..Tls::default() };
    tls::tls(probe, reached, &trusted).is_some()
}

fn of_url(url: &str) -> Option<(String, i64, bool)> {
    let url = Url::parse(url).ok()?;
    Some((url.host_str()?.to_owned(), i64::from(url.port_or_known_default()?), url.scheme() == "https"))
}

/// `SSLRequest` of `PostgreSQL`, and its answer.
pub(crate) const POSTGRES: Prelude = |stream| {
    let none = "no PostgreSQL server answers here";
    let mut request = [0; 8];
    request[..4].copy_from_slice(&8_u32.to_be_bytes());
    request[4..].copy_from_slice(&80_877_103_u32.to_be_bytes());
    let mut answer = [0];
    stream
        .write_all(&request)
        .and_then(|()| stream.read_exact(&mut answer))
        .map_err(|error| silent(none, &error))?;
    match answer {
        [b'S'] => Ok(()),
        [b'N'] => Err(Failure::new("the server does not offer TLS").hint(
            "switch `ssl` on in its postgresql.conf; inside of a trusted network TLS may be disabled here instead",
        )),
        _ => Err(Failure::new(none).hint("check the port; PostgreSQL's is 5432 unless it was changed")),
    }
};

/// `MySQL`'s greeting, and the request to go on with TLS.
pub(crate) const MYSQL: Prelude = |stream| {
    // Of the protocol's handshake: `CLIENT_PROTOCOL_41`, `CLIENT_SSL`, `CLIENT_SECURE_CONNECTION`, `CLIENT_PLUGIN_AUTH`.
    const SSL: u32 = 0x0800;
    const CAPABILITIES: u32 = 0x0200 | SSL | 0x8000 | 0x0008_0000;
    let none = || {
        Failure::new("no MySQL server answers here")
            .hint("check the port; MySQL's is 3306 unless it was changed")
    };
    let mut head = [0; 4];
    stream.read_exact(&mut head).map_err(|error| silent("no MySQL server answers here", &error))?;
    let size = u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize;
    if head[3] != 0 || !(1..=4096).contains(&size) {
        return Err(none());
    }
    let mut greeting = vec![0; size];
    stream.read_exact(&mut greeting).map_err(|error| silent("no MySQL server answers here", &error))?;
    let has_tls = match greeting.split_first() {
        Some((0xff, refused)) => {
            let said = String::from_utf8_lossy(refused.get(2..).unwrap_or_default()).into_owned();
            return Err(Failure::new("the server refuses this machine")
                .hint(
                    "a user's host part must match this machine's address; too many failed attempts block it",
                )
                .details(&said));
        }
        // After the version's text: 4 bytes of an id, 8 of a challenge, 1 of nothing, 2 of capabilities.
        Some((10, rest)) => {
            let end = rest.iter().position(|byte| *byte == 0).ok_or_else(none)?;
            let low = rest.get(end + 14..end + 16).ok_or_else(none)?;
            u32::from(u16::from_le_bytes([low[0], low[1]])) & SSL != 0
        }
        _ => return Err(none()),
    };
    if !has_tls {
        return Err(Failure::new("the server does not offer TLS").hint(
            "give it a certificate with `ssl_cert` and `ssl_key`; inside of a trusted network TLS may be disabled here \
             instead",
        ));
    }
    let mut request = vec![32, 0, 0, 1];
    request.extend(CAPABILITIES.to_le_bytes());
    request.extend(0x0100_0000_u32.to_le_bytes());
    // utf8mb4, and 23 bytes that the protocol keeps for later.
    request.push(45);
    request.resize(36, 0);
    stream.write_all(&request).map_err(|error| silent("the connection broke", &error))
};

fn silent(what: &str, error: &std::io::Error) -> Failure {
    let hint = match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "whoever listens there says nothing: check the port",
        _ => "whoever listens there closed the connection: check the port",
    };
    Failure::new(what).hint(hint).details(error)
}
