import type { Node } from 'libpg-query'
import type { Rule } from './rule.ts'

/** Source: ops.md MIG06. */
export const halfWay: Rule = {
  code: 'MIG06',
  why: 'a crash in the middle must leave nothing, or something that the same file can be run over again',
  examine({ transactional, statements }, index) {
    const node = statements[index]?.node
    if (!node) return []
    if ('TransactionStmt' in node)
      return transactional && !isSavepoint(node)
        ? [
            {
              detail:
                'the script begins or ends a transaction itself; it runs in one already, which would end here, so a failure after this is not taken back',
              mend: 'remove the statement; savepoints are welcome',
            },
          ]
        : []
    // when the last one is done, all is done
    if (transactional || index === statements.length - 1 || isRepeatable(node)) return []
    return [
      {
        detail:
          'the script runs outside a transaction and has more statements; when it stops behind this one, running it again fails here',
        mend: 'write IF NOT EXISTS or IF EXISTS, or put each statement into a file of its own',
        severity: 'warning',
      },
    ]
  },
  examples: {
    bad: [
      'begin; alter table orders add column note text',
      'alter table orders add column note text; commit',
      '-- pgherd: no-transaction\ncreate index concurrently a on orders (no); create index concurrently b on orders (id)',
    ],
    good: [
      'savepoint a; update orders set note = null where id = 1; release savepoint a',
      '-- pgherd: no-transaction\ncreate index concurrently a on orders (no)',
      '-- pgherd: no-transaction\ncreate index concurrently if not exists a on orders (no); drop index concurrently if exists b',
      `create function f() returns int language sql begin atomic select 1; end`,
    ],
  },
}

function isSavepoint(node: Node): boolean {
  return (
    'TransactionStmt' in node &&
    ['TRANS_STMT_SAVEPOINT', 'TRANS_STMT_RELEASE', 'TRANS_STMT_ROLLBACK_TO'].includes(
      node.TransactionStmt.kind ?? '',
    )
  )
}

/** Statements of which a second run does nothing, says nothing new, or has no effect on the schema. */
function isRepeatable(node: Node): boolean {
  if ('IndexStmt' in node) return node.IndexStmt.if_not_exists === true
  if ('DropStmt' in node) return node.DropStmt.missing_ok === true
  if ('CreateStmt' in node) return node.CreateStmt.if_not_exists === true
  if ('CreateSchemaStmt' in node) return node.CreateSchemaStmt.if_not_exists === true
  if ('AlterEnumStmt' in node) return node.AlterEnumStmt.skipIfNewValExists === true
  if ('AlterTableStmt' in node)
    return (node.AlterTableStmt.cmds ?? []).every(
      (each) =>
        'AlterTableCmd' in each &&
        (each.AlterTableCmd.missing_ok === true || each.AlterTableCmd.subtype === 'AT_ValidateConstraint'),
    )
  return [
    'VariableSetStmt',
    'VacuumStmt',
    'ReindexStmt',
    'SelectStmt',
    'RefreshMatViewStmt',
    'UpdateStmt',
    'DeleteStmt',
  ].some((kind) => kind in node)
}
