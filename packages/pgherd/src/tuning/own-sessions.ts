/** Sessions pgherd itself may have open at the same time, beside the applications' pools. */
export const ownSessions: readonly { readonly who: string; readonly sessions: number }[] = [
  { who: 'health checks and metrics of the agent', sessions: 3 },
  { who: 'plan and up', sessions: 2 },
  { who: 'backup and proof', sessions: 2 },
  { who: 'a person with psql, or an exporter', sessions: 3 },
]

export const ownSessionCount = ownSessions.reduce((sum, { sessions }) => sum + sessions, 0)

/** Sessions only superusers get, so that an operator comes in when the pools have taken everything. */
export const superuserReserved = 3
