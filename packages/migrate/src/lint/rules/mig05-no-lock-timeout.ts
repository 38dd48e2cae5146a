import { blockedBy } from '../lock-mode.ts'
import type { Rule } from './rule.ts'

/** Source: ops.md MIG05. The runner sets lock_timeout for every script, so this finds scripts that take it away. */
export const noLockTimeout: Rule = {
  code: 'MIG05',
  why: 'a statement that waits for its lock makes everybody who comes later wait behind it; lock_timeout bounds that',
  examine({ statements }, index) {
    const statement = statements[index]
    if (!statement || statement.lockTimeoutMs > 0) return []
    const [effect] = statement.effects.filter(({ lock }) => blockedBy(lock) !== 'nobody')
    if (!effect) return []
    return [
      {
        detail: `${effect.what} waits for ${effect.lock} on ${effect.relation} without end, since the script or the options took lock_timeout away; a long query there, and every program queues behind this migration`,
        mend: "leave lock_timeout as the runner sets it, or set one: SET LOCAL lock_timeout = '2s'",
      },
    ]
  },
  examples: {
    bad: [
      'set lock_timeout = 0; alter table orders add column note text',
      `set local lock_timeout to '0'; alter table orders add column note text`,
      `select set_config('lock_timeout', '0', true); alter table orders add column note text`,
    ],
    good: [
      'alter table orders add column note text',
      `set lock_timeout = '2s'; alter table orders add column note text`,
      `set lock_timeout = 0; set lock_timeout = '2s'; alter table orders add column note text`,
      'set lock_timeout = 0; update orders set note = null where id = 1',
      'alter table orders add column note text; set lock_timeout = 0',
    ],
  },
}
