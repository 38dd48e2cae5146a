import { Cron } from 'croner'

/** True when a minute belongs to the window, in the time zone of the machine, as the schedules are read. */
export function inWindow(window: string, now: Date): boolean {
  return new Cron(window, { mode: '5-part', paused: true }).match(
    new Date(Math.floor(now.getTime() / 60_000) * 60_000),
  )
}
