import { parseText, SyntaxProblem } from './statements.ts'

/** A text without these words cannot begin or end a transaction and need not be parsed; the grammar decides about the others. */
const mayControl = /\b(begin|start|commit|end|rollback|abort|prepare)\b/i

const allowed = new Set(['TRANS_STMT_SAVEPOINT', 'TRANS_STMT_RELEASE', 'TRANS_STMT_ROLLBACK_TO'])

/**
 * The lines, from 1, of statements that begin or end a transaction. A text that is not SQL to the grammar has none: the
 * server is about to refuse it as well, and says why.
 */
export async function transactionControl(text: string): Promise<readonly number[]> {
  if (!mayControl.test(text)) return []
  try {
    const { statements } = await parseText(text)
    return statements
      .filter(({ node }) => 'TransactionStmt' in node && !allowed.has(String(node.TransactionStmt.kind)))
      .map(({ line }) => line)
  } catch (error) {
    if (error instanceof SyntaxProblem) return []
    throw error
  }
}
