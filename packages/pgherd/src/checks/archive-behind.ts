import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { bytes, seconds } from './amount.ts'
import type { Check } from './check.ts'
import type { ArchiveObservation } from './observation.ts'

/**
 * With an objective of 0 commits wait for the archive, so what it lacks was never acknowledged, and a moment's lag is how
 * every commit looks while it waits. Longer than this the archive holds up writers.
 */
const longestWaitSeconds = 10

/** WAL that is not yet in the repository is lost with the machine: the lag is the RPO right now. */
export const archiveBehind: Check<ArchiveObservation> = {
  id: 'archive-behind',
  about: 'archive',
  everySeconds: 10,
  probe: {
    kind: 'observed',
    read: (observation) => (observation.server.state === 'up' ? observation.archive : undefined),
  },
  judge(archive, { spec, member }) {
    const at = { member: member.name, path: 'backups.objectives.rpo' }
    const findings = []
    const objective = spec.backups.objectives.rpo
    const tolerated = objective > 0 ? objective : longestWaitSeconds
    if (archive.state === 'failing')
      findings.push(
        diagnose('ARCHIVE_FAILING', {
          detail: `WAL of ${member.name} is not being archived: ${archive.reason ?? 'the stream ended'}. Every commit from here on would be lost with the machine.`,
          mend: mend.run('pgherd', 'logs', 'agent'),
          at,
        }),
      )
    if (archive.state !== 'off' && archive.lagSeconds !== null && archive.lagSeconds > tolerated)
      findings.push(
        diagnose('ARCHIVE_BEHIND', {
          detail: `The WAL archive of ${member.name} is ${seconds(archive.lagSeconds)} behind${archive.lagBytes === null ? '' : ` (${bytes(archive.lagBytes)})`}, the objective is an RPO of ${seconds(objective)}${objective > 0 ? '' : ': commits wait for it'}.`,
          mend: mend.run('pgherd', 'logs', 'agent'),
          at,
        }),
      )
    return findings
  },
  samples: [
    {
      about: 'streaming',
      facts: { state: 'streaming', lagBytes: 100, lagSeconds: 1, reason: null },
      expect: [],
    },
    {
      about: 'behind the objective',
      facts: { state: 'streaming', lagBytes: 1e9, lagSeconds: 61, reason: null },
      expect: ['ARCHIVE_BEHIND'],
    },
    {
      about: 'an RPO of 0 while a commit waits for the archive',
      spec: { backups: { synchronous: true, objectives: { rpo: '0s' } } },
      facts: { state: 'streaming', lagBytes: 100, lagSeconds: 1.5, reason: null },
      expect: [],
    },
    {
      about: 'an RPO of 0 while commits hang',
      spec: { backups: { synchronous: true, objectives: { rpo: '0s' } } },
      facts: { state: 'connecting', lagBytes: 100, lagSeconds: 11, reason: null },
      expect: ['ARCHIVE_BEHIND'],
    },
    {
      about: 'disk full',
      facts: { state: 'failing', lagBytes: 10, lagSeconds: 5, reason: 'no space left' },
      expect: ['ARCHIVE_FAILING'],
    },
    {
      about: 'failing for long',
      facts: { state: 'failing', lagBytes: null, lagSeconds: 400, reason: null },
      expect: ['ARCHIVE_FAILING', 'ARCHIVE_BEHIND'],
    },
    {
      about: 'no archive asked for',
      facts: { state: 'off', lagBytes: null, lagSeconds: 9999, reason: null },
      expect: [],
    },
  ],
}
