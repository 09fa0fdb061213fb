import { connectFailure } from './connect-failure.js';

function wayOut(url: string, code: string, message: string): string {
  return connectFailure(url, Object.assign(new Error(message), { code })).wayOut.join('\n');
}

describe('connectFailure', () => {
  it.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames"],
  ])('%s: a certificate that is not trusted is not mended by asking for TLS once more', (code, message) => {
    const told = wayOut('postgres://u:p@db.example/app?sslmode=require', code, message);
    expect(told).toContain('certificate of a public authority for the name db.example');
    expect(told).not.toContain('sslmode=require');
  });

  it.each([
    ['28000', 'no pg_hba.conf entry for host "1.2.3.4", user "u", database "app", no encryption'],
    ['08P01', 'connection is insecure (try using `sslmode=require`)'],
  ])('%s: a server that wants TLS is told apart from a wrong password', (code, message) => {
    expect(wayOut('postgres://u:p@db.example/app', code, message)).toBe(
      'ask for TLS: add ?sslmode=require to DATABASE_URL',
    );
  });
});
