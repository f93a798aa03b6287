#!/usr/bin/env bash
# usage: logic_test.sh NODE ESBUILD TESTS
# Runs the tests of what the dashboard's scripts compute, in Node.js.
set -euo pipefail

"$2" --bundle --platform=node --format=esm --target=es2022 --log-level=warning "$3" --outfile="${TEST_TMPDIR}/tests.mjs"
"$1" --test "${TEST_TMPDIR}/tests.mjs"
