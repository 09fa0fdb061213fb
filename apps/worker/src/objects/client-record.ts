import type { InstanceEvent } from '@millrace/hydration';
import { errorText, systemClock, type Logger } from '@millrace/kernel';
import type { ClientVersions } from '@millrace/schema-compat';
import { unwrap } from '../answer.js';
import type { Env } from '../env.js';
import { within } from '../within.js';
import type { EarliestAlarm } from './earliest-alarm.js';
import { whenIdle } from './forgetting.js';
import { InstanceKeeper } from './instance-keeper.js';
import { CALL_MS } from './session-host.js';
import { gatewayOf, replicationOf } from './stubs.js';

interface Client {
  readonly clientId: string;
  readonly sub: string;
}

export interface ClientRecordOptions {
  readonly env: Env;
  readonly storage: DurableObjectStorage;
  readonly alarm: EarliestAlarm;
  readonly log: Logger;
  /** How many GatewayDOs there are. */
  readonly gateways: number;
}

/** What an object keeps of its client: whose it is, where its instance stands, which versions it has, and since when nobody has come. */
export class ClientRecord {
  readonly #options: ClientRecordOptions;
  readonly #instance: InstanceKeeper;

  constructor(options: ClientRecordOptions) {
    this.#options = options;
    this.#instance = new InstanceKeeper({
      storage: options.storage.kv,
      clock: systemClock,
      log: options.log,
      tell: async (state) => {
        const client = this.#client();
        if (client) await replicationOf(options.env).instanceChanged(client.clientId, client.sub, state);
      },
      save: async (state) => {
        const client = this.#client();
        if (!client) return;
        const gateway = gatewayOf(options.env, client.clientId, options.gateways);
        const saved = async () => unwrap(await gateway.saveInstance(client.clientId, state));
        await within(systemClock, CALL_MS, 'saving an instance', saved());
      },
    });
  }

  /** Whose object this is: it cannot read its name back. */
  isOf(clientId: string, sub: string): void {
    const known = this.#client();
    if (known?.clientId !== clientId || known.sub !== sub)
      this.#options.storage.kv.put('client', { clientId, sub } satisfies Client);
  }

  /** Throws `unknown-client` unless the client id is bound to `sub` (X7); asked once. */
  async checkOwner(clientId: string, sub: string): Promise<void> {
    const { env, storage, gateways } = this.#options;
    if (storage.kv.get('owner') === sub) return;
    unwrap(await gatewayOf(env, clientId, gateways).checkOwner(clientId, sub));
    storage.kv.put('owner', sub);
  }

  note(event: InstanceEvent): Promise<void> {
    return this.#instance.note(event);
  }

  /** As of its last `hello`, or step of the schema since; null: it has said none yet. */
  get versions(): ClientVersions | null {
    return this.#options.storage.kv.get<ClientVersions>('versions') ?? null;
  }

  /** Written where it is news: a client that merely comes back costs the database nothing. Never rejects. */
  async saveVersions(versions: ClientVersions): Promise<void> {
    const { env, storage, gateways, log } = this.#options;
    const client = this.#client();
    const former = this.versions;
    if (!client || (former?.tables === versions.tables && former.app === versions.app)) return;
    storage.kv.put('versions', versions);
    const gateway = gatewayOf(env, client.clientId, gateways);
    const saved = async () => unwrap(await gateway.saveVersions(client.clientId, versions));
    try {
      await within(systemClock, CALL_MS, 'saving versions', saved());
    } catch (error) {
      storage.kv.delete('versions'); // the next hello tries again
      log.warn('the versions of a client were not saved', { reason: errorText(error) });
    }
  }

  /** Somebody has come. */
  came(): void {
    this.#options.storage.kv.delete('idleSince');
  }

  get idle(): boolean {
    return this.#options.storage.kv.get('idleSince') !== undefined;
  }

  /** Nobody is connected: forgets the client once that has lasted, and looks again by alarm until then. */
  async rest(): Promise<void> {
    const { storage, alarm } = this.#options;
    const step = whenIdle(storage.kv.get<number>('idleSince') ?? null, systemClock.now());
    if (step.kind === 'forget') {
      await this.#instance.note({ kind: 'forgotten' });
      return storage.deleteAll();
    }
    storage.kv.put('idleSince', step.idleSince);
    await alarm.ask(step.at);
  }

  #client(): Client | undefined {
    return this.#options.storage.kv.get<Client>('client');
  }
}
