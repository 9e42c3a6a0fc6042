//! The memory of the C libraries below us; what Rust allocates is elsewhere.

/// Lets all threads share one heap of the C library. Otherwise it makes one for each thread, up to eight a core, and
/// keeps the most that each of them ever held: every batch of a live run has clients of librdkafka with threads of
/// their own, and memory would grow for hours. A program calls it first of all, before there are threads.
#[cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "an option of the C library has no safe form")
)]
pub fn share_c_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it sets a number, and by the contract above nobody allocates meanwhile.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}
