#!/usr/bin/env bash
# Runs the benchmarks that `./dev bench` has built. Usage: run.sh [--quick]
set -euo pipefail
cd "$(dirname "$0")/.."
bin=bazel-bin
rounds=5 isolates=400 boots=9 regenerations=20
if [[ ${1:-} == --quick ]]; then rounds=1 isolates=100 boots=3 regenerations=5; fi

dir=$(mktemp -d)
pids=()
cleanup() {
  kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT

# start_evald DATA-FOLDER [FLAGS]: in the background; its log is $dir/log.
start_evald() {
  local data="$1"
  shift
  "$bin/daemon/evald" --listen "unix:$dir/evald" --admin "unix:$dir/admin" --data_dir "$data" \
    --zygote "$bin/runtime/evald-zygote" --snapshot_tool "$bin/snapshot/evald-snapshot" "$@" 2>"$dir/log" &
  pids+=($!)
}

await_evald() {
  for _ in $(seq 200); do
    "$bin/client/evalctl" --server "unix:$dir/evald" --timeout 1s status >/dev/null 2>&1 && return
    sleep 0.05
  done
  cat "$dir/log"
  return 1
}

median() { sort -n | awk '{ v[NR] = $1 } END { printf "%.1f", v[int((NR + 1) / 2)] }'; }

# boot_millis DATA-FOLDER: from the start of the process to ready, as the daemon's log has it.
boot_millis() {
  start_evald "$1" --config "$dir/pool16"
  await_evald
  kill "${pids[-1]}"
  wait "${pids[-1]}" 2>/dev/null || true
  # "ready after 134.5ms: ..." or "ready after 1.2s: ..."
  sed -n 's/.*ready after \([0-9.]*\)\(m\{0,1\}s\).*/\1 \2/p' "$dir/log" |
    awk '{ print $2 == "s" ? $1 * 1000 : $1 }'
}

"$bin/bench/cold_start" "$bin/runtime/evald-zygote" "$isolates" | tee "$dir/cold_start"
echo

"$bin/bench/extension_cost" "$bin/runtime/evald-zygote" "$bin/bench/console_alone.snapshot" \
  "$bin/bench/full_set.snapshot" $((isolates / 10))
echo

echo 'pool { min_idle: 16 }' >"$dir/pool16"
for i in $(seq "$boots"); do
  boot_millis "$dir/boot$i" >>"$dir/from_nothing"
  boot_millis "$dir/boot$i" >>"$dir/from_store"
done
evaluated=$(awk '/extensions evaluated/ { sub(/.*evaluated/, ""); print $1 * 16 / 1000 }' "$dir/cold_start")
echo "Boot until ready with 16 isolates, medians of $boots"
for from in nothing store; do
  took=$(median <"$dir/from_$from")
  echo "from $from: $took ms; evaluating the extensions in each of 16 isolates: $evaluated ms;" \
    "ratio $(awk -v a="$took" -v b="$evaluated" 'BEGIN { printf "%.2f", a / b }')"
done
echo

"$bin/bench/echo_server" "unix:$dir/echo" &
pids+=($!)
start_evald "$dir/data"
await_evald
"$bin/bench/load" "unix:$dir/evald" "unix:$dir/echo" "$rounds" || { tail -5 "$dir/log"; exit 1; }
echo

"$bin/bench/regenerate" "unix:$dir/evald" "$dir/data/admin-token" "$regenerations" ||
  { tail -5 "$dir/log"; exit 1; }
echo

"$bin/bench/lateness" "unix:$dir/evald" $((8 * rounds))
echo

if command -v node >/dev/null; then
  ours=$("$bin/client/evalctl" --server "unix:$dir/evald" --timeout 60s eval -f bench/hot_loop.js)
  theirs=$(node -p "$(cat bench/hot_loop.js)")
  echo "hot loop (bench/hot_loop.js): evald $ours ms, Node $(node --version) $theirs ms," \
    "ratio $(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.2f", a / b }')"
fi
