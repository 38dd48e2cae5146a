import { escapeIdentifier } from 'pg'
import type { Clock } from '../clock.ts'
import { MonitorSession } from '../monitor/monitor-session.ts'
import type { ServerAccess } from '../server-access.ts'
import { merge, type Family } from './family.ts'
import { toFamilies, type Major, type MetricQuery, type QueryTarget } from './metric-query.ts'
import { metricQueries } from './queries/registry.ts'

/** A whole pass may take this long; what is left waits for the next pass. */
const passBudgetMs = 5000
const queryDeadlineMs = 2500
/** Databases beyond this number have no per-table metrics. */
const mostDatabases = 20

interface Answer {
  readonly at: number
  readonly seconds: number
  readonly ok: boolean
  readonly rows: number
  readonly families: readonly Family[]
}

/** What one pass cost, for pgherd_scrape_*. */
export interface PassCost {
  readonly seconds: number
  readonly rows: number
  readonly skipped: number
  readonly failed: readonly string[]
}

/**
 * Gathers the statistics of a server within a budget, each subject as often as it is worth it.
 * Nothing it asks waits for a lock of users' tables; whatever fails is left out and told.
 */
export class Collector {
  readonly #access: ServerAccess
  readonly #clock: Clock
  readonly #major: Major
  readonly #session: MonitorSession
  readonly #answers = new Map<string, Answer>()
  #pass: Promise<void> | undefined
  #passedAt = -Infinity
  cost: PassCost = { seconds: 0, rows: 0, skipped: 0, failed: [] }

  constructor(options: {
    readonly access: ServerAccess
    readonly clock: Clock
    readonly major: Major
    readonly session: MonitorSession
  }) {
    this.#access = options.access
    this.#clock = options.clock
    this.#major = options.major
    this.#session = options.session
  }

  /** Gathers when the last pass is older than `maxAgeMs`; callers share one pass. Never rejects. */
  refresh(maxAgeMs: number): Promise<void> {
    if (this.#pass) return this.#pass
    if (this.#clock.monotonic() - this.#passedAt < maxAgeMs) return Promise.resolve()
    this.#pass = this.#gather().finally(() => {
      this.#passedAt = this.#clock.monotonic()
      this.#pass = undefined
    })
    return this.#pass
  }

  /** Forgets everything: figures of a dead server must not look alive. */
  clear(): void {
    this.#answers.clear()
    this.#passedAt = -Infinity
  }

  families(): readonly Family[] {
    const answers = [...this.#answers.entries()]
    const perQuery = (read: (answer: Answer) => number) =>
      answers
        .filter(([key]) => !key.includes(' '))
        .map(([key, answer]) => ({ labels: { collector: key }, value: read(answer) }))
    return [
      ...merge(answers.flatMap(([, answer]) => answer.families)),
      {
        name: 'pg_scrape_collector_duration_seconds',
        help: 'How long the query took',
        type: 'gauge',
        samples: perQuery((each) => each.seconds),
      },
      {
        name: 'pg_scrape_collector_success',
        help: '1 when the query succeeded',
        type: 'gauge',
        samples: perQuery((each) => (each.ok ? 1 : 0)),
      },
    ]
  }

  async #gather(): Promise<void> {
    const started = this.#clock.monotonic()
    const cost = { rows: 0, skipped: 0, failed: [] as string[] }
    const overdue = () => this.#clock.monotonic() - started > passBudgetMs
    const here: QueryTarget = { major: this.#major, extensions: {} }
    for (const query of metricQueries.filter((each) => each.scope === 'server' && this.#due(each, each.id))) {
      if (overdue()) cost.skipped++
      else await this.#ask(query, query.id, here, this.#session, cost)
    }
    const rest = metricQueries.filter((each) => each.scope !== 'server' && this.#due(each, each.id))
    if (rest.length > 0 && !overdue()) await this.#gatherDatabases(rest, cost, overdue)
    else cost.skipped += rest.length
    this.cost = { ...cost, seconds: (this.#clock.monotonic() - started) / 1000 }
  }

  #due(query: MetricQuery, key: string): boolean {
    const last = this.#answers.get(key)
    return !last || this.#clock.monotonic() - last.at >= query.everySeconds * 1000 - 500
  }

  async #gatherDatabases(
    queries: readonly MetricQuery[],
    cost: { rows: number; skipped: number; failed: string[] },
    overdue: () => boolean,
  ) {
    const seen = new Set<string>()
    let databases: string[] = []
    try {
      const rows = await this.#session.ask(
        `select datname from pg_database where datallowconn and not datistemplate and has_database_privilege(oid, 'connect') order by oid limit ${mostDatabases}`,
        queryDeadlineMs,
      )
      databases = rows.map((row) => String(row['datname']))
    } catch (error) {
      cost.failed.push(`databases: ${error instanceof Error ? error.message : String(error)}`)
    }
    for (const key of this.#answers.keys())
      if (key.includes(' ') && !databases.includes(key.slice(key.indexOf(' ') + 1))) this.#answers.delete(key)
    for (const database of databases) {
      if (overdue()) {
        cost.skipped++
        continue
      }
      const session = new MonitorSession(this.#access.monitor(database))
      try {
        const target = { major: this.#major, extensions: await this.#extensions(session) }
        for (const query of queries) {
          if (query.scope === 'once' && seen.has(query.id)) continue
          const key = query.scope === 'once' ? query.id : `${query.id} ${database}`
          if (await this.#ask(query, key, target, session, cost)) seen.add(query.id)
        }
      } catch (error) {
        cost.failed.push(`database "${database}": ${error instanceof Error ? error.message : String(error)}`)
      } finally {
        await session.close()
      }
    }
    // a mark that the round was made, so that a query nobody can answer is not asked in every pass
    for (const query of queries) {
      if (query.scope === 'once' && !this.#due(query, query.id)) continue
      this.#answers.set(query.id, {
        at: this.#clock.monotonic(),
        seconds: 0,
        ok: query.scope === 'once' || seen.has(query.id),
        rows: 0,
        families: [],
      })
    }
  }

  async #extensions(session: MonitorSession): Promise<Record<string, string>> {
    const rows = await session.ask(
      "select e.extname, n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where has_schema_privilege(n.oid, 'usage')",
      queryDeadlineMs,
    )
    return Object.fromEntries(
      rows.map((row) => [String(row['extname']), escapeIdentifier(String(row['nspname']))]),
    )
  }

  async #ask(
    query: MetricQuery,
    key: string,
    target: QueryTarget,
    session: MonitorSession,
    cost: { rows: number; failed: string[] },
  ): Promise<boolean> {
    const text = query.text(target)
    if (text === undefined) return false
    const at = this.#clock.monotonic()
    const seconds = () => (this.#clock.monotonic() - at) / 1000
    try {
      const rows = await session.ask(text, queryDeadlineMs)
      cost.rows += rows.length
      this.#answers.set(key, {
        at,
        seconds: seconds(),
        ok: true,
        rows: rows.length,
        families: toFamilies(query, rows),
      })
      return true
    } catch (error) {
      cost.failed.push(`${key}: ${error instanceof Error ? error.message : String(error)}`)
      this.#answers.set(key, { at, seconds: seconds(), ok: false, rows: 0, families: [] })
      return false
    }
  }
}
