/** What a run that never finished had done. */
export interface Interrupted {
  /** When it was begun, RFC 3339. */
  readonly at: string
  readonly steps: number
  readonly done: number
  readonly lastStep?: string
  /** Units it was to reload or restart and did not: they may run with the files of before. */
  readonly owed: Readonly<Record<string, 'reload' | 'restart'>>
}

interface RecordedStep {
  readonly id: string
  readonly do?: string
  readonly unit?: string
}

const owing: Readonly<Record<string, 'reload' | 'restart'>> = {
  'reload-unit': 'reload',
  'restart-unit': 'restart',
}

/** Reads a journal; undefined when it does not even say what was planned. The last line may be torn by a crash. */
export function readRun(text: string): Interrupted | undefined {
  const lines = text.split('\n').flatMap(readLine)
  const begin = lines.find(({ steps }) => Array.isArray(steps))
  if (!begin || typeof begin['at'] !== 'string') return undefined
  const steps = (begin['steps'] as unknown[]).filter(isStep)
  const done = lines.flatMap(({ done: id }) => (typeof id === 'string' ? [id] : []))
  const last = done.at(-1)
  const owed: Record<string, 'reload' | 'restart'> = {}
  for (const step of steps) {
    const what = owing[step.do ?? '']
    if (what !== undefined && step.unit !== undefined && !done.includes(step.id)) owed[step.unit] = what
  }
  return {
    at: begin['at'],
    steps: steps.length,
    done: done.length,
    ...(last === undefined ? {} : { lastStep: last }),
    owed,
  }
}

function readLine(line: string): Record<string, unknown>[] {
  try {
    const value: unknown = JSON.parse(line)
    return value !== null && typeof value === 'object' ? [value as Record<string, unknown>] : []
  } catch {
    return []
  }
}

function isStep(value: unknown): value is RecordedStep {
  return value !== null && typeof value === 'object' && 'id' in value && typeof value.id === 'string'
}
