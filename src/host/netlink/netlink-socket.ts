import { libc } from '../ffi/libc.ts';
import { NETLINK_NETFILTER, NETLINK_ROUTE, NETLINK_SOCK_DIAG, openNetlink } from '../ffi/open-netlink.ts';
import { receiveOnPoolThread } from '../ffi/receive-on-pool-thread.ts';
import { lastErrno, lastError, SystemCallError } from '../ffi/system-call-error.ts';
import {
  type Answer,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  readAnswer,
  renderMessage,
} from './netlink-message.ts';

/** linux/netlink.h, linux/socket.h. */
const SOL_NETLINK = 270;
const NETLINK_GET_STRICT_CHK = 12;

/** linux/socket.h: do not wait if nothing is there. */
const MSG_DONTWAIT = 0x40;

/** The kernel fills dumps with messages of up to 32 KiB (netlink_recvmsg), one per read. */
const RECEIVE_BYTES = 65_536;

/** How often a list that changes while it is read is requested. */
const TRIES = 4;

/**
 * Sends requests to the kernel one at a time. The kernel writes its answer during the request or, for a list, during
 * the reads: nothing ever waits.
 */
export class NetlinkSocket implements Disposable {
  readonly #fd: number;
  readonly #subject: string;
  readonly #bytes = new Uint8Array(RECEIVE_BYTES);
  #sequence = 0;

  /** `subject` names the socket in errors. */
  constructor(protocol: number, subject: string) {
    this.#subject = subject;
    this.#fd = openNetlink(protocol, subject);
  }

  /** The kernel filters lists by the request. Kernels before 4.20 list everything all the same. */
  filterLists(): void {
    const on = new Uint8Array(new Int32Array([1]).buffer);
    libc.setsockopt(this.#fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, on, on.length);
  }

  /** Requests a change. Returns the errno of a refusal, 0 for none. */
  order(type: number, body: Uint8Array, flags = 0): number {
    this.#send(type, NLM_F_REQUEST | NLM_F_ACK | flags, body);
    for (;;) {
      const { done, errno } = this.#receive();
      if (done) return errno;
    }
  }

  /**
   * Requests several changes as one transaction, in messages with the sequence number that `render` gets. The kernel
   * answers while they are sent. Returns the errno of the first refusal, 0 for none.
   */
  transact(render: (sequence: number) => Uint8Array): number {
    this.#sequence++;
    this.#sendBytes(render(this.#sequence));
    let first = 0;
    for (let isAnswered = false; ; ) {
      const bytes = this.#receiveBytes(isAnswered ? MSG_DONTWAIT : 0);
      if (bytes === undefined) return first;
      const { done, errno } = readAnswer(bytes, this.#sequence);
      if (done) isAnswered = true;
      if (first === 0) first = errno;
    }
  }

  /** Requests one object. Returns the errno of a refusal, or the body of the answer. */
  ask(type: number, body: Uint8Array): number | DataView {
    this.#send(type, NLM_F_REQUEST, body);
    return this.#receiveOne();
  }

  /** As `ask`, with a whole message, whose sequence number `write` gets. */
  askBy(write: (sequence: number) => Uint8Array): number | DataView {
    this.#sequence++;
    this.#sendBytes(write(this.#sequence));
    return this.#receiveOne();
  }

  #receiveOne(): number | DataView {
    for (;;) {
      const { bodies, done, errno } = this.#receive();
      if (bodies[0] !== undefined) return bodies[0];
      if (done) return errno;
    }
  }

  /** Requests a list, and reads all of it. `onBody` must not keep its argument. */
  listNow(type: number, body: Uint8Array, onBody: (body: DataView) => void): void {
    const reading = this.#read(type, body, onBody);
    for (let step = reading.next(); step.done !== true; ) step = reading.next(this.#receiveBytes());
  }

  /** As `listNow`, with the kernel working on a pool thread: it may have to search a large table. */
  async list(type: number, body: Uint8Array, onBody: (body: DataView) => void): Promise<void> {
    const reading = this.#read(type, body, onBody);
    for (let step = reading.next(); step.done !== true; ) {
      const length = await receiveOnPoolThread(this.#fd, this.#bytes);
      // If the read failed, the next one returns the error.
      step = reading.next(length < 0 ? this.#receiveBytes() : this.#bytes.subarray(0, length));
    }
  }

  /**
   * Requests a list once, and yields its datagrams, each valid until the next. Objects that change meanwhile may be
   * missing. If the list is not read to its end, the socket is no longer usable.
   */
  *datagrams(type: number, body: Uint8Array): Generator<Uint8Array, never> {
    this.#send(type, NLM_F_REQUEST | NLM_F_DUMP, body);
    for (;;) yield this.#receiveBytes();
  }

  /** Handles received datagrams one by one. */
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

  [Symbol.dispose](): void {
    this.close();
  }

  #send(type: number, flags: number, body: Uint8Array): void {
    this.#sequence++;
    this.#sendBytes(renderMessage(type, flags, this.#sequence, body));
  }

  #sendBytes(bytes: Uint8Array): void {
    if (libc.send(this.#fd, bytes, bytes.length, 0) < 0) throw lastError('send', this.#subject);
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
      const errno = lastErrno();
      if (errno === EAGAIN && flags !== 0) return undefined;
      if (errno !== EINTR) throw new SystemCallError('recv', this.#subject, errno);
    }
  }
}

/** asm-generic/errno-base.h. EAGAIN also stands for a list that kept changing. */
const EAGAIN = 11;
const EINTR = 4;

/** For routes, interfaces and addresses. */
export const ROUTE_SOCKET = 'the routing netlink socket';

export const openRouteSocket = (): NetlinkSocket => new NetlinkSocket(NETLINK_ROUTE, ROUTE_SOCKET);

/** For the sockets of this network namespace. */
export const openDiagnosisSocket = (): NetlinkSocket =>
  new NetlinkSocket(NETLINK_SOCK_DIAG, 'the socket-diagnosis netlink socket');

/** For tracked connections. */
export const openTrackingSocket = (): NetlinkSocket =>
  new NetlinkSocket(NETLINK_NETFILTER, 'the connection-tracking netlink socket');

/** For rules, sets and what belongs to them. */
export const openFilterSocket = (subject = 'the netfilter netlink socket'): NetlinkSocket =>
  new NetlinkSocket(NETLINK_NETFILTER, subject);
