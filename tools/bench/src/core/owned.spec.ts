import { owned } from './owned.js';

const thing = (log: string[], name: string): AsyncDisposable => ({
  [Symbol.asyncDispose]: async () => void log.push(name),
});

it('ends what is still there, the last one first', async () => {
  const log: string[] = [];
  const all = owned();
  await all.own(thing(log, 'server'));
  const client = await all.own(thing(log, 'client'));
  await all.own(thing(log, 'browser'));
  await client[Symbol.asyncDispose]();
  await all[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  expect(log).toEqual(['client', 'browser', 'server']);
});

it('ends what comes too late at once', async () => {
  const log: string[] = [];
  const all = owned();
  await all[Symbol.asyncDispose]();
  await expect(all.own(thing(log, 'late'))).rejects.toThrow('broken off');
  expect(log).toEqual(['late']);
});

it('one that cannot be ended does not keep the others', async () => {
  const log: string[] = [];
  const all = owned();
  await all.own(thing(log, 'server'));
  await all.own({ [Symbol.asyncDispose]: () => Promise.reject(new Error('stuck')) });
  await all[Symbol.asyncDispose]();
  expect(log).toEqual(['server']);
});
