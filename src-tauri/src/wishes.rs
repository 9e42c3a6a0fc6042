//! What the studio wishes of the system: dialogs, notifications, links, more windows.

use std::path::PathBuf;

use tauri_plugin_dialog::{DialogExt as _, FileDialogBuilder, FilePath};
use tauri_plugin_notification::NotificationExt as _;
use tauri_plugin_opener::OpenerExt as _;

use crate::bell::Letter;
use crate::host::Host;
use crate::window::Wanted;
use flowloom_ui::{Answer, Setup, Wish};

impl Host {
    pub(crate) fn carry_out(&mut self, label: &str, wanted: Wanted) {
        for link in wanted.links {
            if let Err(error) = self.app.opener().open_url(&link, None::<&str>) {
                tracing::warn!(%error, link, "the link was not opened");
            }
        }
        for wish in wanted.wishes {
            self.fulfil(label, wish);
        }
    }

    fn fulfil(&mut self, label: &str, wish: Wish) {
        let done: anyhow::Result<()> = match wish {
            Wish::PickFile { token, title, filters, folder } => {
                self.dialog(label, &title, &filters, folder).pick_file(self.answer(label, token));
                Ok(())
            }
            Wish::PickFolder { token, title, folder } => {
                self.dialog(label, &title, &[], folder).pick_folder(self.answer(label, token));
                Ok(())
            }
            Wish::PickSave { token, title, name, filters, folder } => {
                let dialog = self.dialog(label, &title, &filters, folder).set_file_name(name);
                dialog.save_file(self.answer(label, token));
                Ok(())
            }
            Wish::Reveal(path) => self.app.opener().reveal_item_in_dir(path).map_err(Into::into),
            Wish::Notify { title, body } => {
                self.app.notification().builder().title(title).body(body).show().map_err(Into::into)
            }
            Wish::Title(title) => match self.windows.get(label) {
                Some(window) => window.tauri.set_title(&title).map_err(Into::into),
                None => Ok(()),
            },
            Wish::NewWindow(flow) => {
                self.open_window(Setup { open: flow.into_iter().collect(), is_demo: false })
            }
            Wish::Close => {
                self.close(label);
                Ok(())
            }
            Wish::Quit => {
                self.quit_if_saved();
                Ok(())
            }
        };
        if let Err(error) = done {
            tracing::warn!("{error:#}");
        }
    }

    /// Closes the windows that may; the others ask.
    fn quit_if_saved(&mut self) {
        let labels: Vec<String> = self.windows.keys().cloned().collect();
        for label in labels {
            let Some(window) = self.windows.get_mut(&label) else { continue };
            if window.app.may_close() {
                self.close(&label);
            } else {
                window.repaint.now();
            }
        }
    }

    fn dialog(
        &self,
        label: &str,
        title: &str,
        filters: &[(String, Vec<String>)],
        folder: Option<PathBuf>,
    ) -> FileDialogBuilder<tauri::Wry> {
        let mut dialog = self.app.dialog().file().set_title(title);
        for (name, ends) in filters {
            let ends: Vec<&str> = ends.iter().map(String::as_str).collect();
            dialog = dialog.add_filter(name, &ends);
        }
        if let Some(folder) = folder {
            dialog = dialog.set_directory(folder);
        }
        if let Some(window) = self.windows.get(label) {
            dialog = dialog.set_parent(&window.tauri);
        }
        dialog
    }

    /// Takes a dialog's answer, on whatever thread it comes, to the window that asked.
    fn answer(&self, label: &str, token: u64) -> impl FnOnce(Option<FilePath>) + Send + 'static {
        let (inbox, window) = (self.inbox.clone(), label.to_owned());
        move |picked| {
            let path = picked.and_then(|path| path.into_path().ok());
            inbox.send(Letter::Answer { window, answer: Answer::Picked { token, path } });
        }
    }
}
