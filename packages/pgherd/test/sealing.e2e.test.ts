import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Herd, eventually, herdSpec, type Run } from '@pgherd/testbed/herd.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateBackupKey } from '../src/backup/sealing/registry.ts'

const marker = 'a line that nobody else may read'

/** Everything below a repository, as bytes. */
function contents(root: string): { readonly names: readonly string[]; readonly bytes: Buffer } {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  return { names, bytes: Buffer.concat(names.map((name) => readFileSync(name))) }
}

const codes = (run: Run) => ({
  exit: run.code,
  codes: run.json<{ diagnostics?: { code: string }[] }>().diagnostics?.map(({ code }) => code) ?? [],
})

async function write(herd: Herd): Promise<void> {
  await herd.query('app', 'create table kept (id int, body text)')
  await herd.query('app', `insert into kept select n, '${marker} ' || n from generate_series(1, 500) n`)
  expect(codes(await herd.run('backup', '--json'))).toEqual({ exit: 0, codes: [] })
}

test('without encryption the repository can be read with standard tools, and is proven all the same', async () => {
  await using herd = await Herd.create({
    spec: `${herdSpec}backups: { encryption: none, compression: { algorithm: none } }\n`,
  })
  await herd.up()
  await write(herd)
  const { names, bytes } = contents(join(herd.state, 'backups'))
  expect(names.filter((name) => name.endsWith('.age'))).toEqual([])
  expect(bytes.includes(marker)).toBe(true)
  const tar = names.find((name) => name.endsWith('base.tar')) ?? ''
  expect(execFileSync('tar', ['-tf', tar], { encoding: 'utf8' })).toContain('PG_VERSION')

  // turned on later: what is new is sealed, what is old stays readable
  herd.writeSpec(herdSpec)
  await herd.up()
  expect((await herd.run('backup', '--json')).code).toBe(0)
  expect((await herd.run('prove', '--json')).json()).toMatchObject({ ok: true })
})

describe('a generated key', () => {
  let herd: Herd
  const key = () => join(herd.state, 'secrets', 'backup-key')
  beforeAll(async () => {
    herd = await Herd.create({ spec: `${herdSpec}backups: { compression: { algorithm: none } }\n` })
    await herd.up()
    await write(herd)
  })
  afterAll(async () => herd[Symbol.asyncDispose]())

  test('leaves nothing readable in the repository', () => {
    const { names, bytes } = contents(join(herd.state, 'backups'))
    expect(names.filter((name) => name.endsWith('base.tar.age'))).toHaveLength(1)
    expect(bytes.includes(marker)).toBe(false)
  })

  test('that is lost is told loudly by every command that needs it, and no other is made', async () => {
    renameSync(key(), `${key()}.away`)
    for (const command of [
      ['up', '--yes', '--no-prove'],
      ['backup'],
      ['prove'],
      ['restore', '--to', 'latest', '--in-place', '--name', 'test'],
    ]) {
      expect(codes(await herd.run(...command, '--json')), command.join(' ')).toEqual({
        exit: 3,
        codes: ['BACKUP_KEY_GONE'],
      })
    }
    expect(readdirSync(join(herd.state, 'secrets'))).not.toContain('backup-key')
    expect((await herd.query('app', 'select count(*)::int as n from kept')).rows).toEqual([{ n: 500 }])
  })

  test('that is put back heals everything', async () => {
    renameSync(`${key()}.away`, key())
    await herd.up()
    expect(codes(await herd.run('backup', '--json'))).toEqual({ exit: 0, codes: [] })
  })

  test('that is another one is refused, too', async () => {
    const good = readFileSync(key(), 'utf8')
    writeFileSync(key(), await generateBackupKey())
    expect(codes(await herd.run('backup', '--json'))).toEqual({ exit: 3, codes: ['BACKUP_KEY_WRONG'] })
    expect(codes(await herd.run('prove', '--json'))).toEqual({ exit: 3, codes: ['BACKUP_KEY_WRONG'] })
    writeFileSync(key(), good)
    expect(codes(await herd.run('backup', '--json'))).toEqual({ exit: 0, codes: [] })
  })

  test('a repository of another database is refused by name and left alone', async () => {
    const repository = join(herd.state, 'backups')
    await using other = await Herd.create({ spec: `${herdSpec}backups: { repository: ${repository} }\n` })
    expect(codes(await other.run('up', '--yes', '--no-prove', '--json'))).toEqual({
      exit: 3,
      codes: ['BACKUP_KEY_GONE'],
    })
    other.writeSpec(`${herdSpec}backups: { repository: ${repository}, encryption: none }\n`)
    await other.up()
    const before = contents(join(herd.state, 'backups')).names.filter((name) => name.includes('/base/'))
    const run = await other.run('backup', '--json')
    expect(run.json()).toMatchObject({ ok: false, diagnostics: [{ code: 'BACKUP_REPOSITORY_FOREIGN' }] })
    expect(run.code).toBe(3)
    await eventually('a status that says it', async () => {
      const { healthy, findings } = (await other.run('status', '--json')).json<{
        healthy: boolean
        findings: { detail: string }[]
      }>()
      return !healthy && findings.some(({ detail }) => detail.includes('cluster')) ? true : undefined
    })
    expect(contents(join(herd.state, 'backups')).names.filter((name) => name.includes('/base/'))).toEqual(
      before,
    )
    expect((await herd.run('prove', '--json')).json()).toMatchObject({ ok: true })
  })
})

describe('a key of one’s own', () => {
  test.each(['env', 'file'] as const)('from %s', async (from) => {
    const key = await generateBackupKey()
    await using herd = await Herd.create({
      spec: `${herdSpec}backups: { encryption: { key: ${from === 'env' ? '{ env: BACKUP_KEY }' : '{ file: keys/backup }'} } }\n`,
    })
    const missing = codes(await herd.run('up', '--yes', '--no-prove', '--json'))
    expect(missing.codes).toEqual(['SECRET_UNAVAILABLE'])
    expect(missing.exit).toBeGreaterThan(1)
    if (from === 'env') herd.env['BACKUP_KEY'] = key
    else {
      mkdirSync(join(herd.directory, 'keys'))
      writeFileSync(join(herd.directory, 'keys', 'backup'), `${key}\n`, { mode: 0o600 })
    }
    await herd.up()
    await write(herd)
    // the agent has to work without the environment of `up`
    delete herd.env['BACKUP_KEY']
    rmSync(join(herd.directory, 'keys'), { recursive: true, force: true })
    expect(codes(await herd.run('backup', '--json'))).toEqual({ exit: 0, codes: [] })
    for (const { pid } of herd.processes())
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain(key.trim())
    expect(herd.logs()).not.toContain(key.trim())
  })
})
