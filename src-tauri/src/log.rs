//! What goes to stderr: warnings, unless `FLOWLOOM_LOG` says otherwise, and panics.

use std::io::IsTerminal as _;
use std::panic::{self, PanicHookInfo};

use tracing_subscriber::EnvFilter;

/// Starts the log, and has panics end up in it.
pub(crate) fn start() {
    // The graphics drivers warn about what is no concern of the person before the screen.
    let quiet = "warn,wgpu_core=error,wgpu_hal=error,egui_wgpu=error,naga=error";
    let filter = EnvFilter::try_from_env("FLOWLOOM_LOG").unwrap_or_else(|_| EnvFilter::new(quiet));
    let is_read = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(is_read).with_writer(std::io::stderr).init();
    panic::set_hook(Box::new(report));
}

/// A panic's place and thread. Its message is left out of anything but a debug build: it may quote data.
fn report(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let place = panic.location().map_or_else(String::new, ToString::to_string);
    let message = match (cfg!(debug_assertions), panic.payload_as_str()) {
        (true, Some(message)) => message,
        _ => "please report it with this line; the flow was saved aside",
    };
    tracing::error!(thread = thread.name().unwrap_or("unnamed"), %place, "Flowloom has a bug: {message}");
}
