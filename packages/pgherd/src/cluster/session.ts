import type pg from 'pg'

/** Ends a session without waiting for the other side, which may be frozen. */
export function cut(client: pg.Client): void {
  client.end().catch(() => undefined)
  client.connection.stream.destroy()
}
