//! What the selected node's kind is for, and each of its settings: its own description, rendered.

use egui::{Frame, Margin, RichText, ScrollArea, Ui, Vec2};
use flowloom_flow::form::{DescribedSetting, Description, describe};
use flowloom_flow::{Port, Problem};
use flowloom_studio::registry;

use crate::doc::Doc;
use crate::request::Requests;
use crate::requested::Requested;
use crate::theme::{self, Tokens, space};
use crate::widget::{Empty, empty};

/// The description of a kind: it walks the kind's panels, so it is made once, apart from the frame.
#[derive(Default)]
pub struct HelpState {
    kind: String,
    found: Requested<(String, Result<Description, Problem>)>,
}

pub fn show(ui: &mut Ui, doc: &Doc, state: &mut HelpState, out: &mut Requests) {
    let mut chosen = doc.selection.iter().filter_map(|id| doc.flow.nodes.get(id));
    let Some(node) = chosen.next() else {
        let words = Empty {
            icon: "ui/help",
            title: "No node is selected",
            text: "Select a node to read what its kind does",
            is_error: false,
        };
        empty(ui, &words, |_| ());
        return;
    };
    if let Some(problem) = follow(ui, &node.kind, state) {
        out.push(crate::request::Request::Tell(problem));
    }
    match state.found.value().filter(|(kind, _)| *kind == node.kind) {
        None => {}
        Some((_, Err(problem))) => {
            let text = problem.hint.as_deref().unwrap_or_default();
            empty(ui, &Empty { icon: "ui/warning", title: &problem.message, text, is_error: true }, |_| ());
        }
        Some((_, Ok(description))) => {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                Frame::NONE.inner_margin(Margin::same(14)).show(ui, |ui| page(ui, description));
            });
        }
    }
}

fn follow(ui: &Ui, kind: &str, state: &mut HelpState) -> Option<Problem> {
    state.found.poll();
    let mut problem = None;
    if state.kind != kind {
        kind.clone_into(&mut state.kind);
        let kind = kind.to_owned();
        problem = state
            .found
            .ask("help", move || {
                let found = match registry().find(&kind) {
                    Some(entry) => describe(entry),
                    None => Err(Problem::user(format!("the kind `{kind}` is unknown"))
                        .hint("a newer Flowloom may know it; the node is kept as it is")),
                };
                (kind, found)
            })
            .err();
    }
    if state.found.is_coming() {
        ui.ctx().request_repaint_after(std::time::Duration::from_millis(20));
    }
    problem
}

fn page(ui: &mut Ui, kind: &Description) {
    let tokens = Tokens::of(ui);
    ui.spacing_mut().item_spacing.y = 4.0;
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(28.0), egui::Sense::hover());
        let color = tokens.group(kind.group);
        ui.painter().rect_filled(rect, space::RADIUS, theme::tint(color));
        crate::icon::paint(ui.painter(), kind.id, rect.shrink(6.0), color);
        ui.label(RichText::new(kind.name).font(theme::title()).color(tokens.text));
    });
    ui.add_space(4.0);
    text(ui, kind.blurb);
    ports(ui, "Inputs", kind.inputs);
    ports(ui, "Outputs", kind.outputs);
    let notes = |ui: &mut Ui, section: &str| {
        for note in kind.notes.iter().filter(|note| note.section == section) {
            dim(ui, &note.text);
        }
    };
    let mut section = None;
    for setting in &kind.settings {
        if section != Some(&setting.section) {
            section = Some(&setting.section);
            head(ui, if setting.section.is_empty() { "Settings" } else { &setting.section });
            notes(ui, &setting.section);
        }
        self::setting(ui, setting);
    }
}

fn head(ui: &mut Ui, title: &str) {
    ui.add_space(14.0);
    ui.label(RichText::new(title).font(theme::head()).color(Tokens::of(ui).dim));
    ui.add_space(2.0);
}

/// Words with `code` in backticks set as code.
fn text(ui: &mut Ui, words: &str) {
    rich(ui, words, Tokens::of(ui).text);
}

fn dim(ui: &mut Ui, words: &str) {
    rich(ui, words, Tokens::of(ui).dim);
}

fn rich(ui: &mut Ui, words: &str, color: egui::Color32) {
    let mut job = egui::text::LayoutJob::default();
    job.wrap.max_width = ui.available_width();
    for (at, part) in words.split('`').enumerate() {
        let font = if at % 2 == 1 { theme::mono() } else { theme::body() };
        job.append(part, 0.0, egui::TextFormat::simple(font, color));
    }
    ui.label(job);
}

fn ports(ui: &mut Ui, title: &str, ports: &[Port]) {
    // One port needs no explanation.
    if ports.len() < 2 {
        return;
    }
    head(ui, title);
    for port in ports {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(port.name).font(theme::mono()).color(Tokens::of(ui).text));
            ui.label(RichText::new(port.label).font(theme::small()).color(Tokens::of(ui).dim));
        });
    }
}

fn setting(ui: &mut Ui, setting: &DescribedSetting) {
    let tokens = Tokens::of(ui);
    ui.add_space(8.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label(RichText::new(&setting.label).font(theme::strong()).color(tokens.text));
        ui.label(RichText::new(&setting.key).font(theme::mono_small()).color(tokens.faint));
        if !setting.hint.is_empty() {
            ui.label(RichText::new(&setting.hint).font(theme::small()).color(tokens.faint));
        }
    });
    if !setting.help.is_empty() {
        dim(ui, &setting.help);
    }
    if !setting.choices.is_empty() {
        let labels: Vec<&str> = setting.choices.iter().map(|choice| choice.label).collect();
        faint(ui, &format!("One of: {}", labels.join(", ")));
    }
    if let Some([least, most]) = &setting.range {
        let words = match (least.is_null(), most.is_null()) {
            (false, false) => format!("{least} to {most}"),
            (false, true) => format!("{least} or more"),
            (true, false) => format!("At most {most}"),
            (true, true) => String::new(),
        };
        faint(ui, &words);
    }
    for way in &setting.when {
        faint(ui, &format!("Shown with {way}"));
    }
    if !setting.shape.is_empty() {
        Frame::NONE
            .fill(tokens.window)
            .corner_radius(space::RADIUS)
            .inner_margin(Margin::symmetric(8, 5))
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.label(RichText::new(&setting.shape).font(theme::mono_small()).color(tokens.dim));
            });
    }
}

fn faint(ui: &mut Ui, words: &str) {
    if !words.is_empty() {
        ui.label(RichText::new(words).font(theme::small()).color(Tokens::of(ui).faint));
    }
}
