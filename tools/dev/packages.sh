# shellcheck shell=bash
# The Debian packages that evald is built, run and checked with. This is the only list of them.
# A|B means either: the first that is installed, else the first that this release of Debian has.

# The -dev packages of libuv, brotli, c-ares, nghttp2, ICU, OpenSSL and zlib bring the shared libraries that libnode
# (V8) is linked to, under names that are the same in every release.
# shellcheck disable=SC2034  # used by the files that source this one
BUILD_PACKAGES=(
  bazel-bootstrap bazel-rules-cc g++ pkg-config
  libabsl-dev libbenchmark-dev "libboost1.81-dev|libboost-dev" libcli11-dev libgmock-dev libgrpc++-dev libgtest-dev
  libprotobuf-dev libseccomp-dev libspdlog-dev protobuf-compiler protobuf-compiler-grpc
  libbrotli-dev libc-ares-dev libicu-dev libnghttp2-dev libssl-dev libuv1-dev zlib1g-dev
  python3 python3-grpcio python3-protobuf
)
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

# The package lists are empty in a fresh container. Bazel fetches V8's package as the calling user, with what apt knows.
have_package_lists() { compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; }

need_package_lists() {
  [[ -z "${V8_ROOT:-}" ]] && [[ -z "$(installed_among libnode-dev)" ]] && ! have_package_lists
}

# ensure_packages PACKAGE...: installs what is missing, which is quickly done when nothing is.
ensure_packages() {
  command -v dpkg-query >/dev/null || die "this is no Debian system. evald is built from these packages: $*"
  local missing names=()
  mapfile -t missing < <(missing_among "$@")
  if [[ ${#missing[@]} -eq 0 ]]; then
    if need_package_lists; then
      require_root_for "apt-get update"
      note "reading apt's package lists"
      apt_get update
    fi
    return
  fi
  note "missing: ${missing[*]}"
  require_root_for "apt-get install ${missing[*]}"
  apt_get update
  local wanted
  for wanted in "${missing[@]}"; do names+=("$(available_of "${wanted}")"); done
  note "installing: ${names[*]}"
  apt_get install --no-install-recommends "${names[@]}"
}
