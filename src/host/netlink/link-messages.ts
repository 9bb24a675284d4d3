import { readAttributes } from './netlink-message.ts';

/** linux/rtnetlink.h, linux/if_link.h. */
export const RTM_GETLINK = 18;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;

/** struct ifinfomsg: family, pad, type u16, index i32, flags u32, change u32. */
export const LINK_BYTES = 16;
const INDEX_AT = 4;

/** The kind of interface, such as `vrf`, and the attributes of that kind. */
export type LinkInfo = { readonly type?: string; readonly details: ReadonlyMap<number, DataView> };

export function readLinkInfo(attributes: ReadonlyMap<number, DataView>): LinkInfo {
  const info = attributes.get(IFLA_LINKINFO);
  const parts = info === undefined ? undefined : readAttributes(info);
  const name = parts?.get(IFLA_INFO_KIND);
  const data = parts?.get(IFLA_INFO_DATA);
  return {
    ...(name === undefined ? {} : { type: readText(name) }),
    details: data === undefined ? new Map() : readAttributes(data),
  };
}

/** The routing table of a VRF; `undefined` for any other interface. */
export function readVrfIndex(body: DataView): number | undefined {
  if (body.byteLength < LINK_BYTES) return undefined;
  return readLinkInfo(readAttributes(body, LINK_BYTES)).type === 'vrf'
    ? body.getInt32(INDEX_AT, true)
    : undefined;
}

/** Up to the terminating NUL byte. */
export function readText(value: DataView): string {
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
