import { mend } from '../../diagnostic/diagnostic.ts'
import { formatPath, shownPath, type SpecPath } from '../path.ts'
import type { Spec } from '../schema.ts'
import { listed, shown } from '../shown.ts'
import { nearest } from '../suggestion.ts'
import { declares, type SpecRule } from './rule.ts'

interface Reference {
  readonly to: 'roles' | 'databases'
  readonly name: string
  readonly path: SpecPath
}

/** Every place where the spec names a role or database; owners have a rule of their own. */
function* references(spec: Spec): Generator<Reference> {
  for (const [role, { databases }] of Object.entries(spec.roles)) {
    for (const [index, name] of (databases ?? []).entries()) {
      yield { to: 'databases', name, path: ['roles', role, 'databases', String(index)] }
    }
  }
  for (const [index, rule] of spec.network.access.entries()) {
    for (const to of ['roles', 'databases'] as const) {
      for (const [position, name] of (rule[to] ?? []).entries()) {
        yield { to, name, path: ['network', 'access', String(index), to, String(position)] }
      }
    }
  }
  for (const [index, { database }] of spec.backups.proof.checks.entries()) {
    yield { to: 'databases', name: database, path: ['backups', 'proof', 'checks', String(index), 'database'] }
  }
}

/** Internal roles are refused over the network by their own rule, with the better reason. */
const internal = /^(postgres$|pgherd_)/

export const nameUndeclared: SpecRule = {
  id: 'name-undeclared',
  why: 'A role or database that is named but not declared does not exist.',
  *examine(spec) {
    for (const { to, name, path } of references(spec)) {
      if (declares(spec[to], name) || (to === 'roles' && internal.test(name))) continue
      const candidates = Object.keys(spec[to])
      const near = nearest(name, candidates)
      const kind = to === 'roles' ? 'role' : 'database'
      const known =
        candidates.length > 0
          ? `it declares ${listed(candidates.slice(0, 8).map(shown))}`
          : `it declares no ${kind}`
      yield {
        code: 'SPEC_UNDECLARED',
        detail: `${shownPath(path)} names the ${kind} ${shown(name)}, which the spec does not declare; ${known}`,
        mend:
          near === undefined
            ? mend.advice(`declare it under ${to}, or take it out here`)
            : mend.edit(formatPath(path), near),
        path,
        involves: [[to, name]],
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      databases: { d: { owner: 'app' } },
      roles: { app: { access: 'owner', databases: ['d'] } },
      postgres: { listen: ['*'] },
      network: { access: [{ from: ['10.0.0.0/8'], roles: ['app'], databases: ['d'] }] },
    },
    bad: [
      {
        spec: { name: 'a', roles: { r: { access: 'monitor', databases: ['d'] } } },
        at: 'roles.r.databases.0',
      },
      {
        spec: { name: 'a', network: { access: [{ from: ['10.0.0.0/8'], roles: ['toString'] }] } },
        at: 'network.access.0.roles.0',
      },
      {
        spec: { name: 'a', network: { access: [{ from: ['10.0.0.0/8'], databases: ['d'] }] } },
        at: 'network.access.0.databases.0',
      },
      {
        spec: {
          name: 'a',
          backups: { proof: { checks: [{ name: 'c', database: 'd', sql: 'select true' }] } },
        },
        at: 'backups.proof.checks.0.database',
      },
    ],
  },
}
