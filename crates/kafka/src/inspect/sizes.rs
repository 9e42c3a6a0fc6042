//! How many bytes topics take on the brokers' disks: each leader is asked on a connection of our own, since librdkafka
//! has no request for it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use flowloom_net::reach::{Reached, Resolved};
use flowloom_net::{Address, tls};
use flowloom_secret::Secret;
use rdkafka::metadata::Metadata;

use super::look;
use crate::cancel::Cancel;
use crate::client::{Cluster, Connection, Login};
use crate::error::{self, Error};
use crate::wire::{Broken, Channel, Proof, Refused};

/// How often a waiting call looks at its cancel flag.
const TICK: Duration = Duration::from_millis(10);

/// Brokers that are asked at once.
const AT_ONCE: usize = 16;

/// How long a broker may take to accept a connection and to encrypt it: one that is gone must not hold up the others.
const CONNECT: Duration = Duration::from_secs(3);

/// A partition.
type Partition = (Arc<str>, i32);

/// Bytes on disk of each of `topics`: what the leaders of its partitions hold, so replicas count once. What tiered storage
/// has moved away is not counted.
///
/// A topic whose size is not known is left out: its cluster does not know the request (Event Hubs, MSK Serverless), this
/// login may not see sizes (they need `Describe` on `Cluster`), a partition has no leader, or a leader cannot be reached
/// or does not answer within the connect timeout. With Kerberos no size is known, for we speak it through librdkafka only.
///
/// Fails where the cluster cannot be reached at all, or refuses the login.
pub fn sizes(cluster: &Cluster, topics: &[String], cancel: &Cancel) -> error::Result<BTreeMap<String, u64>> {
    let until = Instant::now() + cluster.connect_timeout;
    if topics.is_empty() || matches!(cluster.security.login, Some(Login::Kerberos(_))) {
        return cluster.check().map(|()| BTreeMap::new());
    }
    let plan = Plan::of(&Connection::open(cluster, &[])?, topics, cancel)?;
    carry_out(plan, cluster, until, cancel)
}

fn carry_out(
    plan: Plan,
    cluster: &Cluster,
    until: Instant,
    cancel: &Cancel,
) -> error::Result<BTreeMap<String, u64>> {
    let mut found: BTreeMap<Arc<str>, (usize, u64)> = BTreeMap::new();
    let asker = Asker { cluster: cluster.clone(), token: OnceLock::new(), until, cancel: cancel.clone() };
    let answers = asker.start(plan.leaders)?;
    loop {
        match answers.recv_timeout(TICK) {
            Ok(answer) => {
                for (topic, size) in answer? {
                    let (partitions, bytes) = found.entry(topic).or_default();
                    *partitions += 1;
                    *bytes = bytes.saturating_add(size);
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) if Instant::now() >= until => break,
            Err(RecvTimeoutError::Timeout) => cancel.check()?,
        }
    }
    cancel.check()?;
    found.retain(|topic, (partitions, _)| plan.partitions.get(topic) == Some(partitions));
    Ok(found.into_iter().map(|(topic, (_, bytes))| (topic.to_string(), bytes)).collect())
}

/// Who is asked for what.
#[derive(Default)]
struct Plan {
    leaders: Vec<(Address, Vec<Partition>)>,
    /// How many partitions each topic has.
    partitions: BTreeMap<Arc<str>, usize>,
}

impl Plan {
    fn of(connection: &Connection, topics: &[String], cancel: &Cancel) -> error::Result<Self> {
        let names: Arc<[String]> = topics.into();
        let found = connection.ask(cancel, move |consumer, timeout| {
            let (mut brokers, mut partitions) = (BTreeMap::new(), BTreeMap::new());
            let mut led: BTreeMap<i32, Vec<Partition>> = BTreeMap::new();
            look(consumer, &names, timeout, |metadata, is_wanted| {
                add_brokers(&mut brokers, metadata);
                for topic in metadata.topics().iter().filter(|topic| is_wanted(topic.name())) {
                    let name: Arc<str> = topic.name().into();
                    for partition in topic.partitions() {
                        led.entry(partition.leader()).or_default().push((Arc::clone(&name), partition.id()));
                    }
                    partitions.insert(name, topic.partitions().len());
                }
            })?;
            let leaders = led.into_iter().filter_map(|(leader, mut led)| {
                led.sort_unstable();
                led.dedup();
                Some((brokers.remove(&leader)?, led))
            });
            Ok(Self { leaders: leaders.collect(), partitions })
        })?;
        found.map_err(|error| Connection::failed("looking up topics", error))
    }
}

fn add_brokers(brokers: &mut BTreeMap<i32, Address>, metadata: &Metadata) {
    for broker in metadata.brokers() {
        if let Ok(port) = u16::try_from(broker.port()) {
            brokers.insert(broker.id(), Address { host: broker.host().to_owned(), port });
        }
    }
}

/// The sizes of partitions, each with its topic.
type Answer = error::Result<Vec<(Arc<str>, u64)>>;

/// Asks brokers, one after the other on each of its threads.
struct Asker {
    cluster: Cluster,
    /// One for all brokers, made by the first thread that needs it.
    token: OnceLock<Result<Secret, String>>,
    until: Instant,
    cancel: Cancel,
}

impl Asker {
    /// Starts the threads; the answers end when all brokers are done.
    fn start(self, leaders: Vec<(Address, Vec<Partition>)>) -> error::Result<Receiver<Answer>> {
        let count = leaders.len();
        let (send, answers) = bounded(count);
        let (queue, work) = bounded(count);
        for leader in leaders {
            if queue.send(leader).is_err() {
                break;
            }
        }
        drop(queue);
        let asker = Arc::new(self);
        for _ in 0..count.min(AT_ONCE) {
            let (asker, work, send) = (Arc::clone(&asker), work.clone(), send.clone());
            let name = "kafka-sizes";
            let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
                for (address, wanted) in work {
                    if asker.cancel.is_cancelled() || send.send(asker.ask(&address, &wanted)).is_err() {
                        break;
                    }
                }
            });
            thread.map_err(|error| Error::Thread {
                name,
                what: "could not be started",
                source: Some(error),
            })?;
        }
        Ok(answers)
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// What one broker says; nothing where it says nothing.
    fn ask(&self, address: &Address, wanted: &[Partition]) -> Answer {
        let reason = match self.sizes(address, wanted) {
            Ok(sizes) => return Ok(sizes),
            Err(Unknown::Refused(Refused::Login)) => {
                "it does not accept this login, which other brokers do".to_owned()
            }
            Err(Unknown::Refused(Refused::Impostor)) => {
                "it cannot prove that it knows the password, so it is not who it says it is".to_owned()
            }
            Err(Unknown::Token(why)) => why,
            // What it said is not logged: it may have the login in it.
            Err(Unknown::Away | Unknown::Refused(Refused::Unheard)) => {
                tracing::debug!(broker = %address, "a broker does not tell the sizes of topics");
                return Ok(Vec::new());
            }
        };
        Err(Error::ConnectionRefused { servers: address.to_string(), reason })
    }

    fn sizes(&self, address: &Address, wanted: &[Partition]) -> Result<Vec<(Arc<str>, u64)>, Unknown> {
        let mut channel = self.open(address).ok_or(Unknown::Away)?;
        let Some(version) = channel.abilities()?.log_dirs() else { return Ok(Vec::new()) };
        if let Some(proof) = self.proof()? {
            channel.login(&proof)?;
        }
        let sizes = channel.log_dirs(version, wanted)?;
        let of =
            |(topic, partition): &Partition| Some((Arc::clone(topic), *sizes.get(&**topic)?.get(partition)?));
        Ok(wanted.iter().filter_map(of).collect())
    }

    fn open(&self, address: &Address) -> Option<Channel> {
        let opened = Resolved::of(address).and_then(|resolved| {
            let reached = Reached::of(&resolved, self.left().min(CONNECT))?;
            match &self.cluster.security.tls {
                None => Ok(Channel::until(reached.stream, self.until)),
                Some(tls) => {
                    let secured = tls::handshake(reached, tls, self.left().min(CONNECT))?;
                    Ok(Channel::until(secured.value.stream, self.until))
                }
            }
        });
        opened.inspect_err(|failure| tracing::debug!(broker = %address, "{}", failure.message)).ok()
    }

    /// What we log in with, if we do.
    fn proof(&self) -> Result<Option<Proof<'_>>, Unknown> {
        match &self.cluster.security.login {
            None | Some(Login::Kerberos(_)) => Ok(None),
            Some(Login::Password { mechanism, username, password }) => {
                Ok(Some(Proof::Password { mechanism: *mechanism, username, password }))
            }
            Some(Login::Token(token)) => {
                let new = || match token.make(self.left()) {
                    Ok(made) => Ok(Secret::new(made.token)),
                    Err(failure) => Err(failure.message),
                };
                let made = self.token.get_or_init(new).as_ref();
                made.map(|token| Some(Proof::Token(token))).map_err(|why| Unknown::Token(why.clone()))
            }
        }
    }
}

/// Why a broker tells nothing.
enum Unknown {
    /// It cannot be reached.
    Away,
    Refused(Refused),
    /// There is no token to log in with.
    Token(String),
}

impl From<Refused> for Unknown {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Broken> for Unknown {
    fn from(broken: Broken) -> Self {
        Self::Refused(broken.into())
    }
}

#[cfg(test)]
mod tests;
