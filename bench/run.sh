#!/usr/bin/env bash
# Runs the benchmarks that `./dev bench` has built. Usage: run.sh [--quick]
set -euo pipefail
cd "$(dirname "$0")/.."
bin=bazel-bin
rounds=5 isolates=400
if [[ ${1:-} == --quick ]]; then rounds=1 isolates=100; fi

dir=$(mktemp -d)
pids=()
cleanup() {
  kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT

"$bin/bench/cold_start" "$bin/runtime/evald-zygote" "$isolates"
echo

"$bin/bench/echo_server" "unix:$dir/echo" &
pids+=($!)
"$bin/daemon/evald" --listen "unix:$dir/evald" --admin "unix:$dir/admin" --data_dir "$dir/data" \
  --zygote "$bin/runtime/evald-zygote" --snapshot_tool "$bin/snapshot/evald-snapshot" 2>"$dir/log" &
pids+=($!)
for _ in $(seq 100); do
  "$bin/client/evalctl" --server "unix:$dir/evald" --timeout 1s status >/dev/null 2>&1 && break
  sleep 0.1
done
"$bin/bench/load" "unix:$dir/evald" "unix:$dir/echo" "$rounds" || { tail -5 "$dir/log"; exit 1; }
echo

"$bin/bench/lateness" "unix:$dir/evald" $((8 * rounds))
echo

if command -v node >/dev/null; then
  ours=$("$bin/client/evalctl" --server "unix:$dir/evald" --timeout 60s eval -f bench/hot_loop.js)
  theirs=$(node -p "$(cat bench/hot_loop.js)")
  echo "hot loop (bench/hot_loop.js): evald $ours ms, Node $(node --version) $theirs ms," \
    "ratio $(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.2f", a / b }')"
fi
