import { newestUntil } from '../spec/schedule.ts'
import type { Attempt } from './attempt.ts'
import type { Handled, ScheduleState } from './schedule-state.ts'

/** Noticed later than this, a time was missed: nobody was there, or the clock was set forward. */
export const lateSeconds = 120

/**
 * Looks which drills are due at `now`: they go into the queue, each at most once. However many times lie behind, the
 * newest stands for all. What is not run is recorded with its reason: a drill is never made up for, since it may interrupt
 * users at its own time alone; and the minutes that come twice when the clock is set back bring no second run. Gives the
 * same state when nothing has changed. Pure.
 */
export function lookAtSchedule(
  schedule: Readonly<Record<string, string>>,
  state: ScheduleState,
  now: Date,
): ScheduleState {
  // what the spec no longer schedules so is not run any more
  const queue = state.queue.filter(({ drill }) => state.handled[drill]?.cron === schedule[drill])
  const attempts = [...state.attempts]
  const handled: Record<string, Handled> = {}
  for (const [drill, cron] of Object.entries(schedule)) {
    const look = dueSince(cron, state.handled[drill], now)
    handled[drill] = look.handled
    const { due } = look
    if (due === undefined) continue
    const against = reasonAgainst({ ...state, queue }, drill, due, now)
    if (against === undefined) queue.push({ drill, dueAt: due })
    else attempts.push(skipped({ drill, dueAt: due }, now.toISOString(), against))
  }
  const names = Object.keys(handled)
  const same =
    names.length === Object.keys(state.handled).length &&
    names.every((name) => handled[name] === state.handled[name])
  return same && queue.length === state.queue.length ? state : { ...state, handled, queue, attempts }
}

/** The newest time that has come since the last look, with what is remembered from now on. */
function dueSince(
  cron: string,
  known: Handled | undefined,
  now: Date,
): { readonly handled: Handled; readonly due?: string } {
  const time = now.toISOString()
  // what lies before the first look was nobody's to do
  if (known?.cron !== cron) return { handled: { cron, since: time, until: time } }
  // a clock that was set back must not stall the schedule until the old time comes again
  const from = known.until > time ? time : known.until
  const due = newestUntil(cron, now)
  if (due && due.getTime() > Date.parse(from))
    return { handled: { ...known, until: time }, due: due.toISOString() }
  return { handled: from === known.until ? known : { ...known, until: from } }
}

/** The record of a time at which nothing was tried. */
export function skipped(due: Pick<Attempt, 'drill' | 'dueAt'>, endedAt: string, reason: string): Attempt {
  return { ...due, startedAt: null, endedAt, outcome: 'skipped', result: null, code: null, reason }
}

function reasonAgainst(
  { queue, running, attempts }: ScheduleState,
  drill: string,
  dueAt: string,
  now: Date,
): string | undefined {
  const late = (now.getTime() - Date.parse(dueAt)) / 1000
  if (late > lateSeconds)
    return `nobody was there at that time, or the clock was set forward; ${Math.round(late / 60)} min later it is not made up for, since a drill interrupts users`
  const mine = (each: { readonly drill: string; readonly dueAt: string }) =>
    each.drill === drill && each.dueAt === dueAt
  if (attempts.some((each) => mine(each) && each.startedAt !== null) || (running && mine(running)))
    return 'this time was dealt with already, before the clock was set back'
  if (running?.drill === drill || queue.some((each) => each.drill === drill))
    return 'the run before it has not ended yet'
  return undefined
}
