import { buildHas } from '../gucs/build-options.ts'
import { clamp, roughSize, floorTo, GB, MB, sizeText } from '../size-text.ts'
import { tuned, type Subject } from '../subject.ts'

/** The server counts it in kB in 31 bits. */
const mostTemp = 2048 * GB - MB

/** Reading ahead, asynchronous I/O (18), and a bound on temporary files. */
export const io: Subject = {
  name: 'io',
  settings: ({ spec, facts, version, cpus, workload, major }) => {
    const storage = spec.postgres.storage
    const works = version.readAheadEverywhere || facts.platform === 'linux'
    const ahead = works ? version.readAhead[storage] : 0
    const maintenance = works ? version.maintenanceReadAhead[storage] : 0
    const how = works
      ? `${major >= 18 ? 'asynchronous reads' : 'read-ahead hints'} that ${storage} answers well; more would crowd out others`
      : 'this system has no read-ahead hints'
    const uring = buildHas(facts, 'liburing') === 'yes'
    const workers = clamp(3, Math.floor(cpus / 4), 32)
    const volume = facts.volumes.data.totalBytes
    const temp = clamp(
      Math.min(GB, floorTo(MB, volume / 2)),
      floorTo(MB, volume * workload.tempShare),
      mostTemp,
    )
    return [
      tuned('effective_io_concurrency', ahead, `${ahead} ${how}`),
      tuned(
        'maintenance_io_concurrency',
        maintenance,
        `${maintenance} ${how}; every vacuum worker has its own`,
      ),
      tuned(
        'io_method',
        uring ? 'io_uring' : 'worker',
        uring
          ? 'a probe started a server with io_uring on this machine'
          : 'worker processes start everywhere; io_uring only where a probe has shown that build, kernel and limits allow it',
      ),
      ...(uring
        ? []
        : [tuned('io_workers', workers, `a quarter of ${cpus} processors, at least 3 and at most 32`)]),
      tuned(
        'temp_file_limit',
        sizeText(temp),
        `one runaway query cannot fill the disk: its temporary files stop at ${workload.tempShare * 100} % of the volume of ${roughSize(volume)}`,
      ),
      tuned(
        'track_io_timing',
        'on',
        'shows how long reads and writes take; the clock is cheap on current machines',
      ),
      tuned(
        'track_wal_io_timing',
        'on',
        'shows how long WAL writes take; the clock is cheap on current machines',
      ),
    ]
  },
}
