//! Tables from the clipboard: lines of tabs, as spreadsheets copy them, or CSV.

use flowloom_flow::value::{Grid, GridColumn, Literal, parse_dtype};
use serde_json::{Value as Json, json};

use super::literal;

/// Types that are tried, from narrow to wide; what is none of them is text.
const TRIED: &[&str] = &["Int64", "Float64", "Boolean", "Date", "Datetime(us)"];

/// A table whose first line names the columns; types are those that all cells have.
pub(super) fn table(text: &str) -> Grid {
    let mut lines = cells(text).into_iter();
    let names = lines.next().unwrap_or_default();
    let lines: Vec<Vec<String>> = lines.collect();
    let width = lines.iter().map(Vec::len).chain([names.len()]).max().unwrap_or(0);
    let cell = |line: &Vec<String>, i: usize| line.get(i).cloned().unwrap_or_default();
    let columns: Vec<GridColumn> = (0..width)
        .map(|i| {
            let head = names.get(i).map(|name| name.trim()).filter(|name| !name.is_empty());
            let name = head.map_or_else(|| format!("column_{}", i + 1), str::to_owned);
            let values: Vec<String> = lines.iter().map(|line| cell(line, i)).collect();
            GridColumn { name, dtype: dtype_of(&values).to_owned() }
        })
        .collect();
    let typed = |line: &Vec<String>| {
        columns.iter().enumerate().map(|(i, column)| value(&cell(line, i), &column.dtype)).collect()
    };
    Grid { rows: lines.iter().map(typed).collect(), columns }
}

/// Puts the cells of `text` over those from `row` and `column` on; rows are added, columns are not.
pub(super) fn spread(grid: &mut Grid, text: &str, row: usize, column: usize) {
    let width = grid.columns.len();
    for (down, line) in cells(text).into_iter().enumerate() {
        if row + down == grid.rows.len() {
            grid.rows.push(vec![Json::Null; width]);
        }
        let cells = &mut grid.rows[row + down];
        cells.resize(width, Json::Null);
        for (cell, (text, head)) in cells[column..].iter_mut().zip(line.iter().zip(&grid.columns[column..])) {
            *cell = value(text, &head.dtype);
        }
    }
}

fn value(text: &str, dtype: &str) -> Json {
    if text.is_empty() { Json::Null } else { literal::read(text, parse_dtype(dtype).ok().as_ref()) }
}

fn dtype_of(values: &[String]) -> &'static str {
    let is_all = |name: &str| {
        let Ok(dtype) = parse_dtype(name) else { return false };
        let mut filled = values.iter().filter(|text| !text.is_empty()).peekable();
        filled.peek().is_some() && filled.all(|text| Literal::parse(&json!(text.trim()), &dtype, "x").is_ok())
    };
    TRIED.iter().copied().find(|name| is_all(name)).unwrap_or("String")
}

/// Lines of cells; quotes keep what is inside of them together.
fn cells(text: &str) -> Vec<Vec<String>> {
    let separator = if text.contains('\t') { '\t' } else { ',' };
    let mut lines = vec![vec![String::new()]];
    let mut is_quoted = false;
    let mut letters = text.trim_end_matches(['\r', '\n']).chars().peekable();
    while let Some(letter) = letters.next() {
        let line = lines.len() - 1;
        let Some(cell) = lines[line].last_mut() else { break };
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if cell.is_empty() => is_quoted = true,
            '\r' if !is_quoted => {}
            '\n' if !is_quoted => lines.push(vec![String::new()]),
            other if other == separator && !is_quoted => lines[line].push(String::new()),
            other => cell.push(other),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheets_rows_become_a_typed_table() {
        let grid = table("country\tcount\tshare\tsince\nDE\t3\t0.5\t2026-01-31\nFR\t4\t1\t\n");
        let types: Vec<&str> = grid.columns.iter().map(|column| column.dtype.as_str()).collect();
        assert_eq!(types, ["String", "Int64", "Float64", "Date"]);
        assert_eq!(grid.rows[1], [json!("FR"), json!(4), json!(1), Json::Null]);
    }

    #[test]
    fn quotes_keep_cells_together_and_cells_spread_over_the_table() {
        let mut grid = table("a,b\n\"x, y\",\"say \"\"z\"\"\"\r\n");
        assert_eq!(grid.rows, [[json!("x, y"), json!("say \"z\"")]]);
        spread(&mut grid, "1,2\n3,4", 0, 1);
        assert_eq!(grid.rows, [[json!("x, y"), json!("1")], [Json::Null, json!("3")]]);
    }
}
