#!/bin/sh
# npm run test:systemd: the service, under a systemd that is booted in namespaces, on a Debian 12 in a directory, which is
# kept in .cache/debian.

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/node.sh
. "$root/scripts/node.sh"
cd "$root"

if [ "$(id -u)" -ne 0 ]; then
  echo 'bussa: systemd is booted in namespaces, which needs root: run sudo scripts/test-systemd.sh' >&2
  exit 77
fi
sh scripts/setup.sh test
sh scripts/setup.sh package
find_node || exit
exec "$NODE" --disable-warning=ExperimentalWarning --test --test-reporter=spec --test-concurrency=1 \
  --test-timeout=600000 test/systemd/*-systemd.ts
