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
      return { why: message, wayOut: /SSL|certificate/i.test(message) ? sslWayOut() : ['check DATABASE_URL'] };
  }
}

function sslWayOut(): string[] {
  return ['ask for TLS: add ?sslmode=require to DATABASE_URL', 'or, for a server without TLS, ?sslmode=disable'];
}
