import { fixedSettings } from '../../tuning/fixed-settings.ts'
import { sizeText } from '../../tuning/size-text.ts'
import type { Spec } from '../../spec/schema.ts'
import { noLagLimit, synchronousConfig, type Durability } from './durability.ts'
import { clusterSettingLeast, ownParameters, timingConfig } from './dynamic-config.ts'
import { patroniFacts } from './version-facts.ts'

type Tree = Readonly<Record<string, unknown>>

/** A key of the spec that decides several keys of the dynamic configuration at once, with what each word makes of them. */
export interface SpecWord {
  readonly path: string
  readonly choices: readonly { readonly to: string; readonly config: Tree }[]
}

const presets: readonly Spec['topology']['failover'][] = ['fast', 'normal', 'wide']
const durabilities: readonly Durability[] = ['async', 'sync', 'quorum', 'strict']

/** What the spec has words for, with the installed Patroni: the clocks of a failover, and what commits wait for. */
export function specWords(patroniVersion: string): readonly SpecWord[] {
  const { quorumCommit } = patroniFacts(patroniVersion)
  return [
    {
      path: 'topology.failover',
      choices: presets.map((to) => ({ to, config: timingConfig(to, patroniVersion) })),
    },
    {
      path: 'topology.durability',
      choices: durabilities
        .filter((to) => to !== 'quorum' || quorumCommit)
        .map((to) => ({ to, config: synchronousConfig(to) })),
    },
  ]
}

/** A change of the spec: the keys of its path and what is to stand there. */
export interface SpecChange {
  readonly path: readonly string[]
  readonly to: string
}

/** What the spec would have to say for the value found at one key; undefined when it has no word for it. Pure. */
export function specChange(path: readonly string[], found: unknown, wanted: unknown): SpecChange | undefined {
  const [key, kind, name] = path
  if (path.length === 1 && key === 'maximum_lag_on_failover')
    return wanted === noLagLimit ? undefined : sizeChange('lagOnFailover', Number(found))
  if (path.length !== 3 || key !== 'postgresql' || kind !== 'parameters' || name === undefined)
    return undefined
  const value = textOf(found)
  if (value === undefined) return undefined
  if (name === 'max_slot_wal_keep_size') return slotKeep(value)
  if (ownParameters.includes(name) || isFixed(name, value)) return undefined
  const least = clusterSettingLeast(name)
  if (least !== undefined && !(Number(value) >= least)) return undefined
  return { path: ['postgres', 'settings', name], to: value }
}

/** As PostgreSQL reads it: a number alone is megabytes, and -1 no limit, for which the spec has no word. */
function slotKeep(value: string): SpecChange | undefined {
  const to = /^\d+$/.test(value) ? `${value}MB` : value
  return /^\d+(kB|MB|GB|TB)$/.test(to) ? { path: ['topology', 'slotKeep'], to } : undefined
}

function sizeChange(key: string, bytes: number): SpecChange | undefined {
  if (!Number.isSafeInteger(bytes) || bytes < 0) return undefined
  return { path: ['topology', key], to: bytes % 1024 === 0 ? sizeText(bytes) : `${bytes}B` }
}

function textOf(found: unknown): string | undefined {
  if (typeof found === 'string') return found
  if (typeof found === 'boolean') return found ? 'on' : 'off'
  return typeof found === 'number' ? String(found) : undefined
}

function isFixed(name: string, value: string): boolean {
  const row = fixedSettings.find(({ names }) => names.includes(name))
  return row !== undefined && row.allowed?.includes(value) !== true
}
