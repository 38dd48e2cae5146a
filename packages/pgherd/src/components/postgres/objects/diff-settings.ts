import { formatPath } from '../../../spec/path.ts'
import { shown } from '../../../spec/shown.ts'
import { diagnose, mend, type Diagnostic } from '../../../diagnostic/diagnostic.ts'
import {
  becauseOf,
  causeOf,
  changeId,
  databaseNamed,
  roleNamed,
  sql,
  type Comparison,
  type Difference,
  type ObjectChange,
} from './object-change.ts'
import type { ObservedSetting } from './observed.ts'
import { quoteIdentifier } from './quoting.ts'
import { maintenanceDatabase } from '../../reserved-names.ts'
import { resetSql, sameSetting, settingSql } from './setting-text.ts'

type Settings = Readonly<Record<string, string>>

/** Settings of one role or one database. */
interface Holder {
  readonly kind: 'role' | 'database'
  readonly name: string
  readonly declared: Settings
  readonly before: Settings | undefined
  readonly observed: readonly ObservedSetting[]
  /** False for those pgherd keeps for itself, which no spec can change. */
  readonly inSpec: boolean
}

/** Settings by ALTER ROLE and ALTER DATABASE, but for roles made in the same plan: their creation sets them. */
export function diffSettings({ declared, observed, before }: Comparison): Difference {
  const roles = declared.roles
    .filter(({ name }) => observed.roles.some((role) => role.name === name))
    .map(({ name, settings, internal }): Holder => ({
      kind: 'role',
      name,
      declared: settings,
      before: roleNamed(before, name)?.settings,
      observed: observed.settings.filter(({ role, database }) => role === name && database === null),
      inSpec: !internal,
    }))
  const databases = declared.databases.map(({ name, settings, kind }): Holder => ({
    kind: 'database',
    name,
    declared: settings,
    before: databaseNamed(before, name)?.settings,
    observed: observed.settings.filter(({ role, database }) => role === null && database === name),
    inSpec: kind === 'declared',
  }))
  const holders = [...roles, ...databases]
  const known = new Set(declared.roles.map(({ name }) => name))
  const special = observed.settings.filter(
    ({ role, database }) => (role === null) === (database === null) && (role === null || known.has(role)),
  )
  return {
    changes: holders.flatMap(changesOf),
    findings: [...holders.flatMap(undeclared), ...special.map(unspeakable)],
  }
}

function changesOf(holder: Holder): readonly ObjectChange[] {
  const { kind, name, declared, before, observed } = holder
  const change = (
    setting: string,
    title: string,
    statement: string,
    cause: 'change' | 'drift',
    found?: string,
  ): ObjectChange => ({
    id: changeId(kind, name, 'settings', setting),
    title: `${title} of ${kind} ${shown(name)}`,
    because: becauseOf(cause),
    cause,
    database: maintenanceDatabase,
    statements: sql(`ALTER ${kind.toUpperCase()} ${quoteIdentifier(name)} ${statement}`),
    ...(cause === 'drift' && found !== undefined
      ? { adopt: mend.edit(formatPath([`${kind}s`, name, 'settings', setting]), found) }
      : {}),
  })
  const set = Object.entries(declared).flatMap(([setting, value]) => {
    const found = observed.find((each) => sameName(each.name, setting))
    if (found && sameSetting(setting, found.value, value)) return []
    return [
      change(
        setting,
        `set ${setting} = ${value}`,
        settingSql(setting, value),
        causeOf(value, before?.[setting]),
        found?.value,
      ),
    ]
  })
  // what the last up set and the spec no longer has goes back to the server's own value
  const reset = observed
    .filter(({ name: setting, value }) => !has(declared, setting) && ours(before, setting, value))
    .map(({ name: setting }) => change(setting, `reset ${setting}`, resetSql(setting), 'change'))
  return [...set, ...reset]
}

function undeclared({ kind, name, declared, before, observed, inSpec }: Holder): readonly Diagnostic[] {
  return observed
    .filter(({ name: setting, value }) => !has(declared, setting) && !ours(before, setting, value))
    .map(({ name: setting, value }) => {
      const path = formatPath([`${kind}s`, name, 'settings', setting])
      const remove = `ALTER ${kind.toUpperCase()} ${quoteIdentifier(name)} ${resetSql(setting)}`
      return diagnose('DRIFT_UNDECLARED_SETTING', {
        detail: `${kind} ${shown(name)} has ${setting} = ${shown(value)}, set by hand. ${inSpec ? `Adopt: set ${path} in the spec. ` : ''}Remove: ${remove}`,
        mend: inSpec ? mend.edit(path, value) : mend.advice(remove),
        at: inSpec ? { path } : {},
      })
    })
}

/** Settings the spec has no place for: of a role in one database, and of all roles in all databases. */
function unspeakable({ role, database, name, value }: ObservedSetting): Diagnostic {
  const of =
    role === null || database === null
      ? 'ALL'
      : `${quoteIdentifier(role)} IN DATABASE ${quoteIdentifier(database)}`
  const remove = `ALTER ROLE ${of} ${resetSql(name)}`
  const adopt =
    role === null ? formatPath(['postgres', 'settings', name]) : formatPath(['roles', role, 'settings', name])
  return diagnose('DRIFT_UNDECLARED_SETTING', {
    detail: `ALTER ROLE ${of} set ${name} = ${shown(value)} by hand. Adopt: set ${adopt} in the spec, then remove. Remove: ${remove}`,
    mend: mend.advice(`${remove}; or set ${adopt} in the spec first`),
  })
}

function sameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase()
}

function has(settings: Settings, name: string): boolean {
  return Object.keys(settings).some((each) => sameName(each, name))
}

function ours(before: Settings | undefined, name: string, value: string): boolean {
  return Object.entries(before ?? {}).some(
    ([setting, given]) => sameName(setting, name) && sameSetting(setting, given, value),
  )
}
