import { expect, test } from 'vitest'
import { paperCluster } from '../../components/rendered-cluster.testkit.ts'
import { serversOf } from '../../topology/topology.ts'
import { presentServers, type ServerRecords } from './present-servers.ts'

const possible = serversOf(paperCluster({ topology: { members: 7 } }))
const names = (count: number) => Array.from({ length: count }, (_, index) => `pg${index + 1}`)
const places = (count: number) =>
  names(count).map((name, index) => ({ name, address: `127.0.0.${11 + index}` }))
const inEtcd = (count: number, nameless = '') =>
  places(count).map(({ name, address }) => ({
    id: name,
    name: name === nameless ? '' : name,
    peerUrls: [`https://${address}:2380`],
  }))
const present = (records: Partial<ServerRecords>, declared = 3) =>
  presentServers({ declared: possible.slice(0, declared), possible, ...records })

test('what the spec says by now does not count where the world is known', () => {
  for (const declared of [3, 5, 7])
    expect(present({ listed: inEtcd(3), applied: places(3) }, declared)).toEqual({
      whole: names(3),
      any: places(3),
    })
  expect(present({ applied: places(3) }, 5).whole).toEqual(names(3))
  expect(present({ listed: inEtcd(3) }, 5).whole).toEqual(names(3))
  // never up: nobody knows better
  expect(present({}, 5).whole).toEqual(names(5))
})

test('one that was being added is a trace and not whole, with a name in etcd and without', () => {
  for (const listed of [inEtcd(4), inEtcd(4, 'pg4')])
    expect(present({ listed, applied: places(3) })).toEqual({ whole: names(3), any: places(4) })
})

test('one that was being removed is so too', () => {
  expect(present({ listed: inEtcd(5), applied: places(4) })).toEqual({ whole: names(4), any: places(5) })
})

test('where a server is, etcd knows, even when the spec has forgotten it', () => {
  const listed = [...inEtcd(3), { id: 'x', name: 'pg4', peerUrls: ['https://[fd00::4]:2380'] }]
  expect(present({ listed }).any.at(-1)).toEqual({ name: 'pg4', address: 'fd00::4' })
})

test('a member of etcd that is none of ours is nobody scale could remove', () => {
  const listed = [...inEtcd(3), { id: 'x', name: 'guest', peerUrls: ['https://10.0.0.1:2380'] }]
  expect(present({ listed }).any).toEqual(places(3))
})
