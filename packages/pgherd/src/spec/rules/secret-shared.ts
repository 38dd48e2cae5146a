import { mend } from '../../diagnostic/diagnostic.ts'
import { formatPath, shownPath, type SpecPath } from '../path.ts'
import type { SecretReference, Spec } from '../schema.ts'
import type { SpecRule } from './rule.ts'

function* secretsOf(spec: Spec): Generator<{ path: SpecPath; reference: SecretReference }> {
  for (const [name, { password }] of Object.entries(spec.roles))
    yield { path: ['roles', name, 'password'], reference: password }
  const { encryption } = spec.backups
  if (encryption !== 'none') yield { path: ['backups', 'encryption', 'key'], reference: encryption.key }
  yield { path: ['agent', 'token'], reference: spec.agent.token }
}

export const secretShared: SpecRule = {
  id: 'secret-shared',
  why: 'One secret for two purposes: whoever learns the one has the other, and neither can be changed alone.',
  *examine(spec) {
    const seen = new Map<string, SpecPath>()
    for (const { path, reference } of secretsOf(spec)) {
      if ('generated' in reference) continue
      const source = JSON.stringify(reference)
      const first = seen.get(source)
      if (!first) {
        seen.set(source, path)
        continue
      }
      yield {
        code: 'SPEC_DOUBTFUL',
        detail: `${shownPath(first)} and ${shownPath(path)} take the same secret; whoever learns the one has the other, and neither can be changed alone`,
        mend: mend.edit(formatPath(path), { generated: true }),
        path,
        involves: [first],
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      roles: { m: { access: 'monitor' }, n: { access: 'monitor', password: { env: 'N' } } },
      agent: { token: { env: 'T' } },
    },
    bad: [
      {
        spec: {
          name: 'a',
          roles: { n: { access: 'monitor', password: { env: 'N' } } },
          agent: { token: { env: 'N' } },
        },
        at: 'agent.token',
      },
      {
        spec: {
          name: 'a',
          roles: { n: { access: 'monitor', password: { file: 'x' } } },
          backups: { encryption: { key: { file: 'x' } } },
        },
        at: 'backups.encryption.key',
      },
    ],
  },
}
