import { type IpRange, parseIpRange } from './ip-range.ts';

/** The sets of `ipset save`. Only sets of addresses and ports can be evaluated. */
export type IpsetContents = ReadonlyMap<string, Ipset>;

export type Ipset = {
  /** As in `hash:ip,port`: the parts of each element, in order. */
  readonly type: string;
  readonly elements: readonly IpsetElement[];
  /** A rule adds elements to it. */
  readonly isFilled?: boolean;
};

export type IpsetElement = { readonly parts: readonly IpsetPart[]; readonly nomatch: boolean };

export type IpsetPart =
  | { readonly kind: 'range'; readonly range: IpRange }
  | {
      readonly kind: 'port';
      readonly protocol: string | undefined;
      readonly first: number;
      readonly last: number;
    }
  | { readonly kind: 'set'; readonly name: string }
  | { readonly kind: 'other' };

export function readIpsets(text: string): IpsetContents {
  const sets = new Map<string, { type: string; elements: IpsetElement[] }>();
  for (const line of text.split('\n')) {
    const [command, name = '', value = '', ...options] = line.split(' ');
    if (command === 'create') sets.set(name, { type: value, elements: [] });
    if (command !== 'add') continue;
    const set = sets.get(name);
    if (set === undefined) continue;
    const isList = set.type === 'list:set';
    const parts = isList ? [{ kind: 'set' as const, name: value }] : value.split(',').map(readPart);
    set.elements.push({ parts, nomatch: options.includes('nomatch') });
  }
  return sets;
}

/** The same sets, marking those to which rules of these listings add elements. */
export function markFilled(sets: IpsetContents, listings: readonly string[]): IpsetContents {
  const filled = new Set(
    listings.flatMap((text) =>
      [...text.matchAll(/ -j SET --(?:add|map)-set (\S+)/g)].map(([, name]) => name),
    ),
  );
  return new Map([...sets].map(([name, set]) => [name, { ...set, isFilled: filled.has(name) }]));
}

function readPart(text: string): IpsetPart {
  const range = parseIpRange(text);
  if (range !== undefined) return { kind: 'range', range };
  const match = /^(?:([a-z0-9]+):)?([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(text);
  if (match === null) return { kind: 'other' };
  const first = Number(match[2]);
  return { kind: 'port', protocol: match[1], first, last: match[3] === undefined ? first : Number(match[3]) };
}
