const XID_SPAN = 1n << 32n;
const HALF = XID_SPAN / 2n;

/**
 * The 64-bit transaction id of a 32-bit one: the one nearest to a 64-bit id of about the same time. Comparing 32-bit ids instead breaks at each
 * wrap-around (F35).
 */
export function widenXid(xid: number, near: bigint): bigint {
  const candidate = near - (near % XID_SPAN) + BigInt(xid);
  if (candidate - near > HALF && candidate >= XID_SPAN) return candidate - XID_SPAN;
  if (near - candidate > HALF) return candidate + XID_SPAN;
  return candidate;
}
