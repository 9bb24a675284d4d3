import assert from 'node:assert/strict';
import { parseEngine, renderEngine } from '../../../src/core/fleet/engine-address.ts';
import { parseFleetKey, renderFleetKey } from '../../../src/core/fleet/fleet-key.ts';
import { type FleetRecord, MAX_CHANGES, SIGNATURE_BYTES } from '../../../src/core/fleet/fleet-record.ts';
import { memberLine } from '../../../src/core/fleet/member-line.ts';
import { parseMembers } from '../../../src/core/fleet/parse-members.ts';
import { parseRecord } from '../../../src/core/fleet/parse-record.ts';
import { renderRecord } from '../../../src/core/fleet/render-record.ts';
import { parseAnswer, parseQuestion } from '../../../src/core/fleet/spread/spread-messages.ts';
import { parseAddress } from '../../../src/core/net/address.ts';
import { parsePrefix } from '../../../src/core/net/prefix.ts';
import { instant, millis } from '../../../src/core/net/time.ts';
import { texts } from '../corpus.ts';
import { judgePlaces } from '../judge-places.ts';
import { readerTarget, type Target } from '../target.ts';

/** What a fleet reads: records and questions of whoever holds the engine, and the operator's files. The first byte chooses. */
export function fleetTarget(): Target {
  return readerTarget(
    {
      name: 'fleet',
      share: 10,
      material: { corpus: [...RECORDS, ...FILES], tokens: TOKENS, maxBytes: 2048 },
    },
    take,
  );
}

function take(input: Uint8Array): void {
  const bytes = input.subarray(1);
  const text = Buffer.from(bytes).toString('utf8');
  switch (String.fromCharCode(input[0] ?? 0)) {
    case 'm': {
      const result = parseMembers('m', bytes);
      if (result.kind === 'bad') judgePlaces(bytes, result.diagnostics);
      else assert.equal(new Set(result.members.map(({ name }) => name)).size, result.members.length);
      return;
    }
    case 'k': {
      const read = parseFleetKey(text);
      if (read.kind === 'key') assert.deepEqual(parseFleetKey(renderFleetKey(read.key)), read);
      return;
    }
    case 'e': {
      const read = parseEngine(text);
      if (read.kind === 'engine') assert.deepEqual(parseEngine(renderEngine(read.engine)), read);
      return;
    }
    case 'q':
      parseQuestion(bytes);
      parseAnswer(bytes);
      return;
    default: {
      const read = parseRecord(bytes);
      if (read === undefined) return;
      assert.deepEqual(renderRecord(read.record), Uint8Array.from(bytes.subarray(0, -SIGNATURE_BYTES)));
      const changes = Object.values(read.record.body).find(Array.isArray) ?? [];
      assert.ok(changes.length <= MAX_CHANGES);
    }
  }
}

const HEAD = {
  fleet: 'main',
  member: 'gw1',
  epoch: '0123456789abcdef',
  number: 7,
  at: instant(1.8e12),
} as const;
const PLACES = ['192.0.2.7', '2001:db8::7'].flatMap((text) => parseAddress(text) ?? []);
const PREFIXES = ['192.0.2.0/24', '2001:db8::/32', '192.0.2.1'].flatMap((text) => parsePrefix(text) ?? []);

const BODIES: readonly FleetRecord['body'][] = [
  { kind: 'hello', leases: [] },
  {
    kind: 'open',
    leases: PLACES.map((source) => ({
      door: 'ssh',
      source,
      rest: millis(60_000),
      lease: 'ab'.repeat(8) as never,
    })),
  },
  { kind: 'close', ends: PLACES.map((source, n) => ({ door: `d${n}`, source })) },
  { kind: 'ban', bans: PREFIXES.map((who) => ({ who })) },
  { kind: 'unban', lifted: PREFIXES },
];

const RECORDS = BODIES.map((body) =>
  Buffer.concat([Buffer.from('r'), renderRecord({ ...HEAD, body }), new Uint8Array(SIGNATURE_BYTES)]),
);

const LINE = memberLine('gw2', new Uint8Array(32).fill(7));

const FILES = texts(
  `m# the fleet\n${LINE} doors=ssh,web bans\n\r\n${memberLine('gw3', new Uint8Array(32).fill(8))} doors=*\n`,
  `k${renderFleetKey({ fleet: 'main', secret: new Uint8Array(32), member: new Uint8Array(32).fill(1) })}`,
  'evalkeys://gw1@valkey.example.org:6380',
  'evalkeys+sentinel://gw1@a,b:26380,[2001:db8::1]/primary',
  'eunix://gw1@/run/valkey/valkey.sock',
);

const TOKENS = texts(
  ...[
    'm',
    'k',
    'e',
    'q',
    'r',
    '\n',
    ' ',
    ',',
    ':',
    '@',
    '/',
    '[',
    ']',
    '\0',
    '\uFEFF',
    'doors=',
    'bans',
    '*',
  ],
  ...[
    `${LINE}\n`,
    'ssh-ed25519 ',
    'fleet ',
    'secret ',
    'member ',
    'valkeys://',
    'unix:',
    '+sentinel',
    ':6379',
  ],
);
