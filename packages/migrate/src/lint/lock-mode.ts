/** Lock modes of tables, weakest first. Source: PostgreSQL documentation, 13.3.1 Table-Level Locks. */
export const lockModes = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const

export type LockMode = (typeof lockModes)[number]

/** Whom a lock keeps out for as long as it is held. */
export function blockedBy(mode: LockMode): 'nobody' | 'writes' | 'reads and writes' {
  if (mode === 'ACCESS EXCLUSIVE') return 'reads and writes'
  return lockModes.indexOf(mode) >= lockModes.indexOf('SHARE') ? 'writes' : 'nobody'
}

const conflicts: Readonly<Record<LockMode, readonly LockMode[]>> = {
  'ACCESS SHARE': lockModes.slice(7),
  'ROW SHARE': lockModes.slice(6),
  'ROW EXCLUSIVE': lockModes.slice(4),
  'SHARE UPDATE EXCLUSIVE': lockModes.slice(3),
  SHARE: ['ROW EXCLUSIVE', 'SHARE UPDATE EXCLUSIVE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE'],
  'SHARE ROW EXCLUSIVE': lockModes.slice(2),
  EXCLUSIVE: lockModes.slice(1),
  'ACCESS EXCLUSIVE': lockModes,
}

/** Whether a lock must wait while another session holds the other one. Table 13.2 of the documentation. */
export function conflictsWith(wanted: LockMode, held: LockMode): boolean {
  return conflicts[wanted].includes(held)
}

/** `AccessExclusiveLock`, as pg_locks writes it, as a mode; undefined for others. */
export function lockModeOf(mode: string): LockMode | undefined {
  const words = mode
    .replace(/Lock$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase()
  return lockModes.find((each) => each === words)
}
