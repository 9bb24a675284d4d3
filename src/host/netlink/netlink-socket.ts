import { libc } from '../ffi/libc.ts';
import { receiveAside } from '../ffi/receive.ts';
import { lastError, SystemCallError } from '../ffi/system-call-error.ts';
import {
  type Answer,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  readAnswer,
  renderMessage,
} from './netlink-message.ts';

/** linux/netlink.h. */
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;

/** linux/socket.h: what does not exist is not waited for. */
const MSG_DONTWAIT = 0x40;

/** The kernel fills dumps with messages of up to 32 KiB (netlink_recvmsg), one for each read. */
const RECEIVE_BYTES = 65_536;

/** A list that changes under the reader's eyes is read this often. */
const TRIES = 4;

/**
 * Asks the kernel one thing after the other. The kernel writes its answer while it is asked, or, of a list, while the
 * list is read: nothing is ever waited for.
 */
export class NetlinkSocket {
  readonly #fd: number;
  readonly #subject: string;
  readonly #bytes = new Uint8Array(RECEIVE_BYTES);
  #sequence = 0;

  /** `subject` names it in errors. */
  constructor(protocol: number, subject: string) {
    this.#subject = subject;
    this.#fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (this.#fd < 0) throw lastError('socket(AF_NETLINK)', subject);
  }

  /** Has something done. Returns the errno of the refusal, 0 for none. */
  order(type: number, body: Uint8Array, flags = 0): number {
    this.#send(type, NLM_F_REQUEST | NLM_F_ACK | flags, body);
    for (;;) {
      const { done, errno } = this.#receive();
      if (done) return errno;
    }
  }

  /**
   * Has several things done together, in messages that all bear the number that `render` is given. The kernel answers
   * while they are sent. Returns the errno of the first refusal, 0 for none.
   */
  transact(render: (sequence: number) => Uint8Array): number {
    this.#sequence++;
    const batch = render(this.#sequence);
    if (libc.send(this.#fd, batch, batch.length, 0) < 0) throw lastError('send', this.#subject);
    let first = 0;
    for (let isAnswered = false; ; ) {
      const bytes = this.#receiveBytes(isAnswered ? MSG_DONTWAIT : 0);
      if (bytes === undefined) return first;
      const { done, errno } = readAnswer(bytes, this.#sequence);
      if (done) isAnswered = true;
      if (first === 0) first = errno;
    }
  }

  /** Asks for one thing. Returns the errno of the refusal, or the body of the answer. */
  ask(type: number, body: Uint8Array): number | DataView {
    this.#send(type, NLM_F_REQUEST, body);
    for (;;) {
      const { bodies, done, errno } = this.#receive();
      if (bodies[0] !== undefined) return bodies[0];
      if (done) return errno;
    }
  }

  /** Asks for a list, and reads it to its end. `onBody` must not keep what it is given. */
  listNow(type: number, body: Uint8Array, onBody: (body: DataView) => void): void {
    const reading = this.#read(type, body, onBody);
    for (let step = reading.next(); step.done !== true; ) step = reading.next(this.#receiveBytes());
  }

  /** The same with the kernel at work on a thread of its own: it may have a large table to look through. */
  async list(type: number, body: Uint8Array, onBody: (body: DataView) => void): Promise<void> {
    const reading = this.#read(type, body, onBody);
    for (let step = reading.next(); step.done !== true; ) {
      const length = await receiveAside(this.#fd, this.#bytes);
      // Why it has failed, if it has, the next try tells.
      step = reading.next(length < 0 ? this.#receiveBytes() : this.#bytes.subarray(0, length));
    }
  }

  /** Takes what has been received, one datagram after the other. */
  *#read(
    type: number,
    body: Uint8Array,
    onBody: (body: DataView) => void,
  ): Generator<void, void, Uint8Array> {
    for (let tries = 1; ; tries++) {
      this.#send(type, NLM_F_REQUEST | NLM_F_DUMP, body);
      let isWhole = true;
      for (let ended = false; !ended; ) {
        const { bodies, done, errno, interrupted } = readAnswer(yield, this.#sequence);
        if (errno !== 0) throw new SystemCallError('dump', this.#subject, errno);
        if (interrupted) isWhole = false;
        for (const one of bodies) onBody(one);
        ended = done;
      }
      if (isWhole) return;
      if (tries === TRIES) throw new SystemCallError('dump', this.#subject, EAGAIN);
    }
  }

  close(): void {
    libc.close(this.#fd);
  }

  #send(type: number, flags: number, body: Uint8Array): void {
    this.#sequence++;
    const request = renderMessage(type, flags, this.#sequence, body);
    if (libc.send(this.#fd, request, request.length, 0) < 0) throw lastError('send', this.#subject);
  }

  #receive(): Answer {
    return readAnswer(this.#receiveBytes(), this.#sequence);
  }

  #receiveBytes(): Uint8Array;
  #receiveBytes(flags: number): Uint8Array | undefined;
  #receiveBytes(flags = 0): Uint8Array | undefined {
    for (;;) {
      const length = libc.recv(this.#fd, this.#bytes, this.#bytes.length, flags);
      if (length >= 0) return this.#bytes.subarray(0, length);
      const error = lastError('recv', this.#subject);
      if (error.code === 'EAGAIN' && flags !== 0) return undefined;
      if (error.code !== 'EINTR') throw error;
    }
  }
}

/** asm-generic/errno-base.h: the list has not held still. */
const EAGAIN = 11;
