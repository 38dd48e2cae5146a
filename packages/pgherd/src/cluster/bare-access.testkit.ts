import type { BareCluster } from '@pgherd/testbed/bare-cluster.ts'
import { specSchema } from '../spec/schema.ts'
import { layOut, memberNamed, type Member } from '../topology/topology.ts'
import type { ClusterAccess } from './access.ts'

/** Where a cluster is whose files lie as those of ours do. */
export interface Whereabouts {
  readonly name: string
  readonly root: string
  readonly gateway: string
  readonly addresses: readonly string[]
  readonly secrets: Readonly<Record<string, string>>
}

/** What our clients need to speak with a cluster that we did not make. */
export function accessAt({ name, root, gateway, addresses, secrets }: Whereabouts): ClusterAccess {
  const spec = specSchema.parse({
    name,
    databases: { app: { owner: 'app' } },
    roles: { app: { access: 'owner' } },
    topology: { members: addresses.length, addresses, gateway },
  })
  return {
    topology: layOut(spec, { state: root, sockets: `${root}/s` }),
    programs: { etcdctl: { path: '/usr/bin/etcdctl', version: '3.4' } },
    readSecret: (id) => {
      const value = secrets[id]
      return value === undefined
        ? Promise.reject(new Error(`there is no secret ${id}`))
        : Promise.resolve(value)
    },
  }
}

export function accessTo({ name, root, gateway, members, secrets }: BareCluster): ClusterAccess {
  return accessAt({ name, root, gateway, secrets, addresses: members.map(({ address }) => address) })
}

export function memberOf(access: ClusterAccess, name: string): Member {
  return memberNamed(access.topology, name)
}

/** Code of the finding a promise ends in; throws when it ends otherwise. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => new Error('it went well'),
    (reason: unknown) => reason,
  )
  if (error instanceof Error && 'diagnostics' in error)
    return (error.diagnostics as { code: string }[])[0]?.code ?? ''
  throw error
}
