import type { Node } from 'libpg-query'

/** What a statement does to lock_timeout: another value in ms, `initial` for a reset, undefined when it leaves it. */
export function lockTimeoutChange(node: Node): number | 'initial' | undefined {
  if ('VariableSetStmt' in node) {
    const { name, kind, args } = node.VariableSetStmt
    if (kind === 'VAR_RESET_ALL') return 'initial'
    if (name?.toLowerCase() !== 'lock_timeout') return undefined
    return kind === 'VAR_SET_VALUE' ? constantMs(args?.[0]) : 'initial'
  }
  if (!('SelectStmt' in node)) return undefined
  for (const target of node.SelectStmt.targetList ?? []) {
    const call = 'ResTarget' in target ? target.ResTarget.val : undefined
    if (!call || !('FuncCall' in call)) continue
    const [name] = (call.FuncCall.funcname ?? []).slice(-1)
    const [setting, value] = call.FuncCall.args ?? []
    if (name && 'String' in name && name.String.sval === 'set_config' && textOf(setting) === 'lock_timeout')
      return constantMs(value)
  }
  return undefined
}

const units: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** `'2s'`, `2000`, `0` in ms. What cannot be read counts as a limit. */
function constantMs(node: Node | undefined): number {
  const text = textOf(node)
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/.exec(text ?? '')
  return match ? Number(match[1]) * (units[match[2] || 'ms'] ?? 1) : 1
}

function textOf(node: Node | undefined): string | undefined {
  if (!node || !('A_Const' in node)) return undefined
  const { sval, ival, fval } = node.A_Const
  if (sval) return sval.sval
  if (ival) return String(ival.ival ?? 0)
  return fval?.fval
}
