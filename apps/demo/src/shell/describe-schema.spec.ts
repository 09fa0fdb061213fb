import type { SchemaStatus } from '@millrace/pglite-client/react';
import { describeSchema } from './describe-schema.js';

const status = (more: Partial<SchemaStatus>): SchemaStatus => ({
  version: '1.0.0',
  app: '1.0.0',
  inForce: '1.0.0',
  fit: 'same',
  pending: [],
  ...more,
});
const pending = (more: Partial<SchemaStatus['pending'][number]>): SchemaStatus['pending'] => [
  {
    name: 'AddColor1',
    version: '1.1.0',
    kind: 'additive',
    direction: 'up',
    reason: 'manual',
    error: null,
    retryCount: 0,
    ...more,
  },
];

describe('describeSchema', () => {
  it.each(['same', 'translate', 'must-migrate', null] as const)('has nothing to say while things fit: %s', (fit) => {
    expect(describeSchema(status({ fit }))).toBeNull();
  });

  it('says that the app has to be loaded again, and which schema it lacks', () => {
    const words = describeSchema(status({ fit: 'must-update-app', inForce: '2.0.0' }));
    expect(words).toMatchObject({ kind: 'update', name: null, text: expect.stringContaining('2.0.0') });
  });

  it('says what waits, and what failed and how often', () => {
    expect(describeSchema(status({ pending: pending({}) }))).toMatchObject({ kind: 'let-in', name: 'AddColor1' });
    const failed = describeSchema(status({ pending: pending({ reason: 'failed', error: 'no', retryCount: 2 }) }));
    expect(failed).toMatchObject({ kind: 'failed', text: expect.stringContaining('tried 2 times): no') });
  });
});
