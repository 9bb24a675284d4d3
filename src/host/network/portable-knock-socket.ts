import type { Port } from '../../core/net/port.ts';
import type { Protocol } from '../../core/net/protocol.ts';
import { sendAnsweredKnock } from './answered-knock.ts';
import { type Destination, renderDestination } from './destination.ts';
import type { KnockError } from './knock-error.ts';

/** Sends knocks by Node.js's own sockets, for a system where libc cannot be called. Never waits for an answer. */
export async function sendPortableKnock(
  to: Destination,
  protocol: Protocol,
  port: Port,
): Promise<KnockError | undefined> {
  const knock = sendAnsweredKnock(to, protocol, port);
  try {
    const error = await knock.left;
    if (error === undefined) return undefined;
    const { syscall = 'connect', code = error.message, errno = 0 } = error;
    return { message: `${syscall} on ${protocol} ${renderDestination(to)}:${port}: ${code}`, code, errno };
  } finally {
    // Closed at once: otherwise the system repeats the SYN, Windows even after a reset.
    knock.close();
  }
}
