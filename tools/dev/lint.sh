# shellcheck shell=bash
# ./dev lint: formatting, scripts and, on demand, clang-tidy.

# What is under version control, or could be: a new file is checked before it is committed.
files_matching() {
  local file
  git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
    [[ ! -f "${file}" ]] || echo "${file}"
  done
}

# The first of the commands that exists.
first_command() { command -v "$@" | head -n 1; }

# run_format FLAGS...: clang-format with FLAGS over all of our C++.
run_format() {
  local sources formatter
  mapfile -t sources < <(files_matching '*.cc' '*.h')
  formatter="$(first_command clang-format-14 clang-format)"
  note "clang-format over ${#sources[@]} files"
  [[ ${#sources[@]} -eq 0 ]] || "${formatter}" "$@" "${sources[@]}"
}

check_scripts() {
  local scripts
  mapfile -t scripts < <(files_matching '*.sh' dev .ci/run)
  note "shellcheck over ${#scripts[@]} scripts"
  shellcheck "${scripts[@]}"
}

# The flags that the compiler gets from Bazel, as far as reading the code goes.
tidy_flags() {
  local output_base bin
  output_base="$(bazel_run info output_base 2>/dev/null)"
  bin="$(bazel_bin)"
  printf '%s\n' -std=c++20 -Wall -Wextra -Wno-missing-field-initializers -Wthread-safety -I. "-I${bin}" \
    -isystem "${bin}/proto" -isystem "${output_base}/external/v8/include" \
    -DBOOST_ASIO_SEPARATE_COMPILATION -DBOOST_BEAST_SEPARATE_COMPILATION -DNOMINMAX \
    -DSPDLOG_SHARED_LIB -DSPDLOG_COMPILED_LIB -DSPDLOG_FMT_EXTERNAL
}

check_tidy() {
  ensure_build_packages
  local sources=("$@") flags tidy generated
  [[ ${#sources[@]} -gt 0 ]] || mapfile -t sources < <(files_matching '*.cc')
  [[ ${#sources[@]} -gt 0 ]] || return 0
  mapfile -t generated < <(bazel_run query 'kind("_generate|genrule", //...)' 2>/dev/null)
  note "building what the code includes"
  bazel_run build -- "${generated[@]}" @v8//:libnode
  mapfile -t flags < <(tidy_flags)
  tidy="$(first_command clang-tidy-14 clang-tidy)"
  note "clang-tidy over ${#sources[@]} files"
  printf '%s\0' "${sources[@]}" | xargs -0 -P "$(nproc)" -I '{}' "${tidy}" --quiet '{}' -- "${flags[@]}"
}

cmd_lint() {
  ensure_packages "${LINT_PACKAGES[@]}"
  if [[ "${1:-}" == --fix ]]; then
    run_format -i
    return
  fi
  local failed=0
  run_format --dry-run --Werror || failed=1
  check_scripts || failed=1
  if [[ "${1:-}" == --tidy ]]; then
    shift
    check_tidy "$@" || failed=1
  fi
  [[ ${failed} -eq 0 ]] || die "lint found something; see above"
  note "lint found nothing"
}
