//! Values that stand elsewhere: `${env:NAME}`, `${file:PATH}`, `${vault:PATH#KEY}`, looked up at the point of use.

mod vault;

use std::fs;
use std::io::Read as _;

use flowloom_flow::{Problem, Secret};

/// Gives the value of an environment variable.
pub type Get<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Larger files are no secret.
const MAX_BYTES: u64 = 1 << 20;

/// What the one reference `text` stands for.
pub fn resolve(text: &str, get: Get<'_>) -> Result<Secret, Problem> {
    let inner = text.strip_prefix("${").and_then(|text| text.strip_suffix('}')).unwrap_or_default();
    match inner.split_once(':') {
        Some(("env", name)) => match get(name) {
            Some(text) if !text.is_empty() => Ok(Secret::new(text)),
            _ => Err(Problem::user(format!("the environment variable `{name}` is not set"))
                .hint(format!("set `{name}` where Flowloom is started, or change the connection"))),
        },
        Some(("file", path)) => file(path),
        Some(("vault", path)) => vault::secret(path, get),
        _ => Err(Problem::user(format!("`{text}` is no reference"))
            .hint("write `${env:NAME}`, `${file:PATH}` or `${vault:PATH#KEY}`")),
    }
}

/// `text` with every reference in it replaced; `None`: there is none.
pub(crate) fn replaced(
    text: &str,
    mut resolve: impl FnMut(&str) -> Result<Secret, Problem>,
) -> Result<Option<String>, Problem> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = ["${env:", "${file:", "${vault:"].iter().filter_map(|start| rest.find(start)).min() {
        let Some(end) = rest[at..].find('}') else {
            return Err(Problem::user("a reference `${…` has no end").hint("close it with `}`"));
        };
        out += &rest[..at];
        out += resolve(&rest[at..=at + end])?.reveal();
        rest = &rest[at + end + 1..];
    }
    if rest.len() == text.len() {
        return Ok(None);
    }
    out += rest;
    Ok(Some(out))
}

/// The text of a file, less the line end that editors add.
fn file(path: &str) -> Result<Secret, Problem> {
    let failed = |error: std::io::Error| {
        Problem::user(format!("the file `{path}` cannot be read: {}", error.kind()))
            .hint("check the path, and that this user may read it")
            .source(error)
    };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Problem::user(format!("the file `{path}` is larger than 1 MiB: that is no secret")));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_holds_the_bytes| Problem::user(format!("the file `{path}` is no text (UTF-8)")))?;
    let text = Secret::new(text);
    let inner = text.reveal();
    Ok(Secret::new(inner.strip_suffix('\n').map_or(inner, |inner| inner.strip_suffix('\r').unwrap_or(inner))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn a_variable_and_a_file_are_looked_up() {
        let get = |name: &str| (name == "A").then(|| "hunter2".to_owned());
        assert_eq!(resolve("${env:A}", &get).expect("set").reveal(), "hunter2");
        let problem = resolve("${env:B}", &get).expect_err("not set").to_string();
        assert!(problem.starts_with("the environment variable `B` is not set; set `B`"), "{problem}");
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("password");
        fs::write(&path, "hunter2\r\n").expect("written");
        let reference = format!("${{file:{}}}", path.display());
        assert_eq!(resolve(&reference, &none).expect("read").reveal(), "hunter2");
        fs::write(&path, [0xff, 0xfe]).expect("written");
        assert!(resolve(&reference, &none).expect_err("no text").to_string().contains("no text"));
        let missing = resolve("${file:/nowhere/x}", &none).expect_err("missing").to_string();
        assert!(missing.contains("`/nowhere/x` cannot be read"), "{missing}");
    }

    #[test]
    fn references_stand_inside_of_text() {
        let get = |name: &str| Some(format!("<{name}>"));
        let of = |text: &str| replaced(text, |reference| resolve(reference, &get)).expect("replaced");
        assert_eq!(of("${env:HOST}:9092,${env:B}:1").as_deref(), Some("<HOST>:9092,<B>:1"));
        assert_eq!((of("plain"), of("${HOST}")), (None, None));
        assert!(replaced("${env:HOST", |_| Ok(Secret::default())).is_err());
    }
}
