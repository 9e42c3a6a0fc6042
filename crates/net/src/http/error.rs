//! Why a request failed, in the words of the person who set up the connection.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use url::Url;

use super::place;
use super::tls::Refusal;
use crate::probe::Failure;

/// Why a request failed. Its text is one sentence without a full stop and holds no credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct HttpError {
    pub kind: HttpErrorKind,
    /// What the library or the server said, word for word, without our credentials; may be empty.
    pub details: String,
}

/// What went wrong. `server` is scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpErrorKind {
    #[error("the URL is not right: {reason}")]
    Url { reason: String },
    #[error("the URL of `{host}` holds a user or a password, which would be seen wherever the URL is shown")]
    CredentialsInUrl { host: String },
    #[error("the header `{name}` cannot be sent: it holds a character that headers may not have")]
    Header { name: String },
    #[error("the request cannot be written: {reason}")]
    Body { reason: String },
    #[error("{reason}")]
    Certificates { reason: String, hint: String },
    #[error("the name `{host}` has no known address")]
    UnknownHost { host: String },
    #[error("`{server}` refuses connections")]
    Unreachable { server: String },
    #[error("`{server}` did not answer within {:.0} s", .waited.as_secs_f64().max(1.0))]
    Timeout { server: String, waited: Duration },
    #[error("no encrypted connection to `{server}`: {reason}")]
    Tls { server: String, reason: String },
    #[error("the connection to `{server}` broke")]
    Broken { server: String },
    #[error("the proxy of this machine does not let us through to `{server}`")]
    Proxy { server: String },
    #[error("`{server}` refused the login (HTTP status {status})")]
    LoginRefused { server: String, status: u16 },
    #[error("`{server}` has nothing at `{path}`")]
    NotFound { server: String, path: String },
    #[error("`{server}` takes no more requests for now")]
    TooManyRequests { server: String, retry_after_s: Option<u64> },
    #[error("`{server}` failed to answer (HTTP status {status})")]
    ServerFailed { server: String, status: u16 },
    #[error("`{server}` refused the request (HTTP status {status})")]
    Refused { server: String, status: u16 },
    #[error("`{from}` sends us on to `{to}`")]
    Redirect { from: String, to: String },
    #[error("the answer of `{server}` is larger than {} MiB", .limit_bytes >> 20)]
    TooLarge { server: String, limit_bytes: u64 },
    #[error("the answer of `{server}` is no JSON")]
    NotJson { server: String },
    #[error("the answer of `{server}` is JSON, but not what was asked for")]
    Unexpected { server: String },
}

impl HttpError {
    pub(super) fn new(kind: HttpErrorKind, details: &(impl ToString + ?Sized)) -> Self {
        Self { kind, details: details.to_string() }
    }

    /// The status that the server answered with, if it answered at all.
    pub fn status(&self) -> Option<u16> {
        match self.kind {
            HttpErrorKind::LoginRefused { status, .. }
            | HttpErrorKind::ServerFailed { status, .. }
            | HttpErrorKind::Refused { status, .. } => Some(status),
            HttpErrorKind::NotFound { .. } => Some(404),
            HttpErrorKind::TooManyRequests { .. } => Some(429),
            _ => None,
        }
    }

    /// Whether the same request may well succeed later.
    pub fn is_retriable(&self) -> bool {
        use HttpErrorKind as Kind;
        matches!(
            self.kind,
            Kind::Unreachable { .. }
                | Kind::Timeout { .. }
                | Kind::Broken { .. }
                | Kind::TooManyRequests { .. }
                | Kind::ServerFailed { .. }
        )
    }

    /// What to do about it; empty when there is nothing to say.
    pub fn hint(&self) -> String {
        use HttpErrorKind as Kind;
        let hint = match &self.kind {
            Kind::Url { .. } => "Write it as `https://host:port/path`",
            Kind::CredentialsInUrl { .. } => {
                "Take them out of the URL and put them into the fields for user and password"
            }
            Kind::Header { .. } => "Look for a line break or a blank that was copied along with the value",
            Kind::Certificates { hint, .. } => hint,
            Kind::UnknownHost { .. } => "Check the spelling of the host and the network's name service",
            Kind::Unreachable { .. } => "Check that host and port are right and that the service runs",
            Kind::Timeout { .. } => {
                "Check that host and port are right and that no firewall drops the packets"
            }
            Kind::Tls { reason, .. } if reason.contains("trusted") => {
                "Give the certificate of the authority (CA) that signed the server's certificate"
            }
            Kind::Tls { reason, .. } if reason.contains("is not for") => {
                "Use the host name that the certificate was made for"
            }
            Kind::Tls { reason, .. } if reason.contains("does not speak TLS") => {
                "Use `http://` in the URL, or the port for TLS"
            }
            Kind::Tls { reason, .. } if reason.contains("client certificate") => {
                "Give the client certificate and key that the server expects"
            }
            Kind::Tls { reason, .. } if reason.contains("expired") => "Have the server's certificate renewed",
            Kind::Broken { server } if server.starts_with("https") => {
                "Check whether the server asks for a client certificate, and look into its log"
            }
            Kind::Broken { .. } => "Check whether the port expects `https://` in place of `http://`",
            Kind::Proxy { .. } => "Check the variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY",
            Kind::LoginRefused { .. } => "Check user, password or token, and what they may see",
            Kind::NotFound { .. } => "Check the path of the URL",
            Kind::TooManyRequests { retry_after_s: Some(seconds), .. } => {
                return format!("Try again in {seconds} s");
            }
            Kind::TooManyRequests { .. } | Kind::ServerFailed { .. } => {
                "Try again later, or look into the server's log"
            }
            Kind::Redirect { from, to } if from == to => {
                "The server sends us around in a circle: check the URL"
            }
            Kind::Redirect { to, .. } => {
                return format!(
                    "Use `{to}` in the URL if you trust it; credentials are not sent there unasked"
                );
            }
            Kind::NotJson { .. } | Kind::Unexpected { .. } => {
                "Check the URL: another service may listen there"
            }
            _ => "",
        };
        hint.to_owned()
    }

    /// The same without `secret` in what the server said.
    pub(super) fn without(self, secret: &str) -> Self {
        if secret.is_empty() {
            return self;
        }
        let clean = self.details.replace(secret, "•••");
        // Servers quote requests, where a form is escaped.
        let escaped: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let mut details = clean.replace(&escaped, "•••");
        // A long answer is cut, perhaps in the middle of it.
        if let Some(cut) = details.strip_suffix('…') {
            let starts = (4..secret.len()).rev().filter(|end| secret.is_char_boundary(*end));
            let end = starts.map(|end| &secret[..end]).find(|start| cut.ends_with(start)).map(str::len);
            if let Some(length) = end {
                details = format!("{}•••…", &cut[..cut.len() - length]);
            }
        }
        Self { details, ..self }
    }
}

impl From<HttpErrorKind> for HttpError {
    fn from(kind: HttpErrorKind) -> Self {
        Self { kind, details: String::new() }
    }
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        Self { message: error.to_string(), hint: error.hint(), details: error.details }
    }
}

/// What a request that brought no answer failed of.
pub(super) fn of_transport(url: &Url, waited: Duration, error: ureq::Error) -> HttpError {
    let server = place(url);
    let host = url.host_str().unwrap_or_default();
    let details = told(&error);
    let kind = match error {
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout { server, waited },
        ureq::Error::HostNotFound => HttpErrorKind::UnknownHost { host: host.to_owned() },
        ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => HttpErrorKind::Proxy { server },
        ureq::Error::Http(_) | ureq::Error::BadUri(_) => {
            HttpErrorKind::Url { reason: "it cannot be sent".to_owned() }
        }
        ureq::Error::Other(other) if other.is::<Refusal>() => {
            HttpErrorKind::Tls { server, reason: Refusal::plain(host, &details) }
        }
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => HttpErrorKind::Unreachable { server },
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => HttpErrorKind::Timeout { server, waited },
            // With TLS 1.3 a server looks at our certificate when it seems that we are through already.
            _ if Refusal::is_in(&details) => {
                HttpErrorKind::Tls { server, reason: Refusal::plain(host, &details) }
            }
            _ if details.contains("lookup address") || details.contains("No such host") => {
                HttpErrorKind::UnknownHost { host: host.to_owned() }
            }
            _ => HttpErrorKind::Broken { server },
        },
        ureq::Error::ConnectionFailed => HttpErrorKind::Unreachable { server },
        _ => HttpErrorKind::Broken { server },
    };
    HttpError { kind, details }
}

/// An error with all that it came from.
fn told(error: &ureq::Error) -> String {
    match error {
        // May quote the URL of the proxy with its credentials.
        ureq::Error::InvalidProxyUrl => String::new(),
        ureq::Error::Other(other) => other.to_string(),
        ureq::Error::Io(io) => {
            let mut text = io.to_string();
            let mut source = io.source();
            while let Some(next) = source {
                let more = next.to_string();
                if !text.contains(&more) {
                    text = format!("{text}: {more}");
                }
                source = next.source();
            }
            text
        }
        other => other.to_string(),
    }
}
