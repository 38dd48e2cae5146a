import { mend } from '../../diagnostic/diagnostic.ts'
import { shownPath, type SpecPath } from '../path.ts'
import type { SpecRule } from './rule.ts'

/** Every text value of the spec. Keys are names, which have rules of their own. */
function* textsOf(value: unknown, path: SpecPath): Generator<{ path: SpecPath; text: string }> {
  if (typeof value === 'string') yield { path, text: value }
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) yield* textsOf(inner, [...path, key])
  }
}

export const textUnstorable: SpecRule = {
  id: 'text-unstorable',
  why: 'PostgreSQL and C programs end a text at a NUL, and UTF-8 has no half characters.',
  *examine(spec) {
    for (const { path, text } of textsOf(spec, [])) {
      const fault = text.includes('\0')
        ? 'has a NUL character, at which PostgreSQL ends a text'
        : text.isWellFormed()
          ? undefined
          : 'has half a surrogate pair, which UTF-8 cannot express'
      if (fault === undefined) continue
      yield {
        code: 'SPEC_INVALID',
        detail: `${shownPath(path)} ${fault}`,
        mend: mend.advice('remove the character'),
        path,
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      databases: { d: { owner: 'o' } },
      roles: { o: { access: 'owner' } },
      backups: { proof: { checks: [{ name: 'c', database: 'd', sql: 'select\n1', expect: 'ü' }] } },
    },
    bad: [
      {
        spec: {
          name: 'a',
          databases: { d: { owner: 'o' } },
          roles: { o: { access: 'owner' } },
          backups: { proof: { checks: [{ name: 'c', database: 'd', sql: 'select 1\0' }] } },
        },
        at: 'backups.proof.checks.0.sql',
      },
      {
        spec: {
          name: 'a',
          databases: { d: { owner: 'o', locale: 'C\ud800' } },
          roles: { o: { access: 'owner' } },
        },
        at: 'databases.d.locale',
      },
    ],
  },
}
