import { CLAIM_WAYS } from '../../door/fleet-right.ts';
import { parseFleetRights } from '../values/parse-fleet-rights.ts';
import { type Declared, valued } from './declared.ts';
import type { DoorDraft } from './door-draft.ts';
import { parseChoice } from './settings-draft.ts';

/** A door's part in the fleet. */
export const FLEET_DOOR_DIRECTIVES = [
  {
    name: 'Fleet',
    section: 'door',
    repeated: 'both',
    isNew: true,
    value: 'word',
    help: {
      list: 'proofs',
      value: 'WORD[,...]',
      text: 'What the door has to do with the [fleet](#fleet). `share`: its leases are told to the other members. `accept`: members whose line in the members file names the door may open it here. `spread`: a sequence counts even if its knocks have reached several members.',
      default: 'nothing',
    },
    read: valued((value, { door }, findings) => {
      const fleet = [...new Set([...(door.fleet ?? []), ...parseFleetRights(value, findings)])];
      if (fleet.length > 0) door.fleet = fleet;
    }),
  },
  {
    name: 'Fleet_Claim',
    section: 'door',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'proofs',
      value: 'prefer|require',
      text: 'With a fleet each signed knock, code and packet of fwknop counts at one member alone. When the engine does not answer, `prefer` lets the record of this host decide, and `require` keeps the door shut.',
      default: '`prefer`',
    },
    read: (entry, { door }, findings) => {
      const way = parseChoice(entry, CLAIM_WAYS, findings);
      if (way !== undefined) door.fleetClaim = way;
    },
  },
] as const satisfies readonly Declared<DoorDraft>[];
