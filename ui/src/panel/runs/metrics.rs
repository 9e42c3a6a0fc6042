//! What a source measured: in a line of words, and by partition.

use egui::{Align, Grid, Layout, RichText, Ui};
use flowloom_flow::SourceMetrics;

use crate::format;
use crate::theme::{self, Tokens};

/// Partitions that are listed.
const LISTED: usize = 200;

const HEADS: [&str; 8] = ["Topic", "Partition", "Read", "Low", "Current", "Committed", "High", "Lag"];

pub(super) fn show(ui: &mut Ui, id: &str, metrics: &SourceMetrics) {
    let tokens = Tokens::of(ui);
    ui.label(RichText::new(words(metrics).join(" · ")).font(theme::small()).color(tokens.dim));
    if metrics.partitions.is_empty() {
        return;
    }
    let number = |ui: &mut Ui, text: String| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(RichText::new(text).font(theme::mono_small()).color(tokens.dim));
        });
    };
    Grid::new(("partitions", id)).num_columns(HEADS.len()).min_row_height(18.0).spacing([18.0, 0.0]).show(
        ui,
        |ui| {
            for (at, head) in HEADS.into_iter().enumerate() {
                let head = RichText::new(head).font(theme::small()).color(tokens.faint);
                if at == 0 {
                    ui.label(head);
                } else {
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(head));
                }
            }
            ui.end_row();
            for one in metrics.partitions.iter().take(LISTED) {
                let offset = |offset: i64| format::count(offset.max(0) as u64);
                ui.label(RichText::new(&one.topic).font(theme::mono_small()).color(tokens.dim));
                number(ui, one.partition.to_string());
                number(ui, format::count(one.records));
                number(ui, offset(one.low));
                number(ui, offset(one.position));
                number(ui, one.committed.map_or_else(|| "none".to_owned(), offset));
                number(ui, offset(one.high));
                number(ui, format::count(one.lag()));
                ui.end_row();
            }
        },
    );
    if metrics.partitions.len() > LISTED {
        let more =
            format!("and {} more partitions", format::count((metrics.partitions.len() - LISTED) as u64));
        ui.label(RichText::new(more).font(theme::small()).color(tokens.faint));
    }
}

/// `1,204 records`, `1.2 MB`, `3 wait` …: what there is to say, in the order of its weight.
pub(crate) fn words(metrics: &SourceMetrics) -> Vec<String> {
    let mut words = vec![
        format!("{} records", format::count(metrics.records)),
        format::bytes(metrics.bytes),
        format!("{} wait", format::count(metrics.pending())),
    ];
    words.extend(metrics.rate().map(|rate| format!("{}/s", format::short(rate))));
    let behind = |ms: i64| format!("newest message {} behind", format::millis(ms.max(0) as f64));
    words.extend(metrics.event_lag_ms.map(behind));
    words.extend(metrics.idle_ms.map(|ms| format!("idle for {}", format::millis(ms as f64))));
    words.extend((metrics.commits > 0).then(|| format!("{} commits", format::count(metrics.commits))));
    let failed = || format!("{} commits failed", format::count(metrics.commits_failed));
    words.extend((metrics.commits_failed > 0).then(failed));
    let bad = || format!("{} messages not decoded", format::count(metrics.decode_errors));
    words.extend((metrics.decode_errors > 0).then(bad));
    words.extend((metrics.lost > 0).then(|| format!("{} lost to retention", format::count(metrics.lost))));
    let trip = |trip: flowloom_flow::RoundTrip| {
        format!("fetches take {} (99 %: {})", format::millis(trip.mean_ms), format::millis(trip.p99_ms))
    };
    words.extend(metrics.round_trip.map(trip));
    words
}

#[cfg(test)]
mod tests {
    use flowloom_flow::{PartitionMetrics, RoundTrip};

    use super::*;

    #[test]
    fn what_there_is_to_say_is_said() {
        let partition =
            PartitionMetrics { high: 12, position: 10, records: 4, ..PartitionMetrics::default() };
        let quiet = SourceMetrics::default();
        assert_eq!(words(&quiet), ["0 records", "0 B", "0 wait"]);
        let metrics = SourceMetrics {
            records: 1_204,
            bytes: 1_200_000,
            read_ms: 1_000.0,
            commits: 2,
            commits_failed: 1,
            decode_errors: 3,
            lost: 7,
            event_lag_ms: Some(3_000),
            idle_ms: Some(20),
            round_trip: Some(RoundTrip { mean_ms: 1.5, p99_ms: 4.0 }),
            partitions: vec![partition],
            ..SourceMetrics::default()
        };
        assert_eq!(
            words(&metrics).join(", "),
            "1,204 records, 1.2 MB, 2 wait, 1.2 k/s, newest message 3.0 s behind, idle for 20 ms, 2 commits, \
             1 commits failed, 3 messages not decoded, 7 lost to retention, fetches take 2 ms (99 %: 4 ms)"
        );
    }
}
