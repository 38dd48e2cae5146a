import { expect, test } from 'vitest'
import { evolveBy, type Decider } from '../aggregate/decider.ts'
import { specification } from './given-when-then.ts'

type CartEvent = { type: 'Added'; data: { item: string } } | { type: 'Ordered' }

type Cart = { items: string[] }

const cart: Decider<Cart, { add: string } | 'order' | 'look', CartEvent> = {
  initial: () => ({ items: [] }),
  evolve: evolveBy<Cart, CartEvent>({
    Added: ({ items }, { item }) => ({ items: [...items, item] }),
    Ordered: () => ({ items: [] }),
  }),
  decide: (command, { items }) => {
    if (command === 'look') return []
    if (command !== 'order')
      return { type: 'Added', data: { item: command.add }, metadata: { userId: 'ann' } }
    if (items.length === 0) throw new Error('the cart is empty')
    return { type: 'Ordered' }
  },
}
const given = specification(cart)
const added = (item: string): CartEvent => ({ type: 'Added', data: { item } })

test('what is asked of a decision holds', () => {
  given().when({ add: 'tea' }).thenEvents(added('tea'))
  given()
    .when({ add: 'tea' })
    .thenEvents({ type: 'Added', data: { item: 'tea' }, metadata: { userId: 'ann' } })
  given(added('tea'))
    .when({ add: 'jam' })
    .thenState({ items: ['tea', 'jam'] })
  given(added('tea')).when('order').thenState({ items: [] })
  given(added('tea')).when('look').thenNothing()
  expect(given().when('order').thenThrows(/empty/)).toBeInstanceOf(Error)
})

test('what does not hold is told', () => {
  for (const wrong of [
    () => given().when({ add: 'tea' }).thenEvents(added('jam')),
    () => given().when({ add: 'tea' }).thenEvents(added('tea'), added('tea')),
    () => given().when({ add: 'tea' }).thenEvents(),
    () =>
      given()
        .when({ add: 'tea' })
        .thenEvents({ type: 'Added', data: { item: 'tea' }, metadata: { userId: 'bob' } }),
    () => given().when({ add: 'tea' }).thenNothing(),
    () => given().when({ add: 'tea' }).thenState({ items: [] }),
    () => given().when({ add: 'tea' }).thenThrows(),
    () =>
      given()
        .when('order')
        .thenThrows(/closed/),
    () => given().when('order').thenNothing(),
  ])
    expect(wrong).toThrow()
})
