import { z } from 'zod'
import { describeWanted } from './wanted.ts'

/** Seconds per unit letter; the units PostgreSQL itself accepts, plus weeks. */
const secondsPer = { ms: 0.001, s: 1, sec: 1, min: 60, m: 60, h: 3600, d: 86400, w: 604800 } as const
const bytesPer = { B: 1, kB: 2 ** 10, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 } as const

const durationPattern = /^(\d+(?:\.\d+)?)\s*(ms|s|sec|min|m|h|d|w)$/
const sizePattern = /^(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB|TB)$/

/** A hundred years: beyond it date arithmetic loses its meaning. */
const longestSeconds = 100 * 366 * 86_400

/** Reads `15min`, `60s`, `7d` into seconds; undefined when the text is no duration of at most a hundred years. */
export function parseDuration(text: string): number | undefined {
  const match = durationPattern.exec(text.trim())
  if (!match) return undefined
  const seconds = Number(match[1]) * secondsPer[match[2] as keyof typeof secondsPer]
  return seconds <= longestSeconds ? seconds : undefined
}

/** Reads `128MB`, `1GB` (powers of 1024, as PostgreSQL does) into bytes; undefined when the text is no size JavaScript can count exactly. */
export function parseSize(text: string): number | undefined {
  const match = sizePattern.exec(text.trim())
  if (!match) return undefined
  const bytes = Math.round(Number(match[1]) * bytesPer[match[2] as keyof typeof bytesPer])
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** Seconds as a person writes them in the spec, in the largest unit that divides them: `90d`, `26h`, `90s`. */
export function durationText(seconds: number): string {
  for (const unit of ['d', 'h', 'min', 's'] as const) {
    const count = seconds / secondsPer[unit]
    if (count >= 1 && Number.isInteger(count)) return `${String(count)}${unit}`
  }
  return seconds === 0 ? '0s' : `${String(Math.round(seconds * 1000))}ms`
}

/** A duration in the spec: text such as `15min`; seconds after parsing. */
export const duration = z
  .string()
  .meta({ title: 'duration', pattern: durationPattern.source })
  .transform((text, context): number => {
    const seconds = parseDuration(text)
    if (seconds !== undefined) return seconds
    context.addIssue({ code: 'custom', message: 'not a duration' })
    return z.NEVER
  })
  .register(describeWanted, {
    phrase:
      'a duration: a number and a unit (ms, s, min, h, d, w), such as 30s, 15min, 4h or 7d, at most a hundred years',
    shown: true,
  })

/** A size in the spec: text such as `1GB`; bytes after parsing. */
export const size = z
  .string()
  .meta({ title: 'size', pattern: sizePattern.source })
  .transform((text, context): number => {
    const bytes = parseSize(text)
    if (bytes !== undefined) return bytes
    context.addIssue({ code: 'custom', message: 'not a size' })
    return z.NEVER
  })
  .register(describeWanted, {
    phrase: 'a size: a number and a unit (B, kB, MB, GB, TB), such as 512MB or 4GB',
    shown: true,
  })
