# shellcheck shell=bash
# ./dev bench: builds the benchmarks, installs the peers that evald is measured beside, and runs them. Nothing else of ./dev needs
# those packages.

# The peers, and the library that makes histograms: some 600 MB, taken from npm's registry once for each lock file.
install_peers() {
  local installed=bench/node_modules/.installed
  cmp -s bench/package-lock.json "${installed}" && return
  note "installing the peers"
  # None of their own install scripts is run: what they would download is in packages of its own.
  npm ci --prefix bench --ignore-scripts --include=optional --no-audit --no-fund --fetch-retries=4 --loglevel=error
  cp bench/package-lock.json "${installed}"
}

cmd_bench() {
  local argument
  for argument in "$@"; do
    if [[ "${argument}" == --help || "${argument}" == -h ]]; then exec node bench/driver/main.mjs --help; fi
  done
  ensure_build_packages
  ensure_packages "${BENCH_PACKAGES[@]}"
  install_peers
  bazel_run build -- //bench/... "${PROGRAMS[@]}"
  exec node bench/driver/main.mjs "$@"
}
