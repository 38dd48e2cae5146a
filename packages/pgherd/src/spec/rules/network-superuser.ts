import { mend } from '../../diagnostic/diagnostic.ts'
import { shown } from '../shown.ts'
import type { SpecRule } from './rule.ts'

export const networkSuperuser: SpecRule = {
  id: 'network-superuser',
  why: 'A superuser that can be reached over the network turns one leaked password into the whole machine.',
  *examine(spec) {
    for (const [index, { roles }] of spec.network.access.entries()) {
      for (const [position, role] of (roles ?? []).entries()) {
        if (role !== 'postgres' && !role.startsWith('pgherd_')) continue
        yield {
          code: 'SPEC_UNSAFE',
          detail: `${shown(role)} is a role of pgherd itself with rights over the whole server; it is reached over the local socket only, never over the network`,
          mend: mend.advice(
            'take it out; declare a role with access admin for maintenance from other machines',
          ),
          path: ['network', 'access', String(index), 'roles', String(position)],
        }
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      roles: { dba: { access: 'admin' } },
      postgres: { listen: ['*'] },
      network: { access: [{ from: ['10.0.0.0/8'], roles: ['dba'] }] },
    },
    bad: [
      {
        spec: { name: 'a', network: { access: [{ from: ['10.0.0.0/8'], roles: ['postgres'] }] } },
        at: 'network.access.0.roles.0',
      },
      {
        spec: { name: 'a', network: { access: [{ from: ['10.0.0.0/8'], roles: ['pgherd_monitor'] }] } },
        at: 'network.access.0.roles.0',
      },
    ],
  },
}
