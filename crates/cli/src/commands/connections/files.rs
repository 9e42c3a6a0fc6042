//! `flowloom connections import` and `export`.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use flowloom_flow::Problem;
use flowloom_studio::connections::Book;

use super::one;
use crate::args::connections::{Export, Import};
use crate::output::{Call, Ended, line};

pub(super) fn import(args: &Import) -> Call {
    let mut text = String::new();
    let read = if args.file == Path::new("-") {
        io::stdin().lock().read_to_string(&mut text).map(drop)
    } else {
        fs::read_to_string(&args.file).map(|read| text = read)
    };
    read.map_err(|error| {
        one(Problem::user(format!("the file cannot be read: {}; `{}`", error.kind(), args.file.display()))
            .source(error))
    })?;
    let imported = Book::new(None).import(&text, &args.file, args.replace);
    let (names, notice) = imported.map_err(Ended::by_domain)?;
    for name in &names {
        line(&format!("kept `{name}`"))?;
    }
    if let Some(notice) = notice {
        line(&notice)?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn export(args: &Export) -> Call {
    let (text, variables) = Book::new(None).export(&args.names).map_err(one)?;
    match &args.out {
        None => line(text.trim_end())?,
        Some(path) => {
            write(path, &text).map_err(|error| {
                one(Problem::external(format!(
                    "the file cannot be written: {}; `{}`",
                    error.kind(),
                    path.display()
                ))
                .hint("name a file that is not there yet")
                .source(error))
            })?;
            line(&format!("wrote {}", path.display()))?;
            for variable in variables {
                line(&format!("set {variable} where it is used"))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    fs::File::create_new(path)?.write_all(text.as_bytes())
}
