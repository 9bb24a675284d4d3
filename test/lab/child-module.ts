import { Program } from './program.ts';

const NODE = [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  '--input-type=module',
  '--eval',
] as const;

/** The address under which a module of `src` is imported by a child. */
export function moduleOf(path: string): string {
  return new URL(`../../src/${path}`, import.meta.url).href;
}

/** Starts a module's text in a process of its own; its arguments begin at `process.argv[1]`. */
export function startModule(text: string, ...args: readonly string[]): Program {
  const [node, ...options] = NODE;
  return new Program(node, [...options, text, ...args]);
}

/** The same with a small disk of its own mounted at `mountPoint`, which only the child sees and which ends with it. */
export function startModuleOnDisk(
  disk: { readonly size: string; readonly mountPoint: string },
  text: string,
  ...args: readonly string[]
): Program {
  const mount = `mount -t tmpfs -o size=${disk.size} tmpfs "$0" && exec "$@"`;
  return inPrivateMounts(mount, disk.mountPoint, ...NODE, text, ...args);
}

/** Runs shell text in a mount namespace of its own, `$0` and `$@` being the arguments. */
export function inPrivateMounts(shell: string, ...args: readonly string[]): Program {
  return new Program('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', shell, ...args]);
}

export { TempDirectory as Scratch } from './temp-directory.ts';
