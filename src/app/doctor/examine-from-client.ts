import type { Profile } from '../../core/client/profile.ts';
import type { Finding } from '../../core/doctor/finding.ts';
import { look, ok, problem } from '../../core/doctor/finding.ts';
import { judgeReachability, type OutsideEvidence } from '../../core/doctor/judge-reachability.ts';
import type { Port } from '../../core/net/port.ts';
import { millis } from '../../core/net/time.ts';
import { firstConnection } from '../../host/network/first-connection.ts';
import { answersPing } from '../../host/network/ping.ts';
import { sourceAddressTo } from '../../host/network/source-address.ts';
import { PLATFORM, type Platform } from '../../host/platform/platform.ts';
import type { AddressResult, Answer } from '../client/address-result.ts';
import { reach } from '../client/reach.ts';

/** Two rounds tell as much as four, in less time. */
const RETRIES = 1;
/** A host that resets does so within a second. */
const PATIENCE = millis(1000);

/** Knocks with the profile, and draws conclusions from the answers. The profile must have a knock. */
export async function examineFromClient(profile: Profile, port: Port): Promise<readonly Finding[]> {
  const retries = Math.min(profile.retries, RETRIES);
  const request = {
    profile: { ...profile, retries },
    port,
    ask: 'before' as const,
    onNotice: () => undefined,
  };
  const reached = await reach(request, () => undefined);
  if (reached.kind === 'unresolved') {
    return [problem('not-sent', reached.reason, look(`${lookUp(PLATFORM)} ${profile.hostName}`))];
  }
  if (reached.kind === 'open') reached.socket.destroy();
  const addresses = reached.results.map(({ to }) => to.address).join(' and ');
  const name = ok('name', `${profile.name} is ${addresses}`);
  const tried = reached.results.filter(
    (result) => result.knocked > 0 || result.notSent.length > 0 || isOpen(result),
  );
  const results = tried.length > 0 ? tried : reached.results;
  return [
    name,
    ...(await Promise.all(
      results.map(async (result) => judgeReachability(await gather(profile, port, result))),
    )),
  ];
}

const isOpen = ({ before }: AddressResult): boolean => before?.kind === 'open';

async function gather(profile: Profile, port: Port, result: AddressResult): Promise<OutsideEvidence> {
  const { to, before, after, knocked, notSent } = result;
  const isSilent = knocked > 0 && after?.kind === 'silent';
  const [source, knockPort, isAnswered] = await Promise.all([
    sourceAddressTo(to, port),
    isSilent ? askKnockPort(profile, result) : undefined,
    isSilent ? answersPing(to.address, to.family, PLATFORM) : undefined,
  ]);
  return {
    profile: profile.name,
    address: to.address,
    port,
    knocked,
    notSent,
    ...(source === undefined ? {} : { source }),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(knockPort === undefined ? {} : { knockPort }),
    ...(isAnswered === undefined ? {} : { answersPing: isAnswered }),
  };
}

/** One more packet, to a port of the sequence: a host that drops unwanted packets does not answer it either. */
async function askKnockPort({ knock }: Profile, { to }: AddressResult): Promise<Answer | undefined> {
  const step = knock?.find(({ protocol }) => protocol === 'tcp');
  if (step === undefined) return undefined;
  const answer = await firstConnection(to, step.port, [millis(0)], PATIENCE);
  if (answer.kind !== 'open') return answer;
  answer.socket.destroy();
  return { kind: 'open' };
}

/** getent(1) resolves names as this program does. macOS and Windows do not have it. */
const lookUp = (platform: Platform): string => (platform === 'linux' ? 'getent ahosts' : 'nslookup');
