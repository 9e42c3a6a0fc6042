//! The connection at the right: its head, its form, and how it was tried.

use std::collections::{BTreeMap, BTreeSet};

use egui::{Frame, Margin, Panel, ScrollArea, Ui};
use flowloom_flow::Problem;
use flowloom_studio::connections::Listed;

use super::head;
use super::shown::{Part, Shown};
use crate::action::Keymap;
use crate::form::{EguiForm, Faults, OfConnection, Owner, chrome};
use crate::request::Requests;
use crate::theme::{Tokens, space};
use crate::widget::text;

/// From this width on a test stands beside the form.
const BESIDE: f32 = 760.0;
/// A form is no wider.
const FORM: f32 = 560.0;

pub(super) fn show(ui: &mut Ui, shown: &mut Shown, all: &[Listed], keymap: &Keymap, out: &mut Requests) {
    let before = shown.edited.as_ref().map(|edited| edited.draft.clone());
    let mut troubles: Vec<Problem> = match &shown.edited {
        Some(edited) => edited.troubles().into_iter().cloned().collect(),
        None => shown.listed.iter().filter_map(|listed| listed.problem.clone()).collect(),
    };
    troubles.extend(shown.problems.iter().cloned());
    let faults = Faults::new(troubles.iter().collect());
    let bottom = if shown.has_topics() { 0 } else { 10 };
    let frame = Frame::new().inner_margin(Margin { left: 20, right: 12, top: 14, bottom });
    Panel::top("connection head").resizable(false).frame(frame).show(ui, |ui| {
        head::show(ui, shown, &faults, keymap, out);
    });
    if shown.part == Part::Topics && shown.has_topics() {
        shown.topics.ui(ui);
    } else {
        settings(ui, shown, all, &faults, out);
    }
    if let Some((before, edited)) = before.zip(shown.edited.as_mut())
        && edited.notice(&before)
    {
        shown.testing.outdate();
        // What is wrong now shows in the next frame.
        ui.ctx().request_repaint();
    }
}

fn settings(ui: &mut Ui, shown: &mut Shown, all: &[Listed], faults: &Faults<'_>, out: &mut Requests) {
    let is_beside = ui.available_width() >= BESIDE;
    let frame = Frame::new().inner_margin(Margin { left: 20, right: 12, top: 12, bottom: 0 });
    if shown.is_foreign() {
        // There is no form: the test has the place.
        frame.show(ui, |ui| {
            ui.set_max_width(FORM);
            shown.testing.ui(ui, out);
        });
        return;
    }
    if !shown.is_testable() {
        // What is wrong with it is all that there is.
    } else if is_beside {
        let width = (ui.available_width() - FORM - 40.0).clamp(300.0, FORM);
        let panel = Panel::right("connection test").resizable(false).exact_size(width);
        panel.frame(frame).show(ui, |ui| shown.testing.ui(ui, out));
    } else if shown.testing.has_started() {
        let height = ui.available_height() * 0.45;
        let panel = Panel::bottom("connection test below").resizable(false).exact_size(height);
        panel.frame(frame).show(ui, |ui| shown.testing.ui(ui, out));
    }
    ScrollArea::vertical().id_salt(("form", shown.serial)).auto_shrink([false, false]).show(ui, |ui| {
        let margin = Margin { left: 20, right: 20, top: 12, bottom: 20 };
        Frame::new().inner_margin(margin).show(ui, |ui| {
            ui.set_max_width(FORM);
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = space::GRID;
            form(ui, shown, all, faults, out);
        });
    });
}

fn form(ui: &mut Ui, shown: &mut Shown, all: &[Listed], faults: &Faults<'_>, out: &mut Requests) {
    let last = std::mem::take(&mut shown.form.shown);
    for problem in faults.of_node(|key| last.contains(key)) {
        chrome::problem(ui, problem);
    }
    let Some(edited) = &mut shown.edited else { return };
    if !edited.note.is_empty() {
        note(ui, edited.note);
    }
    let owner = OfConnection {
        serial: shown.serial,
        kind: edited.draft.settings.card().id,
        listed: all,
        picked: shown.picked.as_ref(),
    };
    let jump = shown.jump.take();
    let mut form = EguiForm {
        ui,
        owner: Owner::Connection(&owner),
        faults,
        written: &BTreeMap::new(),
        unknown: None,
        jump: jump.as_deref(),
        state: &mut shown.form,
        out,
        changed: BTreeMap::new(),
        shown: BTreeSet::new(),
    };
    edited.draft.settings.form(&mut form);
    let keys = form.shown;
    shown.form.shown = keys;
}

/// What a preset says, above the form.
fn note(ui: &mut Ui, words: &str) {
    let tokens = Tokens::of(ui);
    let frame = Frame::new().fill(tokens.raised).stroke((1.0, tokens.line)).corner_radius(space::RADIUS);
    frame.inner_margin(Margin::symmetric(10, 8)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        text::paragraph(ui, words);
    });
    ui.add_space(2.0 * space::GRID);
}
