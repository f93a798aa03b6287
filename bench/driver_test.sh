#!/usr/bin/env bash
# usage: driver_test.sh NODE TESTS
set -euo pipefail

"$1" --test "$2"
