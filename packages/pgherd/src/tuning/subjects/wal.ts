import { buildHas } from '../gucs/build-options.ts'
import { required, tuned, type Subject } from '../subject.ts'
import { roughSize, sizeText } from '../size-text.ts'
import { planWal, slotShare, walShare } from '../wal-plan.ts'

/** Write-ahead log: durable, streamable, and bounded by the volume it shares with the data. */
export const wal: Subject = {
  name: 'wal',
  settings: (sizing, plan) => {
    const { facts, workload } = sizing
    const { maxWal, minWal, slotKeep } = planWal(sizing)
    const volume = roughSize(facts.volumes.data.totalBytes)
    const lz4 = buildHas(facts, 'lz4') === 'yes'
    return [
      required('wal_level', 'replica', 'backups stream the WAL; minimal leaves too little in it'),
      required('fsync', 'on', 'without it a crash of the machine destroys the database'),
      required('full_page_writes', 'on', 'without it a page half written at a crash stays broken'),
      required('synchronous_commit', 'on', 'a commit that was answered survives a crash'),
      tuned(
        'max_wal_size',
        sizeText(maxWal),
        `WAL between two checkpoints: ${roughSize(workload.maxWal)} for ${workload.what}, at most ${walShare * 100} % of the volume of ${volume}`,
      ),
      tuned(
        'min_wal_size',
        sizeText(minWal),
        'a quarter of max_wal_size is kept for reuse, so that bursts need no new files',
      ),
      required(
        'max_slot_wal_keep_size',
        sizeText(slotKeep),
        `a stopped agent must not fill the disk: the archive's slot holds back at most ${roughSize(slotKeep)}, within ${slotShare * 100} % of the volume of ${volume}; beyond that the archive needs a new base backup`,
      ),
      required(
        'wal_keep_size',
        0,
        'WAL is kept by the slot of the archive, as long as it is needed and no longer',
      ),
      tuned('wal_buffers', sizeText(plan.walBuffers), `room for WAL not yet written; ${workload.what}`),
      tuned(
        'wal_compression',
        lz4 ? 'lz4' : 'pglz',
        `full pages take less WAL, archive and network; ${lz4 ? 'lz4 is the fastest' : 'pglz, because not every build has lz4'}`,
      ),
      required(
        'archive_mode',
        'off',
        'WAL is archived by streaming through a slot: seconds behind, where archive_command waits for whole 16 MB segments',
      ),
    ]
  },
}
