//! Connections on real services, through the command line.

mod cluster;
mod elsewhere;
mod inspector;
mod keys;
mod programs;
mod services;
mod sizes;

use serde_json::Value;

use crate::flowloom::{Answer, Workshop};

/// What became of a test, step by step.
#[derive(Debug)]
pub(super) struct Tested {
    pub(super) passed: bool,
    pub(super) steps: Vec<Value>,
    answer: Answer,
}

impl Tested {
    /// Milliseconds of all steps.
    pub(super) fn elapsed_ms(&self) -> f64 {
        self.steps.iter().filter_map(|step| step["elapsed_ms"].as_f64()).sum()
    }

    pub(super) fn state(&self, name: &str) -> &str {
        let step = self.steps.iter().find(|step| step["name"] == name);
        step.and_then(|step| step["state"].as_str()).unwrap_or("missing")
    }

    /// The step that failed, and what it says.
    #[track_caller]
    pub(super) fn failure(&self) -> (&str, &str) {
        let failed = self.steps.iter().find(|step| step["state"] == "failed");
        let failed = failed.unwrap_or_else(|| panic!("no step failed: {self:?}"));
        let text = |key: &str| failed[key].as_str().unwrap_or_default();
        assert!(!text("hint").is_empty(), "a failure says what to do: {failed}");
        (text("name"), text("message"))
    }
}

/// Tests `connection`, which these variables write or explain.
#[track_caller]
pub(super) fn test(workshop: &Workshop, variables: &[(&str, &str)], connection: &str) -> Tested {
    let answer = workshop.tell(variables, &["connections", "test", connection, "--json"], "");
    let told: Value =
        serde_json::from_str(&answer.stdout).unwrap_or_else(|error| panic!("{error}: {answer:?}"));
    let passed = told["passed"] == true;
    assert_eq!(answer.code, Some(i32::from(!passed)), "{answer:?}");
    let steps = told["steps"].as_array().cloned().unwrap_or_else(|| panic!("no steps: {answer:?}"));
    Tested { passed, steps, answer }
}

/// The variable that writes the connection `c`.
pub(super) const C: &str = "FLOWLOOM_CONNECTION_C";

/// Tests the connection that `json` writes.
#[track_caller]
pub(super) fn test_json(workshop: &Workshop, json: &Value) -> Tested {
    test(workshop, &[(C, &json.to_string())], "c")
}

#[track_caller]
pub(super) fn passes(tested: &Tested) {
    assert!(tested.passed, "{:#?}", tested.steps);
    assert_eq!(tested.answer.code, Some(0));
}
