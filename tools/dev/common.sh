# shellcheck shell=bash
# What the commands of ./dev share. Sourced, with the repository's root as the working folder.

# The programs that make up a running evald.
# shellcheck disable=SC2034  # used by the files that source this one
PROGRAMS=(//daemon:evald //client:evalctl //snapshot:evald-snapshot //runtime:evald-zygote //typescript:transpiler)

note() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

die() {
  printf 'dev: %s\n' "$*" >&2
  exit 1
}

# From Bazel 7 on a WORKSPACE is read only on demand. Debian's Bazel does not tell its version; its package does.
bazel_config() {
  local version
  version="$(bazel --version | sed -n 's/^bazel \([0-9].*\)/\1/p')"
  [[ -n "${version}" ]] || version="$(dpkg-query -W -f '${Version}' bazel-bootstrap 2>/dev/null || true)"
  [[ "${version%%.*}" -lt 7 ]] || echo --config=workspace
}

# bazel_run COMMAND ARGUMENTS...
bazel_run() {
  local command="$1" config
  shift
  config="$(bazel_config)"
  bazel "${command}" ${config:+"${config}"} "$@"
}

# Sorts Bazel's arguments into the arrays `flags` and `targets`; with no target named, it is all of them.
split_arguments() {
  local argument
  flags=() targets=()
  for argument in "$@"; do
    case "${argument}" in
      --) ;;
      -//* | -@*) targets+=("${argument}") ;;
      -*) flags+=("${argument}") ;;
      *) targets+=("${argument}") ;;
    esac
  done
  [[ ${#targets[@]} -gt 0 ]] || targets=(//...)
}

# Where `bazel build` with the same flags puts things. The bazel-bin link may belong to another configuration.
bazel_bin() { bazel_run info "$@" bazel-bin 2>/dev/null; }
