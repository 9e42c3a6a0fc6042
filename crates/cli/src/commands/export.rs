//! `flowloom export`.

use std::process::ExitCode;

use flowloom_studio::{Command, Reply};

use super::{open, unexpected};
use crate::args::Export;
use crate::output::{Call, Ended, line};

pub(crate) fn run(args: &Export) -> Call {
    let (mut session, flow, values) = open(&args.flow)?;
    let command = Command::Export { flow, target: args.to.target(), folder: args.out.clone(), values };
    match session.send(command).map_err(Ended::by_domain)? {
        Reply::Exported(files) => {
            files.iter().try_for_each(|file| line(&file.display().to_string()))?;
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(unexpected()),
    }
}
