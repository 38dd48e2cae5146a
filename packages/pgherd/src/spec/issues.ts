import type { z } from 'zod'
import { mend } from '../diagnostic/diagnostic.ts'
import type { SpecFinding } from './finding.ts'
import { hintFor } from './hints.ts'
import { formatPath, shownPath, type SpecPath } from './path.ts'
import { defaultAt, secretPathOf } from './schema-walk.ts'
import { shown } from './shown.ts'
import { unknownKey } from './unknown-key.ts'
import { wantedAt } from './wanted-words.ts'

type Issue = z.core.$ZodIssue

/** What the schema found wrong, one finding each, unions resolved to the shape the user meant. */
export function findingsOf(issues: readonly Issue[], value: unknown): SpecFinding[] {
  const findings = issues.flatMap((issue) => translate(issue, [], value))
  const secrets = new Set<string>()
  return findings.filter(({ code, path }) => {
    if (code !== 'SPEC_SECRET') return true
    const key = formatPath(path)
    if (secrets.has(key)) return false
    secrets.add(key)
    return true
  })
}

/** The value at a path; undefined where there is none. */
export function valueAt(value: unknown, path: SpecPath): unknown {
  let current = value
  for (const segment of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, segment)) return undefined
    current = (current as Record<string, unknown>)[segment]
  }
  return current
}

function translate(issue: Issue, prefix: SpecPath, root: unknown): SpecFinding[] {
  const path = [...prefix, ...issue.path.map(String)]
  const secret = secretPathOf(path)
  if (secret) return [secretFinding(secret, valueAt(root, secret))]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key))
  const value = valueAt(root, path)
  if (issue.code === 'invalid_union') {
    const meant = branchMeant(issue.errors, value)
    if (meant) return meant.flatMap((inner) => translate(inner, path, root))
  }
  if (issue.code === 'invalid_key') return [emptyName(path)]
  if (value === undefined) return [missing(path)]
  return [invalid(issue, path, value)]
}

/** Of a union's alternatives the one whose kind fits the value, so that only its own faults are told. */
function branchMeant(branches: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return branches.find((issues) =>
    issues.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  )
}

function secretFinding(path: SpecPath, value: unknown): SpecFinding {
  const where = shownPath(path)
  const what =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? 'needs exactly one of the keys generated (true), env (the name of a variable) and file (a path)'
      : 'must say where the secret comes from; the spec never holds a secret itself, because specs are committed and shown'
  return {
    code: 'SPEC_SECRET',
    detail: `${where} ${what}. If a real secret stands there now, take it out and replace it wherever it is used`,
    mend: mend.advice(`write one of: {generated: true} | {env: NAME_OF_A_VARIABLE} | {file: path/to/secret}`),
    path,
  }
}

function emptyName(path: SpecPath): SpecFinding {
  return {
    code: 'SPEC_NAME',
    detail: `a name in ${shownPath(path.slice(0, -1))} is empty; PostgreSQL needs 1 to 63 bytes`,
    mend: mend.advice('give it a name'),
    path,
  }
}

function missing(path: SpecPath): SpecFinding {
  const wanted = wantedAt(path)
  const parent = path.slice(0, -1)
  const owner = parent.length > 0 ? shownPath(parent) : 'the spec'
  const key = path.at(-1) ?? ''
  return {
    code: 'SPEC_MISSING',
    detail: `${owner} needs ${shown(key)}: ${wanted.shown ? wanted.phrase : (wanted.description ?? wanted.phrase)}`,
    mend: mend.advice(`add ${shown(key)} to ${owner}`),
    path,
    involves: [path],
  }
}

function invalid(issue: Issue, path: SpecPath, value: unknown): SpecFinding {
  const wanted = wantedAt(path)
  const where = path.length > 0 ? shownPath(path) : 'the spec'
  const not = wanted.shown ? shownValue(value) : kindOf(value)
  const hint = hintFor(path, value)
  const detail =
    issue.code === 'too_small' && Array.isArray(value)
      ? `${where} is an empty list; it needs at least one item`
      : `${where} must be ${wanted.phrase}, not ${not}${hint?.text ? `. ${hint.text}` : ''}`
  const to = hint?.to ?? defaultAt(path)
  return {
    code: 'SPEC_INVALID',
    detail,
    mend:
      path.length === 0
        ? mend.advice('begin with `name: ...`; `pgherd init` writes a spec to start from')
        : to === undefined
          ? mend.advice(`correct ${where}: ${wanted.phrase}`)
          : mend.edit(formatPath(path), to),
    path,
    // An empty value may go on where a broken text breaks off, so what is below it counts too.
    ...(value === null && { involves: [[...path, '']] }),
  }
}

function shownValue(value: unknown): string {
  if (typeof value === 'string' && value !== '') return shown(value)
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value)
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return value === '' ? 'empty text' : 'text'
  if (typeof value === 'object') return 'a mapping'
  return typeof value === 'boolean' ? 'true or false' : 'a number'
}
