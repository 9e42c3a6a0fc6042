//! The topics of a cluster: found, counted while they are in sight, and looked into.
//!
//! The parts draw and note what they need; [`Topics::poll`] asks for it. So a list of thousands of topics asks for the
//! offsets of those that are seen, and for no others.

mod details;
mod live;
mod messages;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use egui::{Frame, Margin, Panel, Spinner, Ui};
use flowloom_flow::Problem;
use flowloom_studio::Session;
use flowloom_studio::connections::{Answer, Ask, PartitionFacts, Topic};

use super::asked::Asked;
use crate::theme::space;
use crate::widget::tool::{self, ButtonLook};
use crate::widget::{Empty, button, empty};
use details::Details;

/// Below this height the details of a topic stand in place of the list.
const SPLIT: f32 = 480.0;

/// What is known of a cluster's topics.
#[derive(Default)]
pub(super) struct Topics {
    listing: Asked,
    /// The list was asked for.
    is_asked: bool,
    all: Vec<Topic>,
    is_read: bool,
    problems: Vec<Problem>,
    query: String,
    has_internal: bool,
    /// The column that it is sorted by, and whether downwards.
    sort: (usize, bool),
    /// Places in `all` that fit, and what they were found for.
    order: Vec<usize>,
    ordered: Option<(String, bool, (usize, bool))>,
    offsets: BTreeMap<String, Vec<PartitionFacts>>,
    looking: Asked,
    sizes: BTreeMap<String, u64>,
    weighing: Asked,
    /// Topics whose offsets are known and whose sizes nobody has asked for.
    unweighed: Vec<String>,
    /// Topics in sight whose offsets nobody has asked for.
    missing: Vec<String>,
    tried: BTreeSet<String>,
    details: Option<Details>,
}

impl Topics {
    /// Asks for what is missing and takes in what came; whether something is under way.
    pub(super) fn poll(&mut self, connection: &str, session: &mut Session) -> bool {
        if !self.is_asked {
            self.is_asked = true;
            self.problems.clear();
            let ask = Ask::Topics { connection: connection.to_owned() };
            self.problems.extend(self.listing.ask(session, ask).err().into_iter().flatten());
        }
        match self.listing.poll() {
            Some(Ok(Answer::Topics(all))) => {
                self.all = all;
                self.is_read = true;
                self.ordered = None;
            }
            Some(Err(problems)) => self.problems = problems,
            _ => {}
        }
        match self.looking.poll() {
            Some(Ok(Answer::Offsets(found))) => self.offsets.extend(found),
            Some(Err(problems)) => self.problems = problems,
            _ => {}
        }
        if !self.missing.is_empty() && !self.looking.is_coming() {
            let topics = std::mem::take(&mut self.missing);
            self.tried.extend(topics.iter().cloned());
            self.unweighed.extend(topics.iter().cloned());
            let ask = Ask::Offsets { connection: connection.to_owned(), topics };
            self.problems.extend(self.looking.ask(session, ask).err().into_iter().flatten());
        }
        match self.weighing.poll() {
            Some(Ok(Answer::Sizes(found))) => self.sizes.extend(found),
            Some(Err(problems)) => self.problems = problems,
            _ => {}
        }
        if !self.unweighed.is_empty() && !self.looking.is_coming() && !self.weighing.is_coming() {
            let topics = std::mem::take(&mut self.unweighed);
            let ask = Ask::Sizes { connection: connection.to_owned(), topics };
            if self.weighing.ask(session, ask).is_err() {
                tracing::debug!("the sizes of topics could not be asked for");
            }
        }
        let is_looking = self.details.as_mut().is_some_and(|details| details.poll(connection, session));
        is_looking || self.is_busy()
    }

    /// Whether something was asked and not answered.
    pub(super) fn is_busy(&self) -> bool {
        self.listing.is_coming()
            || self.looking.is_coming()
            || self.weighing.is_coming()
            || !self.missing.is_empty()
    }

    /// Ends what goes on.
    pub(super) fn leave(&mut self) {
        self.listing.forget();
        self.looking.forget();
        self.weighing.forget();
        self.unweighed.clear();
        self.is_asked = self.is_read;
        self.tried.retain(|topic| self.offsets.contains_key(topic));
        if let Some(details) = &mut self.details {
            details.leave();
        }
    }

    /// Asks for everything again.
    fn refresh(&mut self) {
        self.is_asked = false;
        self.offsets.clear();
        self.sizes.clear();
        self.unweighed.clear();
        self.tried.clear();
        if let Some(details) = &mut self.details {
            details.refresh();
        }
    }

    /// Fills `ui`.
    pub(super) fn ui(&mut self, ui: &mut Ui) {
        if !self.problems.is_empty() {
            return self.failed(ui);
        }
        if !self.is_read {
            let words =
                Empty { icon: "ui/search", title: "Asking the cluster…", text: "", is_error: false };
            return empty(ui, &words, |ui| {
                ui.add(Spinner::new().size(14.0));
            });
        }
        if let Some(details) = &mut self.details {
            let height = ui.available_height();
            let margin = Margin { left: 20, right: 12, top: 0, bottom: 0 };
            let frame = Frame::new().inner_margin(margin);
            let facts = self.offsets.get(&details.name).map(Vec::as_slice);
            let is_alone = height < SPLIT;
            let mut is_open = true;
            let mut draw = |ui: &mut Ui| {
                ui.set_min_size(ui.available_size());
                is_open = details.ui(ui, facts, is_alone);
            };
            if is_alone {
                frame.show(ui, draw);
            } else {
                let panel = Panel::bottom("topic").default_size(height * 0.55);
                panel.size_range(220.0..=height - 160.0).frame(frame).show(ui, &mut draw);
            }
            if !is_open {
                self.close();
                ui.ctx().request_repaint();
            }
            if is_alone {
                return;
            }
        }
        let margin = Margin { left: 8, right: 0, top: 8, bottom: 0 };
        Frame::new().inner_margin(margin).show(ui, |ui| self.table(ui));
    }

    fn close(&mut self) {
        if let Some(mut details) = self.details.take() {
            details.leave();
        }
    }

    fn failed(&mut self, ui: &mut Ui) {
        let title = self.problems.first().map(|problem| crate::format::sentence(&problem.message));
        let hint = self.problems.first().and_then(|problem| problem.hint.clone()).unwrap_or_default();
        let words = Empty {
            icon: "ui/warning",
            title: &title.unwrap_or_default(),
            text: &crate::format::sentence(&hint),
            is_error: true,
        };
        empty(ui, &words, |ui| {
            ui.add_space(space::GRID);
            if tool::button(ui, Some("ui/refresh"), "Ask again", None, ButtonLook::Framed, true).clicked() {
                self.refresh();
                ui.ctx().request_repaint();
            }
        });
    }
}

/// An icon that asks again.
fn again(ui: &mut Ui, label: &str) -> bool {
    button::icon_sized(ui, "ui/refresh", label, egui::Vec2::splat(space::ROW)).clicked()
}
