import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import type { Repository, WalPosition } from '../repository.ts'
import { walPositionSchema } from './record-schema.ts'

const file = 'wal/position.json'

/** The newest archived position, as the WAL receiver keeps it. */
export interface PositionStore {
  /** Undefined when there is none or it is damaged: the receiver then asks the archive itself. */
  read(): Promise<WalPosition | undefined>
  write(position: WalPosition): Promise<void>
}

export function positionStore(repository: Pick<Repository, 'readJson' | 'writeJson'>): PositionStore {
  return {
    read: async () => {
      try {
        return walPositionSchema.safeParse(await repository.readJson(file)).data
      } catch (error) {
        if (error instanceof DiagnosticError && error.diagnostics[0]?.code === 'BACKUP_FILE_DAMAGED')
          return undefined
        throw error
      }
    },
    write: (position) => repository.writeJson(file, position),
  }
}
