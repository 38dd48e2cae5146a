import type { AlterTableCmd } from 'libpg-query'
import { relationOf } from '../../grammar/names.ts'
import type { LockMode } from '../lock-mode.ts'
import { addColumnEffects, changeTypeEffects } from './column.ts'
import { constraintEffects } from './constraint.ts'
import type { Effect, EffectReader, EffectWork, Knowledge } from './effect.ts'

/** Forms of ALTER TABLE with another lock than ACCESS EXCLUSIVE. Source: AlterTableGetLockLevel of PostgreSQL 18. */
const weaker: Readonly<Record<string, LockMode>> = {
  AT_SetStatistics: 'SHARE UPDATE EXCLUSIVE',
  AT_SetOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_ResetOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_SetRelOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_ResetRelOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_ClusterOn: 'SHARE UPDATE EXCLUSIVE',
  AT_DropCluster: 'SHARE UPDATE EXCLUSIVE',
  AT_ValidateConstraint: 'SHARE UPDATE EXCLUSIVE',
  AT_AttachPartition: 'SHARE UPDATE EXCLUSIVE',
  AT_EnableTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableAlwaysTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableReplicaTrig: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableTrigAll: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrigAll: 'SHARE ROW EXCLUSIVE',
  AT_EnableTrigUser: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrigUser: 'SHARE ROW EXCLUSIVE',
}

const works: Readonly<Record<string, EffectWork>> = {
  AT_ValidateConstraint: 'scan',
  AT_AttachPartition: 'scan',
  AT_SetLogged: 'rewrite',
  AT_SetUnLogged: 'rewrite',
  AT_SetAccessMethod: 'rewrite',
  AT_SetTableSpace: 'rewrite',
  AT_SetExpression: 'rewrite',
}

export const alterTable: EffectReader = (node, knowledge) => {
  if (!('AlterTableStmt' in node)) return []
  const { relation, cmds, objtype } = node.AlterTableStmt
  const name = relationOf(relation)
  if (name === undefined || objtype !== 'OBJECT_TABLE') return []
  return (cmds ?? []).flatMap((command) =>
    'AlterTableCmd' in command ? commandEffects(name, command.AlterTableCmd, knowledge) : [],
  )
}

function commandEffects(relation: string, command: AlterTableCmd, knowledge: Knowledge): readonly Effect[] {
  const { subtype = '', name = '', def } = command
  if (subtype === 'AT_AddColumn' && def && 'ColumnDef' in def)
    return addColumnEffects(relation, def.ColumnDef, knowledge)
  if (subtype === 'AT_AlterColumnType' && def && 'ColumnDef' in def)
    return changeTypeEffects(relation, name, def.ColumnDef, knowledge)
  if (subtype === 'AT_AddConstraint' && def && 'Constraint' in def)
    return constraintEffects(relation, def.Constraint, false)
  if (subtype === 'AT_SetNotNull') {
    const column = knowledge.column(relation, name)
    const isKnown = column?.notNull === true || column?.provenNotNull === true
    return [
      {
        relation,
        lock: 'ACCESS EXCLUSIVE',
        work: isKnown ? 'catalogue' : 'scan',
        what: `ALTER COLUMN "${name}" SET NOT NULL`,
      },
    ]
  }
  if (subtype === 'AT_DetachPartition' && def && 'PartitionCmd' in def && def.PartitionCmd.concurrent)
    return [
      { relation, lock: 'SHARE UPDATE EXCLUSIVE', work: 'catalogue', what: 'DETACH PARTITION CONCURRENTLY' },
    ]
  return [
    {
      relation,
      lock: weaker[subtype] ?? 'ACCESS EXCLUSIVE',
      work: works[subtype] ?? 'catalogue',
      what: wordsOf(subtype, name),
    },
  ]
}

/** `AT_DropColumn` with its subject as `DROP COLUMN "x"`. */
function wordsOf(subtype: string, name: string): string {
  const words = subtype
    .slice('AT_'.length)
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase()
  return name === '' ? words : `${words} "${name}"`
}
