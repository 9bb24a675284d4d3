import { randomInt } from 'node:crypto';
import { accessSync, constants, existsSync, rmSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { parseConfig } from '../../core/config/file/parse-config.ts';
import { NEAR } from '../../core/decoy/decoy-ports.ts';
import { drawSequence } from '../../core/door/draw-sequence.ts';
import type { PortOpening } from '../../core/door/port-opening.ts';
import type { Sequence } from '../../core/door/sequence.ts';
import type { Address } from '../../core/net/address.ts';
import type { Connection } from '../../core/net/connection.ts';
import type { PagePlan } from '../../core/page/page-plan.ts';
import { planPage } from '../../core/page/plan-page.ts';
import { createFile } from '../../host/files/create-file.ts';
import { detectFirewall } from '../../host/firewall/choice/detect-firewall.ts';
import { readKnownPorts } from '../../host/network/known-ports.ts';
import { readEphemeralPorts, readServedPorts } from '../../host/ports/host-ports.ts';
import { hasCapability } from '../../host/privileges/capabilities.ts';
import { check, type Verdict } from '../config/check.ts';
import { isEdited } from '../config/is-edited.ts';
import { findConnections } from '../daemon/lockout-guard/lockout.ts';
import { pageObjection, writePage } from '../page/write-page.ts';
import type { InitRequest } from './init-request.ts';
import { renderConfig, renderKnockLine, renderProfile, renderSshStanza } from './render-config.ts';

/** With a range that begins lower, too few ports remain below it. */
const LEAST_EPHEMERAL = 15_000;

export type HostFindings = {
  readonly firewall: { readonly kind: string; readonly why: string };
  /** Connections from other hosts to the ports. */
  readonly connections: readonly Connection[];
};

const HIDDEN_FIREWALL = { kind: 'unknown', why: 'only root can see which one this host has' } as const;

export type InitOutcome =
  | {
      readonly kind: 'written';
      readonly sequence: Sequence;
      readonly knock: string;
      readonly sshConfig: readonly string[];
      readonly profile: readonly string[];
      /** The page, if requested. */
      readonly page?: { readonly file: string; readonly plan: PagePlan };
      /** Where the previous file was moved to. */
      readonly backup?: string;
      readonly verdict: Verdict;
    }
  | { readonly kind: 'exists' | 'permission' | 'failed'; readonly message: string };

/** What must be known about the host before its ports are closed. Changes nothing. */
export async function inspectHost(ports: readonly PortOpening[]): Promise<HostFindings> {
  // Other users see an empty ruleset, and libraries print errors of their own.
  const { kind, why } = hasCapability('CAP_NET_ADMIN') ? await detectFirewall() : HIDDEN_FIREWALL;
  const own = Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).map(({ address }) => address as Address),
  );
  return { firewall: { kind, why }, connections: findConnections(ports, own).connections };
}

/** The best guess at the host's outside name: its full name, or a global address. */
export function guessHost(): string {
  const name = hostname();
  if (name.includes('.')) return name;
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const outside = addresses.filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address));
  return (outside.find(({ family }) => family === 'IPv4') ?? outside[0])?.address ?? name;
}

/** Names the door after the service of the port. */
export function nameDoor({ first }: PortOpening): string {
  const name = readKnownPorts().get(first);
  return name === undefined || !/^[a-z][a-z0-9-]{0,30}$/.test(name) ? `port-${first}` : name;
}

/** Why the file cannot be created, as far as is known before the user is asked further questions. */
export function objection({
  configFile,
  force,
  page,
}: Pick<InitRequest, 'configFile' | 'force' | 'page'>): InitOutcome | undefined {
  const forPage = page === undefined ? undefined : pageObjection(page.file);
  if (forPage !== undefined) return forPage;
  if (!force && existsSync(configFile) && isEdited(configFile)) return alreadyThere(configFile);
  try {
    accessSync(dirname(configFile), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return unwritable(configFile, error);
  }
}

/** Draws a sequence, writes the file, and checks it as `bussa check` does. */
export function init(request: InitRequest, { firewall }: HostFindings): InitOutcome {
  const { configFile, host } = request;
  const sequence = drawSequence({
    knocks: request.knocks,
    avoid: portsToAvoid(request),
    draw: (limit) => randomInt(limit),
  });
  if (sequence === undefined) {
    return {
      kind: 'failed',
      message: `there are not ${request.knocks} unused ports from 2000 to 29999 far enough apart: ask for fewer`,
    };
  }
  const now = new Date();
  const text = renderConfig(request, sequence, firewall.why, now.toISOString().slice(0, 10));
  const bytes = new TextEncoder().encode(text);
  const judged = parseConfig(configFile, bytes);
  if (judged.kind === 'bad')
    throw new Error(`init has created a bad file: ${judged.diagnostics[0]?.message}`);
  const backup = existsSync(configFile)
    ? `${configFile}.${now.toISOString().replaceAll(/[:-]|\.\d+/g, '')}`
    : undefined;
  const planned = planOf(request, sequence);
  if (planned?.kind === 'refused') return { kind: 'failed', message: planned.reason };
  const failure = objection(request) ?? writeBoth(request, planned?.plan, bytes, backup);
  if (failure !== undefined) return failure;
  return {
    kind: 'written',
    sequence,
    knock: renderKnockLine(host, sequence),
    sshConfig: renderSshStanza(request),
    profile: renderProfile(request, sequence),
    ...(request.page === undefined || planned === undefined
      ? {}
      : { page: { file: request.page.file, plan: planned.plan } }),
    ...(backup === undefined ? {} : { backup }),
    verdict: check(configFile),
  };
}

/** `undefined`: no page was requested. */
function planOf(
  { page, host, ports }: InitRequest,
  sequence: Sequence,
): ReturnType<typeof planPage> | undefined {
  if (page === undefined) return undefined;
  const [{ protocol, first }] = ports;
  const port = protocol === 'tcp' ? { port: first } : {};
  return planPage({ host, sequence, ...port, ...(page.link === undefined ? {} : { link: page.link }) });
}

/** Both files, or neither. */
function writeBoth(
  { configFile, page }: InitRequest,
  plan: PagePlan | undefined,
  bytes: Uint8Array,
  backup: string | undefined,
): InitOutcome | undefined {
  if (page === undefined || plan === undefined) return write(configFile, bytes, backup);
  const failure = writePage(page.file, plan);
  if (failure !== undefined) return failure;
  const other = write(configFile, bytes, backup);
  if (other !== undefined) rmSync(page.file, { force: true });
  return other;
}

function write(configFile: string, bytes: Uint8Array, backup: string | undefined): InitOutcome | undefined {
  try {
    createFile(configFile, bytes, backup);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST'
      ? alreadyThere(configFile)
      : unwritable(configFile, error);
  }
}

function unwritable(configFile: string, error: unknown): InitOutcome {
  const { code, message } = error as NodeJS.ErrnoException;
  const isPermission = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
  const remedy = isPermission ? ': run it as root, or name another file with --config' : '';
  return {
    kind: isPermission ? 'permission' : 'failed',
    message: `cannot write ${configFile}: ${message}${remedy}`,
  };
}

function alreadyThere(configFile: string): InitOutcome {
  const remedy = 'add a door to it by hand, name another file with --config, or rename it with --force';
  return { kind: 'exists', message: `${configFile} already exists: ${remedy}` };
}

/**
 * Ports that are in use, well known, or near these: a service's clients must not touch the decoy ports beside a knock
 * port.
 */
function portsToAvoid({ ports }: InitRequest): ReadonlySet<number> {
  const avoid = new Set<number>(readKnownPorts().keys());
  const used = [...readServedPorts().map((port) => ({ first: port, last: port })), ...ports];
  for (const { first, last } of used)
    for (let port = first - NEAR; port <= last + NEAR; port++) avoid.add(port);
  const { first, last } = readEphemeralPorts();
  // If the host's own connections may use any port, one of them may temporarily occupy a knock port.
  if (first >= LEAST_EPHEMERAL) for (let port = first; port <= last; port++) avoid.add(port);
  return avoid;
}
