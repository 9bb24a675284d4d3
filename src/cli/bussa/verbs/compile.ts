import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Verb } from '../../arguments/verb.ts';

const TARGETS = ['nftables'] as const;

/** BOUNDED: each address in a kernel set takes about 100 bytes. */
const SET_SIZES = { least: 16, most: 4_194_304 } as const;

const OPTIONS = {
  to: {
    type: 'string',
    value: 'KIND',
    completes: TARGETS,
    summary: 'what to compile to: `nftables`',
  },
  output: {
    type: 'string',
    value: 'PATH',
    short: 'o',
    completes: 'file',
    summary: 'write the ruleset to this new file, which only its owner can read',
  },
  'set-size': {
    type: 'string',
    value: 'NUMBER',
    summary: 'how many sources each set can hold (default 131072)',
    details:
      'While a set is full, no other source can begin an attempt; elements leave it after `seq_timeout`. A full set takes about 15 MB of kernel memory at the default size, and an empty one nothing.',
  },
} as const satisfies OptionTable;

export const COMPILE: Verb = {
  name: 'compile',
  summary: 'turn sequences into a ruleset that needs no program, for a router',
  description: [
    'Prints a ruleset for `nft -f` that recognizes knocks by itself, for a router or an appliance where Bussa cannot run. It contains the doors that have a sequence and `open`; it keeps attempts and leases in sets of source addresses with timeouts. IPv4 and IPv6 are treated alike. A wrong knock ends an attempt, and the ports beside the knock ports are decoy ports, so that an ascending scan opens nothing.',
    'Standard error and the ruleset name what a ruleset cannot do: it omits a door with a proof, a one-time file, `single_use` or only commands. In general there is no log, no history and no `explain`, a repeated TCP packet counts as a knock, and the random and memorable decoy ports are missing, because the ports in use on the router are unknown. While a flood fills a set, no new attempt can begin. The ruleset closes the ports that its doors open, but what another table drops stays closed: accept the ports there too.',
    'The ruleset contains the secret sequences. On OpenWrt, put it into `/usr/share/nftables.d/ruleset-post/`; on VyOS, load it in `/config/scripts/vyos-postconfig-bootup.script`.',
  ],
  operands: [{ name: 'FILE', summary: 'the configuration', completes: 'file' }],
  options: OPTIONS,
  streams: true,
  read: ({ values, operands: [file = ''] }) => {
    const target = values.get('to') ?? 'nftables';
    if (!TARGETS.some((one) => one === target))
      throw new UsageError(`cannot compile to '${target}': there is ${TARGETS.join(', ')}`);
    const size = readSize(values.get('set-size'));
    const path = values.get('output');
    return async (output) => {
      const { compileFile } = await import('../../../app/config/compile-file.ts');
      const result = compileFile(file, size, path);
      for (const line of result.messages) output.error(line);
      if (result.kind === 'bad') return result.isDenied ? EXIT.permission : EXIT.config;
      if (result.kind === 'failed') return EXIT.failed;
      if (path === undefined) output.print(result.text.trimEnd());
      return EXIT.ok;
    };
  },
};

function readSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const size = /^[0-9]{1,7}$/.test(text) ? Number(text) : 0;
  if (size >= SET_SIZES.least && size <= SET_SIZES.most) return size;
  throw new UsageError(
    `bad number '${text}' for --set-size: give one from ${SET_SIZES.least} to ${SET_SIZES.most}`,
  );
}
