import type { Handlers, SubscriptionDefinition } from './eventstore.ts'
import { evolution, type OrderEvent } from './order.ts'

/** A row for each order. Written with the client of the handler, so that rows and checkpoint move together. */
const handle: Handlers<OrderEvent> = {
  Placed: ({ stream, type, data }, { client }) => {
    const { customer, total, due, status } = evolution.evolve(evolution.initial(), { type, data })
    return client.query('insert into order_overview values ($1, $2, $3, $4, $5)', [
      stream,
      customer,
      total,
      due,
      status,
    ])
  },
  Paid: ({ stream, data }, { client }) =>
    client.query(
      `update order_overview set due = due - $2, status = case due when $2 then 'paid' else status end where id = $1`,
      [stream, data.amount],
    ),
  Shipped: async ({ stream, data }, { client }) => {
    const known = await client.query('select from carrier where name = $1', [data.carrier])
    if (known.rowCount === 0) throw new Error(`no carrier is called ${data.carrier}`)
    await client.query(`update order_overview set status = 'shipped' where id = $1`, [stream])
  },
  Cancelled: ({ stream }, { client }) =>
    client.query(`update order_overview set status = 'cancelled' where id = $1`, [stream]),
}

/** Follows all orders. An event that fails three times is put aside, with what follows it in its order. */
export const overview: SubscriptionDefinition<OrderEvent> = {
  name: 'order-overview',
  handle,
  retry: { attempts: 3, firstDelayMs: 10 },
  // told of each attempt that failed; `failedEvents` has what was put aside
  onError: () => undefined,
}
