//! From names to addresses.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::thread;

use super::{Address, all_fail, some_fail};
use crate::probe::{Failure, Passed, Probe};

/// A server and where its name leads, in the order in which to try them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    pub address: Address,
    pub sockets: Vec<SocketAddr>,
}

impl Resolved {
    /// Asks the system's name service.
    pub fn of(address: &Address) -> Result<Self, Failure> {
        let answer = (address.host.as_str(), address.port).to_socket_addrs();
        let sockets = answer.map_err(|error| unknown(&address.host, &error))?.collect::<Vec<_>>();
        if sockets.is_empty() {
            return Err(Failure::new(format!("the name `{}` has no address", address.host)).hint(UNKNOWN));
        }
        Ok(Self { address: address.clone(), sockets })
    }
}

const UNKNOWN: &str =
    "Check the spelling; names of a company's or a container's network are known only inside of it";

/// Looks up the names of all servers as the step `DNS`; one that is known is enough.
pub fn dns(probe: &mut Probe<'_>, addresses: &[Address]) -> Option<Vec<Resolved>> {
    if let Some(sockets) =
        addresses.iter().map(|a| Some(SocketAddr::new(a.ip()?, a.port))).collect::<Option<Vec<_>>>()
    {
        probe.skip("DNS", "an IP address needs no look-up");
        let resolved = addresses.iter().cloned().zip(sockets);
        return Some(resolved.map(|(address, socket)| Resolved { address, sockets: vec![socket] }).collect());
    }
    let addresses = addresses.to_vec();
    probe.step("DNS", move |_left| {
        let answers = thread::scope(|scope| {
            let asked: Vec<_> =
                addresses.iter().map(|address| scope.spawn(|| Resolved::of(address))).collect();
            asked
                .into_iter()
                .map(|thread| {
                    thread
                        .join()
                        .unwrap_or_else(|_panic| Err(Failure::new("a look-up ended without an answer")))
                })
                .collect::<Vec<_>>()
        });
        let (mut resolved, mut failures) = (Vec::new(), Vec::new());
        for answer in answers {
            match answer {
                Ok(found) => resolved.push(found),
                Err(failure) => failures.push(failure),
            }
        }
        let Some(first) = resolved.first() else { return Err(all_fail(failures, "has a known name")) };
        let message = found(first, resolved.len());
        let warning = some_fail(addresses.len(), failures, "have no known name");
        Ok(Passed { value: resolved, message, warning })
    })
}

fn found(first: &Resolved, servers: usize) -> String {
    let Resolved { address, sockets } = first;
    let ip = sockets.first().map(|socket| socket.ip().to_string()).unwrap_or_default();
    let more = match sockets.len() {
        0 | 1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    match servers {
        1 => format!("`{}` is {ip}{more}", address.host),
        _ => format!("all {servers} names are known; `{}` is {ip}{more}", address.host),
    }
}

/// The system's own words differ; that the name service is away is told by all of them.
fn unknown(host: &str, error: &io::Error) -> Failure {
    let text = error.to_string();
    let is_away = ["Temporary failure", "Try again", "os error 11002"].iter().any(|part| text.contains(part));
    let failure = if is_away {
        Failure::new(format!("the name service does not answer, so `{host}` cannot be looked up"))
            .hint("Check the network connection of this machine, and a VPN if one is needed")
    } else {
        Failure::new(format!("the name `{host}` is not known")).hint(UNKNOWN)
    };
    failure.details(&text)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::probe::{State, Step};

    fn steps(list: &str) -> (Option<Vec<Resolved>>, Vec<Step>) {
        let addresses = super::super::parse_list(list, 1).unwrap();
        let mut tell = |_: &[Step]| ();
        let mut probe = Probe::new(Duration::from_secs(20), Arc::default(), &mut tell);
        let found = dns(&mut probe, &addresses);
        (found, probe.steps().to_vec())
    }

    #[test]
    fn one_known_name_is_enough_and_the_others_are_named() {
        let (found, steps) = steps("localhost:1,flowloom-no-such-host.invalid:2");
        assert_eq!(found.unwrap().len(), 1);
        assert_eq!(steps[0].state, State::Warned);
        assert!(steps[0].message.contains("`flowloom-no-such-host.invalid`"), "{steps:?}");
    }

    #[test]
    fn no_known_name_fails_and_addresses_need_none() {
        let (found, failed) = steps("flowloom-no-such-host.invalid");
        assert!(found.is_none() && failed[0].state == State::Failed);
        assert!(!failed[0].hint.is_empty() && !failed[0].details.is_empty(), "{failed:?}");
        let (found, skipped) = steps("127.0.0.1:7,[::1]:8");
        assert_eq!((found.unwrap()[1].sockets[0].port(), skipped[0].state), (8, State::Skipped));
    }
}
