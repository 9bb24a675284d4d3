import type * as nodeFfi from 'node:ffi';
import type { ClientCalls } from './client-calls.ts';

type NodeFfi = typeof nodeFfi;

/**
 * By the FFI of Node.js where it is on, as it is in the executable: it is there already, and koffi takes a fifth of the run
 * of `knock` to load. Else by koffi; throws where there is none.
 */
export async function openClientCalls(): Promise<ClientCalls> {
  const ffi = process.getBuiltinModule('node:ffi') as NodeFfi | undefined;
  if (ffi !== undefined) return byNode(ffi);
  const { koffiCalls } = await import('./koffi-calls.ts');
  return koffiCalls;
}

/** errno is an int. */
const ERRNO_BYTES = 4;

function byNode(ffi: NodeFfi): ClientCalls {
  const { functions } = ffi.dlopen('libc.so.6', {
    socket: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
    setsockopt: { arguments: ['int32', 'int32', 'int32', 'buffer', 'uint32'], return: 'int32' },
    connect: { arguments: ['int32', 'buffer', 'uint32'], return: 'int32' },
    sendto: { arguments: ['int32', 'buffer', 'uint64', 'int32', 'buffer', 'uint32'], return: 'int64' },
    close: { arguments: ['int32'], return: 'int32' },
    if_nametoindex: { arguments: ['string'], return: 'uint32' },
    _exit: { arguments: ['int32'], return: 'void' },
    __errno_location: { arguments: [], return: 'pointer' },
  });
  // A thread's errno keeps its place: reading it there makes no other call in between.
  const errno = new Int32Array(ffi.toArrayBuffer(functions.__errno_location(), ERRNO_BYTES, false));
  return {
    socket: functions.socket,
    setsockopt: functions.setsockopt,
    connect: functions.connect,
    sendto: (fd, bytes, length, flags, address, addressLength) =>
      Number(functions.sendto(fd, bytes, BigInt(length), flags, address, addressLength)),
    close: functions.close,
    ifNametoindex: functions.if_nametoindex,
    exit: functions._exit,
    errno: () => errno[0] ?? 0,
  };
}
