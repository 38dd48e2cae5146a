import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { bytes, percent } from './amount.ts'
import type { Check } from './check.ts'
import type { Observation } from './observation.ts'

/** Free space of the data and repository file systems against `alerts.diskFreeShare`; a full disk stops PostgreSQL. */
export const diskNearlyFull: Check<NonNullable<Observation['volumes']>> = {
  id: 'disk-nearly-full',
  about: 'host',
  everySeconds: 30,
  probe: { kind: 'observed', read: (observation) => observation.volumes ?? undefined },
  judge({ data, repository }, { spec, member }) {
    const wanted = spec.alerts.diskFreeShare
    const volumes =
      data.device === repository.device
        ? [{ what: 'data and backups', path: member.paths.data, volume: data }]
        : [
            { what: 'data', path: member.paths.data, volume: data },
            { what: 'backups', path: member.paths.repository, volume: repository },
          ]
    return volumes
      .filter(({ volume }) => volume.totalBytes > 0 && volume.freeBytes / volume.totalBytes < wanted)
      .map(({ what, path, volume }) =>
        diagnose('DISK_NEARLY_FULL', {
          detail: `The disk of the ${what} of ${member.name} (${path}) has ${bytes(volume.freeBytes)} free, ${percent(volume.freeBytes / volume.totalBytes)} of ${bytes(volume.totalBytes)}; alert below ${percent(wanted)}. PostgreSQL stops when it is full.`,
          mend: mend.advice(
            'Free space or grow the volume; look at slots and old backups first (`pgherd status`).',
          ),
          at: { member: member.name },
        }),
      )
  },
  samples: [
    {
      about: 'room',
      facts: {
        data: { totalBytes: 100, freeBytes: 20, device: 1 },
        repository: { totalBytes: 100, freeBytes: 50, device: 2 },
      },
      expect: [],
    },
    {
      about: 'both full',
      facts: {
        data: { totalBytes: 100, freeBytes: 19, device: 1 },
        repository: { totalBytes: 100, freeBytes: 1, device: 2 },
      },
      expect: ['DISK_NEARLY_FULL', 'DISK_NEARLY_FULL'],
    },
    {
      about: 'one disk is one finding',
      facts: {
        data: { totalBytes: 100, freeBytes: 1, device: 1 },
        repository: { totalBytes: 100, freeBytes: 1, device: 1 },
      },
      expect: ['DISK_NEARLY_FULL'],
    },
  ],
}
