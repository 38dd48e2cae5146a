import { evolveBy, type Decider, type Evolution, type Schemas } from './eventstore.ts'

type Item = { sku: string; quantity: number; price: number }

export type OrderEvent =
  | { type: 'Placed'; data: { customer: string; items: Item[]; currency: string } }
  | { type: 'Paid'; data: { amount: number; reference: string } }
  | { type: 'Shipped'; data: { carrier: string } }
  | { type: 'Cancelled'; data: { reason: string } }

export type Command =
  | { do: 'place'; customer: string; items: Item[] }
  | { do: 'pay'; amount: number; reference: string }
  | { do: 'ship'; carrier: string }
  | { do: 'cancel'; reason: string }

export type Order = {
  status: 'none' | 'placed' | 'paid' | 'shipped' | 'cancelled'
  customer: string
  total: number
  due: number
}

/** What the events make of an order. Pure. */
export const evolution: Evolution<Order, OrderEvent> = {
  initial: () => ({ status: 'none', customer: '', total: 0, due: 0 }),
  evolve: evolveBy<Order, OrderEvent>({
    Placed: (_, { customer, items }) => {
      const total = items.reduce((sum, { quantity, price }) => sum + quantity * price, 0)
      return { status: 'placed', customer, total, due: total }
    },
    Paid: (order, { amount }) => {
      const due = order.due - amount
      return { ...order, due, status: due === 0 ? 'paid' : order.status }
    },
    Shipped: (order) => ({ ...order, status: 'shipped' }),
    Cancelled: (order) => ({ ...order, status: 'cancelled' }),
  }),
}

/** Which events a command causes. Pure. Throws what refuses it. */
export const order: Decider<Order, Command, OrderEvent> = {
  ...evolution,
  decide: (command, { status, due }) => {
    const only = (...allowed: Order['status'][]) => {
      if (!allowed.includes(status)) throw new Error(`cannot ${command.do} an order that is ${status}`)
    }
    switch (command.do) {
      case 'place':
        only('none')
        return {
          type: 'Placed',
          data: { customer: command.customer, items: command.items, currency: 'EUR' },
          tags: [`customer:${command.customer}`],
        }
      case 'pay':
        only('placed')
        if (command.amount > due) throw new Error(`only ${due} is due`)
        return { type: 'Paid', data: { amount: command.amount, reference: command.reference } }
      case 'ship':
        only('paid')
        return { type: 'Shipped', data: { carrier: command.carrier } }
      case 'cancel':
        // an order that is cancelled already is what was asked for: nothing happens
        if (status === 'cancelled') return []
        only('placed', 'paid')
        return { type: 'Cancelled', data: { reason: command.reason } }
    }
  },
}

/** Orders were in euro before the event said so. */
export const schemas: Schemas<OrderEvent> = {
  Placed: { version: 2, upcast: { 1: (data) => ({ ...(data as object), currency: 'EUR' }) } },
}
