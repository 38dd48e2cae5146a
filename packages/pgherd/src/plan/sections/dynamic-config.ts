import { mend, type Mend } from '../../diagnostic/diagnostic.ts'
import { specChange, type SpecWord } from '../../components/patroni/spec-words.ts'
import { formatPath } from '../../spec/path.ts'
import { impactOf } from '../../tuning/impact.ts'
import { configDifference, patchOf, valueAt, type ConfigChange } from '../dynamic-config-patch.ts'
import { holdsSecrets } from '../private-settings.ts'
import type { Draft, Section } from '../section.ts'
import type { Wanted } from '../wanted.ts'

type Tree = Readonly<Record<string, unknown>>

/** Changes that the spec says with one word, such as the clocks of a failover; most stand alone. */
interface Group {
  readonly word?: SpecWord
  readonly changes: readonly ConfigChange[]
}

/**
 * Patroni's dynamic configuration is as declared. It is one for the whole cluster, so that the leader's plan has it. What
 * somebody changed with patronictl is drift: a step for each, so that each is kept or taken back by itself.
 */
export const dynamicConfiguration: Section = {
  name: 'dynamic-config',
  draft(wanted, { cluster, applied }) {
    const { member, dynamicConfig } = wanted
    const found = cluster?.dynamicConfig
    if (!dynamicConfig || cluster?.leader !== member || !found) return []
    const difference = configDifference(dynamicConfig, found)
    const groups = grouped(difference?.changes ?? [], wanted.specWords ?? [])
    return groups.map((group) => draftOf(group, wanted, found, applied?.dynamicConfig))
  },
}

function grouped(changes: readonly ConfigChange[], words: readonly SpecWord[]): readonly Group[] {
  const groups = new Map<string, { word?: SpecWord; changes: ConfigChange[] }>()
  for (const change of changes) {
    const word = words.find(({ choices }) =>
      choices.some(({ config }) => change.path.length === 1 && Object.hasOwn(config, change.path[0] ?? '')),
    )
    const key = word?.path ?? formatPath(change.path)
    const group = groups.get(key) ?? { ...(word ? { word } : {}), changes: [] }
    group.changes.push(change)
    groups.set(key, group)
  }
  return [...groups.values()]
}

function draftOf(group: Group, { major }: Wanted, found: Tree, before: Tree | undefined): Draft {
  const { changes } = group
  const drift =
    before !== undefined && changes.some(({ path }) => !same(valueAt(before, path), valueAt(found, path)))
  const adopt = drift ? adoption(group, found, major) : undefined
  const names = changes.map(({ path }) => formatPath(path))
  const told = changes.map((change) => shownChange(change, major)).join(', ')
  const only = drift && !adopt ? '; no word of the spec means this, so it can only be taken back' : ''
  return {
    id: `dynamic-config:${group.word?.path ?? names.join()}`,
    title: `change ${names.join(', ')} in Patroni's dynamic configuration`,
    because: `${drift ? 'it was changed by hand: ' : ''}${told}${only}`,
    cause: drift ? 'drift' : 'change',
    impact: changes.some((change) => needsRestart(change, major)) ? 'restart' : 'reload',
    action: { do: 'patch-dynamic-config', patch: patchOf(changes) },
    ...(adopt ? { adopt } : {}),
  }
}

/** The change of the spec that keeps what was found; undefined when there is none. */
function adoption({ word, changes }: Group, found: Tree, major: Wanted['major']): Mend | undefined {
  if (word) {
    const choice = word.choices.find(({ config }) =>
      Object.entries(config).every(([key, value]) => same(value, found[key])),
    )
    return choice && mend.edit(word.path, choice.to)
  }
  const [only] = changes
  if (!only || parameterSecret(only, major)) return undefined
  const change = specChange(only.path, only.found, only.wanted)
  return change && mend.edit(formatPath(change.path), change.to)
}

function same(one: unknown, other: unknown): boolean {
  return configDifference({ value: one ?? null }, { value: other ?? null }) === undefined
}

function parameterOf({ path: [section, kind, name] }: ConfigChange): string | undefined {
  return section === 'postgresql' && kind === 'parameters' ? name : undefined
}

/** Patroni reloads its servers; it only flags what needs a restart, which is then a step of its own. */
function needsRestart(change: ConfigChange, major: Wanted['major']): boolean {
  const name = parameterOf(change)
  return name !== undefined && impactOf(name, major) === 'restart'
}

function parameterSecret(change: ConfigChange, major: Wanted['major']): boolean {
  const name = parameterOf(change)
  return name !== undefined && holdsSecrets(name, major)
}

function shownChange(change: ConfigChange, major: Wanted['major']): string {
  const { path, found, wanted } = change
  if (parameterSecret(change, major)) return formatPath(path)
  return `${formatPath(path)} ${shownValue(found)} -> ${shownValue(wanted)}`
}

function shownValue(value: unknown): string {
  return value === undefined || value === null ? '(unset)' : JSON.stringify(value)
}
