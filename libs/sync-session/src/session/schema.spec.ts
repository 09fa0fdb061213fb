import type { HistoryEntry } from '@millrace/change-history';
import type { Catalogue, SchemaMigration, SchemaStep } from '@millrace/schema-compat';
import { columnOf, migrationOf, schemaWith, tableOf } from '@millrace/schema-compat/testing';
import { CLOSE_CODE, type Position } from '@millrace/kernel';
import { rule } from '@millrace/schema-meta';
import type { ServerMessage } from '@millrace/sync-protocol';
import { CLIENT, TX, at, context, entry, freshSession, hello, migrated, transaction } from '../testing/fixture.js';
import { sessionStep } from './session.js';
import type { SessionEvent } from './session-event.js';
import type { SessionStep } from './step.js';

const notes = tableOf({ name: 'notes', columns: ['id', 'tenant_id', 'body'] });
const colour = columnOf('colour');
const v1 = schemaWith('1.0.0', notes);
const v2 = schemaWith('1.1.0', { ...notes, columns: [...notes.columns, colour] });
const texts = { ...notes, name: 'texts', columns: ['id', 'tenant_id', 'text', 'colour'].map(columnOf) };
const v3 = schemaWith('2.0.0', texts);
const v4 = schemaWith('3.0.0', { ...texts, columns: texts.columns.filter(({ name }) => name !== 'text') });

const additive = migrationOf({
  before: v1,
  after: v2,
  ops: [{ op: 'add-column', table: 'notes', column: colour, value: 'red' }],
});
const renaming = migrationOf({
  before: v2,
  after: v3,
  kind: 'breaking',
  ops: [
    { op: 'rename-column', table: 'notes', from: 'body', to: 'text' },
    { op: 'rename-table', from: 'notes', to: 'texts' },
  ],
});
const dropping = migrationOf({
  before: v3,
  after: v4,
  kind: 'breaking',
  ops: [{ op: 'drop-column', table: 'texts', column: columnOf('text') }],
});
const up = (migration: SchemaMigration): SchemaStep => ({ migration, direction: 'up' });
const catalogueOf = (...migrations: readonly SchemaMigration[]): Catalogue => ({
  compiled: v1,
  steps: migrations.map(up),
});
const all = catalogueOf(additive, renaming, dropping);

const row = (values: Record<string, string | null>) => ({ id: '1', tenant_id: 't1', ...values });
const inserted = (table: string, values: Record<string, string | null>): HistoryEntry =>
  entry({ table, data: row(values), scopeNew: 'tenantId=t1' });

interface Start {
  readonly catalogue: Catalogue;
  readonly tables?: string;
  readonly app?: string;
  /** In force at the cursor. */
  readonly version?: string;
}

function start({ catalogue, tables = '1.0.0', app = '1.0.0', version = tables }: Start, head: Position = at(0)) {
  const ctx = context({ catalogue });
  const events: readonly SessionEvent[] = [
    { kind: 'hello', hello: hello({ schemaVersion: tables, appVersion: app }) },
    { kind: 'registered', head, verdicts: [], schemaVersion: version },
  ];
  let step: SessionStep = { state: freshSession(), effects: [] };
  for (const event of events) step = sessionStep(step.state, event, ctx);
  const push = (seq: number, entries: readonly HistoryEntry[], schemaVersion: string, fields = {}) => {
    const from = step.state.cursor;
    const transactions = [transaction(seq, entries, { schemaVersion, ...fields })];
    step = sessionStep(step.state, { kind: 'push', push: { from, to: at(seq), transactions } }, ctx);
    return frames(step);
  };
  const then = (event: SessionEvent, more = {}) => {
    step = sessionStep(step.state, event, { ...ctx, ...more });
    return step;
  };
  return { welcome: frames(step), state: () => step.state, step: () => step, push, then };
}

const frames = ({ effects }: SessionStep): readonly ServerMessage[] =>
  effects.flatMap((effect) => (effect.kind === 'send' ? (JSON.parse(effect.text) as ServerMessage[]) : []));
const types = (messages: readonly ServerMessage[]) => messages.map(({ type }) => type).join(' ');
const changes = (messages: readonly ServerMessage[]) =>
  messages.flatMap((message) => (message.type === 'changes' ? message.changes : []));

describe('[M3] a migration in the stream', () => {
  it('is delivered at its place, with the rows behind it in the new schema', () => {
    const client = start({ catalogue: catalogueOf(additive) });
    expect(client.welcome).toMatchObject([{ schema: { version: '1.1.0', fit: 'must-migrate' } }]);
    const told = client.push(2, [migrated(additive), inserted('notes', { body: 'b', colour: 'blue' })], '1.1.0');
    expect(types(told)).toBe('begin schema-change changes commit');
    expect(told[1]).toEqual({ type: 'schema-change', fit: 'must-migrate', migration: additive, direction: 'up' });
    expect(changes(told)).toEqual([{ op: 'put', table: 'notes', row: row({ body: 'b', colour: 'blue' }) }]);
    expect(client.state()).toMatchObject({ schemaVersion: '1.1.0', cursor: at(2), translated: false });
    const after = client.push(
      3,
      [
        entry({
          ...inserted('notes', {}),
          operation: 'update',
          data: { colour: 'x' },
          oldData: row({ body: 'b', colour: 'blue' }),
        }),
      ],
      '1.1.0',
    );
    expect(changes(after)).toMatchObject([{ op: 'patch', set: { colour: 'x' } }]);
  });

  it('is delivered though nothing in it is in scope, and though its catalogue has not come yet', () => {
    const client = start({ catalogue: catalogueOf() });
    expect(types(client.push(2, [migrated(additive)], '1.1.0'))).toBe('begin schema-change commit');
    expect(client.state().schemaVersion).toBe('1.1.0');
  });

  it('a breaking one goes to an app that was built with it', () => {
    const client = start({ catalogue: all, tables: '1.1.0', app: '2.0.0' });
    expect(types(client.push(2, [migrated(renaming)], '2.0.0'))).toBe('begin schema-change commit');
  });

  it('a revert goes to everybody', () => {
    const steps = [up(additive), { migration: additive, direction: 'down' } as const];
    const client = start({ catalogue: { compiled: v1, steps }, tables: '1.1.0' });
    const told = client.push(2, [migrated(additive, 'down')], '1.0.0');
    expect(told[1]).toMatchObject({ type: 'schema-change', fit: 'must-migrate', direction: 'down' });
    expect(client.state().schemaVersion).toBe('1.0.0');
  });

  it('one that was recorded after the fact is told to those who have its version, and changes nothing', () => {
    const baseline = migrationOf({ before: schemaWith('0.0.0'), after: v1, ops: [{ op: 'add-table', table: notes }] });
    const client = start({ catalogue: catalogueOf(baseline) });
    expect(client.welcome).toMatchObject([{ schema: { version: '1.0.0', fit: 'same' } }]);
    expect(types(client.push(2, [migrated(baseline)], '1.0.0'))).toBe('begin schema-change commit');
    expect(changes(client.push(3, [inserted('notes', { body: 'b' })], '1.0.0'))).toHaveLength(1);
  });
});

describe('an app that does not take a breaking migration', () => {
  it('is served in its own version, both rows and verdicts, while everything can be told in it', () => {
    const client = start({ catalogue: catalogueOf(additive, renaming), tables: '1.1.0', app: '1.1.0' });
    expect(client.welcome).toMatchObject([{ schema: { version: '2.0.0', fit: 'translate' } }]);
    const told = client.push(2, [migrated(renaming), inserted('texts', { text: 't', colour: null })], '2.0.0');
    expect(types(told)).toBe('schema-change begin changes commit');
    expect(told[0]).toMatchObject({ fit: 'translate', direction: 'up' });
    expect(changes(told)).toEqual([{ op: 'put', table: 'notes', row: row({ body: 't', colour: null }) }]);
    expect(client.state()).toMatchObject({ schemaVersion: '1.1.0', translated: true });
    const reason = { code: 'unique', message: 'm', table: 'texts', columns: ['text'] };
    const mark = { clientId: CLIENT, mutationId: 1, txId: TX, verdict: 'rejected', reason } as const;
    const update = { operation: 'update', data: { text: 'u' }, oldData: row({ text: 't', colour: null }) } as const;
    const later = client.push(3, [entry({ table: 'texts', ...update })], '2.0.0', { mutation: mark });
    expect(changes(later)).toEqual([{ op: 'patch', table: 'notes', key: { id: '1' }, set: { body: 'u' } }]);
    expect(later.at(-1)).toMatchObject({ mutation: { reason: { table: 'notes', columns: ['body'] } } });
  });

  it('tables to be read anew are named as it knows them', () => {
    const client = start({
      catalogue: catalogueOf(additive, renaming),
      tables: '1.1.0',
      app: '1.1.0',
      version: '2.0.0',
    });
    const fill = entry({ table: 'texts', operation: 'fill', cause: 'rewritten', scopeNew: '*' });
    expect(client.push(2, [fill], '2.0.0')).toMatchObject([{ type: 'fill', tables: ['notes'], atLeast: '2' }]);
  });

  it('gets no checkpoint while it is served in its own version: the hashes are others', () => {
    const client = start({
      catalogue: catalogueOf(additive, renaming),
      tables: '1.1.0',
      app: '1.1.0',
      version: '2.0.0',
    });
    const asked = client.then({ kind: 'verify' });
    expect(asked.effects.map(({ kind }) => kind)).not.toContain('checkpoint-wanted');
  });

  it('is told to be updated where nothing can be told in its version; its socket stays, its cursor too', () => {
    const client = start({ catalogue: all, tables: '2.0.0', app: '2.0.0' });
    expect(client.welcome).toMatchObject([{ schema: { version: '3.0.0', fit: 'must-update-app' } }]);
    const told = client.push(2, [migrated(dropping)], '3.0.0');
    expect(told).toMatchObject([{ type: 'schema-change', fit: 'must-update-app' }]);
    expect(client.state()).toMatchObject({ phase: 'live', halted: true, cursor: at(0), schemaVersion: '2.0.0' });
    expect(client.push(3, [inserted('texts', {})], '3.0.0')).toEqual([]);
    expect(client.step().effects).toEqual([{ kind: 'answer', cursor: at(0) }]);
    expect(client.then({ kind: 'alarm' }, { now: Number.MAX_SAFE_INTEGER / 4 }).effects).not.toContainEqual(
      expect.objectContaining({ kind: 'pull' }),
    );
  });

  it('is told so at the first step of several, of which the last one cannot be told', () => {
    const client = start({ catalogue: all, tables: '1.1.0', app: '1.1.0' });
    expect(client.push(2, [migrated(renaming)], '2.0.0')).toMatchObject([{ fit: 'must-update-app' }]);
  });

  it('what was reverted meanwhile stops nobody: all rows are read behind it', () => {
    const steps = [up(additive), up(renaming), up(dropping), { migration: dropping, direction: 'down' } as const];
    const client = start({ catalogue: { compiled: v1, steps }, tables: '2.0.0', app: '2.0.0' });
    expect(client.push(2, [migrated(dropping)], '3.0.0')).toMatchObject([{ type: 'resync', cause: 'schema-changed' }]);
  });

  it('comes back with a newer app: the steps lie behind its cursor, so that it is told to read all rows anew', () => {
    const client = start({
      catalogue: catalogueOf(additive, renaming),
      tables: '1.1.0',
      app: '2.0.0',
      version: '2.0.0',
    });
    expect(client.welcome).toMatchObject([{ type: 'welcome', schema: { version: '2.0.0', fit: 'must-resync' } }]);
  });

  it('one that has taken a step back does not follow that, and is served in its own version', () => {
    const client = start({ catalogue: catalogueOf(additive), version: '1.1.0' });
    expect(client.welcome).toMatchObject([{ type: 'welcome', schema: { version: '1.1.0', fit: 'must-resync' } }]);
    const changes = [{ op: 'put', table: 'notes', row: row({ body: 'b' }) }];
    expect(client.push(2, [inserted('notes', { body: 'b', colour: 'blue' })], '1.1.0')).toMatchObject([
      { type: 'begin' },
      { type: 'changes', changes },
      { type: 'commit' },
    ]);
  });
});

describe('rules that change', () => {
  const byTeam = migrationOf({
    before: v1,
    after: schemaWith('1.0.1', { ...notes, read: rule.claim('team', 'teamId') }),
    ops: [{ op: 'reread', table: 'notes', reason: 'teams' }],
  });

  it('[D2] row keys of every version are asked for', () => {
    const client = start({ catalogue: catalogueOf(byTeam) }, at(3));
    expect(client.step().effects).toContainEqual(
      expect.objectContaining({ kind: 'pull', rowKeys: ['*', `client=${CLIENT}`, 'tenantId=t1'] }),
    );
  });

  it('a claim that the session has not kept is asked for by a new connection, before the step', () => {
    const client = start({ catalogue: catalogueOf() });
    expect(client.push(2, [migrated(byTeam)], '1.0.1')).toEqual([]);
    expect(client.step().effects).toContainEqual(
      expect.objectContaining({ kind: 'close', code: CLOSE_CODE.goingAway }),
    );
    const again = start({ catalogue: catalogueOf(byTeam) });
    expect(types(again.push(2, [migrated(byTeam)], '1.0.1'))).toBe('begin schema-change commit');
  });
});
