import { majors } from '@pgherd/testbed/postgres-programs.ts'
import { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import { expect, test } from 'vitest'
import { MonitorSession } from './monitor/monitor-session.ts'
import { readServerFacts } from './server-facts.ts'
import { accessOf, createMonitor } from './testing/throwaway-access.testkit.ts'

test.each(majors)(
  'PostgreSQL %i tells its role, timeline, version and position to pg_monitor',
  async (major) => {
    await using server = await ThrowawayServer.start({ major })
    await createMonitor(server)
    const session = new MonitorSession(accessOf(server).monitor('postgres'))
    const facts = await readServerFacts((_, text) => session.ask(text, 2000))
    expect(facts).toMatchObject({ inRecovery: false, timeline: 1 })
    expect(facts.version).toMatch(new RegExp(`^${major}\\.\\d+$`))
    expect(facts.wal).toBeGreaterThan(0n)
    await session.close()
  },
)
