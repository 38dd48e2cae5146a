import { z } from 'zod'
import type { SpecPath } from './path.ts'
import { bareSchema, defaultAt, schemasAt } from './schema-walk.ts'
import { nearest } from './suggestion.ts'
import { wantedAt } from './wanted-words.ts'

/** What a wrong value was likely meant to be: a sentence, which may be empty, and the value to write instead when it is certain enough. */
export interface Hint {
  readonly text: string
  readonly to?: unknown
}

/** The likely meaning of a value the schema refused; undefined when there is none. */
export function hintFor(path: SpecPath, value: unknown): Hint | undefined {
  if (value === null) {
    const otherwise = defaultAt(path) === undefined ? '' : '; leave the key out to get the default'
    return { text: `An entry with nothing after its colon is empty${otherwise}` }
  }
  if (typeof value === 'number') return numberHint(path, value)
  if (typeof value !== 'string') return undefined
  if (wants(path, z.ZodArray)) return { text: 'Put it in brackets', to: [value] }
  return textHint(path, value)
}

function numberHint(path: SpecPath, value: number): Hint | undefined {
  const withUnit = accepts(path, `${String(value)}s`) || accepts(path, `${String(value)}MB`)
  return withUnit && wantedAt(path).shown ? { text: 'It needs a unit' } : undefined
}

function textHint(path: SpecPath, value: string): Hint | undefined {
  if (/^\d{1,9}$/.test(value) && accepts(path, Number(value)))
    return { text: 'Numbers stand without quotes', to: Number(value) }
  const whole = value.includes(':') ? `${value}/128` : `${value}/32`
  if (wantedAt(path).shown && accepts(path, whole))
    return { text: 'One address needs its prefix length too', to: whole }
  const spelt = nameFrom(value)
  if (path.length === 1 && path[0] === 'name' && accepts(path, spelt)) return { text: '', to: spelt }
  const best = nearest(value, wordsAt(path))
  return best === undefined ? undefined : { text: `Did you mean ${best}?`, to: best }
}

function nameFrom(text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return plain
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '')
}

function accepts(path: SpecPath, value: unknown): boolean {
  return schemasAt(path).some((schema) => z.safeParse(schema, value).success)
}

function wants(path: SpecPath, kind: typeof z.ZodArray): boolean {
  return schemasAt(path).some((schema) => bareSchema(schema) instanceof kind)
}

/** The words a path may have, where it has a closed set of them. */
function wordsAt(path: SpecPath): string[] {
  return schemasAt(path).flatMap((schema) =>
    [...(schema._zod.values ?? [])].filter((value) => typeof value === 'string'),
  )
}
