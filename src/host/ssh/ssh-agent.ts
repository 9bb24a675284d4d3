import { createConnection } from 'node:net';
import { concatBytes, uint32 } from '../../core/bytes/concat-bytes.ts';
import { SshReader } from '../../core/ssh/ssh-reader.ts';
import { sshString } from '../../core/ssh/ssh-writer.ts';

// The SSH agent protocol, draft-miller-ssh-agent (§ 4): requests and answers.
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
/** For RSA keys: sign with SHA-512 (§ 4.5.1). */
const RSA_SHA2_512 = 4;

/** OpenSSH's agent sends no longer messages (AGENT_MAX_LEN). */
const MAX_BYTES = 256 * 1024;

/** A person may have to touch a token, enter a PIN, or confirm. */
const SIGN_MS = 60_000;
const LIST_MS = 5_000;

export type AgentKey = { readonly blob: Uint8Array; readonly comment: string };

/** `unreachable`: nobody listens at the socket · `refused`: the agent has the key and does not sign · `malformed`: it is no agent. */
export class SshAgentError extends Error {
  override readonly name = 'SshAgentError';
  readonly kind: 'unreachable' | 'refused' | 'malformed';

  constructor(kind: SshAgentError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The SSH agent at a Unix socket, or at a named pipe of Windows. */
export class SshAgent {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The keys that it offers. A locked agent offers none. Throws an `SshAgentError`. */
  async keys(): Promise<readonly AgentKey[]> {
    const reader = await this.#ask(Uint8Array.of(REQUEST_IDENTITIES), IDENTITIES_ANSWER, LIST_MS);
    const count = reader.uint32() ?? 0;
    const keys: AgentKey[] = [];
    for (let i = 0; i < count; i++) {
      const blob = reader.string();
      const comment = reader.string();
      if (blob === undefined || comment === undefined) throw this.#malformed();
      keys.push({ blob, comment: new TextDecoder().decode(comment) });
    }
    return keys;
  }

  /** The signature of these bytes by the key, as `judgeSignature` takes it. Throws an `SshAgentError`. */
  async sign(key: Uint8Array, data: Uint8Array): Promise<Uint8Array> {
    const request = concatBytes(
      Uint8Array.of(SIGN_REQUEST),
      sshString(key),
      sshString(data),
      uint32(RSA_SHA2_512),
    );
    const signature = (await this.#ask(request, SIGN_RESPONSE, SIGN_MS)).string();
    if (signature === undefined) throw this.#malformed();
    return signature;
  }

  async #ask(request: Uint8Array, expected: number, timeMs: number): Promise<SshReader> {
    const answer = await this.#exchange(sshString(request), timeMs);
    const reader = new SshReader(answer);
    const type = reader.byte();
    if (type === expected) return reader;
    // 5 is failure, 102 the one of the oldest agents, 28 says that an extension failed.
    if (type === 5 || type === 102 || type === 28) {
      throw new SshAgentError('refused', `the SSH agent at ${this.#path} refused`);
    }
    throw this.#malformed();
  }

  #malformed(): SshAgentError {
    return new SshAgentError('malformed', `the process at ${this.#path} is not an SSH agent`);
  }

  /** One message there, one back. */
  #exchange(message: Uint8Array, timeMs: number): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const socket = createConnection(this.#path);
    const timer = setTimeout(() => {
      const text = `the SSH agent at ${this.#path} has not answered for ${timeMs / 1000} s`;
      reject(new SshAgentError('unreachable', text));
    }, timeMs);
    let received: Buffer = Buffer.alloc(0);
    socket.on('data', (some: Buffer) => {
      received = Buffer.concat([received, some]);
      const length = received.length >= 4 ? received.readUInt32BE(0) : undefined;
      if (length === undefined) return;
      if (length === 0 || length > MAX_BYTES) reject(this.#malformed());
      else if (received.length >= 4 + length) resolve(Uint8Array.from(received.subarray(4, 4 + length)));
    });
    socket.on('error', (error) => {
      reject(new SshAgentError('unreachable', `the SSH agent at ${this.#path}: ${error.message}`));
    });
    socket.on('end', () => reject(this.#malformed()));
    socket.write(message);
    return promise.finally(() => {
      clearTimeout(timer);
      socket.destroy();
    });
  }
}
