/**
 * Entities, references, structures and relationships of the bitemporal sixth normal form, each as facts of a predicate
 * that tells which it is (github.com/sergeyprokhorenko/6NF_File_Format, and AriaState's version 1.3 of it, which gives
 * every record both ends of both times). Ids are subjects.
 */
export type EntityPredicate =
  /** That the subject is an entity of this name; the value is true. */
  | { readonly kind: 'entity'; readonly name: string }
  /** That the subject is the id of this value: a country code, say. */
  | { readonly kind: 'reference'; readonly name: string }
  | { readonly kind: 'attribute'; readonly entity: string; readonly name: string }
  /** The value is the id of a reference. */
  | { readonly kind: 'attributeReference'; readonly entity: string; readonly name: string }
  /** The value is the id of a structure, whose own attributes change together. */
  | { readonly kind: 'struct'; readonly entity: string; readonly name: string }
  | { readonly kind: 'structAttribute'; readonly name: string }
  /** The subject is the id of the relationship, the value two pairs of an entity's name and id. */
  | { readonly kind: 'relationship'; readonly name: string }

const name = '[A-Za-z_][A-Za-z0-9_]*'
/** `_` alone stands for no entity in the text form. */
const entity = `(?!_[.>/-])${name}`

const spellings: readonly (readonly [EntityPredicate['kind'], RegExp])[] = [
  ['entity', new RegExp(`^entity:(${name})$`)],
  ['reference', new RegExp(`^reference:(${name})$`)],
  ['relationship', new RegExp(`^relationship:(${name})$`)],
  ['attribute', new RegExp(`^(${entity})\\.(${name})$`)],
  ['attributeReference', new RegExp(`^(${entity})->(${name})$`)],
  ['struct', new RegExp(`^(${entity})/(${name})$`)],
  ['structAttribute', new RegExp(`^/(${name})$`)],
]

/** What names of entities, attributes and so on look like: letters, digits and underscores, no digit first. */
export function isEntityName(text: string): boolean {
  return new RegExp(`^${name}$`).test(text)
}

/** The predicate as it is stored: `entity:bank`, `bank.bank_name`, `bank->country_code`, `bank/address`, `/street`, `relationship:owns`. */
export function entityPredicate(predicate: EntityPredicate): string {
  switch (predicate.kind) {
    case 'entity':
    case 'reference':
    case 'relationship':
      return `${predicate.kind}:${predicate.name}`
    case 'attribute':
      return `${predicate.entity}.${predicate.name}`
    case 'attributeReference':
      return `${predicate.entity}->${predicate.name}`
    case 'struct':
      return `${predicate.entity}/${predicate.name}`
    case 'structAttribute':
      return `/${predicate.name}`
  }
}

/** What a stored predicate stands for; undefined for one that is none of these. */
export function readEntityPredicate(predicate: string): EntityPredicate | undefined {
  for (const [kind, spelling] of spellings) {
    const parts = spelling.exec(predicate)
    if (!parts) continue
    const [, first = '', second = ''] = parts
    return (second === '' ? { kind, name: first } : { kind, entity: first, name: second }) as EntityPredicate
  }
  return undefined
}

/** The two sides of a relationship, as its value holds them. */
export type Parties = readonly [readonly [entity: string, id: string], readonly [entity: string, id: string]]

/** Whether a value is that of a relationship. */
export function isParties(value: unknown): value is Parties {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value.every(
      (side: unknown) =>
        Array.isArray(side) &&
        side.length === 2 &&
        typeof side[0] === 'string' &&
        isEntityName(side[0]) &&
        typeof side[1] === 'string',
    )
  )
}
