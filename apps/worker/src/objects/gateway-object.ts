import { DurableObject } from 'cloudflare:workers';
import { CatalogueCache, readPage, readVerdicts, schemaVersionAt, type PageResult } from '@millrace/change-history';
import { saveInstance, tablesWanted, type InstanceState } from '@millrace/hydration';
import { SyncError, systemClock, type Logger, type Position, type Row } from '@millrace/kernel';
import {
  clientOwner,
  createTimeoutCounter,
  push,
  registerClient,
  saveClientVersions,
  type PushOutcome,
} from '@millrace/mutations';
import type { SessionTimeouts } from '@millrace/postgres';
import type { ClientVersions } from '@millrace/schema-compat';
import type { PushRequest } from '@millrace/sync-protocol';
import type { Principal } from '@millrace/sync-rules';
import { answer, type Answer } from '../answer.js';
import type { AppDefinition } from '../app.js';
import type { Env } from '../env.js';
import { workerLogger } from '../logging.js';
import { openSession } from '../open-session.js';
import { readSettings } from '../settings.js';
import { keepAwake } from './keep-awake.js';
import { LazySession } from './lazy-session.js';
import type { ObjectClass } from './object-class.js';
import type { GatewayRpc, Verdicts } from './rpc.js';

const WRITE_TIMEOUTS: SessionTimeouts = {
  lockTimeoutMs: 2_000,
  statementTimeoutMs: 10_000,
  idleInTransactionTimeoutMs: 10_000,
};
const READ_TIMEOUTS: SessionTimeouts = {
  lockTimeoutMs: 2_000,
  statementTimeoutMs: 30_000,
  idleInTransactionTimeoutMs: 30_000,
};

/** Writes and pages of the clients of one shard. */
export function gatewayObject(app: AppDefinition): ObjectClass<GatewayRpc> {
  return class GatewayDO extends DurableObject<Env> implements GatewayRpc {
    readonly #log: Logger;
    readonly #writes: LazySession;
    readonly #pages: LazySession;
    readonly #timeouts = createTimeoutCounter();
    readonly #catalogue = new CatalogueCache(app.schema);
    readonly #slot: string;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      const settings = readSettings(env);
      this.#log = workerLogger(settings, 'gateway');
      this.#slot = settings.slot;
      const session = (applicationName: string, timeouts: SessionTimeouts) =>
        new LazySession({
          open: () => openSession(settings, { applicationName, ...timeouts }),
          clock: systemClock,
          log: this.#log,
          idleMs: settings.sleep.sessionIdleMs,
          longUse: keepAwake(env, settings.sleep),
        });
      this.#writes = session('millrace-write', WRITE_TIMEOUTS);
      this.#pages = session('millrace-page', READ_TIMEOUTS);
    }

    register(clientId: string, principal: Principal): Promise<Answer<{ epoch: string }>> {
      return answer(this.#log, () =>
        this.#writes.use((sql) => registerClient(sql, { clientId, principal, slot: this.#slot })),
      );
    }

    checkOwner(clientId: string, sub: string): Promise<Answer<null>> {
      return answer(this.#log, async () => {
        const owner = await this.#pages.use((sql) => clientOwner(sql, clientId));
        if (owner !== sub)
          throw new SyncError('unknown-client', 'this client id is not registered for this user: register again');
        return null;
      });
    }

    push(request: PushRequest, principal: Principal): Promise<Answer<PushOutcome>> {
      return answer(this.#log, () =>
        this.#writes.use((sql) =>
          push(sql, request, {
            catalogue: this.#catalogue,
            principal,
            validators: app.validators,
            slot: this.#slot,
            timeouts: this.#timeouts,
            logger: this.#log,
          }),
        ),
      );
    }

    page(
      after: Position,
      upTo: Position,
      rowKeys: readonly string[],
      held: Readonly<Record<string, string>> = {},
    ): Promise<Answer<PageResult>> {
      return answer(this.#log, () => this.#pages.use((sql) => readPage(sql, { after, upTo, rowKeys, held })));
    }

    saveInstance(clientId: string, state: InstanceState | null): Promise<Answer<null>> {
      return answer(this.#log, async () => {
        await this.#writes.use((sql) => saveInstance(sql, clientId, state));
        return null;
      });
    }

    verdicts(clientId: string, afterMutation: number, upTo: Position): Promise<Answer<Verdicts>> {
      return answer(this.#log, () =>
        this.#pages.use(async (sql) => ({
          marks: await readVerdicts(sql, { clientId, afterMutation, upTo }),
          schemaVersion: await schemaVersionAt(sql, upTo),
        })),
      );
    }

    saveVersions(clientId: string, versions: ClientVersions): Promise<Answer<null>> {
      return answer(this.#log, async () => {
        await this.#writes.use((sql) => saveClientVersions(sql, clientId, versions));
        return null;
      });
    }

    tablesWanted(tables: readonly string[]): Promise<Answer<boolean>> {
      return answer(this.#log, () => this.#pages.use((sql) => tablesWanted(sql, tables)));
    }

    devUsers(): Promise<Answer<readonly Row[]>> {
      return answer(this.#log, async () => {
        const { devSignIn } = app;
        if (!devSignIn) throw new SyncError('not-found', 'this app has no development sign-in');
        return (await this.#pages.use((sql) => sql.query(devSignIn.sql))).rows;
      });
    }
  };
}
