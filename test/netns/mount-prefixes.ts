/**
 * Words before a program's own that change what it finds at some paths. `ip netns exec` gives each program mounts of
 * its own, so that nobody else sees the change.
 */

/** Has the program find `over` where `path` is. */
export function withMounts(mounts: readonly (readonly [over: string, path: string])[]): string[] {
  return mountedBy('mount --bind "$1" "$2"', mounts);
}

/** Files and directories that the program, root though it is, cannot change. */
export function readOnly(paths: readonly string[]): string[] {
  return mountedBy(
    'mount --bind "$1" "$2" && mount -o remount,bind,ro "$2"',
    paths.map((path) => [path, path]),
  );
}

function mountedBy(mount: string, pairs: readonly (readonly [string, string])[]): string[] {
  const script = `while [ "$1" != -- ]; do ${mount} || exit 1; shift 2; done; shift; exec "$@"`;
  return ['sh', '-c', script, 'sh', ...pairs.flat(), '--'];
}
