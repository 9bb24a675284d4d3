import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createConnection } from 'node:net';
import { concatBytes, uint32 } from '../../core/bytes/concat-bytes.ts';
import { SshReader } from '../../core/ssh/ssh-reader.ts';
import { sshString } from '../../core/ssh/ssh-writer.ts';

// The SSH agent protocol, draft-miller-ssh-agent (section 4): requests and answers.
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
const EXTENSION = 27;
/** For RSA keys: sign with SHA-512 (section 4.5.1). */
const RSA_SHA2_512 = 4;

/** The longest message of OpenSSH's agent (AGENT_MAX_LEN). */
const MAX_BYTES = 256 * 1024;

/** The user may have to touch a token, enter a PIN, or confirm. */
const SIGN_MS = 60_000;
const LIST_MS = 5_000;

const ED25519_BYTES = 32;
const SESSION_BYTES = 32;

export type AgentKey = { readonly blob: Uint8Array; readonly comment: string };

/**
 * `unreachable`: nothing listens at the socket · `silent`: no answer in time · `refused`: the agent lacks the key or
 * does not sign with it · `malformed`: it is not an agent.
 */
export class SshAgentError extends Error {
  override readonly name = 'SshAgentError';
  readonly kind: 'unreachable' | 'silent' | 'refused' | 'malformed';

  constructor(kind: SshAgentError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The SSH agent at a Unix socket, or at a named pipe on Windows. */
export class SshAgent {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The keys that it offers. A locked agent offers none. Throws an `SshAgentError`. */
  async keys(): Promise<readonly AgentKey[]> {
    const reader = await this.#ask(Uint8Array.of(REQUEST_IDENTITIES), IDENTITIES_ANSWER, LIST_MS);
    const keys = readKeys(reader);
    if (keys === undefined) throw malformed(this.#path);
    return keys;
  }

  /** The key's signature of these bytes, in the form that `judgeSignature` takes. Throws an `SshAgentError`. */
  async sign(key: Uint8Array, data: Uint8Array): Promise<Uint8Array> {
    const request = concatBytes(
      Uint8Array.of(SIGN_REQUEST),
      sshString(key),
      sshString(data),
      uint32(RSA_SHA2_512),
    );
    const signature = (await this.#ask(request, SIGN_RESPONSE, SIGN_MS)).string();
    if (signature === undefined) throw malformed(this.#path);
    return signature;
  }

  /**
   * Whether the agent restricts this key to logins at certain hosts (`ssh-add -h`). It hides such a key from clients
   * that come from an unknown host. Throws an `SshAgentError`.
   */
  async isBoundToHosts(key: Uint8Array): Promise<boolean> {
    const requests = [bindingToNowhere(), Uint8Array.of(REQUEST_IDENTITIES)].map(sshString);
    const [, list] = await exchange(this.#path, requests, LIST_MS);
    const reader = new SshReader(list ?? new Uint8Array(0));
    if (reader.byte() !== IDENTITIES_ANSWER) return false;
    const keys = readKeys(reader);
    return keys !== undefined && !keys.some(({ blob }) => Buffer.compare(blob, key) === 0);
  }

  async #ask(request: Uint8Array, expected: number, timeMs: number): Promise<SshReader> {
    const [answer = new Uint8Array(0)] = await exchange(this.#path, [sshString(request)], timeMs);
    const reader = new SshReader(answer);
    const type = reader.byte();
    if (type === expected) return reader;
    // 5 means failure, 102 the same from the oldest agents, 28 the failure of an extension.
    if (type === 5 || type === 102 || type === 28) {
      throw new SshAgentError('refused', `the SSH agent at ${this.#path} refused`);
    }
    throw malformed(this.#path);
  }
}

/** `undefined`: fewer than announced. */
function readKeys(reader: SshReader): readonly AgentKey[] | undefined {
  const count = reader.uint32() ?? 0;
  const keys: AgentKey[] = [];
  for (let i = 0; i < count; i++) {
    const blob = reader.string();
    const comment = reader.string();
    if (blob === undefined || comment === undefined) return undefined;
    keys.push({ blob, comment: new TextDecoder().decode(comment) });
  }
  return keys;
}

/**
 * session-bind@openssh.com (OpenSSH's PROTOCOL.agent, section 1) to a host key that was made for this purpose and that
 * no host has.
 */
function bindingToNowhere(): Uint8Array {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-ED25519_BYTES);
  const session = randomBytes(SESSION_BYTES);
  const hostKey = concatBytes(sshString('ssh-ed25519'), sshString(point));
  const signature = concatBytes(sshString('ssh-ed25519'), sshString(sign(null, session, privateKey)));
  return concatBytes(
    Uint8Array.of(EXTENSION),
    sshString('session-bind@openssh.com'),
    ...[hostKey, session, signature].map(sshString),
    Uint8Array.of(0),
  );
}

/** Sends the messages over one connection, each after the answer to the one before. Returns the answers. */
function exchange(
  path: string,
  messages: readonly Uint8Array[],
  timeMs: number,
): Promise<readonly Uint8Array[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Uint8Array[]>();
  const socket = createConnection(path);
  const answers: Uint8Array[] = [];
  const timer = setTimeout(() => {
    reject(new SshAgentError('silent', `the SSH agent at ${path} has not answered for ${timeMs / 1000} s`));
  }, timeMs);
  let received: Buffer = Buffer.alloc(0);
  const sendNext = (): void => {
    const message = messages[answers.length];
    if (message === undefined) resolve(answers);
    else socket.write(message);
  };
  socket.on('data', (some: Buffer) => {
    received = Buffer.concat([received, some]);
    const length = received.length >= 4 ? received.readUInt32BE(0) : undefined;
    if (length === undefined) return;
    if (length === 0 || length > MAX_BYTES) reject(malformed(path));
    else if (received.length >= 4 + length) {
      answers.push(Uint8Array.from(received.subarray(4, 4 + length)));
      received = received.subarray(4 + length);
      sendNext();
    }
  });
  socket.on('error', (error) => {
    reject(new SshAgentError('unreachable', `the SSH agent at ${path}: ${error.message}`));
  });
  socket.on('end', () => reject(malformed(path)));
  sendNext();
  return promise.finally(() => {
    clearTimeout(timer);
    socket.destroy();
  });
}

const malformed = (path: string): SshAgentError =>
  new SshAgentError('malformed', `the process at ${path} is not an SSH agent`);
