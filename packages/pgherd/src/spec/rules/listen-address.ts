import { mend } from '../../diagnostic/diagnostic.ts'
import { everyAddress, isHostName, isIpAddress } from '../addresses.ts'
import { shown } from '../shown.ts'
import type { SpecRule } from './rule.ts'

export const listenAddress: SpecRule = {
  id: 'listen-address',
  why: 'The server cannot listen on something that is no address.',
  *examine(spec) {
    const places = [
      ...spec.postgres.listen.map((address, index) => ({
        address,
        path: ['postgres', 'listen', String(index)],
      })),
      { address: spec.agent.listen, path: ['agent', 'listen'] },
    ]
    for (const { address, path } of places) {
      if (everyAddress.includes(address) || isIpAddress(address) || isHostName(address, { wildcard: false }))
        continue
      yield {
        code: 'SPEC_INVALID',
        detail: `${shown(address)} is no address to listen on`,
        mend: mend.advice('write an address or a host name without a port, or "*" for all addresses'),
        path,
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      postgres: { listen: ['127.0.0.1', '::1', 'localhost', '10.1.2.3'] },
      network: { access: [{ from: ['10.0.0.0/8'] }] },
    },
    bad: [
      { spec: { name: 'a', postgres: { listen: ['10.0.0.1:5432'] } }, at: 'postgres.listen.0' },
      { spec: { name: 'a', postgres: { listen: ["127.0.0.1'\nfsync = off #"] } }, at: 'postgres.listen.0' },
      { spec: { name: 'a', agent: { listen: '300.1.1.1' } }, at: 'agent.listen' },
    ],
  },
}
