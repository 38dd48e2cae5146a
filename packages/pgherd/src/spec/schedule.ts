import { Cron } from 'croner'

// A leap year's first day, written out: answers must not depend on when they are asked for. As a moment and not as text,
// which croner would first hold against the zone of the machine.
const epoch = new Date('2024-01-01T00:00:00Z')
/** Runs looked at for the longest gap: a year and more of daily runs, five days of runs every quarter of an hour. */
const runsLookedAt = 500

/** The times of a cron expression in five fields (crontab(5)) or a nickname such as @daily. */
export interface Schedule {
  readonly everRuns: boolean
  /** Longest time between two of its next 500 runs, in seconds; undefined when it runs less than twice. */
  longestGapSeconds(): number | undefined
  /** Shortest time between two of its next 50 runs, in seconds; undefined when it runs less than twice. */
  shortestGapSeconds(): number | undefined
}

/**
 * Reads a cron expression; the reason in words when it is none. Pure: read in UTC, so that neither
 * the machine's zone nor daylight saving (an hour more once a year) changes the answer.
 */
export function readSchedule(text: string): Schedule | { readonly fault: string } {
  const fields = text.trim().split(/\s+/).length
  if (fields !== 5 && !text.trim().startsWith('@')) return { fault: `it has ${String(fields)} of them` }
  let cron: Cron
  try {
    // A fixed offset, not the zone "UTC": croner asks Intl about zones, which takes a hundred times longer.
    cron = new Cron(text.trim(), { mode: '5-part', utcOffset: 0, paused: true })
  } catch (error) {
    // croner's messages begin with "CronPattern: " and name the field at fault.
    return { fault: error instanceof Error ? error.message.replace(/^\w+: /, '') : 'not understood' }
  }
  const gap = (choose: (...gaps: number[]) => number, count: number) => {
    const runs = firstRuns(cron, count, everyDay.test(text.trim()))
    const gaps = runs.slice(1).map((run, index) => run - (runs[index] ?? run))
    return gaps.length > 0 ? choose(...gaps) : undefined
  }
  return {
    everRuns: cron.nextRun(epoch) !== null,
    longestGapSeconds: () => gap(Math.max, runsLookedAt),
    // the closest ones come close to each other soon
    shortestGapSeconds: () => gap(Math.min, 50),
  }
}

/** The same times on every day, so that two days tell all. */
const everyDay = /^\S+\s+\S+\s+\*\s+\*\s+\*$/

/** In seconds since 1970; of the first two days alone where every day is the same. */
function firstRuns(cron: Cron, count: number, daily: boolean): readonly number[] {
  const runs: number[] = []
  const until = daily ? epoch.getTime() + 2 * 86_400_000 : Infinity
  for (let run = cron.nextRun(epoch); run && runs.length < count; run = cron.nextRun(run)) {
    runs.push(run.getTime() / 1000)
    if (run.getTime() > until) break
  }
  return runs
}

/** First time after `from` that a cron pattern matches, in the time zone of the machine; null when there is none ever again. */
export function nextAfter(pattern: string, from: Date): Date | null {
  return new Cron(pattern, { paused: true }).nextRun(from)
}

/** Newest time not after `until` that a cron pattern matches, in the time zone of the machine; null when there was none. */
export function newestUntil(pattern: string, until: Date): Date | null {
  // croner looks strictly before, and not at milliseconds
  const [newest] = new Cron(pattern, { paused: true }).previousRuns(1, new Date(until.getTime() + 1))
  return newest ?? null
}
