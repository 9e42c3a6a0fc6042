//! What is wrong with a node, handed out to the settings that it is about.

use std::cell::RefCell;

use flowloom_flow::Problem;

/// Problems of one node; each is told once in a frame.
pub struct Faults<'a> {
    all: Vec<&'a Problem>,
    told: RefCell<Vec<bool>>,
}

impl<'a> Faults<'a> {
    pub fn new(all: Vec<&'a Problem>) -> Self {
        let told = RefCell::new(vec![false; all.len()]);
        Self { all, told }
    }

    /// Whether something is wrong with exactly this path.
    pub fn has(&self, path: &str) -> bool {
        self.all.iter().any(|problem| problem.at.field.as_deref() == Some(path))
    }

    /// Whether something is wrong with the setting or a part of it.
    pub fn has_inside(&self, path: &str) -> bool {
        self.all.iter().any(|problem| problem.at.field.as_deref().is_some_and(|field| is_in(field, path)))
    }

    /// What is wrong with the setting or part at `path` and was not told yet.
    pub fn inside(&self, path: &str) -> Vec<&'a Problem> {
        self.take(|problem| problem.at.field.as_deref().is_some_and(|field| is_in(field, path)))
    }

    /// Keeps warnings about the setting from being told.
    pub fn silence_warnings(&self, path: &str) {
        let is_in = |problem: &Problem| problem.at.field.as_deref().is_some_and(|field| is_in(field, path));
        self.take(|problem| !problem.is_error() && is_in(problem));
    }

    /// What is wrong with the node, or with a setting that `is_shown` does not know.
    pub fn of_node(&self, is_shown: impl Fn(&str) -> bool) -> Vec<&'a Problem> {
        self.take(|problem| problem.at.field.as_deref().is_none_or(|field| !is_shown(root(field))))
    }

    fn take(&self, is_wanted: impl Fn(&Problem) -> bool) -> Vec<&'a Problem> {
        let mut told = self.told.borrow_mut();
        let open =
            self.all.iter().zip(told.iter_mut()).filter(|(problem, told)| !**told && is_wanted(problem));
        let take = |(problem, told): (&&'a Problem, &mut bool)| {
            *told = true;
            *problem
        };
        open.map(take).collect()
    }
}

/// Whether the path `field` is `path` or inside of it.
pub(super) fn is_in(field: &str, path: &str) -> bool {
    field.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The setting of a path: `conditions` of `conditions.all[0].value`.
fn root(field: &str) -> &str {
    field.split(['.', '[']).next().unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_once_and_at_the_nearest_place() {
        let value = Problem::user("wrong").at_field("conditions[0].value");
        let whole = Problem::user("wrong").at_field("conditions");
        let other = Problem::user("wrong").at_field("conditional");
        let faults = Faults::new(vec![&value, &whole, &other]);
        assert!(faults.has("conditions[0].value") && !faults.has("conditions[0]"));
        assert_eq!(faults.inside("conditions[0]").len(), 1);
        assert_eq!(faults.inside("conditions").len(), 1, "the value's was told");
        assert_eq!(faults.of_node(|key| key == "conditions").len(), 1);
    }
}
