# shellcheck shell=bash
# ./dev fuzz: runs the targets tagged "fuzz" under libFuzzer, with address and undefined-behaviour sanitizers.
#
# What each has learnt stays in FUZZ_FOLDER/corpus/TARGET and is where the next run goes on; the inputs that are kept with the
# code (tests/fuzz/corpus/TARGET) are read besides. An input that failed is FUZZ_FOLDER/findings/TARGET-KIND-DIGEST.

readonly FUZZ_FOLDER="${XDG_CACHE_HOME:-${HOME}/.cache}/evald/fuzz"
readonly FUZZ_DEFAULT_SECONDS=60
readonly FUZZ_PROGRESS_SECONDS=15
# One input may take this long, and a fuzzer this much memory.
readonly FUZZ_LIMITS=(-timeout=20 -rss_limit_mb=4096)

# The label of a target named by its label or in short: eval is //tests/fuzz:eval_fuzz.
fuzz_label() {
  case "$1" in
    //*) echo "$1" ;;
    *_fuzz) echo "//tests/fuzz:$1" ;;
    *) echo "//tests/fuzz:$1_fuzz" ;;
  esac
}

# last_status LOG: libFuzzer's last line of progress, such as "#1024 pulse cov: 212 ft: 390 corp: 58/3974b exec/s: 512".
last_status() { grep -a '^#[0-9]' "$1" | tail -n 1 || true; }

# status_field NAME LINE: the word after NAME.
status_field() { sed -n "s/.* $1: \([0-9]*\).*/\1/p" <<<"$2"; }

# run_fuzzer PROGRAM NAME SECONDS LOG ARGUMENTS...: shows progress while it runs; returns its exit status.
run_fuzzer() {
  local program="$1" name="$2" seconds="$3" log="$4" next status=0 line
  shift 4
  "${program}" -max_total_time="${seconds}" -artifact_prefix="${FUZZ_FOLDER}/findings/${name}-" "${FUZZ_LIMITS[@]}" "$@" \
    "${FUZZ_FOLDER}/corpus/${name}" "tests/fuzz/corpus/${name}" </dev/null >"${log}" 2>&1 &
  fuzzer_pid=$!
  next=$((SECONDS + FUZZ_PROGRESS_SECONDS))
  while kill -0 "${fuzzer_pid}" 2>/dev/null; do
    sleep 0.5
    if [[ ${SECONDS} -ge ${next} ]]; then
      line="$(last_status "${log}")"
      note "${name}: ${line:-reading its corpus}"
      next=$((SECONDS + FUZZ_PROGRESS_SECONDS))
    fi
  done
  wait "${fuzzer_pid}" || status=$?
  return "${status}"
}

# fuzz_one PROGRAM NAME SECONDS LIBFUZZER-FLAGS...: fuzzes for that long, and adds a line to `summary`. False: it found something.
fuzz_one() {
  local program="$1" name="$2" seconds="$3" log status=0 runs=0 total=0 begin="${SECONDS}" left line result finding
  shift 3
  mkdir -p "${FUZZ_FOLDER}/corpus/${name}" "${FUZZ_FOLDER}/findings" "${FUZZ_FOLDER}/logs"
  log="${FUZZ_FOLDER}/logs/${name}"
  note "fuzzing ${name} for ${seconds} s"
  # A script may end the process that runs it: out of memory is one way. That is no finding, and the rest of the time is
  # still there to be used.
  while left=$((seconds - (SECONDS - begin))) && [[ ${status} -eq 0 && ${left} -gt 0 ]]; do
    run_fuzzer "${program}" "${name}" "${left}" "${log}" "$@" || status=$?
    line="$(last_status "${log}")"
    total=$((total + $(sed -n 's/^#\([0-9]*\).*/\1/p' <<<"${line:-#0}")))
    runs=$((runs + 1))
    # Anything but the line that libFuzzer ends with is a process that went on its own.
    grep -aq '^Done ' "${log}" && break
  done
  result="nothing found"
  if [[ ${status} -ne 0 ]]; then
    finding="$(sed -n 's/.*Test unit written to //p' "${log}" | tail -n 1)"
    result="FAILED: ${finding:-see ${log}}"
    grep -aE 'broken invariant|runtime error|ERROR: |SUMMARY' "${log}" | tail -n 4 >&2 || tail -n 4 "${log}" >&2
  fi
  local took=$((SECONDS - begin))
  summary+=("$(printf '%-22s %5s s %10s runs %8s/s  cov %-6s corpus %-6s %s' "${name}" "${took}" "${total}" \
    "$((total / (took > 0 ? took : 1)))" "$(status_field cov "${line}")" "$(status_field corp "${line}")" "${result}")")
  [[ ${runs} -le 1 ]] || note "${name} ended itself as a worker may, and was started again: $((runs - 1)) times"
  [[ ${status} -eq 0 ]]
}

cmd_fuzz() {
  local seconds="${FUZZ_DEFAULT_SECONDS}" targets=() target compiler bin failed=0 name found
  if [[ "${1:-}" =~ ^[0-9]+$ ]]; then
    seconds="$1"
    shift
  fi
  while [[ $# -gt 0 && "$1" != -- ]]; do
    targets+=("$(fuzz_label "$1")")
    shift
  done
  [[ $# -eq 0 ]] || shift
  ensure_build_packages
  ensure_packages "${FUZZ_PACKAGES[@]}"
  if [[ ${#targets[@]} -eq 0 ]]; then
    found="$(bazel_run query --noshow_progress 'attr(tags, "\bfuzz\b", //...)')" || die "the fuzz targets cannot be listed: see above"
    [[ -n "${found}" ]] || die "there are no fuzz targets: a target becomes one by the tag \"fuzz\""
    mapfile -t targets <<<"${found}"
  fi
  compiler="$(command -v clang-14 clang | head -n 1)"
  local flags=(--config=fuzz "--repo_env=CC=${compiler}")
  bazel_run build "${flags[@]}" -- "${targets[@]}"
  bin="$(bazel_bin "${flags[@]}")"

  fuzzer_pid=""
  trap '[[ -z "${fuzzer_pid}" ]] || kill "${fuzzer_pid}" 2>/dev/null || true' EXIT
  summary=()
  for target in "${targets[@]}"; do
    name="${target##*:}"
    fuzz_one "${bin}/$(tr : / <<<"${target#//}")" "${name}" "${seconds}" "$@" || failed=$((failed + 1))
  done
  printf '%s\n' "${summary[@]}"
  [[ ${failed} -eq 0 ]] || die "${failed} of ${#targets[@]} found something. Keep the input with the fix: tests/fuzz/corpus/TARGET/"
  note "${#targets[@]} targets found nothing"
}
