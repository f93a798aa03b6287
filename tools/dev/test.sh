# shellcheck shell=bash
# ./dev test: builds and runs tests, and counts their cases.

# Bazel's exit code of a `test` whose targets hold no test.
readonly NO_TESTS=4

cmd_test() {
  ensure_build_packages
  ensure_packages "${TEST_PACKAGES[@]}"
  ensure_prometheus
  local flags targets
  split_arguments "$@"
  local events status=0
  events="$(mktemp -t evald-test-XXXXXX.json)"
  # shellcheck disable=SC2064  # the name is wanted as it is now
  trap "rm -f '${events}'" EXIT
  bazel_run test --keep_going --build_event_json_file="${events}" "${flags[@]}" -- "${targets[@]}" || status=$?
  [[ ${status} -ne ${NO_TESTS} ]] || status=0 # the count says it
  python3 tools/dev/count_tests.py "${events}" "${status}"
}
