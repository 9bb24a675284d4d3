import { readFileSync, readlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { libc } from '../../ffi/libc.ts';
import { type Peer, readPeer } from '../../ffi/peer.ts';
import { sockets } from '../../ffi/socket.ts';
import { FirewallError } from './firewall.ts';

/** unix(7): a name in the abstract namespace, one per network namespace. It disappears with its process. */
const NAME = '\0bussa-firewall';

/** linux/socket.h and asm-generic/socket.h. */
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

/** linux/capability.h: the bit of CAP_NET_ADMIN. */
const CAP_NET_ADMIN = 12n;

/** A process that holds the name. `pid`: 0 if it is in a pid namespace that is not visible from here. */
type Holder = Peer;

/**
 * Bussa's rules in the firewall belong to one daemon per network namespace: two would remove each other's. Any user can
 * take the name, so a holder counts only if it may change the firewall.
 */
export class FirewallLock {
  readonly #onSquatter: (text: string) => void;
  #server: Server | undefined;
  #taking: Promise<void> | undefined;
  /** A valid holder has been seen. If it cannot be examined now, it counts as the same one. */
  #wasHeld = false;
  #isTold = false;

  /** `onSquatter`: the holder may not change the firewall, so the lock is given up; called once. */
  constructor(onSquatter: (text: string) => void) {
    this.#onSquatter = onSquatter;
  }

  /** Throws a `FirewallError` that names the holding process. */
  async acquire(): Promise<void> {
    if (this.#server !== undefined) return;
    this.#taking ??= this.#take().finally(() => (this.#taking = undefined));
    await this.#taking;
  }

  release(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  async #take(): Promise<void> {
    // A holder that has just died no longer exists when it is examined; then the name is free.
    for (let tries = 1; ; tries++) {
      this.#server = await listenAlone();
      if (this.#server !== undefined) return;
      const holder = findHolder();
      if (holder === undefined && tries < 3) continue;
      if (holder === undefined ? this.#wasHeld : mayChangeFirewall(holder)) {
        this.#wasHeld = true;
        throw new FirewallError(heldBy(holder));
      }
      this.#doWithout(holder);
      return;
    }
  }

  #doWithout(holder: Holder | undefined): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const who = holder === undefined ? 'somebody' : `process ${holder.pid} of user ${holder.uid}`;
    this.#onSquatter(
      `${who} holds the name @bussa-firewall without the right to change the firewall, and is ignored: ` +
        'a second daemon with open = … would not be noticed; find out what it is',
    );
  }
}

/** `undefined`: another process listens already. */
function listenAlone(): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.on('error', () => undefined).destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(new FirewallError(`listen on @bussa-firewall: ${error.code ?? error.message}`));
    });
    server.listen(NAME, () => {
      // A connection that cannot be accepted, for lack of a descriptor, must not end this process.
      server.on('error', () => undefined);
      resolve(server.unref());
    });
  });
}

/** The listening process as the kernel recorded it; `undefined`: nobody can be asked. */
function findHolder(): Holder | undefined {
  const fd = libc.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return undefined;
  try {
    const name = new TextEncoder().encode(NAME);
    const address = new Uint8Array(2 + name.length);
    address.set(new Uint8Array(new Uint16Array([AF_UNIX]).buffer));
    address.set(name, 2);
    if (sockets.connect(fd, address, address.length) !== 0) return undefined;
    return readPeer(fd);
  } finally {
    libc.close(fd);
  }
}

function mayChangeFirewall({ pid, uid }: Holder): boolean {
  if (uid === 0 || uid === process.geteuid?.()) return true;
  try {
    // The creator of a user namespace has every capability inside, and none outside.
    const isOurs = readlinkSync(`/proc/${pid}/ns/user`) === readlinkSync('/proc/self/ns/user');
    const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return isOurs && mask !== undefined && ((BigInt(`0x${mask}`) >> CAP_NET_ADMIN) & 1n) === 1n;
  } catch {
    return false;
  }
}

function heldBy(holder: Holder | undefined): string {
  const known = holder !== undefined && holder.pid !== 0;
  const who = known ? `process ${holder.pid}` : 'a process that is not visible from here';
  return (
    `${who} already has Bussa's rules in the firewall, and two daemons would remove each other's rules: ` +
    'put the doors with open = … into one configuration, or stop that process'
  );
}
