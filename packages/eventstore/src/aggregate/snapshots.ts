import type { ClientBase } from 'pg'
import { jsonText } from '../append/json-text.ts'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import type { SealContext } from '../personal/seal.ts'
import { checkNotSealed } from '../personal/sealed-data.ts'
import { openState, sealState, stateKeyIds } from '../personal/sealed-state.ts'
import type { SubjectKeys } from '../personal/subject-keys.ts'

/** When the state of an aggregate is kept, so that the next load need not start from the first event. */
export interface SnapshotPolicy<S> {
  /** Which of the states that are computed from one stream this is. */
  readonly name: string
  /** A new one after so many events. */
  readonly every: number
  /** Raise it when `evolve` or the shape of the state changes: older snapshots are then passed over. */
  readonly stateVersion: number
  /** For a state that JSON does not hold as it is: a Map, a Date. */
  readonly toJson?: (state: S) => unknown
  /** The way back of `toJson`. */
  readonly fromJson?: (json: unknown) => S
}

export interface Snapshot<S> {
  readonly version: number
  readonly state: S
  /** Of personal data that went into the state: it is kept sealed with all of these keys, if there are any. */
  readonly keyIds: ReadonlySet<string>
}

export interface LoadedSnapshot<S> extends Snapshot<S> {
  /** The stream's when the snapshot was read. */
  readonly streamVersion: number
}

/** Throws INVALID_OPTION. */
export function checkSnapshotPolicy<S>({ name, every, stateVersion }: SnapshotPolicy<S>): void {
  const wrong =
    typeof name !== 'string' || name === '' || name.length > 200
      ? 'name'
      : !Number.isSafeInteger(every) || every < 1
        ? 'every'
        : !Number.isInteger(stateVersion) || stateVersion < 0 || stateVersion > 2 ** 31 - 1
          ? 'stateVersion'
          : undefined
  if (wrong === undefined) return
  throw new EventStoreError('INVALID_OPTION', {
    detail: `\`${wrong}\` of the snapshot policy makes no sense`,
    why: 'a snapshot is found again by its name and state version',
    mend: 'Give a name of up to 200 characters, every >= 1 and a whole stateVersion >= 0.',
  })
}

const load: Query = {
  name: 'load-snapshot',
  text: (es) => `
    select p.version, p.state, s.version from ${es}.snapshot p join ${es}.stream s on s.id = p.stream_id
    where s.name = $1 and p.name = $2 and p.state_version = $3`,
}
const save: Query = {
  name: 'save-snapshot',
  text: (es) => `
    insert into ${es}.snapshot as p (stream_id, name, state_version, version, state)
    select s.id, $2, $3, $4, $5 from ${es}.stream s where s.name = $1 and s.tombstoned_at is null
    on conflict (stream_id, name, state_version) do update
    set version = excluded.version, state = excluded.state, created_at = clock_timestamp()
    -- one of the same version may be sealed with a key that was erased since
    where p.version <= excluded.version`,
}
const remove: Query = {
  name: 'remove-snapshots',
  text: (es) => `
    with removed as (delete from ${es}.snapshot where name = $1 and state_version < $2 returning 1)
    select count(*) from removed`,
}

export interface SnapshotTools {
  readonly database: Database
  readonly subjectKeys: SubjectKeys
}

/** Undefined when there is none, or when it holds personal data of somebody who was erased since. */
export async function loadSnapshot<S>(
  { database, subjectKeys }: SnapshotTools,
  stream: string,
  policy: SnapshotPolicy<S>,
  client?: ClientBase,
): Promise<LoadedSnapshot<S> | undefined> {
  const [row] = await database.run(load, [stream, policy.name, policy.stateVersion], client)
  if (!row) return undefined
  const version = Number(column(row, 0))
  const stored = column(row, 1)
  const keyIds = new Set(stateKeyIds(stored))
  const text =
    keyIds.size === 0
      ? stored
      : openState(stored, contextOf(stream, policy, version), await subjectKeys.forIds(keyIds, client))
  if (text === undefined) return undefined
  const json: unknown = JSON.parse(text)
  return {
    version,
    keyIds,
    state: policy.fromJson ? policy.fromJson(json) : (json as S),
    streamVersion: Number(column(row, 2)),
  }
}

/** Keeps a state, unless a newer one is kept. */
export async function saveSnapshot<S>(
  { database, subjectKeys }: SnapshotTools,
  stream: string,
  policy: SnapshotPolicy<S>,
  { version, state, keyIds }: Snapshot<S>,
  client?: ClientBase,
): Promise<void> {
  const what = `the state of ${JSON.stringify(stream)}`
  const json = checkNotSealed(jsonText(policy.toJson ? policy.toJson(state) : state, what), what) ?? 'null'
  const stored =
    keyIds.size === 0
      ? json
      : sealState(json, contextOf(stream, policy, version), keyIds, await subjectKeys.forIds(keyIds, client))
  if (stored === undefined) return
  await database.run(save, [stream, policy.name, policy.stateVersion, version, stored], client)
}

function contextOf<S>(
  stream: string,
  { name, stateVersion }: SnapshotPolicy<S>,
  version: number,
): SealContext {
  return [stream, name, stateVersion, version]
}

/** Removes snapshots of older state versions; how many there were. */
export async function removeSnapshots(database: Database, name: string, olderThan: number): Promise<number> {
  const [row] = await database.run(remove, [name, olderThan])
  return Number(column(row, 0))
}
