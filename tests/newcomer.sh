#!/usr/bin/env bash
# Clones the tree into an empty folder with an empty home, runs the README's two commands as printed,
# and checks exit codes and files. Compiles twice: run it before a release, not with every test.
set -euo pipefail
here=$(git rev-parse --show-toplevel)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
git clone --quiet "$here" "$place/canvass"
mkdir "$place/home"
cd "$place/canvass"
# the toolchain itself is not the newcomer's to build
export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
export HOME="$place/home"
unset CARGO_TARGET_DIR
mapfile -t commands < <(awk '/^```console/{on=1;next} /^```/{exit} on' README.md | sed -n 's/^\$ //p')
[ "${#commands[@]}" = 2 ] || { echo "the README does not open with two commands"; exit 1; }
for command in "${commands[@]}"; do
  echo "newcomer: $command"
  bash -c "$command" </dev/null
done
for file in rosters/parents.xlsx draw-parents/sample.csv draw-contacts/seed.txt scores-parents.csv \
  scores-contacts.xlsx interviews-parents.csv attempts-contacts.csv client-log.jsonl; do
  [ -s "canvass-demo/$file" ] || { echo "newcomer: canvass-demo/$file is missing"; exit 1; }
done
python3 docs/verify_draw.py canvass-demo/draw-parents
python3 docs/reanalyse.py canvass-demo/interviews-parents.csv canvass-demo/scores-parents.csv
echo "newcomer: all there"
