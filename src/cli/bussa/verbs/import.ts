import { EXIT } from '../../../host/self/exit-status.ts';
import type { Output, Verb } from '../../arguments/verb.ts';
import { hostsFile, PROFILE_OPTIONS } from '../../daemon-verbs/profile-options.ts';

export const IMPORT: Verb = {
  name: 'import',
  summary: 'take over the configuration of fwknop',
  description: [
    'Reads the `.fwknoprc` of the fwknop client. For each stanza it writes a profile into `hosts.conf` and a file with its keys beside it, both with mode 600, so that `bussa knock` and `bussa connect` ask the same fwknopd. It names what it leaves out, and why: GPG, NAT, stanzas without a key.',
    'If the file has a mistake, or a profile of that name exists already, it names all of them and writes nothing. A second run changes nothing.',
  ],
  operands: [{ name: 'FILE', summary: 'the file, such as `~/.fwknoprc`', completes: 'file' }],
  options: PROFILE_OPTIONS,
  read: ({ values, operands: [file = ''] }, environment) => {
    const hosts = hostsFile(values, environment);
    return (output) => importClient(file, hosts, output);
  },
};

async function importClient(file: string, hosts: string, output: Output): Promise<number> {
  const { importFwknoprc } = await import('../../../app/client/import-fwknoprc.ts');
  const { printable } = await import('../../../core/event/printable.ts');
  const result = await importFwknoprc(file, hosts);
  if (result.kind !== 'written') {
    for (const line of result.errors) output.error(printable(line));
    return result.kind === 'permission' ? EXIT.permission : EXIT.config;
  }
  const { profiles, leftOut, warnings } = result;
  for (const line of warnings) output.error(`bussa: ${printable(line)}`);
  const value = {
    file: hosts,
    profiles: profiles.map(({ name, keyFile, isNew }) => ({
      profile: name,
      key_file: keyFile,
      written: isNew,
    })),
    left_out: leftOut.map(({ line, stanza, what }) => ({ line, stanza, what })),
  };
  output.answer(value, [
    ...profiles.map(({ name, keyFile, isNew }) =>
      printable(
        isNew ? `${name}: written to ${hosts}, its keys to ${keyFile}` : `${name}: ${hosts} has it already`,
      ),
    ),
    ...(profiles.length === 0 ? [printable(`nothing in ${file} can be taken over`)] : []),
    ...leftOut.map(({ line, stanza, what }) => printable(`${file}:${line}: [${stanza}] ${what}`)),
    ...(profiles.length === 0 ? [] : ['', `To knock: bussa knock ${profiles[0]?.name}`]),
  ]);
  return profiles.length === 0 ? EXIT.failed : EXIT.ok;
}
