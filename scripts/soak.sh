#!/usr/bin/env bash
# soak.sh [MINUTES] [MESSAGES_PER_SECOND]: a live run beside a steady producer, on a broker of its own. Its memory is
# looked at every 10 s and printed as a table; flat is what it should be. Takes the release build of `flowloom` where
# there is one, else the debug build; PROGRAM names another.
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:-30}
rate=${2:-1000}
target=${CARGO_TARGET_DIR:-target}
program=${PROGRAM:-$target/release/flowloom}
[[ -x $program ]] || program=$target/debug/flowloom
[[ -x $program ]] || { echo "no $program: build it with \`cargo build --workspace --bins\`" >&2; exit 1; }
every_s=${EVERY_S:-10}
cargo build -q -p flowloom-kafka --example steady

folder=$(mktemp -d "${TMPDIR:-/tmp}/flowloom-soak.XXXXXX")
pids=()
finish() {
  if ((${#pids[@]})); then kill "${pids[@]}" 2>/dev/null || :; fi
  wait 2>/dev/null || :
  scripts/kafka.sh kill "$folder/kafka" || :
  rm -rf "$folder"
}
trap finish EXIT
mkdir "$folder/kafka"
scripts/kafka.sh start "$folder/kafka" >/dev/null
set -a; source "$folder/kafka/env"; set +a
export FLOWLOOM_HOME=$folder/home FLOWLOOM_KEYRING=off
cat >"$folder/soak.flow.yaml" <<FLOW
flowloom: 1
name: Soak
live: {every: 2s, messages: $((rate * 2))}
nodes:
  source:
    kind: kafka_source
    settings:
      bootstrap_servers: $KAFKA_PLAINTEXT
      topic: soak
      sync_name: soak
      fields: [{name: order_id, type: Int64}, {name: amount, type: Float64}, {name: status, type: String}]
  paid:
    kind: filter
    inputs: [source]
    settings:
      conditions:
        - {column: status, op: "=", value: paid}
  out:
    kind: write_file
    inputs: [paid]
    settings:
      path: out
      format: parquet
      mode: append
FLOW

"$target/debug/examples/steady" soak 4 "$rate" $((minutes * 60 + 60)) &
pids+=($!)
sleep 2 # the topic is there

"$program" run "$folder/soak.flow.yaml" --live --json --metrics-address 127.0.0.1:0 >"$folder/report" 2>"$folder/said" &
run=$!
pids+=("$run")
for waited in {1..100}; do
  url=$(sed -n 's/^metrics: //p' "$folder/said")
  [[ -z $url ]] || break
  kill -0 "$run" || { cat "$folder/said" >&2; exit 1; }
  sleep 0.1
done

metric() { awk -v name="$1" 'index($0, name "{") == 1 { sum += $NF } END { print sum + 0 }' "$folder/metrics"; }
printf '%8s %10s %10s %10s %14s %9s %10s\n' 's' 'RSS MB' 'own MB' 'huge MB' 'records' 'batches' 'pending'
end=$((SECONDS + minutes * 60)); began=$SECONDS
while ((SECONDS < end)); do
  sleep "$every_s"
  kill -0 "$run" || { echo "the live run ended:" >&2; cat "$folder/said" "$folder/report" >&2; exit 1; }
  read -r rss own < <(awk '/^VmRSS:/ { all = $2 } /^RssAnon:/ { own = $2 } END { print all, own }' "/proc/$run/status")
  # What the kernel has made huge pages of, used or not.
  huge=$(awk '/^AnonHugePages:/ { print $2 }' "/proc/$run/smaps_rollup")
  curl -sf "$url" >"$folder/metrics"
  printf '%s %s %s\n' "$((SECONDS - began))" "$rss" "$own" >>"$folder/samples"
  printf '%8d %10.1f %10.1f %10.1f %14d %9d %10d\n' "$((SECONDS - began))" "$(awk "BEGIN { print $rss / 1000 }")" \
    "$(awk "BEGIN { print $own / 1000 }")" "$(awk "BEGIN { print $huge / 1000 }")" "$(metric flowloom_source_records_total)" \
    "$(metric flowloom_run_batches_total)" "$(metric flowloom_source_pending_records)"
done

kill -TERM "$run"
wait "$run" && code=0 || code=$?
pids=("${pids[0]}")
median() { sort -n | awk '{ all[NR] = $1 } END { print NR ? (all[int((NR + 1) / 2)] + all[int(NR / 2) + 1]) / 2 / 1000 : 0 }'; }
count=$(wc -l <"$folder/samples"); third=$(((count + 2) / 3))
first=$(head -n "$third" "$folder/samples" | awk '{ print $2 }' | median)
last=$(tail -n "$third" "$folder/samples" | awk '{ print $2 }' | median)
first_own=$(head -n "$third" "$folder/samples" | awk '{ print $3 }' | median)
last_own=$(tail -n "$third" "$folder/samples" | awk '{ print $3 }' | median)
printf '\n%-28s %10s %10s %8s\n' 'median of' 'first third' 'last third' 'ratio'
for row in "RSS MB:$first:$last" "own MB (RssAnon):$first_own:$last_own"; do
  IFS=: read -r what a b <<<"$row"
  printf '%-28s %10.1f %10.1f %8.3f\n' "$what" "$a" "$b" "$(awk "BEGIN { print ($a > 0 ? $b / $a : 0) }")"
done
read -r outcome batches failures < <(python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))
live = report["live"]
print(report["outcome"], live["batches"], live["failures"])' "$folder/report")
printf 'exit code %d, %s, %d batches, %d attempts failed\n' "$code" "$outcome" "$batches" "$failures"
