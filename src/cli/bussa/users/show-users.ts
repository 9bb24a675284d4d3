import type { DaemonSelector } from '../../../app/ask/ask-daemon.ts';
import { askForRows } from '../../../app/ask/ask-daemon.ts';
import { type AuthorityTexts, readAuthority } from '../../../app/users/authority-texts.ts';
import { unknownUser } from '../../../app/users/change-user.ts';
import { renderDateTime } from '../../../core/event/render-moment.ts';
import { renderPrefix } from '../../../core/net/prefix.ts';
import type { User } from '../../../core/users/user.ts';
import { mayOpenSomehow, proofsOf } from '../../../core/users/user-directory.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Json, Output } from '../../arguments/verb.ts';
import { leaseJson, renderLeases } from '../text/render-leases.ts';
import { renderTable } from '../text/render-table.ts';
import { isoMoment } from '../text/render-time.ts';
import { printFailure } from './render-authority.ts';

/** All users, one per line. */
export function listUsers(configFile: string, output: Output): number {
  const texts = readAuthority(configFile);
  if (texts.kind !== 'texts') return printFailure(texts, output);
  const columns = [
    { title: 'NAME' },
    { title: 'KEYS', align: 'right' },
    { title: 'CODE' },
    { title: 'SPA', align: 'right' },
    { title: 'DOORS' },
    { title: '' },
  ] as const;
  const rows = texts.users.map((user) => [
    user.name,
    String(user.keys.length),
    user.code === undefined ? 'no' : 'yes',
    String(user.spa.length),
    doorsOf(user, texts).join(', ') || 'none',
    stateOf(user),
  ]);
  const lines =
    rows.length === 0
      ? ['no users: `bussa user add NAME KEY.pub` or `bussa user add NAME --code` adds one']
      : renderTable(columns, rows, output.style);
  output.answer({ users: texts.users.map((user) => userJson(user, texts)) }, lines);
  return EXIT.ok;
}

/** One user, with his keys and his open doors. */
export async function showUser(
  configFile: string,
  name: string,
  choice: DaemonSelector,
  output: Output,
): Promise<number> {
  const texts = readAuthority(configFile);
  if (texts.kind !== 'texts') return printFailure(texts, output);
  const user = texts.users.find((one) => one.name === name);
  if (user === undefined) return printFailure({ kind: 'refused', message: unknownUser(name, texts) }, output);
  const reply = await askForRows(choice, { verb: 'leases', user: name });
  const leases = reply.kind === 'answer' ? reply.answer : [];
  const { from = [] } = user;
  const keys = user.keys.map(({ fingerprint, knockKey: { key, comment, until } }) => [
    key.type,
    fingerprint,
    comment,
    until === undefined || until === user.until ? '' : `until ${renderDateTime(until)}`,
  ]);
  const titles = [{ title: 'KEY' }, { title: 'FINGERPRINT' }, { title: 'COMMENT' }, { title: '' }] as const;
  output.answer({ ...userJson(user, texts), leases: leases.map(leaseJson) }, [
    [name, stateOf(user)].filter(Boolean).join(': '),
    `may open: ${doorsOf(user, texts).join(', ') || (proofsOf(user).length === 0 ? 'no door: there is no key and no code' : 'no door')}`,
    ...(from.length === 0 ? [] : [`from: ${from.map(renderPrefix).join(', ')}`]),
    ...(user.code === undefined ? [] : [`code: yes; \`bussa user show ${name} --qr\` prints its secret`]),
    ...user.spa.map(
      ({ fingerprint, credential: { mode, hmac } }) =>
        `spa: ${fingerprint}, ${mode}, ${hmac === undefined ? 'no HMAC' : `HMAC ${hmac.name}`}`,
    ),
    ...(keys.length === 0 ? [] : ['', ...renderTable(titles, keys, output.style)]),
    ...(leases.length === 0 ? [] : ['', ...renderLeases(leases, output)]),
  ]);
  return EXIT.ok;
}

const doorsOf = (user: User, { config }: AuthorityTexts): readonly string[] =>
  config.doors.filter((door) => mayOpenSomehow(user, door)).map(({ name }) => name);

function stateOf({ isOff, until }: User): string {
  if (isOff === true) return 'off';
  if (until === undefined) return '';
  return `${until <= Date.now() ? 'ended' : 'until'} ${renderDateTime(until)}`;
}

function userJson(user: User, texts: AuthorityTexts): { readonly [name: string]: Json } {
  const { name, keys, doors, from, until, isOff } = user;
  return {
    name,
    off: isOff === true,
    mayOpen: doorsOf(user, texts),
    ...(doors === undefined ? {} : { doors }),
    ...(from === undefined ? {} : { from: from.map(renderPrefix) }),
    ...(until === undefined ? {} : { until: isoMoment(until) }),
    code: user.code !== undefined,
    spa: user.spa.map(({ fingerprint, credential: { mode, hmac }, spaUser }) => ({
      fingerprint,
      mode,
      hmac: hmac?.name ?? null,
      ...(spaUser === undefined ? {} : { user: spaUser }),
    })),
    keys: keys.map(
      ({ fingerprint, knockKey: { key, comment, until: end, mayBeUntouched, mustBeVerified } }) => ({
        type: key.type,
        fingerprint,
        comment,
        ...(end === undefined ? {} : { until: isoMoment(end) }),
        ...(mayBeUntouched === true ? { noTouchRequired: true } : {}),
        ...(mustBeVerified === true ? { verifyRequired: true } : {}),
      }),
    ),
  };
}
