//! What this machine knows of sync names: the table of offsets, and who uses one now.

use std::collections::BTreeMap;
use std::path::PathBuf;

use flowloom_flow::{Domain, Hold, KeptOffsets, Locks, OffsetTable, Problem, SyncKey};
use flowloom_store::{Error, Lock, Offsets, Store, Taken};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::remember::now_ms;
use crate::store;

/// The store in `home`, else this person's; opened when it is asked.
pub(crate) struct Syncs {
    pub(crate) home: Option<PathBuf>,
}

impl OffsetTable for Syncs {
    fn get(&self, key: &SyncKey) -> Result<KeptOffsets, Problem> {
        let found =
            store::open_home(self.home.as_ref()).and_then(|store| store.offsets(&key.cluster, &key.sync));
        let found = found.map_err(unusable)?;
        let mut kept = KeptOffsets { resets: found.resets, ..KeptOffsets::default() };
        for ((topic, partition), next) in found.next {
            kept.offsets.entry(topic).or_default().insert(partition, next);
        }
        Ok(kept)
    }

    fn put(&self, key: &SyncKey, from: &KeptOffsets, to: &KeptOffsets) -> Result<bool, Problem> {
        let store = store::open_home(self.home.as_ref()).map_err(unusable)?;
        store.put_offsets(&key.cluster, &key.sync, &flat(from), &flat(to)).map_err(unusable)
    }
}

fn flat(kept: &KeptOffsets) -> Offsets {
    let next = kept.offsets.iter().flat_map(|(topic, offsets)| {
        offsets.iter().map(|(partition, next)| ((topic.clone(), *partition), *next))
    });
    Offsets { resets: kept.resets, next: next.collect() }
}

fn unusable(error: Error) -> Problem {
    let problem = Problem::external(format!("the table of offsets cannot be used: {error}"));
    problem.hint("check the folder of Flowloom's data (FLOWLOOM_HOME) and the room on its disk").source(error)
}

/// Who has a sync name, as its lock's file says.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    pid: u32,
    flow: String,
    since_ms: i64,
}

impl Locks for Syncs {
    fn hold(&self, key: &SyncKey, flow: &str) -> Result<Hold, Problem> {
        let us = Holder { pid: std::process::id(), flow: flow.to_owned(), since_ms: now_ms() };
        let us = serde_json::to_string(&us)
            .map_err(|error| Problem::internal("a lock's holder cannot be written").source(error))?;
        let home = self.home.clone().map_or_else(Store::home, Ok);
        let taken = home.and_then(|home| Lock::take(&home, &format!("{}\n{}", key.cluster, key.sync), &us));
        match taken {
            Ok(Taken::Yes(lock)) => Ok(Box::new(lock)),
            Ok(Taken::No { holder }) => Err(busy(&key.sync, &holder)),
            Err(error) => {
                let problem = Problem::external(format!(
                    "the sync name `{}` cannot be locked for this run: {error}",
                    key.sync
                ));
                Err(problem.hint("check the folder of Flowloom's data (FLOWLOOM_HOME)").source(error))
            }
        }
    }
}

/// The sync names of a live run: each is taken once and kept between its batches, until this is dropped.
pub(crate) struct Kept {
    locks: Syncs,
    held: Mutex<BTreeMap<SyncKey, Hold>>,
}

impl Kept {
    pub(crate) fn new(locks: Syncs) -> Self {
        Self { locks, held: Mutex::default() }
    }
}

impl Locks for Kept {
    fn hold(&self, key: &SyncKey, flow: &str) -> Result<Hold, Problem> {
        let mut held = self.held.lock();
        if !held.contains_key(key) {
            // A live run waits out what may pass. Who has the name may have it for weeks: this one is refused instead.
            let refused = |problem: Problem| Problem { domain: Domain::User, ..problem };
            held.insert(key.clone(), self.locks.hold(key, flow).map_err(refused)?);
        }
        Ok(Box::new(()))
    }
}

fn busy(sync: &str, holder: &str) -> Problem {
    let who = match serde_json::from_str::<Holder>(holder) {
        Ok(Holder { pid, flow, since_ms }) => {
            let for_s = (now_ms() - since_ms).max(0) / 1_000;
            let by =
                if pid == std::process::id() { "this program".to_owned() } else { format!("process {pid}") };
            format!("another run: `{flow}` in {by}, since {for_s} s")
        }
        Err(_) => "another run".to_owned(),
    };
    Problem::external(format!("the sync name `{sync}` is in use by {who}"))
        .hint("wait until it ends, or stop it; two runs at once would read the same messages")
        .retriable(true)
        .at_field("sync_name")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn syncs() -> (tempfile::TempDir, Syncs, SyncKey) {
        let folder = tempfile::tempdir().expect("folder");
        let syncs = Syncs { home: Some(folder.path().to_owned()) };
        (folder, syncs, SyncKey { cluster: "c".to_owned(), sync: "orders-sync".to_owned() })
    }

    #[test]
    fn the_second_run_is_told_of_the_first() {
        let (_folder, syncs, key) = syncs();
        let first = syncs.hold(&key, "Orders").expect("free");
        let problem = syncs.hold(&key, "Other").expect_err("taken");
        assert!(
            problem.message.contains("`orders-sync` is in use by another run: `Orders` in this program"),
            "{problem}"
        );
        assert!(problem.retry);
        assert!(
            syncs.hold(&SyncKey { cluster: "d".to_owned(), ..key.clone() }, "Other").is_ok(),
            "another cluster"
        );
        drop(first);
        assert!(syncs.hold(&key, "Other").is_ok());
        assert!(busy("s", "").message.ends_with("by another run"));
    }

    #[test]
    fn a_live_run_keeps_its_sync_names_between_batches() {
        let (folder, syncs, key) = syncs();
        let live = Kept::new(Syncs { home: Some(folder.path().to_owned()) });
        for _ in 0..2 {
            drop(live.hold(&key, "Orders").expect("its own"));
            assert!(syncs.hold(&key, "Other").is_err());
        }
        drop(live);
        let run = syncs.hold(&key, "Other").expect("free");
        let live = Kept::new(Syncs { home: Some(folder.path().to_owned()) });
        assert_eq!(live.hold(&key, "Orders").expect_err("taken").domain, Domain::User, "it does not wait");
        drop(run);
        assert!(live.hold(&key, "Orders").is_ok());
    }

    #[test]
    fn the_table_is_the_stores() {
        let (_folder, syncs, key) = syncs();
        let none = syncs.get(&key).expect("empty");
        assert_eq!(none, KeptOffsets::default());
        let offsets = BTreeMap::from([("orders".to_owned(), BTreeMap::from([(0, 3), (1, 4)]))]);
        let to = KeptOffsets { resets: 1, offsets };
        assert!(syncs.put(&key, &none, &to).expect("put"));
        assert_eq!(syncs.get(&key).expect("kept"), to);
        assert!(!syncs.put(&key, &none, &to).expect("moved"));
    }
}
