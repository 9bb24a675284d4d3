/** The calls of libc that the client makes; every one returns what its man page says. */
export type ClientCalls = {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly setsockopt: (
    fd: number,
    level: number,
    option: number,
    value: Uint8Array,
    length: number,
  ) => number;
  readonly connect: (fd: number, address: Uint8Array, length: number) => number;
  readonly sendto: (
    fd: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: number,
  ) => number;
  readonly close: (fd: number) => number;
  readonly ifNametoindex: (name: string) => number;
  /** _exit(2): `exitNow` says what it leaves out. */
  readonly exit: (status: number) => void;
  /** errno(3) of the call that was made last. */
  readonly errno: () => number;
};
