/** What a proof measured about loss. */
export interface MeasuredLoss {
  /** Age of the newest restored commit when the disaster was assumed. */
  readonly rpoSeconds: number | null
  /** Acknowledged commits that did not come back. */
  readonly lostCommits: number | null
}

/**
 * Whether a measured loss is within `backups.objectives.rpo` (seconds); undefined when it was not measured. Some time
 * always passes between the newest commit and a disaster, so an objective of 0 means that nothing acknowledged is lost.
 */
export function meetsRpo({ rpoSeconds, lostCommits }: MeasuredLoss, objective: number): boolean | undefined {
  if (objective === 0) return lostCommits === null ? undefined : lostCommits === 0
  return rpoSeconds === null ? undefined : rpoSeconds <= objective
}
