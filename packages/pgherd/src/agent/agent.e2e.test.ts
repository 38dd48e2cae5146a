import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import { unprivilegedAccount } from '@pgherd/testbed/unprivileged.ts'
import { expect, test } from 'vitest'
import type { JobRecord } from './scheduler/job.ts'
import type { StatusDocument } from './status-document.ts'
import { AgentProcess, agentToken, socketTrust } from './testing/agent-process.testkit.ts'

const patience = { timeout: 20_000, interval: 100 }

async function status(agent: AgentProcess): Promise<StatusDocument> {
  return (await agent.get('/api/v1/status')).json as StatusDocument
}

async function finished(agent: AgentProcess, answer: { status: number; json: unknown }): Promise<JobRecord> {
  expect(answer.status).toBe(202)
  const { id } = (answer.json as { job: JobRecord }).job
  const read = async () => (await agent.get(`/api/v1/jobs/${id}`)).json as JobRecord
  await expect
    .poll(async () => (await read()).state, { timeout: 60_000, interval: 200 })
    .not.toMatch(/queued|running/)
  return read()
}

test('the agent archives, backs up, proves, tells, notices a frozen server, and remembers over a restart', async () => {
  await using server = await ThrowawayServer.start({ major: 15, hba: socketTrust })
  await server.query('create table kept as select generate_series(1, 5000) as id')
  await using agent = await AgentProcess.prepare(server)
  agent.start()
  await expect.poll(() => agent.health(), patience).toBe(200)
  await expect.poll(async () => (await status(agent)).backups.archive.state, patience).toBe('streaming')

  const backup = await finished(agent, await agent.post('/api/v1/backups'))
  expect(backup).toMatchObject({ state: 'done', cause: 'request', findings: [] })
  const proof = await finished(agent, await agent.post('/api/v1/proofs'))
  expect(proof, JSON.stringify(proof.findings)).toMatchObject({ state: 'done' })
  const now = await status(agent)
  expect(now.proof).toMatchObject({ ok: true })
  expect(now.members).toMatchObject([
    { name: 'pg1', role: 'primary', timeline: 1, lagBytes: 0, state: 'up', flavour: 'system' },
  ])
  expect(now.backups.count).toBe(1)
  expect(Date.parse(now.backups.windowTo ?? '')).toBeGreaterThanOrEqual(
    Date.parse(now.backups.windowFrom ?? ''),
  )
  expect(now.findings.map((finding) => finding.code)).toEqual(['REPOSITORY_SHARES_DISK'])
  expect(now.healthy).toBe(true)

  const database = await agent.get('/health/database')
  expect(database).toMatchObject({ status: 200, json: { source: 'database', healthy: true } })
  const figures = await agent.get('/health/database/metrics')
  expect((figures.json as { metrics: unknown[] }).metrics.length).toBeGreaterThan(10)
  const metrics = await (await fetch(`${agent.base}/metrics`)).text()
  expect(metrics).toMatch(/^pg_up 1$/m)
  expect(metrics).toMatch(/^pgherd_proof_ok 1$/m)
  expect(metrics).toMatch(/^pg_stat_database_xact_commit\{datid="\d+",datname="postgres"\} \d+$/m)
  if (process.getuid?.() === 0)
    expect(readFileSync(`/proc/${agent.pid}/status`, 'utf8')).toMatch(
      new RegExp(`^Uid:\\s+${unprivilegedAccount().uid}\\s`, 'm'),
    )
  expect(readFileSync(`/proc/${agent.pid}/environ`, 'utf8')).not.toContain(agentToken)

  process.kill(server.pid, 'SIGSTOP')
  try {
    await expect.poll(() => agent.health(), { timeout: 4000, interval: 100 }).toBe(503)
    expect((await status(agent)).findings.map((finding) => finding.code)).toContain('SERVER_FROZEN')
  } finally {
    process.kill(server.pid, 'SIGCONT')
  }
  await expect.poll(() => agent.health(), patience).toBe(200)

  const { code, seconds } = await agent.end()
  expect(code).toBe(0)
  expect(seconds).toBeLessThan(5)
  agent.start()
  await expect.poll(() => agent.health(), patience).toBe(200)
  expect((await agent.get(`/api/v1/jobs/${backup.id}`)).json).toEqual(backup)
  // the second start: the first one of a checkout also reads TypeScript, which the package does not have to
  expect((await finished(agent, await agent.post('/api/v1/backups'))).state).toBe('done')
  await fetch(`${agent.base}/metrics`)
  await expect.poll(() => agent.memory('VmRSS') / 2 ** 20, patience).toBeLessThan(120)
  expect(agent.logText).not.toContain(agentToken)
  expect(agent.logText).not.toContain('AGE-SECRET-KEY')
})

test('a taken port keeps nobody from archiving, is told, and is opened when it is free', async () => {
  await using server = await ThrowawayServer.start({ hba: socketTrust })
  await using agent = await AgentProcess.prepare(server)
  const other = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => other.listen(agent.port, '127.0.0.1', resolve))
  agent.start()
  await expect.poll(() => existsSync(agent.log) && agent.logText, patience).toContain('AGENT_PORT_TAKEN')
  await expect
    .poll(() => existsSync(join(server.root, 'backups', 'wal', 'position.json')), patience)
    .toBe(true)
  expect((await agent.end()).code).toBe(4)
  agent.start()
  await expect.poll(() => agent.logText.match(/AGENT_PORT_TAKEN/g)?.length, patience).toBe(2)
  await new Promise((resolve) => other.close(resolve))
  await expect.poll(() => agent.health(), patience).toBe(200)
  expect((await agent.end()).code).toBe(0)
})

test('WAL that was lost while the agent was away is a finding, and a backup is taken at once', async () => {
  await using server = await ThrowawayServer.start({ hba: socketTrust })
  await using agent = await AgentProcess.prepare(server)
  agent.start()
  await expect.poll(() => agent.health(), patience).toBe(200)
  await finished(agent, await agent.post('/api/v1/backups'))
  await agent.end()
  await server.query("select pg_drop_replication_slot('pgherd_wal')")
  for (let round = 0; round < 4; round++) {
    await server.query("select pg_switch_wal(), pg_logical_emit_message(true, 'fill', 'x')")
    await server.query('checkpoint')
  }
  agent.start()
  await expect.poll(() => agent.health(), patience).toBe(200)
  const jobs = async () => ((await agent.get('/api/v1/jobs')).json as { jobs: JobRecord[] }).jobs
  await expect
    .poll(async () => (await jobs()).find((job) => job.cause === 'archive-gap')?.state, {
      timeout: 60_000,
      interval: 200,
    })
    .toBe('done')
  expect((await status(agent)).findings.map((finding) => finding.code)).toContain('ARCHIVE_GAP_HEALED')
  expect(await status(agent)).toMatchObject({ healthy: true, backups: { count: 2 } })
})

test('a file that is none ends the agent with a finding and the code for usage', async () => {
  await using server = await ThrowawayServer.start({ hba: socketTrust })
  await using agent = await AgentProcess.prepare(server)
  writeFileSync(join(server.root, 'config', 'agent.json'), '{"spec":{}}')
  agent.start()
  await expect.poll(() => agent.logText, patience).toContain('AGENT_FILE_INVALID')
  await expect.poll(async () => (await agent.end('SIGCONT')).code, patience).toBe(2)
})
