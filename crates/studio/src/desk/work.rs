//! The desk's thread: reads what earlier sessions left, then fulfils wishes until the desk is gone.

use std::path::PathBuf;

use crossbeam_channel::Receiver;
use flowloom_flow::Problem;
use flowloom_store::{Error, Owner, Store};
use parking_lot::{Condvar, Mutex};

use super::wishes::{Loaded, Recent, Shared, Wishes};
use crate::remember::PastRun;
use crate::store;

/// The open store, and this process as an owner of drafts in it.
struct Open {
    store: Store,
    owner: Owner,
}

pub(super) fn run(
    shared: &Mutex<Shared>,
    settled: &Condvar,
    bell: &Receiver<()>,
    home: impl Fn() -> Result<PathBuf, Error>,
) {
    let mut open = None;
    let mut is_told = false;
    match opened(&mut open, &home).and_then(load) {
        Ok(loaded) => shared.lock().loaded = Some(loaded),
        Err(error) => {
            tell(shared, &mut is_told, error);
            shared.lock().loaded = Some(Loaded::default());
        }
    }
    let mut is_open = true;
    while is_open {
        // The bell is dropped with the desk: then what is left is written, and that is it.
        is_open = bell.recv().is_ok();
        let (mut wishes, asked) = {
            let mut shared = shared.lock();
            (std::mem::take(&mut shared.wishes), shared.asked)
        };
        let result = opened(&mut open, &home).and_then(|open| fulfil(open, &mut wishes, shared));
        match result {
            Ok(()) => {
                is_told = false;
                shared.lock().done = asked;
                settled.notify_all();
            }
            Err(error) => {
                shared.lock().wishes.put_back(wishes);
                tell(shared, &mut is_told, error);
            }
        }
    }
}

/// A store that cannot be used now may be usable later: a full disk, a drive that was away.
fn opened<'a>(
    open: &'a mut Option<Open>,
    home: &impl Fn() -> Result<PathBuf, Error>,
) -> Result<&'a Open, Error> {
    if open.is_none() {
        let folder = home()?;
        *open = Some(Open { store: store::open(&folder)?, owner: Owner::new(&folder)? });
    }
    open.as_ref()
        .ok_or_else(|| Error::Folder { path: PathBuf::new(), source: std::io::ErrorKind::Other.into() })
}

fn load(open: &Open) -> Result<Loaded, Error> {
    let preferences = open.store.preferences()?;
    let preferences = preferences.into_iter().filter_map(|(key, text)| match serde_json::from_str(&text) {
        Ok(value) => Some((key, value)),
        Err(error) => {
            tracing::warn!(key, %error, "a preference is not JSON; its default counts");
            None
        }
    });
    let preferences = preferences.collect();
    let recent = open.store.recent()?.into_iter().map(|recent| Recent {
        is_missing: !recent.path.exists(),
        path: recent.path,
        opened_ms: recent.opened_ms,
    });
    Ok(Loaded { preferences, recent: recent.collect(), drafts: open.store.take_drafts(&open.owner)? })
}

/// Takes each wish off once it is fulfilled. Drafts first: they are what cannot be typed in again quickly.
fn fulfil(open: &Open, wishes: &mut Wishes, shared: &Mutex<Shared>) -> Result<(), Error> {
    while let Some(entry) = wishes.drafts.first_entry() {
        match entry.get() {
            Some(draft) => open.store.keep_draft(draft, &open.owner)?,
            None => open.store.drop_draft(entry.key())?,
        }
        entry.remove();
    }
    while let Some(entry) = wishes.preferences.first_entry() {
        open.store.set_preference(entry.key(), &entry.get().to_string())?;
        entry.remove();
    }
    while let Some(entry) = wishes.recent.first_entry() {
        match entry.get() {
            Some(opened_ms) => open.store.add_recent(entry.key(), *opened_ms)?,
            None => open.store.forget_recent(entry.key())?,
        }
        entry.remove();
    }
    if let Some(limit) = wishes.runs {
        let runs = open.store.runs(limit)?.into_iter().map(PastRun::of).collect();
        shared.lock().runs = Some(runs);
        wishes.runs = None;
    }
    Ok(())
}

/// Says it once, until something works again.
fn tell(shared: &Mutex<Shared>, is_told: &mut bool, error: Error) {
    if std::mem::replace(is_told, true) {
        return;
    }
    let problem = Problem::external(error.to_string())
        .hint("preferences and drafts are not kept until this is mended")
        .source(error);
    shared.lock().problems.push(problem);
}
