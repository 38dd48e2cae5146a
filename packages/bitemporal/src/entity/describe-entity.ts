import type { ClientBase } from 'pg'
import type { BitemporalStore, Within } from '../bitemporal-store.ts'
import type { AsOf } from '../read/as-of.ts'
import { entityPredicate, isParties, readEntityPredicate, type Parties } from './entity-predicate.ts'

/** All that holds of one entity at a point of both times. */
export interface EntityDescription {
  readonly attributes: Readonly<Record<string, unknown>>
  /** The id, and the value that it stands for; undefined where that is not known. */
  readonly references: Readonly<Record<string, { readonly id: string; readonly value: unknown }>>
  readonly structs: Readonly<
    Record<string, { readonly id: string; readonly attributes: Readonly<Record<string, unknown>> }>
  >
}

/** A relationship at a point of both times. */
export interface Relationship {
  readonly name: string
  readonly id: string
  readonly parties: Parties
}

/**
 * What holds of an entity; undefined when there is none at that time. Each is now when left out; for one picture of both
 * pass `recordedAt`, or a client in a transaction of REPEATABLE READ.
 */
export async function describeEntity(
  store: BitemporalStore,
  entity: string,
  id: string,
  asOf: AsOf & Within = {},
): Promise<EntityDescription | undefined> {
  const facts = await store.about(id, asOf)
  const exists = entityPredicate({ kind: 'entity', name: entity })
  if (!facts.some(({ predicate }) => predicate === exists)) return undefined
  const attributes: Record<string, unknown> = {}
  const references: Record<string, EntityDescription['references'][string]> = {}
  const structs: Record<string, EntityDescription['structs'][string]> = {}
  for (const { predicate, value } of facts) {
    const found = readEntityPredicate(predicate)
    if (!found || !('entity' in found) || found.entity !== entity) continue
    if (found.kind === 'attribute') attributes[found.name] = value
    else if (found.kind === 'attributeReference')
      references[found.name] = {
        id: String(value),
        value: (
          await store.get(String(value), entityPredicate({ kind: 'reference', name: found.name }), asOf)
        )?.value,
      }
    else
      structs[found.name] = {
        id: String(value),
        attributes: await structAttributes(store, String(value), asOf),
      }
  }
  return { attributes, references, structs }
}

async function structAttributes(
  store: BitemporalStore,
  id: string,
  asOf: AsOf & { readonly client?: ClientBase },
): Promise<Record<string, unknown>> {
  const attributes: Record<string, unknown> = {}
  for (const { predicate, value } of await store.about(id, asOf)) {
    const found = readEntityPredicate(predicate)
    if (found?.kind === 'structAttribute') attributes[found.name] = value
  }
  return attributes
}

/** The relationships of a name in which an entity stands, on either side. Reads all of that name; time grows with them. */
export async function relationshipsOf(
  store: BitemporalStore,
  name: string,
  id: string,
  asOf: AsOf & Within = {},
): Promise<readonly Relationship[]> {
  const found: Relationship[] = []
  for await (const { subject, value } of store.facts(entityPredicate({ kind: 'relationship', name }), asOf))
    if (isParties(value) && value.some(([, party]) => party === id))
      found.push({ name, id: subject, parties: value })
  return found
}
