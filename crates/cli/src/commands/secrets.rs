//! `flowloom secrets`.

use std::process::ExitCode;

use flowloom_studio::connections::{Book, Rotated};
use serde_json::json;

use crate::args::connections::{Json, Secrets};
use crate::output::{Call, Ended, json_line, line};

pub(crate) fn run(args: &Secrets) -> Call {
    let book = Book::new(None);
    let failed = |problem| Ended::by_domain(vec![problem]);
    match args {
        Secrets::Status(args) => {
            let locked = book.locks().map_err(failed)?;
            let text = match locked.secrets {
                0 => format!("the key is in {}; no secret is stored yet", locked.place),
                1 => format!("the key in {} opens the one secret", locked.place),
                many => format!("the key in {} opens all {many} secrets", locked.place),
            };
            told(args, &locked, &text)
        }
        Secrets::Rotate(args) => {
            let rotated = book.rotate().map_err(failed)?;
            let secrets = if rotated.secrets == 1 {
                "1 secret is".to_owned()
            } else {
                format!("{} secrets are", rotated.secrets)
            };
            let text = format!("{secrets} locked with a new key, in {}", rotated.place);
            told(args, &rotated, &text)
        }
    }
}

fn told(args: &Json, done: &Rotated, text: &str) -> Call {
    if args.json {
        json_line(&json!({"place": done.place, "secrets": done.secrets}))?;
    } else {
        line(text)?;
    }
    Ok(ExitCode::SUCCESS)
}
