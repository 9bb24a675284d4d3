#!/bin/sh
# npm run test:unit [-- OPTION…]: the tests that need no root; test:watch and coverage are this with an option.

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/launch.sh
. "$root/scripts/launch.sh"
cd "$root"

sh scripts/setup.sh knock
find_node || exit
find_compile_cache

exec "$NODE" --disable-warning=ExperimentalWarning --test --test-concurrency=3 --test-timeout=120000 "$@" \
  'test/architecture.test.ts' 'test/unit/**/*.test.ts' 'test/property/*.test.ts' 'test/daemon/*.test.ts' \
  'test/scenario/*.test.ts'
