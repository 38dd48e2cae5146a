import type { Layout } from './layout.ts'

/**
 * dbmate: `-- migrate:up` and `-- migrate:down` at the beginning of a line, each with `transaction:false` behind it when it
 * must not run in one. Source: `pkg/dbmate/migration.go` of dbmate 2. A missing down part means here that there is none,
 * where dbmate refuses; several blocks of one direction are refused here.
 */
export const dbmate: Layout = {
  name: 'dbmate',
  marks: { up: '-- migrate:up', down: '-- migrate:down' },
  read(comment) {
    const [mark, ...options] = comment.slice(2).trim().split(/\s+/)
    if (mark !== 'migrate:up' && mark !== 'migrate:down') return undefined
    return {
      direction: mark === 'migrate:up' ? 'up' : 'down',
      isOutside: options.includes('transaction:false'),
      // dbmate knows no other option
      isDoubtful: options.some((option) => option !== 'transaction:false' && option !== 'transaction:true'),
    }
  },
}
