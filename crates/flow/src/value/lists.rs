//! Lists in generated code, laid out as black and rustfmt do.

use crate::Target;

/// `open`, `items` and `close` in one line where they fit, else one item a line.
///
/// `open` ends with the bracket that `close` closes: `left.select(` and `)`, `left.select([` and `])`.
pub fn listed(target: Target, open: &str, items: &[String], close: &str) -> String {
    let inline = items.join(", ");
    // Black breaks a line at 88 columns, of which the name and the indent take some; rustfmt a list at 60.
    let fits = match target {
        Target::Python => last_line(open) + inline.chars().count() + close.len() <= 72,
        Target::Rust => inline.chars().count() <= 60 && last_line(open) + inline.chars().count() <= 80,
    };
    if items.is_empty() || (fits && !inline.contains('\n')) {
        return format!("{open}{inline}{close}");
    }
    let items: Vec<String> = items.iter().map(|item| format!("    {},\n", indent(item))).collect();
    format!("{open}\n{}{close}", items.concat())
}

/// `start` with `calls` on it: one line for a single call, else one call a line.
pub fn chained(target: Target, start: &str, calls: &[String]) -> String {
    match (calls, target) {
        ([], _) => start.to_owned(),
        ([call], _) => format!("{start}{call}"),
        ([first, rest @ ..], Target::Python) => {
            let rest: Vec<String> = rest.iter().map(|call| format!("    {}\n", indent(call))).collect();
            format!("(\n    {start}{}\n{})", indent(first), rest.concat())
        }
        (calls, Target::Rust) if start.contains('\n') => format!("{start}\n{}", calls.join("\n")),
        (calls, Target::Rust) => {
            let calls: Vec<String> = calls.iter().map(|call| format!("\n    {}", indent(call))).collect();
            format!("{start}{}", calls.concat())
        }
    }
}

fn indent(text: &str) -> String {
    text.replace('\n', "\n    ")
}

fn last_line(text: &str) -> usize {
    text.rsplit('\n').next().unwrap_or(text).chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_a_line_stands_one_by_one() {
        let items = ["a".to_owned(), "b".to_owned()];
        assert_eq!(listed(Target::Python, "f(", &items, ")"), "f(a, b)");
        let long = ["a".repeat(50), "b".repeat(50)];
        assert_eq!(
            listed(Target::Rust, "f([", &long, "])"),
            format!("f([\n    {},\n    {},\n])", long[0], long[1])
        );
        let calls = [".f(1)".to_owned(), ".g(\n    2,\n)".to_owned()];
        assert_eq!(chained(Target::Rust, "x", &calls), "x\n    .f(1)\n    .g(\n        2,\n    )");
        assert_eq!(chained(Target::Python, "x", &calls), "(\n    x.f(1)\n    .g(\n        2,\n    )\n)");
        assert_eq!(chained(Target::Python, "x", &calls[..1]), "x.f(1)");
    }
}
