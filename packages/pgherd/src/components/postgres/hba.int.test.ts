import { randomBytes } from 'node:crypto'
import { majors } from '@pgherd/testbed/postgres-programs.ts'
import { expect, test } from 'vitest'
import { scramVerifier } from '../../secrets/scram.ts'
import { decideByHba } from '../access/hba-simulator.testkit.ts'
import { RenderedServer } from './rendered-server.testkit.ts'
import { postgres } from './component.ts'

/** Names that mean something else when a quote is missing. */
const hostile = [
  'plain',
  'all',
  'replication',
  'sameuser',
  'samerole',
  '+plain',
  '@plain',
  '/.*',
  '/^x$',
  'with space',
  'a,b',
  '"',
  'x"y',
  "o'brien",
  '#comment',
  'back\\slash',
  'ünïcødé 漢字',
  'p\tq',
  '1.2.3.4/0',
  'trust',
  '\\',
  'é'.repeat(31) + 'z',
]

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`

test.each(majors)('on PostgreSQL %i every hostile name is taken literally', async (major) => {
  await using server = await RenderedServer.start(
    major,
    {
      roles: Object.fromEntries(
        hostile.map((name, index) => [
          name,
          { access: 'owner' as const, databases: [hostile[(index + 1) % hostile.length] ?? ''] },
        ]),
      ),
      databases: Object.fromEntries(
        hostile.map((name, index) => [
          name,
          { owner: hostile[(index + hostile.length - 1) % hostile.length] ?? '' },
        ]),
      ),
      network: { access: [{ from: ['10.0.0.0/8'] }] },
    },
    ['-c', 'fsync=off'],
  )
  expect(await server.sql('select error from pg_hba_file_rules where error is not null')).toEqual([])

  const password = 'the same for everybody'
  const verifier = scramVerifier(password, randomBytes(16))
  for (const name of [...hostile, 'undeclared']) {
    await server.sql(`create role ${identifier(name)} login password '${verifier}'`)
    await server.sql(`create database ${identifier(name)} template template0 strategy wal_log`)
  }

  const hba = postgres.files(server.input).find(({ path }) => path.endsWith('pg_hba.conf'))?.contents ?? ''
  for (const [index, role] of hostile.entries()) {
    const own = hostile[(index + 1) % hostile.length] ?? ''
    const others = [role, 'undeclared', hostile[(index + 5) % hostile.length] ?? '']
    for (const how of ['socket', 'tls'] as const) {
      expect([how, role, own, await server.login(how, role, own, password)]).toEqual([how, role, own, role])
      const other = how === 'tls' ? role : 'undeclared'
      expect([how, role, other, await server.login(how, role, other, password)]).toEqual([
        how,
        role,
        other,
        'rejected',
      ])
    }
    expect(await server.login('plain', role, own, password)).toBe('rejected')
    const from = { address: '127.0.0.1', tls: true }
    expect(decideByHba(hba, { from, role, database: own }, major).method).toBe('scram-sha-256')
    for (const other of others)
      expect(decideByHba(hba, { from, role, database: other }, major).method).toBe('reject')
  }

  // A role that somebody made by hand comes in over the socket with its password, never over TCP.
  expect(await server.login('socket', 'undeclared', 'undeclared', password)).toBe('undeclared')
  for (const database of ['undeclared', ...hostile.slice(0, 9)])
    expect(await server.login('tls', 'undeclared', database, password)).toBe('rejected')

  // pgherd's own roles: by the peer map over the socket, whatever their password never over TCP.
  await server.sql(`alter role postgres password '${verifier}'`)
  await server.sql('create role pgherd_monitor login')
  expect(await server.login('tls', 'postgres', 'plain', password)).toBe('rejected')
  expect(await server.sql('select session_user::text as who', 'plain', 'pgherd_monitor')).toEqual([
    { who: 'pgherd_monitor' },
  ])
})
