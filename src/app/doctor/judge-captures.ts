import type { Finding } from '../../core/doctor/finding.ts';
import { ok, warning } from '../../core/doctor/finding.ts';

/** Below this share of all packets, a loss was momentary. */
const MUCH = 0.01;

type Counted = { readonly passed: number; readonly dropped: number };

/** With a work budget: `garbage.budget` packets were not judged. */
type Proofs = { readonly packets: Counted; readonly garbage: { readonly budget: number } };

/** The part of the daemon's status about its capture rings. */
export type CaptureStatus = { readonly packets: Counted; readonly signed?: Proofs; readonly spa?: Proofs };

/** What one ring has received since the start of the daemon. */
type Received = Counted & {
  readonly what: string;
  /** Received, but not judged because there were too many. */
  readonly unjudged: number;
  readonly hint: string;
};

/** Whether packets that open doors are lost or not examined because too many arrive. */
export function judgeCaptures(status: CaptureStatus | undefined): Finding[] {
  if (status === undefined) return [];
  const rings = receivedBy(status);
  const short = rings.filter(({ passed, dropped, unjudged }) => dropped + unjudged > passed * MUCH);
  if (short.length > 0) return short.map(lossOf);
  const all = rings.map(({ what, passed }) => `${passed} ${what}`).join(', ');
  return [ok('packets-lost', `the daemon keeps up with what arrives: ${all} since its start`)];
}

function lossOf({ what, passed, dropped, unjudged, hint }: Received): Finding {
  const lost = dropped === 0 ? [] : [`${dropped} were lost because they came too fast`];
  const left = unjudged === 0 ? [] : [`${unjudged} were not judged because there were too many`];
  const message = `of ${passed} ${what} since the start of the daemon, ${[...lost, ...left].join(', and ')}; a user’s packet may be among them`;
  return warning('packets-lost', message, { hint });
}

const AGAIN =
  'users who do not get in have to knock again; sources that have opened a door before have precedence';

function receivedBy({ packets, signed, spa }: CaptureStatus): Received[] {
  return [
    {
      ...{ what: 'packets to knock ports', ...packets, unjudged: 0 },
      hint: 'users who do not get in have to knock again; see which ports are flooded: tcpdump -nn -i any -c 100',
    },
    ...(signed === undefined
      ? []
      : [
          {
            ...{
              what: 'packets with this server’s mark',
              ...signed.packets,
              unjudged: signed.garbage.budget,
            },
            hint: `somebody who has the server’s card sends too many; ${AGAIN}`,
          },
        ]),
    ...(spa === undefined
      ? []
      : [
          {
            ...{ what: 'packets that look like SPA', ...spa.packets, unjudged: spa.garbage.budget },
            hint: `${AGAIN}; fewer keys make SPA cheaper to judge, and signed knocks (accept = key) are not affected`,
          },
        ]),
  ];
}
