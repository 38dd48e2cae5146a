import { tuned, type Subject } from '../subject.ts'
import { clamp, floorTo, timeText } from '../size-text.ts'

/** Checkpoints: rare, spread out, and not so rare that crash recovery eats up the recovery objective. */
export const checkpoints: Subject = {
  name: 'checkpoints',
  settings: ({ spec }) => {
    const rto = spec.backups.objectives.rto
    const seconds = clamp(30, floorTo(30, rto / 4), 900)
    return [
      tuned(
        'checkpoint_timeout',
        timeText(seconds),
        `each checkpoint writes whole pages into the WAL again; a quarter of the recovery objective of ${timeText(rto)}, between 30 s and 15 min`,
      ),
      tuned(
        'checkpoint_completion_target',
        0.9,
        `writes are spread over 90 % of the ${timeText(seconds)}, so that users do not feel them`,
      ),
    ]
  },
}
