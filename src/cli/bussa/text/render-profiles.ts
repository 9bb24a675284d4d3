import type { HostsFile } from '../../../core/client/hosts-file.ts';
import { type Profile, profileNames, profileOf } from '../../../core/client/profile.ts';
import type { Output } from '../../arguments/verb.ts';

/** Lists the profiles, without their secrets. */
export function answerProfiles(hosts: HostsFile, file: string, output: Output): void {
  const profiles = profileNames(hosts).map((name) => profileOf(hosts, name));
  output.answer(
    profiles.map(({ name, hostName, port, knock, card }) => ({
      profile: name,
      host: hostName,
      port,
      knocks: knock !== undefined,
      ...(card === undefined ? {} : { card: true }),
    })),
    profiles.length === 0 ? [`${file} has no profile`] : profiles.map(renderProfile),
  );
}

function renderProfile({ name, hostName, port, knock, card }: Profile): string {
  const words = [
    ...(hostName === name ? [] : [hostName]),
    ...(port === undefined ? [] : [`port ${port}`]),
    ...(card === undefined ? [] : ['by key']),
    ...(knock === undefined && card === undefined ? ['without a Knock'] : []),
  ];
  return words.length === 0 ? name : `${name}: ${words.join(', ')}`;
}
