# shellcheck shell=bash
# The Debian packages that evald is built, run and checked with. This is the only list of them.
# A|B means either: the first that is installed, else the first that this release of Debian has.

# Besides these, building needs the shared libraries that V8 is linked to: see libnode_libraries().
BUILD_PACKAGES=(
  bazel-bootstrap bazel-rules-cc g++ pkg-config
  libabsl-dev libbenchmark-dev "libboost1.81-dev|libboost-dev" libcli11-dev libgmock-dev libgrpc++-dev libgtest-dev
  libicu-dev libprotobuf-dev libseccomp-dev libspdlog-dev prometheus-cpp-dev protobuf-compiler protobuf-compiler-grpc
  libssl-dev python3 python3-grpcio python3-protobuf zlib1g-dev
)
# The dashboard is bundled with them; see ensure_node().
NODE_PACKAGES=(nodejs npm)
readonly MIN_NODE=18
# The dashboard is tested in it.
# shellcheck disable=SC2034
TEST_PACKAGES=(chromium curl)
# What plots are made with.
# shellcheck disable=SC2034
BENCH_PACKAGES=(gnuplot-nox)
# shellcheck disable=SC2034
LINT_PACKAGES=("clang-format-14|clang-format" "clang-tidy-14|clang-tidy" git shellcheck)
# shellcheck disable=SC2034
FUZZ_PACKAGES=("clang-14|clang" "libclang-rt-14-dev|libclang-rt-dev")

# The package names among ARGUMENTS (A|B counts as both) that are installed.
installed_among() {
  # dpkg-query fails when it does not know one of them, and still prints the others.
  dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${@}" 2>/dev/null | sed -n 's/^installed //p' || true
}

# Those of ARGUMENTS that are not installed, one a line.
missing_among() {
  local -A have=()
  local name names wanted
  IFS=' |' read -r -a names <<<"$*"
  while read -r name; do have["${name}"]=1; done < <(installed_among "${names[@]}")
  for wanted in "$@"; do
    for name in ${wanted//|/ }; do
      [[ -z "${have[${name}]:-}" ]] || continue 2
    done
    echo "${wanted}"
  done
}

# The first of A|B that apt can install; the last one if it knows none, so that apt's own error names it.
available_of() {
  local name
  for name in ${1//|/ }; do
    if apt-cache show "${name}" >/dev/null 2>&1; then break; fi
  done
  echo "${name}"
}

as_root() {
  if [[ ${EUID} -eq 0 ]]; then
    "$@"
  else
    sudo "$@"
  fi
}

# apt_get ARGUMENTS...: never asks a question.
apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q "$@"; }

require_root_for() {
  if [[ ${EUID} -eq 0 ]]; then return; fi
  if command -v sudo >/dev/null; then
    note "using sudo: $1"
    return
  fi
  die "this needs root, and there is no sudo here. As root, run: apt-get update && $1"
}

update_package_lists() {
  require_root_for "apt-get update"
  note "reading apt's package lists"
  apt_get update
}

# ensure_packages PACKAGE...: installs what is missing, which is quickly done when nothing is.
ensure_packages() {
  command -v dpkg-query >/dev/null || die "this is no Debian system. evald is built from these packages: $*"
  local missing wanted names=()
  mapfile -t missing < <(missing_among "$@")
  [[ ${#missing[@]} -gt 0 ]] || return 0
  note "missing: ${missing[*]}"
  require_root_for "apt-get install ${missing[*]}"
  update_package_lists
  for wanted in "${missing[@]}"; do names+=("$(available_of "${wanted}")"); done
  note "installing: ${names[*]}"
  apt_get install --no-install-recommends "${names[@]}"
}

# Whether Bazel need not fetch V8 any more, or never will.
have_v8() { [[ -n "${V8_ROOT:-}" ]] || compgen -G 'bazel-out/../../../external/v8/lib/libnode.so.*' >/dev/null; }

# What the shared object that V8 comes in is linked to. Its package says, since names differ between releases; on Debian
# 12: libuv1 libbrotli1 libc-ares2 libnghttp2-14 libssl3 libicu72 zlib1g and the C and C++ libraries.
libnode_libraries() {
  local runtime
  runtime="$(apt-cache depends libnode-dev | sed -n 's/^ *Depends: \(libnode[0-9][^ ]*\)$/\1/p' | head -n 1)"
  [[ -n "${runtime}" ]] || die "apt knows no package libnode-dev, which V8 comes from"
  apt-cache depends "${runtime}" | sed -n 's/^ *Depends: \(\(lib\|zlib\)[^ ]*\)$/\1/p'
}

# Any Node.js that is recent enough will do, wherever it comes from.
ensure_node() {
  local version=""
  ! command -v node >/dev/null || version="$(node --version 2>/dev/null)"
  version="${version#v}"
  if command -v npm >/dev/null && [[ "${version%%.*}" =~ ^[0-9]+$ && "${version%%.*}" -ge ${MIN_NODE} ]]; then return; fi
  ensure_packages "${NODE_PACKAGES[@]}"
}

# Prometheus, which scrapes evald in a test, as a program and no more: its package would have it run as a service too,
# from now on and after every boot, on a port that may be somebody's.
ensure_prometheus() {
  [[ -n "$(missing_among prometheus)" ]] || return 0
  local unit=/etc/systemd/system/prometheus.service policy=/usr/sbin/policy-rc.d own_policy="" status=0
  require_root_for "apt-get install prometheus"
  if [[ ! -e "${unit}" && ! -L "${unit}" ]]; then
    as_root mkdir -p "${unit%/*}"
    as_root ln -s /dev/null "${unit}"
  fi
  if [[ ! -e "${policy}" ]]; then
    own_policy=yes
    # What packages ask before they start a service: 101 is no.
    printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin "${policy}"
  fi
  (ensure_packages prometheus) || status=$?
  [[ -z "${own_policy}" ]] || as_root rm -f "${policy}"
  return "${status}"
}

# Everything that a build needs. Bazel fetches V8's package itself, as the calling user and with what apt knows: in a
# fresh container that is nothing until the lists have been read.
ensure_build_packages() {
  local libraries
  ensure_packages "${BUILD_PACKAGES[@]}"
  ensure_node
  if have_v8; then return; fi
  compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || update_package_lists
  libraries="$(libnode_libraries)"
  # shellcheck disable=SC2086  # one word each
  ensure_packages ${libraries}
}
