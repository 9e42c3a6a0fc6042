//! One topic: its partitions, settings, groups and messages.

use egui::{Align, Id, Layout, RichText, Spinner, Ui};
use flowloom_flow::Problem;
use flowloom_studio::Session;
use flowloom_studio::connections::{Answer, Ask, GroupFacts, PartitionFacts, Topic, TopicDetails};

use super::super::asked::Asked;
use super::messages::Messages;
use crate::form::chrome;
use crate::format;
use crate::theme::{self, Tokens};
use crate::widget::listing::{Cell, Column, Line, Listing};
use crate::widget::{Empty, STRIP, Tab, button, empty, tabs, text};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Messages,
    Partitions,
    Configuration,
    Groups,
}

const TABS: [Tab<Part>; 4] = [
    Tab::new(Part::Messages, "Messages"),
    Tab::new(Part::Partitions, "Partitions"),
    Tab::new(Part::Configuration, "Configuration"),
    Tab::new(Part::Groups, "Groups"),
];

const PARTITIONS: [Column; 7] = [
    Column::fixed("Partition", 76.0).right(),
    Column::fixed("Leader", 70.0).right(),
    Column::fixed("In sync", 90.0).right().needs(620.0),
    Column::fixed("Low", 110.0).right(),
    Column::fixed("High", 110.0).right(),
    Column::fixed("Messages", 110.0).right(),
    Column::fixed("Last message", 150.0).right().needs(720.0),
];

const SETTINGS: [Column; 3] =
    [Column::shared("Setting", 1.0), Column::shared("Value", 1.0), Column::fixed("Source", 110.0)];

const GROUPS: [Column; 5] = [
    Column::shared("Group", 1.0),
    Column::fixed("State", 90.0),
    Column::fixed("Partition", 76.0).right(),
    Column::fixed("Committed", 120.0).right(),
    Column::fixed("Lag", 110.0).right(),
];

/// A topic that is looked into.
pub(super) struct Details {
    pub(super) name: String,
    partitions: usize,
    part: Part,
    asking: Asked,
    is_asked: bool,
    found: Option<TopicDetails>,
    problems: Vec<Problem>,
    messages: Messages,
}

impl Details {
    pub(super) fn new(topic: &Topic) -> Self {
        Self {
            name: topic.name.clone(),
            partitions: topic.partitions,
            part: Part::default(),
            asking: Asked::default(),
            is_asked: false,
            found: None,
            problems: Vec::new(),
            messages: Messages::new(&topic.name, topic.partitions),
        }
    }

    /// Another topic in the same view of it.
    pub(super) fn show(&mut self, topic: &Topic) {
        self.leave();
        *self = Self { part: self.part, ..Self::new(topic) };
    }

    pub(super) fn leave(&mut self) {
        self.asking.forget();
        self.is_asked = self.found.is_some();
        self.messages.leave();
    }

    pub(super) fn refresh(&mut self) {
        self.is_asked = false;
        self.messages.refresh();
    }

    pub(super) fn poll(&mut self, connection: &str, session: &mut Session) -> bool {
        let needs = matches!(self.part, Part::Configuration | Part::Groups);
        if needs && !self.is_asked {
            self.is_asked = true;
            let (connection, topic) = (connection.to_owned(), self.name.clone());
            let refused = self.asking.ask(session, Ask::Topic { connection, topic });
            self.problems = refused.err().unwrap_or_default();
        }
        match self.asking.poll() {
            Some(Ok(Answer::Topic(found))) => self.found = Some(found),
            Some(Err(problems)) => self.problems = problems,
            _ => {}
        }
        let is_looking = self.part == Part::Messages && self.messages.poll(connection, session);
        is_looking || self.asking.is_coming()
    }

    /// Fills `ui`; whether it stays open. `is_alone`: the list is behind it.
    pub(super) fn ui(&mut self, ui: &mut Ui, facts: Option<&[PartitionFacts]>, is_alone: bool) -> bool {
        let mut is_open = true;
        ui.horizontal(|ui| {
            ui.set_min_height(STRIP);
            if is_alone && button::icon(ui, "ui/chevron_left", "Back to the topics").clicked() {
                is_open = false;
            }
            let room = (ui.available_width() - 360.0).clamp(80.0, 320.0);
            let words = text::line(ui, &self.name, theme::mono(), Tokens::of(ui).text, room);
            ui.label(words).on_hover_text(&self.name);
            ui.add_space(16.0);
            let before = self.part;
            tabs(ui, &TABS, &mut self.part);
            if before == Part::Messages && self.part != before {
                self.messages.leave();
            }
            if before != self.part {
                ui.ctx().request_repaint();
            }
            if !is_alone {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if button::icon(ui, "ui/close", "Close the topic").clicked() {
                        is_open = false;
                    }
                });
            }
        });
        match self.part {
            Part::Messages => self.messages.ui(ui),
            Part::Partitions => partitions(ui, facts.unwrap_or_default(), self.partitions),
            Part::Configuration => self.configuration(ui),
            Part::Groups => self.groups(ui),
        }
        is_open
    }

    /// What was found, or why there is nothing yet.
    fn details(&self, ui: &mut Ui) -> Option<&TopicDetails> {
        for problem in &self.problems {
            chrome::problem(ui, problem);
        }
        if self.found.is_none() && self.problems.is_empty() {
            let words =
                Empty { icon: "ui/search", title: "Asking the cluster…", text: "", is_error: false };
            empty(ui, &words, |ui| {
                ui.add(Spinner::new().size(14.0));
            });
        }
        self.found.as_ref()
    }

    fn configuration(&self, ui: &mut Ui) {
        let Some(found) = self.details(ui) else { return };
        let entries = match &found.configuration {
            Ok(entries) => entries,
            Err(why) => return refused(ui, why),
        };
        // What somebody has set comes first.
        let (set, usual): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| !entry.is_default);
        let all: Vec<_> = set.into_iter().chain(usual).collect();
        let tokens = Tokens::of(ui);
        list(ui, "configuration", &SETTINGS, all.len(), |at| {
            let entry = all[at];
            let color = if entry.is_default { tokens.dim } else { tokens.text };
            let value = entry.value.as_deref().unwrap_or("hidden");
            let source = if entry.is_default { "default" } else { "set" };
            Line {
                name: entry.name.clone(),
                cells: vec![
                    Cell::mono(&entry.name).color(color),
                    Cell::mono(value).color(color),
                    Cell::new(source).color(tokens.faint),
                ],
            }
        });
    }

    fn groups(&self, ui: &mut Ui) {
        let Some(found) = self.details(ui) else { return };
        let groups = match &found.groups {
            Ok(groups) => groups,
            Err(why) => return refused(ui, why),
        };
        if groups.refused > 0 {
            let more = format!("{} more that this login may not look into", groups.refused);
            text::paragraph(ui, &more);
        }
        if groups.groups.is_empty() {
            let title = "No group has read this topic";
            return empty(ui, &Empty { icon: "ui/info", title, text: "", is_error: false }, |_| ());
        }
        let rows = group_rows(&groups.groups);
        let tokens = Tokens::of(ui);
        list(ui, "groups", &GROUPS, rows.len(), |at| {
            let row = &rows[at];
            let ink = if row.is_sum { tokens.text } else { tokens.dim };
            let lag_ink = if row.lag.as_deref().is_some_and(|lag| lag != "0") { tokens.warn } else { ink };
            Line {
                name: row.name.clone(),
                cells: vec![
                    Cell::mono(if row.is_sum { row.name.as_str() } else { "" }),
                    Cell::new(&row.state).color(tokens.dim),
                    Cell::mono(&row.partition).color(ink),
                    Cell::mono(&row.committed).color(ink),
                    Cell::mono(row.lag.as_deref().unwrap_or("?")).color(lag_ink),
                ],
            }
        });
    }
}

/// A line of the groups: a group as a whole, or one of its partitions.
struct GroupRow {
    name: String,
    state: String,
    partition: String,
    committed: String,
    lag: Option<String>,
    is_sum: bool,
}

fn group_rows(groups: &[GroupFacts]) -> Vec<GroupRow> {
    let mut rows = Vec::new();
    for group in groups {
        let lag: Option<u64> = group.partitions.iter().map(|partition| partition.lag).sum();
        let members = match group.members {
            0 => group.state.clone(),
            members => format!("{} · {members}", group.state),
        };
        rows.push(GroupRow {
            name: group.group.clone(),
            state: members,
            partition: String::new(),
            committed: String::new(),
            lag: lag.map(format::count),
            is_sum: true,
        });
        rows.extend(group.partitions.iter().map(|partition| {
            let committed = partition.committed.map(|offset| format::count(offset.unsigned_abs()));
            GroupRow {
                name: format!("{} partition {}", group.group, partition.partition),
                state: String::new(),
                partition: partition.partition.to_string(),
                committed: committed.unwrap_or_else(|| "nothing yet".to_owned()),
                lag: partition.lag.map(format::count),
                is_sum: false,
            }
        }));
    }
    rows
}

fn partitions(ui: &mut Ui, facts: &[PartitionFacts], count: usize) {
    if facts.is_empty() {
        text::paragraph(ui, &format!("Asking for the offsets of {count} partitions…"));
        return;
    }
    let tokens = Tokens::of(ui);
    let offset = |offset: Option<i64>| {
        Cell::mono(offset.map_or_else(|| "?".to_owned(), |offset| format::count(offset.unsigned_abs())))
    };
    list(ui, "partitions", &PARTITIONS, facts.len(), |at| {
        let partition = &facts[at];
        let leader = partition.leader.map_or_else(|| "none".to_owned(), |leader| leader.to_string());
        let is_behind = partition.in_sync.len() < partition.replicas.len();
        let in_sync = format!("{} of {}", partition.in_sync.len(), partition.replicas.len());
        let in_sync = Cell::mono(in_sync).color(if is_behind { tokens.warn } else { tokens.dim });
        let messages = partition.offsets().map_or_else(|| "?".to_owned(), format::count);
        let last = partition.last_timestamp_ms.map(format::date_time).unwrap_or_default();
        Line {
            name: format!("Partition {}", partition.partition),
            cells: vec![
                Cell::mono(partition.partition.to_string()),
                Cell::mono(leader),
                in_sync,
                offset(partition.low),
                offset(partition.high),
                Cell::mono(messages),
                Cell::mono(last).color(tokens.faint),
            ],
        }
    });
}

/// A list without a choice.
fn list(ui: &mut Ui, id: &str, columns: &[Column], count: usize, line: impl FnMut(usize) -> Line) {
    let listing = Listing { id: Id::unique(("topic", id)), columns, sort: None, count, picked: None };
    listing.show(ui, line);
}

fn refused(ui: &mut Ui, why: &str) {
    let tokens = Tokens::of(ui);
    ui.label(RichText::new(format::sentence(why)).font(theme::small()).color(tokens.warn));
}
