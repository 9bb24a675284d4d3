import { libc } from './libc.ts';
import { sockets } from './socket.ts';
import { lastError } from './system-call-error.ts';

// <bits/socket.h>.
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const MSG_NOSIGNAL = 0x4000;

/** A Unix datagram socket that sends to one address and never blocks. Node.js has none. */
export class UnixDatagrams {
  #fd: number;
  readonly #address: Uint8Array;

  /** `path`: the socket's path, or `@name` for an abstract one (unix(7)). Throws a `SystemCallError`. */
  constructor(path: string) {
    this.#address = renderUnixAddress(path);
    this.#fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (this.#fd < 0) throw lastError('socket(AF_UNIX)', path);
  }

  /** Whether the kernel accepted it. */
  send(text: string): boolean {
    if (this.#fd < 0) return false;
    const bytes = Buffer.from(text);
    const { length } = this.#address;
    return (
      sockets.sendto(this.#fd, bytes, bytes.length, MSG_NOSIGNAL, this.#address, length) === bytes.length
    );
  }

  close(): void {
    if (this.#fd >= 0) libc.close(this.#fd);
    this.#fd = -1;
  }
}

/**
 * struct sockaddr_un: the family in machine byte order, then the path. An abstract address begins with a 0 byte and is
 * not terminated.
 */
function renderUnixAddress(path: string): Uint8Array {
  const isAbstract = path.startsWith('@');
  const name = Buffer.from(isAbstract ? `\0${path.slice(1)}` : `${path}\0`);
  const bytes = new Uint8Array(2 + name.length);
  new Uint16Array(bytes.buffer, 0, 1)[0] = AF_UNIX;
  bytes.set(name, 2);
  return bytes;
}
