/**
 * The connection string with its TLS mode spelled as the driver means it. The driver verifies the server in the modes `prefer`,
 * `require` and `verify-ca` too, and prints a warning of five lines each time it meets one of these names. psql, which means
 * something else by them, gets the string as it was given.
 */
export function nameTlsMode(connectionString: string): string {
  if (!URL.canParse(connectionString)) return connectionString;
  const url = new URL(connectionString);
  const asLibpq = url.searchParams.get('uselibpqcompat') === 'true';
  if (asLibpq || !DRIVER_VERIFIES.has(url.searchParams.get('sslmode') ?? '')) return connectionString;
  url.searchParams.set('sslmode', 'verify-full');
  return url.href;
}

const DRIVER_VERIFIES: ReadonlySet<string> = new Set(['prefer', 'require', 'verify-ca']);

/**
 * The parameters of a connection string by which a server is trusted that no public authority vouches for; empty if there are none.
 * Node follows them and workerd cannot: `npm start` would connect, and the sync server it starts would not.
 */
export function privateTrust({ searchParams }: URL): readonly string[] {
  const mode = searchParams.get('sslmode') ?? '';
  const unverified =
    mode === 'no-verify' ||
    (searchParams.get('uselibpqcompat') === 'true' && !['', 'disable', 'verify-full'].includes(mode));
  const files = ['sslrootcert', 'sslcert', 'sslkey'].filter((name) => searchParams.has(name));
  return [...(unverified ? [`sslmode=${mode}`] : []), ...files];
}
