import type { ClusterStatus, MemberStatus } from '../../agent/status-document.ts'
import type { Output } from '../output.ts'
import { bytesText, secondsText } from './quantities.ts'
import { table } from './table.ts'

/** What a cluster is made of and how it does: who leads, who follows, who votes, where clients go, what was changed. */
export function showCluster(members: readonly MemberStatus[], cluster: ClusterStatus, output: Output): void {
  const { width } = output
  output.line(table(memberRows(members, cluster, output), '  ', width))
  output.line()
  output.line(
    table(
      [
        ['etcd', etcdText(cluster, output)],
        [
          'commits wait for',
          cluster.synchronous.filter((name) => name !== cluster.leader).join(', ') || 'nobody',
        ],
        ['writes go to', routesText(cluster, 'write') || output.paint.red('nobody')],
        ['reads go to', routesText(cluster, 'read') || 'the primary'],
        ['pools', poolsText(cluster, output)],
        ['slots', slotsText(cluster, output)],
        ['drift', driftText(cluster, output)],
        ['versions', versionsText(members, cluster)],
        ...exceptions(cluster, output),
      ],
      '  ',
      width,
    ),
  )
}

function memberRows(members: readonly MemberStatus[], cluster: ClusterStatus, { paint }: Output): string[][] {
  return members.map(({ name, timeline, lagBytes, lagSeconds, sync }) => {
    const seen = cluster.members.find((each) => each.name === name)
    const role = seen?.role ?? 'unreachable'
    const state = seen?.state ?? 'unknown'
    const well = role !== 'unreachable' && ['running', 'streaming'].includes(state)
    return [
      name,
      role === 'unreachable' ? paint.red(role) : role,
      well ? paint.green(state) : paint.red(state),
      [
        ...(timeline === null ? [] : [`timeline ${timeline}`]),
        ...(role === 'standby' && sync !== undefined && sync !== 'none' ? [sync] : []),
        ...(role === 'standby' ? [behind(lagBytes, lagSeconds)] : []),
        ...(seen?.pendingRestart === true ? [paint.yellow('waits for a restart: pgherd up')] : []),
      ].join(', '),
    ]
  })
}

function behind(bytes: number | null, seconds = 0): string {
  if (bytes === null) return 'how far behind is not known'
  return bytes === 0 ? 'nothing is behind' : `${bytesText(bytes)}, ${secondsText(seconds)} behind`
}

function etcdText({ etcd }: ClusterStatus, { paint }: Output): string {
  const healthy = etcd.members.filter((member) => member.healthy)
  const leading = etcd.members.find(({ leader }) => leader)?.name
  return [
    etcd.quorum ? paint.green('majority') : paint.red('NO MAJORITY'),
    `${healthy.length} of ${etcd.members.length} healthy`,
    ...(leading === undefined ? [] : [`${leading} leads`]),
  ].join(', ')
}

function routesText({ routes }: ClusterStatus, wanted: 'write' | 'read'): string {
  return routes
    .filter(({ route, up }) => route === wanted && up)
    .map(({ member }) => member)
    .join(', ')
}

function poolsText({ pools }: ClusterStatus, { paint }: Output): string {
  if (pools.length === 0) return 'nothing was asked yet'
  const sum = (figure: 'clientsActive' | 'clientsWaiting' | 'serversActive' | 'serversIdle') =>
    pools.reduce((total, pool) => total + pool[figure], 0)
  const paused = [...new Set(pools.filter((pool) => pool.paused).map(({ database }) => database))]
  return [
    `${sum('clientsActive')} clients active`,
    `${sum('clientsWaiting')} waiting`,
    `${sum('serversActive') + sum('serversIdle')} sessions to servers`,
    ...(paused.length > 0 ? [paint.red(`PAUSED: ${paused.join(', ')}`)] : []),
  ].join(', ')
}

function slotsText({ slots }: ClusterStatus, { paint }: Output): string {
  if (slots === null) return 'not known: the primary does not answer'
  return slots
    .map(({ name, active, walStatus, retainedBytes }) => {
      const kept = `keeps ${bytesText(retainedBytes)}`
      if (walStatus === 'lost') return paint.red(`${name} LOST its WAL`)
      return active ? name : paint.yellow(`${name} is not used and ${kept}`)
    })
    .join(', ')
}

function driftText({ drift }: ClusterStatus, { paint }: Output): string {
  if (drift === null) return 'not known'
  if (drift.length === 0) return 'nothing was changed by hand'
  const [first, ...more] = drift
  const rest = more.length === 0 ? '' : ` and ${more.length} more`
  return paint.yellow(`${first?.member}: ${first?.title}${rest}: pgherd plan`)
}

/** Said once where all are the same. */
function versionsText(members: readonly MemberStatus[], cluster: ClusterStatus): string {
  const servers = [...new Set(members.map(({ version }) => version))]
  const patronis = [...new Set(cluster.members.flatMap(({ patroniVersion }) => patroniVersion ?? []))]
  if (servers.length <= 1 && patronis.length <= 1)
    return `PostgreSQL ${servers.join()}, Patroni ${patronis.join() || 'unknown'}`
  return members
    .map(({ name, version }) => {
      const patroni = cluster.members.find((each) => each.name === name)?.patroniVersion
      return `${name} ${version} with Patroni ${patroni ?? 'unknown'}`
    })
    .join(', ')
}

function exceptions({ paused, failsafeActive }: ClusterStatus, { paint }: Output): string[][] {
  return [
    ...(paused ? [['automation', paint.yellow('PAUSED: nobody would take over; pgherd unpause')]] : []),
    ...(failsafeActive
      ? [['failsafe', paint.yellow('active: etcd is away, the members hold together')]]
      : []),
  ]
}
