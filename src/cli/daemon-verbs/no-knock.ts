import { existsSync } from 'node:fs';

/** Why the profile cannot knock, and both ways to change that. `others`: what else could be configured. */
export function noKnock(file: string, name: string, others = ''): string {
  const what = existsSync(file)
    ? `${file} has no Knock for '${name}', no Card${others}`
    : `there is no ${file}`;
  return `${what}: for a sequence, write the lines Host ${name} and Knock 7000 8000:udp 9000 into it; for a knock signed by your SSH key, run bussa host add ${name} CARD (bussa key show prints the card on the server)`;
}
