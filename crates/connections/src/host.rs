//! Hosts and ports as people write them in forms.

use std::net::IpAddr;

use flowloom_flow::{Problem, Problems};

/// Whether traffic to `host` stays on this machine: nobody is in between who could read it.
pub(crate) fn is_local(host: &str) -> bool {
    let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.starts_with('/')
        || host == "localhost"
        || host.ends_with(".localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A database in a few words: `db.example.com/orders · verify-full as app`.
pub(crate) fn caption(at: &str, database: &str, mode: &str, user: &str) -> String {
    let slash = if database.is_empty() { "" } else { "/" };
    let user = if user.is_empty() { String::new() } else { format!(" as {user}") };
    format!("{at}{slash}{database} · {mode}{user}")
}

/// `host:port`, an IPv6 address in brackets, a socket's folder by itself.
pub(crate) fn at(host: &str, port: i64) -> String {
    match host.trim() {
        folder if folder.starts_with('/') => folder.to_owned(),
        host if host.contains(':') && !host.starts_with('[') => format!("[{host}]:{port}"),
        host => format!("{host}:{port}"),
    }
}

/// What is wrong with the host of the setting `host` and the port of the setting `port`.
pub(crate) fn check(problems: &mut Problems, host: &str, port: i64) {
    check_host(problems, host);
    check_port(problems, port);
}

/// As [`check`], for servers that are reached over the network only.
pub(crate) fn check_network(problems: &mut Problems, host: &str, port: i64) {
    check(problems, host, port);
    if host.trim().starts_with('/') {
        problems.push(
            Problem::user(format!("`{}` is no host", host.trim()))
                .hint("this server is reached over the network: write its name, or `localhost`")
                .at_field("host"),
        );
    }
}

fn check_port(problems: &mut Problems, port: i64) {
    if !(1..=i64::from(u16::MAX)).contains(&port) {
        problems.error("port", format!("`{port}` is no port: one is between 1 and 65535"));
    }
}

/// The value is not repeated where it may hold a password.
fn check_host(problems: &mut Problems, host: &str) {
    let host = host.trim();
    let problem = if host.is_empty() {
        Problem::user("no host is given").hint("write the server's name or its IP address")
    } else if host.contains('@') {
        Problem::user("the host has a user or a password before an `@`")
            .hint("write them into their own fields: a host is shown, a password is kept locked")
    } else if host.contains("://") {
        Problem::user("the host is a whole URL")
            .hint("write only its name, without the scheme and what follows")
    } else if host.starts_with('/') {
        return;
    } else if host.contains(['/', '?', '#']) || host.contains(char::is_whitespace) {
        Problem::user(format!("`{host}` is no host")).hint("write only the server's name or its IP address")
    } else if is_name_and_port(host) {
        Problem::user(format!("the host `{host}` has a port in it")).hint("write the port into its own field")
    } else {
        return;
    };
    problems.push(problem.at_field("host"));
}

fn is_name_and_port(host: &str) -> bool {
    host.parse::<IpAddr>().is_err()
        && host
            .rsplit_once(':')
            .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A port of a URI; `otherwise` where it names none.
pub(crate) fn port_or(port: Option<u16>, otherwise: i64) -> i64 {
    port.map_or(otherwise, i64::from)
}

/// The port of a form as clients take it; `check` has refused others.
pub(crate) fn port(port: i64) -> u16 {
    u16::try_from(port).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(host: &str, port: i64) -> Vec<String> {
        let mut problems = Problems::default();
        check(&mut problems, host, port);
        problems.into_vec().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_host_is_a_name_and_nothing_else() {
        for good in ["db.example.com", "10.0.0.7", "::1", "db_1", "/var/run/postgresql"] {
            assert_eq!(wrong(good, 5432), Vec::<String>::new(), "{good}");
        }
        for bad in ["", "  ", "postgres://db", "db:5432", "db/shop", "a b"] {
            assert_eq!(wrong(bad, 5432).len(), 1, "{bad}");
        }
        let told = wrong("app:hunter2@db", 0);
        assert!(
            told.len() == 2 && told[0].starts_with("host: ") && told[1].starts_with("port: "),
            "{told:?}"
        );
        assert!(!told.concat().contains("hunter2"), "{told:?}");
    }

    #[test]
    fn this_machine_is_told_from_others() {
        for local in ["localhost", "LOCALHOST", "db.localhost", "127.0.0.9", "::1", "[::1]", "/run/pg"] {
            assert!(is_local(local), "{local}");
        }
        for remote in ["localhost.example.com", "10.0.0.1", "db", ""] {
            assert!(!is_local(remote), "{remote}");
        }
        assert_eq!(at("::1", 5432), "[::1]:5432");
        assert_eq!(at("db", 5432), "db:5432");
    }
}
