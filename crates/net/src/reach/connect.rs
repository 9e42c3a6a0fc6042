//! From addresses to an open connection.

use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;

use super::{Address, Resolved, all_fail, some_fail};
use crate::probe::{Failure, Passed, Probe};

/// How long a server may take to answer: a firewall that drops packets never does.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the other servers may take once one has answered.
const REST: Duration = Duration::from_millis(250);

/// An open connection, and to whom.
#[derive(Debug)]
pub struct Reached {
    pub address: Address,
    pub stream: TcpStream,
}

impl Reached {
    /// Tries the addresses of a server one after the other.
    pub fn of(server: &Resolved, limit: Duration) -> Result<Self, Failure> {
        let until = Instant::now() + limit;
        let mut failure = Failure::new(format!("`{}` has no address", server.address));
        for (index, socket) in server.sockets.iter().enumerate() {
            let left = until.saturating_duration_since(Instant::now());
            // Time enough for all that are left.
            let share = left / (server.sockets.len() - index) as u32;
            if share.is_zero() {
                break;
            }
            match TcpStream::connect_timeout(socket, share) {
                Ok(stream) => return Ok(Self { address: server.address.clone(), stream }),
                Err(error) => failure = unreachable(&server.address, &error, limit),
            }
        }
        Err(failure)
    }
}

/// Connects to all servers at once as the step `TCP`; one that answers is enough, and it is the one that is returned.
pub fn tcp(probe: &mut Probe<'_>, servers: &[Resolved]) -> Option<Reached> {
    let servers = servers.to_vec();
    probe.step("TCP", move |left| {
        // Our own sentence comes before the test's time is up.
        let limit = (left * 9 / 10).min(PATIENCE);
        let (send, receive) = bounded(servers.len());
        for (index, server) in servers.iter().cloned().enumerate() {
            let send = send.clone();
            let work = move || {
                if send.send((index, Reached::of(&server, limit))).is_err() {
                    tracing::debug!("a server answered too late");
                }
            };
            let thread = thread::Builder::new().name("flowloom-connect".to_owned()).spawn(work);
            thread
                .map_err(|error| Failure::new("no thread could be started for this step").details(&error))?;
        }
        drop(send);
        let mut answers: Vec<Option<Failure>> =
            servers.iter().map(|server| Some(silent(&server.address, limit))).collect();
        let mut heard = vec![false; servers.len()];
        let (mut reached, mut until) = (None, Instant::now() + limit + REST);
        while let Ok((index, answer)) = receive.recv_deadline(until) {
            heard[index] = true;
            match answer {
                Ok(found) => {
                    answers[index] = None;
                    if reached.is_none() {
                        until = Instant::now() + REST;
                        reached = Some(found);
                    }
                }
                Err(failure) => answers[index] = Some(failure),
            }
        }
        // Who was waited for briefly, because another one had answered, has not failed.
        if reached.is_some() {
            for (answer, _) in answers.iter_mut().zip(&heard).filter(|(_, heard)| !**heard) {
                *answer = None;
            }
        }
        let failures: Vec<_> = answers.into_iter().flatten().collect();
        let Some(reached) = reached else { return Err(all_fail(failures, "can be reached")) };
        let message = match servers.len() {
            1 => format!("`{}` answers", reached.address),
            count => match heard.iter().filter(|heard| **heard).count() {
                all if all == count => format!("all {count} servers answer"),
                some => format!("{some} of {count} servers answered at once"),
            },
        };
        let warning = some_fail(servers.len(), failures, "cannot be reached");
        Ok(Passed { value: reached, message, warning })
    })
}

fn silent(address: &Address, waited: Duration) -> Failure {
    Failure::new(format!("`{address}` did not answer within {:.1} s", waited.as_secs_f64())).hint(
        "Check host and port; a firewall that drops packets looks like this, and a cloud service may let in \
         only known networks",
    )
}

fn unreachable(address: &Address, error: &io::Error, waited: Duration) -> Failure {
    let failure = match error.kind() {
        ErrorKind::ConnectionRefused => Failure::new(format!("`{address}` refuses connections"))
            .hint("Check the port and whether the service runs; a firewall may refuse as well"),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            Failure::new(format!("there is no way to `{address}` from this machine"))
                .hint("Check the network connection of this machine, and a VPN if one is needed")
        }
        ErrorKind::TimedOut | ErrorKind::WouldBlock => silent(address, waited),
        ErrorKind::PermissionDenied => {
            Failure::new(format!("this machine does not allow connections to `{address}`"))
                .hint("Check the firewall of this machine")
        }
        _ => Failure::new(format!("`{address}` cannot be reached")).hint("Check host and port"),
    };
    failure.details(error)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::Arc;

    use super::*;
    use crate::probe::{State, Step};

    fn run(list: &str) -> (Option<Reached>, Vec<Step>) {
        let addresses = super::super::parse_list(list, 1).unwrap();
        let mut tell = |_: &[Step]| ();
        let mut probe = Probe::new(Duration::from_secs(20), Arc::default(), &mut tell);
        let servers = super::super::dns(&mut probe, &addresses).unwrap();
        let reached = tcp(&mut probe, &servers);
        (reached, probe.steps()[1..].to_vec())
    }

    /// A port that nobody listens on.
    fn closed() -> u16 {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
    }

    #[test]
    fn a_closed_port_is_told_from_an_open_one() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (open, closed) = (listener.local_addr().unwrap().port(), closed());
        let (reached, steps) = run(&format!("127.0.0.1:{closed},127.0.0.1:{open}"));
        assert_eq!(reached.unwrap().address.port, open);
        assert_eq!(steps[0].state, State::Warned);
        assert_eq!(steps[0].message, format!("`127.0.0.1:{closed}` refuses connections"));
        let (reached, steps) = run(&format!("localhost:{closed}"));
        assert!(reached.is_none() && steps[0].state == State::Failed);
        assert!(
            steps[0].message.ends_with("refuses connections") && !steps[0].details.is_empty(),
            "{steps:?}"
        );
    }
}
