//! The system's clipboard, on a thread of its own: whoever owns the other end may take seconds to answer.

use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use egui::Event;

use crate::bell::{Inbox, Letter};
use crate::input::{Clip, Input};

/// What a frame waits for a paste, so that the keys after it come after it.
const PATIENCE: Duration = Duration::from_millis(50);

enum Ask {
    Put(String),
    /// Text that was selected, for the middle button.
    Select(String),
    Get {
        to: std::sync::mpsc::SyncSender<String>,
        late: Option<String>,
    },
    GetSelected {
        to: std::sync::mpsc::SyncSender<String>,
    },
}

pub(crate) struct Clipboard {
    asks: Sender<Ask>,
}

impl Clipboard {
    /// The thread starts now and opens the clipboard at the first ask.
    pub(crate) fn new(inbox: Inbox) -> Self {
        let (asks, asked) = channel();
        let serve = move || serve(&asked, &inbox);
        if let Err(error) = thread::Builder::new().name("clipboard".to_owned()).spawn(serve) {
            tracing::warn!(%error, "no thread for the clipboard: it does not work");
        }
        Self { asks }
    }

    pub(crate) fn put(&self, text: String) {
        self.ask(Ask::Put(text));
    }

    pub(crate) fn put_selected(&self, text: String) {
        if cfg!(target_os = "linux") {
            self.ask(Ask::Select(text));
        }
    }

    /// Text that is selected anywhere, on systems where the middle button pastes it.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only X11 and Wayland have one"))]
    pub(crate) fn selected_text(&self) -> String {
        let (to, answer) = sync_channel(1);
        self.ask(Ask::GetSelected { to });
        answer.recv_timeout(PATIENCE).unwrap_or_default()
    }

    /// Tells egui of a clipboard command. A paste that takes long comes as a [`Letter::Pasted`].
    pub(crate) fn carry_out(&self, clip: Clip, input: &mut Input, window: &str) {
        match clip {
            Clip::Cut => input.push(Event::Cut),
            Clip::Copy => input.push(Event::Copy),
            Clip::Paste => {
                let (to, answer) = sync_channel(0);
                self.ask(Ask::Get { to, late: Some(window.to_owned()) });
                if let Ok(text) = answer.recv_timeout(PATIENCE)
                    && !text.is_empty()
                {
                    input.push(Event::Paste(text));
                }
            }
        }
    }

    fn ask(&self, ask: Ask) {
        if self.asks.send(ask).is_err() {
            tracing::warn!("the clipboard does not work");
        }
    }
}

fn serve(asked: &Receiver<Ask>, inbox: &Inbox) {
    let mut opened = None;
    for ask in asked {
        // What was copied is handed out by whoever copied it: kept as long as the program runs.
        if opened.is_none() {
            opened = arboard::Clipboard::new().inspect_err(|error| tracing::warn!(%error, "clipboard")).ok();
        }
        let Some(clipboard) = &mut opened else { continue };
        let done = match ask {
            Ask::Put(text) => clipboard.set_text(text),
            Ask::Select(text) => select(clipboard, text),
            Ask::Get { to, late } => {
                let text = clipboard.get_text().unwrap_or_default().replace("\r\n", "\n");
                // Nobody waits any more: it comes by letter.
                if let (Err(unread), Some(window)) = (to.send(text), late)
                    && !unread.0.is_empty()
                {
                    inbox.send(Letter::Pasted { window, text: unread.0 });
                }
                Ok(())
            }
            Ask::GetSelected { to } => {
                drop(to.try_send(selected(clipboard)));
                Ok(())
            }
        };
        if let Err(error) = done {
            tracing::warn!(%error, "clipboard");
        }
    }
}

#[cfg(target_os = "linux")]
fn select(clipboard: &mut arboard::Clipboard, text: String) -> Result<(), arboard::Error> {
    use arboard::{LinuxClipboardKind, SetExtLinux as _};
    clipboard.set().clipboard(LinuxClipboardKind::Primary).text(text)
}

#[cfg(not(target_os = "linux"))]
fn select(_: &mut arboard::Clipboard, _: String) -> Result<(), arboard::Error> {
    Ok(())
}

#[cfg(target_os = "linux")]
fn selected(clipboard: &mut arboard::Clipboard) -> String {
    use arboard::{GetExtLinux as _, LinuxClipboardKind};
    clipboard.get().clipboard(LinuxClipboardKind::Primary).text().unwrap_or_default()
}

#[cfg(not(target_os = "linux"))]
fn selected(_: &mut arboard::Clipboard) -> String {
    String::new()
}
