import type { HostsFile } from '../../../core/client/hosts-file.ts';
import { canKnock, type Profile, profileNames, profileOf } from '../../../core/client/profile.ts';
import type { Output } from '../../arguments/verb.ts';

/** Lists the profiles, without their secrets. */
export function printProfiles(hosts: HostsFile, file: string, output: Output): void {
  const profiles = profileNames(hosts).map((name) => profileOf(hosts, name));
  output.answer(
    profiles.map(({ name, hostName, port, knock, card, spa }) => ({
      profile: name,
      host: hostName,
      port,
      knocks: knock !== undefined,
      ...(card === undefined ? {} : { card: true }),
      ...(spa === undefined ? {} : { spa: true }),
    })),
    profiles.length === 0 ? [`${file} has no profile`] : profiles.map(renderProfile),
  );
}

function renderProfile(profile: Profile): string {
  const { name, hostName, port, card, spa } = profile;
  const words = [
    ...(hostName === name ? [] : [hostName]),
    ...(port === undefined ? [] : [`port ${port}`]),
    ...(card === undefined ? [] : ['by key']),
    ...(spa === undefined ? [] : ['by SPA']),
    ...(canKnock(profile) ? [] : ['without a Knock']),
  ];
  return words.length === 0 ? name : `${name}: ${words.join(', ')}`;
}
