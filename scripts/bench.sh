#!/bin/sh
# npm run bench [-- OPTION…]: this daemon, the original and others side by side on one wire (--help: the options).

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/node.sh
. "$root/scripts/node.sh"
cd "$root"

if [ "$(id -u)" -ne 0 ]; then
  echo 'bussa: the benchmark makes network namespaces, which needs root: run sudo scripts/bench.sh' >&2
  exit 77
fi
sh scripts/setup.sh bench
find_node || exit
# What people install is measured; BUSSA_KNOCKD=bin/knockd BUSSA_KNOCK=bin/knock BUSSA_BUSSA=bin/bussa measures the sources.
if [ -z "${BUSSA_KNOCKD-}" ]; then
  sh scripts/build.sh
  export BUSSA_KNOCKD="$root/dist/knockd" BUSSA_KNOCK="$root/dist/knock" BUSSA_BUSSA="$root/dist/bussa"
  # A file that has just been written lies in memory in larger pieces than one that was read.
  sync dist/bussa
  dd if=dist/bussa iflag=nocache count=0 2>/dev/null
fi
exec "$NODE" --disable-warning=ExperimentalWarning bench/bench.ts "$@"
