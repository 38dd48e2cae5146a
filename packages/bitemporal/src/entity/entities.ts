import type { BitemporalStore, ChangeOptions, Within } from '../bitemporal-store.ts'
import type { ChangeResult } from '../change/change-result.ts'
import { BitemporalError } from '../errors/bitemporal-error.ts'
import { entityPredicate, isEntityName, type EntityPredicate } from './entity-predicate.ts'

/** What one attribute may be: the text form has no others. */
export type Scalar = string | number | boolean

/** Of one entity: names of attributes, of references that it has, and of structures with their own attributes. */
export interface EntityDefinition {
  readonly attributes?: readonly string[]
  readonly references?: readonly string[]
  readonly structs?: Readonly<Record<string, readonly string[]>>
}

/** Names of everything, and between which entities relationships are. */
export interface EntityModel {
  readonly entities: Readonly<Record<string, EntityDefinition>>
  readonly relationships?: Readonly<Record<string, readonly [from: string, to: string]>>
}

/**
 * Entities with attributes, references to values that have an id, structures of attributes that change together, and
 * relationships between two entities: facts of a store under predicates that tell which they are, so that all of its
 * questions can be asked of them too. Methods state what holds, whatever was known (`assert`).
 */
export class Entities {
  readonly #store: BitemporalStore
  readonly #model: EntityModel

  /** Throws INVALID_OPTION for names that are none, and for relationships of entities that are not in the model. */
  constructor(store: BitemporalStore, model: EntityModel) {
    this.#store = store
    this.#model = checked(model)
  }

  /**
   * Has the server enforce the model: attributes, references and structures of entities that exist for the whole time,
   * references to values that do, relationships between two that do. May run again. Throws UncoveredReference.
   */
  async enforce(): Promise<void> {
    const { references } = this.#store
    for (const [entity, { attributes = [], references: referred = [], structs = {} }] of Object.entries(
      this.#model.entities,
    )) {
      const to = entityPredicate({ kind: 'entity', name: entity })
      const of = (kind: 'attribute' | 'attributeReference' | 'struct', name: string): string =>
        entityPredicate({ kind, entity, name })
      for (const name of attributes) await references.add({ from: of('attribute', name), by: 'subject', to })
      for (const name of referred) {
        const from = of('attributeReference', name)
        await references.add({ from, by: 'subject', to })
        await references.add({ from, by: 'value', to: entityPredicate({ kind: 'reference', name }) })
      }
      for (const name of Object.keys(structs))
        await references.add({ from: of('struct', name), by: 'subject', to })
    }
    for (const [name, sides] of Object.entries(this.#model.relationships ?? {}))
      for (const [side, entity] of sides.entries())
        await references.add({
          from: entityPredicate({ kind: 'relationship', name }),
          by: [String(side), '1'],
          to: entityPredicate({ kind: 'entity', name: entity }),
        })
  }

  /** That there is an entity. Throws INVALID_OPTION, as all of these do, for a name that the model does not have. */
  entity(name: string, id: string, options: ChangeOptions): Promise<ChangeResult> {
    this.#of(name)
    return this.#assert(id, { kind: 'entity', name }, true, options)
  }

  /** That an id stands for a value: `reference('country_code', id, 'US', ...)`. */
  reference(name: string, id: string, value: Scalar, options: ChangeOptions): Promise<ChangeResult> {
    return this.#assert(id, { kind: 'reference', name }, value, options)
  }

  /** The value of an attribute of an entity. */
  attribute(
    entity: string,
    id: string,
    name: string,
    value: Scalar,
    options: ChangeOptions,
  ): Promise<ChangeResult> {
    this.#has(this.#of(entity).attributes, entity, name)
    return this.#assert(id, { kind: 'attribute', entity, name }, value, options)
  }

  /** Which value with an id an entity has. */
  refer(
    entity: string,
    id: string,
    name: string,
    reference: string,
    options: ChangeOptions,
  ): Promise<ChangeResult> {
    this.#has(this.#of(entity).references, entity, name)
    return this.#assert(id, { kind: 'attributeReference', entity, name }, reference, options)
  }

  /** Attributes that change together, under an id that is new with each change of them. One transaction. */
  struct(
    entity: string,
    id: string,
    name: string,
    struct: { readonly id: string; readonly attributes: Readonly<Record<string, Scalar>> },
    { client, ...options }: ChangeOptions,
  ): Promise<ChangeResult> {
    const names = this.#of(entity).structs?.[name]
    this.#has(Object.keys(this.#of(entity).structs ?? {}), entity, name)
    for (const attribute of Object.keys(struct.attributes)) this.#has(names, `${entity}/${name}`, attribute)
    const { expected: _, ...period } = options
    return this.#within(client, async (own) => {
      for (const [attribute, value] of Object.entries(struct.attributes))
        await this.#assert(struct.id, { kind: 'structAttribute', name: attribute }, value, {
          ...period,
          client: own,
        })
      return this.#assert(id, { kind: 'struct', entity, name }, struct.id, { ...options, client: own })
    })
  }

  /** That two entities stand in a relationship: of the entities that the model names for it, by their ids. */
  relate(name: string, id: string, from: string, to: string, options: ChangeOptions): Promise<ChangeResult> {
    const sides = this.#model.relationships?.[name]
    if (!sides) throw unknown(`relationship ${JSON.stringify(name)}`)
    const parties = [
      [sides[0], from],
      [sides[1], to],
    ]
    return this.#assert(id, { kind: 'relationship', name }, parties, options)
  }

  #within<T>(
    client: Within['client'],
    work: (client: NonNullable<Within['client']>) => Promise<T>,
  ): Promise<T> {
    return client ? work(client) : this.#store.transaction(work)
  }

  #assert(
    id: string,
    predicate: EntityPredicate,
    value: unknown,
    options: ChangeOptions,
  ): Promise<ChangeResult> {
    if (!isEntityName(predicate.name)) throw unknown(`name ${JSON.stringify(predicate.name)}`)
    return this.#store.assert(id, entityPredicate(predicate), value, options)
  }

  #of(entity: string): EntityDefinition {
    const found = Object.hasOwn(this.#model.entities, entity) ? this.#model.entities[entity] : undefined
    if (found) return found
    throw unknown(`entity ${JSON.stringify(entity)}`)
  }

  #has(names: readonly string[] | undefined, of: string, name: string): void {
    if (!names?.includes(name)) throw unknown(`${JSON.stringify(name)} of ${of}`)
  }
}

function checked(model: EntityModel): EntityModel {
  const { entities, relationships = {} } = model
  const names = Object.entries(entities).flatMap(
    ([entity, { attributes = [], references = [], structs = {} }]) => [
      entity,
      ...attributes,
      ...references,
      ...Object.entries(structs).flatMap(([struct, of]) => [struct, ...of]),
    ],
  )
  for (const name of [...names, ...Object.keys(relationships)])
    if (!isEntityName(name) || name === '_') throw unknown(`name ${JSON.stringify(name)}`)
  for (const entity of Object.values(relationships).flat())
    if (!Object.hasOwn(entities, entity)) throw unknown(`entity ${JSON.stringify(entity)}`)
  return model
}

function unknown(what: string): BitemporalError {
  return new BitemporalError('INVALID_OPTION', {
    detail: `${what} is not in the model, or no name`,
    why: 'what is stored under it would be found by nobody, and no other program could read it as text',
    mend: 'Add it to the model; names are letters, digits and underscores, and do not begin with a digit.',
  })
}
