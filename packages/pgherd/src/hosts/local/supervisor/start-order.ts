/** Something that is started after others, as far as they are there. */
interface Ordered {
  readonly name: string
  readonly unit: { readonly after: readonly string[] } | undefined
}

/** Puts units behind those they come `after`; stopping goes the other way round. A circle is broken where it is met. */
export function startOrder<U extends Ordered>(units: readonly U[]): U[] {
  const ordered = new Set<U>()
  const visiting = new Set<U>()
  const visit = (unit: U) => {
    if (ordered.has(unit) || visiting.has(unit)) return
    visiting.add(unit)
    for (const name of unit.unit?.after ?? []) {
      const earlier = units.find((each) => each.name === name)
      if (earlier) visit(earlier)
    }
    ordered.add(unit)
  }
  for (const unit of units) visit(unit)
  return [...ordered]
}
