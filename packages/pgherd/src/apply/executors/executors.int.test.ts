import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { verifierMatches } from '../../secrets/scram.ts'
import { shopState } from '../../plan/settled.testkit.ts'
import type { Action } from '../../plan/action.ts'
import { testMember } from '../member.testkit.ts'
import { execute } from './registry.ts'

test('there is an executor for each kind of action, and no other', () => {
  const source = readFileSync(join(import.meta.dirname, '../../plan/action.ts'), 'utf8')
  const kinds = [...source.matchAll(/readonly do: '([a-z-]+)'/g)].map(([, kind]) => kind)
  const registry = readFileSync(join(import.meta.dirname, 'registry.ts'), 'utf8')
  const registered = [...registry.matchAll(/^ {2}'([a-z-]+)': \w+,$/gm)].map(([, kind]) => kind)
  expect(kinds.length).toBeGreaterThan(10)
  expect(registered).toEqual(kinds)
})

describe('a rendered file', () => {
  const file = {
    path: `${shopState}/config/x`,
    mode: 0o600,
    owner: 'run-as',
    digest: '',
    onChange: 'nothing',
  } as const

  test('with gaps gets its secrets', async () => {
    using member = testMember()
    member.secrets.set('agent-token', 't0ken')
    await execute(
      { do: 'write-file', file: { ...file, secret: true, contents: 'token {{secret:agent-token}}\n' } },
      member.tools,
    )
    expect(await member.host.readFile(file.path)).toBe('token t0ken\n')
  })

  test('without secrets is written as it is, whatever names it holds', async () => {
    using member = testMember()
    member.secrets.set('agent-token', 't0ken')
    const contents = 'hostssl "{{secret:agent-token}}" "{{secret:}}" all\n'
    await execute({ do: 'write-file', file: { ...file, secret: false, contents } }, member.tools)
    expect(await member.host.readFile(file.path)).toBe(contents)
  })
})

describe('a data directory', () => {
  const data = `${shopState}/data`
  const unfinished = `${data}.initialising`
  const action: Action & { do: 'initialize-data-directory' } = {
    do: 'initialize-data-directory',
    data,
    initdb: ['/bin/initdb', '--encoding=UTF8'],
  }

  test('is made beside its place and moved there when it is whole', async () => {
    const ran: string[][] = []
    using member = testMember({
      exec: (argv) => {
        ran.push([...argv])
        member.host.put(`${unfinished}/PG_VERSION`, '18\n')
        return { code: 0, stdout: '', stderr: '' }
      },
    })
    await execute(action, member.tools)
    expect(ran).toEqual([['/bin/initdb', '--encoding=UTF8', '--pgdata', unfinished]])
    expect(await member.host.readFile(`${data}/PG_VERSION`)).toBe('18\n')
    expect(await member.host.stat(unfinished)).toBeUndefined()
    expect((await member.host.stat(data))?.mode).toBe(0o700)
  })

  test('what an earlier try left behind is thrown away, never moved into place', async () => {
    using member = testMember({ exec: () => ({ code: 0, stdout: '', stderr: '' }) })
    member.host.put(`${unfinished}/half`, 'of a cluster')
    await execute(action, member.tools)
    expect(await member.host.stat(`${data}/half`)).toBeUndefined()
  })

  test('a failed initdb leaves nothing in place and says what it said', async () => {
    using member = testMember({
      exec: () => {
        member.host.put(`${unfinished}/half`, 'of a cluster')
        return { code: 1, stdout: '', stderr: 'one\ntwo\nthree\nfour\ninitdb: error: no space\n' }
      },
    })
    await expect(execute(action, member.tools)).rejects.toMatchObject({
      diagnostics: [
        { code: 'STEP_FAILED', detail: 'initdb ended with code 1: two three four initdb: error: no space' },
      ],
    })
    expect(await member.host.stat(unfinished)).toBeUndefined()
    expect(await member.host.stat(data)).toBeUndefined()
  })

  test('data that appeared meanwhile is not overwritten', async () => {
    using member = testMember({ exec: () => ({ code: 0, stdout: '', stderr: '' }) })
    member.host.put(`${data}/PG_VERSION`, '18\n')
    member.host.put(`${data}/precious`, 'x')
    await expect(execute(action, member.tools)).rejects.toMatchObject({
      diagnostics: [{ code: 'PATH_IN_THE_WAY' }],
    })
    expect(await member.host.readFile(`${data}/precious`)).toBe('x')
  })
})

describe('SQL', () => {
  test('carries a verifier of the password, never the password', async () => {
    const texts: string[] = []
    using member = testMember({ query: (database, text) => (texts.push(`${database}: ${text}`), []) })
    member.secrets.set('role-app', 'hunter2')
    await execute(
      {
        do: 'run-sql',
        database: 'postgres',
        statements: [
          { text: "ALTER ROLE app PASSWORD '{{scram:role-app}}'" },
          { text: 'SELECT 1', alone: true },
        ],
      },
      member.tools,
    )
    const verifier = /^postgres: ALTER ROLE app PASSWORD '([^']+)'$/.exec(texts[0] ?? '')?.[1] ?? ''
    expect(verifierMatches(verifier, 'hunter2')).toBe(true)
    expect(texts[1]).toBe('postgres: SELECT 1')
    expect(texts.join()).not.toContain('hunter2')
  })

  test('of a role whose secret is gone is not sent at all', async () => {
    using member = testMember({ query: () => [] })
    const statements = [{ text: 'CREATE ROLE a' }, { text: "ALTER ROLE a PASSWORD '{{scram:role-a}}'" }]
    await expect(execute({ do: 'run-sql', database: 'postgres', statements }, member.tools)).rejects.toThrow(
      'no secret role-a',
    )
    expect(member.host.done).toEqual([])
  })

  test('resets settings by name, each part quoted', async () => {
    const texts: string[] = []
    using member = testMember({ query: (_database, text) => (texts.push(text), []) })
    await execute({ do: 'reset-auto-conf', settings: ['work_mem', 'pgherd.x"; drop role a'] }, member.tools)
    expect(texts).toEqual([
      'ALTER SYSTEM RESET "work_mem"',
      'ALTER SYSTEM RESET "pgherd"."x""; drop role a"',
      'SELECT pg_reload_conf()',
    ])
  })
})

test('secrets, certificates, files and units go to who has them', async () => {
  using member = testMember()
  const [unit] = member.wanted.units
  if (!unit) throw new Error('no unit')
  await execute(
    { do: 'provide-secret', id: 'backup-key', reference: { generated: true }, as: 'backup-key' },
    member.tools,
  )
  expect(member.secrets.has('backup-key')).toBe(true)
  const own = { cert: '/c', key: '/k', ca: '/a', directory: '/tls', hosts: [] }
  await execute({ do: 'install-certificate', ...own }, member.tools)
  await execute({ do: 'issue-certificate', certificate: member.wanted.certificate }, member.tools)
  expect(member.issued).toEqual(['install /c', 'issue server'])
  for (const kind of ['start-unit', 'reload-unit', 'restart-unit'] as const)
    await execute({ do: kind, unit }, member.tools)
  expect(member.host.done.slice(-3)).toEqual(['start postgres', 'reload postgres', 'restart postgres'])
})
