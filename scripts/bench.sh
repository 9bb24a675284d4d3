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
exec "$NODE" --disable-warning=ExperimentalWarning bench/bench.ts "$@"
