import type { Profile } from '../../../core/client/profile.ts';
import { renderBase32 } from '../../../core/code/totp.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Output } from '../../arguments/verb.ts';
import type { ProfilePage } from './page-options.ts';
import { writeKnockPage } from './write-knock-page.ts';

/** Writes the page of a profile. Returns the exit status. */
export async function writeProfilePage(profile: Profile, page: ProfilePage, output: Output): Promise<number> {
  const { hostName: host, port, knock, codePorts } = profile;
  const prefixes = page.recipe ?? codePorts;
  const secret = page.withSecret ? await secretOf(profile, prefixes !== undefined, output) : undefined;
  if (typeof secret === 'number') return secret;
  return writeKnockPage(
    page.file,
    {
      host,
      ...(port === undefined ? {} : { port }),
      ...(knock === undefined ? {} : { sequence: knock }),
      ...(prefixes === undefined ? {} : { codePrefixes: prefixes }),
      ...(secret === undefined ? {} : { secret }),
      ...(page.link === undefined ? {} : { link: page.link }),
    },
    output,
  );
}

/** In base32; or the exit status after a reported failure. */
async function secretOf(profile: Profile, hasCodes: boolean, output: Output): Promise<string | number> {
  const { name, codeFile } = profile;
  if (!hasCodes || codeFile === undefined) {
    const missing = hasCodes ? 'CodeFile' : 'CodePorts';
    output.error(
      `bussa: no page was written: the profile of ${name} has no ${missing}, which --with-secret needs; leave the option out for a page without the secret`,
    );
    return EXIT.config;
  }
  const { readCodeSecret } = await import('../../../app/client/code-steps.ts');
  const read = await readCodeSecret(profile, codeFile);
  if (read.kind === 'secret') return renderBase32(read.secret);
  for (const reason of read.reasons) output.error(`bussa: no page was written: ${reason}`);
  return EXIT.config;
}
