import assert from 'node:assert/strict';
import { SpaJudge } from '../../../src/app/daemon/proofs/spa-judge.ts';
import type { SpaPackets } from '../../../src/app/daemon/proofs/spa-packets.ts';
import { SpaCounters } from '../../../src/app/daemon/reporting/spa-counters.ts';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import type { Address } from '../../../src/core/net/address.ts';
import { instant } from '../../../src/core/net/time.ts';
import { Packet } from '../../../src/core/packet/packet.ts';
import { readPacket } from '../../../src/core/packet/read-packet.ts';
import { proveSpa, SPA_WINDOW } from '../../../src/core/proof/prove-spa.ts';
import { spaRefusalWords } from '../../../src/core/proof/spa-refusal-words.ts';
import type { SpaCredential } from '../../../src/core/spa/spa-credential.ts';
import { readSpaMessage, renderSpaMessage } from '../../../src/core/spa/spa-message.ts';
import { SpaCandidate, sealSpa } from '../../../src/core/spa/spa-packet.ts';
import { SPA_TRANSPORTS } from '../../../src/core/spa/spa-transport.ts';
import { nodeCiphers as ciphers } from '../../../src/host/crypto/node-ciphers.ts';
import { texts } from '../corpus.ts';
import type { Target } from '../target.ts';

const NOW = instant(1.8e12);
const KEY = new Uint8Array(32).fill(7);
const SALT = new Uint8Array(8).fill(9);

const CREDENTIALS: readonly SpaCredential[] = [
  { mode: 'cbc', key: KEY, hmac: { name: 'sha256', key: KEY } },
  { mode: 'ctr', key: KEY, hmac: { name: 'sha3_512', key: KEY } },
  { mode: 'legacy', key: KEY },
];

/** One for all, as in the daemon: nothing of a packet may be left for the next one. */
const candidate = new SpaCandidate();

const MESSAGES = ['192.0.2.7,tcp/22', '0.0.0.0,tcp/22,udp/53', '127.0.0.1,tcp/22', '2001:db8::1,tcp/22'];

const PLAINS = MESSAGES.map((message, n) =>
  renderSpaMessage(ciphers, 'sha256', {
    ...{ random: '1234567890123456', user: 'carol', time: NOW, version: '3.0.0', message },
    ...(n === 0 ? { type: 3, timeout: 60_000 as never } : { type: 1 }),
  }),
);

const SEALED = CREDENTIALS.flatMap((credential) =>
  PLAINS.map((plain) => sealSpa(ciphers, credential, plain, SALT)),
);

const DOORS = (() => {
  const text = '[ssh]\naccept = spa\nopen = tcp/22\n[dns]\naccept = spa\nopen = udp/53\n';
  const result = parseConfig('k', new TextEncoder().encode(text));
  return result.kind === 'ok' ? result.config.doors : [];
})();

/** Packets of fwknop, the plain text in them, and the frames around them. The first byte chooses. */
export function spaPacketsTarget(): Target {
  const packet = new Packet();
  const judge = new SpaJudge({ counters: new SpaCounters(), packets: {} as SpaPackets });
  judge.follow({ port: 62_201, transports: SPA_TRANSPORTS, hmacChars: [0, 43, 86] });
  return {
    name: 'spa-packets',
    share: 10,
    material: {
      corpus: corpus(),
      tokens: texts(',', ':', 'tcp/', 'udp/0', '0.0.0.0', '::', '=', 'GET /'),
      maxBytes: 2048,
    },
    take: (bytes, length) => {
      const content = bytes.slice(1, length);
      if (length === 0) return;
      if ((bytes[0] as number) % 3 === 0) takeSealed(content);
      else if ((bytes[0] as number) % 3 === 1) takePlain(content);
      else {
        readPacket(content, 0, content.length, packet);
        if (!judge.recognizes(content, packet)) return;
        assert.ok(packet.payloadStart >= 20 && packet.payloadEnd <= content.length);
      }
    },
    allocates: true,
    close: () => undefined,
  };
}

/** With an HMAC, nothing opens but what was sealed. */
function takeSealed(content: Uint8Array): void {
  candidate.load(content);
  const text = Buffer.from(content).toString('latin1');
  for (const credential of CREDENTIALS) {
    const opened = candidate.open(ciphers, credential);
    if (opened.kind !== 'opened') continue;
    const message = readSpaMessage(ciphers, opened.text);
    if (credential.hmac !== undefined) assert.ok(SEALED.includes(text), text);
    if (message !== undefined) assert.ok(PLAINS.includes(opened.text), opened.text);
  }
}

/** Whoever has the key may write what he likes: it opens what it says, or nothing. */
function takePlain(content: Uint8Array): void {
  const [credential] = CREDENTIALS;
  if (credential === undefined) return;
  const body = Buffer.from(content).toString('latin1');
  const digest = Buffer.from(ciphers.hash('sha256', content)).toString('base64').replace('=', '');
  const packet = Buffer.from(sealSpa(ciphers, credential, `${body}:${digest}`, SALT), 'latin1');
  candidate.load(packet);
  const opened = candidate.open(ciphers, credential);
  const message = opened.kind === 'opened' ? readSpaMessage(ciphers, opened.text) : undefined;
  if (message === undefined) return;
  const owner = {
    user: { name: 'carol', keys: [], spa: [] },
    spa: { credential, fingerprint: 'SPA:AAAA' },
  };
  const judged = proveSpa(owner, message, {
    ...{ doors: DOORS, from: '198.51.100.1' as Address, now: NOW, window: SPA_WINDOW },
    isForgotten: () => false,
  });
  if (judged.kind === 'refused') {
    const { reason } = spaRefusalWords(judged, owner, message);
    assert.match(reason, /^[ -~]+$/);
    return;
  }
  const asked = message.message.toLowerCase();
  for (const { door } of judged.completions)
    assert.ok(asked.includes(door.name === 'ssh' ? 'tcp/' : 'udp/'), message.message);
}

function corpus(): readonly Uint8Array[] {
  const bytes = (kind: number, text: string): Uint8Array =>
    Buffer.from(`${String.fromCharCode(kind)}${text}`, 'latin1');
  const frames = SEALED.map((text) => {
    const frame = Buffer.alloc(28 + text.length);
    frame.writeUInt8(0x45, 0);
    frame.writeUInt16BE(frame.length, 2);
    frame.writeUInt8(17, 9);
    frame.writeUInt16BE(62_201, 22);
    frame.writeUInt16BE(8 + text.length, 24);
    frame.write(text, 28, 'latin1');
    return Buffer.concat([Uint8Array.of(2), frame]);
  });
  return [
    ...SEALED.map((text) => bytes(0, text)),
    ...PLAINS.map((plain) => bytes(1, plain.slice(0, plain.lastIndexOf(':')))),
    ...frames,
  ];
}
