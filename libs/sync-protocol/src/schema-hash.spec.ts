import { createHash } from 'node:crypto';
import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import { clientMessageSchema } from './client-message.js';
import { registerRequestSchema, registerResponseSchema } from './http/clients.js';
import { pushConflictSchema, pushRequestSchema, pushResponseSchema } from './http/push.js';
import { migrationsAnswerSchema, schemaAnswerSchema } from './http/schema.js';
import { snapshotAnswerSchema, snapshotRequestSchema, tailLineSchema, tailRequestSchema } from './http/snapshots.js';
import { PROTOCOL_VERSION } from './protocol-version.js';
import { serverMessageSchema } from './server-message.js';

/**
 * One hash per protocol version. If this test fails, the wire has changed: old clients and servers will meet it. Raise PROTOCOL_VERSION (and
 * say in protocol-version.ts what changed), and add a line here; never edit the line of a version that was deployed.
 */
const HASHES: Record<number, string> = {
  1: '9f365c24e79664ca',
};

const wire: Record<string, GenericSchema> = {
  clientMessage: clientMessageSchema,
  serverMessage: serverMessageSchema,
  registerRequest: registerRequestSchema,
  registerResponse: registerResponseSchema,
  pushRequest: pushRequestSchema,
  pushResponse: pushResponseSchema,
  pushConflict: pushConflictSchema,
  snapshotRequest: snapshotRequestSchema,
  snapshotAnswer: snapshotAnswerSchema,
  tailRequest: tailRequestSchema,
  tailLine: tailLineSchema,
  schemaAnswer: schemaAnswerSchema,
  migrationsAnswer: migrationsAnswerSchema,
};

/** Checks written in code (rows, 64-bit bounds) have no form in JSON Schema; their tables are in decode.spec.ts. */
function hashOf(schemas: Record<string, GenericSchema>): string {
  const described = Object.entries(schemas).map(([name, schema]) => [
    name,
    toJsonSchema(schema, { errorMode: 'ignore', typeMode: 'input' }),
  ]);
  return createHash('sha256').update(JSON.stringify(described)).digest('hex').slice(0, 16);
}

describe('the wire', () => {
  it(`is that of protocol version ${PROTOCOL_VERSION}`, () => expect(hashOf(wire)).toBe(HASHES[PROTOCOL_VERSION]));

  it('has a hash that notices a change', () => {
    expect(hashOf({ ...wire, pushResponse: registerResponseSchema })).not.toBe(hashOf(wire));
  });
});
