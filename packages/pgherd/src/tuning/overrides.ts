import { diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Spec } from '../spec/schema.ts'
import { nearest } from '../spec/suggestion.ts'
import type { HostFacts } from '../topology/host-facts.ts'
import { fixedSettings } from './fixed-settings.ts'
import { buildHas, buildOptions } from './gucs/build-options.ts'
import { gucNames, gucOf, majorsWith, type Guc, type Major } from './gucs/guc.ts'
import { readGucValue } from './gucs/guc-value.ts'
import { retiredGucs } from './gucs/renamed-gucs.ts'
import { preloadLibraries } from './preload-libraries.ts'

export interface CheckedSettings {
  /** Values that passed, by lower-case name. */
  readonly accepted: ReadonlyMap<string, string>
  readonly findings: readonly Diagnostic[]
}

/** Judges the settings of the spec before any server sees them: postgres.settings and those of roles and databases. */
export function checkSettings(spec: Spec, facts: HostFacts): CheckedSettings {
  const accepted = new Map<string, string>()
  const findings: Diagnostic[] = []
  for (const [name, value] of Object.entries(spec.postgres.settings)) {
    const key = name.toLowerCase()
    const path = `postgres.settings.${name}`
    const found = judge(name, value, path, spec, facts)
    findings.push(...found)
    if (!found.some(({ severity }) => severity === 'error')) accepted.set(key, value)
  }
  for (const area of ['roles', 'databases'] as const) {
    const owners: Readonly<Record<string, { readonly settings: Readonly<Record<string, string>> }>> =
      spec[area]
    for (const [owner, { settings }] of Object.entries(owners)) {
      for (const [name, value] of Object.entries(settings)) {
        const path = `${area}.${owner}.settings.${name}`
        findings.push(
          ...(misplaced(name, path, facts.postgres.major) ?? judge(name, value, path, spec, facts)),
        )
      }
    }
  }
  return { accepted, findings }
}

/** ALTER ROLE and ALTER DATABASE only take settings a session may change (sql-alterrole, config_parameter). */
function misplaced(name: string, path: string, major: Major): Diagnostic[] | undefined {
  const guc = gucOf(name, major)
  if (!guc || !['postmaster', 'sighup'].includes(guc.context)) return undefined
  return [
    diagnose('SETTING_SCOPE', {
      detail: `${guc.name} counts for the whole server; a role or database cannot have its own`,
      mend: mend.advice(`move it to postgres.settings.${guc.name}`),
      at: { path },
    }),
  ]
}

function judge(name: string, value: string, path: string, spec: Spec, facts: HostFacts): Diagnostic[] {
  const major = facts.postgres.major
  const guc = gucOf(name, major)
  if (guc)
    return (
      fixed(guc, value, path) ?? wrongValue(guc, value, path) ?? unbuildable(guc, value, path, facts) ?? []
    )
  if (name.includes('.')) return custom(name, path, spec, major)
  return [unknown(name, path, major)]
}

function fixed(guc: Guc, value: string, path: string): Diagnostic[] | undefined {
  if (guc.context === 'internal') {
    return [
      fixedFinding(`${guc.name} is built into the server or its data directory and cannot be set`, path),
    ]
  }
  const row = fixedSettings.find(({ names }) => names.includes(guc.name))
  if (!row) return undefined
  const reading = readGucValue(guc, value)
  if (reading.ok && row.allowed?.includes(reading.canonical)) return undefined
  const allowed = row.allowed?.filter((each) => each !== '').join(' or ')
  return [
    fixedFinding(
      `${guc.name} is pgherd's to set${allowed ? ` (${allowed})` : ''}, because ${row.why}`,
      path,
      row.instead,
    ),
  ]
}

function fixedFinding(detail: string, path: string, instead?: string): Diagnostic {
  const text = instead ? `say it in ${instead} and remove ${path}` : `remove ${path}`
  return diagnose('SETTING_FIXED', { detail, mend: mend.advice(text), at: { path } })
}

function wrongValue(guc: Guc, value: string, path: string): Diagnostic[] | undefined {
  const reading = readGucValue(guc, value)
  if (reading.ok) return undefined
  return [
    diagnose('SETTING_VALUE', {
      detail: `${guc.name} = '${value}' is refused by the server: ${reading.problem}`,
      mend: mend.advice(
        guc.values ? `use one of ${guc.values.filter((each) => each !== '').join(', ')}` : `change ${path}`,
      ),
      at: { path },
    }),
  ]
}

function unbuildable(guc: Guc, value: string, path: string, facts: HostFacts): Diagnostic[] | undefined {
  const reading = readGucValue(guc, value)
  const option = buildOptions.find(
    (each) => each.name === guc.name && reading.ok && each.value === reading.canonical,
  )
  if (!option || buildHas(facts, option.needs) !== 'no') return undefined
  const detail =
    option.needs === 'liburing'
      ? `no probe has started a server with ${guc.name} = ${option.value} here: the build, the kernel or a limit forbids it, and the server would not start`
      : `the ${facts.postgres.flavour} build of PostgreSQL ${facts.postgres.version} has no ${option.needs}, so ${guc.name} = ${option.value} keeps it from starting`
  return [
    diagnose('SETTING_BUILD', {
      detail,
      mend: mend.advice(`remove ${path}, or choose other programs in postgres.binaries`),
      at: { path },
    }),
  ]
}

/** Names with a dot belong to extensions and applications; the server takes any, so that only the form can be checked. */
function custom(name: string, path: string, spec: Spec, major: Major): Diagnostic[] {
  const prefix = name.split('.')[0]?.toLowerCase() ?? ''
  if (prefix === 'pgherd')
    return [fixedFinding(`${name} is a threshold of the health functions`, path, 'alerts')]
  if (preloadLibraries.some(({ databaseSetting }) => databaseSetting === name.toLowerCase())) {
    return [
      fixedFinding(
        `${name} follows the database that declares the extension`,
        path,
        'databases.<name>.extensions',
      ),
    ]
  }
  // guc-file.l takes letters, digits, _ and $ on both sides of one dot.
  if (!/^[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*\.[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*$/.test(name))
    return [unknown(name, path, major)]
  const dotted = gucNames(major).filter((each) => each.includes('.'))
  const family = dotted.filter((each) => each.toLowerCase().startsWith(`${prefix}.`))
  if (family.length > 0 && prefix !== 'plpgsql') return [unknown(name, path, major)]
  const declared = Object.values(spec.databases).flatMap(({ extensions }) => extensions)
  const prefixes = [...new Set([...dotted.map((each) => each.split('.')[0] ?? ''), ...declared])]
  const meant = prefixes.includes(prefix) ? undefined : nearest(prefix, prefixes)
  if (!meant) return []
  return [
    diagnose('SETTING_SUSPECT', {
      detail: `the server takes ${name} without a word, but nothing reads it; did you mean ${meant}.${name.split('.')[1]}?`,
      mend: mend.advice(`correct or remove ${path}`),
      at: { path },
    }),
  ]
}

function unknown(name: string, path: string, major: Major): Diagnostic {
  const retired = retiredGucs.find((each) => each.name === name.toLowerCase() && major >= each.goneIn)
  if (retired) {
    const instead = retired.becomes && gucOf(retired.becomes, major) ? `use ${retired.becomes} and ` : ''
    return diagnose('SETTING_RETIRED', {
      detail: `${retired.name} is gone since PostgreSQL ${retired.goneIn}: ${retired.note}. PostgreSQL ${major} would not start with it`,
      mend: mend.advice(`${instead}remove ${path}`),
      at: { path },
    })
  }
  const [since] = majorsWith(name)
  if (since !== undefined && since > major) {
    return diagnose('SETTING_TOO_NEW', {
      detail: `${name} exists since PostgreSQL ${since}; this is ${major}, which would not start with it`,
      mend: mend.advice(`remove ${path}, or set postgres.version to ${since} or newer`),
      at: { path },
    })
  }
  const meant = nearest(name, gucNames(major))
  return diagnose('SETTING_UNKNOWN', {
    detail: `PostgreSQL ${major} has no setting "${name}" and would not start with it${meant ? `; did you mean ${meant}?` : ''}`,
    mend: mend.advice(meant ? `rename it to ${meant}` : `remove ${path}`),
    at: { path },
  })
}
