#!/bin/sh
# npm run test:package: the Debian package, on a bare Debian 12 in a directory. The bare system is kept in .cache/debian;
# mounts are those of a mount namespace that ends with this.

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/node.sh
. "$root/scripts/node.sh"
cd "$root"

if [ "$(id -u)" -ne 0 ]; then
  echo 'bussa: the package is installed in a chroot, which needs root: run sudo scripts/test-package.sh' >&2
  exit 77
fi
sh scripts/setup.sh package
sh scripts/package.sh
find_node || exit
exec unshare --mount --propagation private "$NODE" --disable-warning=ExperimentalWarning --test \
  --test-reporter=spec --test-timeout=1200000 test/package/debian-package.ts
