// An operator that pauses the pools and then hangs, to be killed: reads what it needs as JSON on standard input.
import { text } from 'node:stream/consumers'
import type { ClusterAccess } from '../../cluster/access.ts'
import { withPausedPools } from '../paused-pools.ts'

const { topology, secrets, atMostMs } = JSON.parse(await text(process.stdin)) as {
  topology: ClusterAccess['topology']
  secrets: Record<string, string>
  atMostMs: number
}
const operation = {
  access: { topology, programs: {}, readSecret: (id: string) => Promise.resolve(secrets[id] ?? '') },
  sites: [],
  signal: new AbortController().signal,
  report: () => undefined,
  now: () => new Date(),
}
await withPausedPools(operation, { operation: 'a test', drainMs: 5000, atMostMs }, async () => {
  process.stdout.write('paused\n')
  await new Promise((resolve) => setTimeout(resolve, 600_000))
})
