import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Profile } from '../../core/client/profile.ts';
import { readPublicKey, type SshPublicKey } from '../../core/ssh/public-key.ts';
import { PLATFORM, type Platform } from '../../host/platform/platform.ts';
import { SshAgent, SshAgentError } from '../../host/ssh/ssh-agent.ts';
import { agentPathOf } from './agent-path.ts';
import { expandPath } from './expand-path.ts';
import { readKeyFile } from './key-file.ts';

/** A key that may sign a knock, and where its private half is. */
export type Identity = {
  readonly key: SshPublicKey;
  /** The name that the user knows: the file, or the comment in the agent. */
  readonly name: string;
  readonly agent?: SshAgent;
  readonly privateFile?: string;
};

/** A list of at least one key, or why there is none. */
export type Identities =
  | { readonly kind: 'found'; readonly identities: readonly [Identity, ...Identity[]] }
  | { readonly kind: 'none'; readonly reason: string };

/** The default keys of ssh(1), those with the shortest signatures first. */
const DEFAULT_FILES = ['id_ed25519', 'id_ecdsa', 'id_rsa', 'id_ed25519_sk', 'id_ecdsa_sk'];

/** BOUNDED: each further key costs a packet, and perhaps a prompt to the user. */
const MAX_KEYS = 10;

/** The profile's key, or else the agent's keys and the default keys of ssh(1). */
export async function findIdentities(profile: Profile, platform: Platform = PLATFORM): Promise<Identities> {
  const agentPath = agentPathOf(profile, process.env, platform);
  const agent = agentPath === undefined ? undefined : new SshAgent(agentPath);
  const withAgent = agent === undefined ? {} : { agent };
  if (profile.identityFile !== undefined) {
    const file = readKeyFile(expandPath(profile.identityFile, profile, platform));
    if (typeof file === 'string') return { kind: 'none', reason: file };
    const { key, path: name, privateFile } = file;
    const identity = { key, name, ...withAgent, ...(privateFile === undefined ? {} : { privateFile }) };
    return { kind: 'found', identities: [identity] };
  }
  const offered = agent === undefined ? [] : await offeredBy(agent);
  const files = DEFAULT_FILES.map((name) => readKeyFile(join(homedir(), '.ssh', name)))
    .filter((file) => typeof file !== 'string')
    .map(({ key, path: name, privateFile }) => ({
      key,
      name,
      ...(privateFile === undefined ? {} : { privateFile }),
    }))
    .filter(({ privateFile }) => privateFile !== undefined);
  const [first, ...others] = [...offered, ...files.filter(({ key }) => !has(offered, key))].slice(
    0,
    MAX_KEYS,
  );
  if (first !== undefined) return { kind: 'found', identities: [first, ...others] };
  return { kind: 'none', reason: whyNone(agentPath) };
}

function whyNone(agentPath: string | undefined): string {
  const agent =
    agentPath === undefined
      ? 'no SSH agent is set (SSH_AUTH_SOCK)'
      : `the SSH agent at ${agentPath} has none (ssh-add KEY adds one; if it is locked, ssh-add -X unlocks it)`;
  return `there is no SSH key to sign with: ${agent}, and ~/.ssh has no ${DEFAULT_FILES[0]} or the like; name it with IdentityFile`;
}

/** No agent, or an agent without a suitable key, gives an empty list; `whyNone` explains it. */
async function offeredBy(agent: SshAgent): Promise<readonly Identity[]> {
  try {
    return (await agent.keys()).flatMap(({ blob, comment }) => {
      const reading = readPublicKey(blob);
      return reading.kind === 'key' ? [{ key: reading.key, name: comment, agent }] : [];
    });
  } catch (error) {
    if (error instanceof SshAgentError) return [];
    throw error;
  }
}

const has = (identities: readonly Identity[], { blob }: SshPublicKey): boolean =>
  identities.some(({ key }) => Buffer.compare(key.blob, blob) === 0);
