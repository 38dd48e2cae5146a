import type { ClientBase, Pool } from 'pg'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import { partitionLimit as limit } from '../errors/server-error.ts'
import { wholeNumber } from '../read/whole-number.ts'
import { partitionDatabase, partitionsOf, type PartitionOptions } from './partition-list.ts'
import { withEventTable } from './table-lock.ts'

export interface AddPartitionOptions extends PartitionOptions {
  /** Positions per partition, from 1000 on; 10 million when left out, which is some 15 GB of 1 KB events. */
  readonly every?: number
}

const state: Query = {
  name: 'partition-state',
  text: (es) => `
    select q.last_value, (select c.relkind from pg_class c where c.oid = '${es}.event'::regclass) from ${es}.event_position q`,
}
const grants: Query = {
  name: 'partition-grants',
  text: (es) => `
    select format('grant %s on ${es}.event to %s', a.privilege_type,
      case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end)
    from pg_class c cross join lateral aclexplode(c.relacl) a where c.oid = $1::regclass`,
}
const owner: Query = {
  name: 'partition-owner',
  text: (es) =>
    `select quote_ident(pg_get_userbyid(relowner)) from pg_class where oid = '${es}.event'::regclass`,
}

/**
 * Lets the newest part of the event table end at a position that lies ahead, and begins another one there; the first call
 * makes the one table the first part. The name of the new one, undefined when the newest has not been reached yet: call
 * it by a schedule, as the owner of the tables. Nothing fails when it is not called, the newest part only grows. The
 * table is scanned once without keeping anybody from using it. Throws INVALID_OPTION, PARTITION_BUSY.
 */
export async function addPartition(
  pool: Pool | ClientBase,
  { every: given, ...options }: AddPartitionOptions = {},
): Promise<string | undefined> {
  const every = wholeNumber('every', given, 1000) ?? 10_000_000
  const database = partitionDatabase(pool, options)
  const { es } = database
  const [row] = await database.run(state, [])
  const isPartitioned = row?.[1] === 'p'
  const last = Number(column(row, 0))
  const newest = (await partitionsOf(database)).at(-1)
  if (newest?.from !== undefined && newest.from > last) return undefined
  // far enough ahead for appends that come meanwhile: they would be refused beyond it until it is done
  const end = (Math.floor((last + every / 2) / every) + 1) * every
  const table = `${es}.${newest?.name ?? 'event'}`
  const removeLimit = `alter table ${table} drop constraint if exists ${limit}`
  const refuseOther = async (own: ClientBase) => {
    if ((await partitionsOf(database, own)).at(-1)?.name !== newest?.name) throw changed()
  }
  await withEventTable(
    database,
    async (own) => {
      await refuseOther(own)
      const check = `check (position < ${end}) not valid`
      await database.plain(own, `${removeLimit}; alter table ${table} add constraint ${limit} ${check}`)
    },
    table,
  )
  try {
    // what it proves spares the scan while nobody else can use the table
    await database.withClient((own) =>
      database.plain(own, `alter table ${table} validate constraint ${limit}`),
    )
    await withEventTable(database, async (own) => {
      await refuseOther(own)
      const leaf = isPartitioned ? table : await makeParent(database, own)
      const from = newest?.from ?? 'minvalue'
      await database.plain(
        own,
        `${isPartitioned ? `alter table ${es}.event detach partition ${leaf};` : ''}
         alter table ${es}.event attach partition ${leaf} for values from (${from}) to (${end});
         alter table ${leaf} drop constraint ${limit};
         ${newLeaf(es, end)}`,
      )
    })
  } catch (thrown) {
    // where this fails too, appends say what is left, and the next call removes it
    await withEventTable(database, (own) => database.plain(own, removeLimit), table).catch(() => undefined)
    // undefined_object: the limit went with the work of another one
    throw (thrown as { code?: unknown }).code === '42704' ? changed() : thrown
  }
  return `event_${end}`
}

/** Puts a partitioned table in the place of the one there is, which becomes `event_0`; with its owner and grants. */
async function makeParent(database: Database, client: ClientBase): Promise<string> {
  const { es } = database
  const leaf = `${es}.event_0`
  const [owned] = await database.run(owner, [], client)
  await database.plain(
    client,
    `alter table ${es}.event rename to event_0;
     alter table ${leaf} rename constraint event_pkey to event_0_pkey;
     alter table ${leaf} rename constraint event_version to event_0_version;
     alter table ${leaf} rename constraint event_id to event_0_id;
     create table ${es}.event (like ${leaf} including defaults including storage) partition by range (position);
     alter table ${es}.event add constraint event_pkey primary key (position);
     alter table ${es}.event owner to ${column(owned, 0)}`,
  )
  for (const [grant] of await database.run(grants, [leaf], client)) await database.plain(client, grant ?? '')
  return leaf
}

/** Versions and ids are unique within each: over all of them, the row of the stream and the look for known ids see to it. */
const newLeaf = (es: string, from: number): string => `
  create table ${es}.event_${from} (like ${es}.event including defaults including storage);
  alter table ${es}.event_${from} add constraint event_${from}_pkey primary key (position),
    add constraint event_${from}_version unique (stream_id, version), add constraint event_${from}_id unique (id);
  alter table ${es}.event attach partition ${es}.event_${from} for values from (${from}) to (maxvalue);`

function changed(): EventStoreError {
  return new EventStoreError('PARTITION_BUSY', {
    detail: 'somebody else added a partition meanwhile',
    why: 'two would end in different places',
    mend: 'Nothing: it is there now.',
  })
}
