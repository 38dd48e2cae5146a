import { commentWords, partOf, type Layout } from './layout.ts'

const says = (direction: string) => (line: string) => {
  const [first, second] = (commentWords(line) ?? []).map((word) => word.toLowerCase())
  return first === direction && second?.startsWith('migration') === true
}

/** node-pg-migrate's SQL files: `-- Up Migration` and `-- Down Migration`, in any case. What stands above the first belongs to up. */
export const nodePgMigrate: Layout = {
  name: 'node-pg-migrate',
  marks: { up: '-- Up Migration', down: '-- Down Migration' },
  split(lines) {
    const up = lines.findIndex(says('up'))
    const down = lines.findIndex(says('down'))
    if (up === -1 && down === -1) return undefined
    if (down !== -1 && down < up)
      return {
        up: partOf(lines, up, lines.length),
        down: partOf(lines, down, up),
        problem:
          'has "-- Down Migration" above "-- Up Migration", so that statements above both would belong to neither',
      }
    return {
      up: partOf(lines, 0, down === -1 ? lines.length : down),
      down: down === -1 ? undefined : partOf(lines, down, lines.length),
    }
  },
}
