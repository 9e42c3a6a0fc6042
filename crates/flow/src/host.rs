//! What a node may ask of the program around it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use flowloom_secret::Secret;
use parking_lot::{Condvar, Mutex};
use serde_json::{Map, Value};

use crate::{Locks, NoLocks, NoOffsetTable, NodeId, OffsetTable, Problem, Suggestion};

/// The program around a flow, as its nodes see it. Nodes never touch the environment otherwise.
pub trait Host: Send + Sync {
    /// Where a path written in the flow is: relative ones start at the flow file's folder.
    fn path(&self, path: &str) -> PathBuf;

    /// Folder for spilled rows; made when it is first asked for, emptied with the run.
    fn spill_dir(&self) -> Result<&Path, Problem>;

    /// Bytes of rows that a source may hold in memory before it spills.
    fn memory_bytes(&self) -> u64;

    /// Threads that decode beside the one that reads.
    fn decode_threads(&self) -> usize;

    /// The connection of this name; its secrets stay locked until a client is built of it.
    fn connection(&self, name: &str) -> Result<Access, Problem> {
        NoConnections.get(name)
    }

    /// Connections of these kinds, by name.
    fn connections(&self, kinds: &[&str]) -> Result<Vec<Suggestion>, Problem> {
        NoConnections.list(kinds)
    }

    /// Flowloom's own table of offsets; nothing is opened before it is asked.
    fn offsets(&self) -> Arc<dyn OffsetTable> {
        Arc::new(NoOffsetTable)
    }

    /// Who uses a sync name now.
    fn locks(&self) -> Arc<dyn Locks> {
        Arc::new(NoLocks)
    }
}

/// Where a host finds connections.
pub trait Connections: Send + Sync {
    /// See [`Host::connection`].
    fn get(&self, name: &str) -> Result<Access, Problem>;
    /// See [`Host::connections`].
    fn list(&self, kinds: &[&str]) -> Result<Vec<Suggestion>, Problem>;
}

/// A place without any.
pub struct NoConnections;

impl Connections for NoConnections {
    fn get(&self, name: &str) -> Result<Access, Problem> {
        Err(no_connection(name))
    }

    fn list(&self, _kinds: &[&str]) -> Result<Vec<Suggestion>, Problem> {
        Ok(Vec::new())
    }
}

/// There is none of this name.
pub fn no_connection(name: &str) -> Problem {
    Problem::user(format!("there is no connection `{name}`"))
        .hint("add it under Connections or with `flowloom connections add`, or choose another one")
}

/// A connection as a node gets it: settings to look at, secrets to unlock at the point of use.
#[derive(Clone)]
pub struct Access {
    pub name: String,
    /// Id of the connection's kind.
    pub kind: String,
    /// As the kind writes them, without secrets; text may hold `${env:…}` and the like.
    pub settings: Map<String, Value>,
    /// Settings that have a secret in the vault.
    pub secrets: Vec<String>,
    pub vault: Arc<dyn Vault>,
}

/// Where the secrets of a connection are.
pub trait Vault: Send + Sync {
    /// The secret of the setting `field`; `None`: it has none.
    fn secret(&self, field: &str) -> Result<Option<Secret>, Problem>;

    /// What a reference such as `${env:NAME}` stands for.
    fn resolve(&self, reference: &str) -> Result<Secret, Problem>;
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Access to {} ({})", self.name, self.kind)
    }
}

/// Where a node stands: what it needs beside its settings to plan itself.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    pub node: &'a NodeId,
    /// The flow's name.
    pub flow: &'a str,
    pub host: &'a dyn Host,
}

/// A switch that ends a run; clones share it.
///
/// A live run may also be stopped: it ends once the batch that runs is over.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Switch>);

#[derive(Debug, Default)]
struct Switch {
    cancelled: Arc<AtomicBool>,
    stopped: AtomicBool,
    /// Held while a flag is set, so that no waiter misses it.
    change: Mutex<()>,
    changed: Condvar,
}

impl Cancel {
    pub fn cancel(&self) {
        self.set(&self.0.cancelled);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Asks to end at the next edge between batches; a second time it cancels.
    pub fn stop(&self) {
        if self.0.stopped.load(Ordering::Acquire) {
            return self.cancel();
        }
        self.set(&self.0.stopped);
    }

    /// Stopped or cancelled.
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Acquire) || self.is_cancelled()
    }

    /// Waits until somebody stops or cancels, which ends it at once, and at most until `deadline`; whether somebody did.
    pub fn wait_until(&self, deadline: Instant) -> bool {
        let mut change = self.0.change.lock();
        while !self.is_stopped() {
            if self.0.changed.wait_until(&mut change, deadline).timed_out() {
                return self.is_stopped();
            }
        }
        true
    }

    /// As [`wait_until`](Self::wait_until), for so long from now on.
    pub fn wait(&self, at_most: Duration) -> bool {
        self.wait_until(Instant::now() + at_most)
    }

    /// The flag of cancelling itself, for crates that know nothing of flows.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0.cancelled)
    }

    fn set(&self, flag: &AtomicBool) {
        let _held = self.0.change.lock();
        flag.store(true, Ordering::Release);
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_wakes_who_waits_and_a_second_one_cancels() {
        let cancel = Cancel::default();
        assert!(!cancel.wait(Duration::from_millis(1)));
        let (other, began) = (cancel.clone(), Instant::now());
        let waiting = std::thread::spawn(move || other.wait(Duration::from_mins(1)));
        cancel.stop();
        assert!(waiting.join().expect("it ends"));
        assert!(began.elapsed() < Duration::from_secs(30));
        assert!(cancel.is_stopped() && !cancel.is_cancelled());
        cancel.stop();
        assert!(cancel.is_cancelled() && cancel.flag().load(Ordering::Acquire));
    }
}
