import { libc } from '../ffi/libc.ts';
import type { ListedWriters } from './listed-writers.ts';

/** xattr(7): the kernel's limit for one value. */
const MAX_BYTES = 65_536;

/** linux/posix_acl_xattr.h: a version word, then entries of tag, permissions and id. */
const VERSION = 2;
const HEADER_BYTES = 4;
const ENTRY_BYTES = 8;

/** linux/posix_acl.h */
const TAG = { user: 0x02, groupOwner: 0x04, group: 0x08, mask: 0x10 } as const;
const WRITE = 0o2;

/**
 * The acl(5) writers of a file, or `undefined` if its mode says everything. Permissions removed by the mask do not
 * count.
 */
export function listedWriters(path: string): ListedWriters | undefined {
  const value = new Uint8Array(MAX_BYTES);
  const length = libc.getxattr(path, 'system.posix_acl_access', value, value.length);
  if (length < HEADER_BYTES) return undefined;
  const view = new DataView(value.buffer, 0, length);
  if (view.getUint32(0, true) !== VERSION) return undefined;
  const entries: { readonly tag: number; readonly rights: number; readonly id: number }[] = [];
  for (let at = HEADER_BYTES; at + ENTRY_BYTES <= length; at += ENTRY_BYTES) {
    const [tag, rights] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    entries.push({ tag, rights, id: view.getUint32(at + 4, true) });
  }
  const mask = entries.find(({ tag }) => tag === TAG.mask)?.rights ?? WRITE;
  const writers = entries.filter(({ rights }) => (rights & mask & WRITE) !== 0);
  const withTag = (wanted: number): number[] =>
    writers.filter(({ tag }) => tag === wanted).map(({ id }) => id);
  return {
    users: withTag(TAG.user),
    groups: withTag(TAG.group),
    ownGroup: writers.some(({ tag }) => tag === TAG.groupOwner),
  };
}
