import type { ClientBase } from 'pg'
import { checkName } from '../change/key.ts'
import { quoted, type Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { BitemporalError } from '../errors/bitemporal-error.ts'
import { checkSchemaName } from '../schema/schema-name.ts'
import type { Column } from '../table/column-type.ts'
import { addReference } from './add-reference.ts'
import type { Reference } from './reference.ts'

/** What a reference leads to: a predicate of the same store, a typed table, or a predicate of a store elsewhere. */
export type ReferenceTarget =
  string | { readonly table: string } | { readonly schema: string; readonly predicate: string }

export interface ReferenceOptions {
  /** Up to 63 characters; made of the rest when left out. */
  readonly name?: string
  /** The predicate whose facts refer; of a typed table there is one only, and it is left out. */
  readonly from?: string
  /**
   * By what: `subject` for a fact that needs its own subject under another predicate, `value` for one whose value names
   * the subject (null refers to nothing), keys and indexes for a part of a JSON value, the name of a text column in a
   * typed table.
   */
  readonly by: 'subject' | 'value' | readonly string[] | (string & {})
  readonly to: ReferenceTarget
}

/** Whose references they are: of a typed table, or of facts. */
export interface ReferenceOwner {
  readonly predicate: string
  readonly columns: readonly Column[]
}

const list: Query = {
  name: 'references',
  text: (bt) =>
    `select name, predicate, to_json(path)::text, parent_schema, parent_predicate from ${bt}.reference order by name`,
}
const remove: Query = {
  name: 'reference-remove',
  text: (bt) => `delete from ${bt}.reference where name = $1`,
}
const pending: Query = {
  name: 'reference-triggers',
  text: (bt) => `
    select n.nspname, c.conname from pg_constraint c join pg_namespace n on n.oid = c.connamespace
    where c.conname in ('bitemporal_reference', 'bitemporal_referenced') and c.contype = 't'
      and n.nspname in (select $1 union select parent_schema from ${bt}.reference)`,
}

/** References that the server enforces, whoever writes: what is referred to is known for the whole period, as of now. */
export class References {
  readonly #database: Database
  readonly #owner: ReferenceOwner | undefined

  constructor(database: Database, owner?: ReferenceOwner) {
    this.#database = database
    this.#owner = owner
  }

  /**
   * Adds one, and checks what is there already; its name. Adding the same again does nothing. Changes of both sides wait
   * meanwhile. Throws UncoveredReference, INVALID_OPTION, NOT_INSTALLED where the other schema is not.
   */
  async add(options: ReferenceOptions): Promise<string> {
    const reference = this.#reference(options)
    await this.#database.transaction((client) => addReference(this.#database, reference, client))
    return reference.name
  }

  /** All there are, in the order of names. */
  async list(): Promise<readonly Reference[]> {
    return (await this.#database.run(list, [])).map((row) => ({
      name: column(row, 0),
      from: column(row, 1),
      path: row[2] == null ? undefined : (JSON.parse(row[2]) as string[]),
      to: { schema: column(row, 3), predicate: column(row, 4) },
    }))
  }

  /** No longer enforces one. Throws INVALID_OPTION when there is none of the name. */
  async remove(name: string): Promise<void> {
    const found = (await this.list()).find((reference) => reference.name === name)
    if (!found)
      throw refused(
        `there is no reference ${JSON.stringify(name)}`,
        '`references.list()` tells which there are',
      )
    await this.#database.transaction(async (client) => {
      await this.#database.run(remove, [name], client)
      await this.#database.once(
        `delete from ${quoted(found.to.schema)}.referenced_by where child_schema = $1 and name = $2`,
        [this.#database.schema, name],
        client,
      )
    })
  }

  /** Checks what a transaction changed so far, rather than when it commits. Throws UncoveredReference. */
  async check(client: ClientBase): Promise<void> {
    const names = (await this.#database.run(pending, [this.#database.schema], client)).map(
      (row) => `${quoted(column(row, 0))}.${quoted(column(row, 1))}`,
    )
    if (names.length === 0) return
    await this.#database.plain(client, `set constraints ${names.join(', ')} immediate`)
    await this.#database.plain(client, `set constraints ${names.join(', ')} deferred`)
  }

  #reference({ name, from, by, to }: ReferenceOptions): Reference {
    const predicate = from ?? this.#owner?.predicate
    if (predicate === undefined) throw refused('`from` is missing', 'facts of one predicate refer')
    if (this.#owner && predicate !== this.#owner.predicate)
      throw refused(
        `\`from\` is ${predicate}`,
        `a typed table has its own rows only, ${this.#owner.predicate}`,
      )
    checkName(predicate, 'the predicate')
    const path = this.#path(by)
    const target = this.#target(to)
    checkName(target.predicate, 'the predicate')
    const how = Array.isArray(by) ? by.join('.') : String(by)
    const made = name ?? `${predicate} by ${how} to ${target.schema}.${target.predicate}`
    checkName(made, 'the name of the reference')
    return { name: made, from: predicate, path, to: target }
  }

  #target(to: ReferenceTarget): Reference['to'] {
    if (typeof to === 'string') return { schema: this.#database.schema, predicate: to }
    if ('table' in to) return { schema: checkSchemaName(to.table), predicate: to.table }
    return { schema: checkSchemaName(to.schema), predicate: to.predicate }
  }

  #path(by: ReferenceOptions['by']): readonly string[] | undefined {
    if (by === 'subject') return undefined
    if (this.#owner) {
      const found = this.#owner.columns.find((each) => each.name === by)
      if (found?.base === 'text') return [found.name]
      throw refused(`\`by\` is ${String(by)}`, 'rows refer by `subject` or by a column that is text')
    }
    const keys = by === 'value' ? [] : by
    if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string' && /^[^\0]{1,100}$/.test(key)))
      throw refused(
        `\`by\` is ${JSON.stringify(by)}`,
        'facts refer by `subject`, by `value`, or by a list of keys in the value',
      )
    return ['value', ...(keys as string[])]
  }
}

function refused(detail: string, why: string): BitemporalError {
  return new BitemporalError('INVALID_OPTION', {
    detail,
    why,
    mend: `Pass for instance { from: 'team', by: 'value', to: 'lead' }, or { by: 'team', to: { table: 'teams' } } in a typed table.`,
  })
}
