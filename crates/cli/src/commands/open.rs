//! `flowloom open`: the studio, which is a program of its own, so that this one needs no window.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf, absolute};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use flowloom_flow::Problem;

use crate::args::Open;
use crate::output::{Call, Ended};

const STUDIO: &str = "flowloom-studio";

/// How long the studio is watched: one that finds no display ends at once, and says why on stderr.
const WATCHED: Duration = Duration::from_secs(1);

pub(crate) fn run(args: &Open) -> Call {
    let mut flow = None;
    if let Some(path) = &args.flow {
        if !path.is_file() {
            return Err(Ended::Wrong(vec![Problem::user(format!(
                "there is no flow file to open; `{}`",
                path.display()
            ))]));
        }
        // A studio that runs already has another working folder.
        flow = Some(absolute(path).unwrap_or_else(|_| path.clone()));
    }
    let beside = env::current_exe().ok().and_then(|program| program.parent().map(Path::to_owned));
    let studio = find(beside.as_deref(), env::var_os("PATH").as_ref()).ok_or_else(|| {
        Ended::Failed(vec![
            Problem::external(format!("`{STUDIO}` stands neither beside this program nor on the PATH"))
                .hint("install the studio, or use `flowloom preview` and `flowloom run` without it"),
        ])
    })?;
    let failed = |reason: String| {
        Ended::Failed(vec![Problem::external(format!("the studio {reason}; `{}`", studio.display()))])
    };
    let child = start(&studio, flow.as_deref()).map_err(|error| failed(format!("did not start: {error}")))?;
    match watch(child) {
        Some(status) if !status.success() => Err(failed(format!("ended at once ({status})"))),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// The studio beside this program, else the first on `path`.
fn find(beside: Option<&Path>, path: Option<&OsString>) -> Option<PathBuf> {
    let name = format!("{STUDIO}{}", env::consts::EXE_SUFFIX);
    let on_path = path.into_iter().flat_map(env::split_paths).collect::<Vec<_>>();
    let folders = beside.into_iter().map(Path::to_owned).chain(on_path);
    folders.map(|folder| folder.join(&name)).find(|program| program.is_file())
}

fn start(studio: &Path, flow: Option<&Path>) -> std::io::Result<Child> {
    let mut command = Command::new(studio);
    command.args(flow).stdin(Stdio::null()).stdout(Stdio::null());
    // Ctrl-C in the shell is for the shell's next program, not for the window.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()
}

/// How the studio ended while it was watched; `None`: it runs.
fn watch(mut child: Child) -> Option<ExitStatus> {
    let (sender, ended) = std::sync::mpsc::sync_channel(1);
    let wait = move || {
        if let Ok(status) = child.wait()
            && sender.send(status).is_err()
        {
            tracing::debug!("nobody watches the studio any more");
        }
    };
    std::thread::Builder::new().name("flowloom-watch".to_owned()).spawn(wait).ok()?;
    ended.recv_timeout(WATCHED).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_studio_beside_this_program_comes_before_one_on_the_path() {
        let name = format!("{STUDIO}{}", env::consts::EXE_SUFFIX);
        let folder = tempfile::tempdir().expect("folder");
        let (beside, first, second) =
            (folder.path().join("a"), folder.path().join("b"), folder.path().join("c"));
        for folder in [&beside, &second] {
            fs::create_dir(folder).expect("folder");
            fs::write(folder.join(&name), "").expect("program");
        }
        let path = env::join_paths([&first, &second]).ok();
        assert_eq!(find(Some(&beside), path.as_ref()), Some(beside.join(&name)));
        assert_eq!(find(Some(&first), path.as_ref()), Some(second.join(&name)));
        assert_eq!(find(None, None), None);
    }
}
