import type { Profile } from '../../core/client/profile.ts';
import { SPA_SERVER_PORT } from '../../core/client/spa-access.ts';
import { familyOf } from '../../core/net/address.ts';
import { DatagramExchange } from '../../host/network/datagram-exchange.ts';
import { type Destination, renderDestination } from '../../host/network/destination.ts';
import { explainErrno } from './explain-errno.ts';
import { makeSpaPacket, type PreparedSpa } from './prepare-spa.ts';

/** Sends one fwknop packet. No answer is expected. `undefined`: sent; otherwise why it was not. */
export async function sendSpa(
  profile: Profile,
  to: Destination,
  prepared: PreparedSpa,
): Promise<string | undefined> {
  const { address } = prepared;
  if (address !== undefined && familyOf(address) !== to.family)
    return `not knocked at ${renderDestination(to)}: the SPA packet asks for ${address}, of another family`;
  const port = profile.spaPort ?? SPA_SERVER_PORT;
  const exchange = await DatagramExchange.open(to, port);
  const error = exchange instanceof Error ? exchange : await exchange.send(makeSpaPacket(profile, prepared));
  if (!(exchange instanceof Error)) exchange.close();
  if (error === undefined) return undefined;
  const { syscall = 'send', code = error.message, errno = 0 } = error;
  return explainErrno(`${syscall} on udp ${renderDestination(to)}:${port}: ${code}`, code, errno);
}
