import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clusterAddresses, type ClusterAddresses } from '@pgherd/testbed/cluster-addresses.ts'
import { Herd, eventually } from '@pgherd/testbed/herd.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectSchema } from './schema-of.ts'

interface Plan {
  steps: { id: string; member: string; cause: string; impact: string; because: string }[]
  promises?: { durability: string; worstCaseSeconds: { loseMember: number; killPostgres: number } }
  drills?: { drill: string; next: string }[]
}

interface Attempt {
  drill: string
  outcome: string
  reason: string | null
  result: string | null
}

interface DrillResult {
  writeGapSeconds: number
  lostAcknowledgedWrites: number
  duplicatePrimaries: number
  objectivesMet: boolean
  errors: Readonly<Record<string, number>>
}

describe('a cluster of three', () => {
  let herd: Herd
  let addresses: ClusterAddresses
  const plan = async () => (await herd.run('plan', '--json')).json<Plan>()
  const drill = async (name: string) => {
    const run = await herd.run('drill', name, '--name', 'test', '--json')
    expect(run.code, `${run.stdout}\n${run.stderr}`).toBe(0)
    expectSchema('cli/drill', run.json())
    return run.json<DrillResult>()
  }

  beforeAll(async () => {
    addresses = await clusterAddresses()
    herd = await Herd.create()
    writeFileSync(herd.specFile, specText())
    const run = await herd.run('up', '--yes')
    expect(run.code, `${run.stdout}\n${run.stderr}`).toBe(0)
    expect(run.stdout).toContain('PROVEN restorable')
  })
  afterAll(async () => {
    await herd[Symbol.asyncDispose]()
    await addresses[Symbol.asyncDispose]()
  })

  function specText(connections = 40, drills = ''): string {
    return `name: test
postgres: { version: 15, binaries: system, memory: 512MB, connections: ${connections} }
topology:
  members: 3
  addresses: [${addresses.members.slice(0, 3).join(', ')}]
  gateway: ${addresses.gateway}
  failover: fast
agent: { port: ${herd.ports.agent} }
databases:
  app: { owner: app }
roles:
  app: { access: owner }
  reader: { access: readonly }
${drills}`
  }

  test('comes up whole, and a second look finds nothing to do', async () => {
    const { steps, promises } = await plan()
    expectSchema('cli/plan', await plan())
    expect(steps).toEqual([])
    expect(promises).toMatchObject({ durability: 'sync' })
    const status = await herd.run('status')
    expect(status.code, status.stdout).toBe(0)
    expect(status.stdout.match(/streaming {2}/g)).toHaveLength(2)
    expect(status.stdout).toContain('3 of 3 healthy')
  })

  test('the member with the primary does not lead etcd for long', async () => {
    await eventually(
      'another member leads etcd',
      async () => {
        const { stdout } = await herd.run('status')
        const [, primary] = /^ *(\S+) +primary/m.exec(stdout) ?? []
        const [, leader] = /healthy, (\S+) leads/.exec(stdout) ?? []
        return (primary !== undefined && leader !== undefined && leader !== primary) || undefined
      },
      60,
    )
  })

  test('applications come in through the pool, over TLS, and read from standbys', async () => {
    await herd.query('app', 'create table note (id int primary key)')
    await herd.query('app', 'insert into note values (1)')
    const { url, ca } = await herd.url('reader')
    expect(new URL(url).port).toBe('6432')
    expect(readFileSync(ca, 'utf8')).toContain('BEGIN CERTIFICATE')
    await eventually('a standby answers', async () => {
      const { rows } = await herd.query('reader', 'select count(*)::int as notes from note')
      return (rows[0] as { notes: number }).notes === 1 ? true : undefined
    })
  })

  test('there is nothing to upgrade while what is installed runs', async () => {
    const run = await herd.run('upgrade', '--json')
    expect(run.code, `${run.stdout}\n${run.stderr}`).toBe(0)
    const upgrade = run.json<{ plan: object; result: { done: object[]; versions: object[] } }>()
    expectSchema('cli/upgrade', upgrade)
    expect(upgrade).toMatchObject({ plan: { steps: [], changes: [] }, result: { done: [] } })
    expect(upgrade.result.versions).toHaveLength(4)
  })

  test('a killed primary costs no acknowledged write and never more time than the plan states', async () => {
    const { promises } = await plan()
    const result = await drill('kill-postgres')
    expect(result).toMatchObject({ lostAcknowledgedWrites: 0, duplicatePrimaries: 0, objectivesMet: true })
    expect(result.writeGapSeconds).toBeLessThanOrEqual(promises?.worstCaseSeconds.killPostgres ?? 0)
    // clients wait: nobody is turned away by the pool (08P01), or sent to a server that is not promoted yet (25006)
    expect(Object.keys(result.errors)).not.toContain('08P01')
    expect(Object.keys(result.errors)).not.toContain('25006')
  })

  test('a lost member costs no acknowledged write', async () => {
    const { promises } = await plan()
    const result = await drill('kill-member')
    expect(result).toMatchObject({ lostAcknowledgedWrites: 0, duplicatePrimaries: 0, objectivesMet: true })
    expect(result.writeGapSeconds).toBeLessThanOrEqual(promises?.worstCaseSeconds.loseMember ?? 0)
  })

  test('migrations run on whoever is the primary now, and clients see them through the pool', async () => {
    mkdirSync(join(herd.directory, 'migrations'))
    writeFileSync(join(herd.directory, 'migrations', '001_orders.sql'), 'create table orders (id int);\n')
    const run = await herd.run('migrate', 'up', '--json')
    expect(run.json(), run.stderr).toMatchObject({ ok: true, applied: [{ version: '1', name: 'orders' }] })
    await herd.query('app', 'insert into orders values (1)')
    const again = await herd.run('migrate', 'status', '--json')
    expect(again.json()).toMatchObject({ migrations: [{ version: '1', state: 'applied' }] })
  })

  test('a setting changed in the DCS by hand is drift, and taken back', async () => {
    await herd.admin("alter system set work_mem = '33MB'")
    const { steps } = await plan()
    expect(steps).toContainEqual(
      expect.objectContaining({ id: expect.stringMatching(/auto-conf:work_mem$/) as string, cause: 'drift' }),
    )
    await herd.up()
    expect((await plan()).steps).toEqual([])
  })

  test('more sessions need a restart of every member, one after the other', async () => {
    writeFileSync(herd.specFile, specText(60))
    const before = await herd.admin('show max_connections')
    expect((await plan()).steps.map(({ id }) => id).join()).toContain('dynamic-config')
    const run = await herd.run('up', '--yes', '--no-prove')
    expect(run.code, `${run.stdout}\n${run.stderr}`).toBe(0)
    expect(Number(await herd.admin('show max_connections'))).toBeGreaterThan(Number(before))
    expect((await plan()).steps).toEqual([])
  })

  describe('drills by schedule', () => {
    const file = (...path: string[]) => join(herd.state, ...path)
    const read = <T>(...path: string[]) => JSON.parse(readFileSync(file(...path), 'utf8')) as T
    const scheduler = () =>
      read<Record<string, { process?: { pid: number } }>>('supervisor', 'units.json')['drills']?.process?.pid
    const attempts = () => read<{ attempts: Attempt[] }>('drills', 'scheduled.json').attempts
    const attemptAt = (index: number) =>
      eventually('the drill by schedule has ended', () => attempts()[index], 150).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${readFileSync(file('logs', 'drills.log'), 'utf8')}`)
      })

    /** Makes a drill due at this second; the process that waits for it is killed, and started again by its supervisor. */
    function dueNow(drill: string): void {
      const at = new Date()
      const cron = `${at.getSeconds()} ${at.getMinutes()} ${at.getHours()} * * *`
      const known = read<{ schedule: Record<string, string> }>('drills.json')
      const state = read<{ handled: Record<string, object> }>('drills', 'scheduled.json')
      const since = new Date(at.getTime() - 2000).toISOString()
      state.handled[drill] = { cron, since, until: since }
      writeFileSync(
        file('drills.json'),
        JSON.stringify({ ...known, schedule: { ...known.schedule, [drill]: cron } }),
      )
      writeFileSync(file('drills', 'scheduled.json'), JSON.stringify(state))
      process.kill(scheduler() ?? 0, 'SIGKILL')
    }

    test('the spec brings a unit, and the plan and the status say when the next one is due', async () => {
      const yearly = '{ switchover: 0 4 1 1 *, freeze-primary: 0 5 1 1 * }'
      writeFileSync(herd.specFile, specText(60, `drills: { schedule: ${yearly} }\n`))
      const { steps, drills } = await plan()
      expect(steps.map(({ id }) => id)).toContain('gateway/unit:drills')
      expect(drills?.map(({ drill }) => drill)).toEqual(['switchover', 'freeze-primary'])
      await herd.up()
      expect((await plan()).steps).toEqual([])
      const status = (await herd.run('status', '--json')).json<{ drills: { next: object; last: object } }>()
      expectSchema('status', status)
      expect(status.drills).toMatchObject({
        next: { drill: 'switchover', at: drills?.[0]?.next },
        last: { drill: 'kill-member', objectivesMet: true },
      })
    })

    test('a due drill runs unattended, and its result is in the history and the metrics', async () => {
      dueNow('switchover')
      const attempt = await attemptAt(0)
      expect(attempt).toMatchObject({ drill: 'switchover', outcome: 'ran', reason: null })
      const history = (await herd.run('drill', '--history', '--json')).json<{
        runs: (DrillResult & { id: string })[]
      }>()
      expectSchema('cli/drill', history)
      const result = history.runs.find(({ id }) => id === attempt.result)
      expect(result).toMatchObject({ lostAcknowledgedWrites: 0, duplicatePrimaries: 0 })
      await eventually('the metric', async () => {
        const response = await fetch(`http://127.0.0.1:${herd.ports.agent}/metrics`)
        const text = await response.text()
        return text.includes('pgherd_drill_lost_writes{drill="switchover"} 0') || undefined
      })
    })

    test('killed in the middle of a fault, with all that belongs to it, the fault is undone', async () => {
      dueNow('freeze-primary')
      const fault = await eventually(
        'the fault',
        () => read<{ pid: number; aim: { member: string } }>('drills', 'under-way.json'),
        60,
      )
      const waiting = scheduler()
      process.kill(fault.pid, 'SIGKILL')
      process.kill(waiting ?? 0, 'SIGKILL')
      const attempt = await attemptAt(1)
      expect(attempt).toMatchObject({ drill: 'freeze-primary', outcome: 'interrupted', result: null })
      expect(attempt.reason).toContain('its fault was undone')
      expect(() => read('drills', 'under-way.json')).toThrow('ENOENT')
      await eventually(
        'the cluster is whole',
        async () => {
          const { stdout } = await herd.run('status')
          return stdout.match(/streaming {2}/g)?.length === 2 || undefined
        },
        120,
      )
      const { findings } = (await herd.run('status', '--json')).json<{ findings: { code: string }[] }>()
      expect(findings.map(({ code }) => code)).toContain('DRILL_FAILING')
    })

    test('struck off the spec, the unit goes', async () => {
      writeFileSync(herd.specFile, specText(60))
      await herd.up()
      expect(scheduler()).toBeUndefined()
      expect((await plan()).steps).toEqual([])
    })
  })

  test('down stops everything and up brings it back with its data', async () => {
    const told = await herd.run('down', '--dry-run', '--json')
    expectSchema('cli/dry-run', told.json())
    const { steps } = told.json<{ plan: { steps: { member: string }[] } }>().plan
    const { cluster } = (await herd.run('status', '--json')).json<{ cluster: { leader: string } }>()
    expect(steps).toHaveLength(4)
    expect(steps.at(0)?.member).toBe('gateway')
    expect(steps.at(-1)?.member).toBe(cluster.leader)
    expect((await herd.run('down', '--yes')).code).toBe(0)
    expect(herd.processes()).toEqual([])
    await herd.up()
    await eventually('the row is there', async () => {
      const { rows } = await herd.query('reader', 'select count(*)::int as notes from note')
      return (rows[0] as { notes: number }).notes === 1 ? true : undefined
    })
  })
})
