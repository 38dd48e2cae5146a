import { agent } from './agent/component.ts'
import type { Component } from './component.ts'
import { drills } from './drills/component.ts'
import { etcd } from './etcd/component.ts'
import { fence } from './fence/component.ts'
import { haproxy } from './haproxy/component.ts'
import { patroni } from './patroni/component.ts'
import { pgbouncer } from './pgbouncer/component.ts'
import { postgres } from './postgres/component.ts'
import { redis } from './redis/component.ts'

/** Every component. A test compares the list with the folder. */
export const components: readonly Component[] = [
  postgres,
  etcd,
  patroni,
  fence,
  haproxy,
  pgbouncer,
  redis,
  agent,
  drills,
]
