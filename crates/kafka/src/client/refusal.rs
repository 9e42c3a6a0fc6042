//! What a broker or OpenSSL means when they refuse a connection, in plain words.
//!
//! librdkafka hands their texts through; a client certificate that is refused comes as a broken connection, for TLS 1.3
//! tells it after the handshake.

/// A part of librdkafka's text, and what it means. The first that fits counts.
const MEANINGS: &[(&str, &str)] = &[
    ("alert unknown ca", "it does not trust the CA of the client certificate"),
    ("alert certificate expired", "the client certificate has expired"),
    ("alert certificate revoked", "the client certificate was revoked"),
    ("alert bad certificate", "it does not accept the client certificate"),
    ("alert certificate unknown", "it does not accept the client certificate"),
    ("alert unsupported certificate", "it does not accept this kind of client certificate"),
    ("alert access denied", "the client certificate has no access"),
    ("alert handshake failure", "it found no common way to encrypt, or asks for a client certificate"),
    ("alert protocol version", "it speaks no version of TLS that this machine allows"),
    ("client SSL authentication might be required", "it asks for a client certificate"),
    ("certificate has expired", "its certificate has expired"),
    ("Hostname mismatch", "its certificate is for another host"),
    (
        "certificate verify failed",
        "its certificate is not trusted: check CA certificate, dates and host name",
    ),
    ("wrong version number", "the listener does not speak TLS"),
    ("packet length too long", "the listener does not speak TLS"),
    ("record layer failure", "the listener does not speak TLS"),
];

/// Alerts of brokers that want a certificate and got none.
const WANTED: &[&str] = &["alert bad certificate", "alert certificate required", "alert certificate unknown"];

/// What brokers say of a wrong user or password.
const WRONG_LOGIN: &[&str] = &["invalid credentials", "Invalid username or password"];

/// Why the broker refuses, if `reason` is a refusal. `has_own`: whether we have a client certificate.
pub(super) fn meaning(reason: &str, has_own: bool) -> Option<String> {
    if !has_own && WANTED.iter().any(|part| reason.contains(part)) {
        return Some("it asks for a client certificate, and none is set".to_owned());
    }
    if let Some((_, why)) = reason.split_once("SASL authentication error: ") {
        if WRONG_LOGIN.iter().any(|part| why.contains(part)) {
            return Some("the user or the password is wrong".to_owned());
        }
        if why.contains("invalid_token") {
            return Some("the token is not accepted".to_owned());
        }
        let why = why.trim_start_matches("Authentication failed during authentication due to ");
        let why = why.split(" (after ").next().unwrap_or(why).trim();
        return Some(format!("the login was refused: {why}"));
    }
    if reason.contains("mechanism handshake failed") {
        let offered = reason.split_once("supported mechanisms: ").map_or("", |(_, offered)| offered);
        let offered = offered.split(" (after ").next().unwrap_or(offered).trim();
        return Some(if offered.is_empty() {
            "the listener asks for no login".to_owned()
        } else {
            format!("it does not offer this mechanism but {}", offered.replace(',', ", "))
        });
    }
    if reason.contains("GSSAPI Error") || reason.contains("SASL handshake failed") {
        return Some(format!("the Kerberos login failed: {}", gssapi(reason)));
    }
    if let Some((_, size)) = reason.split_once("Invalid response size ") {
        // The first bytes of something else, taken for a number.
        let size = size.split(|c: char| !c.is_ascii_digit()).next().and_then(|size| size.parse::<u32>().ok());
        return Some(match size.map(u32::to_be_bytes) {
            Some([0x15 | 0x16, 3, ..]) => "the listener asks for TLS".to_owned(),
            Some([b'H', b'T', b'T', b'P']) => "an HTTP service listens there, not Kafka".to_owned(),
            _ => "what listens there does not speak Kafka".to_owned(),
        });
    }
    let (_, meaning) = MEANINGS.iter().find(|(part, _)| reason.contains(part))?;
    Some((*meaning).to_owned())
}

/// Brokers close a connection within this many milliseconds when they do not like how it starts.
const AT_ONCE_MS: u32 = 1000;

/// What a listener perhaps wants that closes connections at once: librdkafka says only in which state.
pub(super) fn perhaps_wanted(reason: &str, protocol: &str) -> Option<&'static str> {
    let (_, since) = reason.split_once("Disconnected")?.1.split_once("(after ")?;
    let (lasted_ms, state) = since.split_once("ms in state ")?;
    if lasted_ms.parse::<u32>().ok()? >= AT_ONCE_MS {
        return None;
    }
    match protocol {
        "PLAINTEXT" | "SASL_PLAINTEXT" if state.starts_with("APIVERSION_QUERY") => Some("TLS"),
        "PLAINTEXT" | "SSL" if state.starts_with("UP") => Some("a login"),
        _ => None,
    }
}

/// The minor status of `GSSAPI Error: … (No Kerberos credentials available)`, which is the part that says something.
fn gssapi(reason: &str) -> &str {
    let reason = reason.split(" (after ").next().unwrap_or(reason).trim();
    let Some((_, status)) = reason.rsplit_once("provide more information (") else { return reason };
    status.trim_end_matches(')')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_that_hang_up_at_once_want_something() {
        let at_once = "h:1/bootstrap: Disconnected: connection closed by peer: receive 0 after POLLIN (after 0ms in state APIVERSION_QUERY)";
        assert_eq!(perhaps_wanted(at_once, "PLAINTEXT"), Some("TLS"));
        assert_eq!(perhaps_wanted(at_once, "SSL"), None);
        let up = "h:1/1: Disconnected: connection closed by peer: receive 0 after POLLIN (after 3ms in state UP, 1 identical error(s) suppressed)";
        assert_eq!(perhaps_wanted(up, "SSL"), Some("a login"));
        assert_eq!(perhaps_wanted(up, "SASL_SSL"), None);
        assert_eq!(perhaps_wanted("h:1/1: Disconnected (after 300000ms in state UP)", "PLAINTEXT"), None);
    }

    #[test]
    fn refusals_are_told_from_broken_connections() {
        for (raw, expected) in [
            (
                "sasl_ssl://h:1/bootstrap: SASL authentication error: Authentication failed: Invalid username or password (after 3ms in state AUTH_REQ)",
                Some("the user or the password is wrong"),
            ),
            (
                "sasl_plaintext://h:1/bootstrap: SASL GSSAPI mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's supported mechanisms: PLAIN,SCRAM-SHA-256 (after 1ms in state AUTH_HANDSHAKE)",
                Some("it does not offer this mechanism but PLAIN, SCRAM-SHA-256"),
            ),
            (
                "ssl://h:1/bootstrap: Receive failed: error:0A00045C:SSL routines::tlsv13 alert certificate required: SSL alert number 116",
                Some("it asks for a client certificate, and none is set"),
            ),
            (
                "ssl://h:1/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate could not be verified",
                Some("its certificate is not trusted: check CA certificate, dates and host name"),
            ),
            (
                "h:1/bootstrap: Failed to initialize SASL authentication: SASL handshake failed (start (-1)): SASL(-1): generic failure: GSSAPI Error: Unspecified GSS failure.  Minor code may provide more information (No Kerberos credentials available (default cache: FILE:/tmp/x)) (after 0ms in state AUTH_REQ)",
                Some(
                    "the Kerberos login failed: No Kerberos credentials available (default cache: FILE:/tmp/x",
                ),
            ),
            (
                "h:1/bootstrap: Receive failed: Invalid response size 352518912 (0..100000000): increase receive.message.max.bytes",
                Some("the listener asks for TLS"),
            ),
            ("h:1/1: Disconnected (after 20ms in state UP)", None),
            (
                "h:1/1: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)",
                None,
            ),
        ] {
            assert_eq!(meaning(raw, false).as_deref(), expected, "{raw}");
        }
    }
}
