import { rule } from '@millrace/schema-meta';
import { serverOnlyPropertiesOf, syncedOptionsOf } from './entity-registry.js';
import { ServerOnly, Synced } from './synced.js';

abstract class Base {
  @ServerOnly()
  secret?: string;
}

@Synced({ read: rule.all(), write: null })
class Note extends Base {
  @ServerOnly()
  hash?: string;

  text?: string;
}

class Draft extends Base {}

describe('@Synced and @ServerOnly', () => {
  it('are found by class', () => {
    expect(syncedOptionsOf(Note)).toEqual({ read: { op: 'all' }, write: null });
    expect([...serverOnlyPropertiesOf(Note)].sort()).toEqual(['hash', 'secret']);
  });

  it('leave a class without @Synced unsynced, and do not leak between sisters', () => {
    expect(syncedOptionsOf(Draft)).toBeUndefined();
    expect([...serverOnlyPropertiesOf(Draft)]).toEqual(['secret']);
  });
});
