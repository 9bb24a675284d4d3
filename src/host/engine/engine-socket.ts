import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { type EnginePlace, renderPlace } from '../../core/fleet/engine-address.ts';
import { connectError, EngineError } from './engine-error.ts';
import type { EngineFiles } from './engine-files.ts';
import { Wire } from './wire.ts';

/** The address of a server or sentinel. */
export type EngineTarget =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'place'; readonly tls: boolean; readonly place: EnginePlace };

/** A connection that is ready for commands. `reset` drops unsent data, which a plain close would still send. */
export type EngineSocket = { readonly stream: Socket | TLSSocket; readonly reset: () => void };

export const renderTarget = (target: EngineTarget): string =>
  target.kind === 'socket' ? target.path : renderPlace(target.place);

/** Throws an `EngineError`. */
export async function openEngineSocket(
  target: EngineTarget,
  files: EngineFiles,
  patienceMs: number,
): Promise<EngineSocket> {
  const plain = target.kind === 'socket' ? connect(target.path) : connect(target.place);
  const sockets: Socket[] = [plain];
  const where = renderTarget(target);
  const late = new EngineError('TIMEOUT', `${where} does not answer within ${patienceMs / 1000} s`);
  const timer = setTimeout(() => plain.destroy(late), patienceMs);
  try {
    await ready(plain, 'connect');
    // A small command must not wait for the acknowledgement of the previous one. TLS cannot set this through its
    // `Wire`.
    plain.setNoDelay(true);
    if (target.kind === 'socket' || !target.tls) return { stream: plain, reset: () => reset(plain) };
    const secure = startTls(plain, target.place.host, files);
    sockets.push(secure);
    plain.once('error', (error) => secure.destroy(error));
    await ready(secure, 'secureConnect');
    return { stream: secure, reset: () => reset(plain, secure) };
  } catch (error) {
    for (const socket of sockets) socket.destroy();
    throw connectError(where, error);
  } finally {
    clearTimeout(timer);
  }
}

function startTls(socket: Socket, host: string, files: EngineFiles): TLSSocket {
  return connectTls({
    socket: new Wire(socket),
    host,
    // RFC 6066, § 3: a server name is never an address.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    secureContext: readContext(files),
  });
}

/** Throws an `EngineError`: OpenSSL does not name the file. */
function readContext(files: EngineFiles): SecureContext {
  try {
    return createSecureContext({
      ...(files.ca === undefined ? {} : { ca: files.ca }),
      ...(files.certificate === undefined ? {} : { cert: files.certificate }),
      ...(files.key === undefined ? {} : { key: files.key }),
      minVersion: 'TLSv1.2',
    });
  } catch (error) {
    const { message } = error as Error;
    throw new EngineError(
      'EINVAL',
      `ca.pem is not a certificate, or client.pem and client.key are not a certificate and its key (${message}): copy them from the host of the engine again`,
    );
  }
}

/** Resolves on `event`. Later errors are for the user of the socket; without a listener they would end the process. */
function ready(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.once('close', () => reject(new EngineError('ECONNRESET', 'the engine has hung up (ECONNRESET)')));
    socket.once(event, () => resolve());
  });
}

function reset(plain: Socket, secure?: TLSSocket): void {
  try {
    // libuv does not reset a socket that is being closed (uv_tcp_close_reset), and Node.js would then never close it.
    if (plain.writableEnded) plain.destroy();
    else plain.resetAndDestroy();
  } catch {
    // A Unix socket has no reset: written data has reached the engine already.
    plain.destroy();
  }
  secure?.destroy();
}
