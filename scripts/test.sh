#!/bin/sh
# npm test [-- OPTION… FILE…]: all tests, or those of the files named; options are node --test's.

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/node.sh
. "$root/scripts/node.sh"
cd "$root"

# Node.js takes what follows the first file as the tests' own: options go first, wherever they stood.
names_files=no count=$#
for wanted in option file; do
  position=0 expects_value=no
  for argument; do
    position=$((position + 1))
    [ "$position" -le "$count" ] || break
    kind=option
    case $expects_value$argument in
      no--test-name-pattern | no--test-skip-pattern | no--test-reporter | no--test-reporter-destination)
        expects_value=yes
        ;;
      yes* | no-*) expects_value=no ;;
      *) kind=file names_files=yes ;;
    esac
    [ "$kind" != "$wanted" ] || set -- "$@" "$argument"
  done
done
shift "$count"

if [ "$(id -u)" -eq 0 ]; then
  sh scripts/setup.sh test
elif [ "$names_files" = yes ]; then
  sh scripts/setup.sh knockd
else
  echo 'bussa: the network tests make namespaces and firewall rules in them, which needs root: run sudo scripts/test.sh, or name the tests to run: npm test -- test/unit/*.test.ts' >&2
  exit 77
fi
find_node || exit

[ "$names_files" = yes ] || set -- "$@" 'test/**/*.test.ts'
# One file at a time: most of them start several programs of their own, and a capture beside which another test
# burns the processor loses packets. On two cores it takes no longer. No file takes 20 minutes unless it hangs.
exec "$NODE" --disable-warning=ExperimentalWarning --test --test-reporter=spec --test-concurrency=1 \
  --test-timeout=1200000 "$@"
