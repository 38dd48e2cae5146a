import { mend } from '../../diagnostic/diagnostic.ts'
import { formatPath } from '../path.ts'
import type { SpecRule } from './rule.ts'

export const networkOpen: SpecRule = {
  id: 'network-open',
  why: 'A server that the whole internet may try passwords on is found within hours.',
  *examine(spec) {
    for (const [index, { from }] of spec.network.access.entries()) {
      for (const [position, range] of from.entries()) {
        if (!range.endsWith('/0')) continue
        const path = ['network', 'access', String(index), 'from', String(position)]
        yield {
          code: 'SPEC_DOUBTFUL',
          detail: `${formatPath(path)} ${range} is every address there is; anyone who can reach the port may try passwords`,
          mend: mend.advice('name the networks your applications are in'),
          path,
        }
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      postgres: { listen: ['*'] },
      network: { access: [{ from: ['10.0.0.0/8', 'fd00::/8'] }] },
    },
    bad: [
      {
        spec: { name: 'a', postgres: { listen: ['*'] }, network: { access: [{ from: ['0.0.0.0/0'] }] } },
        at: 'network.access.0.from.0',
      },
      {
        spec: { name: 'a', postgres: { listen: ['*'] }, network: { access: [{ from: ['::/0'] }] } },
        at: 'network.access.0.from.0',
      },
    ],
  },
}
