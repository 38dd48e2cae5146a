import { expect, test } from 'vitest'
import type { SpecInput } from '../../spec/schema.ts'
import { memberInput, paperCluster } from '../rendered-cluster.testkit.ts'
import { haproxy } from './component.ts'
import { quoted } from './haproxy-cfg.ts'

test.each<[string, Omit<SpecInput, 'name'>]>([
  ['three', {}],
  [
    'ipv6',
    {
      topology: {
        members: 5,
        addresses: ['fd00::1', 'fd00::2', 'fd00::3', 'fd00::4', 'fd00::5'],
        gateway: 'fd00::9',
      },
      routing: { write: 6000, read: 6001, statistics: 6404, readLag: '1MB' },
    },
  ],
] as const)(
  '%s members render the golden file (look at the difference, then vitest -u)',
  async (name, spec) => {
    for (const { path, contents } of haproxy.files(memberInput(paperCluster(spec), 'gateway')))
      await expect(contents).toMatchFileSnapshot(
        `./testdata/${name}.${path.slice(path.lastIndexOf('/') + 1)}`,
      )
  },
)

test('it runs on the gateway of a cluster alone', () => {
  for (const members of [1, 3]) {
    const cluster = paperCluster({ topology: { members } })
    expect(
      cluster.members.filter((member) => haproxy.runsOn(member, cluster)).map(({ name }) => name),
    ).toEqual(members === 1 ? [] : ['gateway'])
  }
})

test('a change is a reload, never a restart, and the password is a gap', () => {
  const input = memberInput(paperCluster(), 'gateway')
  const [lua, cfg] = haproxy.files(input)
  expect(lua).toMatchObject({
    path: '/srv/pgherd/state/config/haproxy.lua',
    mode: 0o600,
    onChange: 'reload',
    secret: false,
  })
  expect(cfg).toMatchObject({
    path: '/srv/pgherd/state/config/haproxy.cfg',
    mode: 0o600,
    onChange: 'reload',
    secret: true,
  })
  expect(cfg?.contents).toContain('insecure-password "{{secret:haproxy-statistics}}"')
  expect(haproxy.units(input)[0]).toMatchObject({
    argv: ['/usr/sbin/haproxy', '-W', '-f', '/srv/pgherd/state/config/haproxy.cfg'],
    reload: { signal: 'SIGHUP' },
    user: 'run-as',
  })
})

test('as many sessions are taken as the servers accept, and some more', () => {
  const input = memberInput(paperCluster(), 'gateway')
  const tuned = {
    ...input,
    settings: [{ name: 'max_connections', value: '90', reason: '', source: 'tuned' as const }],
  }
  const [, cfg] = haproxy.files(tuned)
  expect(cfg?.contents).toMatch(/frontend write\n.*\n {2}maxconn 190\n/)
  expect(cfg?.contents).toMatch(/frontend read\n.*\n {2}maxconn 370\n/)
})

test('no path of a member becomes an argument of its own', () => {
  expect(quoted('/srv/it\'s "$HOME" \\ here')).toBe('"/srv/it\'s \\"\\$HOME\\" \\\\ here"')
})
