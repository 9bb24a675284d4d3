// Keys of a hardware token, emulated below OpenSSH: the real ssh-agent, ssh-sk-helper and ssh-keygen sign.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Scratch } from '../lab/child-module.ts';
import { KnockJudge } from '../lab/knock-judge.ts';
import { BUSSA } from '../lab/knockd.ts';
import { Program } from '../lab/program.ts';
import { type Gesture, SoftwareToken } from '../lab/software-token.ts';
import { AgentProcess } from '../lab/ssh-agent.ts';

const TYPES = ['ed25519-sk', 'ecdsa-sk'] as const;

/** Options in front of the key on the server, what the person does, and whether the door opens. */
const CASES: readonly (readonly [string, Gesture, boolean])[] = [
  ['', 'touch', true],
  ['', 'pin', true],
  ['', 'nothing', false],
  ['no-touch-required ', 'nothing', true],
  ['verify-required ', 'touch', false],
  ['verify-required ', 'pin', true],
  ['no-touch-required,verify-required ', 'nothing', false],
];

describe('keys of a hardware token', () => {
  const scratch = new Scratch();
  const file = (name: string): string => scratch.file(name);
  let token: SoftwareToken;
  let agent: AgentProcess;

  before(async () => {
    token = new SoftwareToken(scratch);
    for (const type of TYPES) token.makeKey(type, file(type));
    agent = await AgentProcess.start(file('agent'), token.env, ['-P', `${scratch.path}/*`]);
    for (const type of TYPES) agent.add(file(type), '-S', token.provider);
  });
  after(async () => {
    await agent?.[Symbol.asyncDispose]();
    scratch[Symbol.dispose]();
  });

  const line = (type: string): string => readFileSync(`${file(type)}.pub`, 'utf8');

  async function knock(judge: KnockJudge, type: string, by: string) {
    const profile = `Host box\n  HostName 127.0.0.1\n  Card ${judge.card}\n  IdentityFile ${file(type)}\n  IdentityAgent ${by}\n  Retries 0\n`;
    const hosts = scratch.file('hosts', profile);
    await using program = new Program(BUSSA[0] as string, ['knock', '-F', hosts, 'box'], token.env);
    const { code } = await program.exited;
    return { code, output: program.output };
  }

  for (const [by, name] of [
    ['agent', 'ssh-agent'],
    ['none', 'ssh-keygen'],
  ] as const) {
    test(`${name}: touch and PIN are honoured as the server’s line asks for them`, async () => {
      for (const type of TYPES) {
        for (const [options, gesture, isOpen] of CASES) {
          await using judge = await KnockJudge.open(options + line(type));
          token.will(gesture);
          const { code, output } = await knock(judge, type, by === 'agent' ? agent.socket : by);
          const what = `${type} ${options}${gesture}: ${output}`;
          assert.equal(code, isOpen ? 0 : 1, what);
          assert.equal(judge.judged[0]?.status, isOpen ? 'open' : 'signature', what);
          assert.match(output, /^bussa: touch the token of .* when it blinks$/m, what);
        }
      }
    });

    test(`${name}: a token that is not plugged in is told in one sentence, with what to do`, async () => {
      token.will('absent');
      for (const type of TYPES) {
        await using judge = await KnockJudge.open(line(type));
        const { code, output } = await knock(judge, type, by === 'agent' ? agent.socket : by);
        assert.equal(code, 1, output);
        assert.match(output, /plug (?:it|the token) in,? and touch it when it blinks/, `${type}: ${output}`);
        assert.equal(judge.packets.size, 0);
      }
    });
  }
});
