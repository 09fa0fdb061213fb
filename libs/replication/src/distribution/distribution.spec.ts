import type { HistoryEntry, HistoryTransaction } from '@millrace/change-history';
import { LSN_ZERO, type Position, type Random } from '@millrace/kernel';
import { Distribution, type DistributionEffect, type DistributionOptions } from './distribution.js';
import type { Registration } from './instance.js';

const EPOCH = '00000000-0000-4000-8000-00000000000e';
const OTHER_EPOCH = '00000000-0000-4000-8000-00000000000f';
const half: Random = { next: () => 0.5, uuid: () => EPOCH };
const now = 1_000_000;

const at = (seq: number, epoch = EPOCH): Position => ({ epoch, seq: BigInt(seq), chain: `${seq}` });

function entry(scopeNew: string, fields: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    seq: 1n,
    table: 'invoices',
    operation: 'insert',
    data: { id: '1' },
    oldData: null,
    scopeOld: null,
    scopeNew,
    unchangedToast: [],
    ...fields,
  };
}

function transaction(seq: number, entries: readonly HistoryEntry[], owner: string | null = null): HistoryTransaction {
  return {
    position: at(seq),
    firstSeq: BigInt(seq),
    commitLsn: LSN_ZERO,
    commitTime: '2026-01-01 00:00:00+00',
    schemaVersion: '1.0.0',
    mutation:
      owner === null ? null : { clientId: owner, mutationId: 1, txId: EPOCH, verdict: 'accepted', reason: null },
    entries,
  };
}

function registration(clientId: string, tenant = 'a'): Registration {
  return { clientId, sub: clientId, rowKeys: ['*', `client=${clientId}`, `tenant=${tenant}`] };
}

type Pushed = DistributionEffect & { kind: 'push' };

/** A distribution with its wire: answers are given by hand. */
class Bench {
  readonly distribution: Distribution;
  private head = at(0);

  constructor(options: Partial<DistributionOptions> = {}) {
    this.distribution = new Distribution({ random: half, ...options });
  }

  register(...registrations: Registration[]): this {
    for (const each of registrations) this.distribution.handle({ kind: 'registered', registration: each, now });
    return this;
  }

  persist(...transactions: HistoryTransaction[]): readonly Pushed[] {
    const from = this.head;
    this.head = transactions.at(-1)?.position ?? from;
    return pushes(this.distribution.handle({ kind: 'persisted', from, to: this.head, transactions, now }));
  }

  answer(push: Pushed | undefined, cursor: Position | null = push?.to ?? null): readonly Pushed[] {
    const { clientId = '', pushId = 0 } = push ?? {};
    return pushes(this.distribution.handle({ kind: 'push-returned', clientId, pushId, cursor, now }));
  }

  fail(push: Pushed | undefined): readonly Pushed[] {
    const { clientId = '', pushId = 0 } = push ?? {};
    return pushes(this.distribution.handle({ kind: 'push-failed', clientId, pushId, now }));
  }

  sweep(later: number): readonly Pushed[] {
    return pushes(this.distribution.handle({ kind: 'sweep', now: now + later }));
  }
}

function pushes(effects: readonly DistributionEffect[]): readonly Pushed[] {
  return effects.filter((effect) => effect.kind === 'push');
}

const view = (effects: readonly Pushed[]) =>
  effects.map(({ clientId, from, to, transactions }) => ({
    clientId,
    from: from && Number(from.seq),
    to: Number(to.seq),
    seqs: transactions.map(({ position }) => Number(position.seq)),
  }));

describe('[D1] from', () => {
  it('the first push is a doorbell; the answer opens the way for rows', () => {
    const bench = new Bench().register(registration('c1'));
    const [first] = bench.persist(transaction(1, [entry('tenant=a')]));
    expect(view([first as Pushed])).toEqual([{ clientId: 'c1', from: null, to: 1, seqs: [] }]);
    bench.answer(first);
    expect(view(bench.persist(transaction(2, [entry('tenant=a')])))).toEqual([
      { clientId: 'c1', from: 1, to: 2, seqs: [2] },
    ]);
  });

  it('an instance that read ahead of the push is in step from where it is', () => {
    const bench = new Bench().register(registration('c1'));
    const [bell] = bench.persist(transaction(1, [entry('tenant=a')]));
    bench.persist(transaction(2, [entry('tenant=a')]), transaction(3, [entry('tenant=a')]));
    expect(view(bench.answer(bell, at(2)))).toEqual([{ clientId: 'c1', from: 2, to: 3, seqs: [3] }]);
  });

  it('an instance that is behind gets doorbells until it has caught up', () => {
    const bench = new Bench().register(registration('c1'));
    const [bell] = bench.persist(transaction(1, [entry('tenant=a')]));
    expect(bench.answer(bell, at(0))).toEqual([]);
    const [again] = bench.persist(transaction(2, [entry('tenant=a')]));
    expect(view([again as Pushed])).toEqual([{ clientId: 'c1', from: null, to: 2, seqs: [] }]);
    bench.answer(again);
    expect(view(bench.persist(transaction(3, [entry('tenant=a')])))).toMatchObject([{ from: 2, seqs: [3] }]);
  });

  it('covers untouched history too: to is the head', () => {
    const bench = new Bench().register(registration('c1'));
    bench.answer(bench.persist(transaction(1, [entry('tenant=a')]))[0]);
    expect(bench.persist(transaction(5, [entry('tenant=b')]))).toEqual([]);
    expect(view(bench.persist(transaction(6, [entry('tenant=a')]), transaction(9, [entry('tenant=b')])))).toMatchObject(
      [{ from: 1, to: 9, seqs: [6] }],
    );
  });

  it.each(['failed push', 'new registration', 'restart', 'cursor of another epoch', 'cursor beyond the head'])(
    'is forgotten by: %s',
    (what) => {
      const bench = new Bench().register(registration('c1'));
      bench.answer(bench.persist(transaction(1, [entry('tenant=a')]))[0]);
      const [push] = bench.persist(transaction(2, [entry('tenant=a')]));
      if (what === 'failed push') bench.fail(push);
      if (what === 'new registration') bench.register(registration('c1', 'a'));
      if (what === 'restart')
        bench.distribution.handle({ kind: 'restored', registrations: [registration('c1')], head: at(2), now });
      if (what === 'cursor of another epoch') bench.answer(push, at(2, OTHER_EPOCH));
      if (what === 'cursor beyond the head') bench.answer(push, at(77));
      const next = what === 'failed push' ? bench.sweep(60_000) : bench.persist(transaction(3, [entry('tenant=a')]));
      for (const { from, transactions } of next)
        expect({ from, transactions }).toEqual({ from: null, transactions: [] });
      if (what !== 'restart') expect(next).toHaveLength(1);
    },
  );

  it('an answer to a push of an earlier registration counts for nothing', () => {
    const bench = new Bench().register(registration('c1'));
    const [old] = bench.persist(transaction(1, [entry('tenant=a')]));
    bench.register(registration('c1'));
    bench.answer(old, at(1));
    bench.fail(old);
    bench.answer(old, null);
    expect(bench.distribution.registrations()).toHaveLength(1);
    expect(view(bench.persist(transaction(2, [entry('tenant=a')])))).toMatchObject([{ from: null }]);
  });

  it('refuses a stretch that does not continue the last one: its assertion to instances would be false', () => {
    const { distribution } = new Bench().register(registration('c1'));
    distribution.handle({ kind: 'persisted', from: at(0), to: at(1), transactions: [], now });
    expect(() => distribution.handle({ kind: 'persisted', from: at(2), to: at(3), transactions: [], now })).toThrow(
      'missing',
    );
  });
});

describe('[D2] who is touched', () => {
  it('instances by row key old and new, everybody by *, the owner by its mutation', () => {
    const bench = new Bench().register(registration('a1'), registration('a2'), registration('b1', 'b'));
    let seq = 0;
    const touched = (...entries: HistoryEntry[]) => {
      const pushed = bench.persist(transaction((seq += 1), entries));
      for (const push of pushed) bench.answer(push);
      return pushed.map(({ clientId }) => clientId).sort();
    };
    expect(touched(entry('tenant=a'))).toEqual(['a1', 'a2']);
    expect(touched(entry('tenant=b', { scopeOld: 'tenant=a' }))).toEqual(['a1', 'a2', 'b1']);
    expect(touched(entry('*'))).toEqual(['a1', 'a2', 'b1']);
    expect(touched(entry('client=a2', { table: 'sync.client_mutation' }))).toEqual(['a2']);
    expect(touched(entry('tenant=z'))).toEqual([]);
  });

  it('I8: an instance is pushed its own part only, shared between equals', () => {
    const bench = new Bench().register(registration('a1'), registration('a2'), registration('b1', 'b'));
    for (const push of bench.persist(transaction(1, [entry('*')]))) bench.answer(push);
    const [a1, a2, b1] = bench.persist(
      transaction(
        4,
        [
          entry('tenant=a', { data: { id: 'A' } }),
          entry('tenant=b', { data: { id: 'B' } }),
          entry('client=a2', { table: 'sync.client_mutation' }),
        ],
        'a2',
      ),
    );
    expect(JSON.stringify(a1?.transactions, bigintText)).not.toContain('"B"');
    expect(JSON.stringify(b1?.transactions, bigintText)).not.toContain('"A"');
    expect(a2?.transactions[0]?.entries).toHaveLength(2);
    expect(a1?.transactions[0]?.entries).toHaveLength(1);

    for (const push of [a1, a2, b1]) bench.answer(push);
    const [x1, x2] = bench.persist(transaction(5, [entry('tenant=a')]));
    expect(x1?.transactions[0]).toBe(x2?.transactions[0]);
  });

  it('an untouched instance is moved after ten minutes, not per batch', () => {
    const bench = new Bench().register(registration('a1'));
    bench.answer(bench.persist(transaction(1, [entry('tenant=a')]))[0]);
    expect(bench.distribution.nextSweepAt()).toBeNull();
    for (let seq = 2; seq < 50; seq++) expect(bench.persist(transaction(seq, [entry('tenant=b')]))).toEqual([]);
    expect(bench.distribution.nextSweepAt()).toBe(now + 600_000);
    expect(bench.sweep(599_999)).toEqual([]);
    expect(view(bench.sweep(600_000))).toEqual([{ clientId: 'a1', from: 1, to: 49, seqs: [] }]);
  });
});

describe('[D6] one instance never holds up another', () => {
  it('has at most one push in flight; what comes meanwhile is coalesced', () => {
    const bench = new Bench().register(registration('a1'), registration('a2'));
    const [slow, quick] = bench.persist(transaction(1, [entry('tenant=a')]));
    bench.answer(quick);
    expect(view(bench.persist(transaction(2, [entry('tenant=a')])))).toMatchObject([{ clientId: 'a2', seqs: [2] }]);
    bench.persist(transaction(3, [entry('tenant=a')]));
    expect(view(bench.answer(slow))).toEqual([{ clientId: 'a1', from: 1, to: 3, seqs: [2, 3] }]);
  });

  it('a transaction that is not in memory is a doorbell for whom it touches (I11)', () => {
    const bench = new Bench().register(registration('a1'), registration('b1', 'b'));
    const unloaded = (seq: number, rowKeys: ReadonlySet<string> | null) => ({
      ...transaction(seq, []),
      unloaded: { rowKeys },
    });
    for (const push of bench.persist(transaction(1, [entry('*')]))) bench.answer(push);
    const [push, ...others] = bench.persist(unloaded(9, new Set(['tenant=a'])));
    expect(view([push as Pushed])).toEqual([{ clientId: 'a1', from: null, to: 9, seqs: [] }]);
    expect(others).toEqual([]);
    bench.answer(push);
    expect(view(bench.persist(unloaded(12, null))).map(({ clientId }) => clientId)).toEqual(['a1', 'b1']);
  });

  it('[D2] a fill mark reaches everybody', () => {
    const bench = new Bench().register(registration('a1'), registration('b1', 'b'));
    for (const push of bench.persist(transaction(1, [entry('*')]))) bench.answer(push);
    const mark = entry('*', { operation: 'fill', data: null, cause: 'late-table' });
    expect(view(bench.persist(transaction(2, [mark])))).toMatchObject([
      { clientId: 'a1', seqs: [2] },
      { clientId: 'b1', seqs: [2] },
    ]);
  });

  it('beyond the bound it becomes a doorbell (I11)', () => {
    const bench = new Bench({ maxPendingChars: 2_000 }).register(registration('a1'));
    const [bell] = bench.persist(transaction(1, [entry('tenant=a')]));
    for (let seq = 2; seq < 20; seq++)
      bench.persist(transaction(seq, [entry('tenant=a', { data: { id: 'x'.repeat(300) } })]));
    expect(view(bench.answer(bell))).toEqual([{ clientId: 'a1', from: null, to: 19, seqs: [] }]);
  });

  it('a failing one is rung again with growing delay, also when history grows', () => {
    const bench = new Bench().register(registration('a1'));
    let [push] = bench.persist(transaction(1, [entry('tenant=a')]));
    const delays: number[] = [];
    for (let seq = 2; seq < 6; seq++) {
      bench.fail(push);
      expect(bench.persist(transaction(seq, [entry('tenant=a')]))).toEqual([]);
      delays.push((bench.distribution.nextSweepAt() as number) - now);
      [push] = bench.sweep(100_000);
      expect(view([push as Pushed])).toMatchObject([{ from: null, to: seq, seqs: [] }]);
    }
    expect(delays).toEqual([...delays].sort((a, b) => a - b));
    expect(delays[0]).toBeLessThan(delays[3] as number);
  });

  it('one without a session is forgotten', () => {
    const bench = new Bench().register(registration('a1'));
    const [push] = bench.persist(transaction(1, [entry('tenant=a')]));
    expect(
      bench.distribution.handle({
        kind: 'push-returned',
        clientId: 'a1',
        pushId: push?.pushId ?? 0,
        cursor: null,
        now,
      }),
    ).toEqual([{ kind: 'forget', clientId: 'a1' }]);
    expect(bench.persist(transaction(2, [entry('*')]))).toEqual([]);
  });
});

describe('life of the ReplicationDO', () => {
  it('after a restart everything is a doorbell until a push returned', () => {
    const { distribution } = new Bench();
    const rung = pushes(
      distribution.handle({
        kind: 'restored',
        registrations: [registration('a1'), registration('b1', 'b')],
        head: at(9),
        now,
      }),
    );
    expect(view(rung)).toEqual([
      { clientId: 'a1', from: null, to: 9, seqs: [] },
      { clientId: 'b1', from: null, to: 9, seqs: [] },
    ]);
  });

  it('[E2] a new epoch is announced to all, whatever is in flight', () => {
    const bench = new Bench().register(registration('a1'));
    const [old] = bench.persist(transaction(1, [entry('tenant=a')]));
    const rung = pushes(bench.distribution.handle({ kind: 'epoch', head: at(1, OTHER_EPOCH), now }));
    expect(rung).toMatchObject([{ clientId: 'a1', from: null, to: { epoch: OTHER_EPOCH } }]);
    expect(bench.answer(old, at(1))).toEqual([]);
  });

  it('unregistering twice is no matter', () => {
    const bench = new Bench().register(registration('a1'));
    expect(bench.distribution.handle({ kind: 'unregistered', clientId: 'a1' })).toEqual([
      { kind: 'forget', clientId: 'a1' },
    ]);
    expect(bench.distribution.handle({ kind: 'unregistered', clientId: 'a1' })).toEqual([]);
  });
});

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
