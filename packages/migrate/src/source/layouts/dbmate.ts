import { commentWords, partOf, type Layout } from './layout.ts'

const says = (mark: string) => (line: string) => line.startsWith('--') && commentWords(line)?.[0] === mark
const outside = (line: string | undefined) => commentWords(line ?? '')?.includes('transaction:false') === true

/**
 * dbmate: `-- migrate:up` and `-- migrate:down`, each with `transaction:false` behind it when it must not run in one.
 * Source: `pkg/dbmate/migration.go` of dbmate 2. A missing down part means here that there is none, where dbmate refuses.
 */
export const dbmate: Layout = {
  name: 'dbmate',
  marks: { up: '-- migrate:up', down: '-- migrate:down' },
  split(lines) {
    const up = lines.findIndex(says('migrate:up'))
    const down = lines.findIndex(says('migrate:down'))
    if (up === -1 && down === -1) return undefined
    if (up === -1 || (down !== -1 && down < up))
      return {
        up: partOf(lines, 0, 0),
        down: undefined,
        problem:
          'has "-- migrate:down" without "-- migrate:up" before it, so nobody can tell what would be run',
      }
    const before = lines.slice(0, up).some((line) => line.trim() !== '' && !line.trim().startsWith('--'))
    return {
      up: partOf(lines, up, down === -1 ? lines.length : down, !outside(lines[up])),
      down: down === -1 ? undefined : partOf(lines, down, lines.length, !outside(lines[down])),
      ...(before && { problem: 'has statements above "-- migrate:up", which would never be run' }),
    }
  },
}
