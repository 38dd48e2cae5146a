import pg from 'pg'
import { EventStore, evolveBy, install, type Decider } from '../src/index.ts'

type AccountEvent =
  | { type: 'Opened'; data: { owner: string } }
  | { type: 'Deposited'; data: { amount: number } }
  | { type: 'Withdrawn'; data: { amount: number } }

type Account = { balance: number }
type Command = { open: string } | { deposit: number } | { withdraw: number }

// a decision is pure: the state so far, a command, and the events it causes
const account: Decider<Account, Command, AccountEvent> = {
  initial: () => ({ balance: 0 }),
  evolve: evolveBy<Account, AccountEvent>({
    Deposited: ({ balance }, { amount }) => ({ balance: balance + amount }),
    Withdrawn: ({ balance }, { amount }) => ({ balance: balance - amount }),
  }),
  decide: (command, { balance }) => {
    if ('open' in command) return { type: 'Opened', data: { owner: command.open } }
    if ('deposit' in command) return { type: 'Deposited', data: { amount: command.deposit } }
    if (command.withdraw > balance) throw new Error(`the account has only ${balance}`)
    return { type: 'Withdrawn', data: { amount: command.withdraw } }
  },
}

const pool = new pg.Pool() // PGHOST, PGUSER, PGPASSWORD, PGDATABASE
await install(pool) // once; does nothing when it is there
const store = new EventStore<AccountEvent>({ pool })

// reads the stream, decides, appends; again when somebody else was faster
await store.handle('account-1', account, { open: 'Ann' })
await store.handle('account-1', account, { deposit: 100 })
await store.handle('account-1', account, { withdraw: 30 })
await store.handle('account-1', account, { withdraw: 80 }).catch((error: Error) => console.log(error.message))

// a table that follows the events: the handler's statements and the checkpoint are one transaction
await pool.query('create table if not exists balance (account text primary key, amount int not null)')
const add =
  'insert into balance as b values ($1, $2) on conflict (account) do update set amount = b.amount + $2'
const balances = await store.subscribe({
  name: 'balances',
  handle: {
    Deposited: ({ stream, data }, { client }) => client.query(add, [stream, data.amount]),
    Withdrawn: ({ stream, data }, { client }) => client.query(add, [stream, -data.amount]),
  },
})
await balances.caughtUp()
const { rows } = await pool.query<{ account: string; amount: number }>('select * from balance')
console.log(rows)

for await (const { version, type, data } of store.read('account-1')) console.log(version, type, data)

await store.close()
await pool.end()
