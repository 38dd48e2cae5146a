import { execFile } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { promisify } from 'node:util'
import { eventually } from '@pgherd/testbed/herd.ts'
import { expect, test } from 'vitest'
import { layOut, serversOf, type Member } from '../../topology/topology.ts'
import { RenderedCluster } from '../rendered-cluster.testkit.ts'
import { etcd, etcdFile } from './component.ts'
import { clientUrl, peerUrl } from './etcd-yml.ts'

const run = promisify(execFile)

function startEtcd(cluster: RenderedCluster, name: string): void {
  const input = cluster.input(name)
  for (const file of etcd.files(input)) cluster.write(file)
  for (const unit of etcd.units(input)) cluster.start(name, unit)
}

/** etcdctl with the gateway's certificate, or with none. */
async function etcdctl(
  cluster: RenderedCluster,
  members: readonly Member[],
  args: readonly string[],
  show = true,
) {
  const { tls } = cluster.input('gateway').member.paths
  const certificate = show ? ['--cert', `${tls}/server.crt`, '--key', `${tls}/server.key`] : []
  const { stdout } = await run(
    'etcdctl',
    [
      '--endpoints',
      members.map(clientUrl).join(','),
      '--cacert',
      `${tls}/ca.crt`,
      '--dial-timeout',
      '2s',
      ...certificate,
      ...args,
    ],
    { env: { ...process.env, ETCDCTL_API: '3' } },
  )
  return stdout
}

test('three members agree over TLS, let nobody in without a certificate, and go on without one of them', async () => {
  await using cluster = await RenderedCluster.create({ topology: { failover: 'fast' } })
  const servers = serversOf(cluster.topology)
  for (const { name } of servers) startEtcd(cluster, name)
  await eventually('a healthy quorum', async () =>
    (await etcdctl(cluster, servers, ['endpoint', 'health', '-w', 'json'])) ? true : undefined,
  )
  const listed = JSON.parse(await etcdctl(cluster, servers, ['member', 'list', '-w', 'json'])) as {
    members: { name: string; peerURLs: string[]; clientURLs: string[] }[]
  }
  expect(
    listed.members.map(({ name, peerURLs, clientURLs }) => [name, ...peerURLs, ...clientURLs]).sort(),
  ).toEqual(servers.map((each) => [each.name, peerUrl(each), clientUrl(each)]))
  await expect(etcdctl(cluster, servers, ['get', 'x'], false)).rejects.toThrow()
  // Patroni comes in through the HTTP gateway.
  const [first] = servers
  if (!first) throw new Error('no servers')
  const { tls } = cluster.input('gateway').member.paths
  const gateway = async (...certificate: string[]) =>
    run('curl', [
      '-sS',
      '--max-time',
      '5',
      '--cacert',
      `${tls}/ca.crt`,
      ...certificate,
      '-d',
      '{}',
      `${clientUrl(first)}/v3/maintenance/status`,
    ])
  expect((await gateway('--cert', `${tls}/server.crt`, '--key', `${tls}/server.key`)).stdout).toContain(
    '"version"',
  )
  await expect(gateway()).rejects.toThrow()

  // etcd 3.4 ignores keys it does not know without a word, so what it says it runs with is looked at.
  const log = cluster.log('pg1', 'etcd')
  for (const effective of [
    '"heartbeat-interval":"100ms"',
    '"election-timeout":"600ms"',
    '"pre-vote":true',
    '"auto-compaction-mode":"periodic"',
    '"auto-compaction-retention":"1h0m0s"',
    '"snapshot-count":10000',
    '"quota-backend-bytes":1073741824',
    '"initial-cluster-token":"shop"',
  ])
    expect(log).toContain(effective)

  expect(statSync(first.paths.etcd).mode & 0o777).toBe(0o700)
  expect(readdirSync(first.paths.etcd)).toEqual(['member'])
  await cluster.stop('pg1', 'etcd', 'SIGKILL')
  const rest = servers.slice(1)
  await eventually(
    'a write with two members',
    async () => (await etcdctl(cluster, rest, ['put', 'a', '1'])) || undefined,
  )
  // Back with its data: what the file says about the first start no longer counts.
  const input = cluster.input('pg1')
  cluster.write(etcdFile(input, 'existing'))
  for (const unit of etcd.units(input)) cluster.start('pg1', unit)
  await eventually('three healthy members', async () =>
    (await etcdctl(cluster, servers, ['endpoint', 'health'])) !== undefined ? true : undefined,
  )
})

const timing = {
  fast: ['100ms', '600ms'],
  normal: ['100ms', '1s'],
  wide: ['250ms', '2.5s'],
}

test.concurrent.each(Object.entries(timing))(
  'three members start with the golden file of %s, and run with its timing',
  async (name, [heartbeat, election]) => {
    const golden = readFileSync(new URL(`./testdata/${name}.etcd.yml`, import.meta.url), 'utf8')
    await using cluster = await RenderedCluster.create({ topology: { failover: 'fast' } })
    const servers = serversOf(cluster.topology)
    const { state } = cluster.input('gateway').member.paths
    for (const server of servers) {
      const input = cluster.input(server.name)
      // the golden file is that of pg2 on paper: its name, address and place are this member's here
      const own = golden
        .replaceAll('127.0.0.12:', `${server.address}:`)
        .replace(/^(initial-cluster: ).*$/m, (_line, key: string) => key + initialCluster(servers))
        .replace(/^(name: ).*$/m, (_line, key: string) => `${key}"${server.name}"`)
        .replaceAll('/srv/pgherd/state/members/pg2', `${state}/members/${server.name}`)
      cluster.write({ ...etcdFile(input, 'new'), contents: own })
      for (const unit of etcd.units(input)) cluster.start(server.name, unit)
    }
    await eventually('a healthy quorum', async () =>
      (await etcdctl(cluster, servers, ['endpoint', 'health'])) !== undefined ? true : undefined,
    )
    for (const { name: member } of servers) {
      const log = cluster.log(member, 'etcd')
      expect(log).toContain(`"heartbeat-interval":"${heartbeat}"`)
      expect(log).toContain(`"election-timeout":"${election}"`)
    }
  },
)

function initialCluster(servers: readonly Member[]): string {
  return JSON.stringify(servers.map((each) => `${each.name}=${peerUrl(each)}`).join(','))
}

test('a member that is added later joins with the state existing', async () => {
  await using cluster = await RenderedCluster.create({ topology: { members: 2 } })
  const servers = serversOf(cluster.topology)
  for (const { name } of servers) startEtcd(cluster, name)
  await eventually('a healthy pair', async () =>
    (await etcdctl(cluster, servers, ['endpoint', 'health'])) !== undefined ? true : undefined,
  )
  const { spec } = cluster.topology
  const addresses = spec.topology.addresses ?? []
  const third = (addresses[0] ?? '').replace(/\d+$/, '13')
  const gateway = cluster.input('gateway').member.paths
  const grown = layOut(
    { ...spec, topology: { ...spec.topology, members: 3, addresses: [...addresses, third] } },
    { state: gateway.state, sockets: gateway.sockets },
  )
  const member = grown.members.find(({ name }) => name === 'pg3')
  if (!member) throw new Error('no third member')
  await cluster.furnish(member)
  const input = { ...cluster.input('gateway'), topology: grown, member }
  // "unhealthy cluster" until every member has been connected for five seconds (strict-reconfig-check)
  await eventually(
    'the membership',
    async () =>
      (await etcdctl(cluster, servers, ['member', 'add', 'pg3', '--peer-urls', peerUrl(member)])) ||
      undefined,
  )
  cluster.write(etcdFile(input, 'existing'))
  for (const unit of etcd.units(input)) cluster.start('pg3', unit)
  await eventually('the third member', async () =>
    (await etcdctl(cluster, [...servers, member], ['endpoint', 'health'])) !== undefined ? true : undefined,
  )
  expect(existsSync(`${member.paths.etcd}/member`)).toBe(true)
})
