import { libc } from './libc.ts';

/** socket(7), asm-generic/socket.h */
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** struct ucred of unix(7): pid, uid and gid, each of 4 bytes. */
const UCRED_BYTES = 12;

/** The process at the other end of a Unix socket, as the kernel recorded it at connect or listen. */
export type Peer = { readonly pid: number; readonly uid: number };

/** `undefined`: the kernel does not say. */
export function readPeer(fd: number): Peer | undefined {
  const credentials = new Uint8Array(UCRED_BYTES);
  if (libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, [UCRED_BYTES]) !== 0) return undefined;
  const [pid = 0, uid = 0] = new Uint32Array(credentials.buffer);
  return { pid, uid };
}
