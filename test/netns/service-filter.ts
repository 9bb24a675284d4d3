/**
 * Becomes a program that can use certain system calls and socket families only, as systemd's SystemCallFilter and
 * RestrictAddressFamilies of the unit have it: the others fail with EPERM. Arguments: the program's own.
 */
import { spawnSync } from 'node:child_process';
import koffi from 'koffi';
import { directive } from './unit-sandbox.ts';

/** seccomp.h of libseccomp */
const SCMP_ACT_ALLOW = 0x7fff_0000;
const SCMP_ACT_ERRNO_EPERM = 0x0005_0000 | 1;
const SCMP_CMP_EQ = 4;
const UNKNOWN_CALL = -1;

/** sys/socket.h */
const FAMILY: Readonly<Record<string, number>> = {
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 10,
  AF_NETLINK: 16,
  AF_PACKET: 17,
};

const library = koffi.load('libseccomp.so.2');
const init = library.func('void *seccomp_init(uint32_t)') as (action: number) => unknown;
const resolve = library.func('int seccomp_syscall_resolve_name(const char *)') as (name: string) => number;
const addRule = library.func(
  'int seccomp_rule_add_array(void *, uint32_t, int, unsigned int, const void *)',
) as (filter: unknown, action: number, call: number, count: number, comparisons: Uint8Array | null) => number;
const load = library.func('int seccomp_load(void *)') as (filter: unknown) => number;

const filter = init(SCMP_ACT_ERRNO_EPERM);
for (const name of allowedCalls().filter((call) => call !== 'socket')) {
  const call = resolve(name);
  // The groups name calls of other architectures and other kernels too.
  if (call !== UNKNOWN_CALL) addRule(filter, SCMP_ACT_ALLOW, call, 0, null);
}
for (const name of directive('RestrictAddressFamilies').flat()) {
  const family = FAMILY[name];
  if (family === undefined) throw new Error(`no number for ${name}`);
  check('seccomp_rule_add', addRule(filter, SCMP_ACT_ALLOW, resolve('socket'), 1, firstArgumentIs(family)));
}
check('seccomp_load', load(filter));
const PATH_SEARCHER = '/usr/bin/env';
process.execve?.(PATH_SEARCHER, [PATH_SEARCHER, ...process.argv.slice(2)], process.env);

/** struct scmp_arg_cmp: which argument, the comparison, and the number to compare with. */
function firstArgumentIs(value: number): Uint8Array {
  const bytes = new Uint8Array(24);
  new Uint32Array(bytes.buffer).set([0, SCMP_CMP_EQ]);
  new BigUint64Array(bytes.buffer)[1] = BigInt(value);
  return bytes;
}

function check(call: string, result: number): void {
  if (result !== 0) throw new Error(`${call}: ${result}`);
}

/** By the names of the unit's groups, as systemd itself has them. */
function allowedCalls(): string[] {
  const allowed = new Set<string>();
  for (const [first = '', ...rest] of directive('SystemCallFilter')) {
    const isDenied = first.startsWith('~');
    for (const name of [first.replace('~', ''), ...rest].flatMap(callsOf)) {
      if (isDenied) allowed.delete(name);
      else allowed.add(name);
    }
  }
  // Always allowed (systemd.exec(5)), even where a group that is denied has them.
  for (const name of callsOf('@default')) allowed.add(name);
  return [...allowed];
}

function callsOf(name: string): string[] {
  if (!name.startsWith('@')) return [name];
  const { stdout, status } = spawnSync('systemd-analyze', ['syscall-filter', name], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`systemd-analyze does not know the group ${name}`);
  return [...stdout.matchAll(/^ +([@a-z0-9_-]+)$/gm)].flatMap(([, member = '']) => callsOf(member));
}
