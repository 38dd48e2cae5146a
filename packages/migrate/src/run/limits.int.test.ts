import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codesOf, Databases, numbered } from '../database.testkit.ts'
import { up } from '../up.ts'

describe.each([15, 18] as const)('PostgreSQL %i', (major) => {
  let databases: Databases
  beforeAll(async () => {
    databases = await Databases.start(major)
  })
  afterAll(() => databases[Symbol.asyncDispose]())

  const settings = `current_setting('synchronous_commit') as flush, current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`
  /** A default tells what is set when the table is made, without a word that would have it set anew for the next one. */
  const looks = (name: string) => `create table ${name} as table seen`

  async function lent() {
    const client = await (await databases.pool()).connect()
    await client.query(
      `set synchronous_commit = remote_write; set lock_timeout = '7s'; create view seen as select ${settings}`,
    )
    return client
  }

  const seen = async (client: Awaited<ReturnType<typeof lent>>, from: string) =>
    Object.values((await client.query<Record<string, string>>(`select * from ${from}`)).rows[0] ?? {})

  test('only the last commit of a message waits for the disk, as the session wants it; the limits hold for all', async () => {
    const client = await lent()
    const limits = { lockTimeoutMs: 1234, statementTimeoutMs: 56789 }
    await up(client, numbered(looks('a'), looks('b'), looks('c')), limits)
    expect(await seen(client, 'a')).toEqual(['off', '1234ms', '56789ms'])
    expect(await seen(client, 'b')).toEqual(['off', '1234ms', '56789ms'])
    expect(await seen(client, 'c')).toEqual(['remote_write', '1234ms', '56789ms'])
    expect(await seen(client, 'seen')).toEqual(['remote_write', '7s', '0'])
    client.release()
  })

  test('after a failure everything that is noted waits for the disk again, and the client gets back what it had', async () => {
    const client = await lent()
    const migrations = numbered(looks('a'), 'create table b (n no_type)', looks('c'))
    expect(await codesOf(up(client, migrations))).toEqual(['MIGRATE_FAILED'])
    expect(await seen(client, 'seen')).toEqual(['remote_write', '7s', '0'])
    const sent: string[] = []
    const spy = { query: (text: string) => (sent.push(text), client.query(text)) }
    expect(await codesOf(up(spy, migrations))).toEqual(['MIGRATE_FAILED'])
    const after = sent.slice(sent.findIndex((text) => text.startsWith('rollback')))
    expect(after[0]).toMatch(/^rollback; [^]*set synchronous_commit = 'remote_write';\nupdate/)
    client.release()
  })

  test('a function that lifts the limits does so for its own migration alone', async () => {
    const client = await lent()
    await client.query(
      `create function lift() returns text language sql as $$ select set_config('lock_timeout', '0', false) || set_config('synchronous_commit', 'on', false) $$`,
    )
    await up(client, numbered('select lift()', looks('a'), looks('b')), { lockTimeoutMs: 1234 })
    expect(await seen(client, 'a')).toEqual(['off', '1234ms', '15min'])
    expect(await seen(client, 'b')).toEqual(['remote_write', '1234ms', '15min'])
    client.release()
  })
})
