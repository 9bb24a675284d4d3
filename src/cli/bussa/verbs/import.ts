import { readSpaRequest, type WantedPort } from '../../../core/spa/spa-request.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Output, Verb } from '../../arguments/verb.ts';
import { judgedFile, readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';
import { hostsFile, PROFILE_OPTIONS } from '../../daemon-verbs/profile-options.ts';

const OPTIONS = {
  write: {
    type: 'boolean',
    summary: 'with `access.conf`: write the doors and users; without it they are only shown',
  },
  ports: {
    type: 'string',
    value: 'PORTS',
    summary: 'with `access.conf`: what stanzas without OPEN_PORTS open, such as `tcp/22,udp/53`',
  },
  ...PROFILE_OPTIONS,
  ...SELECTOR_OPTIONS,
} as const satisfies OptionTable;

export const IMPORT: Verb = {
  name: 'import',
  summary: 'take over the configuration of fwknop',
  description: [
    'Reads the `access.conf` of fwknopd, or the `.fwknoprc` of its client.',
    "For `access.conf` it prints the doors and users that correspond to its stanzas. With `--write` it adds them to `knockd.conf` and to the users file, and changes nothing else there. It follows `%include`, `%include_folder` and `%include_keys`. It lists what it skips, with Bussa's alternative: GPG, commands that clients send, NAT.",
    'For each stanza of `.fwknoprc` it writes a profile into `hosts.conf` and a file with its keys beside it, both with mode 600, so that `bussa knock` and `bussa connect` use the same fwknopd. It lists what it skips, and why: GPG, NAT, stanzas without a key.',
    'If the file has a mistake, or a profile of that name exists already, it reports all of them and writes nothing. A second run changes nothing.',
  ],
  operands: [
    {
      name: 'FILE',
      summary: 'the file, such as `/etc/fwknop/access.conf` or `~/.fwknoprc`',
      completes: 'file',
    },
  ],
  options: OPTIONS,
  read: ({ values, operands: [file = ''] }, environment) => {
    const hosts = hostsFile(values, environment);
    const choice = readSelector(values, environment);
    const ports = readPorts(values.get('ports'));
    const isWritten = values.has('write');
    return async (output) => {
      if (!(await isOfServer(file))) return importClient(file, hosts, output);
      const judged = await judgedFile(undefined, choice, output);
      if (typeof judged === 'number') return judged;
      const { importServer } = await import('../users/import-access.ts');
      return importServer({ file, config: judged.file, ports, isWritten, choice }, output);
    };
  },
};

function readPorts(text: string | undefined): readonly WantedPort[] {
  if (text === undefined) return [];
  const request = readSpaRequest(`0.0.0.0,${text.replaceAll(' ', '')}`);
  if (request === undefined) throw new UsageError(`'${text}' is not a list of ports: --ports tcp/22,udp/53`);
  return request.ports;
}

/** An unreadable file is reported by the import itself. */
async function isOfServer(file: string): Promise<boolean> {
  const { readWhole } = await import('../../../host/files/read-whole.ts');
  const { isAccessFile } = await import('../../../app/users/import-access.ts');
  try {
    return isAccessFile(new TextDecoder().decode(readWhole(file)));
  } catch {
    return /access[^/]*$/.test(file);
  }
}

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
    ...(profiles.length === 0
      ? [
          printable(
            `nothing in ${file} can be taken over: give the access.conf of fwknopd, or the .fwknoprc of its client`,
          ),
        ]
      : []),
    ...leftOut.map(({ line, stanza, what }) => printable(`${file}:${line}: [${stanza}] ${what}`)),
    ...(profiles.length === 0 ? [] : ['', `To knock: bussa knock ${profiles[0]?.name}`]),
  ]);
  return profiles.length === 0 ? EXIT.failed : EXIT.ok;
}
