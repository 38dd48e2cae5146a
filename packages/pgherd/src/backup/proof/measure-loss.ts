import type { TemporaryServer } from '../restore/temporary-server.ts'
import { round, type Checklist } from './checklist.ts'
import { readHeartbeat, type Beat } from './heartbeat.ts'

export interface LossInput {
  readonly at: string | undefined
  readonly acknowledged: Beat | undefined
}

export interface MeasuredLoss {
  rpoSeconds: number | null
  lostCommits: number | null
}

/** Compares the heartbeats that came back with those that had been acknowledged: the measured loss. */
export async function measureLoss(
  server: TemporaryServer,
  disaster: LossInput,
  list: Checklist,
  proof: MeasuredLoss,
): Promise<void> {
  const { at, acknowledged } = disaster
  if (at === undefined || acknowledged === undefined) return
  await list.run('writes', async () => {
    const client = await server.connect()
    try {
      const restored = await readHeartbeat(client)
      if (!restored) return { ok: false, detail: 'none of the commits made before the disaster came back' }
      proof.rpoSeconds = round(Math.max(0, Date.parse(at) - Date.parse(restored.at)) / 1000)
      const lost = Math.max(0, acknowledged.number - restored.number)
      proof.lostCommits = lost
      return {
        detail: `${lost} of the last acknowledged commits lost; the newest restored one was ${proof.rpoSeconds} s old`,
      }
    } finally {
      await client.end()
    }
  })
}
