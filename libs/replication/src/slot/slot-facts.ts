import { SqlError, SyncError, parseLsn, type Lsn, type Row, type SqlConnection } from '@millrace/kernel';

/** What Postgres says of our slot. */
export interface SlotFacts {
  readonly name: string;
  readonly plugin: string;
  readonly ownDatabase: boolean;
  /** Null while it is being made. */
  readonly confirmedFlushLsn: Lsn | null;
  readonly walStatus: string;
  readonly retainedBytes: bigint;
}

export async function readSlot(sql: SqlConnection, slot: string): Promise<SlotFacts | null> {
  const { rows } = await sql.query(
    `select slot_name, plugin, (database = current_database())::text as own_database, confirmed_flush_lsn::text as confirmed,
       coalesce(wal_status, 'lost') as wal_status, coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint::text as retained
     from pg_replication_slots where slot_name = $1`,
    [slot],
  );
  return rows[0] ? factsOf(rows[0]) : null;
}

function factsOf(row: Row): SlotFacts {
  return {
    name: row['slot_name'] as string,
    plugin: row['plugin'] ?? 'physical',
    ownDatabase: row['own_database'] === 'true',
    confirmedFlushLsn: row['confirmed'] ? parseLsn(row['confirmed']) : null,
    walStatus: row['wal_status'] as string,
    retainedBytes: BigInt(row['retained'] as string),
  };
}

/** Which server, and which of its histories, a session is connected to. */
export interface SystemFacts {
  readonly systemIdentifier: string;
  readonly timeline: number;
  readonly walLevel: string;
  readonly serverVersion: number;
  readonly inRecovery: boolean;
  /** 0: never. */
  readonly walSenderTimeoutMs: number;
}

export async function readSystem(sql: SqlConnection): Promise<SystemFacts> {
  const { rows } = await sql.query(
    `select (select system_identifier from pg_control_system())::text as system_identifier,
       (select timeline_id from pg_control_checkpoint())::text as timeline, current_setting('wal_level') as wal_level,
       current_setting('server_version_num') as server_version, pg_is_in_recovery()::text as in_recovery,
       (select setting from pg_settings where name = 'wal_sender_timeout') as wal_sender_timeout`,
  );
  const row = rows[0] as Row;
  return {
    systemIdentifier: row['system_identifier'] as string,
    timeline: Number(row['timeline']),
    walLevel: row['wal_level'] as string,
    serverVersion: Number(row['server_version']),
    inRecovery: row['in_recovery'] === 'true',
    walSenderTimeoutMs: Number(row['wal_sender_timeout']),
  };
}

/** Throws `database-misconfigured` for a server that cannot be captured, with what to do about it. */
export function checkSystem(system: SystemFacts): void {
  if (system.serverVersion < 150_000)
    throw misconfigured(`Postgres 15 or newer is needed, this is ${Math.floor(system.serverVersion / 10_000)}`);
  if (system.walLevel !== 'logical')
    throw misconfigured(
      `wal_level is ${system.walLevel}: set it to logical (on Neon: enable logical replication) and restart`,
    );
  if (system.inRecovery) throw misconfigured('this is a standby: point DATABASE_URL at the primary');
}

/** Makes the slot; it decodes what commits at or after the returned address. Waits for transactions that are open now (F29). */
export async function createSlot(sql: SqlConnection, slot: string, plugin: string): Promise<Lsn> {
  try {
    const { rows } = await sql.query('select lsn::text as lsn from pg_create_logical_replication_slot($1, $2)', [
      slot,
      plugin,
    ]);
    return parseLsn(rows[0]?.['lsn'] as string);
  } catch (error) {
    throw slotError(error, slot);
  }
}

export async function dropSlot(sql: SqlConnection, slot: string): Promise<void> {
  try {
    await sql.query('select pg_drop_replication_slot($1)', [slot]);
  } catch (error) {
    throw slotError(error, slot);
  }
}

/** What an error of a slot function means for capture. */
export function slotError(error: unknown, slot: string): unknown {
  if (!(error instanceof SqlError)) return error;
  const { code, message } = error;
  if (code === '55006')
    return new SyncError('slot-busy', `replication slot ${slot} is read by another session: ${message}`, {
      cause: error,
    });
  if (code === '42704' && message.startsWith('replication slot'))
    return new SyncError('slot-missing', `replication slot ${slot} does not exist`, { cause: error });
  if (code === '58P01' && message.includes('could not access file'))
    return misconfigured(
      `the server lacks an output plug-in (${message}): install it (Debian: apt-get install postgresql-<version>-wal2json) or use the decoder pgoutput`,
      error,
    );
  if (code === '55000' || code === '58P01')
    return new SyncError('slot-lost', `replication slot ${slot} cannot be read any more: ${message}`, { cause: error });
  if (code === '42501')
    return misconfigured(`the role may not use replication slots (${message}): alter role … replication`, error);
  if (code === '53400')
    return misconfigured(
      `no replication slot is free (${message}): raise max_replication_slots or drop an unused slot`,
      error,
    );
  return error;
}

function misconfigured(message: string, cause?: unknown): SyncError {
  return new SyncError('database-misconfigured', message, { cause });
}
