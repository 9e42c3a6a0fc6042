//! Raw messages of a topic: where to look, how they are shown, and what was found.

use egui::{Id, Panel, RichText, ScrollArea, Spinner, TextEdit, Ui};
use flowloom_flow::Problem;
use flowloom_studio::Session;
use flowloom_studio::connections::{Answer, Ask, PeekAsk, PeekEnd, PeekFrom, Peeked, Seen, Show, Shown};

use super::super::asked::Asked;
use super::again;
use super::live::Tail;
use crate::form::chrome;
use crate::format;
use crate::theme::{self, Tokens, space};
use crate::widget::dropdown::Dropdown;
use crate::widget::field::Field;
use crate::widget::listing::{Cell, Column, Line, Listing};
use crate::widget::pick::{self, Entry, List};
use crate::widget::{Empty, button, empty, segmented, switch, text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Newest,
    Oldest,
    Offset,
    Time,
}

const FROM: [(From, &str); 4] =
    [(From::Newest, "Newest"), (From::Oldest, "Oldest"), (From::Offset, "Offset"), (From::Time, "Time")];

const SHOW: [(Show, &str); 5] = [
    (Show::Auto, "Auto"),
    (Show::Json, "JSON"),
    (Show::Text, "Text"),
    (Show::Hex, "Hex"),
    (Show::Registry, "Registry"),
];

const COLUMNS: [Column; 5] = [
    Column::fixed("Partition", 64.0).right(),
    Column::fixed("Offset", 88.0).right(),
    Column::fixed("Time", 148.0).needs(560.0),
    Column::shared("Key", 0.4),
    Column::shared("Value", 1.0),
];

/// Below this width a message stands under the list.
const BESIDE: f32 = 720.0;
/// Signs of a value in the list, and of one that is shown whole.
const LINE: usize = 300;
const WHOLE: usize = 200_000;

/// Messages that are looked at.
pub(super) struct Messages {
    topic: String,
    partitions: usize,
    from: From,
    offset: i64,
    time_ms: i64,
    count: i64,
    partition: Option<i32>,
    show: Show,
    filter: String,
    asking: Asked,
    /// What was asked for last.
    asked: Option<(PeekAsk, Show, bool)>,
    found: Option<Peeked>,
    problems: Vec<Problem>,
    is_live: bool,
    tail: Option<Tail>,
    picked: Option<Seen>,
    /// A field is being filled in.
    is_typing: bool,
}

impl Messages {
    pub(super) fn new(topic: &str, partitions: usize) -> Self {
        Self {
            topic: topic.to_owned(),
            partitions,
            from: From::Newest,
            offset: 0,
            time_ms: flowloom_studio::now_ms() - 3_600_000,
            count: 100,
            partition: None,
            show: Show::Auto,
            filter: String::new(),
            asking: Asked::default(),
            asked: None,
            found: None,
            problems: Vec::new(),
            is_live: false,
            tail: None,
            picked: None,
            is_typing: false,
        }
    }

    /// Nobody looks any more.
    pub(super) fn leave(&mut self) {
        self.asking.forget();
        self.tail = None;
        self.asked = None;
    }

    pub(super) fn refresh(&mut self) {
        self.asked = None;
    }

    fn ask(&self) -> PeekAsk {
        let from = match self.from {
            From::Newest => PeekFrom::Newest,
            From::Oldest => PeekFrom::Oldest,
            From::Offset => PeekFrom::Offset(self.offset),
            From::Time => PeekFrom::Time(self.time_ms),
        };
        PeekAsk {
            from,
            partitions: self.partition.map(|partition| vec![partition]),
            count: self.count.max(1) as usize,
            contains: Some(self.filter.trim().to_owned()).filter(|filter| !filter.is_empty()),
            ..PeekAsk::new(self.topic.clone())
        }
    }

    /// Looks again where something else is wanted; whether something is under way.
    pub(super) fn poll(&mut self, connection: &str, session: &mut Session) -> bool {
        let wanted = (self.ask(), self.show, self.is_live);
        if !self.is_typing && self.asked.as_ref() != Some(&wanted) {
            self.problems = self.start(connection, session).err().unwrap_or_default();
            self.asked = Some(wanted);
        }
        match self.asking.poll() {
            Some(Ok(Answer::Peeked(found))) => {
                self.picked = None;
                self.found = Some(found);
            }
            Some(Err(problems)) => {
                // What was found before answers another question.
                self.found = None;
                self.problems = problems;
            }
            _ => {}
        }
        if let Some(problems) = self.tail.as_mut().and_then(Tail::poll) {
            self.problems = problems;
        }
        self.asking.is_coming() || self.tail.as_ref().is_some_and(Tail::is_running)
    }

    fn start(&mut self, connection: &str, session: &mut Session) -> Result<(), Vec<Problem>> {
        self.asking.forget();
        self.tail = None;
        let (connection, peek, show) = (connection.to_owned(), self.ask(), self.show);
        if self.is_live {
            self.picked = None;
            self.tail = Some(Tail::start(session, connection, peek, show)?);
            return Ok(());
        }
        self.asking.ask(session, Ask::Peek { connection, peek, show })
    }

    /// Fills `ui`.
    pub(super) fn ui(&mut self, ui: &mut Ui) {
        self.tools(ui);
        for problem in &self.problems {
            chrome::problem(ui, problem);
        }
        if let Some(seen) = self.picked.clone() {
            let is_beside = ui.available_width() >= BESIDE;
            let (width, height) = (ui.available_width(), ui.available_height());
            let panel = if is_beside {
                Panel::right("message").default_size(width * 0.42).size_range(240.0..=width - 320.0)
            } else {
                Panel::bottom("message below").resizable(false).exact_size(height * 0.55)
            };
            let margin = egui::Margin { left: 12, right: 4, top: 4, bottom: 4 };
            let shown = panel.frame(egui::Frame::new().inner_margin(margin)).show(ui, |ui| {
                ui.set_min_size(ui.available_size());
                message(ui, &seen)
            });
            if !shown.inner {
                self.picked = None;
            }
        }
        self.list(ui);
    }

    fn tools(&mut self, ui: &mut Ui) {
        self.is_typing = false;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            self.from = segmented(ui, "Look from", &FROM, self.from).unwrap_or(self.from);
            match self.from {
                From::Offset => {
                    let read = |text: &str| {
                        text.trim().parse().map_err(|_not_a_number| "it is not an offset".to_owned())
                    };
                    let field =
                        Field::new(Id::unique("peek offset"), "Offset to look from").mono().width(110.0);
                    let (field, _) = field.parsed(ui, &mut self.offset, i64::to_string, read);
                    self.is_typing |= field.has_focus();
                }
                From::Time => {
                    let field = Field::new(Id::unique("peek time"), "Time to look from").mono().width(160.0);
                    let show = |time_ms: &i64| format::date_time(*time_ms);
                    let (field, wrong) = field.parsed(ui, &mut self.time_ms, show, format::read_date_time);
                    self.is_typing |= field.has_focus();
                    if let Some(wrong) = wrong {
                        field.on_hover_text(wrong);
                    }
                }
                From::Newest | From::Oldest => {}
            }
            if !self.is_live {
                let read = |text: &str| match text.trim().parse() {
                    Ok(count @ 1..=10_000) => Ok(count),
                    _ => Err("from 1 to 10,000".to_owned()),
                };
                let field = Field::new(Id::unique("peek count"), "Messages to show").mono().width(56.0);
                let (field, _) = field.parsed(ui, &mut self.count, i64::to_string, read);
                self.is_typing |= field.has_focus();
                field.on_hover_text("Messages to show");
            }
            if self.partitions > 1 {
                self.partition = partition(ui, self.partition, self.partitions);
            }
            self.show = segmented(ui, "Show as", &SHOW, self.show).unwrap_or(self.show);
            let field =
                Field::new(Id::unique("peek filter"), "Find in messages").hint("Contains").width(140.0);
            self.is_typing |= field.show(ui, &mut self.filter).has_focus();
            ui.horizontal(|ui| {
                ui.set_height(space::ROW);
                switch::switch(ui, Id::unique("live messages"), "Live", &mut self.is_live)
                    .on_hover_text("Shows messages as they come");
                ui.label(RichText::new("Live").font(theme::small()).color(Tokens::of(ui).dim));
                if !self.is_live && again(ui, "Look again") {
                    self.asked = None;
                    ui.ctx().request_repaint();
                }
                if self.asking.is_coming() {
                    ui.add(Spinner::new().size(12.0));
                }
            });
        });
        // What is left is asked for in the next frame.
        if !self.is_typing && self.asked.as_ref() != Some(&(self.ask(), self.show, self.is_live)) {
            ui.ctx().request_repaint();
        }
    }

    fn list(&mut self, ui: &mut Ui) {
        let count = match (&self.tail, &self.found) {
            (Some(tail), _) => tail.count(),
            (None, Some(found)) => found.messages.len(),
            (None, None) => 0,
        };
        if count == 0 {
            return self.nothing(ui);
        }
        if let (None, Some(found)) = (&self.tail, &self.found)
            && let Some(words) = ended(found)
        {
            text::paragraph(ui, &words);
        }
        let picked = self.picked.as_ref().map(place);
        let mut clicked = None;
        let get = |at: usize| match (&self.tail, &self.found) {
            (Some(tail), _) => tail.get(at..at + 1).pop(),
            (None, Some(found)) => found.messages.get(at).cloned(),
            (None, None) => None,
        };
        let rows: Option<usize> = match (&self.tail, &self.found, picked) {
            (None, Some(found), Some(picked)) => found.messages.iter().position(|seen| place(seen) == picked),
            _ => None,
        };
        let listing =
            Listing { id: Id::unique("messages"), columns: &COLUMNS, sort: None, count, picked: rows };
        let tokens = Tokens::of(ui);
        let seen = listing.show(ui, |at| match get(at) {
            Some(seen) => line(&seen, tokens),
            None => Line { name: String::new(), cells: Vec::new() },
        });
        if let Some(at) = seen.clicked {
            clicked = get(at);
        }
        if clicked.is_some() {
            self.picked = clicked;
            ui.ctx().request_repaint();
        }
    }

    fn nothing(&self, ui: &mut Ui) {
        let (title, text) = match (&self.tail, &self.found) {
            _ if !self.problems.is_empty() => return,
            (Some(_), _) => ("Waiting for messages…", "They show here as they come"),
            _ if self.asking.is_coming() => ("Asking the cluster…", ""),
            (None, None) => ("Asking the cluster…", ""),
            (None, Some(found)) if ended(found).is_some() => {
                let words = ended(found).unwrap_or_default();
                let what =
                    Empty { icon: "ui/search", title: "Nothing found so far", text: &words, is_error: false };
                return empty(ui, &what, |_| ());
            }
            (None, Some(_)) if !self.filter.trim().is_empty() => ("No message has this text", ""),
            (None, Some(_)) => ("No messages there", ""),
        };
        empty(ui, &Empty { icon: "ui/search", title, text, is_error: false }, |_| ());
    }
}

fn partition(ui: &mut Ui, picked: Option<i32>, count: usize) -> Option<i32> {
    let shown =
        picked.map_or_else(|| "All partitions".to_owned(), |partition| format!("Partition {partition}"));
    let dropdown =
        Dropdown { width: 124.0, ..Dropdown::new(Id::unique("peek partition"), "Partition", &shown) };
    let anchor = dropdown.show(ui);
    let is_picked = |value: &str| value.parse().ok() == picked;
    let list =
        List { is_picked: &is_picked, takes_other: false, takes_many: false, is_mono: false, note: "" };
    let entries = || {
        let all = Entry { label: "All partitions".to_owned(), ..Entry::default() };
        let each = (0..count).map(|partition| Entry {
            label: format!("Partition {partition}"),
            ..Entry::new(partition.to_string(), "")
        });
        std::iter::once(all).chain(each).collect()
    };
    match pick::list(ui, &anchor, &list, entries) {
        Some(value) => value.parse().ok(),
        None => picked,
    }
}

/// A message by its partition and offset.
fn place(seen: &Seen) -> (i32, i64) {
    (seen.message.partition, seen.message.offset)
}

/// What there is to know about the end of an answer.
fn ended(found: &Peeked) -> Option<String> {
    match found.ended {
        PeekEnd::Scanned => Some(format!(
            "Looked through {} messages; there may be more that fit",
            format::count(found.scanned)
        )),
        PeekEnd::Bytes => Some("These are large messages: only the first ones are shown".to_owned()),
        PeekEnd::Count | PeekEnd::Everything => None,
    }
}

fn line(seen: &Seen, tokens: &Tokens) -> Line {
    let message = &seen.message;
    let time = message.timestamp_ms.map(format::date_time).unwrap_or_default();
    let value = |shown: &Shown, is_none: bool| {
        let cell = Cell::mono(one_line(&shown.text));
        if is_none { cell.color(tokens.faint) } else { cell }
    };
    Line {
        name: format!("Message {} of partition {}", message.offset, message.partition),
        cells: vec![
            Cell::mono(message.partition.to_string()).color(tokens.dim),
            Cell::mono(message.offset.to_string()),
            Cell::mono(time).color(tokens.dim),
            value(&seen.key, message.key.is_none()),
            value(&seen.value, message.value.is_none()),
        ],
    }
}

/// The beginning of a text, its white space as single blanks.
fn one_line(text: &str) -> String {
    let start: String = text.chars().take(LINE * 4).collect();
    let words: Vec<&str> = start.split_whitespace().collect();
    words.join(" ").chars().take(LINE).collect()
}

/// A message as a whole; whether it stays open.
fn message(ui: &mut Ui, seen: &Seen) -> bool {
    let mut is_open = true;
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let (partition, offset) = place(seen);
        let words = format!("Partition {partition} · offset {}", format::count(offset.unsigned_abs()));
        ui.label(RichText::new(words).font(theme::strong()).color(tokens.text));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            is_open = !button::icon(ui, "ui/close", "Close the message").clicked();
            if button::icon(ui, "ui/copy", "Copy the value").clicked() {
                ui.ctx().copy_text(seen.value.text.clone());
            }
        });
    });
    let size = format::bytes(seen.message.size_bytes() as u64);
    let when = seen.message.timestamp_ms.map_or_else(|| "without a time".to_owned(), format::date_time);
    ui.label(RichText::new(format!("{when} · {size}")).font(theme::small()).color(tokens.dim));
    ScrollArea::vertical().id_salt("message").auto_shrink([false, false]).show(ui, |ui| {
        part(ui, "Key", &seen.key);
        if !seen.message.headers.is_empty() {
            ui.add_space(6.0);
            ui.label(RichText::new("Headers").font(theme::head()).color(tokens.faint));
            for (name, value) in &seen.message.headers {
                let value = value.as_deref().map_or_else(|| "null".into(), String::from_utf8_lossy);
                let words = format!("{name}: {}", one_line(&value));
                ui.label(RichText::new(words).font(theme::mono()).color(tokens.text));
            }
        }
        part(ui, "Value", &seen.value);
    });
    is_open
}

fn part(ui: &mut Ui, label: &str, shown: &Shown) {
    let tokens = Tokens::of(ui);
    ui.add_space(6.0);
    let how = SHOW.iter().find(|(show, _)| *show == shown.how).map_or("", |(_, name)| *name);
    let head = match shown.schema_id {
        Some(id) => format!("{label} · {how} · schema {id}"),
        None => format!("{label} · {how}"),
    };
    ui.label(RichText::new(head).font(theme::head()).color(tokens.faint));
    if let Some(note) = &shown.note {
        text::trouble(ui, &format::sentence(note), tokens.warn);
    }
    let end = shown.text.char_indices().nth(WHOLE).map_or(shown.text.len(), |(end, _)| end);
    let mut whole = &shown.text[..end];
    let edit = TextEdit::multiline(&mut whole)
        .font(theme::mono())
        .text_color(tokens.text)
        .desired_rows(1)
        .desired_width(f32::INFINITY)
        .background_color(tokens.window);
    ui.add(edit).accessible_name(format!("{label} of the message"));
}
