import { relative } from 'node:path'
import type { Step } from '../../plan/plan.ts'

/** What a line of a plan stands for: one step, or several that differ in a name alone. */
export interface PlanLine {
  readonly steps: readonly Step[]
  readonly title: string
  /** Why, when that says more than that the spec declares it. */
  readonly because?: string
}

export interface PlanSection {
  /** Absent for files, certificates and units: what is not inside the server. */
  readonly heading?: string
  readonly lines: readonly PlanLine[]
}

/** Reasons every newcomer knows: a plan is there to make what is missing. */
const plain = [
  'it does not exist',
  'there is none',
  'it does not run',
  'the spec declares it',
  'the spec says so',
]

/** Steps that are said in one breath when there are several: `{n}` is how many, `{names}` their names. */
const together: readonly { readonly one: RegExp; readonly many: string }[] = [
  { one: /^make directory (.+)$/, many: 'make {n} directories' },
  { one: /^generate secret (.+)$/, many: 'generate {n} secrets: {names}' },
  { one: /^fetch secret (.+)$/, many: 'fetch {n} secrets: {names}' },
  { one: /^write (.+)$/, many: 'write {n} files: {names}' },
  { one: /^create role (.+)$/, many: 'create {n} roles: {names}' },
  { one: /^create schema (.+)$/, many: 'create {n} schemas: {names}' },
  { one: /^create extension (.+)$/, many: 'create {n} extensions: {names}' },
  { one: /^create function (.+)$/, many: 'create {n} functions: {names}' },
  { one: /^(?:grant|revoke) (.+)$/, many: 'grant and revoke privileges: {n} changes' },
]

/** A plan as sections of lines: first the machine with its programs, then roles, then each database. */
export function planLines(
  steps: readonly Step[],
  state: string,
  directory: string = process.cwd(),
): readonly PlanSection[] {
  const byHeading = new Map<string, Step[]>()
  for (const step of steps) {
    const heading = headingOf(step)
    byHeading.set(heading, [...(byHeading.get(heading) ?? []), step])
  }
  const shorten = (text: string) => shortened(text, state, directory)
  const sections = [...byHeading].map(([heading, each]): PlanSection => ({
    ...(heading ? { heading } : {}),
    lines: linesOf(each, heading, shorten),
  }))
  return sections.filter(({ lines }) => lines.length > 0)
}

/** In a cluster the ids of steps begin with their member, and what is outside the server stands below its name. */
function headingOf({ id: whole, member, action }: Step): string {
  const clustered = whole.startsWith(`${member}/`)
  const id = clustered ? whole.slice(member.length + 1) : whole
  if (!id.startsWith('object:')) return clustered ? member : ''
  const [, kind, name = ''] = /^object:([^/]+)\/([^/]+)/.exec(id) ?? []
  if (kind === 'role') return 'Roles'
  if (kind === 'database') return `Database "${decodeURIComponent(name)}"`
  return action.do === 'run-sql' ? `Database "${action.database}"` : 'Server'
}

function linesOf(
  steps: readonly Step[],
  heading: string,
  shorten: (text: string) => string,
): readonly PlanLine[] {
  const groups = new Map<string, { many: string; names: string[]; steps: Step[]; only: string }>()
  for (const step of steps) {
    const title = withoutHeading(shorten(step.title), heading)
    const kind = step.adopt === undefined ? together.find(({ one }) => one.test(title)) : undefined
    const key =
      kind && step.cause === 'create' ? JSON.stringify([kind.many, step.impact, step.because]) : step.id
    const group = groups.get(key) ?? { many: kind?.many ?? '', names: [], steps: [], only: title }
    group.names.push(kind?.one.exec(title)?.[1] ?? title)
    group.steps.push(step)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ many, names, steps: members, only }) => {
    const because = members[0]?.because ?? ''
    const title =
      members.length === 1
        ? only
        : many.replace('{n}', () => String(members.length)).replace('{names}', () => names.join(', '))
    return { steps: members, title, ...(plain.includes(because) ? {} : { because: shorten(because) }) }
  })
}

/** `create schema "orders" in database "shop"` says the database once too often below its heading. */
function withoutHeading(title: string, heading: string): string {
  const database = /^Database (".*")$/.exec(heading)?.[1]
  if (database === undefined) return title
  const suffix = [' in database ', ' of database ', ' on database ']
    .map((words) => words + database)
    .find((words) => title.endsWith(words))
  return suffix === undefined ? title : title.slice(0, -suffix.length)
}

/** Paths below the state directory as seen from there; the directory itself as seen from where the user is. */
export function shortened(text: string, state: string, directory: string = process.cwd()): string {
  return text.replaceAll(`${state}/`, '').replaceAll(state, placeOf(state, directory))
}

/** A path the shorter way: from here, unless that leads far up. */
export function placeOf(path: string, directory: string = process.cwd()): string {
  const here = relative(directory, path)
  return here === '' ? '.' : here.startsWith('../../') || here.length > path.length ? path : here
}
