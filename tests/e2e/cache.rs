//! What `scripts/install.sh test` has put into the cache for the tests.

use std::env;
use std::path::PathBuf;

/// The folder that downloads and builds outlive a clone in.
pub(crate) fn cache() -> PathBuf {
    let home = || PathBuf::from(env::var_os("HOME").expect("HOME is set"));
    env::var_os("FLOWLOOM_CACHE").map_or_else(
        || {
            env::var_os("XDG_CACHE_HOME")
                .map_or_else(|| home().join(".cache"), PathBuf::from)
                .join("flowloom")
        },
        PathBuf::from,
    )
}

/// The Python that has what exported scripts import.
pub(crate) fn python() -> PathBuf {
    let python = cache().join("python/bin/python");
    assert!(python.exists(), "no {}: `scripts/install.sh test` makes it", python.display());
    python
}

/// The Python that has clients of the services: reference serializers, a database driver.
pub(crate) fn services_python() -> PathBuf {
    let python = cache().join("services/bin/python");
    assert!(python.exists(), "no {}: `scripts/install.sh test` makes it", python.display());
    python
}
