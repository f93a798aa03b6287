# shellcheck shell=bash
# ./dev fuzz: runs the targets tagged "fuzz" under libFuzzer, each with an address sanitizer and a corpus it keeps.

readonly FUZZ_SECONDS="${EVALD_FUZZ_SECONDS:-60}"

cmd_fuzz() {
  ensure_build_packages
  local targets=() target compiler corpus
  while [[ $# -gt 0 && "$1" != -- ]]; do
    targets+=("$1")
    shift
  done
  [[ $# -eq 0 ]] || shift
  if [[ ${#targets[@]} -eq 0 ]]; then
    mapfile -t targets < <(bazel_run query 'attr(tags, "\bfuzz\b", //...)' 2>/dev/null)
  fi
  if [[ ${#targets[@]} -eq 0 ]]; then
    note "there are no fuzz targets: a target becomes one by the tag \"fuzz\""
    return
  fi
  ensure_packages "${FUZZ_PACKAGES[@]}"
  compiler="$(command -v clang-14 clang | head -n 1)"
  bazel_run build --config=fuzz --repo_env="CC=${compiler}" -- "${targets[@]}"
  for target in "${targets[@]}"; do
    note "fuzzing ${target} for ${FUZZ_SECONDS} s"
    corpus="${XDG_CACHE_HOME:-${HOME}/.cache}/evald/fuzz/${target//[^a-zA-Z0-9_-]/_}"
    mkdir -p "${corpus}"
    bazel_run run --config=fuzz --repo_env="CC=${compiler}" -- "${target}" \
      -max_total_time="${FUZZ_SECONDS}" "$@" "${corpus}"
  done
}
