//! Opening the store, wherever in the studio: what the user must hear of it is told once.

use std::path::{Path, PathBuf};

use flowloom_flow::Problem;
use flowloom_store::{Error, Store};
use parking_lot::Mutex;

static NOTICES: Mutex<Vec<Problem>> = Mutex::new(Vec::new());

/// The store in `folder`.
pub(crate) fn open(folder: &Path) -> Result<Store, Error> {
    let store = Store::open(folder)?;
    if let Some(aside) = store.set_aside() {
        let told = Problem::external(format!(
            "the store was damaged and was set aside; a new one took its place, without connections, history and \
             preferences; the old one is `{}`",
            aside.display()
        ));
        NOTICES.lock().push(told.hint("bring it back from a backup, or add the connections again").warning());
    }
    Ok(store)
}

/// The store in `home`, else this person's.
pub(crate) fn open_home(home: Option<&PathBuf>) -> Result<Store, Error> {
    home.map_or_else(Store::home, |home| Ok(home.clone())).and_then(|home| open(&home))
}

/// What the user should hear of this process's stores, once.
pub fn store_notices() -> Vec<Problem> {
    std::mem::take(&mut NOTICES.lock())
}
