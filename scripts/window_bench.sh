#!/usr/bin/env bash
# Start, idle load and memory of the real window on a display of its own: lines of tab-separated fields for
# scripts/bench.sh, which calls it with the program to measure. Software Vulkan, so that every machine has it.
set -euo pipefail
program=$1
idle_s=${IDLE_S:-60}
folder=$(mktemp -d "${TMPDIR:-/tmp}/flowloom-window.XXXXXX")
pids=()
finish() {
  kill "${pids[@]}" 2>/dev/null || :
  wait 2>/dev/null || :
  rm -rf "$folder"
}
trap finish EXIT

export XDG_RUNTIME_DIR=$folder FLOWLOOM_HOME=$folder/home FLOWLOOM_ALONE=1 FLOWLOOM_BENCH_START=1
mkfifo "$folder/display"
Xvfb -displayfd 3 -screen 0 1440x900x24 -noreset 3>"$folder/display" >/dev/null 2>&1 &
pids+=($!)
DISPLAY=:$(head -n 1 "$folder/display")
export DISPLAY
openbox >/dev/null 2>&1 &
pids+=($!)

start() { # LOG: starts the window, waits for its first frame, prints its milliseconds
  "$program" --demo 2>"$1" >/dev/null &
  window=$!
  local waited
  for waited in {1..300}; do
    if grep -q '^first_frame_ms=' "$1"; then break; fi
    kill -0 "$window" || { cat "$1" >&2; exit 1; }
    sleep 0.1
  done
  sed -n 's/^first_frame_ms=//p' "$1" | head -n 1
}

best=
for run in 1 2 3; do
  start "$folder/log" >"$folder/ms"
  ms=$(<"$folder/ms")
  if [[ -z $best || $ms -lt $best ]]; then best=$ms; fi
  if [[ $run -lt 3 ]]; then kill "$window"; wait "$window" 2>/dev/null || :; fi
done
pids+=("$window")
printf 'window, start to first frame\t%s ms\tbest of 3\t\t≤ 400 ms\n' "$best"

ticks() { awk '{ print $14 + $15 }' "/proc/$window/stat"; }
sleep 10 # the embedded broker has come up
before=$(ticks)
sleep "$idle_s"
used=$(($(ticks) - before))
share=$(awk -v used="$used" -v hz="$(getconf CLK_TCK)" -v s="$idle_s" 'BEGIN { printf "%.2f", 100 * used / hz / s }')
printf 'window, idle load over %s s\t%s %%\tof one core\t\t< 0.5 %%\n' "$idle_s" "$share"
memory=$(awk '/^VmRSS:/ { all = $2 } /^RssAnon:/ { own = $2 } END { printf "%.0f MB\town %.0f MB", all / 1000, own / 1000 }' "/proc/$window/status")
printf 'window, idle memory\t%s\t\t≤ 200 MB\n' "$memory"
