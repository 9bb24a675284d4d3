import fc from 'fast-check';
import type { Requests } from '../../src/core/control/contract.ts';
import type { FleetDelivery } from '../../src/core/control/fleet-link.ts';
import { CLAIM_OUTCOMES } from '../../src/core/control/fleet-link.ts';
import { EXPLANATION_KINDS } from '../../src/core/trace/explanation-kinds.ts';
import {
  address,
  bytes,
  count,
  flag,
  length,
  moment,
  nothing,
  number,
  prefix,
  record,
  span,
  streamId,
  text,
  texts,
  yes,
} from './control-values.ts';

/** Any request that the control socket may carry, by verb. */

const via = fc.constant('web' as const);
export const order = record<Requests['open']>({ door: text, ip: address, for: length, via }, 'for', 'via');

export const ANY_REQUEST: { readonly [V in keyof Requests]: fc.Arbitrary<Requests[V]> } = {
  ping: nothing,
  confirm: nothing,
  status: nothing,
  open: order,
  extend: order,
  close: record<Requests['close']>(
    { door: text, ip: address, all: yes, fleet: yes, via },
    'door',
    'ip',
    'all',
    'fleet',
    'via',
  ),
  reload: nothing,
  revoke: record<Requests['revoke']>({ user: text, key: text }, 'key'),
  forgive: fc.record({ user: text }),
  ban: record<Requests['ban']>({ who: prefix, for: length, via }, 'for', 'via'),
  unban: record<Requests['unban']>({ who: prefix, via }, 'via'),
  explain: record<Requests['explain']>({ ip: address, follow: yes }, 'follow'),
  'explain-user': fc.record({ user: text }),
  overview: record<Requests['overview']>({ limit: count }, 'limit'),
  sources: record<Requests['sources']>(
    { outcome: fc.constantFrom(...EXPLANATION_KINDS), limit: count },
    'outcome',
    'limit',
  ),
  penalties: nothing,
  follow: record<Requests['follow']>({ since: text, latest: count }, 'since', 'latest'),
  doors: record<Requests['doors']>({ limit: count }, 'limit'),
  attempts: nothing,
  leases: record<Requests['leases']>(
    { door: text, ip: address, user: text, limit: count },
    'door',
    'ip',
    'user',
    'limit',
  ),
  history: record<Requests['history']>(
    { door: text, ip: address, user: text, since: moment, until: moment, limit: count },
    'door',
    'ip',
    'user',
    'since',
    'until',
    'limit',
  ),
  bans: nothing,
  'fleet-follow': nothing,
  'fleet-deliver': record<Requests['fleet-deliver']>(
    {
      records: fc.array(record<FleetDelivery>({ id: streamId, age: span, bytes }, 'id', 'age'), {
        maxLength: 3,
      }),
      upTo: streamId,
    },
    'upTo',
  ),
  'fleet-published': record<Requests['fleet-published']>({ seq: count, id: streamId }, 'id'),
  'fleet-claimed': fc.record({ id: count, outcome: fc.constantFrom(...CLAIM_OUTCOMES) }),
  'fleet-state': record<Requests['fleet-state']>(
    { connected: flag, why: text, offset: number, wide: texts },
    'why',
    'offset',
    'wide',
  ),
  'fleet-asked': fc.record({ to: text, bytes }),
  'fleet-answered': fc.record({ id: count, bytes }),
};
