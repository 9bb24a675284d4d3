import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Address } from '../src/core/net/address.ts';
import { instant, millis } from '../src/core/net/time.ts';
import { renderHead } from '../src/core/signed/knock-body.ts';
import { KNOCK } from '../src/core/signed/knock-layout.ts';
import { ephemeralOf, keyIdOf, sealKnock, signedText } from '../src/core/signed/seal-knock.ts';
import { renderServerKeys } from '../src/core/signed/server-keys.ts';
import { serverMarks, tagOf, wordOf } from '../src/core/signed/server-word.ts';
import type { SpaCredential } from '../src/core/spa/spa-credential.ts';
import { sealSpa } from '../src/core/spa/spa-packet.ts';
import { sshString } from '../src/core/ssh/ssh-writer.ts';
import { nodeCiphers as ciphers } from '../src/host/crypto/node-ciphers.ts';
import type { Macs } from '../test/lab/frame.ts';
import type { WorkDirectory } from '../test/lab/knockd.ts';
import { payloadFrame } from '../test/lab/payload-frame.ts';
import { renderPcap } from '../test/lab/pcap-file.ts';
import { SERVER } from '../test/lab/wire.ts';

export const SIGNED_PORT = 62_202;
const KNOCK_BYTES = 320;
/** Of fwknop's client with AES-256-CBC and HMAC-SHA256: its usual packet has 204 characters, 43 of them the HMAC. */
const SPA_TEXT_BYTES = 100;

export type Datagram = { readonly port: number; readonly payload: Uint8Array };

type UserKey = { readonly blob: Uint8Array; readonly secret: KeyObject };

/** A server's key, and users whose Ed25519 keys are in this process: it signs thousands of knocks a second. */
export class QuickSigner {
  readonly #serverSecret = randomBytes(32);
  readonly #serverPublic = ciphers.x25519Public(this.#serverSecret);
  readonly #marks = serverMarks(ciphers, this.#serverPublic);
  readonly #keys: readonly UserKey[];
  readonly #stranger = makeKey();
  /** What a daemon needs in its options to take these knocks. */
  readonly options: string;

  constructor(directory: WorkDirectory, users: number) {
    this.#keys = Array.from({ length: users }, makeKey);
    const sections = this.#keys.map(
      ({ blob }, i) => `[user${i}]\n  key = ssh-ed25519 ${Buffer.from(blob).toString('base64')}\n`,
    );
    const usersFile = directory.file('users.conf');
    const keyFile = directory.file('server.key');
    writeFileSync(usersFile, sections.join('\n'), { mode: 0o600 });
    writeFileSync(keyFile, renderServerKeys([{ secret: this.#serverSecret }]), { mode: 0o600 });
    this.options = `  Users_File = ${usersFile}\n  Server_Key = ${keyFile}\n  Signed_Port = ${SIGNED_PORT}\n`;
  }

  /** A knock of this user's, as of now. */
  knock(user: number): Uint8Array {
    return this.#seal(this.#keys[user % this.#keys.length] ?? this.#stranger);
  }

  /** Whole, but for its key, which no user has. */
  byUnknownKey(): Uint8Array {
    return this.#seal(this.#stranger);
  }

  /** With the word that the kernel's filter asks for, and without the tag. */
  withWrongTag(): Uint8Array {
    const packet = garbage();
    new DataView(packet.buffer).setUint32(KNOCK.word, wordOf(this.#marks, packet));
    return packet;
  }

  /** What somebody can send who has the card: word and tag are right, the seal is broken. */
  byCardholder(): Uint8Array {
    const packet = this.withWrongTag();
    const view = new DataView(packet.buffer);
    const tag = new Int32Array(2);
    tagOf(this.#marks, packet, tag);
    view.setInt32(KNOCK.tag, tag[0] as number, true);
    view.setInt32(KNOCK.tag + 4, tag[1] as number, true);
    return packet;
  }

  #seal({ blob, secret }: UserKey): Uint8Array {
    const head = renderHead({
      ...{ kind: 'open', wantsReply: false, length: millis(0), door: '' },
      time: instant(Date.now()),
      nonce: randomBytes(16),
      keyId: keyIdOf(ciphers, blob),
    });
    const ephemeral = ephemeralOf(ciphers, randomBytes(32), false);
    const text = signedText(ciphers, this.#serverPublic, ephemeral.point, head);
    const signature = Buffer.concat([sshString('ssh-ed25519'), sshString(sign(null, text, secret))]);
    const sealed = sealKnock(ciphers, this.#serverPublic, ephemeral, head, signature);
    if (sealed === undefined) throw new Error('the signature does not fit');
    return sealed.packet;
  }
}

/** As a stranger sends it. */
export function garbage(): Uint8Array {
  return Uint8Array.from(randomBytes(KNOCK_BYTES));
}

/** A key of fwknop, as its client makes it. */
export const drawSpaKey = () =>
  ({
    mode: 'cbc',
    key: randomBytes(32),
    hmac: { name: 'sha256', key: randomBytes(64) },
  }) as const satisfies SpaCredential;

/** What fwknop sends, by somebody who has not got the key. */
export function spaByStranger(): Uint8Array {
  const credential = drawSpaKey();
  const text = randomBytes(SPA_TEXT_BYTES).toString('base64').slice(0, SPA_TEXT_BYTES);
  return Buffer.from(sealSpa(ciphers, credential, text, randomBytes(8)), 'latin1');
}

/** A capture file of datagrams to the server's ports: those of one source behind each other. */
export function writeDatagrams(path: string, sources: readonly (readonly Datagram[])[], macs: Macs): void {
  const frames = sources.flatMap((datagrams, i) => {
    const source = sourceOf(i);
    return datagrams.map(({ port, payload }) => ({
      atSeconds: 1,
      frame: payloadFrame({ source, destination: SERVER as Address, port }, payload, macs),
    }));
  });
  writeFileSync(path, renderPcap(frames));
}

/** Of the packet with this number. */
export const sourceOf = (i: number): Address =>
  `10.${100 + (i >> 16)}.${(i >> 8) & 0xff}.${i & 0xff}` as Address;

function makeKey(): UserKey {
  const { publicKey, privateKey: secret } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const point = Buffer.from(x, 'base64url');
  return { blob: Buffer.concat([sshString('ssh-ed25519'), sshString(point)]), secret };
}
