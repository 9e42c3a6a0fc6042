//! JSON with a line for each value. Only white space between tokens changes, so that numbers stay as they are written.

/// Deeper levels are not indented any further, or a deep text would grow with the square of its length.
const MOST_STEPS: usize = 40;

/// `text`, which is JSON or the beginning of it, indented; and whether it was cut at `limit` bytes.
pub(super) fn indent(text: &str, limit: usize) -> (String, bool) {
    let mut out = String::with_capacity(text.len().min(limit) * 5 / 4);
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        if out.len() >= limit {
            return (out, true);
        }
        let start = at;
        at += 1;
        match bytes[start] {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            open @ (b'{' | b'[') => {
                out.push(char::from(open));
                let next = blank(bytes, at);
                if let Some(close @ (b'}' | b']')) = bytes.get(next) {
                    out.push(char::from(*close));
                    at = next + 1;
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            close @ (b'}' | b']') => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(char::from(close));
            }
            b',' => {
                out.push(',');
                line(&mut out, depth);
            }
            b':' => out.push_str(": "),
            b'"' => {
                at = string_end(bytes, at);
                at = push(&mut out, text, start, at, limit);
            }
            _ => {
                while at < bytes.len() && !b" \t\r\n,:{}[]\"".contains(&bytes[at]) {
                    at += 1;
                }
                at = push(&mut out, text, start, at, limit);
            }
        }
    }
    (out, false)
}

/// Appends a token, of a long one what there is room for; gives where to go on.
fn push(out: &mut String, text: &str, start: usize, end: usize, limit: usize) -> usize {
    let mut taken = end.min(start + limit.saturating_sub(out.len()) + 1);
    while !text.is_char_boundary(taken) {
        taken += 1;
    }
    out.push_str(&text[start..taken]);
    // A cut token ends the text: the limit is reached by it.
    taken
}

/// Where a string ends whose first quote is before `at`.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn blank(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth.min(MOST_STEPS) {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_stay_as_they_are_written() {
        let text =
            r#" {"a" :1.50e+03,"b":[ ],"c":{"d":"x,\"}\\","e":[1,[null]]}, "f":12345678901234567890123 } "#;
        let expected = "{\n  \"a\": 1.50e+03,\n  \"b\": [],\n  \"c\": {\n    \"d\": \"x,\\\"}\\\\\",\n    \"e\": [\n      1,\n      [\n        null\n      ]\n    ]\n  },\n  \"f\": 12345678901234567890123\n}";
        assert_eq!(indent(text, 1000), (expected.to_owned(), false));
        assert_eq!(indent("7", 1000), ("7".to_owned(), false));
    }

    #[test]
    fn long_and_deep_texts_are_bounded() {
        let long = format!("\"{}\"", "ü".repeat(10_000));
        let (cut, was_cut) = indent(&long, 100);
        assert!(was_cut && cut.len() < 110, "{}", cut.len());
        let (deep, was_cut) = indent(&"[".repeat(100_000), 1000);
        assert!(was_cut && deep.len() < 1200, "{}", deep.len());
        assert_eq!(indent("{\"a\":[1,", 99).0, "{\n  \"a\": [\n    1,\n    ");
    }
}
