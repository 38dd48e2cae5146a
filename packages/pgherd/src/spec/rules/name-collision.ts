import { mend } from '../../diagnostic/diagnostic.ts'
import { shown } from '../shown.ts'
import type { SpecRule } from './rule.ts'

/** What a person, a case-insensitive file system or an unquoted SQL name makes of a name. */
function folded(name: string): string {
  return name.normalize('NFKC').toLowerCase()
}

export const nameCollision: SpecRule = {
  id: 'name-collision',
  why: 'SQL folds names without quotes to lower case, so one of the two is reached when the other is meant.',
  *examine(spec) {
    for (const kind of ['databases', 'roles'] as const) {
      const seen = new Map<string, string>()
      for (const name of Object.keys(spec[kind])) {
        const first = seen.get(folded(name))
        if (first === undefined) {
          seen.set(folded(name), name)
          continue
        }
        yield {
          code: 'SPEC_NAME',
          detail: `${kind} ${shown(first)} and ${shown(name)} differ only in case or in how their letters are encoded; SQL folds names without quotes to lower case, so the one is reached when the other is meant`,
          mend: mend.advice('rename one of them'),
          path: [kind, name],
          involves: [[kind, first]],
        }
      }
    }
  },
  examples: {
    good: { name: 'a', roles: { app: { access: 'monitor' }, apps: { access: 'monitor' } } },
    bad: [
      {
        spec: { name: 'a', roles: { app: { access: 'monitor' }, App: { access: 'monitor' } } },
        at: 'roles.App',
      },
      {
        spec: {
          name: 'a',
          databases: { é: { owner: 'o' }, ['e\u0301']: { owner: 'o' } },
          roles: { o: { access: 'owner' } },
        },
        at: 'databases."e\u0301"',
      },
    ],
  },
}
