import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gatesOf } from '../../../src/app/daemon/firewall/gates-of.ts';
import { AttemptEngine } from '../../../src/core/attempt/attempt-engine.ts';
import type { Config } from '../../../src/core/config/file/config.ts';
import { parseOneTimeSequences } from '../../../src/core/config/file/one-time-sequences.ts';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import type { Door, DoorSpec } from '../../../src/core/door/door.ts';
import { hookEnvironment } from '../../../src/core/door/hook.ts';
import { renderCommands } from '../../../src/core/door/opening.ts';
import {
  parsePortOpening,
  renderPortOpening,
  renderPortOpenings,
} from '../../../src/core/door/port-opening.ts';
import { renderSequence } from '../../../src/core/door/sequence.ts';
import { renderCaptureFilter } from '../../../src/core/filter/capture-filter.ts';
import { doorSet, isOwnSet } from '../../../src/core/iptables/part-names.ts';
import { readOwnPart } from '../../../src/core/iptables/read-rules.ts';
import { renderInstall } from '../../../src/core/iptables/restore-text.ts';
import { type Address, parseAddress } from '../../../src/core/net/address.ts';
import { parsePrefix, renderPrefix } from '../../../src/core/net/prefix.ts';
import { millis } from '../../../src/core/net/time.ts';
import { renderAttachedRules } from '../../../src/core/nft/attached-rules.ts';
import { renderOwnTable } from '../../../src/core/nft/own-table.ts';
import { type Diagnostic, renderDiagnostic } from '../../../src/core/text/diagnostic.ts';
import { readCorpus, texts } from '../corpus.ts';
import { judgeLine } from '../judge-line.ts';
import { judgePlaces } from '../judge-places.ts';
import { readerTarget, type Target } from '../target.ts';

const SOURCES = ['192.0.2.1' as Address, '2001:db8::1' as Address];
const utf8 = new TextEncoder();

/** Configurations, and everything that is made of one that is good. */
export function configTarget(): Target {
  const examples = ['native-ssh', 'mixed', 'ipv6', 'openbits', 'openssh'].map((name) =>
    Uint8Array.from(readFileSync(path.join(import.meta.dirname, `../../../examples/${name}.conf`))),
  );
  return readerTarget(
    {
      name: 'config',
      share: 30,
      material: { corpus: [...examples, ...readCorpus('config')], tokens: TOKENS, maxBytes: 65_536 },
    },
    take,
  );
}

function take(bytes: Uint8Array): void {
  const result = parseConfig('knockd.conf', bytes);
  const diagnostics: readonly Diagnostic[] = result.kind === 'ok' ? result.warnings : result.diagnostics;
  judgePlaces(bytes, diagnostics);
  for (const diagnostic of diagnostics) judgeLine(renderDiagnostic(diagnostic));
  assert.deepEqual(parseConfig('knockd.conf', bytes.slice()), result, 'the same twice');
  if (result.kind === 'bad') {
    assert.ok(diagnostics.some(({ severity }) => severity === 'error'));
    return;
  }
  assert.ok(diagnostics.every(({ severity }) => severity === 'warning'));
  judgeConfig(result.config);
}

function judgeConfig(config: Config): void {
  assert.ok(config.doors.length > 0);
  const doors = config.doors.flatMap(watchable);
  for (const door of config.doors) judgeDoor(door);
  if (doors.length > 0) {
    judgeText(renderCaptureFilter(doors, { ipv6: true }));
    void new AttemptEngine(doors, [1, 2], { attempts: 4, recentPackets: 4 });
  }
  judgeFirewall(config);
}

function watchable(door: DoorSpec): Door[] {
  const { sequenceSource: source } = door;
  return source.kind === 'fixed' ? [{ ...door, sequence: source.sequence }] : [];
}

/** What is rendered and parsed again is the same. */
function judgeDoor(door: DoorSpec): void {
  const { sequenceSource, opening, target, allow = [], deny = [], name } = door;
  judgeCommand(name);
  if (sequenceSource.kind === 'fixed') {
    const text = renderSequence(sequenceSource.sequence);
    const { next } = parseOneTimeSequences('f', utf8.encode(text));
    assert.deepEqual(next?.sequence, sequenceSource.sequence);
  }
  for (const port of opening.ports ?? []) assert.deepEqual(parsePortOpening(renderPortOpening(port)), port);
  if (target !== undefined) assert.equal(parseAddress(target), target);
  for (const prefix of [...allow, ...deny]) assert.deepEqual(parsePrefix(renderPrefix(prefix)), prefix);
  for (const source of SOURCES) {
    for (const command of Object.values(renderCommands(opening, source))) judgeCommand(command);
    const occasion = {
      event: 'open',
      door: name,
      source,
      ports: renderPortOpenings(opening.ports ?? []),
    } as const;
    for (const value of Object.values(hookEnvironment(occasion))) judgeCommand(value);
  }
}

/** What is run or stands in an environment has no byte that ends it, and no control character but a tab. */
function judgeCommand(text: string): void {
  assert.ok(!/[^\P{Cc}\t]/u.test(text), JSON.stringify(text));
}

/** Nothing of a door's name may become a command of the firewall's. */
function judgeFirewall(config: Config): void {
  const gates = gatesOf(config);
  const grants = gates.flatMap(({ door }) => SOURCES.map((source) => ({ door, source, left: millis(1000) })));
  const lines = renderOwnTable(gates, grants);
  const { attach } = config.settings;
  const anchors = (attach ?? []).map((point) => ({ point, path: 'input' as const }));
  lines.push(...renderAttachedRules(anchors, gates, grants));
  for (const line of lines) judgeText(line);
  for (const { door } of gates) assert.ok(isOwnSet(doorSet(door, 6)), door);
  const install = renderInstall(4, gates, grants, 'rules', readOwnPart(''));
  judgeText(install.replaceAll('\n', ' '));
}

function judgeText(text: string): void {
  assert.match(text, /^[\x20-\x7e]*$/);
}

const TOKENS = texts(
  '\n',
  '\r\n',
  '[',
  ']',
  '=',
  ',',
  ':',
  '#',
  '\0',
  '\x1b[2K',
  '\u009b',
  '\u202e',
  '\u2028',
  '\uFEFF',
  '[options]\n',
  '[a]\n',
  '\nsequence=1,2:udp\n',
  '\ncommand=x\n',
  '\nstop_command=%IP%\n',
  '\none_time_sequences=/f\n',
  '\nopen=tcp/22,udp/1-9 forward\n',
  '\nattach=inet filter input\n',
  '\nallow=::/0,10.0.0.0/8\n',
  '\ndeny=2001:db8::/32\n',
  '\ncooldown=5m\n',
  '\nsingle_use=yes\n',
  '\nmax_leases=3\n',
  '\non_open=sh: echo $BUSSA_DOOR\n',
  "\non_close='/bin/a b' \"c\n",
  '\ntcpflags=syn,!ack,fin\n',
  '\ntarget=::1\n',
  '\ninterface=eth0,any\n',
  '\ncmd_timeout=99999999999\n',
  '\nseq_timeout=0x10\n',
  '\nfirewall=auto\n',
  '65535',
  '65536',
  '-1',
  '4294967296',
  "'",
  '"',
  '\\',
  'sh:',
  '\t',
);
