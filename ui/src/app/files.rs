//! Open, save, close: what happens to flow files.

use std::path::{Path, PathBuf};

use flowloom_flow::{Flow, NodeId, Problem};
use flowloom_studio::{Command, FlowKey, Reply};

use super::App;
use super::disk::Then;
use crate::dialog::{Close, Dialog, Unsaved};
use crate::doc::Doc;
use crate::request::{Pick, PickFor};
use crate::shell::{Filter, Wish};

/// How many recent files the menu offers.
const RECENT: usize = 12;

/// What a dialog of the system was opened for.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    Open,
    /// Save this flow there; `then_close`: and close its tab, or the window.
    Save {
        flow: FlowKey,
        then: Option<Close>,
    },
    Setting {
        /// The one in front.
        flow: Option<FlowKey>,
        pick: Pick,
    },
    ExportFolder,
}

impl App {
    /// The first flows of a window: what it was asked for, else what was open last, else the sample.
    pub(super) fn open_first(&mut self) {
        let paths = std::mem::take(&mut self.setup.open);
        let is_demo = self.setup.is_demo;
        if paths.is_empty() && !is_demo && self.is_beside {
            return self.new_flow();
        }
        if is_demo || (paths.is_empty() && self.preferences.tabs.is_empty()) {
            self.open_sample();
        } else if paths.is_empty() {
            self.disk.is_first = true;
            for path in self.preferences.tabs.clone() {
                self.load_file(path, Then::Restore);
            }
        }
        self.open(paths);
    }

    /// The open flow whose file is `path`.
    pub(super) fn key_at(&self, path: &Path) -> Option<FlowKey> {
        self.docs.iter().find(|doc| doc.path.as_deref() == Some(path)).map(|doc| doc.key)
    }

    pub(super) fn show_tab(&mut self, key: FlowKey) {
        self.front = self.docs.iter().position(|doc| doc.key == key).unwrap_or(self.front);
    }

    pub(super) fn next_place(&mut self) -> u64 {
        self.places += 1;
        self.places
    }

    /// A tab at the end for a flow that the session has.
    pub(super) fn show(&mut self, key: FlowKey) -> Option<()> {
        let place = self.next_place();
        self.show_at(key, place)
    }

    /// A tab among the others, in the order in which they were asked for; in front, unless what is there was
    /// asked for later.
    pub(super) fn show_at(&mut self, key: FlowKey, place: u64) -> Option<()> {
        match Doc::new(&mut self.session, key) {
            Ok(mut doc) => {
                doc.place = place;
                self.disk.is_first = false;
                let view = doc.path.as_ref().and_then(|path| self.views.get(&path.display().to_string()));
                if let Some(Ok(view)) = view.cloned().map(serde_json::from_value) {
                    doc.canvas.set_view(view);
                }
                let at = self.docs.partition_point(|other| other.place < place);
                let is_in_front = self.doc().is_none_or(|front| front.place < place);
                self.docs.insert(at, doc);
                self.front = if is_in_front { at } else { self.front + usize::from(at <= self.front) };
                Some(())
            }
            Err(problem) => {
                self.tell(problem);
                None
            }
        }
    }

    pub(super) fn new_flow(&mut self) {
        let folder = self.folder();
        match self.session.send(Command::New { flow: Flow::default(), folder }) {
            Ok(Reply::Opened { flow, .. }) => {
                let _shown: Option<()> = self.show(flow);
            }
            Ok(_) => {}
            Err(problems) => self.tell_all(problems),
        }
    }

    /// Where dialogs start and relative paths of a new flow begin.
    pub(super) fn folder(&self) -> PathBuf {
        let beside = self.doc().and_then(|doc| doc.path.as_ref()?.parent().map(Path::to_owned));
        beside.or_else(|| std::env::current_dir().ok()).unwrap_or_else(|| PathBuf::from("."))
    }

    pub(super) fn remember(&mut self, path: &Path) {
        self.recent.retain(|each| each != path);
        self.recent.insert(0, path.to_owned());
        self.recent.truncate(RECENT);
        self.desk.remember(path);
    }

    pub(super) fn ask_open(&mut self) {
        let (token, folder) = (self.token(Asked::Open), Some(self.folder()));
        let title = "Open a flow".to_owned();
        self.wishes.push(Wish::PickFile { token, title, filters: flow_files(), folder });
    }

    pub(super) fn ask_save(&mut self, flow: FlowKey, then: Option<Close>) {
        let Some(doc) = self.docs.iter().find(|doc| doc.key == flow) else { return };
        let stem = NodeId::nearest(&doc.title());
        let name = format!("{stem}.flow.yaml", stem = stem.as_str());
        let (token, folder) = (self.token(Asked::Save { flow, then }), Some(self.folder()));
        let title = "Save the flow as".to_owned();
        self.wishes.push(Wish::PickSave { token, title, name, filters: flow_files(), folder });
    }

    pub(super) fn ask_setting(&mut self, pick: Pick) {
        let (folder, is_save, key) = (Some(self.folder()), pick.is_save, pick.key.clone());
        let flow = self.doc().map(|doc| doc.key);
        let token = self.token(Asked::Setting { flow, pick });
        let (title, filters) = (format!("Choose the file for `{key}`"), Vec::new());
        self.wishes.push(if is_save {
            Wish::PickSave { token, title, name: "out.parquet".to_owned(), filters, folder }
        } else {
            Wish::PickFile { token, title, filters, folder }
        });
    }

    pub(super) fn ask_export_folder(&mut self) {
        let (token, folder) = (self.token(Asked::ExportFolder), Some(self.folder()));
        let title = "Choose a folder for the program".to_owned();
        self.wishes.push(Wish::PickFolder { token, title, folder });
    }

    fn token(&mut self, asked: Asked) -> u64 {
        self.tokens += 1;
        self.asked.insert(self.tokens, asked);
        self.tokens
    }

    /// A dialog of the system gave a path.
    pub(super) fn picked(&mut self, asked: Asked, path: PathBuf) {
        match asked {
            Asked::Open => self.load_file(path, Then::Show),
            Asked::Save { flow, then } => self.save_to(flow, Some(with_end(path)), then),
            Asked::Setting { flow, pick } => match pick.what {
                PickFor::Connection(serial) => self.connections.set_picked(serial, pick.key, path),
                PickFor::Node(node) => {
                    if let Some(doc) = self.docs.iter_mut().find(|doc| Some(doc.key) == flow) {
                        doc.picked.insert((node, pick.key), path);
                    }
                }
            },
            Asked::ExportFolder => {
                if let Some(Dialog::Export(export)) = &mut self.dialog {
                    export.set_folder(path);
                }
            }
        }
    }

    /// Notes that a flow was saved: its draft goes, unless there were edits meanwhile, and its time shows.
    pub(super) fn saved(&mut self, flow: FlowKey) {
        if self.docs.iter().any(|doc| doc.key == flow && doc.is_saved) {
            self.drop_draft(flow);
        }
        if let Some(doc) = self.docs.iter_mut().find(|doc| doc.key == flow) {
            doc.saved_at = Some(std::time::SystemTime::now());
            let path = doc.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
            doc.log.info(format!("Saved to `{path}`"));
        }
    }

    /// Closes a tab; asks first where work would be lost.
    pub(super) fn close_tab(&mut self, key: FlowKey) {
        let Some(at) = self.docs.iter().position(|doc| doc.key == key) else { return };
        if self.docs[at].is_saved {
            self.drop_tab(key);
        } else if !self.waits_to_close(Close::Tab(key)) {
            self.front = at;
            let unsaved = vec![Unsaved::of(&self.docs[at])];
            self.dialog = Some(Dialog::close(unsaved, Some(key)));
        }
    }

    pub(super) fn drop_tab(&mut self, key: FlowKey) {
        let Some(at) = self.docs.iter().position(|doc| doc.key == key) else { return };
        self.keep_view(at);
        self.drop_draft(key);
        if let Some(job) = &mut self.docs[at].job {
            job.stop();
        }
        self.docs.remove(at);
        if let Err(problems) = self.session.send(Command::Close { flow: key }) {
            self.tell_all(problems);
        }
        if self.front >= at && self.front > 0 {
            self.front -= 1;
        }
    }

    pub(super) fn unsaved(&self) -> Vec<Unsaved> {
        self.docs.iter().filter(|doc| !doc.is_saved).map(Unsaved::of).collect()
    }

    /// Saves what is unsaved, one flow after the other, asks for paths where there are none, then closes.
    pub(super) fn save_and_close(&mut self, what: Close) {
        let is_meant = |doc: &&Doc| !doc.is_saved && (what == Close::Window || what == Close::Tab(doc.key));
        match self.docs.iter().find(is_meant).map(|doc| (doc.key, doc.path.is_some())) {
            Some((key, true)) => self.save_to(key, None, Some(what)),
            Some((key, false)) => {
                self.show_tab(key);
                self.ask_save(key, Some(what));
            }
            None => self.close_on(what),
        }
    }

    /// Goes on with closing after one flow was saved; an edit that was made meanwhile is saved too.
    pub(super) fn close_on(&mut self, what: Close) {
        match what {
            Close::Tab(key) if self.docs.iter().all(|doc| doc.key != key || doc.is_saved) => {
                self.drop_tab(key);
            }
            Close::Window if self.docs.iter().all(|doc| doc.is_saved) => self.close_window(),
            Close::Tab(_) | Close::Window => self.save_and_close(what),
        }
    }

    /// The window goes without another question.
    pub(super) fn close_window(&mut self) {
        self.is_closing = true;
        let keys: Vec<FlowKey> = self.docs.iter().map(|doc| doc.key).collect();
        for key in keys {
            self.drop_draft(key);
        }
        self.wishes.push(Wish::Close);
    }
}

fn flow_files() -> Vec<Filter> {
    vec![
        ("Flows (*.flow.yaml)".to_owned(), vec!["yaml".to_owned(), "yml".to_owned()]),
        ("All files".to_owned(), vec!["*".to_owned()]),
    ]
}

/// The path with the end of flow files, unless it has one.
fn with_end(path: PathBuf) -> PathBuf {
    match path.extension() {
        Some(_) => path,
        None => path.with_extension("flow.yaml"),
    }
}

/// A problem that names a path.
pub(super) fn gone(path: &Path) -> Problem {
    Problem::user(format!("there is no file any more; `{}`", path.display())).hint("it was moved or deleted")
}
