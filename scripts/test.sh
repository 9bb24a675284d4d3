#!/bin/sh
# npm test [-- OPTION… FILE…]: all tests, or those of the files named; options are node --test's.
#
# Without FILE the tests run the executable of the package, which is built first: it starts in less than half the time of
# the sources. With FILE they run the sources. BUSSA_KNOCKD, BUSSA_KNOCK and BUSSA_BUSSA name other programs.

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/launch.sh
. "$root/scripts/launch.sh"
# shellcheck source=scripts/test-groups.sh
. "$root/scripts/test-groups.sh"
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
  echo 'bussa: the network tests make namespaces and firewall rules in them, which needs root: run sudo scripts/test.sh, or run those that need no root: npm run test:unit' >&2
  exit 77
fi
find_node || exit

# The tests start hundreds of small programs.
find_compile_cache

# run FILES-AT-A-TIME OPTION… FILE…: no file takes 20 minutes unless it hangs.
run() {
  at_a_time=$1
  shift
  "$NODE" --disable-warning=ExperimentalWarning --test --test-reporter=spec --test-concurrency="$at_a_time" \
    --test-timeout=1200000 "$@"
}

# What sends packets by the microsecond or by the thousand has the machine to itself: the sender itself has to keep up.
is_alone() {
  case $1 in
    test/parity/* | test/netns/many-sources.test.ts) return 0 ;;
    *) return 1 ;;
  esac
}

is_shared() {
  case $1 in
    test/unit/* | test/daemon/* | test/property/* | test/scenario/* | test/architecture.test.ts | test/source-rules.test.ts) return 0 ;;
    *) return 1 ;;
  esac
}

if [ "$names_files" = yes ]; then
  run 1 "$@"
  exit
fi

build_programs .cache/test-programs
start_shared "$@"
options=$#
for file in $(find test -name '*.test.ts' | LC_ALL=C sort); do
  is_alone "$file" || is_shared "$file" || set -- "$@" "$file"
done
# One more than there may be cores: many tests wait.
status=0
run 3 "$@" || status=$?
finish_shared || status=$?

# The options again, and the other files.
position=0
for argument; do
  position=$((position + 1))
  shift
  [ "$position" -gt "$options" ] || set -- "$@" "$argument"
done
for file in $(find test -name '*.test.ts' | LC_ALL=C sort); do
  ! is_alone "$file" || set -- "$@" "$file"
done
echo
run 1 "$@" || status=$?
exit "$status"
