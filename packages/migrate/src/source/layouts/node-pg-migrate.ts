import type { Layout } from './layout.ts'

/**
 * node-pg-migrate's SQL files: it writes `-- Up Migration` and `-- Down Migration`. It takes every line for a mark that begins
 * with the two words, in any case and behind any dashes (`src/sqlMigration.ts`: `^\s*--[\s-]*down\s+migration`), also prose
 * that goes on behind them. Here the line must end there; what it would take and we would not is in doubt.
 */
export const nodePgMigrate: Layout = {
  name: 'node-pg-migrate',
  marks: { up: '-- Up Migration', down: '-- Down Migration' },
  read(comment) {
    const said = /^--[\s-]*(up|down)\s+migration(.*)$/i.exec(comment)
    if (!said) return undefined
    return {
      direction: said[1]?.toLowerCase() === 'up' ? 'up' : 'down',
      isOutside: false,
      isDoubtful: said[2]?.trim() !== '',
    }
  },
}
