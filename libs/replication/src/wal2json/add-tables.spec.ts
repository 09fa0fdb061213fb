import { addTables } from './add-tables.js';

test('[C1] plain names stand as they are; whatever the list could take for its own is escaped', () => {
  expect(addTables(['items', 'sync.client_mutation', 'Größe.Ünï'])).toBe('public.items,sync.client_mutation,Größe.Ünï');
  expect(addTables(['we ird.t.,*\'"\\x'])).toBe('we\\ ird.t\\.\\,\\*\\\'\\"\\\\x');
});
