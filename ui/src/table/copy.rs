//! Cells as tab-separated text, which every spreadsheet takes.

use polars::prelude::DataFrame;

use super::value;

/// Cells that are copied at most; more would not fit into a spreadsheet or the clipboard's patience.
pub const MOST_CELLS: usize = 2_000_000;

/// Which cells: rows of the frame in the order shown, columns by index.
pub struct Cells {
    pub rows: DataFrame,
    pub picked: Vec<usize>,
    pub columns: Vec<usize>,
    pub has_header: bool,
}

/// Tab-separated, a line for each row; null is empty, and a text with tabs, quotes or line breaks is quoted.
pub fn tsv(cells: &Cells) -> String {
    let columns: Vec<_> = cells.columns.iter().filter_map(|at| cells.rows.columns().get(*at)).collect();
    let mut text = String::new();
    if cells.has_header {
        let names: Vec<String> = columns.iter().map(|column| quoted(column.name().to_string())).collect();
        text.push_str(&names.join("\t"));
        text.push('\n');
    }
    for row in &cells.picked {
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                text.push('\t');
            }
            if let Some(value) = column.get(*row).ok().and_then(|value| value::whole(&value, usize::MAX)) {
                text.push_str(&quoted(value));
            }
        }
        text.push('\n');
    }
    // One cell goes into a field or an editor, where a line break would be in the way.
    if cells.picked.len() == 1 && !cells.has_header {
        text.pop();
    }
    text
}

fn quoted(text: String) -> String {
    if text.contains(['\t', '\n', '\r', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    #[test]
    fn what_a_spreadsheet_would_split_is_quoted() {
        let rows = df!("n" => [Some(1), None], "text" => ["a\tb", "say \"x\""]).expect("frame");
        let cells = Cells { rows, picked: vec![1, 0], columns: vec![0, 1], has_header: true };
        assert_eq!(tsv(&cells), "n\ttext\n\t\"say \"\"x\"\"\"\n1\t\"a\tb\"\n");
        let one = Cells { picked: vec![0], columns: vec![0], has_header: false, ..cells };
        assert_eq!(tsv(&one), "1");
    }
}
