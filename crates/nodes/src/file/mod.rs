//! What `read_file` and `write_file` share: formats, finding and scanning files, staging, and the log of a
//! folder that batches are appended to.

pub(crate) mod call;
pub(crate) mod find;
pub(crate) mod format;
pub(crate) mod log;
pub(crate) mod scan;
pub(crate) mod stage;
#[cfg(test)]
pub(crate) mod testing;
mod trouble;

/// `orders.jsonl` of a path, for messages and for names made from it.
pub(crate) fn file_name(path: &std::path::Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()
}

/// The setting `delimiter` or `quote`: one ASCII character.
pub(crate) fn one_byte(text: &str, what: &str) -> Result<u8, flowloom_flow::Problem> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Ok(*byte),
        _ => Err(flowloom_flow::Problem::user(format!("the {what} is one character, not `{text}`"))
            .hint("use a character such as `,` `;` `|`, or a tab")
            .at_field(what)),
    }
}
