//! Long statements of exported programs, broken over lines as ruff and rustfmt would.
//!
//! Kinds write a statement in one line; where that is too long it is broken at its calls, arguments and
//! operators. What a kind has broken itself is left as it is.

use crate::Target;

/// Statements stand in the main function.
const INDENT: usize = 4;

/// `name = expression` or `let name = expression;`, in as many lines as it needs.
pub(crate) fn assignment(target: Target, name: &str, expression: &str) -> String {
    let (head, end) = match target {
        Target::Python => (format!("{name} = "), ""),
        Target::Rust => (format!("let {name} = "), ";"),
    };
    if expression.contains('\n') {
        return format!("{head}{expression}{end}");
    }
    let first = INDENT + width(&head);
    let text = match target {
        Target::Python => python(expression, INDENT, first, 0, false),
        Target::Rust => rust(expression, INDENT, first, end.len()),
    };
    let pad = " ".repeat(INDENT);
    format!("{head}{}{end}", text.replace(&format!("\n{pad}"), "\n"))
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Byte offsets and characters of `text` that are neither in brackets nor in a string.
fn outer(text: &str) -> Vec<(usize, char)> {
    let (mut found, mut depth, mut quote, mut is_escaped) = (Vec::new(), 0_usize, None, false);
    for (at, c) in text.char_indices() {
        if let Some(open) = quote {
            if is_escaped {
                is_escaped = false;
            } else if c == '\\' {
                is_escaped = true;
            } else if c == open {
                quote = None;
            }
            continue;
        }
        match c {
            '"' | '\'' => quote = Some(c),
            '(' | '[' | '{' => {
                if depth == 0 {
                    found.push((at, c));
                }
                depth += 1;
            }
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    found.push((at, c));
                }
            }
            c if depth == 0 => found.push((at, c)),
            _ => {}
        }
    }
    found
}

/// The parts between outer commas, trimmed.
fn arguments(text: &str) -> Vec<&str> {
    let commas = outer(text).into_iter().filter(|(_, c)| *c == ',').map(|(at, _)| at);
    let mut from = 0;
    let mut parts: Vec<&str> = Vec::new();
    for at in commas.chain([text.len()]) {
        parts.push(text[from..at].trim());
        from = (at + 1).min(text.len());
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// `left.sort("a").head(1)` as `left`, `.sort("a")`, `.head(1)`.
fn chain(text: &str) -> Vec<&str> {
    let mut links = Vec::new();
    let mut from = 0;
    for (at, c) in outer(text) {
        let before = text[..at].chars().next_back();
        if c == '.' && at > 0 && before.is_some_and(|before| !before.is_ascii_digit()) {
            links.push(&text[from..at]);
            from = at;
        }
    }
    links.push(&text[from..]);
    links
}

/// `head(`, `body` and `)tail` at the last outer bracket behind which `head` has at most `columns`.
fn bracket(text: &str, columns: usize) -> Option<(&str, &str, &str)> {
    let outer = outer(text);
    let mut pairs = Vec::new();
    let mut open = None;
    for (at, c) in outer {
        match c {
            '(' | '[' | '{' => open = Some(at + 1),
            ')' | ']' | '}' => pairs.extend(open.take().filter(|open| *open < at).map(|open| (open, at))),
            _ => {}
        }
    }
    let (open, close) = pairs.into_iter().rev().find(|(open, _)| width(&text[..*open]) <= columns)?;
    Some((&text[..open], &text[open..close], &text[close..]))
}

/// `a & b`, `a | b` before each loosest operator.
fn operands(text: &str) -> Vec<&str> {
    let outer = outer(text);
    // A sign at the start is what the text was broken at before.
    let at = |sign: char| -> Vec<usize> {
        outer.iter().filter(|(at, c)| *c == sign && *at > 0).map(|(at, _)| *at).collect()
    };
    let loosest = [at('|'), at('&')].into_iter().find(|found| !found.is_empty()).unwrap_or_default();
    let mut from = 0;
    let mut parts = Vec::new();
    for at in loosest.into_iter().chain([text.len()]) {
        parts.push(text[from..at].trim());
        from = at;
    }
    parts
}

/// Black's way; `first` and `last` are the columns that stand before and after in the same line.
fn python(text: &str, indent: usize, first: usize, last: usize, is_inside: bool) -> String {
    const WIDTH: usize = 88;
    if first + width(text) + last <= WIDTH {
        return text.to_owned();
    }
    let (pad, deeper) = (" ".repeat(indent), indent + 4);
    let signs = operands(text);
    if is_inside && signs.len() > 1 {
        let broken = signs.iter().map(|part| python(part, indent, indent, 0, true));
        return broken.collect::<Vec<_>>().join(&format!("\n{pad}"));
    }
    let chained = chain(text);
    // A name keeps its first attribute beside it.
    let joined = usize::from(!chained[0].contains('(')) + 1;
    if signs.len() == 1 && chained.len() > joined + 1 {
        if !is_inside {
            let inner = python(text, deeper, deeper, 0, true);
            return format!("(\n{}{inner}\n{pad})", " ".repeat(deeper));
        }
        let mut lines = vec![chained[..joined].concat()];
        lines.extend(chained[joined..].iter().map(|link| (*link).to_owned()));
        let lines = lines.iter().map(|line| match bracket(line, WIDTH.saturating_sub(indent)) {
            Some(parts) if indent + width(line) > WIDTH => python_call(parts, indent),
            _ => line.clone(),
        });
        return lines.collect::<Vec<_>>().join(&format!("\n{pad}"));
    }
    match bracket(text, WIDTH.saturating_sub(first)) {
        Some(parts) => python_call(parts, indent),
        None => text.to_owned(),
    }
}

fn python_call((head, body, tail): (&str, &str, &str), indent: usize) -> String {
    let (pad, deeper) = (" ".repeat(indent), indent + 4);
    let inner = " ".repeat(deeper);
    let parts = arguments(body);
    if deeper + width(body) <= 88 || parts.len() == 1 {
        let body = python(body, deeper, deeper, 0, true);
        return format!("{head}\n{inner}{body}\n{pad}{tail}");
    }
    let lines = parts.iter().map(|part| format!("{inner}{},\n", python(part, deeper, deeper, 1, true)));
    format!("{head}\n{}{pad}{tail}", lines.collect::<String>())
}

/// What rustfmt puts in one line: chains of two calls and more, arguments and arrays of 60 columns.
fn is_short(text: &str) -> bool {
    const NARROW: usize = 60;
    let links = chain(text);
    let is_chain = links.len() > 2;
    (!is_chain || width(text) <= NARROW)
        && links.iter().all(|link| {
            bracket(link, usize::MAX).is_none_or(|(head, body, _)| {
                let parts = arguments(body);
                // A call or an array that is the only argument counts for itself.
                let is_lone_call = head.ends_with('(') && parts.len() == 1 && parts[0].ends_with([')', ']']);
                (is_lone_call || width(body) <= NARROW) && parts.iter().all(|part| is_short(part))
            })
        })
}

/// rustfmt's way, see [`python`].
fn rust(text: &str, indent: usize, first: usize, last: usize) -> String {
    const WIDTH: usize = 100;
    if first + width(text) + last <= WIDTH && is_short(text) {
        return text.to_owned();
    }
    let links = chain(text);
    let (head, calls) = (links[0], &links[1..]);
    // A short name at the start of a line keeps its first call beside it.
    let is_root_short = first == indent && width(head) <= 4;
    if calls.is_empty() {
        return match bracket(head, usize::MAX) {
            Some(parts) => rust_call(parts, indent),
            None => text.to_owned(),
        };
    }
    // The last call may be broken at its arguments, where all before it stays in one line.
    let last_call = calls[calls.len() - 1];
    let before: String = links[..links.len() - 1].concat();
    let deeper = indent + 4;
    let alone = rust(last_call, deeper, deeper, last);
    if is_short(&before)
        && let Some(parts) = bracket(last_call, usize::MAX)
    {
        let overflowed = rust_call(parts, indent);
        let first_line = width(&before) + overflowed.lines().next().map_or(0, width);
        let budget = if calls.len() == 1 { WIDTH.saturating_sub(first) } else { 60 };
        let (height, other) = (overflowed.lines().count(), alone.lines().count());
        if first_line <= budget
            && (height >= 5 && calls.len() > 1 || other >= height || is_root_short && calls.len() == 1)
        {
            return format!("{before}{overflowed}");
        }
    }
    let pad = format!("\n{}", " ".repeat(deeper));
    let mut out = rust(head, indent, first, 0);
    for (i, call) in calls.iter().enumerate() {
        let is_joined = i == 0 && is_root_short;
        let end = if i + 1 == calls.len() { last } else { 0 };
        if !is_joined {
            out.push_str(&pad);
        }
        out.push_str(&rust(call, deeper, deeper, end));
    }
    out
}

fn rust_call((head, body, tail): (&str, &str, &str), indent: usize) -> String {
    let parts = arguments(body);
    if let [only] = parts.as_slice()
        && only.starts_with('[')
        && let Some((open, body, close)) = bracket(only, usize::MAX)
    {
        return rust_call((&format!("{head}{open}"), body, &format!("{close}{tail}")), indent);
    }
    let (pad, deeper) = (" ".repeat(indent), indent + 4);
    let inner = " ".repeat(deeper);
    let lines = parts.iter().map(|part| format!("{inner}{},\n", rust(part, deeper, deeper, 1)));
    format!("{head}\n{}{pad}{tail}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(target: Target) -> String {
        let steps = match target {
            Target::Python => [
                r#"orders.filter((pl.col("amount") > 100) & pl.col("status").is_in(["paid", "open", "shipped"]))"#,
                r#"orders.filter(((pl.col("amount") > 100) & ((pl.col("status") == 'paid, "or" open') | pl.col("is_very_important"))).ne_missing(True))"#,
                r#"orders.group_by("country").agg(pl.len().alias("rows")).sort("country")"#,
                r#"orders.group_by("country", "status").agg(pl.col("amount").sum().alias("amount_sum"), pl.len().alias("rows")).sort("country", "status")"#,
                r#"orders.sort("amount", "country", descending=[True, False], nulls_last=True, maintain_order=True)"#,
                r#"orders.select(pl.col("amount").sum().alias("amount_sum"), pl.col("status").cast(pl.String).str.join(",").alias("status_join"))"#,
            ],
            Target::Rust => [
                r#"orders.filter(col("amount").gt(lit(100)).and(col("status").eq(lit("paid"))).or(col("vip")))"#,
                r#"orders.filter(col("amount").gt(lit(100)).neq_missing(lit(true)))"#,
                r#"orders.group_by([col("country")]).agg([len().alias("rows")]).sort(["country"], SortMultipleOptions::default())"#,
                r#"orders.group_by([col("country")]).agg([col("amount").sum().alias("amount_sum"), len().alias("rows"), col("status").n_unique().alias("distinct")]).sort(["country"], SortMultipleOptions::default())"#,
                r#"orders.sort(["amount", "country"], SortMultipleOptions::default().with_order_descending_multi([true, false]).with_nulls_last(true).with_maintain_order(true))"#,
                r#"orders.select([col("amount").sum().alias("amount_sum"), col("status").cast(DataType::String).str().join(",", true).alias("status_join")])"#,
            ],
        };
        steps.map(|step| assignment(target, "picked", step)).join("\n")
    }

    /// Read by `ruff format` and found well laid out.
    #[test]
    fn python_is_broken_as_black_would() {
        let expected = r#"
picked = orders.filter(
    (pl.col("amount") > 100) & pl.col("status").is_in(["paid", "open", "shipped"])
)
picked = orders.filter(
    (
        (pl.col("amount") > 100)
        & ((pl.col("status") == 'paid, "or" open') | pl.col("is_very_important"))
    ).ne_missing(True)
)
picked = orders.group_by("country").agg(pl.len().alias("rows")).sort("country")
picked = (
    orders.group_by("country", "status")
    .agg(pl.col("amount").sum().alias("amount_sum"), pl.len().alias("rows"))
    .sort("country", "status")
)
picked = orders.sort(
    "amount",
    "country",
    descending=[True, False],
    nulls_last=True,
    maintain_order=True,
)
picked = orders.select(
    pl.col("amount").sum().alias("amount_sum"),
    pl.col("status").cast(pl.String).str.join(",").alias("status_join"),
)"#;
        assert_eq!(shown(Target::Python), expected.trim());
    }

    /// Read by `rustfmt --check` and found well laid out.
    #[test]
    fn rust_is_broken_as_rustfmt_would() {
        let expected = r#"
let picked = orders.filter(
    col("amount")
        .gt(lit(100))
        .and(col("status").eq(lit("paid")))
        .or(col("vip")),
);
let picked = orders.filter(col("amount").gt(lit(100)).neq_missing(lit(true)));
let picked = orders
    .group_by([col("country")])
    .agg([len().alias("rows")])
    .sort(["country"], SortMultipleOptions::default());
let picked = orders
    .group_by([col("country")])
    .agg([
        col("amount").sum().alias("amount_sum"),
        len().alias("rows"),
        col("status").n_unique().alias("distinct"),
    ])
    .sort(["country"], SortMultipleOptions::default());
let picked = orders.sort(
    ["amount", "country"],
    SortMultipleOptions::default()
        .with_order_descending_multi([true, false])
        .with_nulls_last(true)
        .with_maintain_order(true),
);
let picked = orders.select([
    col("amount").sum().alias("amount_sum"),
    col("status")
        .cast(DataType::String)
        .str()
        .join(",", true)
        .alias("status_join"),
]);"#;
        assert_eq!(shown(Target::Rust), expected.trim());
    }
}
