#!/usr/bin/env bash
# Applies each patch of this folder to a copy of the tree and runs the harness on it: every one must be
# caught. `make mutants`, or with the names of some patches. A patch says in its first lines which part of
# the harness has to catch it: `# by: schedules`, `# by: pairs NAME`, `# by: test NAME`.
set -euo pipefail
here=$(git rev-parse --show-toplevel)
place=${MUTANTS_DIR:-$here/target/mutants}
mkdir -p "$place"
tree=$place/tree
rm -rf "$tree"
git -C "$here" worktree prune
git clone --quiet "$here" "$tree"
export CARGO_TARGET_DIR=$place/target
mkdir -p "$tree/target"
[ -e "$here/target/venv" ] && ln -sfn "$here/target/venv" "$tree/target/venv"
names=("$@")
[ ${#names[@]} -gt 0 ] || names=("$here"/tests/mutants/*.patch)
caught=0 missed=()
for patch in "${names[@]}"; do
  name=$(basename "$patch" .patch)
  patch=$here/tests/mutants/$name.patch
  git -C "$tree" checkout --quiet -- . && git -C "$tree" clean -qfd src
  git -C "$tree" apply "$patch" || { echo "$name: the patch no longer fits"; exit 1; }
  by=$(sed -n 's/^# by: //p' "$patch")
  log=$place/$name.log
  case $by in
    schedules*) run=(cargo test --offline --quiet --test faults -- --schedules 2000 --minutes 10 --sqlite-only) ;;
    pairs*) run=(cargo test --offline --quiet --test faults -- --pair "${by#pairs }") ;;
    test*) run=(cargo test --offline --quiet --test it -- "${by#test }") ;;
    *) echo "$name: who is to catch it?"; exit 1 ;;
  esac
  (cd "$tree" && cargo build --offline --quiet --test faults) >"$log" 2>&1 || { echo "$name: does not build"; cat "$log"; exit 1; }
  if (cd "$tree" && "${run[@]}") >>"$log" 2>&1; then
    echo "$name: MISSED by $by"; missed+=("$name")
  else
    echo "$name: caught by $by: $(grep -aE '^broken|^seed|panicked at|FAILED' "$log" | head -1 | cut -c1-150)"
    caught=$((caught + 1))
  fi
done
echo "mutants: $caught caught, ${#missed[@]} missed ${missed[*]:-}"
[ ${#missed[@]} = 0 ]
