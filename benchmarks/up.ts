import { execFileSync, spawn } from 'node:child_process'
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { decideOrRefuse } from '../packages/pgherd/src/plan/decide.ts'
import type { Observed } from '../packages/pgherd/src/plan/observed.ts'
import { openSession } from '../packages/pgherd/src/cli/session.ts'
import { Herd } from '../packages/testbed/src/herd.ts'
import { unprivilegedAccount } from '../packages/testbed/src/unprivileged.ts'
import { median, secondsOf } from './median.ts'

/**
 * `up` of the quickstart's objects against the bare minimum: initdb, start, and the same SQL.
 *
 *   node benchmarks/up.ts [rounds=5]
 */
const rounds = Number(process.argv[2] ?? 5)
const quickstart = readFileSync(join(import.meta.dirname, '../examples/quickstart/pgherd.yaml'), 'utf8')
const body = quickstart.slice(quickstart.indexOf('\ndatabases:'), quickstart.indexOf('\nagent:'))
const { uid, gid } = unprivilegedAccount()
const identity = process.getuid?.() === 0 ? { uid, gid } : {}

const nothing: Observed = {
  directories: {},
  secrets: [],
  certificate: { state: 'missing' },
  data: { state: 'missing' },
  files: {},
  units: [],
  portsTaken: [],
  owed: {},
  server: { state: 'stopped' },
  blocked: [],
}

async function bare(specFile: string): Promise<number> {
  const session = await openSession({ spec: specFile, json: true, yes: true })
  const plan = decideOrRefuse(session.wanted, nothing)
  const root = mkdtempSync(join(tmpdir(), 'bare-'))
  if (identity.uid !== undefined) chownSync(root, uid, gid)
  const bin = session.facts.postgres.bin
  const [program = '', ...args] = (session.wanted.data?.initdb ?? []).map((argument) =>
    argument === '--auth=peer' ? '--auth=trust' : argument,
  )
  let child: ReturnType<typeof spawn> | undefined
  try {
    return await secondsOf(async () => {
      execFileSync(program, [...args, '--pgdata', join(root, 'data')], {
        ...identity,
        cwd: root,
        stdio: 'ignore',
        env: { PATH: '/bin:/usr/bin', HOME: root },
      })
      child = spawn(
        join(bin, 'postgres'),
        ['-D', join(root, 'data'), '-k', root, '-c', 'listen_addresses=', '-p', '5432'],
        { ...identity, cwd: root, stdio: 'ignore' },
      )
      let client = new pg.Client({ host: root, port: 5432, user: 'postgres', database: 'postgres' })
      for (;;) {
        try {
          await client.connect()
          break
        } catch {
          client = new pg.Client({ host: root, port: 5432, user: 'postgres', database: 'postgres' })
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      }
      const clients = new Map([['postgres', client]])
      for (const { action } of plan.steps) {
        if (action.do !== 'run-sql') continue
        let at = clients.get(action.database)
        if (!at) {
          at = new pg.Client({ host: root, port: 5432, user: 'postgres', database: action.database })
          await at.connect()
          clients.set(action.database, at)
        }
        for (const { text } of action.statements) await at.query(text.replaceAll(/\{\{scram:[^}]+\}\}/g, 'x'))
      }
      for (const each of clients.values()) await each.end()
    })
  } finally {
    child?.kill('SIGQUIT')
    await new Promise((resolve) => setTimeout(resolve, 300))
    rmSync(root, { recursive: true, force: true })
  }
}

const figures = { bare: [] as number[], up: [] as number[], proof: [] as number[] }
for (let round = 0; round < rounds; round++) {
  await using herd = await Herd.create({ spec: body })
  figures.bare.push(await bare(herd.specFile))
  figures.up.push(await secondsOf(() => herd.up()))
  figures.proof.push(await secondsOf(() => herd.run('up', '--yes')))
}
const [bareSeconds, upSeconds, proofSeconds] = [
  median(figures.bare),
  median(figures.up),
  median(figures.proof),
]
console.log(
  `bare initdb + start + SQL   ${bareSeconds.toFixed(2)} s  (${figures.bare.map((s) => s.toFixed(2)).join(' ')})`,
)
console.log(
  `pgherd up --no-prove        ${upSeconds.toFixed(2)} s  (${figures.up.map((s) => s.toFixed(2)).join(' ')})`,
)
console.log(`ratio                       ${(upSeconds / bareSeconds).toFixed(2)}x, to reach: at most 2.0x`)
console.log(`backup and proof, empty     ${proofSeconds.toFixed(2)} s, to reach: at most 6 s`)
