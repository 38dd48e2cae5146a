import { checkName } from '../change/key.ts'
import { jsonText } from '../change/json-text.ts'
import { entityPredicate, isEntityName } from '../entity/entity-predicate.ts'
import { always, forever } from '../time/instant.ts'
import { toPeriod, type Period } from '../time/period.ts'
import { noEntity, type TextRecord } from './record.ts'
import { splitTokens, TextFault } from './tokens.ts'

/** What a line says. Throws TextFault, or a BitemporalError for a key, value or time that cannot be stored. */
export function readRecord(line: string): TextRecord {
  const tokens = new Tokens(splitTokens(line))
  const keyword = tokens.next('a keyword')
  const read = kinds[keyword]
  if (!read)
    throw new TextFault(
      `it begins with ${keyword.slice(0, 40)}`,
      `Begin it with one of ${Object.keys(kinds).join(', ')}, or # for a comment.`,
    )
  const [subject, predicate, json] = read(tokens)
  checkName(subject, 'the id')
  checkName(predicate, 'the name')
  const { valid, recorded } = tokens.times(untimed.has(keyword))
  return { subject, predicate, json, valid, recorded }
}

/** Records that may be without times, as they are in the format of others: for always, and known since ever. */
const untimed = new Set(['ENTITY', 'REFERENCE', 'ATTRIBUTE_OF_STRUCT'])

/** Subject, predicate and value. */
type Read = (tokens: Tokens) => readonly [string, string, string]

const kinds: Readonly<Record<string, Read>> = {
  ENTITY: (tokens) => {
    const name = tokens.name()
    return [tokens.id(), entityPredicate({ kind: 'entity', name }), 'true']
  },
  REFERENCE: (tokens) => {
    const name = tokens.name()
    return [tokens.id(), entityPredicate({ kind: 'reference', name }), tokens.value()]
  },
  ATTRIBUTE_OF: (tokens) => {
    const entity = tokens.name()
    const id = tokens.id()
    if (entity === noEntity) return [id, tokens.anyName(), tokens.value()]
    const name = tokens.name()
    return [id, entityPredicate({ kind: 'attribute', entity, name }), tokens.value()]
  },
  ATTRIBUTE_REF_OF: (tokens) => ofEntity(tokens, 'attributeReference'),
  STRUCT_OF: (tokens) => ofEntity(tokens, 'struct'),
  ATTRIBUTE_OF_STRUCT: (tokens) => {
    const id = tokens.id()
    return [id, entityPredicate({ kind: 'structAttribute', name: tokens.name() }), tokens.value()]
  },
  RELATIONSHIP: (tokens) => {
    const name = tokens.name()
    const id = tokens.id()
    const parties = [
      [tokens.name(), tokens.id()],
      [tokens.name(), tokens.id()],
    ]
    return [id, entityPredicate({ kind: 'relationship', name }), jsonText(parties, 'the relationship')]
  },
}

function ofEntity(tokens: Tokens, kind: 'attributeReference' | 'struct'): readonly [string, string, string] {
  const entity = tokens.name()
  const id = tokens.id()
  if (entity === noEntity) throw new TextFault('the entity is _', 'Name the entity.')
  const name = tokens.name()
  return [id, entityPredicate({ kind, entity, name }), jsonText(tokens.id(), 'the id')]
}

class Tokens {
  readonly #tokens: readonly string[]
  #at = 0

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  next(what: string): string {
    const token = this.#tokens[this.#at++]
    if (token !== undefined) return token
    throw new TextFault(`${what} is missing`, `Write ${what}, or remove the line.`)
  }

  name(): string {
    const token = this.next('a name')
    if (isEntityName(token)) return token
    throw new TextFault(
      `${token.slice(0, 40)} is no name`,
      'Names are letters, digits and underscores, and do not begin with a digit.',
    )
  }

  /** The predicate of a fact that belongs to no entity. */
  anyName(): string {
    return this.#tokens[this.#at]?.startsWith('"') ? this.#text('a name') : this.name()
  }

  /** In quotes, or of letters and digits. */
  id(): string {
    if (this.#tokens[this.#at]?.startsWith('"')) return this.#text('an id')
    const token = this.next('an id')
    if (/^[0-9A-Za-z_-]+$/.test(token)) return token
    throw new TextFault(`${token.slice(0, 40)} is no id`, 'Write the id in double quotes.')
  }

  /** JSON as it stands there, so that numbers keep all their digits. */
  value(): string {
    const token = this.next('a value')
    jsonText(parsed(token, 'a value'), 'the value')
    return token
  }

  times(mayBeMissing: boolean): { readonly valid: Period; readonly recorded: Period } {
    const isMissing = this.#at === this.#tokens.length
    if (isMissing && mayBeMissing)
      return { valid: { from: always, to: forever }, recorded: { from: always, to: forever } }
    const valid = this.#period('VALID_FROM', 'VALID_TO', 'valid time')
    const recorded = this.#period('RECORDED_AT', 'RECORDED_TO', 'recorded time')
    const rest = this.#tokens[this.#at]
    if (rest !== undefined) throw new TextFault(`${rest.slice(0, 40)} is too much`, 'End the line before it.')
    return { valid, recorded }
  }

  #period(begin: string, end: string, what: string): Period {
    const keyword = this.next(begin)
    if (keyword !== begin)
      throw new TextFault(
        `${keyword.slice(0, 40)} stands where ${begin} is expected`,
        `Write ${begin} and a time.`,
      )
    const from = this.next(`the time after ${begin}`)
    if (this.#tokens[this.#at] !== end) return toPeriod({ from }, what)
    this.#at++
    return toPeriod({ from, to: this.next(`the time after ${end}`) }, what)
  }

  #text(what: string): string {
    return parsed(this.next(what), what) as string
  }
}

function parsed(token: string, what: string): unknown {
  try {
    return JSON.parse(token)
  } catch {
    throw new TextFault(
      `${token.slice(0, 40)} is not ${what}`,
      'Write text in double quotes as JSON does (\\" for a quote, \\\\ for a backslash), numbers, true or false as they are.',
    )
  }
}
