#!/usr/bin/env bash
# Checks that each golden flow's Rust program builds alone, with exactly the features that it asks for.
#
#   export-features.sh [FLOW…]   names in tests/flows, without .flow.yaml; all of them by default
#
# Not part of `make test`: every set of features is a Polars of its own. For releases.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cache=${FLOWLOOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flowloom}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

flows=("$@")
if [[ ${#flows[@]} -eq 0 ]]; then
  for file in tests/flows/*.flow.yaml; do flows+=("$(basename "$file" .flow.yaml)"); done
fi
cargo build -q -p flowloom-cli --bin flowloom
flowloom=${CARGO_TARGET_DIR:-$root/target}/debug/flowloom
failed=()
for flow in "${flows[@]}"; do
  case $flow in
    append) continue ;; # refused by name
    read_formats) cp tests/flows/write_formats.flow.yaml "$work/" && "$flowloom" run "$work/write_formats.flow.yaml" >/dev/null ;;
  esac
  cp "tests/flows/$flow.flow.yaml" "$work/"
  "$flowloom" export "$work/$flow.flow.yaml" --to rust --out "$work/$flow" >/dev/null
  cp Cargo.lock rust-toolchain.toml "$work/$flow/"
  if (cd "$work/$flow" && CARGO_TARGET_DIR=$cache/export-target cargo check -q); then
    echo "$flow: ok"
  else
    echo "$flow: does not build with its own features"
    failed+=("$flow")
  fi
done
[[ ${#failed[@]} -eq 0 ]]
