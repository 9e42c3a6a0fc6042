//! `host:port`, as people write it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::probe::Failure;

/// Where a service listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name or an IP address, IPv6 without brackets.
    pub host: String,
    pub port: u16,
}

impl Address {
    /// `host`, `host:port` or `[IPv6]:port`.
    pub fn parse(text: &str, default_port: u16) -> Result<Self, Failure> {
        let text = text.trim();
        let wrong = |why: String, hint: &str| Failure::new(why).hint(hint);
        if let Some((scheme, rest)) = text.split_once("://") {
            return Err(wrong(
                format!("the address `{text}` starts with `{scheme}://`"),
                &format!("Write only `{rest}`; how it is encrypted has fields of its own"),
            ));
        }
        if let Some(bad) = text.chars().find(|c| c.is_whitespace() || c.is_control()) {
            let what = if bad == ' ' { "a blank" } else { "a line break, a tab or another such character" };
            return Err(wrong(
                format!("the address `{}` has {what} in it", text.escape_debug()),
                "Separate several servers by commas",
            ));
        }
        if text.contains('/') || text.contains('@') {
            return Err(wrong(
                format!("the address `{}` is not of the form `host:port`", without_login(text)),
                "Write only host and port, without a user and without a path",
            ));
        }
        let (host, port) = split(text)?;
        if host.is_empty() {
            return Err(wrong(format!("the address `{text}` has no host"), "Write it as `host:port`"));
        }
        let port = match port {
            None => default_port,
            Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or_else(|| {
                wrong(format!("`{port}` in `{text}` is no port"), "A port is a number from 1 to 65535")
            })?,
        };
        Ok(Self { host: host.to_owned(), port })
    }

    /// The address, where the host is one and no name.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// Whether it is this machine whatever the machine.
    pub fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || self.ip().is_some_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Host and port.
fn split(text: &str) -> Result<(&str, Option<&str>), Failure> {
    let brackets = || {
        Failure::new(format!("the address `{text}` is no IPv6 address with a port"))
            .hint("Write IPv6 addresses in brackets: `[::1]:9092`")
    };
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or_else(brackets)?;
        host.parse::<Ipv6Addr>().map_err(|_wrong| brackets())?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(brackets()),
        };
    }
    match text.split_once(':') {
        None => Ok((text, None)),
        Some((_, rest)) if rest.contains(':') => Err(brackets()),
        Some((host, port)) => Ok((host, Some(port))),
    }
}

/// What stands before an `@` may be a password.
fn without_login(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, after)) => format!("…@{after}"),
        None => text.to_owned(),
    }
}

/// Several addresses, separated by commas.
pub fn parse_list(text: &str, default_port: u16) -> Result<Vec<Address>, Failure> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let addresses = parts.map(|part| Address::parse(part, default_port)).collect::<Result<Vec<_>, _>>()?;
    if addresses.is_empty() {
        return Err(Failure::new("no address is given").hint("Write it as `host:port`"));
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let read = |text: &str| {
            parse_list(text, 9092).map(|list| list.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(read("kafka").unwrap(), ["kafka:9092"]);
        assert_eq!(read(" a:1, b:2 ,,c ").unwrap(), ["a:1", "b:2", "c:9092"]);
        assert_eq!(read("[::1]:9,[fe80::1]").unwrap(), ["[::1]:9", "[fe80::1]:9092"]);
        for (wrong, says) in [
            ("", "no address is given"),
            (":9092", "has no host"),
            ("a:0", "`0` in `a:0` is no port"),
            ("a:99999", "is no port"),
            ("a:b", "`b` in `a:b` is no port"),
            ("a b:1", "a blank"),
            ("::1:9092", "no IPv6 address"),
            ("[::1:9092", "no IPv6 address"),
            ("[kafka]:1", "no IPv6 address"),
            ("SASL_SSL://a:1", "starts with `SASL_SSL://`"),
            ("a:1/x", "not of the form"),
        ] {
            let failure = read(wrong).unwrap_err();
            assert!(failure.message.contains(says) && !failure.hint.is_empty(), "{wrong}: {failure:?}");
        }
        let hidden = read("user:hunter2@a:1").unwrap_err();
        assert!(!format!("{hidden:?}").contains("hunter2"));
    }
}
