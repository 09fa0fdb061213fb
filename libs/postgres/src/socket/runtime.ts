/** Whether this is workerd: it has no `net.Socket` with back-pressure, Node has. The test that `pg` itself makes. */
export function isWorkerd(): boolean {
  const { navigator } = globalThis as { navigator?: { userAgent?: string } };
  return navigator?.userAgent === 'Cloudflare-Workers';
}
