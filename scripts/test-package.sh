#!/bin/sh
# npm run test:package: the executable, the Debian package on a bare Debian 12 in a directory, and where systemd runs, the one
# for arm64 under QEMU, the rpms, and README.md's ways to install on bare Debian 12, Debian 13 and Ubuntu 24.04.
# The bare systems are kept in .cache/debian; mounts are those of a mount namespace that ends with this.

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/node.sh
. "$root/scripts/node.sh"
cd "$root"

if [ "$(id -u)" -ne 0 ]; then
  echo 'bussa: the package is installed in a chroot, which needs root: run sudo scripts/test-package.sh' >&2
  exit 77
fi
sh scripts/setup.sh test
sh scripts/setup.sh package
sh scripts/package.sh --arch amd64 --arch arm64
find_node || exit
# What starts itself again, or another program of its own, does so from the executable too.
BUSSA_KNOCKD=$root/dist/knockd BUSSA_KNOCK=$root/dist/knock BUSSA_BUSSA=$root/dist/bussa \
  "$NODE" --disable-warning=ExperimentalWarning --test --test-reporter=spec --test-concurrency=1 \
  --test-timeout=1200000 test/netns/privileges.test.ts test/netns/up.test.ts test/netns/up-confirm.test.ts \
  test/netns/knock-client.test.ts test/netns/daemon-ends.test.ts
exec unshare --mount --propagation private "$NODE" --disable-warning=ExperimentalWarning --test \
  --test-reporter=spec --test-timeout=1200000 --test-concurrency=1 \
  test/package/debian-package.ts test/package/take-over.ts test/package/setup-debian.ts test/package/arm64.ts test/package/rpm.ts test/package/containerfile.ts test/package/recipes.ts \
  test/package/newcomer.ts \
  test/systemd/debian-package.ts test/systemd/take-over-debian.ts test/systemd/rpm-debian.ts
