#!/bin/sh
# npm run test:unit [-- OPTION…]: the tests that need no root; test:watch and coverage are this with an option.

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/launch.sh
. "$root/scripts/launch.sh"
# shellcheck source=scripts/test-groups.sh
. "$root/scripts/test-groups.sh"
cd "$root"

sh scripts/setup.sh knock
find_node || exit
find_compile_cache

# run OPTION… FILE…: a process for each file.
run() { "$NODE" --disable-warning=ExperimentalWarning --test --test-timeout=120000 "$@"; }

# shellcheck disable=SC2046 # No name here has a blank.
if [ "$#" -gt 0 ]; then
  run --test-concurrency=3 "$@" $(property_files) $(unit_files) $(daemon_files) $(cli_files)
  exit
fi

# Where there is no strip(1), the sources do.
! command -v strip >/dev/null || build_programs .cache/test-unit-programs
start_shared
finish_shared
