# shellcheck shell=sh disable=SC2154 # $NODE is of find_node
# Sourced by test.sh and test-unit.sh, in the clone's directory. To start a process and load the sources takes 0.3 s of CPU a
# file, more than most of these tests themselves. Those that need no root share four processes:
#   start_shared [OPTION…]    starts them in the background
#   finish_shared             waits for them, prints what they said, and fails if one did
#   build_programs DIRECTORY  builds the executable there, for the tests to run: it starts in less than half the time of the
#                             sources

unit_files() { find test/unit -name '*.test.ts' ! -path 'test/unit/cli/*' | LC_ALL=C sort; }
property_files() { find test/architecture.test.ts test/source-rules.test.ts test/property test/scenario -name '*.test.ts' | LC_ALL=C sort; }
daemon_files() { find test/daemon -name '*.test.ts' | LC_ALL=C sort; }
cli_files() { find test/unit/cli -name '*.test.ts' | LC_ALL=C sort; }

build_programs() {
  "$NODE" --disable-warning=ExperimentalWarning scripts/build.ts "$1"
  export BUSSA_BUILT="$root/$1"
  export BUSSA_KNOCKD="${BUSSA_KNOCKD-$root/$1/knockd}"
  export BUSSA_KNOCK="${BUSSA_KNOCK-$root/$1/knock}"
  export BUSSA_BUSSA="${BUSSA_BUSSA-$root/$1/bussa}"
}

start_shared() {
  said=$(mktemp -d)
  shared=
  trap 'end_shared' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  for group in unit property daemon cli; do
    # shellcheck disable=SC2046 # No name here has a blank.
    share_process "$@" $("${group}_files") >"$said/$group" 2>&1 &
    shared="$shared $!"
  done
}

# --test-force-exit: a test that fails may leave a timer behind. Generated inputs are short-lived: with room for more of them
# a sixth of the CPU is saved.
share_process() {
  exec "$NODE" --disable-warning=ExperimentalWarning --max-semi-space-size=64 \
    --test --test-isolation=none --test-force-exit \
    --test-reporter=spec --test-timeout=120000 "$@"
}

finish_shared() {
  failed=0
  for process in $shared; do wait "$process" || failed=$?; done
  shared=
  for group in unit property daemon cli; do cat "$said/$group"; done
  return "$failed"
}

end_shared() {
  # shellcheck disable=SC2086 # Several numbers.
  [ -z "$shared" ] || kill $shared 2>/dev/null || :
  rm -rf "$said"
}
