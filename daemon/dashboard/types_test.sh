#!/usr/bin/env bash
# usage: types_test.sh NODE TYPESCRIPTS_PACKAGE_JSON TSCONFIG
# Checks the dashboard's types, in a folder where the packages are where TypeScript looks for them.
set -euo pipefail

node="${PWD}/$1"
packages="$(dirname "$(dirname "${PWD}/$2")")"
config="$3"

cp -rL "$(dirname "${config}")/src" "${config}" "${TEST_TMPDIR}/"
ln -s "${packages}" "${TEST_TMPDIR}/node_modules"
cd "${TEST_TMPDIR}"
"${node}" node_modules/typescript/bin/tsc --noEmit --project tsconfig.json
echo "the types of $(find src -name '*.ts*' | wc -l) files hold"
