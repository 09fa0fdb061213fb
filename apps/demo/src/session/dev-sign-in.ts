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
  return decodeValue(devUsersResponseSchema, await answerOf(await fetch(ROUTE))).users;
}

/** A fresh token for a user. Your own app asks its identity provider here. */
export async function signInAs(email: string): Promise<DevSignInResponse> {
  const response = await fetch(ROUTE, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email }),
  });
  return decodeValue(devSignInResponseSchema, await answerOf(response));
}

async function answerOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json();
  if (!response.ok) throw errorOfProblem(response.status, body);
  return body;
}
