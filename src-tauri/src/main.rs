//! `flowloom-studio`: the desktop shell.
//!
//! Tauri owns the process, its windows, dialogs and packaging; egui draws everything inside a window
//! through wgpu, and there is no webview. Nothing here knows what a flow is: that is `flowloom_ui`.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod accessibility;
mod args;
mod bell;
mod clipboard;
mod cursor;
#[cfg(target_os = "linux")]
mod display;
mod gpu;
#[cfg(target_os = "linux")]
mod gtk_input;
mod host;
mod input;
mod instance;
mod keys;
mod log;
mod plugin;
mod surface;
#[cfg(not(target_os = "linux"))]
mod tao_input;
#[cfg(target_os = "linux")]
mod wheel;
mod window;
mod window_state;
mod wishes;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use clap::Parser as _;
use flowloom_ui::Setup;

use self::args::Args;
use self::bell::{Bell, Inbox};
use self::host::Host;
use self::plugin::HostPlugin;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let started = Instant::now();
    flowloom_studio::share_c_heap();
    let args = Args::parse();
    log::start();
    match run(args, started) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            drop(writeln!(std::io::stderr(), "flowloom-studio: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args, started: Instant) -> anyhow::Result<u8> {
    #[cfg(target_os = "linux")]
    display::open()?;
    let bell = Bell::default();
    let (inbox, letters) = Inbox::new(bell.clone());
    let mut builder = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build());
    if instance::is_shared() {
        builder = builder.plugin(instance::plugin(inbox.clone()));
    }
    let mut app = builder.build(tauri::generate_context!()).context("the window system cannot be used")?;
    // The graphics driver takes as long as everything else until the first frame: both at once. Not before it is known
    // that this process stays: ending while a thread loads the driver may crash in the driver's own tidying up.
    let gpu = gpu::start()?;
    app.wry_plugin(HostPlugin::new(bell.clone()));
    let host = Host::new(app.handle().clone(), gpu, inbox, letters, bell, started);
    host::install(host, Setup { open: args.flows, is_demo: args.demo })?;
    let code = app.run_return(|_, _| {});
    host::remove();
    Ok(u8::try_from(code).unwrap_or(1))
}
