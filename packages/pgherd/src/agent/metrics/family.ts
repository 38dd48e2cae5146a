/** All series of one metric name, as they stand now. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  readonly samples: readonly SamplePoint[]
}

export interface SamplePoint {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** One family with one series without labels; without series when the value is not known. */
export function single(
  name: string,
  type: Family['type'],
  help: string,
  value: number | null | undefined,
): Family {
  return { name, help, type, samples: value === null || value === undefined ? [] : [{ labels: {}, value }] }
}

/** Joins families of the same name, such as one per database. */
export function merge(families: Iterable<Family>): Family[] {
  const byName = new Map<string, { family: Family; samples: SamplePoint[] }>()
  for (const family of families) {
    const known = byName.get(family.name)
    if (known) known.samples.push(...family.samples)
    else byName.set(family.name, { family, samples: [...family.samples] })
  }
  return [...byName.values()].map(({ family, samples }) => ({ ...family, samples }))
}
