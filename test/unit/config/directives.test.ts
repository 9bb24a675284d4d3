import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DIRECTIVES } from '../../../src/core/config/file/directives.ts';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';

const DOOR =
  '[ssh]\n\tsequence = 7000,8000,9000\n\topen = tcp/22\n\taccept = key, code\n\tcode_ports = 11, 12\n';
const COMMAND_DOOR = '[web]\n\tsequence = 7000,8000,9000\n\tstart_command = /bin/echo\n';
const FLEET = '[fleet]\n\tengine = unix:///run/valkey/valkey.sock\n\tname = gw1\n';
const NEEDED = `[options]\n\tsigned_port = 40617\n${FLEET}`;

const parse = (text: string) => parseConfig('knockd.conf', new TextEncoder().encode(text));

/** Values of the directives whose kind does not show in what the manual says of them. */
const VALUES: Readonly<Record<string, string>> = {
  'PORT[:tcp|:udp][,...]': '7000,8000:udp',
  'A, B': '17, 23',
  'PROOF[,...]': 'key, code',
  'NAME[,...]': 'alice',
  'udp,icmp,tcp,http': 'udp, http',
  'FLAG[,...]': 'syn',
  'NETWORK[,...]': '192.0.2.0/24',
  'NAME[,...]|any|auto': 'eth0',
  'ADDRESS:PORT|PATH|off': '127.0.0.1:9617',
  'FAMILY TABLE CHAIN[,...]': 'inet filter input',
  ADDRESS: '192.0.2.1',
  BITS: '64',
  COMMAND: '/bin/true',
  FILE: '/etc/file',
  GROUP: 'adm',
  HOOK: '/bin/true',
  NUMBER: '7',
  PORT: '40617',
  PORTS: 'tcp/8022',
  SECONDS: '7',
  TIME: '7',
  NAME: 'gw1',
  URL: 'unix:///run/valkey/valkey.sock',
  'WORD[,...]': 'share, accept',
};

/** One that its help allows. */
function allowedValue(help: string): string {
  const value = VALUES[help] ?? help.split('|').at(-1) ?? '';
  assert.match(value, /^[^A-Z[]+$/, `nothing is known for ${help}`);
  return value;
}

function withLine({ section, help }: (typeof DIRECTIVES)[number], line: string): string {
  if (section === 'options') return `${FLEET}[options]\n\tsigned_port = 40617\n\t${line}\n${DOOR}`;
  if (section === 'fleet') return `${NEEDED}\t${line}\n${DOOR}`;
  return `${NEEDED}${help.list === 'commands' ? COMMAND_DOOR : DOOR}\t${line}\n`;
}

describe('the tables of directives', () => {
  for (const directive of DIRECTIVES) {
    const { name, alias, help, example } = directive;
    test(`${name} takes what its help says, in each spelling`, () => {
      for (const spelling of alias === undefined ? [name] : [name, alias]) {
        const result = parse(withLine(directive, `${spelling} = ${allowedValue(help.value)}`));
        const errors =
          result.kind === 'ok' ? [] : result.diagnostics.filter(({ severity }) => severity === 'error');
        const told = errors.map(({ message }) => message);
        // A door has one sequence or a file of them.
        const expected = name === 'One_Time_Sequences' ? 1 : 0;
        assert.equal(told.length, expected, told.join('; '));
      }
    });

    test(`${name}: what its help calls the default is taken, and its example too`, () => {
      const typed = /^`?([0-9a-z/.]+)`?$/.exec(help.default ?? '')?.[1];
      const words = ['none', 'nobody', 'everybody', 'nothing'];
      const lines = [
        ...(example === undefined || example.startsWith('`') ? [] : [example]),
        ...(typed === undefined || words.includes(typed) ? [] : [`${name} = ${typed}`]),
      ];
      for (const line of lines) {
        const result = parse(withLine(directive, line));
        assert.equal(result.kind, 'ok', JSON.stringify(result.kind === 'ok' ? '' : result.diagnostics));
      }
    });
  }

  test('a default that stands in the help is the one that holds', () => {
    for (const directive of DIRECTIVES) {
      const { name, section, help } = directive;
      const typed = /^`?([0-9]+|no)`?$/.exec(help.default ?? '')?.[1];
      if (typed === undefined || section !== 'door' || name === 'Max_Leases') continue;
      const [without, withIt] = ['', `${name} = ${typed}`].map((line) => parse(withLine(directive, line)));
      assert.ok(without?.kind === 'ok' && withIt?.kind === 'ok', name);
      assert.deepEqual(withIt.config, without.config, name);
    }
  });
});
