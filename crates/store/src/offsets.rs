//! The table of offsets: how far the sources are whose offsets are kept here and not in Kafka.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, TransactionBehavior, params};

use crate::{Error, Store};

pub(crate) const CREATE: &str = "
CREATE TABLE offsets (
    cluster    TEXT NOT NULL,
    sync       TEXT NOT NULL,
    topic      TEXT NOT NULL,
    partition  INTEGER NOT NULL,
    next       INTEGER NOT NULL,
    resets     INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (cluster, sync, topic, partition)
) STRICT, WITHOUT ROWID;
";

/// The offsets under a sync name on one cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offsets {
    /// How often they were reset.
    pub resets: u64,
    /// The next to read, by topic and partition.
    pub next: BTreeMap<(String, i32), i64>,
}

impl Store {
    /// What is kept under `sync` for `cluster`; nothing where nothing ever was.
    pub fn offsets(&self, cluster: &str, sync: &str) -> Result<Offsets, Error> {
        self.with(|connection| read(connection, cluster, sync))
    }

    /// Puts the offsets of `to` in, in one transaction, where they and the count of resets are still as `from` says.
    /// `false`: they are not, and nothing changed.
    pub fn put_offsets(
        &self,
        cluster: &str,
        sync: &str,
        from: &Offsets,
        to: &Offsets,
    ) -> Result<bool, Error> {
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        self.with(|connection| {
            // Immediate: nobody writes between the look and the change.
            let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let now = read(&change, cluster, sync)?;
            if now.resets != from.resets || to.next.keys().any(|at| now.next.get(at) != from.next.get(at)) {
                return Ok(false);
            }
            for ((topic, partition), next) in &to.next {
                change.execute(
                    "INSERT OR REPLACE INTO offsets (cluster, sync, topic, partition, next, resets, updated_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![cluster, sync, topic, partition, next, to.resets as i64, now_ms],
                )?;
            }
            change.commit()?;
            Ok(true)
        })
    }
}

fn read(connection: &Connection, cluster: &str, sync: &str) -> rusqlite::Result<Offsets> {
    let mut query = connection
        .prepare("SELECT topic, partition, next, resets FROM offsets WHERE cluster = ?1 AND sync = ?2")?;
    let mut rows = query.query([cluster, sync])?;
    let mut offsets = Offsets::default();
    while let Some(row) = rows.next()? {
        offsets.next.insert((row.get(0)?, row.get(1)?), row.get(2)?);
        offsets.resets = offsets.resets.max(row.get::<_, i64>(3)?.max(0) as u64);
    }
    Ok(offsets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(resets: u64, next: &[(i32, i64)]) -> Offsets {
        let next = next.iter().map(|(partition, next)| (("orders".to_owned(), *partition), *next));
        Offsets { resets, next: next.collect() }
    }

    #[test]
    fn offsets_survive_a_reopen_and_are_apart_by_cluster_and_sync_name() {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("store");
        assert!(store.put_offsets("c", "a", &Offsets::default(), &at(0, &[(0, 5), (1, 7)])).expect("put"));
        assert!(store.put_offsets("c", "b", &Offsets::default(), &at(2, &[(0, 1)])).expect("put"));
        drop(store);
        let store = Store::open(folder.path()).expect("store");
        assert_eq!(store.offsets("c", "a").expect("kept"), at(0, &[(0, 5), (1, 7)]));
        assert_eq!(store.offsets("c", "b").expect("kept"), at(2, &[(0, 1)]));
        assert_eq!(store.offsets("d", "a").expect("kept"), Offsets::default());
    }

    #[test]
    fn what_another_moved_stays() {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("store");
        assert!(store.put_offsets("c", "a", &Offsets::default(), &at(0, &[(0, 5)])).expect("first"));
        assert!(
            !store.put_offsets("c", "a", &Offsets::default(), &at(0, &[(1, 9), (0, 9)])).expect("second")
        );
        assert_eq!(store.offsets("c", "a").expect("kept"), at(0, &[(0, 5)]), "none of it");
        assert!(
            store.put_offsets("c", "a", &at(0, &[(0, 5)]), &at(0, &[(1, 9)])).expect("of another partition")
        );
        // A reset is heard by who works on a partition that it did not move.
        assert!(store.put_offsets("c", "a", &at(0, &[(0, 5), (1, 9)]), &at(1, &[(0, 0)])).expect("reset"));
        assert!(!store.put_offsets("c", "a", &at(0, &[(1, 9)]), &at(0, &[(1, 12)])).expect("too late"));
    }

    #[test]
    fn of_two_who_race_one_wins() {
        let folder = tempfile::tempdir().expect("folder");
        Store::open(folder.path()).expect("store");
        let wins = std::thread::scope(|scope| {
            let put = |n: i64| {
                let store = Store::open(folder.path()).expect("store");
                store.put_offsets("c", "a", &Offsets::default(), &at(0, &[(0, n)])).expect("put")
            };
            let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || put(n))).collect();
            threads.into_iter().map(|thread| thread.join().expect("joined")).filter(|won| *won).count()
        });
        assert_eq!(wins, 1);
    }
}
