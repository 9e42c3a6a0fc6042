#!/usr/bin/env bash
# fuzz.sh [TARGET…]: runs each fuzz target for FUZZ_SECONDS, 20 by default, on the seeds and what was found before.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
seconds=${FUZZ_SECONDS:-20}
found=${FLOWLOOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flowloom}/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR=${FUZZ_TARGET_DIR:-$found/target}
# Coverage of every crate as libFuzzer reads it, which the stable compiler has; the target keeps it out of build scripts.
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1"
targets=("$@")
if [[ ${#targets[@]} == 0 ]]; then
  for file in fuzz_targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi
cargo build --quiet --release --bins --target "$host"
for target in "${targets[@]}"; do
  mkdir -p "$found/$target"
  echo "fuzz $target for $seconds s"
  "$CARGO_TARGET_DIR/$host/release/$target" "$found/$target" "seeds/$target" -artifact_prefix="$found/$target-" \
    -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 2>&1 | tail -n 3
done
