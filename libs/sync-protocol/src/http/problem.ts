import { isErrorCode, SyncError, type ErrorCode } from '@millrace/kernel';
import * as v from 'valibot';

/** `application/problem+json`, as all errors over HTTP are answered. */
export const problemSchema = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  code: v.string(),
  detail: v.optional(v.string()),
});
export type Problem = v.InferOutput<typeof problemSchema>;

export function problemOf(error: SyncError): Problem {
  return {
    type: `https://millrace.dev/errors/${error.code}`,
    title: error.code,
    status: error.status,
    code: error.code,
    detail: error.message,
  };
}

/**
 * The error that an HTTP answer stands for. Unknown codes (a newer server) keep their retry class by status. `retryAfter`: the header of that name; only
 * its form in seconds counts.
 */
export function errorOfProblem(status: number, body: unknown, retryAfter: string | null = null): SyncError {
  const parsed = v.safeParse(problemSchema, body);
  const code = parsed.success ? parsed.output.code : '';
  const detail = parsed.success ? (parsed.output.detail ?? parsed.output.title) : `HTTP status ${status}`;
  const retryAfterMs = retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1000 : null;
  return new SyncError(isErrorCode(code) ? code : codeOfStatus(status), detail, { retryAfterMs });
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not-found';
  if (status === 408) return 'timeout';
  if (status === 413) return 'limit-exceeded';
  if (status === 429) return 'too-many-requests';
  return status >= 500 ? 'internal' : 'invalid-message';
}
