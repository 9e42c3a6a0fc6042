//! One studio for each person: a second start hands its files over and ends.

use std::env;
use std::path::Path;

use tauri::Wry;
use tauri::plugin::TauriPlugin;

use crate::bell::{Inbox, Letter};

/// Whether starts share one process. A home of its own is a studio of its own.
pub(crate) fn is_shared() -> bool {
    ["FLOWLOOM_ALONE", "FLOWLOOM_HOME"]
        .iter()
        .all(|name| env::var_os(name).is_none_or(|value| value.is_empty()))
}

pub(crate) fn plugin(inbox: Inbox) -> TauriPlugin<Wry> {
    tauri_plugin_single_instance::init(move |_, args, folder| {
        let flows = args.into_iter().skip(1).filter(|arg| !arg.starts_with('-'));
        inbox.send(Letter::Open(flows.map(|flow| Path::new(&folder).join(flow)).collect()));
    })
}
