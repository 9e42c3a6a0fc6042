//! A panic inside a library ends a job with a problem, not the program.

use std::panic::{AssertUnwindSafe, catch_unwind};

use flowloom_flow::Problem;

use crate::probe::CANCELLED;

/// `work`'s result; a panic becomes an internal problem, a cancelled plan a cancelled job.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    crate::stack::deepen();
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Err(problem)) if problem.message.contains(CANCELLED) => Err(Problem::cancelled()),
        Ok(result) => result,
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            Err(Problem::internal(format!("the engine failed on this step: {text}"))
                .hint("nothing was written; please report the flow and this message"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_problem() {
        let problem = guarded::<()>(|| panic!("no such arm")).expect_err("it panicked");
        assert!(problem.message.ends_with("no such arm"), "{problem}");
    }
}
