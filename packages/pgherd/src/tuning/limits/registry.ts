import { connections } from './connections.ts'
import { durability } from './durability.ts'
import { libraries } from './libraries.ts'
import type { Limit } from './limit.ts'
import { machine } from './machine.ts'
import { memory } from './memory.ts'
import { volume } from './volume.ts'

/** Every limit. A test compares the list with the folder. */
export const limits: readonly Limit[] = [machine, memory, connections, volume, durability, libraries]
