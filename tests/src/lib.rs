//! End-to-end tests of Flowloom; everything is in `e2e/`. This file is here because Cargo wants a target beside tests.
