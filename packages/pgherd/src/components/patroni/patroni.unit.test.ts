import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { walSlot } from '../../backup/stream/wal-receiver.ts'
import { paperCluster } from '../rendered-cluster.testkit.ts'
import { patroni } from './component.ts'
import { archiveSlot, dcsSettings, dynamicConfig } from './dynamic-config.ts'
import { patroniInput } from './patroni.testkit.ts'
import { renderPatroniYml } from './patroni-yml.ts'
import { patroniFacts } from './version-facts.ts'

interface Rendered {
  readonly restapi: { readonly listen: string }
  readonly etcd3: { readonly hosts: readonly string[] }
  readonly bootstrap: { readonly dcs: object }
  readonly postgresql: { readonly parameters: Readonly<Record<string, unknown>> }
}

const read = (text: string) => parse(text, { version: '1.1' }) as Rendered

test.each(['3.0', '4.1'])(
  'Patroni %s renders the golden file (look at the difference, then vitest -u)',
  async (version) => {
    await expect(renderPatroniYml(patroniInput(`${version}.2`))).toMatchFileSnapshot(
      `./testdata/patroni-${version}.yml`,
    )
  },
)

test('one on every server, none on the gateway or a single server', () => {
  const cluster = paperCluster()
  const names = cluster.members.filter((member) => patroni.runsOn(member, cluster)).map(({ name }) => name)
  expect(names).toEqual(['pg1', 'pg2', 'pg3'])
  const single = paperCluster({ topology: { members: 1 } })
  expect(single.members.some((member) => patroni.runsOn(member, single))).toBe(false)
})

test('the file is secret, its passwords are gaps, and its changes are reloaded', () => {
  const [file, ...more] = patroni.files(patroniInput('3.0.2'))
  expect(more).toMatchObject([{ path: expect.stringMatching(/run-patroni[.]py$/), onChange: 'restart' }])
  expect(file).toMatchObject({
    mode: 0o600,
    owner: 'run-as',
    secret: true,
    onChange: 'reload',
    unit: 'patroni',
  })
  const passwords = [...(file?.contents ?? '').matchAll(/password: (.*)/g)].map(([, value]) => value)
  expect(passwords).toEqual([
    '"{{secret:patroni-api}}"',
    '"{{secret:role-pgherd_replication}}"',
    '"{{secret:role-pgherd_rewind}}"',
  ])
})

test('the unit stops PostgreSQL by itself and has an environment of its own', () => {
  const [unit] = patroni.units(patroniInput('3.0.2'))
  expect(unit).toMatchObject({
    name: 'patroni',
    user: 'run-as',
    after: ['etcd'],
    reload: { signal: 'SIGHUP' },
    stop: { signal: 'SIGTERM', thenSignal: 'SIGKILL' },
  })
  expect(unit?.argv).toEqual([
    '/usr/bin/python3',
    '/srv/pgherd/state/members/pg2/config/run-patroni.py',
    '/usr/bin/patroni',
    '/srv/pgherd/state/members/pg2/config/patroni.yml',
  ])
  expect(unit?.env).toMatchObject({ HOME: '/var/lib/postgresql', LC_ALL: 'C' })
  expect(unit?.env['PATH']).toMatch(/^\/usr\/lib\/postgresql\/15\/bin:/)
})

test('a setting stands in one place: the DCS or the file', () => {
  const { parameters } = read(renderPatroniYml(patroniInput('3.0.2'))).postgresql
  expect(Object.keys(parameters).filter((name) => dcsSettings.includes(name))).toEqual([])
  for (const name of ['port', 'listen_addresses', 'cluster_name', 'hot_standby', 'synchronous_standby_names'])
    expect(parameters).not.toHaveProperty(name)
  expect(parameters).toMatchObject({ ssl: 'on', unix_socket_directories: '/run/pgherd/pg2' })
})

test('the cluster settings are tuned, or supplied where tuning says nothing', () => {
  const parametersOf = (input = patroniInput('3.0.2')) =>
    (dynamicConfig(input)['postgresql'] as { parameters: Record<string, unknown> }).parameters
  const input = patroniInput('3.0.2', { postgres: { connections: 60 } })
  const tuned = input.settings.find(({ name }) => name === 'max_connections')?.value
  expect(parametersOf(input)).toMatchObject({
    max_connections: Number(tuned),
    wal_log_hints: 'on',
    wal_keep_size: '512MB',
  })
  const bare = parametersOf({ ...input, settings: [] })
  expect(bare).toMatchObject({
    max_connections: 100,
    max_locks_per_transaction: 64,
    track_commit_timestamp: 'off',
  })
  expect(bare).not.toHaveProperty('max_slot_wal_keep_size')
})

test('topology.slotKeep bounds the WAL kept for a member that is away', () => {
  const config = dynamicConfig(patroniInput('3.0.2', { topology: { slotKeep: '3GB' } }))
  expect(config).toMatchObject({ postgresql: { parameters: { max_slot_wal_keep_size: '3GB' } } })
})

test('failsafe and the slot of the archive are always there', () => {
  expect(archiveSlot).toBe(walSlot)
  for (const version of ['3.0.2', '4.1.1'])
    expect(dynamicConfig(patroniInput(version))).toMatchObject({
      failsafe_mode: true,
      check_timeline: true,
      slots: { [walSlot]: { type: 'physical' } },
    })
})

test('a key that a Patroni does not know is not sent to it', () => {
  expect(dynamicConfig(patroniInput('3.3.8'))).not.toHaveProperty('member_slots_ttl')
  expect(dynamicConfig(patroniInput('4.0.0'))).toHaveProperty('member_slots_ttl')
})

test('every member names all of etcd, its own first; IPv6 has brackets', () => {
  const addresses = ['fd00::1', 'fd00::2', 'fd00::3']
  const { etcd3, restapi } = read(renderPatroniYml(patroniInput('3.0.2', { topology: { addresses } })))
  expect(etcd3.hosts).toEqual(['[fd00::2]:2379', '[fd00::1]:2379', '[fd00::3]:2379'])
  expect(restapi.listen).toBe('[fd00::2]:8008')
})

test('facts follow the version, and an unreadable one counts as the oldest', () => {
  expect(patroniFacts('3.1.2').least.ttl).toBe(1)
  expect(patroniFacts('3.2.0')).toMatchObject({
    least: { ttl: 20 },
    permanentSlotsOnStandbys: true,
    quorumCommit: false,
  })
  expect(patroniFacts('4.0.7')).toMatchObject({
    quorumCommit: true,
    primaryRole: 'primary',
    receiveLag: false,
  })
  expect(patroniFacts('4.1.1')).toMatchObject({ receiveLag: true, memberSlotsTtl: true })
  expect(patroniFacts('10.0.0')).toEqual(patroniFacts('4.1.1'))
  expect(patroniFacts('')).toEqual(patroniFacts('3.0.2'))
})
