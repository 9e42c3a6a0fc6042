//! The list of topics.

use egui::{Align, Color32, Id, Layout, Ui};
use flowloom_studio::connections::{PartitionFacts, Topic};

use super::details::Details;
use super::{Topics, again};
use crate::format;
use crate::theme::{self, Tokens, space};
use crate::widget::field::Field;
use crate::widget::listing::{Cell, Column, Line, Listing};
use crate::widget::{Empty, empty, switch};

const COLUMNS: [Column; 7] = [
    Column::shared("Topic", 1.0).key(),
    Column::fixed("Partitions", 80.0).right().key(),
    Column::fixed("Replicas", 70.0).right().needs(640.0),
    Column::fixed("Messages", 110.0).right(),
    Column::fixed("Offsets", 190.0).right().needs(760.0),
    Column::fixed("Size", 80.0).right().needs(560.0),
    Column::fixed("Last message", 150.0).right().needs(480.0),
];

/// Topics whose offsets are asked for at a time.
const AT_ONCE: usize = 64;

impl Topics {
    pub(super) fn table(&mut self, ui: &mut Ui) {
        self.tools(ui);
        self.sort_out();
        if self.order.is_empty() {
            let (title, text) = if self.all.is_empty() {
                ("The cluster has no topics", "Or this login may see none of them")
            } else {
                ("No topic matches", "")
            };
            return empty(ui, &Empty { icon: "ui/search", title, text, is_error: false }, |_| ());
        }
        let open = self.details.as_ref().map(|details| details.name.as_str());
        let picked = self.order.iter().position(|at| Some(self.all[*at].name.as_str()) == open);
        let listing = Listing {
            id: Id::unique("topics"),
            columns: &COLUMNS,
            sort: Some(self.sort),
            count: self.order.len(),
            picked,
        };
        let faint = Tokens::of(ui).faint;
        let seen = listing.show(ui, |at| {
            let topic = &self.all[self.order[at]];
            line(topic, self.offsets.get(&topic.name), self.sizes.get(&topic.name).copied(), faint)
        });
        if let Some(column) = seen.sorted {
            let is_down = self.sort.0 == column && !self.sort.1;
            self.sort = (column, is_down);
        }
        if let Some(at) = seen.clicked {
            self.open(at);
            ui.ctx().request_repaint();
        }
        let names = seen.rows.map(|at| &self.all[self.order[at]].name);
        let missing = names.filter(|name| !self.tried.contains(*name)).take(AT_ONCE);
        self.missing = missing.cloned().collect();
        if !self.missing.is_empty() {
            ui.ctx().request_repaint();
        }
    }

    fn open(&mut self, at: usize) {
        let topic = &self.all[self.order[at]];
        match &mut self.details {
            Some(details) if details.name == topic.name => {}
            Some(details) => details.show(topic),
            None => self.details = Some(Details::new(topic)),
        }
    }

    fn tools(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            ui.set_height(space::ROW);
            ui.add_space(space::PADDING);
            let find = Field::new(Id::unique("find a topic"), "Find a topic").hint("Find a topic");
            find.width(260.0_f32.min(ui.available_width() * 0.4)).show(ui, &mut self.query);
            let is_offered = |topic: &&Topic| self.has_internal || !topic.internal;
            let (found, all) = (self.order.len() as u64, self.all.iter().filter(is_offered).count() as u64);
            let words = if found == all {
                format!("{} topics", format::count(all))
            } else {
                format!("{} of {}", format::count(found), format::count(all))
            };
            ui.label(egui::RichText::new(words).font(theme::small()).color(Tokens::of(ui).faint));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add_space(space::GRID);
                if again(ui, "Refresh topics") {
                    self.refresh();
                    ui.ctx().request_repaint();
                }
                ui.add_space(space::GRID);
                let id = Id::unique("internal topics");
                switch::switch(ui, id, "Internal topics", &mut self.has_internal);
                ui.label(egui::RichText::new("Internal").font(theme::small()).color(Tokens::of(ui).dim));
            });
        });
    }

    /// Brings `order` up to date.
    fn sort_out(&mut self) {
        let now = (self.query.trim().to_lowercase(), self.has_internal, self.sort);
        if self.ordered.as_ref() == Some(&now) {
            return;
        }
        let fits = |topic: &Topic| {
            (self.has_internal || !topic.internal) && topic.name.to_lowercase().contains(&now.0)
        };
        self.order = (0..self.all.len()).filter(|at| fits(&self.all[*at])).collect();
        let (column, is_down) = self.sort;
        if column == 1 {
            self.order.sort_by_key(|at| self.all[*at].partitions);
        }
        if is_down {
            self.order.reverse();
        }
        self.ordered = Some(now);
    }
}

fn line(topic: &Topic, facts: Option<&Vec<PartitionFacts>>, size: Option<u64>, faint: Color32) -> Line {
    let sums = facts.map(|facts| Sums::of(facts));
    let text = |of: fn(&Sums) -> String| sums.as_ref().map(of).unwrap_or_default();
    let number = |number: u64| Cell::mono(format::count(number));
    let cells = vec![
        if topic.internal { Cell::mono(&topic.name).color(faint) } else { Cell::mono(&topic.name) },
        number(topic.partitions as u64),
        number(topic.replicas as u64),
        Cell::mono(text(|sums| sums.messages.map_or_else(|| "?".to_owned(), format::count))),
        Cell::mono(text(|sums| sums.range.clone())).color(faint),
        Cell::mono(size.map(format::bytes).unwrap_or_default()),
        Cell::mono(text(|sums| sums.last_ms.map(format::date_time).unwrap_or_default())).color(faint),
    ];
    Line { name: topic.name.clone(), cells }
}

/// What the partitions of a topic come to.
struct Sums {
    /// `None`: not every partition has told.
    messages: Option<u64>,
    /// The lowest low and the highest high offset.
    range: String,
    last_ms: Option<i64>,
}

impl Sums {
    fn of(facts: &[PartitionFacts]) -> Self {
        let low = facts.iter().filter_map(|facts| facts.low).min();
        let high = facts.iter().filter_map(|facts| facts.high).max();
        let count = |offset: i64| format::count(offset.unsigned_abs());
        Self {
            messages: facts.iter().map(PartitionFacts::offsets).sum(),
            range: low
                .zip(high)
                .map(|(low, high)| format!("{} – {}", count(low), count(high)))
                .unwrap_or_default(),
            last_ms: facts.iter().filter_map(|facts| facts.last_timestamp_ms).max(),
        }
    }
}
