/** linux/netlink.h: struct nlmsghdr of 16 bytes, and of an error its negative number behind it. */
const NLMSG_ERROR = 2;
const ERROR_BYTES = 20;

/** The error in the kernel's answer to a request, 0 for none; `undefined` if it is no answer. */
export function readIpsetAnswer(bytes: Uint8Array): number | undefined {
  if (bytes.length < ERROR_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint16(4, true) !== NLMSG_ERROR) return undefined;
  const error = view.getInt32(16, true);
  return error === 0 ? 0 : -error;
}
