#!/usr/bin/env bash
# Runs every benchmark in release against one real broker and prints one table. Called by `make bench`.
# A benchmark reads KAFKA_PLAINTEXT and prints lines of tab-separated fields: what, figure, reference, ratio, goal.
# Adding one = its line here.
set -euo pipefail
cd "$(dirname "$0")/.."
benches=(
  "-p flowloom-kafka --example read_bench"
  "-p flowloom-cli --example flow_bench" # reads the topics that read_bench fills, and its baseline
)

for bench in "${benches[@]}"; do
  # shellcheck disable=SC2086 # a line is several words
  cargo build -q --release $bench
done

folder=$(mktemp -d "${TMPDIR:-/tmp}/flowloom-bench.XXXXXX")
trap 'scripts/kafka.sh kill "$folder"; rm -rf "$folder"' EXIT
scripts/kafka.sh start "$folder" >/dev/null
set -a; source "$folder/env"; set +a

{
  printf 'what\tfigure\treference\tratio\tgoal\n'
  for bench in "${benches[@]}"; do
    # shellcheck disable=SC2086
    cargo run -q --release $bench
  done
} | awk -F '\t' '{ printf "%-62s %16s %16s %7s  %s\n", $1, $2, $3, $4, $5 }'
