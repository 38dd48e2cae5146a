import type { SpecInput } from '../../spec/schema.ts'

/** Specs whose rendered files are in testdata/. */
export const goldens = {
  three: {
    databases: { shop: { owner: 'app' }, stock: { owner: 'app', connectionLimit: 12 } },
    roles: { app: { access: 'owner' }, report: { access: 'readonly', databases: ['stock'] } },
    network: { access: [{ from: ['192.0.2.0/24'], databases: ['stock'] }] },
  },
  limits: {
    postgres: { connections: 40 },
    databases: { chat: { owner: 'chat_owner' }, audit: { owner: 'chat_owner' } },
    roles: {
      chat_owner: { access: 'owner', connectionLimit: 5 },
      chat_app: { access: 'readwrite', databases: ['chat'] },
      auditor: { access: 'readonly', databases: ['audit'], connectionLimit: 2 },
    },
  },
  session: {
    topology: { gateway: 'db.example.com', addresses: ['fd00::1', 'fd00::2', 'fd00::3'] },
    pooler: { port: 7432, mode: 'session', clients: 50, queryWait: '20s' },
    routing: { write: 6000, read: 6001 },
    databases: { 'a.b-c_D1': { owner: "o'b" } },
    roles: { "o'b": { access: 'owner' }, 'x "y"': { access: 'readwrite' } },
  },
} as const satisfies Record<string, Omit<SpecInput, 'name'>>
