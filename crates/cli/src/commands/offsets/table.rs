//! Offsets as a table.

use flowloom_flow::{PartitionStanding, Reset, Standing};

use crate::output::{Ended, line, thousands};

pub(super) fn standing(standing: &Standing) -> Result<(), Ended> {
    let head = ["TOPIC", "PARTITION", "LOW", "COMMITTED", "HIGH", "LAG"];
    let rows = standing.partitions.iter().map(|one| {
        let [topic, partition, low, committed, high] = cells(one);
        vec![topic, partition, low, committed, high, one.lag().to_string()]
    });
    show(&head, &rows.collect::<Vec<_>>())?;
    line(&format!("{} wait", messages(standing.lag())))?;
    if standing.lost() > 0 {
        line(&format!("{} were removed by retention before they were read:", messages(standing.lost())))?;
        for one in standing.partitions.iter().filter(|one| one.lost() > 0) {
            line(&format!("  {} of partition {} of `{}`", thousands(one.lost()), one.partition, one.topic))?;
        }
    }
    Ok(())
}

pub(super) fn reset(reset: &Reset) -> Result<(), Ended> {
    if reset.partitions.is_empty() {
        return line("no partition is meant: nothing to change");
    }
    let head = ["TOPIC", "PARTITION", "LOW", "COMMITTED", "HIGH", "TO", "AGAIN", "SKIPPED"];
    let rows = reset.partitions.iter().map(|one| {
        let mut row = cells(&one.standing).to_vec();
        row.extend([one.to.to_string(), one.again.to_string(), one.skipped.to_string()]);
        row
    });
    show(&head, &rows.collect::<Vec<_>>())?;
    for note in &reset.notes {
        line(note)?;
    }
    line(&format!("{} are read again, {} are skipped", messages(reset.again), thousands(reset.skipped)))
}

fn cells(one: &PartitionStanding) -> [String; 5] {
    let committed = one.committed.map_or_else(|| "-".to_owned(), |committed| committed.to_string());
    [one.topic.clone(), one.partition.to_string(), one.low.to_string(), committed, one.high.to_string()]
}

fn messages(count: u64) -> String {
    if count == 1 { "1 message".to_owned() } else { format!("{} messages", thousands(count)) }
}

/// The first column to the left, numbers to the right.
fn show(head: &[&str], rows: &[Vec<String>]) -> Result<(), Ended> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|name| name.len())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let head: Vec<String> = head.iter().map(|&name| name.to_owned()).collect();
    for row in std::iter::once(&head).chain(rows) {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:width$}"),
            _ => format!("{cell:>width$}"),
        });
        line(cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
