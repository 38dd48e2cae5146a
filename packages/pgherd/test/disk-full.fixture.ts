import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Herd, eventually, herdSpec, type Run } from '@pgherd/testbed/herd.ts'

/*
 * Runs in a mount namespace of its own (unshare --mount), where it puts a small file system over a directory, fills it
 * while pgherd works on it, and prints what pgherd said and left as JSON. Nothing is left mounted.
 */

interface Refused {
  readonly diagnostics: readonly { readonly code: string; readonly detail: string }[]
}

const MB = 2 ** 20

/** A file system of its own that can be filled and emptied again. */
class SmallDisk {
  readonly path: string

  constructor(megabytes: number) {
    this.path = mkdtempSync(join(tmpdir(), 'disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', this.path])
  }

  get free(): number {
    const { bavail, bsize } = statfsSync(this.path)
    return bavail * bsize
  }

  /** Takes all space but so much, and what others free meanwhile, too. */
  fill(leave = 0): void {
    const chunk = Buffer.alloc(MB)
    const file = openSync(join(this.path, 'filler'), 'a', 0o600)
    try {
      while (this.free > leave) writeSync(file, chunk, 0, Math.min(MB, this.free - leave))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(file)
    }
  }

  empty(): void {
    rmSync(join(this.path, 'filler'), { force: true })
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.path])
    rmSync(this.path, { recursive: true, force: true })
  }
}

const said = (run: Run) => ({
  exit: run.code,
  findings: run.json<Partial<Refused>>().diagnostics?.map(({ code, detail }) => `${code}: ${detail}`) ?? [],
})

const findings = async (herd: Herd) =>
  (await herd.run('status', '--json')).json<{ findings: { code: string; detail: string }[] }>().findings

const count = async (herd: Herd) =>
  (await herd.query('app', 'select count(*)::int as n from kept')).rows[0]?.n as number

/** The state directory's disk is full at several moments of the first `up`, then while the database is used. */
async function state(): Promise<unknown> {
  using disk = new SmallDisk(1024)
  await using herd = await Herd.create({ parent: disk.path })
  const refused = []
  for (const megabytes of [0, 8, 40]) {
    disk.fill(megabytes * MB)
    refused.push(said(await herd.run('up', '--yes', '--no-prove', '--json')))
    disk.empty()
  }
  await herd.up()
  const stepsLeft = (await herd.run('plan', '--json')).json()['steps']

  await herd.query('app', 'create table kept (id int primary key, body text)')
  const client = await herd.connect('app')
  let acknowledged = 0
  let failure = ''
  disk.fill(MB)
  while (failure === '') {
    try {
      await client.query(
        'insert into kept select $1::int, string_agg(md5(random()::text), $2) from generate_series(1, 500)',
        [acknowledged + 1, ''],
      )
      acknowledged++
    } catch (error) {
      failure = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    }
  }
  await client.end().catch(() => undefined)
  disk.fill()
  const down = (await herd.run('down', '--yes', '--json')).code
  await eventually('everything stopped', () => (herd.processes().length === 0 ? true : undefined))
  const again = said(await herd.run('up', '--yes', '--no-prove', '--json'))
  disk.empty()
  await herd.up()
  return { refused, stepsLeft, acknowledged, failure, down, again, rows: await count(herd) }
}

/** The repository's disk is full during a backup, before one, and while WAL comes in; the database has room. */
async function repository(): Promise<unknown> {
  using disk = new SmallDisk(128)
  const root = join(disk.path, 'repository')
  const base = join(root, 'base')
  await using herd = await Herd.create({ spec: `${herdSpec}backups: { repository: ${root} }\n` })
  await herd.up()
  const write = (rows: number) =>
    herd.query(
      'app',
      `insert into kept (body) select string_agg(md5(random()::text), '') from generate_series(1, ${rows}) id, generate_series(1, 30) n group by id`,
    )
  await herd.query('app', 'create table kept (id int generated always as identity, body text)')
  await write(10_000)
  const first = (await herd.run('backup', '--json')).json<{ backup: { id: string } }>().backup.id
  const postmaster = herd.postmaster()
  const agent = () => herd.processes().find(({ command }) => command.includes('agent.json'))?.pid
  const agentBefore = agent()

  const backup = herd.start('backup', '--json')
  await eventually('the next backup has begun', () => (readdirSync(base).length > 1 ? true : undefined))
  disk.fill()
  const during = said(await backup.done)
  const left = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.startsWith('base/'),
  )
  const before = said(await herd.run('backup', '--json'))

  disk.fill()
  await write(5000)
  await herd.admin('select pg_switch_wal()')
  const finding = await eventually('the status that says it', async () => {
    return (await findings(herd)).find(({ code }) => code === 'ARCHIVE_FAILING')
  })
  const whileFull = {
    finding: finding.detail,
    sameAgent: agent() === agentBefore,
    samePostmaster: herd.postmaster() === postmaster,
    rows: await count(herd),
  }
  disk.empty()
  await eventually(
    'the archive goes on',
    async () => ((await findings(herd)).some(({ code }) => code === 'ARCHIVE_FAILING') ? undefined : true),
    40,
  )
  const next = said(await herd.run('backup', '--json'))
  // from before the disk was full to now: its replay passes all that was written meanwhile
  const proof = (await herd.run('prove', '--backup', first, '--json')).json()
  return {
    first,
    during,
    left,
    before,
    whileFull,
    next,
    proven: proof['ok'],
    rows: await count(herd),
    sameAgent: agent() === agentBefore,
  }
}

const scenarios: Readonly<Record<string, () => Promise<unknown>>> = { state, repository }
console.log(JSON.stringify(await scenarios[process.argv[2] ?? '']?.()))
