import { createSocket, type Socket } from 'node:dgram';
import type { NetServiceContext } from './net-service-context.ts';

/**
 * Sends UDP payloads from unconnected sockets, one for each source, and says what comes back. Orders, one a line:
 * `SOURCE TO PORT TIMES HEX`; each is confirmed with `sent N`. What comes: `reply FROM PORT HEX`.
 */
export function payloadSender({ say, inside, onLine, onEnd }: NetServiceContext): void {
  const sockets = new Map<string, Promise<Socket>>();
  const open = (source: string): Promise<Socket> => {
    const socket = createSocket(source.includes(':') ? 'udp6' : 'udp4');
    socket.on('message', (bytes, { address, port }) =>
      say(`reply ${address} ${port} ${bytes.toString('hex')}`),
    );
    socket.on('error', () => undefined);
    onEnd(() => socket.close());
    const { promise, resolve } = Promise.withResolvers<Socket>();
    inside(() => socket.bind(0, source, () => resolve(socket)));
    return promise;
  };
  let done = 0;
  let turn = Promise.resolve();
  onLine((line) => {
    const [source = '', to = '', port, times, hex = ''] = line.split(' ');
    turn = turn.then(async () => {
      const socket = sockets.get(source) ?? open(source);
      sockets.set(source, socket);
      const bound = await socket;
      const send = (): Promise<void> =>
        sendTimes(bound, Buffer.from(hex, 'hex'), [Number(port), to], Number(times));
      await (to.includes('%') ? sendInside(inside, send) : send());
      done++;
      say(`sent ${done}`);
    });
  });
  say('ready');
}

/** The name of an interface behind the address is known inside alone. */
function sendInside(inside: NetServiceContext['inside'], send: () => Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  inside(() => void send().then(resolve));
  return promise;
}

async function sendTimes(
  socket: Socket,
  bytes: Buffer,
  [port, to]: readonly [port: number, to: string],
  times: number,
): Promise<void> {
  for (let n = 0; n < times; n++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    // What the kernel refuses is sent again or missed by the test itself.
    socket.send(bytes, port, to, () => resolve());
    await promise;
  }
}
