import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'
import type { Observation } from './observation.ts'

/** Backups on the disk of the data are lost together with it. */
export const repositorySharesDisk: Check<NonNullable<Observation['volumes']>> = {
  id: 'repository-shares-disk',
  about: 'host',
  everySeconds: 3600,
  probe: { kind: 'observed', read: (observation) => observation.volumes ?? undefined },
  judge({ data, repository }, { member }) {
    if (data.device !== repository.device) return []
    return [
      diagnose('REPOSITORY_SHARES_DISK', {
        detail: `The backup repository ${member.paths.repository} of ${member.name} is on the same file system as the data: one dead disk takes both.`,
        mend: mend.edit('backups.repository', '/a/directory/on/another/disk'),
        at: { member: member.name, path: 'backups.repository' },
      }),
    ]
  },
  samples: [
    {
      about: 'apart',
      facts: {
        data: { totalBytes: 9, freeBytes: 5, device: 1 },
        repository: { totalBytes: 9, freeBytes: 5, device: 2 },
      },
      expect: [],
    },
    {
      about: 'together',
      facts: {
        data: { totalBytes: 9, freeBytes: 5, device: 1 },
        repository: { totalBytes: 9, freeBytes: 5, device: 1 },
      },
      expect: ['REPOSITORY_SHARES_DISK'],
    },
  ],
}
