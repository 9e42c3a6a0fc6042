#!/usr/bin/env bash
# Runs every benchmark in release against one real broker and prints one table. Called by `make bench`.
# A benchmark is an example that reads KAFKA_PLAINTEXT and prints lines of tab-separated fields: what, figure,
# reference, ratio, goal. Adding one = its line here.
set -euo pipefail
cd "$(dirname "$0")/.."
# package example, in the order that they run: flow_bench reads the topics that read_bench fills, and its baseline.
benches=(
  "flowloom-kafka read_bench"
  "flowloom-cli flow_bench"
  "flowloom-ui canvas_bench"
  "flowloom-ui table_bench"
)

# One call builds them all: cargo by cargo, the same libraries would be built again with other features.
wanted=(-p flowloom-desktop --bin flowloom-studio)
for bench in "${benches[@]}"; do wanted+=(-p "${bench% *}" --example "${bench#* }"); done
cargo build -q --release "${wanted[@]}"

folder=$(mktemp -d "${TMPDIR:-/tmp}/flowloom-bench.XXXXXX")
trap 'scripts/kafka.sh kill "$folder"; rm -rf "$folder"' EXIT
scripts/kafka.sh start "$folder" >/dev/null
set -a; source "$folder/env"; set +a
export FLOWLOOM_HOME=$folder/home # not the user's own run history

{
  printf 'what\tfigure\treference\tratio\tgoal\n'
  for bench in "${benches[@]}"; do "${CARGO_TARGET_DIR:-target}/release/examples/${bench#* }"; done
  scripts/window_bench.sh "${CARGO_TARGET_DIR:-target}/release/flowloom-studio"
} | awk -F '\t' '{ printf "%-62s %16s %16s %7s  %s\n", $1, $2, $3, $4, $5 }'
