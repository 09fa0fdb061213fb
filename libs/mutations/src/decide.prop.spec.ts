import { applyPatch, type Row } from '@millrace/kernel';
import type { ConflictPolicy } from '@millrace/schema-meta';
import fc from 'fast-check';
import type { CheckedChange } from './check-change.js';
import { decide } from './decide.js';
import { notes } from './testing/workshop-schema.js';

const value = fc.option(fc.constantFrom('a', 'b', 'c'), { nil: null });
const content = fc.record({ body: value, title: value });
const policies = fc.constantFrom<ConflictPolicy>('last-write-wins', 'server-wins', 'reject-stale');

/** A base row, what others made of it, and what the writer wants of it. */
const cases = fc.record({
  policy: policies,
  base: content,
  theirs: fc.option(content, { nil: null }),
  mine: fc.dictionary(fc.constantFrom('body', 'title'), value, { minKeys: 1 }),
});

function decideCase({
  policy,
  base,
  theirs,
  mine,
}: {
  policy: ConflictPolicy;
  base: Row;
  theirs: Row | null;
  mine: Row;
}) {
  const identity = { id: '1', team: 'red', owner: 'ann' };
  const current = { ...identity, ...(theirs ?? base), version: theirs ? '4' : '3' };
  const old = Object.fromEntries(Object.keys(mine).map((name) => [name, base[name] ?? null]));
  const change: CheckedChange = {
    table: { ...notes, policy },
    operation: 'update',
    key: { id: '1' },
    set: mine,
    old,
    version: '3',
  };
  return { decision: decide(change, current), current };
}

describe('[W7] any update under any policy', () => {
  it("is the client's word alone when nobody else wrote", () => {
    fc.assert(
      fc.property(cases, (some) => {
        const { decision } = decideCase({ ...some, theirs: null });
        expect(decision).toEqual({ kind: 'write', set: some.mine, merged: null });
      }),
    );
  });

  it('last-write-wins ends with every value of the client', () => {
    fc.assert(
      fc.property(cases, (some) => {
        const { decision, current } = decideCase({ ...some, policy: 'last-write-wins' });
        expect(decision.kind).toBe('write');
        if (decision.kind === 'write') expect(applyPatch(current, decision.set)).toMatchObject(some.mine);
      }),
    );
  });

  it('server-wins never overwrites what another one changed', () => {
    fc.assert(
      fc.property(cases, (some) => {
        const { decision, current } = decideCase({ ...some, policy: 'server-wins' });
        const result: Row = decision.kind === 'write' ? applyPatch(current, decision.set) : current;
        for (const name of ['body', 'title'] as const) {
          if (some.theirs && some.theirs[name] !== some.base[name]) expect(result[name]).toBe(some.theirs[name]);
        }
      }),
    );
  });

  it('a loss or a mixture is always told: never plainly accepted', () => {
    fc.assert(
      fc.property(cases, (some) => {
        const { decision } = decideCase(some);
        if (some.theirs === null) return;
        expect(decision.kind === 'reject' || (decision.kind !== 'delete' && decision.merged !== null)).toBe(true);
      }),
    );
  });
});
