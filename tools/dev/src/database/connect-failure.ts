import { UserError } from '@millrace/processes';
import type { Remedy } from '@millrace/processes';
import { redactUrl } from './redact-url.js';

/** Explains why a Postgres could not be connected to, in the words of somebody who only set DATABASE_URL. */
export function connectFailure(url: string, error: unknown): UserError {
  const { code, message } = error as { code?: string; message: string };
  return new UserError(`can't connect to ${redactUrl(url)}`, remedyFor(new URL(url), code ?? '', message), error);
}

function remedyFor(url: URL, code: string, message: string): Remedy {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { why: `no such host: ${url.hostname}`, wayOut: ['check the host in DATABASE_URL'] };
    case 'ECONNREFUSED':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ECONNRESET':
      return {
        why: `no Postgres answers at ${url.hostname}:${url.port || '5432'} (${code})`,
        wayOut: [
          'start it, or check host, port and firewall',
          'without DATABASE_URL, npm start runs a Postgres of its own',
        ],
      };
    case '28P01':
    case '28000':
      if (WANTS_TLS.test(message)) return { why: message, wayOut: askForTls() };
      return {
        why: message,
        wayOut: ['check user and password in DATABASE_URL; special characters must be percent-encoded'],
      };
    case '3D000':
      return {
        why: message,
        wayOut: [
          `create it: createdb ${url.pathname.slice(1)}`,
          'or check the name after the last slash of DATABASE_URL',
        ],
      };
    case '53300':
      return { why: message, wayOut: ['close other clients, or raise max_connections'] };
    default:
      return { why: message, wayOut: tlsWayOut(url, code, message) ?? ['check DATABASE_URL'] };
  }
}

/** What a server says that admits nobody without TLS: Postgres by pg_hba.conf, Neon by its proxy. */
const WANTS_TLS = /no encryption|SSL off|connection is insecure/i;
/** Node's names for a certificate that it does not trust. */
const NO_TRUST = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|self-signed|unable to verify/;

/** Null if the failure is none of TLS. */
function tlsWayOut(url: URL, code: string, message: string): readonly string[] | null {
  if (WANTS_TLS.test(message)) return askForTls();
  if (message.includes('does not support SSL')) {
    return [
      `this server has no TLS, and DATABASE_URL asks for it (sslmode=${url.searchParams.get('sslmode') ?? 'require'})`,
      'switch it on in Postgres (ssl = on, with a certificate), or on a network that you trust: sslmode=disable',
    ];
  }
  if (!NO_TRUST.test(`${code} ${message}`)) return null;
  return [
    `give the server a certificate of a public authority for the name ${url.hostname}: the sync server trusts no other`,
    'or, on a network that you trust, a connection without TLS: sslmode=disable',
  ];
}

function askForTls(): readonly string[] {
  return ['ask for TLS: add ?sslmode=require to DATABASE_URL'];
}
