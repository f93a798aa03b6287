# shellcheck shell=bash
# ./dev run: builds evald, starts it, shows a first request, and serves until Ctrl-C.

readonly DEFAULT_LISTEN=127.0.0.1:50051
readonly DEFAULT_ADMIN=127.0.0.1:9080
readonly START_TIMEOUT="${EVALD_START_TIMEOUT:-60}"

# flag_value NAME FALLBACK ARGUMENTS...: the value of --NAME VALUE or --NAME=VALUE among ARGUMENTS.
flag_value() {
  local name="$1" value="$2"
  shift 2
  while [[ $# -gt 0 ]]; do
    case "$1" in
      "--${name}="*) value="${1#*=}" ;;
      "--${name}") value="${2:-}" ;;
    esac
    shift
  done
  echo "${value}"
}

# An address that listens on every interface is reached through the loopback one.
reachable() {
  case "$1" in
    0.0.0.0:*) echo "127.0.0.1:${1##*:}" ;;
    '[::]:'*) echo "[::1]:${1##*:}" ;;
    *) echo "$1" ;;
  esac
}

# Waits for the daemon to end, however often a signal interrupts that, and returns its exit status.
wait_for_daemon() {
  local status=0
  while :; do
    status=0
    wait "${daemon_pid}" || status=$?
    kill -0 "${daemon_pid}" 2>/dev/null || return "${status}"
  done
}

forward_signal() {
  note "SIG$1: stopping evald"
  stopping=1
  kill -s "$1" "${daemon_pid}" 2>/dev/null || true
}

# start_daemon COMMAND...: in a process group of its own, so that Ctrl-C reaches it once, from here.
start_daemon() {
  stopping=0
  set -m
  "$@" </dev/null &
  daemon_pid=$!
  set +m
  trap 'forward_signal INT' INT
  trap 'forward_signal TERM' TERM
  # The terminal is gone; to evald itself SIGHUP means something else.
  trap 'forward_signal TERM' HUP
}

wait_until_ready() {
  local evalctl="$1" server="$2" deadline=$((SECONDS + START_TIMEOUT)) status=0 answer=""
  # The daemon is looked at too: another one, already on that address, would answer in its place.
  until answer="$("${evalctl}" status --server "${server}" --timeout 1s 2>&1)" && kill -0 "${daemon_pid}" 2>/dev/null; do
    if ! kill -0 "${daemon_pid}" 2>/dev/null; then
      wait_for_daemon || status=$?
      [[ ${stopping} -eq 0 ]] || exit "${status}"
      die "evald ended with status ${status} before it was ready; what it logged is above"
    fi
    if [[ ${stopping} -eq 0 && ${SECONDS} -ge ${deadline} ]]; then
      forward_signal TERM
      wait_for_daemon || true
      die "evald did not answer on ${server} within ${START_TIMEOUT} s. The last answer: ${answer}"
    fi
    sleep 0.1
  done
}

show_first_request() {
  local evalctl="$1" server="$2" code='[1,2,3].map(x => x * x)'
  printf "\n$ bazel-bin/client/evalctl eval --server %s '%s'\n" "${server}" "${code}"
  "${evalctl}" eval --server "${server}" "${code}" || note "the request failed"
}

# The dashboard's address, with the token that its buttons need, for those who can reach it with a browser.
dashboard_link() {
  local admin="$1" token_file="$2" token=""
  [[ "${admin}" != unix:* ]] || return 0
  read -r token <"${token_file}" 2>/dev/null || true
  echo "  look   http://${admin}/${token:+#token=${token}}"
}

cmd_run() {
  [[ "${1:-}" != -- ]] || shift
  ensure_build_packages
  note "building ${PROGRAMS[*]}"
  bazel_run build -- "${PROGRAMS[@]}"

  local bin server flags=("$@")
  bin="$(bazel_bin)"
  # evald's own default is beside itself, and Bazel keeps each program in the folder of its package.
  [[ -n "$(flag_value snapshot_tool '' "$@")" ]] || flags+=(--snapshot_tool "${bin}/snapshot/evald-snapshot")
  [[ -n "$(flag_value zygote '' "$@")" ]] || flags+=(--zygote "${bin}/runtime/evald-zygote")
  [[ -n "$(flag_value data_dir '' "$@")" ]] || flags+=(--data_dir "${XDG_STATE_HOME:-${HOME}/.local/state}/evald")
  server="$(reachable "$(flag_value listen "${DEFAULT_LISTEN}" "$@")")"

  note "starting evald ${flags[*]}"
  start_daemon "${bin}/daemon/evald" "${flags[@]}"
  wait_until_ready "${bin}/client/evalctl" "${server}"
  show_first_request "${bin}/client/evalctl" "${server}"
  local admin data_dir
  admin="$(reachable "$(flag_value admin "${DEFAULT_ADMIN}" "$@")")"
  data_dir="$(flag_value data_dir "${XDG_STATE_HOME:-${HOME}/.local/state}/evald" "$@")"
  cat <<READY

evald is ready.
  gRPC   ${server}
  admin  ${admin}
$(dashboard_link "${admin}" "$(flag_value admin_token_file "${data_dir}/admin-token" "$@")")
  docs   README.md and docs/
Ctrl-C stops it.
READY
  local status=0
  wait_for_daemon || status=$?
  note "evald ended with status ${status}"
  exit "${status}"
}
