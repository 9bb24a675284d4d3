import { libc } from './libc.ts';
import { lastError } from './system-call-error.ts';

/** <bits/socket.h>. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;

/** libuv needs both ends of a pipe to learn whether execve(2) worked, and one spare. */
const FOR_SPAWN = 3;

/**
 * Throws a `SystemCallError` if there are too few descriptors to start a program with so many pipes. Node.js must not
 * run into that: it never closes the pipes that it has already created, so each attempt would leak three descriptors.
 */
export function requireRoomToSpawn(pipes: number, program: string): void {
  const taken: number[] = [];
  try {
    for (let wanted = 2 * pipes + FOR_SPAWN; wanted > 0; wanted--) {
      const fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      if (fd < 0) throw lastError('spawn', program);
      taken.push(fd);
    }
  } finally {
    for (const fd of taken) libc.close(fd);
  }
}
