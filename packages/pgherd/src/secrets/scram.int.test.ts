import { randomBytes } from 'node:crypto'
import { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import fc from 'fast-check'
import pg from 'pg'
import { expect, test } from 'vitest'
import { scramVerifier, verifierMatches } from './scram.ts'

test('a server accepts a login with the verifier it was sent, and only with that password', async () => {
  await using server = await ThrowawayServer.start({ major: 15 })
  for (const [role, password] of [
    ['ascii', 'p@ss word\'"\\'],
    ['unicode', 'Ⅸ\u00adpäss\u00a0wörd'],
    ['refused', 'x\u0007é'],
  ] as const) {
    await server.query(`create role ${role} login password '${scramVerifier(password, randomBytes(16))}'`)
    await expect(login(server, role, password)).resolves.toBe(role)
    await expect(login(server, role, `${password}.`)).rejects.toThrow(/password authentication failed/)
  }
})

test('every password is prepared as the server prepares it', async () => {
  await using server = await ThrowawayServer.start({ major: 16, settings: { scram_iterations: '2' } })
  const client = await server.connect()
  const character = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom(
      'a',
      '1',
      '\u00ad',
      '\u00a0',
      '\u2168',
      '\u0627',
      '\u05d0',
      '\u200b',
      '\u{1f600}',
      '\u0221',
      '\ufb01',
      '\u1100',
      '\u0301',
    ),
  )
  const password = fc
    .array(character, { minLength: 1, maxLength: 6 })
    .map((characters) => characters.join(''))
    .filter((text) => text.isWellFormed() && !text.includes('\0'))
  await client.query('create role prepared')
  await fc.assert(
    fc.asyncProperty(password, async (text) => {
      await client.query(`alter role prepared password ${client.escapeLiteral(text)}`)
      const { rows } = await client.query<{ rolpassword: string }>(
        "select rolpassword from pg_authid where rolname = 'prepared'",
      )
      expect(verifierMatches(rows[0]?.rolpassword ?? '', text)).toBe(true)
    }),
    { numRuns: 2000 },
  )
  await client.end()
})

test('every character that normalization changes is prepared as the server prepares it', async () => {
  await using server = await ThrowawayServer.start({ major: 16, settings: { scram_iterations: '2' } })
  const client = await server.connect()
  const changed = Array.from({ length: 0x110000 - 0x80 }, (_, index) => index + 0x80)
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .map((code) => String.fromCodePoint(code))
    .filter((character) => character.normalize('NFKC') !== character)
  await client.query(`create role prepared;
    create table verifier (password text, verifier text);
    create function prepare(passwords text[]) returns void language plpgsql as $$
    declare one text;
    begin
      foreach one in array passwords loop
        execute format('alter role prepared password %L', one);
        insert into verifier select one, rolpassword from pg_authid where rolname = 'prepared';
      end loop;
    end $$`)
  await client.query('select prepare($1)', [changed])
  const { rows } = await client.query<{ password: string; verifier: string }>('select * from verifier')
  await client.end()
  expect(rows.length).toBe(changed.length)
  expect(
    rows.filter(({ password, verifier }) => !verifierMatches(verifier, password)).map((row) => row.password),
  ).toEqual([])
}, 60_000)

async function login(server: ThrowawayServer, user: string, password: string): Promise<string> {
  const client = new pg.Client({ ...server.config(), user, password })
  await client.connect()
  try {
    const { rows } = await client.query<{ me: string }>('select current_user as me')
    return rows[0]?.me ?? ''
  } finally {
    await client.end()
  }
}
