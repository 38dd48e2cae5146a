import { randomUUID } from 'node:crypto'
import type { ClientBase } from 'pg'
import { textArray, uuidArray } from '../database/binary-array.ts'
import type { Database } from '../database/database.ts'
import { column, type Query, type Row } from '../database/query.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import { KeyWrapping, type WrappedKey } from './master-key.ts'
import { newKey } from './seal.ts'

export interface SubjectKey {
  readonly id: string
  readonly key: Buffer
}

/** Keys by their ids: `erased` for one that was deleted; one that is not in it was never here. */
export type Keyring = ReadonlyMap<string, Buffer | 'erased'>

const columns = `id, encode(key, 'hex'), master_key, subject`

const bySubject: Query = {
  name: 'keys-by-subject',
  text: (es) => `select ${columns} from ${es}.subject_key where subject = any($1::text[])`,
}
const byId: Query = {
  name: 'keys-by-id',
  text: (es) => `select ${columns} from ${es}.subject_key where id = any($1::uuid[])`,
}
const create: Query = {
  name: 'create-keys',
  text: (es) => `
    insert into ${es}.subject_key (id, subject, key, master_key)
    select id, subject, decode(key, 'hex'), master_key
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) n(id, subject, key, master_key)
    on conflict (subject) do nothing`,
}
const erase: Query = {
  name: 'erase-subject',
  text: (es) => `
    update ${es}.subject_key set subject = null, key = null, master_key = null, erased_at = clock_timestamp()
    where subject = $1 returning 1`,
}
const wrappedOtherwise: Query = {
  name: 'keys-wrapped-otherwise',
  text: (es) => `
    select ${columns} from ${es}.subject_key
    where key is not null and master_key is distinct from $1 order by id limit 500 for update`,
}
const rewrap: Query = {
  name: 'rewrap-keys',
  text: (es) => `
    update ${es}.subject_key k set key = decode(n.key, 'hex'), master_key = n.master_key
    from unnest($1::uuid[], $2::text[], $3::text[]) n(id, key, master_key) where k.id = n.id`,
}

/**
 * A key for each person, in a table of its own. Keys are read for each append and each page, and never kept in memory
 * longer, so that one that is deleted is gone in every process.
 */
export class SubjectKeys {
  readonly #database: Database
  readonly #wrapping: KeyWrapping

  constructor(database: Database, wrapping: KeyWrapping) {
    this.#database = database
    this.#wrapping = wrapping
  }

  /** The keys of people, made where there are none yet. */
  async forSubjects(
    subjects: ReadonlySet<string>,
    client?: ClientBase,
  ): Promise<ReadonlyMap<string, SubjectKey>> {
    // sorted, so that two programs that make keys of the same people never wait for each other
    const wanted = [...subjects].sort()
    const found = await this.#find(wanted, client)
    const missing = wanted.filter((subject) => !found.has(subject))
    if (missing.length === 0) return found
    const made = await Promise.all(missing.map(() => this.#wrapping.wrap(randomUUID(), newKey())))
    await this.#database.run(
      create,
      [uuidArray(made.map(({ id }) => id)), textArray(missing), ...texts(made)],
      client,
    )
    const all = await this.#find(wanted, client)
    const lost = wanted.find((subject) => !all.has(subject))
    if (lost === undefined) return all
    throw new EventStoreError('TRANSACTION_CLASH', {
      detail: `the key of ${JSON.stringify(lost)} was made or erased by somebody else meanwhile`,
      why: 'this transaction cannot see it, so nothing was stored',
      mend: 'Run the whole transaction again.',
    })
  }

  /** Those of some ids that are or were here. */
  async forIds(ids: ReadonlySet<string>, client?: ClientBase): Promise<Keyring> {
    const rows = await this.#database.run(byId, [uuidArray([...ids])], client)
    const keys = await Promise.all(
      rows.map(async (row): Promise<readonly [string, Buffer | 'erased']> => {
        return [column(row, 0), row[1] == null ? 'erased' : await this.#wrapping.unwrap(wrappedKey(row))]
      }),
    )
    return new Map(keys)
  }

  /** Deletes the key of a person and the name by which it was found; false when there is none. */
  async erase(subject: string, client?: ClientBase): Promise<boolean> {
    return (await this.#database.run(erase, [subject], client)).length > 0
  }

  /** Wraps all keys with the master key in use; how many were not. Appends and reads go on meanwhile. */
  async rewrap(): Promise<number> {
    for (let total = 0; ;) {
      const count = await this.#database.transaction(async (client) => {
        const rows = await this.#database.run(wrappedOtherwise, [this.#wrapping.reference ?? null], client)
        if (rows.length === 0) return 0
        const wrapped = await Promise.all(
          rows.map(async (row) =>
            this.#wrapping.wrap(column(row, 0), await this.#wrapping.unwrap(wrappedKey(row))),
          ),
        )
        await this.#database.run(rewrap, [uuidArray(wrapped.map(({ id }) => id)), ...texts(wrapped)], client)
        return rows.length
      })
      if (count === 0) return total
      total += count
    }
  }

  async #find(subjects: readonly string[], client?: ClientBase): Promise<ReadonlyMap<string, SubjectKey>> {
    const rows = await this.#database.run(bySubject, [textArray(subjects)], client)
    const keys = await Promise.all(
      rows.map(async (row): Promise<readonly [string, SubjectKey]> => {
        return [column(row, 3), { id: column(row, 0), key: await this.#wrapping.unwrap(wrappedKey(row)) }]
      }),
    )
    return new Map(keys)
  }
}

function wrappedKey(row: Row): WrappedKey {
  return { id: column(row, 0), key: Buffer.from(column(row, 1), 'hex'), masterKey: row[2] ?? undefined }
}

/** The last two columns of those that write keys. */
function texts(keys: readonly WrappedKey[]): readonly Buffer[] {
  return [
    textArray(keys.map(({ key }) => key.toString('hex'))),
    textArray(keys.map(({ masterKey }) => masterKey ?? null)),
  ]
}
