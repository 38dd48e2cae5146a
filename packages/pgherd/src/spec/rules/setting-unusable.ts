import { mend } from '../../diagnostic/diagnostic.ts'
import type { SpecFinding } from '../finding.ts'
import { shownPath, type SpecPath } from '../path.ts'
import type { Spec } from '../schema.ts'
import { shown } from '../shown.ts'
import type { SpecRule } from './rule.ts'

/** A parameter name (guc-file.l, ID and QUALIFIED_ID); anything else would be a syntax error in postgresql.conf. */
const parameterName = /^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)*$/

function* settingsOf(spec: Spec): Generator<{ path: SpecPath; settings: Readonly<Record<string, string>> }> {
  yield { path: ['postgres', 'settings'], settings: spec.postgres.settings }
  for (const kind of ['databases', 'roles'] as const) {
    for (const [name, { settings }] of Object.entries<{ settings: Readonly<Record<string, string>> }>(
      spec[kind],
    ))
      yield { path: [kind, name, 'settings'], settings }
  }
}

export const settingUnusable: SpecRule = {
  id: 'setting-unusable',
  why: 'The name or value cannot be written to postgresql.conf, or two spellings of one name compete.',
  *examine(spec): Iterable<SpecFinding> {
    for (const { path, settings } of settingsOf(spec)) {
      const seen = new Map<string, string>()
      for (const [name, value] of Object.entries(settings)) {
        const at = [...path, name]
        if (!parameterName.test(name)) {
          yield {
            code: 'SPEC_NAME',
            detail: `${shown(name)} cannot be the name of a server setting`,
            mend: mend.advice('use the name from the PostgreSQL documentation, such as work_mem'),
            path: at,
          }
        } else if (/\p{Cc}/u.test(value)) {
          yield {
            code: 'SPEC_INVALID',
            detail: `the value of ${shownPath(at)} has a line break or another control character`,
            mend: mend.advice('write the value on one line'),
            path: at,
          }
        }
        const first = seen.get(name.toLowerCase())
        if (first === undefined) seen.set(name.toLowerCase(), name)
        else {
          yield {
            code: 'SPEC_CONTRADICTION',
            detail: `${shown(first)} and ${shown(name)} are one setting: PostgreSQL ignores case in these names, and only one of the two values could count`,
            mend: mend.advice('remove one of them'),
            path: at,
            involves: [[...path, first]],
          }
        }
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      postgres: {
        settings: { work_mem: '8MB', 'auto_explain.log_min_duration': 250, DateStyle: 'ISO, DMY' },
      },
    },
    bad: [
      {
        spec: { name: 'a', postgres: { settings: { 'x = 1\nfsync': 'off' } } },
        at: 'postgres.settings."x = 1\\u{a}fsync"',
      },
      {
        spec: { name: 'a', postgres: { settings: { work_mem: "8MB'\nfsync = off" } } },
        at: 'postgres.settings.work_mem',
      },
      {
        spec: { name: 'a', roles: { m: { access: 'monitor', settings: { work_mem: 1, Work_Mem: 2 } } } },
        at: 'roles.m.settings.Work_Mem',
      },
    ],
  },
}
