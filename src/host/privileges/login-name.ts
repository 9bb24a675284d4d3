import { readFileSync, readlinkSync } from 'node:fs';
import type { Peer } from '../ffi/peer.ts';

/** proc(5), loginuid: nobody has logged in. */
const NO_LOGIN = 0xffff_ffff;

/**
 * The user of a process. For root, the user who logged in and then became root, which the kernel records and nobody can
 * change (pam_loginuid(8)).
 */
export function loginName({ pid, uid }: Peer): string {
  const login = uid === 0 ? (readLogin(pid) ?? uid) : uid;
  return nameOf(login) ?? dynamicName(login) ?? `uid ${login}`;
}

function readLogin(pid: number): number | undefined {
  const text = readText(`/proc/${pid}/loginuid`).trim();
  const uid = /^[0-9]{1,10}$/.test(text) ? Number(text) : NO_LOGIN;
  return uid === NO_LOGIN ? undefined : uid;
}

/** By passwd(5). */
function nameOf(uid: number): string | undefined {
  const lines = readText('/etc/passwd').split('\n');
  return lines.map((line) => line.split(':')).find(([, , number]) => number === `${uid}`)?.[0];
}

/** systemd keeps the names of its DynamicUsers there, as links. */
function dynamicName(uid: number): string | undefined {
  try {
    return readlinkSync(`/run/systemd/dynamic-uid/direct:${uid}`);
  } catch {
    return undefined;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
