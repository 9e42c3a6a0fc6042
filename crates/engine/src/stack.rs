//! Room for plans that nest deeply: each node of a chain is a call in a call for Polars.

/// Polars goes on on a new stack when less than this is left. Its own choice, 128 KiB, is less than what some of
/// its rules take in a debug build: `n + n` at the end of a chain of thirty nodes ended the program.
const LEFT_BYTES: usize = 1 << 20;
/// The size of such a new stack; memory comes with its use.
const NEW_BYTES: usize = 32 << 20;

/// Makes plans of any depth safe, on every thread from now on.
pub(crate) fn deepen() {
    recursive::set_minimum_stack_size(LEFT_BYTES);
    recursive::set_stack_allocation_size(NEW_BYTES);
}
