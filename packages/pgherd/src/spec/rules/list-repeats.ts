import { mend } from '../../diagnostic/diagnostic.ts'
import { formatPath, shownPath, type SpecPath } from '../path.ts'
import type { Spec } from '../schema.ts'
import { shown } from '../shown.ts'
import type { SpecRule } from './rule.ts'

function* listsOf(spec: Spec): Generator<{ path: SpecPath; items: readonly string[] }> {
  yield { path: ['postgres', 'listen'], items: spec.postgres.listen }
  yield { path: ['tls', 'hosts'], items: spec.tls.hosts }
  for (const [name, { extensions, schemas }] of Object.entries(spec.databases)) {
    yield { path: ['databases', name, 'extensions'], items: extensions }
    yield { path: ['databases', name, 'schemas'], items: schemas }
  }
  for (const [name, { databases }] of Object.entries(spec.roles))
    yield { path: ['roles', name, 'databases'], items: databases ?? [] }
  for (const [index, { from, roles, databases }] of spec.network.access.entries()) {
    const path = ['network', 'access', String(index)]
    yield { path: [...path, 'from'], items: from }
    yield { path: [...path, 'roles'], items: roles ?? [] }
    yield { path: [...path, 'databases'], items: databases ?? [] }
  }
}

export const listRepeats: SpecRule = {
  id: 'list-repeats',
  why: 'The second one does nothing; most often another name was meant.',
  *examine(spec) {
    for (const { path, items } of listsOf(spec)) {
      const repeated = items.findIndex((item, index) => items.indexOf(item) < index)
      if (repeated < 0) continue
      yield {
        code: 'SPEC_DOUBTFUL',
        detail: `${shownPath(path)} lists ${shown(items[repeated] ?? '')} twice; the second one does nothing, and most often another name was meant`,
        mend: mend.edit(formatPath(path), [...new Set(items)]),
        path: [...path, String(repeated)],
      }
    }
  },
  examples: {
    good: { name: 'a', tls: { hosts: ['a', 'b'] } },
    bad: [
      { spec: { name: 'a', tls: { hosts: ['a', 'b', 'a'] } }, at: 'tls.hosts.2' },
      {
        spec: {
          name: 'a',
          databases: { d: { owner: 'o', extensions: ['x', 'x'] } },
          roles: { o: { access: 'owner' } },
        },
        at: 'databases.d.extensions.1',
      },
    ],
  },
}
