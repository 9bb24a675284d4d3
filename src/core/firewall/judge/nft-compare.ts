import { parseAddress } from '../../net/address.ts';
import { addressNumber, bitsOf } from './ip-range.ts';
import type { Journey, Stranger } from './journey.ts';
import { type Json, list, record } from './json.ts';
import { type Field, fieldOf, isNamed } from './nft-field.ts';
import { isLeaseSet, type NftSets, plainElement } from './nft-sets.ts';
import { addressRangeOf, numberOf } from './nft-value.ts';
import { askAddress, isListedByRules, routeTypeIs, sourceIs } from './packet-fields.ts';
import { both, either, is, negate, type Truth } from './truth.ts';

/** The context of a comparison: the packet, and the table whose sets may be named. */
export type Compared = {
  readonly packet: Stranger;
  readonly journey: Journey;
  readonly tableName: string;
  readonly sets: NftSets;
};

/** One `match` of libnftables-json(5). */
export function matchTruth({ op, left, right }: Json, around: Compared): Truth {
  const field = record(left) ?? {};
  switch (op) {
    case '==':
      return isEqual(field, right, around);
    case '!=':
      return negate(isEqual(field, right, around));
    case 'in':
      return isSetOrList(right) ? isEqual(field, right, around) : bitsIn(field, right, around);
    case '!':
      return negate(bitsIn(field, right, around));
    default:
      return compareOrder(String(op), field, right, around);
  }
}

const isSetOrList = (right: unknown): boolean =>
  record(right)?.set !== undefined || (typeof right === 'string' && right.startsWith('@'));

/** `key` is a field, or several as `{ concat }`; `right` is a constant, a range, a set, or the name of one. */
export function isEqual(key: Json, right: unknown, around: Compared): Truth {
  if (typeof right === 'string' && right.startsWith('@')) return isInNamed(key, right.slice(1), around);
  const set = record(right)?.set;
  if (set !== undefined) return isAmong(key, Array.isArray(set) ? set : [set], around);
  const parts = list(key.concat);
  if (parts.length > 0) {
    const values = list(record(right)?.concat);
    if (values.length !== parts.length) return 'maybe';
    return both(parts.map((part, index) => isEqual(record(part) ?? {}, values[index], around)));
  }
  const masked = list(key['&']);
  if (masked.length === 2) return maskedTruth(masked, right, around);
  return fieldIs(fieldOf(key, around.packet, around.journey), right, around);
}

function isInNamed(key: Json, name: string, around: Compared): Truth {
  const { tableName, sets, journey } = around;
  if (isLeaseSet(tableName, name)) return is(around.packet.hasLease === true);
  if (journey.touched.has(`set ${tableName} ${name}`)) return 'maybe';
  const elements = sets.elements(tableName, name);
  if (elements === undefined) return 'maybe';
  const among = isAmong(key, elements, around);
  return sets.isFilled(tableName, name) && among !== 'never'
    ? either([among, isListedByRules(around.packet)])
    : among;
}

/** If the packet lacks the field, it lacks it for every element, even of an empty set. */
function isAmong(key: Json, elements: readonly unknown[], around: Compared): Truth {
  const keys = list(key.concat).length > 0 ? list(key.concat).map((one) => record(one) ?? {}) : [key];
  const isLacking = keys.some((one) => fieldOf(one, around.packet, around.journey).kind === 'lacking');
  if (isLacking) return 'never';
  return either(elements.map((element) => isEqual(key, plainElement(element), around)));
}

function fieldIs(field: Field, right: unknown, around: Compared): Truth {
  switch (field.kind) {
    case 'lacking':
      return 'never';
    case 'unknown':
      return 'maybe';
    case 'source':
      return sourceIs(around.packet, addressRangeOf(right));
    case 'address': {
      const range = addressRangeOf(right);
      if (range === undefined) return 'maybe';
      if (range.family === around.packet.family) askAddress(around.packet, range);
      return is(
        field.value >= range.first && field.value <= range.last && range.family === around.packet.family,
      );
    }
    case 'interface':
      if (typeof right === 'boolean') return is((field.name !== '') === right);
      if (right === '0' || right === 0) return is(field.name === '');
      return typeof right === 'string' ? is(isNamed(field.name, right)) : 'maybe';
    case 'route-type':
      return typeof right === 'string'
        ? routeTypeIs(around.packet, around.journey, field.what, right)
        : 'maybe';
    case 'word':
      return typeof right === 'string' ? is(wordOf(right) === field.word) : 'maybe';
    case 'bits': {
      const wanted = numberOf(right, field.naming);
      if (wanted === undefined) return 'maybe';
      return (wanted & field.known) === field.value ? 'maybe' : 'no';
    }
    default:
      return numberIs(field, right, around);
  }
}

/** linux/if_packet.h: PACKET_HOST is printed under either name. */
const wordOf = (word: string): string => (word === 'unicast' ? 'host' : word);

function numberIs(field: Field & { kind: 'number' }, right: unknown, around: Compared): Truth {
  const [first, last] = list(record(right)?.range).map((end) => numberOf(end, field.naming));
  const plain = first === undefined ? numberOf(right, field.naming) : undefined;
  const from = first ?? plain;
  const until = last ?? plain;
  if (from === undefined || until === undefined) return 'maybe';
  if (field.isPort === 'source') around.packet.asked({ kind: 'source-port', first: from, last: until });
  return is(field.value >= from && field.value <= until);
}

function compareOrder(op: string, left: Json, right: unknown, { packet, journey }: Compared): Truth {
  const field = fieldOf(left, packet, journey);
  if (field.kind === 'lacking') return 'never';
  if (field.kind !== 'number') return 'maybe';
  const wanted = numberOf(right, field.naming);
  if (wanted === undefined) return 'maybe';
  if (field.isPort === 'source')
    packet.asked({ kind: 'source-port', first: Math.min(wanted + 1, 65_535), last: 65_535 });
  if (field.isPort === 'source')
    packet.asked({ kind: 'source-port', first: 0, last: Math.max(wanted - 1, 0) });
  switch (op) {
    case '<':
      return is(field.value < wanted);
    case '>':
      return is(field.value > wanted);
    case '<=':
      return is(field.value <= wanted);
    case '>=':
      return is(field.value >= wanted);
    default:
      return 'maybe';
  }
}

/** `ct state new,established`, `tcp flags & (syn | ack) != 0`: any of these bits. */
function bitsIn(left: Json, right: unknown, { packet, journey }: Compared): Truth {
  const field = fieldOf(left, packet, journey);
  if (field.kind === 'lacking') return 'never';
  if (field.kind !== 'number' && field.kind !== 'bits') return 'maybe';
  const wanted = numberOf(right, field.naming);
  if (wanted === undefined || wanted < 0) return 'maybe';
  if ((field.value & wanted) !== 0) return 'yes';
  return field.kind === 'bits' && (wanted & ~field.known) !== 0 ? 'maybe' : 'no';
}

function maskedTruth([left, mask]: readonly unknown[], right: unknown, around: Compared): Truth {
  const field = fieldOf(record(left) ?? {}, around.packet, around.journey);
  if (field.kind === 'lacking') return 'never';
  if (field.kind === 'source' || field.kind === 'address') return maskedAddress(field, mask, right, around);
  if (field.kind !== 'number' && field.kind !== 'bits') return 'maybe';
  const bits = numberOf(mask, field.naming);
  const wanted = numberOf(right, field.naming);
  if (bits === undefined || wanted === undefined || bits < 0 || wanted < 0 || isSourcePort(field))
    return 'maybe';
  if (field.kind === 'bits' && (bits & ~field.known) !== 0) return 'maybe';
  return is((field.value & bits) >>> 0 === wanted >>> 0);
}

function maskedAddress(field: Field, mask: unknown, right: unknown, { packet }: Compared): Truth {
  const [bits, wanted] = [mask, right].map((one) => parseAddress(String(one)));
  // No range describes the strangers with such addresses.
  if (field.kind !== 'address' || bits === undefined || wanted === undefined) return 'maybe';
  if (bitsOf(packet.family) !== (bits.includes(':') ? 128 : 32)) return 'maybe';
  return is((field.value & addressNumber(bits)) === addressNumber(wanted));
}

const isSourcePort = (field: Field): boolean => field.kind === 'number' && field.isPort === 'source';
