import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

export interface Beat {
  /** Counts the commits; what is missing after a restore has been lost. */
  readonly number: number
  /** Server clock of the commit, RFC 3339. */
  readonly at: string
}

const makeSchema = 'create schema pgherd'
const makeTable = `
  create table if not exists pgherd.heartbeat (
    source text primary key,
    number bigint not null,
    at timestamptz not null
  )`

const source = 'proof'

/**
 * A commit that no standby confirms ends after this long: it is committed on the primary, and the server says with a
 * warning that it was not confirmed (PostgreSQL source, syncrep.c SyncRepWaitForLSN).
 */
const confirmWithinMs = 5000

/**
 * Commits of our own in the maintenance database: each is an acknowledged write whose time is known, so what of them
 * a restore brings back measures how much it lost. A commit is also flushed before it returns, which makes everything
 * before it readable in the WAL.
 */
export class Heartbeat {
  readonly client: pg.Client

  constructor(client: pg.Client) {
    this.client = client
  }

  async prepare(): Promise<void> {
    const { rows } = await this.client.query<{ schema: boolean; table: boolean }>(
      `select to_regnamespace('pgherd') is not null as schema, to_regclass('pgherd.heartbeat') is not null as table`,
    )
    // IF NOT EXISTS asks for the right to make a schema even where there is one
    if (rows[0]?.schema !== true) await this.client.query(makeSchema)
    if (rows[0]?.table !== true) await this.client.query(makeTable)
  }

  /** One commit, flushed to the WAL when this returns. */
  async beat(): Promise<Beat> {
    const { rows } = await this.client.query<{ number: string; at: Date }>(
      `insert into pgherd.heartbeat as h (source, number, at) values ($1, 1, clock_timestamp())
       on conflict (source) do update set number = h.number + 1, at = excluded.at
       returning number::text, at`,
      [source],
    )
    return toBeat(rows[0])
  }

  /**
   * Commits every 20 ms until the signal aborts, as a client does: with `backups.synchronous` each waits for the
   * archive. `acknowledged` gets each commit that the server has answered as it promises to.
   */
  async beatUntil(signal: AbortSignal, acknowledged: (beat: Beat) => void): Promise<void> {
    let unconfirmed = false
    const noted = ({ message = '' }) => {
      if (message.startsWith('canceling wait for synchronous replication')) unconfirmed = true
    }
    this.client.on('notice', noted)
    await this.client.query(`set synchronous_commit = on; set statement_timeout = ${confirmWithinMs}`)
    try {
      do {
        unconfirmed = false
        const beat = await this.beat()
        if (!unconfirmed) acknowledged(beat)
        await sleep(20)
      } while (!signal.aborted)
    } finally {
      this.client.off('notice', noted)
      await this.client.query('reset synchronous_commit; reset statement_timeout').catch(() => undefined)
    }
  }
}

/** The newest heartbeat a server has; undefined when it has none. */
export async function readHeartbeat(client: pg.Client): Promise<Beat | undefined> {
  const there = await client.query<{ there: boolean }>(
    `select to_regclass('pgherd.heartbeat') is not null as there`,
  )
  if (there.rows[0]?.there !== true) return undefined
  const { rows } = await client.query<{ number: string; at: Date }>(
    'select number::text, at from pgherd.heartbeat where source = $1',
    [source],
  )
  return rows[0] ? toBeat(rows[0]) : undefined
}

function toBeat(row: { number: string; at: Date } | undefined): Beat {
  if (!row) throw new Error('a heartbeat always returns its row')
  return { number: Number(row.number), at: row.at.toISOString() }
}
