const name = { type: 'string' } as const
const names = { type: 'array', items: name } as const
const count = { type: 'integer', minimum: 0 } as const
const yes = { type: 'boolean' } as const

function rows<P extends Record<string, object>>(properties: P) {
  return {
    type: 'array',
    items: {
      type: 'object',
      required: Object.keys(properties),
      additionalProperties: false,
      properties,
    },
  } as const
}

/** JSON Schema of ClusterStatus (status-document.ts). */
export const clusterStatusSchema = {
  type: 'object',
  description:
    'The parts of a cluster at this moment; absent for a single server and from the API of the agent',
  required: [
    'leader',
    'members',
    'etcd',
    'synchronous',
    'paused',
    'failsafeActive',
    'routes',
    'pools',
    'slots',
    'drift',
  ],
  additionalProperties: false,
  properties: {
    leader: { type: ['string', 'null'], description: 'Who holds the leader lock' },
    members: rows({
      name,
      role: { type: 'string', enum: ['primary', 'standby', 'unreachable'] },
      state: { type: 'string', description: 'as Patroni says it' },
      pendingRestart: yes,
      patroniVersion: { type: ['string', 'null'] },
    }),
    etcd: {
      type: 'object',
      required: ['quorum', 'members'],
      additionalProperties: false,
      properties: { quorum: yes, members: rows({ name, healthy: yes, leader: yes }) },
    },
    synchronous: { ...names, description: 'Members that hold every acknowledged write' },
    paused: { ...yes, description: 'Automation is paused: nobody would take over' },
    failsafeActive: yes,
    routes: rows({
      route: { type: 'string', enum: ['write', 'read'] },
      member: name,
      up: yes,
      sessions: count,
    }),
    pools: rows({
      database: name,
      user: name,
      clientsActive: count,
      clientsWaiting: count,
      serversActive: count,
      serversIdle: count,
      longestWaitSeconds: { type: 'number', minimum: 0 },
      paused: yes,
    }),
    slots: {
      ...rows({ name, active: yes, walStatus: name, retainedBytes: { type: 'number' } }),
      type: ['array', 'null'],
      description: 'Replication slots of the primary',
    },
    drift: {
      ...rows({ member: name, title: name, because: name }),
      type: ['array', 'null'],
      description: 'What was changed by hand',
    },
  },
} as const
