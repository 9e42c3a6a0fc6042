//! The sample flow beside an embedded broker: the flow is there at once, the broker a moment later.

use std::path::PathBuf;

use flowloom_flow::Problem;
use flowloom_studio::{Command, FlowKey, demo};

use super::App;
use super::disk::Then;
use crate::doc::Doc;

/// What a preview waits for meanwhile.
const ORDERS_MORE: usize = 500;
const WAITS: &str = "The embedded broker is still starting";

impl App {
    /// Opens the sample flow; its broker follows.
    pub(super) fn open_sample(&mut self) {
        let folder = match self.demo_folder() {
            Ok(folder) => folder,
            Err(problem) => return self.tell(problem),
        };
        self.start_loading(Command::LoadSample { folder }, None, Then::Sample);
    }

    fn demo_folder(&self) -> Result<PathBuf, Problem> {
        let home = self.home.clone().map_or_else(flowloom_studio::home, Ok)?;
        Ok(home.join("demo"))
    }

    /// The sample flow is open as `key`: its broker is started, unless it runs already.
    pub(super) fn use_sample(&mut self, key: FlowKey) {
        self.sample = Some(key);
        if let Some(demo) = &self.demo {
            let values = demo.values();
            self.with_doc(key, |doc, session| doc.set_values(values, session));
            return;
        }
        self.wait_for_broker(Some(WAITS));
        if self.starting.is_none() {
            match self.demo_folder() {
                Ok(folder) => self.starting = Some(demo::starting(&folder)),
                Err(problem) => self.tell(problem),
            }
        }
    }

    /// Whether the broker has come up.
    pub(super) fn poll_demo(&mut self) {
        let Some(result) = self.starting.as_mut().and_then(demo::Starting::poll) else { return };
        self.starting = None;
        self.wait_for_broker(None);
        match result {
            Ok(demo) => {
                let values = demo.values();
                if let Some(key) = self.sample {
                    self.with_doc(key, |doc, session| {
                        let orders = demo.orders().unwrap_or_default();
                        let at = demo.bootstrap_servers();
                        doc.log.info(format!("The embedded broker is up at {at} with {orders} orders"));
                        doc.set_values(values, session)
                    });
                }
                self.demo = Some(demo);
            }
            Err(problem) => self.tell(problem),
        }
    }

    /// New orders for the next run, once one is through.
    pub(super) fn sell(&mut self) {
        let sample = self.sample;
        let ran = self
            .docs
            .iter_mut()
            .filter(|doc| Some(doc.key) == sample)
            .any(|doc| std::mem::take(&mut doc.has_run));
        if ran && let Some(demo) = &self.demo {
            demo.more(ORDERS_MORE);
        }
    }

    fn wait_for_broker(&mut self, waits: Option<&'static str>) {
        let sample = self.sample;
        for doc in self.docs.iter_mut().filter(|doc| Some(doc.key) == sample) {
            doc.waits_for = waits;
        }
    }

    /// Where the sample's broker listens, for the status line.
    pub(super) fn broker(&self) -> Option<(&'static str, bool)> {
        let is_sample = self.doc().map(|doc| doc.key) == self.sample && self.sample.is_some();
        match (&self.demo, &self.starting) {
            _ if !is_sample => None,
            (Some(_), _) => Some(("Embedded broker", true)),
            (None, Some(_)) => Some(("Embedded broker starts", false)),
            (None, None) => None,
        }
    }

    /// Does something with a document and the session; what goes wrong is told.
    pub(super) fn with_doc(
        &mut self,
        key: flowloom_studio::FlowKey,
        work: impl FnOnce(&mut Doc, &mut flowloom_studio::Session) -> Result<(), flowloom_flow::Problem>,
    ) {
        let Some(doc) = self.docs.iter_mut().find(|doc| doc.key == key) else { return };
        if let Err(problem) = work(doc, &mut self.session) {
            self.tell(problem);
        }
    }

    /// Sends a command about the flow in front and follows the session.
    pub(super) fn send(&mut self, command: Command) -> bool {
        let sent = self.session.send(command);
        let is_done = sent.is_ok();
        if let Err(problems) = sent {
            self.tell_all(problems);
        }
        if let Some(key) = self.doc().map(|doc| doc.key) {
            self.with_doc(key, Doc::follow);
        }
        is_done
    }
}
