import { mend } from '../../diagnostic/diagnostic.ts'
import type { SpecFinding } from '../finding.ts'
import { shownPath, type SpecPath } from '../path.ts'
import type { Spec } from '../schema.ts'
import { shown } from '../shown.ts'
import type { SpecRule } from './rule.ts'

/** NAMEDATALEN is 64 and includes the final NUL (PostgreSQL documentation, "Identifiers and Key Words"). */
const longestName = 63
const control = /\p{Cc}/u

function* declaredNames(spec: Spec): Generator<{ kind: string; name: string; path: SpecPath }> {
  for (const name of Object.keys(spec.databases)) {
    yield { kind: 'database', name, path: ['databases', name] }
    for (const list of ['extensions', 'schemas'] as const) {
      for (const [index, inner] of (spec.databases[name]?.[list] ?? []).entries()) {
        yield {
          kind: list === 'schemas' ? 'schema' : 'extension',
          name: inner,
          path: ['databases', name, list, String(index)],
        }
      }
    }
  }
  for (const name of Object.keys(spec.roles)) yield { kind: 'role', name, path: ['roles', name] }
}

/** Why PostgreSQL cannot hold the name; undefined when it can. */
function faultOf(kind: string, name: string): string | undefined {
  if (!name.isWellFormed()) return 'has half a surrogate pair, which UTF-8 cannot express'
  if (control.test(name)) return 'has a control character'
  const bytes = new TextEncoder().encode(name).length
  if (bytes > longestName) {
    return `is ${String(bytes)} bytes long in UTF-8; PostgreSQL keeps ${String(longestName)} and would cut the rest off silently`
  }
  // hba.c, regcomp_auth_token: since PostgreSQL 16 a name with a leading slash is a regular expression, in quotes too.
  if ((kind === 'role' || kind === 'database') && name.startsWith('/')) {
    return 'begins with a slash, which pg_hba.conf reads as a regular expression that may match other names'
  }
  // extension.c, check_valid_extension_name: the name becomes part of a file name.
  if (kind === 'extension' && (/[/\\]|--|^-|-$/.test(name) || name.startsWith('.'))) {
    return 'is no name an extension can have (no slashes, no leading or trailing hyphen, no --)'
  }
  return undefined
}

export const nameUnusable: SpecRule = {
  id: 'name-unusable',
  why: 'PostgreSQL would cut the name, refuse it, or read it as something else.',
  *examine(spec): Iterable<SpecFinding> {
    for (const { kind, name, path } of declaredNames(spec)) {
      const fault = faultOf(kind, name)
      if (!fault) continue
      yield {
        code: 'SPEC_NAME',
        detail: `the ${kind} name ${shown(name)} ${fault}`,
        mend: mend.advice(`choose another name for ${shownPath(path)}`),
        path,
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      databases: {
        'Ünïcode "; DROP TABLE x; --': { owner: "o'brien", extensions: ['uuid-ossp'], schemas: ['größe'] },
      },
      roles: { "o'brien": { access: 'owner' }, ['é'.repeat(31)]: { access: 'monitor' } },
    },
    bad: [
      {
        spec: { name: 'a', roles: { ['é'.repeat(32)]: { access: 'monitor' } } },
        at: `roles."${'é'.repeat(32)}"`,
      },
      { spec: { name: 'a', roles: { 'a\nb': { access: 'monitor' } } }, at: 'roles."a\\u{a}b"' },
      { spec: { name: 'a', roles: { '/.*': { access: 'monitor' } } }, at: 'roles."/.*"' },
      {
        spec: {
          name: 'a',
          databases: { d: { owner: 'o', extensions: ['../x'] } },
          roles: { o: { access: 'owner' } },
        },
        at: 'databases.d.extensions.0',
      },
    ],
  },
}
