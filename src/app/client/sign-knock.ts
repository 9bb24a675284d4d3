import { NAMESPACE } from '../../core/signed/knock-layout.ts';
import { SshReader } from '../../core/ssh/ssh-reader.ts';
import { judgeSignature, sshsigText } from '../../core/ssh/ssh-signature.ts';
import { nodeCiphers } from '../../host/crypto/node-ciphers.ts';
import type { KeygenError } from '../../host/ssh/sign-with-keygen.ts';
import { type SshAgent, SshAgentError } from '../../host/ssh/ssh-agent.ts';
import type { Identity } from './identity.ts';
import { needsTouch } from './needs-touch.ts';

export type Signing =
  | { readonly kind: 'signed'; readonly signature: Uint8Array }
  /** One sentence, with the remedy. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Signs by the agent, or else by ssh-keygen with the key file. Verifies the signature before use. */
export async function signKnock(identity: Identity, message: Uint8Array): Promise<Signing> {
  const text = sshsigText(NAMESPACE, nodeCiphers.sha512(message));
  const signing = await signAnyhow(identity, message, text);
  if (signing.kind === 'refused') return signing;
  const judgement = judgeSignature(nodeCiphers, identity.key, text, signing.signature);
  return judgement.kind === 'good' ? signing : refused(whyBad(identity, signing.signature));
}

const refused = (reason: string): Signing => ({ kind: 'refused', reason });

async function signAnyhow(identity: Identity, message: Uint8Array, text: Uint8Array): Promise<Signing> {
  const { agent, privateFile } = identity;
  if (agent !== undefined) {
    const signing = await signByAgent(agent, identity, text);
    if (signing.kind === 'signed' || privateFile === undefined || !signing.fileMayServe) return signing;
  }
  if (privateFile !== undefined) return signByKeygen(privateFile, identity, message);
  return refused(
    `no SSH agent is set (SSH_AUTH_SOCK), and there is no private key beside ${identity.name}: ssh-add it, or name its file with IdentityFile`,
  );
}

/** `fileMayServe`: the user did not refuse. The agent lacks the key or cannot use it this way. */
type AgentSigning = Signing & { readonly fileMayServe?: boolean };

async function signByAgent(agent: SshAgent, identity: Identity, text: Uint8Array): Promise<AgentSigning> {
  try {
    return { kind: 'signed', signature: await agent.sign(identity.key.blob, text) };
  } catch (error) {
    if (!(error instanceof SshAgentError)) throw error;
    if (error.kind === 'silent') return { kind: 'refused', reason: whySilent(identity, error.message) };
    if (error.kind !== 'refused') {
      const reason = `${error.message}: start an SSH agent, or name the socket of another one in IdentityAgent`;
      return { kind: 'refused', reason, fileMayServe: true };
    }
    return explainRefusal(agent, identity).catch(() => ({ kind: 'refused', reason: error.message }));
  }
}

function whySilent(identity: Identity, message: string): string {
  const what = needsTouch(identity) ? 'touch the token when it blinks' : 'answer its question, or restart it';
  return `${message}: ${what}`;
}

/** The agent protocol has one code for all refusals. The agent's list of keys tells them apart. */
async function explainRefusal(agent: SshAgent, identity: Identity): Promise<AgentSigning> {
  const { key, name } = identity;
  const keys = await agent.keys();
  if (keys.length === 0) {
    const reason = `the SSH agent has no key at all: it is locked (ssh-add -X unlocks it), or empty (ssh-add ${name})`;
    return { kind: 'refused', reason, fileMayServe: true };
  }
  if (!keys.some(({ blob }) => Buffer.compare(blob, key.blob) === 0)) {
    const reason = `the SSH agent does not have the key ${name}: add it with ssh-add, or name another one with IdentityFile`;
    return { kind: 'refused', reason, fileMayServe: true };
  }
  if (await agent.isBoundToHosts(key.blob)) {
    const reason = `the SSH agent refused: ${name} is bound to destinations (ssh-add -h); add it without, or use another key`;
    return { kind: 'refused', reason, fileMayServe: true };
  }
  if (needsTouch(identity)) {
    return refused(
      `the SSH agent refused: the token of ${name} was not touched in time, is not plugged in, or wants its PIN; plug it in and touch it when it blinks`,
    );
  }
  return refused(
    `the SSH agent refused: nobody confirmed the use of ${name}; a key added with ssh-add -c asks each time by ssh-askpass, which must be installed and needs a display`,
  );
}

async function signByKeygen(file: string, identity: Identity, message: Uint8Array): Promise<Signing> {
  // The code that starts programs is loaded only without an agent.
  const { KeygenError, signWithKeygen } = await import('../../host/ssh/sign-with-keygen.ts');
  try {
    return { kind: 'signed', signature: await signWithKeygen(file, NAMESPACE, message) };
  } catch (error) {
    if (!(error instanceof KeygenError)) throw error;
    return refused(`ssh-keygen has not signed with ${file}: ${explainKeygen(file, identity, error)}`);
  }
}

function explainKeygen(file: string, identity: Identity, { message, words }: KeygenError): string {
  if (/ENOENT/.test(words)) return 'it is not installed: install OpenSSH’s client, or start an SSH agent';
  if (/permissions/i.test(words)) return `others can read the file: chmod 600 ${file}`;
  if (/passphrase/i.test(words)) return `it got no passphrase: ssh-add ${file} keeps the key in the agent`;
  if (needsTouch(identity)) return `${message}; plug the token in, and touch it when it blinks`;
  return message;
}

function whyBad({ name }: Identity, signature: Uint8Array): string {
  if (new SshReader(signature).ascii() === 'ssh-rsa')
    return `the SSH agent signs with SHA-1 only, which is no longer accepted: update it, or use an Ed25519 key instead of ${name}`;
  return `the SSH agent returned an invalid signature by ${name}: try it with ssh-keygen -Y sign -n test -f KEY`;
}
