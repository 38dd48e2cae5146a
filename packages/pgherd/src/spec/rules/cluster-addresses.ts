import { mend } from '../../diagnostic/diagnostic.ts'
import { everyAddress, isHostName, isIpAddress } from '../addresses.ts'
import { asksForCluster, memberAddresses } from '../cluster.ts'
import type { SpecFinding } from '../finding.ts'
import { shown } from '../shown.ts'
import type { SpecRule } from './rule.ts'

/** What is wrong with an address by itself. */
function faultOf(address: string): string | undefined {
  if (everyAddress.includes(address))
    return 'stands for every address of a machine; others need one to find it at'
  if (isIpAddress(address) || isHostName(address, { wildcard: false })) return undefined
  return 'is neither an address nor a host name'
}

/** The same text for `localhost` and 127.0.0.1, in any case. */
function same(address: string): string {
  const lower = address.toLowerCase()
  return lower === 'localhost' ? '127.0.0.1' : lower
}

export const clusterAddresses: SpecRule = {
  id: 'cluster-addresses',
  why: 'Every member has the same ports, so each needs an address of its own.',
  *examine(spec): Iterable<SpecFinding> {
    if (!asksForCluster(spec)) return
    const { addresses, members, gateway } = spec.topology
    const gatewayPath = ['topology', 'gateway']
    const fault = faultOf(gateway)
    if (fault !== undefined) {
      yield {
        code: 'SPEC_INVALID',
        detail: `topology.gateway ${shown(gateway)} ${fault}`,
        mend: mend.edit('topology.gateway', '127.0.0.1'),
        path: gatewayPath,
      }
    }
    if (addresses && addresses.length !== members) {
      yield {
        code: 'SPEC_CONTRADICTION',
        detail: `topology.addresses has ${addresses.length} of them for ${members} members; each has one, in order`,
        mend: mend.advice(
          'write one address for each member, or leave topology.addresses out for loopback addresses',
        ),
        path: ['topology', 'addresses'],
        involves: [['topology', 'members']],
      }
    }
    const taken = new Map<string, string>([[same(gateway), 'topology.gateway']])
    for (const [index, address] of (addresses ?? memberAddresses(spec)).entries()) {
      const path = addresses ? ['topology', 'addresses', String(index)] : gatewayPath
      const wrong = faultOf(address)
      const other = taken.get(same(address))
      taken.set(same(address), `topology.addresses.${index}`)
      if (wrong !== undefined) {
        yield {
          code: 'SPEC_INVALID',
          detail: `${shown(address)} ${wrong}`,
          mend: mend.advice('write the address at which the other members reach this one'),
          path,
        }
      } else if (other !== undefined) {
        yield {
          code: 'SPEC_CONTRADICTION',
          detail: `${shown(address)} would be the address of pg${index + 1} and is taken by ${other}; every member has the same ports, so two cannot share an address`,
          mend: mend.advice('give each member, and the gateway, an address of its own'),
          path,
          involves: [['topology', 'addresses'], gatewayPath],
        }
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      postgres: { binaries: 'system' },
      topology: { members: 3, addresses: ['10.0.0.1', '10.0.0.2', 'db3.example.org'], gateway: '127.0.0.1' },
    },
    bad: [
      { topology: { addresses: ['10.0.0.1', '10.0.0.2'] }, at: 'topology.addresses' },
      { topology: { addresses: ['10.0.0.1', '10.0.0.2', '10.0.0.1'] }, at: 'topology.addresses.2' },
      { topology: { addresses: ['10.0.0.1', '0.0.0.0', '10.0.0.3'] }, at: 'topology.addresses.1' },
      { topology: { addresses: ['10.0.0.1', 'x y', '10.0.0.3'] }, at: 'topology.addresses.1' },
      { topology: { addresses: ['10.0.0.1', 'localhost', '10.0.0.3'] }, at: 'topology.addresses.1' },
      { topology: { gateway: '*' }, at: 'topology.gateway' },
      { topology: { gateway: '127.0.0.12' }, at: 'topology.gateway' },
    ].map(({ topology, at }) => ({
      spec: { name: 'a', postgres: { binaries: 'system' as const }, topology: { members: 3, ...topology } },
      at,
    })),
  },
}
