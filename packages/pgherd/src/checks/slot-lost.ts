import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { bytes, number, text } from './amount.ts'
import type { Check, Question, Row } from './check.ts'

/** A slot that outlives its session, and how much WAL it keeps. */
export interface Slot {
  readonly name: string
  readonly active: boolean
  /** reserved, extended, unreserved or lost (PostgreSQL docs 52.20, pg_replication_slots). */
  readonly walStatus: string
  readonly retainedBytes: number
}

/** Every slot of a server. */
export const slotProbe = {
  kind: 'sql',
  database: 'postgres',
  text: `select slot_name, active, wal_status, coalesce(pg_wal_lsn_diff(
      case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end, restart_lsn), 0)::float8 as retained
    from pg_replication_slots where not temporary order by slot_name limit 100`,
  parse: (rows: readonly Row[]) =>
    rows.map((row) => ({
      name: text(row['slot_name']),
      active: row['active'] === true,
      walStatus: text(row['wal_status']),
      retainedBytes: number(row['retained']),
    })),
} as const satisfies Question<readonly Slot[]>

/** Slots whose WAL is gone, or about to go at the next checkpoint. */
export const slotLost: Check<readonly Slot[]> = {
  id: 'slot-lost',
  about: 'server',
  everySeconds: 30,
  probe: slotProbe,
  judge(slots, { member }) {
    return slots.flatMap((slot) => {
      const at = { member: member.name }
      const ours = slot.name === 'pgherd_wal'
      if (slot.walStatus === 'lost')
        return [
          diagnose('SLOT_LOST', {
            detail: `Replication slot "${slot.name}" on ${member.name} fell behind max_slot_wal_keep_size and its WAL is gone: ${ours ? 'the WAL archive has a gap' : 'its consumer must be built anew'}.`,
            mend: ours
              ? mend.run('pgherd', 'backup')
              : mend.run('pgherd', 'psql', '--admin', '--', '-c', 'select * from pg_replication_slots'),
            at,
          }),
        ]
      if (slot.walStatus === 'unreserved')
        return [
          diagnose('SLOT_NEARLY_LOST', {
            detail: `Replication slot "${slot.name}" on ${member.name} keeps ${bytes(slot.retainedBytes)} of WAL, more than max_slot_wal_keep_size: the next checkpoint removes it.`,
            mend: ours
              ? mend.run('pgherd', 'logs', 'agent')
              : mend.advice(`Start the consumer of slot "${slot.name}", or drop the slot.`),
            at,
          }),
        ]
      return []
    })
  },
  samples: [
    { about: 'none', facts: [], expect: [] },
    {
      about: 'reserved',
      facts: [{ name: 'pgherd_wal', active: true, walStatus: 'reserved', retainedBytes: 16e6 }],
      expect: [],
    },
    {
      about: 'not used yet',
      facts: [{ name: 'pgherd_wal', active: false, walStatus: '', retainedBytes: 0 }],
      expect: [],
    },
    {
      about: 'about to go',
      facts: [{ name: 'other', active: false, walStatus: 'unreserved', retainedBytes: 9e9 }],
      expect: ['SLOT_NEARLY_LOST'],
    },
    {
      about: 'gone',
      facts: [{ name: 'pgherd_wal', active: false, walStatus: 'lost', retainedBytes: 0 }],
      expect: ['SLOT_LOST'],
    },
  ],
}
