//! The way to the display on Linux, before Tauri looks for it.

#![expect(
    unsafe_code,
    reason = "GTK is told through the environment that screen readers are served elsewhere"
)]

use std::env;

use anyhow::bail;
use gtk::gdk;

const NO_AT_BRIDGE: &str = "NO_AT_BRIDGE";

/// Connects to the display, or says how to do without.
pub(crate) fn open() -> anyhow::Result<()> {
    let has = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    if !has("DISPLAY") && !has("WAYLAND_DISPLAY") {
        bail!("no display: neither DISPLAY nor WAYLAND_DISPLAY is set; to work without one: `flowloom demo`");
    }
    if !has("GDK_BACKEND") {
        // Under Wayland GTK draws a surface of its own over ours: XWayland where there is one.
        gdk::set_allowed_backends("x11,*");
    }
    without_gtks_accessibility(|| {
        if gtk::init().is_err() {
            let display = ["DISPLAY", "WAYLAND_DISPLAY"].map(|name| env::var(name).unwrap_or_default());
            bail!(
                "the display does not answer; to work without one: `flowloom demo`; `{}`",
                display.concat()
            );
        }
        Ok(())
    })
}

/// GTK would show screen readers an empty window beside the one that AccessKit shows them.
fn without_gtks_accessibility<T>(start: impl FnOnce() -> T) -> T {
    if env::var_os(NO_AT_BRIDGE).is_some() {
        return start();
    }
    let before = threads();
    // SAFETY: this is the first thing that `main` does and it has started no thread. WebKit's library starts
    // one when it is loaded, which gives memory back to the system and reads no environment.
    unsafe { env::set_var(NO_AT_BRIDGE, "1") };
    let started = start();
    // Programs that we start, such as the browser for a link, need theirs.
    if threads() == before {
        // SAFETY: GTK has started no thread either.
        unsafe { env::remove_var(NO_AT_BRIDGE) };
    }
    started
}

/// How many threads this process has.
fn threads() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}
