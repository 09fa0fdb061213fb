import { SyncError } from '@millrace/kernel';
import {
  decodeValue,
  devSignInResponseSchema,
  devUsersResponseSchema,
  errorOfProblem,
  type DevSignInResponse,
  type DevUser,
} from '@millrace/sync-protocol';

const ROUTE = '/api/dev/sign-in';

export async function listUsers(): Promise<readonly DevUser[]> {
  return decodeValue(devUsersResponseSchema, await ask({})).users;
}

/** A fresh token for a user. Your own app asks its identity provider here. */
export async function signInAs(email: string): Promise<DevSignInResponse> {
  const body = JSON.stringify({ email });
  const headers = { 'content-type': 'application/json' };
  return decodeValue(devSignInResponseSchema, await ask({ method: 'POST', headers, body }));
}

async function ask(request: RequestInit): Promise<unknown> {
  const response = await fetch(ROUTE, request).catch((cause: unknown) => {
    throw new SyncError('network', 'The server does not answer', { cause });
  });
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw errorOfProblem(response.status, body);
  return body;
}
